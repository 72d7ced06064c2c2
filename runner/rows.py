"""Rows as JSON-safe dictionaries: for previews, row streams and people. Not the way of bulk data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from runner import documents
from runner.draws import I64
from runner.engine import Engine
from runner.logical import json_value
from runner.plan import Plan, TablePlan
from runner.steps import TooManyBytes, in_steps
from runner.vectors import plain

__all__ = ["bounded_rows", "json_value", "names_of", "rows", "rows_as_python"]

CELL_BYTES = 8
"""What a cell costs in an answer beside its value and name."""


def rows_as_python(batch: pa.RecordBatch, table: TablePlan) -> list[dict[str, Any]]:
    """One dictionary a row, keys in column order."""
    columns = [
        [json_value(v, (column.type.item or column.type).kind) for v in array.to_pylist()]
        for array, column in zip(batch.columns, table.written, strict=True)
    ]
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


@dataclass(frozen=True)
class _Rows:
    """Rows of a table, and of those within them, with where each one's begin and end."""

    table: TablePlan
    batch: pa.RecordBatch
    below: tuple[tuple[I64, _Rows], ...]

    @property
    def size(self) -> int:
        """Bytes they hold, names included."""
        names = sum(len(column.name) + CELL_BYTES for column in self.table.written)
        own = sum(int(plain(array).nbytes) for array in self.batch.columns) + int(self.batch.num_rows) * names
        return own + sum(rows.size for _, rows in self.below)

    def as_python(self) -> list[dict[str, Any]]:
        """One dictionary a row, those within it as lists."""
        found = rows_as_python(self.batch, self.table)
        for edges, rows in self.below:
            inner = rows.as_python()
            ends = (edges - edges[0]).tolist()
            for row, low, high in zip(found, ends[:-1], ends[1:], strict=True):
                row[rows.table.embed] = inner[low:high]
        return found


def _read(engine: Engine, table: TablePlan, start: int, stop: int) -> _Rows:
    below: list[tuple[I64, _Rows]] = []
    for child in documents.members(engine.plan, table.name):
        edges = documents.edges(engine.plan, child, start, stop)
        below.append((edges, _read(engine, child, int(edges[0]), int(edges[-1]))))
    return _Rows(table, engine.batch(table.name, start, stop), tuple(below))


def names_of(plan: Plan, table: TablePlan) -> tuple[str, ...]:
    """The keys of a table's rows: its written columns and the members that hold other rows."""
    return (*(c.name for c in table.written), *(child.embed for child in documents.members(plan, table.name)))


def bounded_rows(engine: Engine, table: str, start: int, stop: int, most_bytes: int) -> list[dict[str, Any]]:
    """Rows [start, stop), which must exist, when they hold no more than `most_bytes`. Raises `TooManyBytes`."""
    plan = engine.table(table)
    if documents.rows_within(engine.plan, table, start, stop) * CELL_BYTES > most_bytes:
        raise TooManyBytes(f"the rows within these hold more than {most_bytes:,} bytes")
    steps = in_steps(lambda a, b: _read(engine, plan, a, b), lambda rows: rows.size, start, stop, most_bytes)
    return [row for rows in steps for row in rows.as_python()]


def rows(engine: Engine, table: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """Rows [offset, offset + limit) of a table with those embedded in them. Raises `KeyError` for an unknown table."""
    plan = engine.table(table)
    start = min(max(offset, 0), plan.rows)
    return _read(engine, plan, start, min(start + limit, plan.rows)).as_python()
