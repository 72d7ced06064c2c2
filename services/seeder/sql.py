"""SQL databases as the loader drives them: block and checkpoint in one transaction, whatever the dialect.

MySQL ends the transaction at each statement of DDL. So preparation first writes down what it is going to make
(`created`), and each of its steps may be repeated; until its last one is in, no rows are. Where DDL takes part in
transactions, preparation is one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from runner.failpoints import failpoint
from runner.plan import Plan, Reference, TablePlan
from services.common.databases import Broken, Counter, Database, DatabaseError, Entry, Mark, Suspension
from services.seeder.cycles import Cycles
from services.seeder.fast import fast_suspensions
from services.seeder.lanes import SECOND
from services.seeder.ledger import Entries, Ledger, ensure, stepwise, whole
from services.seeder.refusals import refuse_emptying, refuse_engines, refuse_replacing, unlogged
from services.seeder.statements import ELSEWHERE, Statements, made
from services.seeder.suspensions import SESSION, Record, Suspensions

LOAD = ""
"""Name of the load's own ledger entry."""
UNCHECKED = -1
"""Broken references before the load, when the database could not say."""
INDEXED, REFERRED = 1, 2
"""`Entry.indexed` of a table we made: its indexes are made; its foreign keys too."""


HOW_BACK = "its job puts it back when it ends, a load of that table or `mockcraft seed --restore JOB` when it is gone"


class SqlTarget:
    """One connection to an SQL database, as a `Target`. Not thread-safe."""

    nested = False

    def __init__(self, database: Database, plan: Plan, fast: Sequence[str] = (), cleaning: bool = False) -> None:
        self._fast, self._cleaning = fast, cleaning
        self.database, self._plan, self.dialect = database, plan, database.dialect
        self._statements = Statements(plan, database.dialect)
        self._entries: Entries = {}
        self._suspended: list[Suspension] = []
        self._cycles, self._suspensions = Cycles(plan, database), Suspensions(database)

    def close(self) -> None:
        """Let go; an open transaction is undone."""
        self.database.close()

    def claim(self, mark: Mark) -> Entries:
        """Take over what earlier attempts left, by table and lane; empty before everything is prepared."""
        ensure(self.database)
        with self.database.transaction():
            entries = Ledger(self.database, mark).claim()
        own = entries.get((LOAD, 0))
        self._entries = entries if own and own.created else {}
        if self._entries:
            self._suspend(mark)
        return dict(self._entries)

    # preparation

    def prepare(self, mark: Mark, plan: Plan, mode: str, lanes: Sequence[Entry]) -> Entries:
        """Make, empty or check the tables by `mode`, and store the first entries. Raises `DatabaseError`."""
        ledger = Ledger(self.database, mark)
        with whole(self.database):
            with stepwise(self.database):
                entries = ledger.read() or self._intend(ledger, plan, mode, lanes)
            failpoint("loader.intended")
            self._make(plan, mode, entries)
            with stepwise(self.database):
                entries[LOAD, 0] = replace(entries[LOAD, 0], created=1)
                ledger.advance(entries[LOAD, 0], 0)
        self._entries = entries
        self._suspend(mark)
        return dict(entries)

    def _intend(self, ledger: Ledger, plan: Plan, mode: str, lanes: Sequence[Entry]) -> Entries:
        """Look at everything, change nothing but the ledger."""
        names = [t.name for t in plan.tables]
        if mode == "replace":
            self._refuse_elsewhere(plan)
            refuse_replacing(self.database, names)
        elif mode == "truncate":
            refuse_emptying(self.database, names)
        facts = {t.name: self._fact(t, mode) for t in plan.tables}
        refuse_engines(self.database, *([n for n in names if facts[n][1] == created] for created in (0, 1)))
        broken = self.broken()
        first = [Entry(LOAD, rows_before=UNCHECKED if broken is None else sum(b.rows for b in broken))]
        for entry in lanes:
            rows_before, created = facts[entry.table]
            first.append(replace(entry, rows_before=rows_before, created=created))
        first += [Entry(name, SECOND) for name in self._cycles.second(mode) if not facts[name][1]]
        for entry in first:
            ledger.begin(entry)
        return {(e.table, e.lane): e for e in first}

    def _fact(self, table: TablePlan, mode: str) -> tuple[int, int]:
        """Rows that stay in a table, and whether we make it. Raises `DatabaseError` (TARGET_MISMATCH)."""
        if mode == "replace" or not self.database.columns(table.name):
            return 0, 1
        self._check_columns(table)
        return 0 if mode == "truncate" else self.count(table), 0

    def _refuse_elsewhere(self, plan: Plan) -> None:
        """Tables that are made anew are made in the default schema."""
        elsewhere = ELSEWHERE.get(self.dialect)
        for table in plan.tables if elsewhere else ():
            if self.database.columns(table.name) and self.database.query(str(elsewhere), (table.name,))[0][0]:
                message = f"{table.name} lies in another schema and cannot be made anew; mode truncate keeps the tables"
                raise DatabaseError("TARGET_CONFLICT", message)

    def _check_columns(self, table: TablePlan) -> None:
        """An existing table must take our columns, and need no others. Raises `DatabaseError`."""
        ours = {c.name.lower() for c in table.written}
        theirs = {c.name.lower(): c for c in self.database.columns(table.name)}
        missing = [c.name for c in table.written if c.name.lower() not in theirs]
        if missing:
            raise DatabaseError(
                "TARGET_MISMATCH", f"the table {table.name} has no column {', '.join(missing)}; mode replace makes it anew"
            )
        needed = [c.name for key, c in theirs.items() if c.required and key not in ours]
        if needed and table.rows:  # where no rows are made, nothing needs a value
            raise DatabaseError(
                "TARGET_MISMATCH", f"the table {table.name} needs a value for {', '.join(needed)}, which the schema does not make"
            )

    def _make(self, plan: Plan, mode: str, entries: Entries) -> None:
        """Carry out what was intended; may be repeated."""
        ours = {e.table for e in entries.values() if e.created}
        if mode == "replace":
            for statement in self._statements.drop_tables():
                self.database.execute(statement)
            failpoint("loader.dropped")
        elif mode == "truncate":
            self.database.empty([t.name for t in reversed(plan.tables) if t.name not in ours])  # children first
        for table in plan.tables:
            if table.name in ours and not self.database.columns(table.name):
                self._create(self._statements.create_table(table, mode))
                failpoint("loader.table_made")

    def _create(self, script: str) -> None:
        """Raises `DatabaseError` (TARGET_BUSY) when somebody makes the same table at this moment."""
        try:
            self.database.run_script(script)
        except DatabaseError as error:
            if error.code != "TARGET_CONFLICT":
                raise
            raise DatabaseError("TARGET_BUSY", f"another load makes the same tables at this moment ({error})", True) from error

    def concerns(self, mode: str) -> list[str]:
        """Warnings before anything is done."""
        return [] if mode == "replace" else unlogged(self.database, [t.name for t in self._plan.tables])

    # rows

    def load_block(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, first_row: int, after: Entry, mode: str) -> int:
        """Rows from `first_row` and the checkpoint, in one transaction; the bytes that were sent."""
        key = table.primary_key if mode == "upsert" else ()
        batch = self._cycles.without(table, batch) if self._second(table) else batch
        with self.database.transaction():
            sent = self.database.insert(table.name, batch, [c.type for c in table.written], key)
            failpoint("loader.mid_block")
            Ledger(self.database, mark).advance(replace(after, bytes=after.bytes + sent), first_row)
            failpoint("loader.before_commit")
        failpoint("loader.after_commit")
        return sent

    def _second(self, table: TablePlan) -> bool:
        return (table.name, SECOND) in self._entries

    def load_second(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, first_row: int, after: Entry) -> int:
        """Fill the keys that were left null at first, and the second pass's checkpoint, in one transaction; the bytes sent."""
        given = self._cycles.given(table, batch)
        with self.database.transaction():
            sent = 0
            if given.num_rows:
                sent = self.database.insert(table.name, given, [c.type for c in table.written], table.primary_key)
            failpoint("loader.second_pass")
            Ledger(self.database, mark).advance(replace(after, bytes=after.bytes + sent), first_row)
        return sent

    def count(self, table: TablePlan) -> int:
        """Rows of the table, without those of tables that inherit from it; 0 where there is none."""
        if not self.database.columns(table.name):
            return 0
        return int(self.database.query(f"SELECT count(*) FROM {self.database.source(table.name)}")[0][0])  # noqa: S608 - quoted

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows, in no promised order, in logical types."""
        return self.database.read(table.name, columns, [table.column(c).type for c in columns], rows)

    def delete(self, table: TablePlan, batch: pa.RecordBatch) -> int:
        """Delete the rows of a batch, by primary key where there is one; how many there were."""
        names = table.primary_key or tuple(batch.schema.names)
        return self.database.delete(table.name, batch.select(names), [table.column(n).type for n in names])

    def tidy(self, table: str) -> None:
        """Give back what deleted rows take. PostgreSQL searches them for every row of a parent that is deleted next."""
        if self.dialect == "postgresql":
            with contextlib.suppress(DatabaseError):  # whoever may not, or need not, is only slower
                self.database.execute(f"VACUUM {self.database.source(table).removeprefix('ONLY ')}")

    def delete_block(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, stop: int, after: Entry) -> int:
        """Delete the last rows before `stop`, and say in the ledger that they are not in, in one transaction; how many
        there were."""
        with self.database.transaction():
            rows = self.delete(table, batch)
            failpoint("loader.deleted")
            Ledger(self.database, mark).advance(after, stop)
        return rows

    def forget(self, load: str) -> None:
        """Drop the checkpoints of a load."""
        with self.database.transaction():
            Ledger(self.database, Mark(load, "", 0)).forget()

    # afterwards

    def index(self, mark: Mark, table: TablePlan, after: Entry) -> None:
        """Indexes and uniques of a table we made, with the checkpoint."""
        self._late(mark, table, self._statements.indexes(table), after)

    def refer(self, mark: Mark, table: TablePlan, after: Entry) -> None:
        """Foreign keys of a table we made, when the indexes of all are, with the checkpoint."""
        self._late(mark, table, self._statements.references(table), after)

    def _late(self, mark: Mark, table: TablePlan, statements: Sequence[tuple[str, str]], after: Entry) -> None:
        with whole(self.database):
            there = made(self.database, table.name)
            for name, statement in statements:
                if name.lower() not in there:
                    self.database.execute(statement)
                    failpoint("loader.index_made")
            with stepwise(self.database):
                Ledger(self.database, mark).advance(after, after.next_row)

    def _suspend(self, mark: Mark) -> None:
        """Take off what the plan says is suspended: what lasts is recorded, the rest is off for this connection."""
        found = [self.database.suspension(name, reference) for name, reference in self._unchecked()]
        self._suspended = [s for s in found if s is not None]
        if self._fast:
            tables = [t.name for t in self._plan.tables]
            self._suspended += fast_suspensions(self.database, self._fast, tables, self._empty_before())
        self._suspensions.take_off(mark.load, self._suspended)

    def _unchecked(self) -> list[tuple[str, Reference]]:
        """References that are suspended; while rows are deleted also those that point forward, or to the table itself."""
        order = {t.name: number for number, t in enumerate(self._plan.tables)}
        return [
            (t.name, r)
            for t in self._plan.tables
            for r in t.references
            if r.suspended or (self._cleaning and order[r.parent] >= order[t.name])
        ]

    def _empty_before(self) -> set[str]:
        """Tables without rows of others."""
        return {e.table for e in self._entries.values() if not e.rows_before}

    def restore(self, mark: Mark) -> list[Record]:
        """Put back what this load took off; what it was. Raises `DatabaseError` when rows break it."""
        for suspension in self._suspended:
            if suspension.before.startswith(SESSION):
                self.database.run_script(suspension.after)
        records = [r for r in self._suspensions.records() if r.load == mark.load]
        for record in reversed(records):  # what refers to another comes back after it
            self._suspensions.put_back(record)
        return records

    def prove(self, records: Sequence[Record]) -> list[str]:
        """Have the rows of what is back looked at where that was left out; what to say of those that break it."""
        lasting = [r.what for r in records] + [s for s in self._suspended if not s.before.startswith(SESSION)]
        return [said for it in dict.fromkeys(lasting) if (said := self._suspensions.prove(it))]

    def give_up(self, mark: Mark) -> list[str]:
        """Put back what this load took off, for new rows at least; warnings. Rows that are there are not looked at: that
        takes no time. Raises `StaleAttemptError`."""
        records = [r for r in self._suspensions.records() if r.load == mark.load]
        if records:
            with self.database.transaction():
                Ledger(self.database, mark).claim()  # a younger attempt may need them off
        return [warning for record in reversed(records) if (warning := self._suspensions.unproven_back(record))]

    def put_back(self, mark: Mark) -> tuple[list[str], list[str]]:
        """As `give_up`, when no process works on the load; what came back, and warnings. Raises `DatabaseError` (TARGET_BUSY)."""
        names = [f"{r.what.table}.{r.what.constraint}" for r in self._suspensions.records() if r.load == mark.load]
        with self._suspensions.seized(mark.load) as free:
            if names and not free:
                raise DatabaseError("TARGET_BUSY", "a process still works on this load", True)
            return names, self.give_up(mark)

    def put_leftovers_back(self, mark: Mark) -> list[str]:
        """Put back what other loads left off in tables of the plan, proven where the rows allow it; warnings.

        What a load took off that a process works on, or in tables of others, is left alone and only told of.
        """
        ours, said = {t.name.lower() for t in self._plan.tables}, list[str]()
        for record in reversed(self._suspensions.records()):
            if record.load == mark.load:
                continue
            if record.what.table.lower() not in ours and record.what.table:
                said.append(f"{_off(record)}; {HOW_BACK}")
                continue
            with self._suspensions.seized(record.load) as free:
                if not free:
                    said.append(f"{_off(record)} as long as that load runs")
                elif record in self._suspensions.records() and (warning := self._suspensions.force_back(record)):
                    said.append(warning)
        return said

    def move_counters(self) -> list[Counter]:
        """Sequences and auto-increments past the largest keys; where they are now."""
        with self.database.transaction():
            return self.database.move_counters([t.name for t in self._plan.tables])

    def broken(self) -> list[Broken] | None:
        """Every reference that does not hold; None when the database cannot say."""
        try:
            return self.database.broken_references([t.name for t in self._plan.tables])
        except DatabaseError as error:
            if error.retryable:
                raise
            return None


def _off(record: Record) -> str:
    name, table = record.what.constraint or "something", record.what.table or "this database"
    return f"{name} of {table} is taken off by the load {record.load}"
