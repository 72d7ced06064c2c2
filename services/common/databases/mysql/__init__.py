"""MySQL 8 and MariaDB 10.6 or newer, through PyMySQL: blocks go in by LOAD DATA LOCAL, streamed from memory.

How values are stored, unless an existing column says otherwise:

- numbers, decimals, text, json and uuid as they are; booleans as 1 and 0; arrays as JSON text;
- dates and times as such; datetimes in UTC (the session's time zone is UTC, so TIMESTAMP columns hold that too);
- bytes exactly; a uuid in a BINARY(16) column as its 16 bytes; BIT and YEAR columns from whole numbers;
- geometries from WKT or hexadecimal WKB in text, or from WKB in bytes.

URL options: `ssl` (off, on, verify), `ssl_ca` (a file; not in requests), `charset` (utf8mb4), and the seconds
`connect_timeout`, `read_timeout` and `write_timeout`. Nothing else is accepted: above all no files and no sockets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.databases import Rules
from services.common.databases._hosts import Check, checked_options, checked_url, invalid, one_of, read_url, whole

if TYPE_CHECKING:
    from services.common.databases._dump_mysql import MysqlDumping
    from services.common.databases.mysql.database import MysqlDatabase

SCHEMES: Final = ("mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql")
PORT: Final = 3306
_LONGEST_NAME: Final = 64  # characters of a database's name
_DAY: Final = 86_400
_OPTIONS: Final[dict[str, Check]] = {
    "charset": one_of("utf8mb4"),
    "ssl": one_of("off", "on", "verify"),
    "connect_timeout": whole(1, 600),
    "read_timeout": whole(1, _DAY),
    "write_timeout": whole(1, _DAY),
}


def check(url: str, rules: Rules) -> str:
    """The URL in its one spelling, with the addresses that may be connected to. Raises `TargetRefusedError`."""
    parts = read_url(url, ("pymysql",))
    if not parts.path or "/" in parts.path or len(parts.path) > _LONGEST_NAME:
        raise invalid("The target names no database.", "Write mysql://user:password@localhost/shop.")
    if not parts.user:
        raise invalid("The target names no user.", "Write mysql://user:password@localhost/shop.")
    files = {} if rules.inside else {"ssl_ca": _is_file_name}
    options = checked_options(parts.options, _OPTIONS | files)
    if "ssl_ca" in options:
        if options.get("ssl", "verify") != "verify":
            raise invalid("The option ssl_ca goes with ssl=verify.")
        options |= {"ssl": "verify", "ssl_ca": str((rules.base / options["ssl_ca"]).resolve())}
    return checked_url(replace(parts, options=options).pinned(parts.addresses), PORT, rules).text()


def _is_file_name(value: str) -> bool:
    return bool(value) and "\0" not in value


def connect(url: str) -> MysqlDatabase:
    """Open the database of a checked URL. Raises `DatabaseError`."""
    from services.common.databases.mysql.database import MysqlDatabase

    return MysqlDatabase(read_url(url, ("pymysql",)))


def dumping(url: str) -> MysqlDumping:
    """Open the database of a checked URL for backup or restore. Raises `DatabaseError`."""
    from services.common.databases._dump_mysql import MysqlDumping

    return MysqlDumping(read_url(url, ("pymysql",)))
