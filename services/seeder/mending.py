"""SQL databases as verification and repair drive them: what a load left is read, and rows of ours are put right.

A repair has checkpoints of its own, under its job's id: they tell a second attempt from the first, so that an attempt
that was thought dead writes nothing more. Constraints are off only where rows refer forward to rows that are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from runner.draws import I64
from runner.failpoints import failpoint
from runner.plan import Plan, Reference, TablePlan
from services.common.databases import Database, DatabaseError, Entry, Mark
from services.seeder.comparison import whole
from services.seeder.ledger import TABLE, Entries, Ledger, ensure
from services.seeder.parking import parked
from services.seeder.sql import LOAD, SqlTarget


@dataclass(frozen=True, slots=True)
class Mending:
    """Rows that are missing, rows that are changed with their numbers, and the number behind the rows looked at."""

    missing: pa.RecordBatch
    changed: pa.RecordBatch
    numbers: I64
    end: int


class MendTarget(SqlTarget):
    """One connection to an SQL database. Not thread-safe."""

    def __init__(self, database: Database, plan: Plan) -> None:
        super().__init__(database, plan)
        self._load, self._own = "", Mark("", "", 0)
        self._missing: frozenset[str] = frozenset()

    def begin(self, load: str, own: Mark | None, missing: frozenset[str]) -> None:
        """Be about a load's rows. With `own` write as that attempt, while rows of the tables `missing` are not there."""
        self._load, self._missing = load, missing
        if own is not None:
            self.take_over(own, ())

    def claim(self, mark: Mark) -> Entries:
        """What the load left, untouched."""
        return self.entries()

    def entries(self) -> Entries:
        """What the load left, by table and lane; nothing is written. Empty when the database knows nothing of it."""
        if "lane" not in {c.name.lower() for c in self.database.columns(TABLE)}:
            return {}
        entries = Ledger(self.database, Mark(self._load, "", 0)).read()
        own = entries.get((LOAD, 0))
        return {key: e for key, e in entries.items() if key != (LOAD, 0)} if own and own.created else {}

    def there(self, table: TablePlan) -> bool:
        """Whether there is such a table."""
        return bool(self.database.columns(table.name))

    # repair

    def take_over(self, own: Mark, tables: Sequence[str]) -> None:
        """Make the repair's checkpoints, or take over those of an earlier attempt. Raises `StaleAttemptError`."""
        ensure(self.database)
        with self.database.transaction():
            ledger = Ledger(self.database, own)
            found = ledger.claim()
            for name in (LOAD, *tables):
                if (name, 0) not in found:
                    ledger.begin(Entry(name, created=int(name == LOAD)))
        self._suspend(own)

    def _unchecked(self) -> list[tuple[str, Reference]]:
        """References to missing rows that come back after the rows that refer to them."""
        order = {t.name: number for number, t in enumerate(self._plan.tables)}
        return [
            (t.name, r)
            for t in self._plan.tables
            for r in t.references
            if r.parent in self._missing and order[r.parent] >= order[t.name]
        ]

    def began(self, own: Mark) -> bool:
        """Whether an attempt of this repair has written here."""
        return bool(self.database.columns(TABLE) and Ledger(self.database, own).read())

    def mend(self, own: Mark, table: TablePlan, rows: Mending) -> None:
        """Insert the missing rows and overwrite the changed ones, with the checkpoint, in one transaction.

        Changed rows that exchange unique values among each other take other values for a moment.
        """
        try:
            self._mend(own, table, rows, park=False)
        except DatabaseError as error:
            if error.code != "TARGET_CONFLICT" or not rows.changed.num_rows:
                raise
            self._mend(own, table, rows, park=True)

    def _mend(self, own: Mark, table: TablePlan, rows: Mending, park: bool) -> None:
        types = [c.type for c in table.written]
        with self.database.transaction():
            if park:
                self._park(table, rows)
            if rows.missing.num_rows:
                self.database.insert(table.name, rows.missing, types)
            if rows.changed.num_rows:
                self.database.insert(table.name, rows.changed, types, table.primary_key)
            failpoint("loader.mended")
            Ledger(self.database, own).advance(Entry(table.name, next_row=rows.end), None)
            failpoint("loader.before_commit")

    def put_aside(self, own: Mark, table: TablePlan, rows: Mending) -> None:
        """Take unique values off changed rows that rows elsewhere need, until both are mended."""
        with self.database.transaction():
            if rows.changed.num_rows:
                self._park(table, rows)
            Ledger(self.database, own).advance(Entry(table.name, next_row=rows.end), None)

    def _park(self, table: TablePlan, rows: Mending) -> None:
        aside = parked(table, rows.changed, rows.numbers)
        self.database.insert(table.name, aside, [c.type for c in table.written], table.primary_key)


def rows_at(batch: pa.RecordBatch, positions: I64) -> pa.RecordBatch:
    """Rows of a batch by their positions."""
    return whole([batch.take(pa.array(positions))], batch.schema)
