"""What the store keeps, as plain data. Times are UTC, to the millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, TypedDict

from services.schemas.drawing import Definition

Status = Literal["draft", "creating", "ready", "failed", "deleted"]
STATUSES: Final[tuple[Status, ...]] = ("draft", "creating", "ready", "failed", "deleted")

EPOCH: Final = datetime.fromtimestamp(0, UTC)


class Mark(NamedTuple):
    """Names one content for good: no two writes leave the same mark, also when a store is put back from a backup."""

    id: str
    revision: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Record:
    """A schema as stored. For `create` only `name`, `definition` and what is known already need be given.

    `name` and `database_name` are unique among the schemas that are not deleted, in any case of their letters
    (`database_name` may be empty). `revision` goes up by one with every write and `stamp` changes with it. `damaged`: what is
    stored is NULL or cannot be read, and `definition` is empty therefore. `error` says why a creation failed. `hosting` is what
    the maker of databases has to remember (JSON values): where it names an `attempt`, `SchemaStore.heartbeat` keeps that
    alive; where it lists `leftovers`, `SchemaStore.leftovers` finds it. `exported_at` is when the server last exported it.
    """

    name: str
    definition: Definition = field(default_factory=Definition)
    description: str = ""
    database_name: str = ""
    status: Status = "draft"
    id: str = ""
    revision: int = 0
    stamp: str = ""
    damaged: bool = False
    error: str = ""
    hosting: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime = EPOCH
    updated_at: datetime = EPOCH
    deleted_at: datetime | None = None
    exported_at: datetime | None = None

    @property
    def mark(self) -> Mark:
        """Names this content."""
        return Mark(self.id, self.revision, self.stamp)


class Changes(TypedDict, total=False):
    """What an update may change; what is not given stays."""

    name: str
    description: str
    database_name: str
    status: Status
    definition: Definition
    error: str
    hosting: Mapping[str, Any]
    exported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, for the audit log. `action` empty: `create`, `update` or `delete`, as the method says.

    `actor` is the short fingerprint of an API key, `cli:<user>` or `anonymous`. `detail` is JSON values,
    stored with its secrets masked.
    """

    actor: str = "anonymous"
    action: str = ""
    request_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


NOBODY: Final = Act()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done. `schema_id` is empty where it concerned no single schema; `revision` is the one it left."""

    id: int
    at: datetime
    actor: str
    action: str
    schema_id: str
    schema_name: str
    revision: int
    request_id: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; `next_token` is empty at the end."""

    entries: tuple[AuditEntry, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A schema in a list: without its drawing, with the counts that were taken when it was written.

    `damaged` is told from the outer form of what is stored alone; deeper damage shows when the schema is read.
    """

    id: str
    name: str
    description: str
    database_name: str
    status: Status
    version: str
    revision: int
    table_count: int
    column_count: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    exported_at: datetime | None = None
    error: str = ""
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which schemas to list: those with `search` in name or description, of a status ("" for all but deleted ones).

    `sort`: name, createdAt, updatedAt or status, with `-` the other way round (snake_case too). One page is `page_size`
    schemas after the token `after`, or, where `page` (from 1) is given, that many times `page_size` further on.
    """

    search: str = ""
    status: str = ""
    sort: str = ""
    page_size: int = 50
    token: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of schemas, how many there are on all pages, and the next page's token, empty at the end."""

    summaries: tuple[Summary, ...]
    total: int
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A stored version, named by the revision that wrote it. `version` is the user's own text."""

    revision: int
    name: str
    version: str
    table_count: int
    column_count: int
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """What a schema was at a revision; `damaged` as in `Record`."""

    summary: VersionSummary
    description: str
    definition: Definition
    damaged: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections to the store: most that are kept, and how many are in use."""

    size: int
    checked_out: int
