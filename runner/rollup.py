"""Totals over children: sum, count, min, max, avg, any, first and last of a column, for any parent rows, exactly.

The children of parent p are one range of rows, [start(p), start(p + 1)) by the layout, and the
children's children are one range too, so a path of any depth is a few look-ups. The ranges of the
parents asked for are laid end to end and walked in pieces of at most 2^18 children: memory does not
depend on how many children there are. Sums are cumulative sums of int64 differenced at the ranges'
ends; what wraps inside a piece unwraps in the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.draws import I64
from runner.layout import start
from runner.ops import Rollup
from runner.plan import TablePlan
from runner.vectors import Array, from_integers, null_mask

PIECE = 1 << 18
"""Children that are computed at once."""

Vector = npt.NDArray[Any]
_MOST: dict[str, float] = {"min": np.inf, "max": -np.inf}
_ENDS = np.iinfo(np.int64)


class Tables(Protocol):
    """Where the plans of tables are found."""

    def table(self, name: str) -> TablePlan:
        """The table's plan."""


@dataclass(frozen=True)
class Spans:
    """The children of some parents: the first row of each, and how many stand before each when laid end to end (n + 1)."""

    first: I64
    edges: I64

    @property
    def total(self) -> int:
        """Children of all the parents."""
        return int(self.edges[-1])

    def rows(self, low: int, high: int) -> I64:
        """The rows of the children [low, high) of those laid end to end."""
        begin, end = np.searchsorted(self.edges, [low, high - 1], side="right") - 1
        cuts = np.clip(self.edges[begin : end + 2], low, high)
        shift = self.first[begin : end + 1] - self.edges[begin : end + 1]
        rows: I64 = np.arange(low, high, dtype=np.int64) + np.repeat(shift, np.diff(cuts))
        return rows


def spans(path: tuple[str, ...], parents: I64, tables: Tables) -> Spans:
    """The rows at the end of a path of tables that belong to each of the parents."""
    low, high = parents, parents + 1
    for name in path:
        layout = tables.table(name).layout
        assert layout is not None, f"{name} has no layout"
        low, high = start(layout, low), start(layout, high)
    return Spans(low, np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(high - low))))


def rolled_up(op: Rollup, parents: I64, tables: Tables, children: Callable[[I64, bool], Array]) -> Array:
    """The total of each parent row. `children(rows, whole)` gives the column at child rows; `whole`: all in one piece.

    Equal parents are computed once. Raises `OverflowError` when a sum does not fit 64 bits.
    """
    if len(parents) > 1 and not bool((parents[1:] > parents[:-1]).all()):
        known, places = np.unique(parents, return_inverse=True)
        return rolled_up(op, known, tables, children).take(from_integers(places.astype(np.int64)))
    found = spans(op.path, parents, tables)
    if op.function in ("first", "last"):
        return _end(op, found, children)
    if not op.column:
        return from_integers(np.diff(found.edges))
    total = _Total(op, found.edges)
    for low in range(0, found.total, PIECE):
        high = min(low + PIECE, found.total)
        total.add(children(found.rows(low, high), found.total <= PIECE), low, high)
    return total.finished()


def _end(op: Rollup, found: Spans, children: Callable[[I64, bool], Array]) -> Array:
    """The column at the first or the last child of each parent; null where there is none."""
    counts = np.diff(found.edges)
    some = np.flatnonzero(counts)
    values = children(found.first[some] + (counts[some] - 1 if op.function == "last" else 0), False)
    if len(some) == len(counts):
        return values
    places = np.zeros(len(counts), dtype=np.int64)
    places[some] = np.arange(len(some), dtype=np.int64)
    return values.take(from_integers(places, counts == 0))


class _Total:
    """The totals so far, a piece of children after another. Lives for one operation on one block."""

    def __init__(self, op: Rollup, edges: I64) -> None:
        self._op, self._edges, size = op, edges, len(edges) - 1
        self._given: I64 = np.zeros(size, dtype=np.int64)
        self._sums: I64 = np.zeros(size, dtype=np.int64)
        self._best: Vector | None = None

    def add(self, values: Array, low: int, high: int) -> None:
        """The children [low, high) of those laid end to end."""
        begin, end = np.searchsorted(self._edges, [low, high - 1], side="right") - 1
        cuts = np.clip(self._edges[begin : end + 2], low, high) - low
        here = slice(int(begin), int(end) + 1)
        mask = null_mask(values)
        self._given[here] += np.diff(cuts) if mask is None else _between(~mask, cuts)
        if self._op.function in ("sum", "avg", "any"):
            numbers = filled(values, 0)
            self._check(numbers)
            self._sums[here] += _between(numbers, cuts)
        elif self._op.function in ("min", "max"):
            self._extreme(values, cuts, here)

    def _check(self, numbers: Vector) -> None:
        """What the plan could not prove: the largest child times the most children fits."""
        largest = max(-int(numbers.min()), int(numbers.max()))
        if largest * self._op.most > _ENDS.max:
            raise OverflowError(f"{self._op.function} over {self._op.path[-1]}.{self._op.column} does not fit 64 bits")

    def _extreme(self, values: Array, cuts: I64, here: slice) -> None:
        worst = _MOST[self._op.function] if pa.types.is_floating(values.type) else 0
        if not worst:
            worst = _ENDS.max if self._op.function == "min" else _ENDS.min
        numbers = filled(values, worst)
        if self._best is None:
            self._best = np.full(len(self._edges) - 1, worst, dtype=numbers.dtype)
        better = np.minimum if self._op.function == "min" else np.maximum
        some = np.flatnonzero(np.diff(cuts))
        places = some + here.start
        self._best[places] = better(self._best[places], better.reduceat(numbers, cuts[some]))

    def finished(self) -> Array:
        """The totals: 0 children sum to 0, hold nothing for any, and have no min, max or avg."""
        empty = self._given == 0
        match self._op.function:
            case "count":
                return from_integers(self._given)
            case "any":
                return from_integers(self._sums > 0)
            case "sum":
                return from_integers(self._sums)
            case "avg":
                return from_integers(_mean(self._sums, np.maximum(self._given, 1), self._op.digits), _some(empty))
        best = self._best if self._best is not None else self._sums
        return from_integers(best, _some(empty))


def _some(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_] | None:
    return mask if mask.any() else None


def filled(values: Array, instead_of_null: float) -> Vector:
    """The numbers of a column (truths as 0 and 1), nulls replaced."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int64())
    if values.null_count:
        values = values.fill_null(pa.scalar(instead_of_null, values.type))
    vector: Vector = values.to_numpy(zero_copy_only=True)
    return vector


def _between(values: Vector, cuts: I64) -> I64:
    """The sum of values between neighbouring cuts, by one cumulative sum modulo 2^64."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, dtype=np.int64, out=sums[1:])
    return np.diff(sums[cuts])


def _mean(sums: I64, counts: I64, digits: int) -> I64:
    """sum * 10^digits / count, rounded half away from zero; only the sum itself has to fit."""
    whole, rest = np.divmod(np.abs(sums), counts)
    unit = 10**digits
    size = whole * unit + (2 * rest * unit + counts) // (2 * counts)
    mean: I64 = np.where(sums < 0, -size, size)
    return mean
