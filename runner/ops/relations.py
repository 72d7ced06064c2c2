"""Operations over other columns, other rows and other tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.ops.base import Op


@dataclass(frozen=True)
class Column(Op):
    """Another column of the same row, hidden ones too."""

    name: str


@dataclass(frozen=True)
class Lookup(Op):
    """Column `column` of table `table` at the row numbers `row`, recomputed there (null where row is null)."""

    table: str
    column: str
    row: Op


@dataclass(frozen=True)
class Rollup(Op):
    """A total over the rows of the last table of `path` that belong to this row: children, or children's children.

    `path` names tables made by their layouts, the nearest first. `sum` and `avg` are of whole numbers or
    decimals (physical; `avg` has `digits` more digits after the point, rounded half away from zero), `any`
    of truths; nulls are left out. `count` counts the values of `column`, or the rows when it is "".
    `first` and `last` are the value of the first and the last of the rows. A row has `least` to `most` such rows.
    """

    path: tuple[str, ...]
    function: Literal["sum", "count", "min", "max", "avg", "any", "first", "last"]
    column: str
    least: int
    most: int
    digits: int = 0


@dataclass(frozen=True)
class At(Op):
    """`of`, an operation of table `table`, at the row numbers `row` there (null where row is null)."""

    table: str
    of: Op
    row: Op


@dataclass(frozen=True)
class ParentRow(Op):
    """The parent's row number by the table's layout."""


@dataclass(frozen=True)
class Ordinal(Op):
    """The row's number among its parent's children by the table's layout, from 0."""


@dataclass(frozen=True)
class Siblings(Op):
    """How many children the row's parent has by the table's layout, this row among them."""


@dataclass(frozen=True)
class Walk(Op):
    """The state (0 to states - 1) after `step` moves of the walk of `group`, which makes `size - 1` moves in all.

    `start[i]` is the weight of beginning in state i, `moves[i][j]` that of going from i to j; 0: never. Only
    moves count after which the walk can be finished; a `complete` walk is finished in a state without moves,
    any other wherever it is. `size` lies in 1 to 1,024, and a walk of it must exist.
    """

    key: int
    start: tuple[int, ...]
    moves: tuple[tuple[int, ...], ...]
    complete: bool
    group: Op
    step: Op
    size: Op


@dataclass(frozen=True)
class Running(Op):
    """A total over this row and its siblings above it: `sum`, `min` or `max` of `column` (nulls left out), or `count`.

    `count` counts the values of `column`. A row has at most `most` such rows.
    """

    function: Literal["sum", "count", "min", "max"]
    column: str
    most: int
