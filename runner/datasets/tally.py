"""Counts over the records of a dataset as they are written: by axis of the plan, and by length."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.datasets.plan import AXES, axes, places
from runner.datasets.spec import METADATA, DatasetRequest
from runner.draws import I64

EDGES: Final = (0, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 1 << 40)
"""Lengths in characters are counted between these: from one, up to but without the next."""
_UNCOUNTED: Final = frozenset({*METADATA, "label"})


class Tally:
    """Grows block by block. `state` is a JSON-serialisable form that `of` takes up again."""

    def __init__(self, request: DatasetRequest) -> None:
        self._request = request
        self._axes = [np.zeros(len(values), dtype=np.int64) for values in axes(request)]
        self._lengths = np.zeros(len(EDGES) - 1, dtype=np.int64)

    @classmethod
    def of(cls, request: DatasetRequest, state: Mapping[str, Any]) -> Tally:
        """One that goes on from a state, or from nothing."""
        tally = cls(request)
        if state:
            tally._axes = [np.array(counts, dtype=np.int64) for counts in state["axes"]]
            tally._lengths = np.array(state["lengths"], dtype=np.int64)
        return tally

    @property
    def state(self) -> dict[str, Any]:
        """The counts."""
        return {"axes": [counts.tolist() for counts in self._axes], "lengths": self._lengths.tolist()}

    def add(self, numbers: I64, table: pa.Table) -> None:
        """Count the records of these numbers."""
        for counts, at in zip(self._axes, places(self._request, numbers), strict=True):
            counts += np.bincount(at, minlength=len(counts))
        into = np.searchsorted(np.array(EDGES), lengths(table), side="right") - 1
        self._lengths += np.bincount(into, minlength=len(self._lengths))

    def counts(self, axis: str) -> dict[str, int]:
        """Records by the value of an axis, in the order of the request."""
        at = AXES.index(axis)
        return dict(zip(axes(self._request)[at], self._axes[at].tolist(), strict=True))

    @property
    def by_length(self) -> tuple[tuple[int, int, int], ...]:
        """[from, to, records], without empty ranges at both ends."""
        ranges = [(low, high, count) for (low, high), count in zip(pairwise(EDGES), self._lengths.tolist(), strict=True)]
        filled = [at for at, (_, _, count) in enumerate(ranges) if count]
        return tuple(ranges[filled[0] : filled[-1] + 1]) if filled else ()


def lengths(table: pa.Table) -> I64:
    """Characters of each record's texts together, metadata and label left out."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if name in _UNCOUNTED:
            continue
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            total += _sizes(column)
        elif pa.types.is_list(column.type):
            owners = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
            sizes = _sizes(pc.list_flatten(column).field("content"))
            total += np.bincount(owners, weights=sizes, minlength=table.num_rows).astype(np.int64)
    return total


def _sizes(texts: Any) -> I64:
    found: I64 = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found
