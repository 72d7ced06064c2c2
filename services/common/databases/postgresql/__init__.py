"""PostgreSQL 12 and later, through psycopg 3: blocks go in as COPY BINARY, rendered by vector code.

The URL names one host, a database, and of options only those below: TLS (`sslmode`, and `sslrootcert` for callers
who may name files), `connect_timeout` and `statement_timeout` in seconds, `application_name`, and `schema`, the
schemas in which names are looked for (the search path; new tables go into the first). Password files of the account
we run as are not read.

COPY fires triggers, as INSERT does, but no rules.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.common.databases import Rules, TargetRefusedError
from services.common.databases._hosts import checked_options, checked_url, invalid, matching, one_of, read_url, whole

if TYPE_CHECKING:
    from services.common.databases.dumps import Dumping
    from services.common.databases.postgresql.database import PostgresDatabase

DRIVERS: Final = ("psycopg", "psycopg2", "asyncpg")
SCHEMES: Final = tuple(f"{name}{driver}" for name in ("postgresql", "postgres") for driver in ("", *(f"+{d}" for d in DRIVERS)))
PORT: Final = 5432
OPTIONS: Final = {
    "sslmode": one_of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslrootcert": matching(r"[^\0]{1,4096}"),
    "connect_timeout": whole(1, 300),
    "statement_timeout": whole(0, 86_400),
    "application_name": matching(r"[ -~]{1,63}"),
    "schema": matching(r"[^\0,]{1,63}(,[^\0,]{1,63}){0,9}"),
}
_EXAMPLE = "Write postgresql://user:password@localhost/name."


def check(url: str, rules: Rules) -> str:
    """The URL in its one spelling, its host resolved and held to the rules. Raises `TargetRefusedError`."""
    parts = read_url(url, DRIVERS)
    options = checked_options(parts.options, OPTIONS)
    if not parts.path:
        raise invalid("The target's URL names no database.", _EXAMPLE)
    if not parts.hosts:
        raise invalid("The target's URL names no host.", _EXAMPLE)
    if "sslrootcert" in options:
        options["sslrootcert"] = _certificate(options["sslrootcert"], rules)
    addresses = {"hostaddr": ",".join(parts.addresses)} if parts.addresses else {}
    known = replace(parts, scheme="postgresql", driver="", options={**options, **addresses})
    return checked_url(known, PORT, rules).text()


def _certificate(name: str, rules: Rules) -> str:
    if name == "system":
        return name
    if rules.inside:
        raise TargetRefusedError("Requests must not name files in the URL of a target.")
    return str((rules.base / Path(name)).resolve())


def connect(url: str) -> PostgresDatabase:
    """Open the database of a checked URL. Raises `DatabaseError`."""
    from services.common.databases.postgresql.database import PostgresDatabase

    return PostgresDatabase(read_url(url, DRIVERS))


def dumping(url: str) -> Dumping:
    """Open the database of a checked URL for backup or restore. Raises `DatabaseError`."""
    from services.common.databases._dump_postgresql import PostgresDumping

    return PostgresDumping(read_url(url, DRIVERS))
