"""Where the databases of drawings live: a PostgreSQL, a MySQL or MariaDB server, or SQLite files.

A database is made out of sight and gets its name when it is whole. Each carries a mark, so that what is left of a
creation that died can be told from databases of others, which are never dropped or overwritten. All of it blocks:
callers use threads. Errors are `DatabaseError`s, which hold no secret, and those below.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from services.common.databases import DatabaseError, TargetRefusedError
from services.common.settings import Settings
from services.schemas.drawing import Dialect

TEMPORARY: Final = "_mockcraft_"
"""How the names of databases begin that are being made."""
EXACT_ROWS: Final = 1_000_000
"""Tables are counted up to so many rows; above that the database's own estimate is told."""
_ID: Final = re.compile(r"[0-9a-f-]{1,36}")
_ATTEMPT: Final = re.compile(r"[0-9a-f]{32}")
_HEAD: Final = re.compile(
    r"\s*(?P<what>CREATE(?: UNIQUE)? (?:TABLE|INDEX|TYPE)|ALTER TABLE|COMMENT ON \w+) (?:IF NOT EXISTS )?"
    r"""(?P<name>(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|\w+)(?:\.(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\w+))*)"""
)


class NameTakenError(Exception):
    """There is a database of that name already, which is not ours to overwrite."""


class NotOursError(Exception):
    """A database that does not carry this creation's mark is not dropped."""


class StatementError(Exception):
    """A statement of the drawing was refused: what it was about, and what the database said. Holds no secret."""

    def __init__(self, what: str, error: DatabaseError) -> None:
        super().__init__(f"{what}: {error}")
        self.error = error


@dataclass(frozen=True, slots=True)
class Making:
    """One creation of the database `name` for a schema: `attempt` (32 hexadecimal digits) is no other's."""

    name: str
    schema: str
    attempt: str

    def __post_init__(self) -> None:
        if not (_ID.fullmatch(self.schema) and _ATTEMPT.fullmatch(self.attempt)):
            raise ValueError("ids of schemas and attempts are hexadecimal")

    @classmethod
    def new(cls, name: str, schema: str) -> Making:
        """A creation that nobody can guess."""
        return cls(name, schema, secrets.token_hex(16))

    @property
    def temporary(self) -> str:
        """What the database is called while it is made."""
        return f"{TEMPORARY}{self.attempt}"

    @property
    def mark(self) -> str:
        """What the database carries."""
        return f"mockcraft schema {self.schema} attempt {self.attempt}"


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table that is there. Unless `exact`, the rows are the database's estimate."""

    name: str
    rows: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database holds; `bytes` on the server's disk, as the server counts them."""

    tables: tuple[TableFacts, ...]
    bytes: int

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def exact(self) -> bool:
        """Whether the rows were counted."""
        return all(table.exact for table in self.tables)


class Host(Protocol):
    """A place for databases. Names are those that `names.derived` gives; others are refused before any SQL is written."""

    dialect: Dialect
    place: str
    """The place as people may see it."""

    def ping(self) -> None:
        """Ask for an answer. Raises `DatabaseError`."""

    def url(self, name: str) -> str:
        """The checked URL of a database, with its password."""

    def names(self) -> frozenset[str]:
        """All databases that the place has, also those of others."""

    def exists(self, name: str) -> bool:
        """Whether there is a whole database of that name, ours or not."""

    def marks(self) -> bool:
        """Whether databases say for good whose they are; else the caller has to remember when `make` has come to its end."""

    def make(self, making: Making, statements: Sequence[str], over: Making | None = None) -> None:
        """Make the database, out of sight. It will take the place of `over`, which may be dropped, where that is given.

        Raises `NameTakenError`, `NotOursError`, `StatementError`, `DatabaseError`; what was made until then is left to `undo`.
        """

    def publish(self, making: Making, over: Making | None = None) -> None:
        """Give the database that `make` made its name, at once; `over` is dropped for it.

        Raises `NameTakenError`, `NotOursError`, `DatabaseError`.
        """

    def undo(self, making: Making, made: bool = False) -> None:
        """Remove whatever is there of a creation, published or not; nothing else. May be repeated.

        `made`: it is known that `make` came to its end. Raises `DatabaseError` when the place does not answer.
        """

    def owns(self, making: Making) -> bool:
        """Whether the database that this creation made is there, whole; where there are no marks, one of that name."""

    def drop(self, making: Making) -> bool:
        """Drop the database that this creation made, as the caller knows; whether one of that name was there.

        Raises `NotOursError` when it does not carry this creation's mark, and databases have marks here.
        """

    def facts(self, name: str, exact_rows: int = EXACT_ROWS) -> Facts:
        """What a database holds, our own ledgers left out. Raises `DatabaseError`."""


def about(statement: str) -> str:
    """What a statement makes, for people: `CREATE TABLE "patients"`."""
    found = _HEAD.match(statement)
    return f"{found['what']} {found['name'][:140]}" if found else "a statement of the schema"


def open_host(settings: Settings) -> Host:
    """The place that the settings name. Opens nothing. Raises `TargetRefusedError` for a URL that cannot be used."""
    from services.common import created

    match created.dialect(settings):
        case "postgresql":
            from services.schemas.hosting.postgresql import PostgresHost

            created.server_url(settings)
            return PostgresHost(settings)
        case "mysql":
            from services.schemas.hosting.mysql import MysqlHost

            created.server_url(settings)
            return MysqlHost(settings)
    from services.schemas.hosting.sqlite import SqliteHost

    return SqliteHost(settings)


__all__ = [
    "EXACT_ROWS", "Facts", "Host", "Making", "NameTakenError", "NotOursError", "StatementError", "TableFacts",
    "TargetRefusedError", "about", "open_host",
]  # fmt: skip
