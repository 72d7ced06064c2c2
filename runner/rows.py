"""Rows as JSON-safe dictionaries: for previews, row streams and people. Not the way of bulk data."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from runner.engine import Engine
from runner.logical import json_value
from runner.plan import TablePlan
from runner.steps import in_steps
from runner.vectors import plain

__all__ = ["bounded_rows", "json_value", "rows", "rows_as_python"]

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


def bounded_rows(engine: Engine, table: str, start: int, stop: int, most_bytes: int) -> list[dict[str, Any]]:
    """Rows [start, stop), which must exist, when they hold no more than `most_bytes`. Raises `TooManyBytes`."""
    plan = engine.table(table)
    names = sum(len(column.name) + CELL_BYTES for column in plan.written)

    def size(batch: pa.RecordBatch) -> int:
        return sum(int(plain(array).nbytes) for array in batch.columns) + int(batch.num_rows) * names

    batches = in_steps(lambda a, b: engine.batch(table, a, b), size, start, stop, most_bytes)
    return [row for batch in batches for row in rows_as_python(batch, plan)]


def rows(engine: Engine, table: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """Rows [offset, offset + limit) of a table, fewer at its end. Raises `KeyError` for an unknown table."""
    plan = engine.table(table)
    start = min(max(offset, 0), plan.rows)
    return rows_as_python(engine.batch(table, start, min(start + limit, plan.rows)), plan)
