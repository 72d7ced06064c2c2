"""Rows that the engine makes beside those that a table holds: which are missing, which cells differ.

Values are equal when their canonical texts are (`services.common.databases.digest`): floats exactly, decimals by their
scale, JSON whatever the order of its members. A value that a column keeps in another form than it was given (digits that
it rounds, blanks that it pads) is no difference: rows that seem to differ are compared once more, with what the table
would make of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.plan import TablePlan
from runner.types import Type
from runner.vectors import Array, Mask, plain
from services.common.databases import Database
from services.common.databases.digest import canonical_rows

STEP: Final = 65_536
"""Rows compared at once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs among the rows of a batch: positions of rows that are missing, and of those that differ, by column.

    `found` holds the live rows of the positions `there`, in that order.
    """

    missing: I64
    cells: Mapping[str, I64]
    there: I64
    found: pa.RecordBatch

    @property
    def changed(self) -> I64:
        """Positions of rows that differ, ascending."""
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self.cells.values()]))

    @property
    def damaged(self) -> I64:
        """Positions of rows that are missing or differ, ascending."""
        return np.union1d(self.missing, self.changed)

    def value(self, column: str, position: int) -> Any:
        """What the table holds in a row that is there."""
        return self.found.column(column)[int(np.searchsorted(self.there, position))].as_py()


def steps(batch: pa.RecordBatch, rows: int = STEP) -> Iterator[tuple[int, pa.RecordBatch]]:
    """A batch in parts of at most so many rows, their texts plain, and where each begins."""
    for at in range(0, batch.num_rows, rows):
        part = batch.slice(at, rows)
        yield at, pa.RecordBatch.from_arrays([plain(array) for array in part.columns], names=part.schema.names)


def compare(database: Database, table: TablePlan, expected: pa.RecordBatch, columns: Sequence[str] = ()) -> Difference:
    """Rows (written columns, logical types, no dictionaries) beside those that the table holds under their keys.

    Compares `columns` alone when there are any. Raises `DatabaseError`.
    """
    names, types = expected.schema.names, {c.name: c.type for c in table.written}
    keys = expected.select(list(table.primary_key))
    live = whole(
        database.fetch(table.name, keys, [types[k] for k in table.primary_key], names, [types[n] for n in names]),
        expected.schema,
    )
    at = _places(keys, live.select(list(table.primary_key)), types)
    missing = at.is_null().to_numpy(zero_copy_only=False)
    there = np.flatnonzero(~missing)
    ours, found = expected.take(pa.array(there)), live.take(at.drop_null())
    cells = _unequal(ours, found, types, columns)
    if cells:
        cells = _surely(database, table, ours, found, types, cells)
    return Difference(np.flatnonzero(missing), {name: there[rows] for name, rows in cells.items()}, there, found)


def whole(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Batches as one; of this schema's names when there are none."""
    found = list(batches)
    if not found:
        return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], names=schema.names)
    arrays = [pa.concat_arrays([batch.column(i) for batch in found]) for i in range(len(schema))]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)


def _places(keys: pa.RecordBatch, live: pa.RecordBatch, types: Mapping[str, Type]) -> Array:
    """Where each key is among the live ones; null where it is not."""
    if keys.num_columns == 1 and pa.types.is_int64(keys.schema.field(0).type):
        return pc.index_in(keys.column(0), value_set=live.column(0))
    of = [types[name] for name in keys.schema.names]
    return pc.index_in(canonical_rows(keys, of), value_set=canonical_rows(live, of))


def _unequal(
    ours: pa.RecordBatch, found: pa.RecordBatch, types: Mapping[str, Type], columns: Sequence[str] = ()
) -> dict[str, I64]:
    """Positions of unequal cells, by column; columns without any are left out."""
    unequal = {}
    for name in columns or ours.schema.names:
        rows = _differing(ours.column(name), found.column(name), types[name])
        if len(rows):
            unequal[name] = rows
    return unequal


def _differing(ours: Array, found: Array, type_: Type) -> I64:
    rows = np.flatnonzero(_seems_other(ours, found, type_))
    if not len(rows):
        return rows
    at = pa.array(rows)
    texts = [canonical_rows(pa.RecordBatch.from_arrays([array.take(at)], names=["value"]), [type_]) for array in (ours, found)]
    other: Mask = pc.not_equal(*texts).to_numpy(zero_copy_only=False)
    sure: I64 = rows[other]
    return sure


def _seems_other(ours: Array, found: Array, type_: Type) -> Mask:
    """Where two arrays surely are not bit for bit the same; lists are not looked into."""
    if type_.kind == "array":
        return np.ones(len(ours), dtype=np.bool_)
    if type_.kind == "float":
        ours, found = ours.view(pa.int64()), found.view(pa.int64())
    both_null = pc.and_(ours.is_null(), found.is_null())
    same: Mask = pc.or_(pc.equal(ours, found).fill_null(False), both_null).to_numpy(zero_copy_only=False)
    return ~same


def _surely(
    database: Database,
    table: TablePlan,
    ours: pa.RecordBatch,
    found: pa.RecordBatch,
    types: Mapping[str, Type],
    cells: Mapping[str, I64],
) -> dict[str, I64]:
    """The same cells without those in which the table holds what it makes of our values."""
    rows = np.unique(np.concatenate(list(cells.values())))
    asked = ours.take(pa.array(rows))
    kept = whole(database.kept(table.name, asked, [types[n] for n in asked.schema.names]), asked.schema)
    keys = list(table.primary_key)
    at = _places(asked.select(keys), kept.select(keys), types)
    known = np.flatnonzero(at.is_valid().to_numpy(zero_copy_only=False))  # not those whose very key takes another form
    again = _unequal(kept.take(at.drop_null()), found.take(pa.array(rows[known])), types, list(cells))
    lost = np.setdiff1d(rows, rows[known])
    sure = {name: np.union1d(rows[known][again.get(name, [])], np.intersect1d(of, lost)) for name, of in cells.items()}
    return {name: of for name, of in sure.items() if len(of)}
