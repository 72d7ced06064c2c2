"""Target databases, found by URL scheme. The folder is the registry: each module here is one database.

A module or package that has `SCHEMES`, the URL schemes it answers to, is a database; all others are helpers.
It has `check(url, rules)`, which refuses what must not be opened and answers with the URL made absolute, and
`connect(url)`, which opens it: a `Database` where there is SQL, else a `Target`. Drivers are imported when a
target is opened, not before. Nothing here imports gRPC: loaders are child processes that do without.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol, cast
from urllib.parse import parse_qsl

import pyarrow as pa

from runner.plan import Plan, Reference, TablePlan
from runner.types import Type
from services.common.databases.dumps import Dumping

PLACING: Final = ("schema", "key")
"""Options of URLs that say where rows go, whatever the database; the others say how it is talked to."""

CONFLICT: Final = "rows with these keys are there already; mode replace, truncate or upsert makes way for the new ones"
"""What TARGET_CONFLICT says of rows, whatever the database."""

SPELLINGS: Final = frozenset({"postgres"})
"""Schemes that are other words for one of the others."""


class TargetRefusedError(ValueError):
    """A target that is not opened: `code` is TARGET_NOT_ALLOWED or TARGET_INVALID. The text holds no secret."""

    def __init__(self, message: str, code: str = "TARGET_NOT_ALLOWED", details: str = "") -> None:
        super().__init__(message)
        self.code, self.details = code, details


class DatabaseError(Exception):
    """What a database answered, as a stable code and a plain sentence; `retryable` when another attempt may help."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


class StaleAttemptError(Exception):
    """A newer attempt has claimed the load: write nothing more."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What targets may be: relative paths of files start at `base`; with `inside` they must not leave it.

    `reserved` files (our own stores) are never targets. Servers must be on this machine unless `remote`.
    """

    base: Path
    inside: bool = False
    reserved: tuple[Path, ...] = ()
    remote: bool = False


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column as the database has it. `required` columns take no null and have no default."""

    name: str
    declared: str
    required: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Rows of `table` whose reference to `parent` finds nothing there."""

    table: str
    parent: str
    rows: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A sequence or auto-increment of `table.column`: `next` is the key it gives next."""

    table: str
    column: str
    next: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """How a constraint is taken off for a load (`before`) and put back (`after`), statements of SQL; either may be ""."""

    table: str
    constraint: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Who writes: attempt `attempt` of job `owner`, working on the load `load`. Job ids sort by age."""

    load: str
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Entry:
    """How far a lane of a table is.

    A table is loaded by one or several connections side by side; each is a *lane* with a range of rows of its own.
    `block` is the number of the next block and `next_row` its first row; `rows_before` rows were there
    before the load; `created` is 1 when we made the table, `indexed` when its indexes are made too.
    `bytes` and `seconds` are what loading took so far. The entry without a table is the load's own: its
    `rows_before` counts the broken references found.
    """

    table: str
    lane: int = 0
    block: int = 0
    next_row: int = 0
    rows_before: int = 0
    created: int = 0
    indexed: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def after(self, block_rows: int, next_row: int, grown: int, seconds: float) -> Entry:
        """The entry once the rows before `next_row` are in."""
        block = -(-next_row // block_rows)
        return replace(self, block=block, next_row=next_row, bytes=self.bytes + grown, seconds=self.seconds + seconds)


class Database(Protocol):
    """An open SQL target. One transaction at a time; every error is a `DatabaseError`."""

    dialect: str

    def close(self) -> None:
        """Let go; a transaction that is open is undone."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything in it happens, durably, or nothing does."""

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?`."""

    def run_script(self, sql: str) -> None:
        """Several statements, each ended by `;` and a line break."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it changed."""

    def columns(self, table: str) -> tuple[StoredColumn, ...]:
        """The columns of a table that can be written; empty when there is no such table."""

    def source(self, table: str) -> str:
        """What stands behind FROM to read a table's own rows, without those of tables that inherit from it."""

    def insert(self, table: str, batch: pa.RecordBatch, types: Sequence[Type], key: Sequence[str] = ()) -> int:
        """Add the rows of a batch (logical types); the bytes that were sent, roughly.

        With `key`, rows that are there by those columns are overwritten.
        """

    def read(self, table: str, names: Sequence[str], types: Sequence[Type], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """All rows of a table, in no promised order, as logical arrays of these types, `rows` at a time.

        The inverse of `insert`: what was inserted comes back equal. Streamed: memory does not grow with the table.
        """

    def fetch(
        self, table: str, keys: pa.RecordBatch, key_types: Sequence[Type], names: Sequence[str], types: Sequence[Type]
    ) -> Iterator[pa.RecordBatch]:
        """Rows whose columns (named by `keys`, none of them null) equal a row of it, as `read` gives them.

        Others may be among them: those of the range that the keys lie in. To be read to its end.
        """

    def kept(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> Iterator[pa.RecordBatch]:
        """The rows of a batch as `read` would give them back had they been inserted, in no promised order.

        They go through a temporary table with the columns' types; the table itself is not touched. To be read to its end.
        """

    def delete(self, table: str, keys: pa.RecordBatch, types: Sequence[Type]) -> int:
        """Delete the rows whose columns (named by the batch) equal a row of `keys`; how many there were."""

    def empty(self, tables: Sequence[str]) -> None:
        """Delete all rows of these tables, and of no other."""

    def suspension(self, table: str, reference: Reference) -> Suspension | None:
        """How the constraint behind a reference is suspended; None when there is none or this connection checks none."""

    def broken_references(self, tables: Sequence[str] = ()) -> list[Broken]:
        """Every reference of the database, or of the default schema and these tables, that does not hold."""

    def move_counters(self, tables: Sequence[str]) -> list[Counter]:
        """Set the sequences and auto-increments of these tables past their largest keys (never back); where they are now."""


class Target(Protocol):
    """An open target of any kind, as the loader drives it. Every error is a `DatabaseError` or a `StaleAttemptError`.

    SQL databases get this from `services.seeder.sql`; MongoDB and Redis have it themselves. With `nested`, embedded
    tables are loaded within their parents' batches (`runner.nested`) and not on their own.
    """

    dialect: str
    nested: bool

    def close(self) -> None:
        """Let go; what is not committed is undone."""

    def claim(self, mark: Mark) -> dict[tuple[str, int], Entry]:
        """Take over what earlier attempts left, by table and lane; empty at the first. Raises `StaleAttemptError`."""

    def prepare(self, mark: Mark, plan: Plan, mode: str, lanes: Sequence[Entry]) -> dict[tuple[str, int], Entry]:
        """Make the target ready (tables made, emptied or checked by `mode`) and store these first entries, all or nothing.

        Answers with the entries, `created` and `rows_before` filled in.
        """

    def load_block(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, first_row: int, after: Entry, mode: str) -> int:
        """Rows [first_row, first_row + n) of a table and the checkpoint `after`, exactly once; the bytes that were sent.

        `after.bytes` does not count these yet; the implementation adds them. Raises `StaleAttemptError`.
        """

    def index(self, mark: Mark, table: TablePlan, after: Entry) -> None:
        """Indexes of a table we made, when its rows are in, with the checkpoint."""

    def count(self, table: TablePlan) -> int:
        """Rows of the table."""

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows, in no promised order, in logical types."""

    def delete(self, table: TablePlan, batch: pa.RecordBatch) -> int:
        """Delete the rows of a batch (all written columns), by primary key where there is one; how many there were."""

    def forget(self, load: str) -> None:
        """Drop the checkpoints of a load."""


@cache
def _modules() -> dict[str, ModuleType]:
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {scheme: module for module in found for scheme in getattr(module, "SCHEMES", ())}


def schemes() -> tuple[str, ...]:
    """The URL schemes there are, sorted."""
    return tuple(sorted(_modules()))


def plain_schemes() -> tuple[str, ...]:
    """Those that people are told of: one spelling of each, without drivers."""
    return tuple(scheme for scheme in schemes() if "+" not in scheme and scheme not in SPELLINGS)


def _module(url: str) -> ModuleType:
    scheme, colon, _ = url.partition(":")
    if not colon:
        raise TargetRefusedError("The target is not a database URL.", "TARGET_INVALID", "Write one such as sqlite:///shop.db.")
    module = _modules().get(scheme.lower())
    if module is None:
        from services.common.settings_sources import did_you_mean

        guess = did_you_mean(scheme.lower(), plain_schemes()) or "."
        raise TargetRefusedError(f"Targets of this kind are not served{guess} Known are {', '.join(plain_schemes())}.")
    return module


def check_target(url: str, rules: Rules) -> str:
    """The URL, absolute and safe to open. Opens nothing. Raises `TargetRefusedError`."""
    return cast("str", _module(url).check(url, rules))


def connect(url: str) -> Database | Target:
    """Open a checked target, creating its file if need be. Raises `DatabaseError`."""
    return cast("Database | Target", _module(url).connect(url))


def dumping(url: str) -> Dumping:
    """Open a checked target for backup or restore. Raises `DatabaseError`."""
    return cast("Dumping", _module(url).dumping(url))


def place(url: str) -> dict[str, str]:
    """The options of a checked URL that say where rows are in its database: of two URLs shown alike, these tell them apart."""
    usual = getattr(_module(url), "USUAL", {})
    return {name: text for name, text in parse_qsl(url.partition("?")[2]) if name in PLACING and usual.get(name) != text}


def display(url: str) -> str:
    """The URL as people may see it: without user, password and options."""
    scheme, _, rest = url.partition("://")
    place, _, _ = rest.partition("?")
    authority, slash, path = place.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
