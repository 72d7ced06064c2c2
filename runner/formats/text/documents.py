"""What JSON and JSON Lines share: children embedded in their parents stand there, and have no file of their own.

An embedded table becomes a column of JSON text beside its parent's own columns, joined from the same pieces as
the objects of a table. Units have fewer rows where documents are larger, so that memory is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner import documents
from runner.formats.common.base import UNIT_ROWS, Batches, FileJob, Piece
from runner.formats.common.options import Option
from runner.formats.text.format import TextFormat
from runner.formats.text.jsons import members
from runner.jsontexts import lists
from runner.ops import Const
from runner.pieces import joined
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.spec import Output
from runner.types import JSON
from runner.vectors import Array

_LINE = (b"", b":")
"""What stands before a member and after its name in an object of one line."""


class DocumentFormat(TextFormat):
    """A text format of one object a row, with embedded rows in it."""

    def __init__(self, plan: Plan, output: Output, known: Sequence[Option]) -> None:
        super().__init__(nested(plan), output, known)
        self._flat = plan

    def file(self, stem: str, table: TablePlan | None) -> FileJob:
        """The file, in units of as many documents as hold about 65,536 rows."""
        job = super().file(stem, table)
        if table is None:
            return job
        size = documents.rows_of_document(self._flat, self._flat.table(table.name))
        return replace(job, unit_rows=max(1, int(UNIT_ROWS / size)))

    def unit(self, file: FileJob, engine: Batches, start: int, stop: int) -> list[Piece]:
        """As of any text format, over documents."""
        return super().unit(file, Documents(self._flat, self.plan, engine), start, stop)


def nested(plan: Plan) -> Plan:
    """The plan as documents: embedded tables are columns of their parents."""
    tables = tuple(_widened(plan, table) for table in plan.tables if not table.embed)
    return replace(plan, tables=tables) if any(t.embed for t in plan.tables) else plan


def _widened(plan: Plan, table: TablePlan) -> TablePlan:
    below = (ColumnPlan(child.embed, JSON, Const(None, "string")) for child in documents.members(plan, table.name))
    return replace(table, columns=(*table.columns, *below))


class Documents:
    """Batches of a plan's documents: the written columns, and one of JSON text for each embedded table."""

    def __init__(self, flat: Plan, plan: Plan, engine: Batches) -> None:
        self._flat, self._engine = flat, engine
        self._members = {t.name: documents.members(flat, t.name) for t in flat.tables} if plan is not flat else {}

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop), block by block in order."""
        for batch in self._engine.batches(table, start, stop):
            yield self._widened(table, batch, start)
            start += batch.num_rows

    def _widened(self, table: str, batch: pa.RecordBatch, start: int) -> pa.RecordBatch:
        children = self._members.get(table, ())
        if not children:
            return batch
        below = [self._texts(child, start, start + batch.num_rows) for child in children]
        return pa.RecordBatch.from_arrays([*batch.columns, *below], names=[*batch.schema.names, *(c.embed for c in children)])

    def _texts(self, child: TablePlan, start: int, stop: int) -> Array:
        """`[{…},{…}]` for each parent row of [start, stop)."""
        edges = documents.edges(self._flat, child, start, stop)
        shown = _widened(self._flat, child)
        objects = [
            joined([b"{", *members(shown, batch, *_LINE), b"}"], batch.num_rows)
            for batch in self.batches(child.name, int(edges[0]), int(edges[-1]))
        ]
        items = pa.concat_arrays(objects) if objects else pa.array([], pa.string())
        return pc.binary_join_element_wise("[", pc.binary_join(lists(np.diff(edges), items), ","), "]", "")
