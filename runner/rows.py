"""Rows as JSON-safe dictionaries: for previews, row streams and people. Not the way of bulk data."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from runner.engine import Engine
from runner.logical import json_value
from runner.plan import TablePlan

__all__ = ["json_value", "rows", "rows_as_python"]


def rows_as_python(batch: pa.RecordBatch, table: TablePlan) -> list[dict[str, Any]]:
    """One dictionary a row, keys in column order."""
    columns = [
        [json_value(v, column.type.kind) for v in array.to_pylist()]
        for array, column in zip(batch.columns, table.written, strict=True)
    ]
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def rows(engine: Engine, table: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """Rows [offset, offset + limit) of a table, fewer at its end. Raises `KeyError` for an unknown table."""
    plan = engine.table(table)
    start = min(max(offset, 0), plan.rows)
    return rows_as_python(engine.batch(table, start, min(start + limit, plan.rows)), plan)
