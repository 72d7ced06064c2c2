"""Redis 6.2 and later: a hash a row, named `<table>:<key>`, and the set `<table>:ids` of the keys of each table.

A key is the text of the primary key (`_texts.row_keys`). The option `key=app:{table}:{pk}` of the URL names the
hashes otherwise; the set is named the same, with `ids` for the key. Fields are the columns' names, values texts
(`_texts`); a null is a field that is not there.

A block is one MULTI with its checkpoint, rendered by vector code, so it is in as a whole or not at all. Writers
are fenced by WATCH on the load's owner. Redis Cluster is not served: a transaction there stays in one slot.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.common.databases import Rules, TargetRefusedError
from services.common.databases._hosts import Check, Url, checked_options, checked_url, invalid, one_of, read_url, whole

if TYPE_CHECKING:
    from services.common.databases._dump_redis import RedisDumping
    from services.common.databases.redis.target import RedisTarget

SCHEMES: Final = ("redis", "rediss")
PORT: Final = 6379
DEFAULT_KEY: Final = "{table}:{pk}"
USUAL: Final = {"key": DEFAULT_KEY}
"""Options as they are unless given."""


def check(url: str, rules: Rules) -> str:
    """The URL in its one spelling, its host resolved. Raises `TargetRefusedError`."""
    parts = read_url(url)
    if not re.fullmatch(r"[0-9]{0,5}", parts.path, re.ASCII):
        raise invalid("A Redis database is a number.", "Write redis://localhost/0.")
    checked_options(parts.options, _options(parts.scheme, rules))
    return checked_url(parts, PORT, rules).text()


def _options(scheme: str, rules: Rules) -> dict[str, Check]:
    """The options that may stand in the URL; names of files only where whoever asks may read files."""
    seconds = whole(1, 3600)
    allowed: dict[str, Check] = {"key": _is_template, "socket_timeout": seconds, "socket_connect_timeout": seconds}
    if scheme == "rediss":
        allowed["ssl_cert_reqs"] = one_of("required", "none")
        if not rules.inside:
            allowed["ssl_ca_certs"] = bool
    return allowed


def _is_template(text: str) -> bool:
    """`{pk}` once, `{table}` once and before it, no other braces."""
    left, found, rest = text.partition("{pk}")
    return bool(found) and left.count("{table}") == 1 and not re.search(r"[{}]", left.replace("{table}", "") + rest)


def connect(url: str) -> RedisTarget:
    """Open the database of a checked URL. Raises `DatabaseError`."""
    from services.common.databases.redis.target import RedisTarget

    return RedisTarget(_read(url))


def dumping(url: str) -> RedisDumping:
    """Open the database of a checked URL for backup or restore. Raises `DatabaseError`."""
    from services.common.databases._dump_redis import RedisDumping

    return RedisDumping(_read(url))


def _read(url: str) -> Url:
    parts = read_url(url)
    if parts.scheme not in SCHEMES:
        raise TargetRefusedError("The target is no Redis.", "TARGET_INVALID")
    return parts
