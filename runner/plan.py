"""The plan: a checked schema with everything resolved, as plain data.

A plan holds tables in load order; each column is a small tree of operations from the closed set
below. It turns into JSON and back without loss (`Plan.to_json`, `Plan.from_json`) and holds
parameters only: pools, alias tables and layouts are derived from it by whoever runs it.
The operations are in `runner.ops`.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any, Self

import orjson

from runner.ops import OPERATIONS, Op
from runner.types import Type

UNKNOWN_ROWS = 2
"""How many rows a reference takes its parent to have that is given none: how many it holds is known when it is loaded."""


@dataclass(frozen=True)
class Layout:
    """How many children each row of `parent` has: count i with weight `weights[i]` is `counts[i]`.

    The runs, layouts and rotations are derived from `key` (see `runner.layout`).
    """

    key: int
    parent: str
    counts: tuple[int, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class Reference:
    """A foreign key: `columns` of this table refer to `parent_columns` of `parent`.

    A `suspended` one is not checked while rows are loaded; `constraint` is its name in the database, "" for ours.
    """

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    suspended: bool = False
    constraint: str = ""


@dataclass(frozen=True)
class Check:
    """A condition that no row may fail (null does not fail it); `text` is how it was written.

    Conditions of one `group` share draws, which are repeated until all of them hold; below 0 there is none to repeat.
    """

    text: str
    op: Op
    group: int = 0


@dataclass(frozen=True)
class Stored:
    """The rows that a table holds before those of the plan are added, and where its new rows go on.

    References choose among `rows` stored rows, which are at positions 0 to `rows` - 1, and the new ones after them.
    `columns` of the stored rows are in the file that `digest` names (`runner.stored`). New row i is computed as row
    `first` + i of the table, and one further for each row in the file `skips` that is passed over on the way.
    The layout's row `parents` stands for the first stored row of the parent, where that is given no new rows.
    """

    rows: int = 0
    digest: str = ""
    columns: tuple[str, ...] = ()
    first: int = 0
    skips: str = ""
    parents: int = 0


@dataclass(frozen=True)
class ColumnPlan:
    """A column: its type and the operation that makes it (physical values)."""

    name: str
    type: Type
    op: Op
    nullable: bool = False
    hidden: bool = False
    unique: bool = False
    generator: str = ""
    version: int = 1
    description: str = ""


@dataclass(frozen=True)
class TablePlan:
    """A table. `embed` names the member of its parent's documents that holds its rows, "" when it stands alone.

    `rows` is exact: those that are made. Draws at `Attempt` are repeated, at most 64 times in all, until the `checks` of
    its group hold. `stored` says what the table holds beside them; `partial` are columns that are distinct on some rows.
    """

    name: str
    rows: int
    columns: tuple[ColumnPlan, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    layout: Layout | None = None
    checks: tuple[Check, ...] = ()
    embed: str = ""
    description: str = ""
    stored: Stored | None = None
    partial: tuple[tuple[str, ...], ...] = ()

    @property
    def written(self) -> tuple[ColumnPlan, ...]:
        """The columns that are written out."""
        return tuple(c for c in self.columns if not c.hidden)

    def column(self, name: str) -> ColumnPlan:
        """The column of that name. Raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class Plan:
    """Everything the engine needs. Tables are in load order: parents before children."""

    seed: int
    as_of: str
    locale: str
    tables: tuple[TablePlan, ...]
    engine: int = 1

    def table(self, name: str) -> TablePlan:
        """The table of that name. Raises `KeyError`."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def to_json(self) -> bytes:
        """Canonical JSON: the same plan gives the same bytes."""
        return orjson.dumps(_dump(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """Read what `to_json` wrote."""
        plan = _load(orjson.loads(text))
        assert isinstance(plan, cls)
        return plan

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, lower-case hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def total_rows(self) -> int:
        """Rows of all tables."""
        return sum(t.rows for t in self.tables)


_RECORDS: dict[str, type[Any]] = {
    "plan": Plan, "table": TablePlan, "columnplan": ColumnPlan, "type": Type,
    "layout": Layout, "reference": Reference, "check": Check, "stored": Stored,
}  # fmt: skip
_TAGS = {cls: tag for tag, cls in _RECORDS.items()}


def _dump(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dump(v) for v in value]
    if dataclasses.is_dataclass(value):
        tag = _TAGS.get(type(value)) or type(value).__name__.lower()
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        changed = {
            f.name: _dump(fields[f.name])
            for f in dataclasses.fields(value)
            if f.default is dataclasses.MISSING or fields[f.name] != f.default
        }
        return {"$": tag, **changed}
    return value


def _load(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_load(v) for v in value)
    if isinstance(value, dict):
        cls = _RECORDS.get(value["$"]) or OPERATIONS[value["$"]]
        return cls(**{k: _load(v) for k, v in value.items() if k != "$"})
    return value
