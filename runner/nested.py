"""Documents as record batches: the rows of embedded tables as lists of structs beside their parents' columns.

A struct's fields are the written columns of the embedded table, in logical types; the metadata `type` of a field is the
column's type as the schema language writes it. Tables that are embedded in an embedded one are lists in its structs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa

from runner import documents
from runner.logical import arrow_type
from runner.plan import Plan, TablePlan
from runner.vectors import Array


class Batches(Protocol):
    """What is needed of the engine."""

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop) block by block."""


class NestedBatches:
    """The batches of an engine with embedded rows in them."""

    def __init__(self, plan: Plan, engine: Batches) -> None:
        self._plan, self._engine = plan, engine

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop), block by block in order: the written columns, then a column for each embedded table."""
        below = documents.members(self._plan, table)
        for batch in self._engine.batches(table, start, stop):
            end = start + batch.num_rows
            for child in below:
                batch = batch.append_column(child.embed, self._lists(child, start, end))
            yield batch
            start = end

    def _lists(self, child: TablePlan, start: int, stop: int) -> Array:
        """The child rows of each parent row of [start, stop)."""
        edges = documents.edges(self._plan, child, start, stop)
        first, last = int(edges[0]), int(edges[-1])
        type_ = struct_type(self._plan, child)
        found = [_structs(batch, type_) for batch in self.batches(child.name, first, last)]
        offsets = pa.array((edges - first).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, pa.concat_arrays(found) if found else pa.array([], type_))


def struct_type(plan: Plan, table: TablePlan) -> pa.DataType:
    """The type of a row of an embedded table."""
    own = [pa.field(c.name, arrow_type(c.type), metadata={"type": str(c.type)}) for c in table.written]
    below = [pa.field(child.embed, pa.list_(struct_type(plan, child))) for child in documents.members(plan, table.name)]
    return pa.struct([*own, *below])


def _structs(batch: pa.RecordBatch, type_: pa.DataType) -> Array:
    """The rows of a batch as structs."""
    return pa.StructArray.from_arrays([_plain(array) for array in batch.columns], fields=list(type_))


def _plain(array: Array) -> Array:
    """Dictionaries as their values, so that structs of all batches have one type."""
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array
