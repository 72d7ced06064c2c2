"""Keys that refer to rows loaded later, in tables whose constraints are checked meanwhile: null at first, filled afterwards.

A circle of tables is loaded beginning at a reference that may be null (`runner.schema.load_order`). Where the database
checks it while we load, the rows go in without that key, and in a second pass, when all tables are full, once more
with it. Tables that we make get their foreign keys last and need none of this; suspended references neither.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from runner.plan import Plan, Reference, TablePlan
from services.common.databases import Database, DatabaseError


class Cycles:
    """The references of a plan that point forward in the order of loading."""

    def __init__(self, plan: Plan, database: Database) -> None:
        self._plan, self._database = plan, database
        self._order = {t.name: number for number, t in enumerate(plan.tables)}
        self._found: dict[str, tuple[str, ...]] = {}

    def second(self, mode: str) -> list[str]:
        """Tables that exist and need a second pass. Raises `DatabaseError` for one that cannot have it."""
        return [t.name for t in self._plan.tables if mode != "replace" and self.columns(t)]

    def columns(self, table: TablePlan) -> tuple[str, ...]:
        """The columns of a table that are null at first."""
        if table.name not in self._found:
            self._found[table.name] = self._columns(table)
        return self._found[table.name]

    def _columns(self, table: TablePlan) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for reference in table.references:
            if self._forward(table, reference) and self._database.suspension(table.name, reference) is not None:
                names |= dict.fromkeys(self._nullable(table, reference))
        return tuple(names)

    def _forward(self, table: TablePlan, reference: Reference) -> bool:
        return not reference.suspended and self._order[reference.parent] > self._order[table.name]

    def _nullable(self, table: TablePlan, reference: Reference) -> list[str]:
        required = {c.name.lower() for c in self._database.columns(table.name) if c.required}
        names = [n for n in reference.columns if n.lower() not in required and n not in table.primary_key]
        if names and table.primary_key:
            return names
        column = f"{table.name}.{reference.columns[0]}"
        why = "cannot be null there" if not names else "is filled in a second pass, which needs a primary key"
        message = f"{column} refers to {reference.parent}, which is loaded later, and {why}; write load: {{suspend: [{column}]}}"
        raise DatabaseError("TARGET_CONSTRAINT", message)

    def without(self, table: TablePlan, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows without those keys."""
        late = self.columns(table)
        arrays = [
            pa.nulls(batch.num_rows, array.type) if name in late else array
            for name, array in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    def given(self, table: TablePlan, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that have such a key."""
        mask = None
        for name in self.columns(table):
            valid = pc.is_valid(batch.column(name))
            mask = valid if mask is None else pc.or_(mask, valid)
        return batch if mask is None else batch.filter(mask)
