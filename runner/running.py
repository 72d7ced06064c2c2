"""Running totals: a sum, a count or an extreme over a row and its siblings above it, for any rows.

The siblings of a row are one range of rows, and only those from the first of a parent to the last row
asked for are computed, in pieces of at most 2^18. A row in the middle of a large family costs the rows above it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runner.draws import I64
from runner.ops import Running
from runner.rollup import PIECE, Spans, Vector, filled
from runner.vectors import Array, from_integers, null_mask

_NEVER = {"min": np.iinfo(np.int64).max, "max": np.iinfo(np.int64).min}


def run_up(op: Running, rows: I64, ordinal: I64, column: Callable[[I64], Array]) -> Array:
    """The total at each row. `ordinal` is its number within its parent from 0; `column(rows)` gives the values.

    Raises `OverflowError` when a sum does not fit 64 bits.
    """
    if not rows.size:
        return from_integers(rows)
    first, place = np.unique(rows - ordinal, return_inverse=True)
    last = first.copy()
    np.maximum.at(last, place, rows)
    spans = Spans(first, np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(last - first + 1))))
    wanted = spans.edges[place] + ordinal
    order = np.argsort(wanted, kind="stable")
    found, given = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    total, seen = _Carried(op), _Carried(Running("count", op.column, op.most))
    for low in range(0, spans.total, PIECE):
        high = min(low + PIECE, spans.total)
        values = column(spans.rows(low, high))
        here = order[np.searchsorted(wanted[order], low) : np.searchsorted(wanted[order], high)]
        starts = spans.edges[:-1][(spans.edges[:-1] >= low) & (spans.edges[:-1] < high)] - low
        found[here] = total.add(values, starts)[wanted[here] - low]
        given[here] = seen.add(values, starts)[wanted[here] - low]
    empty = given == 0
    return from_integers(found, empty if op.function in _NEVER and empty.any() else None)


class _Carried:
    """A running total that goes on from one piece to the next."""

    def __init__(self, op: Running) -> None:
        self._op, self._last = op, _NEVER.get(op.function, 0)

    def add(self, values: Array, starts: I64) -> Vector:
        """The totals at the rows of a piece in which families begin at `starts`."""
        function = self._op.function
        if function in _NEVER:
            found = self._extremes(filled(values, _NEVER[function]), starts)
        else:
            found = self._sums(self._counted(values) if function == "count" else filled(values, 0), starts)
        self._last = int(found[-1])
        return found

    @staticmethod
    def _counted(values: Array) -> Vector:
        mask = null_mask(values)
        return np.ones(len(values), dtype=np.int64) if mask is None else (~mask).astype(np.int64)

    def _sums(self, values: Vector, starts: I64) -> Vector:
        if self._op.function == "sum":
            largest = max(-int(values.min()), int(values.max()))
            if largest * self._op.most > np.iinfo(np.int64).max:
                raise OverflowError(f"running sum of {self._op.column} does not fit 64 bits")
        sums = np.cumsum(values, dtype=np.int64)
        before = np.concatenate((np.zeros(1, dtype=np.int64), sums))[starts]
        lengths = np.diff(np.concatenate((np.zeros(1, dtype=np.int64), starts, np.array([len(values)]))))
        found: Vector = sums + np.repeat(np.concatenate((np.array([self._last]), -before)), lengths)
        return found

    def _extremes(self, values: Vector, starts: I64) -> Vector:
        """By doubling: after a pass with distance d each row knows the 2d rows above it that are of its family."""
        better = np.minimum if self._op.function == "min" else np.maximum
        begins = np.zeros(len(values), dtype=np.int64)
        begins[starts] = starts
        above = np.arange(len(values), dtype=np.int64) - np.maximum.accumulate(begins)
        found, distance = values.copy(), 1
        while distance <= int(above.max()):
            rows = np.flatnonzero(above >= distance)
            found[rows] = better(found[rows], found[rows - distance])
            distance *= 2
        begun = int(starts[0]) if starts.size else len(values)
        better(found[:begun], self._last, out=found[:begun])
        return found
