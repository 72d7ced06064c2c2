"""Values that rows take for a moment while they exchange unique ones: databases check each row as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.logical import arrow_type
from runner.plan import ColumnPlan, TablePlan
from runner.vectors import Array
from services.common.databases import DatabaseError

FAR: Final = -(2**31) + 1
"""Whole numbers from here on upwards are taken for a moment; they fit columns of 32 bits."""


def parked(table: TablePlan, rows: pa.RecordBatch, numbers: I64) -> pa.RecordBatch:
    """The rows, which have these numbers, with other values where they must be unique.

    Raises `DatabaseError` for columns that can take none.
    """
    chosen = {column.name: column for column in _columns(table)}
    arrays = [
        _other(chosen[name], numbers) if name in chosen else array
        for name, array in zip(rows.schema.names, rows.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


def _columns(table: TablePlan) -> Iterator[ColumnPlan]:
    """One column of each set of columns that is unique, beside the key."""
    sets: list[tuple[str, ...]] = [(c.name,) for c in table.written if c.unique and (c.name,) != table.primary_key]
    sets += [s for s in (*table.unique, *table.partial) if s != table.primary_key]
    refers = {name for r in table.references for name in r.columns}
    for names in dict.fromkeys(sets):
        columns = [table.column(n) for n in names if n not in table.primary_key]
        free = [c for c in columns if c.nullable or (c.name not in refers and c.type.kind in ("int", "bigint", "string", "uuid"))]
        if not free:
            message = (
                f"{table.name}: rows exchange values of {', '.join(names)}, which must be unique and can take no others meanwhile"
            )
            raise DatabaseError("TARGET_CONFLICT", message)
        yield free[0]


def _other(column: ColumnPlan, numbers: I64) -> Array:
    """Values that no row has."""
    if column.nullable:
        return pa.nulls(len(numbers), arrow_type(column.type))
    if column.type.kind in ("int", "bigint"):
        return pa.array(numbers + FAR)
    digits = pa.array(numbers).cast(pa.string())
    if column.type.kind == "uuid":
        return pc.binary_join_element_wise("00000000-0000-0000-0000-", pc.utf8_lpad(digits, 12, "0"), "")
    return pc.binary_join_element_wise("~", digits, "")
