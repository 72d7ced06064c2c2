"""MongoDB 6 and later: a document a row, rendered as BSON by vector code.

- `_id` is the value of a primary key of one column; of several columns, and without a primary key, it is the text
  that `_texts.row_keys` makes of them. All columns are members too; a column named `_id` must be the primary key.
- A null is a member that is not there. Whole numbers are int64, floats double, booleans bool, text and uuid string,
  bytes binary data; json objects and lists are nested documents and arrays.
- Decimals of up to 34 digits are decimal128, of more digits strings; strings all of them where a server that only
  speaks MongoDB's protocol knows no decimal128.
- Dates are the date of their midnight (UTC), datetimes of up to milliseconds dates; those of microseconds are
  strings `YYYY-MM-DDTHH:MM:SS.ffffffZ`, times strings: BSON has no form for them.
- Embedded tables are arrays of documents in their parents'.

Each block is preceded by a note of it in its checkpoint (`_mockcraft_checkpoints`) and followed by the checkpoint
itself. A block that is repeated after a crash finds rows of its own: such rows are accepted for the noted block only,
and only when they are equal; any other row that is there already is a conflict.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.common.databases import Rules, TargetRefusedError
from services.common.databases._hosts import (
    Check,
    checked_host,
    checked_options,
    checked_url,
    invalid,
    matching,
    one_of,
    read_url,
)
from services.common.databases._hosts import whole as number

if TYPE_CHECKING:
    from services.common.databases._dump_mongodb import MongoDumping
    from services.common.databases.mongodb.target import MongoTarget

SCHEMES: Final = ("mongodb", "mongodb+srv")
PORT: Final = 27017
_TRUTH: Final = one_of("true", "false")
_MILLISECONDS: Final = number(1, 3_600_000)
_OPTIONS: Final[dict[str, Check]] = {
    "appName": matching(r"[\w .-]{1,128}"),
    "authMechanism": one_of("SCRAM-SHA-1", "SCRAM-SHA-256"),
    "authSource": matching(r"[^/\\. \"$*<>:|?\0]{1,63}"),
    "connectTimeoutMS": _MILLISECONDS,
    "directConnection": _TRUTH,
    "journal": _TRUTH,
    "loadBalanced": _TRUTH,
    "readPreference": one_of("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"),
    "replicaSet": matching(r"[\w.-]{1,128}"),
    "retryReads": _TRUTH,
    "retryWrites": _TRUTH,
    "serverSelectionTimeoutMS": _MILLISECONDS,
    "socketTimeoutMS": _MILLISECONDS,
    "ssl": _TRUTH,
    "tls": _TRUTH,
    "tlsInsecure": _TRUTH,
    "w": matching(r"majority|[1-9][0-9]?"),
    "wTimeoutMS": _MILLISECONDS,
}


def check(url: str, rules: Rules) -> str:
    """The URL in its one spelling, its hosts held to the rules. Raises `TargetRefusedError`."""
    parts = read_url(url, ("srv",))
    if not re.fullmatch(r"[^/\\. \"$*<>:|?]{1,63}", parts.path):
        raise invalid("The target names no database.", "Write mongodb://localhost/shop.")
    checked_options(parts.options, _OPTIONS if rules.inside else {**_OPTIONS, "tlsCAFile": bool})
    if parts.driver and not rules.remote:
        raise TargetRefusedError("mongodb+srv is a list of other machines, which are not allowed as targets here.")
    if parts.driver and (len(parts.hosts) != 1 or parts.port is not None):
        raise invalid("mongodb+srv takes one host and no port.")
    if parts.driver:
        checked_host(parts.host, PORT, rules)
        return parts.pinned(()).text()
    if rules.remote and len(parts.hosts) > 1:
        for host, port in parts.hosts:
            checked_host(host, port or PORT, rules)
        return parts.pinned(()).text()
    return checked_url(parts, PORT, rules).text()


def connect(url: str) -> MongoTarget:
    """Open the database of a checked URL. Raises `DatabaseError`."""
    from services.common.databases.mongodb.target import MongoTarget

    return MongoTarget(read_url(url, ("srv",)))


def dumping(url: str) -> MongoDumping:
    """Open the database of a checked URL for backup or restore. Raises `DatabaseError`."""
    from services.common.databases._dump_mongodb import MongoDumping

    return MongoDumping.open(read_url(url, ("srv",)))
