"""A database in memory, as top-up sees one, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from runner.engine import Engine
from runner.plan import Plan, TablePlan
from runner.schema import check
from runner.topup import TopUp, top_up
from runner.vectors import plain


def planned(text: str | Mapping[str, Any], rows: Mapping[str, int] | None = None) -> Plan:
    """The plan of a valid schema."""
    found = check(text, rows={name: str(n) for name, n in (rows or {}).items()})
    assert found.plan is not None, [f.message for f in found.errors]
    return found.plan


def made(engine: Engine, table: str) -> pa.Table:
    """All new rows of a table, without dictionaries."""
    batches = list(engine.batches(table, 0, engine.table(table).rows)) or [engine.batch(table, 0, 0)]
    plains = [pa.RecordBatch.from_arrays([plain(a) for a in b.columns], names=b.schema.names) for b in batches]
    return pa.Table.from_batches(plains)


@dataclass
class Memory:
    """Tables that grow. `folder` is where the files of stored rows go."""

    folder: Path
    tables: dict[str, pa.Table] = field(default_factory=dict)
    reads: int = 0

    def count(self, table: TablePlan) -> int:
        """Rows of a table."""
        return self.tables[table.name].num_rows if table.name in self.tables else 0

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows."""
        self.reads += 1
        return iter(self.tables[table.name].select(list(columns)).to_batches(max_chunksize=rows))

    def append(self, name: str, rows: pa.Table) -> None:
        """Add rows."""
        self.tables[name] = pa.concat_tables([self.tables[name], rows]) if name in self.tables else rows

    def load(self, plan: Plan, block_rows: int = 65_536, fold: bool = False) -> TopUp:
        """Top up with a plan: what the loader does."""
        found = top_up(plan, self, self.folder, fold)
        engine = Engine(found.plan, block_rows, self.folder)
        new = {table.name: made(engine, table.name) for table in found.plan.tables}
        for name, rows in new.items():
            self.append(name, rows)
        return found

    def column(self, table: str, name: str) -> list[Any]:
        """The values of a column."""
        values: list[Any] = self.tables[table][name].to_pylist()
        return values

    def check(self, plan: Plan) -> None:
        """Every key, unique set and reference of a plan holds."""
        for table in plan.tables:
            for names in (table.primary_key, *table.unique):
                rows = list(zip(*(self.column(table.name, n) for n in names), strict=True))
                whole = [row for row in rows if None not in row]
                assert len(set(whole)) == len(whole), (table.name, names)
            for ref in table.references:
                known = set(zip(*(self.column(ref.parent, n) for n in ref.parent_columns), strict=True))
                used = set(zip(*(self.column(table.name, n) for n in ref.columns), strict=True))
                assert {row for row in used if None not in row} <= known, (table.name, ref)
