"""What the registry is asked for beyond a schema itself, and what it answers, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.schemas.drawing import Dialect
from services.schemas.hosting import Facts
from services.schemas.store import Record, Summary, VersionSummary

NOTHING: Final = Facts((), 0)


@dataclass(frozen=True, slots=True)
class Sql:
    """Statements without `;` that make a database, and all of them as one script."""

    dialect: Dialect
    script: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A schema that was stored, with what could not be taken over, a sentence each."""

    record: Record
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to make a schema of: `text`, or the database at `url` (a URL or the name of a target).

    A `trusted` caller (the person at the command line) names any file and host.
    """

    text: str = ""
    format: str = ""
    dialect: str = ""
    url: str = ""
    name: str = ""
    description: str = ""
    create_database: bool = False
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The database of a schema: whether it is there, what it holds, and where it differs from the drawing, a sentence each."""

    record: Record
    dialect: Dialect
    exists: bool
    facts: Facts = NOTHING
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseSummary:
    """A created database in a list."""

    schema: Summary
    dialect: Dialect
    exists: bool


@dataclass(frozen=True, slots=True)
class DatabasePage:
    """Databases by their schemas' names; `next_token` is empty at the end."""

    databases: tuple[DatabaseSummary, ...]
    total: int
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Versions, newest first; `next_token` is empty at the end."""

    versions: tuple[VersionSummary, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class MigrationAnswer:
    """The SQL that leads from one revision to another, and what should be looked at before it is run."""

    source: int
    target: int
    dialect: Dialect
    script: str
    statements: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedRequest:
    """How a created database is filled: rows of single tables as people write them (`10K`), or of all together."""

    rows: Mapping[str, str] = field(default_factory=dict)
    total_rows: int = 0
    seed: int | None = None
    mode: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """How a created database is backed up; `verify` is a value of `mockcraft.backup.v1.Level`."""

    storage: str = ""
    keep_last: int = 0
    keep_days: int = 0
    verify: int = 0
    encrypt: bool | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """Rows of a table ("" for the first one) as seeding would make them; 0 for the default number."""

    table: str = ""
    rows: int = 0
    seed: int | None = None
