"""One load: a plan into a database, each block exactly once.

Block and checkpoint row are one transaction, so whatever kills this process, the next one goes on
behind the last block that is in. Tables come in load order; indexes are made when the rows are in.
What lives how long: a block until its commit; the checkpoint rows in the database for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pyarrow as pa

from runner.failpoints import failpoint
from runner.pace import Pace
from runner.plan import Plan, TablePlan
from runner.protocol import EventType, Throttle
from services.common.databases import Broken, Database, DatabaseError
from services.seeder.blocks import BlockSource
from services.seeder.ledger import Entry, Ledger
from services.seeder.spec import LoadSpec

Say = Callable[[EventType, Mapping[str, Any]], None]
LOAD = ""
"""Name of the load's own ledger entry."""
UNCHECKED = -1
"""Broken references before the load, when the database could not say."""


class Statements(Protocol):
    """The DDL of a plan in the target's dialect."""

    def create_table(self, table: TablePlan) -> str:
        """CREATE TABLE with primary key and references."""

    def create_indexes(self, table: TablePlan) -> str:
        """CREATE INDEX and CREATE UNIQUE INDEX statements, each ended by `;` and a line break; empty when there are none."""

    def quoted(self, name: str) -> str:
        """An identifier that means itself."""


@dataclass
class Load:
    """Runs a spec against an open database. `run` once; it raises what goes wrong."""

    spec: LoadSpec
    plan: Plan
    database: Database
    statements: Statements
    source: BlockSource
    say: Say

    def __post_init__(self) -> None:
        self._ledger = Ledger(self.database, self.spec.load, self.spec.job_id, self.spec.attempt)
        self._entries: dict[str, Entry] = {}
        self._throttle = Throttle()
        self._clock = self._began = time.monotonic()
        self._pace = Pace(0, self.plan.total_rows)

    def run(self) -> None:
        """Prepare, load, index, verify."""
        with self.database.transaction():
            self._entries = self._ledger.claim()
            resumed = self._place() if self._entries else None
            if not self._entries:
                self._prepare()
        self._pace = Pace(self._done(), self.plan.total_rows)
        self.say("start", {"attempt": self.spec.attempt, "resumeFrom": resumed, "total": self.plan.total_rows})
        for table in self.plan.tables:
            self._load_table(table)
        self._make_indexes()
        self._complete()

    # preparation: one transaction, so that nothing is emptied twice

    def _prepare(self) -> None:
        broken = self._broken()
        before = UNCHECKED if broken is None else sum(b.rows for b in broken)
        self._begin(Entry(LOAD, rows_before=before))
        if self.spec.mode == "replace":
            for table in reversed(self.plan.tables):
                self.database.execute(f"DROP TABLE IF EXISTS {self.statements.quoted(table.name)}")
        for table in self.plan.tables:
            self._begin(self._prepare_table(table))

    def _begin(self, entry: Entry) -> None:
        self._ledger.begin(entry)
        self._entries[entry.table] = entry

    def _prepare_table(self, table: TablePlan) -> Entry:
        if not self.database.columns(table.name):
            self.database.execute(self.statements.create_table(table))
            return Entry(table.name, created=1)
        self._check_columns(table)
        if self.spec.mode == "truncate":
            self.database.execute(f"DELETE FROM {self.statements.quoted(table.name)}")  # noqa: S608 - quoted
            return Entry(table.name)
        return Entry(table.name, rows_before=self._count(table.name))

    def _check_columns(self, table: TablePlan) -> None:
        """An existing table must take our columns, and need no others. Raises `DatabaseError`."""
        ours = {c.name.lower() for c in table.written}
        theirs = {c.name.lower(): c for c in self.database.columns(table.name)}
        missing = [c.name for c in table.written if c.name.lower() not in theirs]
        if missing:
            raise DatabaseError(
                "TARGET_MISMATCH", f"the table {table.name} has no column {', '.join(missing)}; --mode replace makes it anew"
            )
        needed = [c.name for key, c in theirs.items() if c.required and key not in ours]
        if needed:
            raise DatabaseError(
                "TARGET_MISMATCH", f"the table {table.name} needs a value for {', '.join(needed)}, which the schema does not make"
            )

    # loading

    def _load_table(self, table: TablePlan) -> None:
        entry = self._entries[table.name]
        self._clock = time.monotonic()
        for batch in self.source.blocks(table.name, entry.next_row, table.rows):
            entry = self._load_block(table, entry, batch)

    def _load_block(self, table: TablePlan, entry: Entry, batch: pa.RecordBatch) -> Entry:
        key = table.primary_key if self.spec.mode == "upsert" else ()
        with self.database.transaction():
            size = self.database.size()
            self.database.insert(table.name, batch, [c.type for c in table.written], key)
            failpoint("loader.mid_block")
            now = time.monotonic()
            grown = max(self.database.size() - size, 0)
            entry = entry.after(self.spec.batch_rows, entry.next_row + batch.num_rows, grown, now - self._clock)
            self._ledger.advance(entry)
            failpoint("loader.before_commit")
        failpoint("loader.after_commit")
        self._entries[table.name], self._clock = entry, now
        self._pace.done += batch.num_rows
        self.say("checkpoint", {**self._place(), "table": table.name, "block": entry.block})
        if self._throttle.ready():
            self.say("progress", self._progress(table.name))
        return entry

    def _make_indexes(self) -> None:
        for table in self.plan.tables:
            entry, script = self._entries[table.name], self.statements.create_indexes(table)
            if entry.created and not entry.indexed and script:
                self.say("progress", self._progress(table.name, "indexes"))
                self._entries[table.name] = entry = replace(entry, indexed=1)
                with self.database.transaction():
                    self.database.run_script(script)
                    self._ledger.advance(entry)

    # the end

    def _complete(self) -> None:
        self.say("progress", self._progress("", "checking"))
        counts = {table.name: self._count(table.name) for table in self.plan.tables}
        broken = self._check_references()
        self.say("progress", self._progress("", ""))
        data = {
            "artifacts": [],
            "target": self.spec.target,
            "rows": self.plan.total_rows,
            "bytes": sum(e.bytes for e in self._entries.values()),
            "durationSeconds": round(time.monotonic() - self._began, 3),
            "tables": [self._summary(table, counts[table.name]) for table in self.plan.tables],
            "foreignKeys": broken,
        }
        self.say("complete", data)

    def _check_references(self) -> dict[str, Any]:
        """What the check found. Raises `DatabaseError` when the load broke references."""
        before, broken = self._entries[LOAD].rows_before, self._broken()
        if broken is None:
            return {"checked": False, "violations": 0}
        violations = sum(b.rows for b in broken)
        if before != UNCHECKED and violations > before:
            worst = "; ".join(f"{b.rows:,} rows of {b.table} refer to no row of {b.parent}" for b in broken[:5])
            raise DatabaseError("FOREIGN_KEYS_BROKEN", f"all rows are in, but {worst}")
        return {"checked": True, "violations": violations}

    def _broken(self) -> list[Broken] | None:
        try:
            return self.database.broken_references()
        except DatabaseError as error:
            self.say("log", {"level": "warning", "stream": "loader", "text": f"references cannot be checked: {error}"})
            return None

    def _count(self, table: str) -> int:
        return int(self.database.query(f"SELECT count(*) FROM {self.statements.quoted(table)}")[0][0])  # noqa: S608 - quoted

    def _summary(self, table: TablePlan, count: int) -> dict[str, Any]:
        entry = self._entries[table.name]
        rate = round(table.rows / entry.seconds, 1) if entry.seconds else 0.0
        return {
            "name": table.name, "rows": table.rows, "bytes": entry.bytes, "rowsPerSecond": rate,
            "rowsBefore": entry.rows_before, "rowsInTable": count,
        }  # fmt: skip

    def _done(self) -> int:
        return sum(e.next_row for e in self._entries.values())

    def _place(self) -> dict[str, Any]:
        """How far the load is durable."""
        return {"rows": self._done(), "bytes": sum(e.bytes for e in self._entries.values())}

    def _progress(self, table: str, phase: str | None = None) -> dict[str, Any]:
        data = self._pace.progress(table, sum(e.bytes for e in self._entries.values()))
        return data if phase is None else {**data, "phase": phase}

    @property
    def checkpoint(self) -> dict[str, Any]:
        """How far the load is durable, as a shutdown tells it."""
        return self._place()

    @property
    def totals(self) -> dict[str, Any]:
        """The data of the init event."""
        tables = {t.name: t.rows for t in self.plan.tables}
        totals = {"rows": self.plan.total_rows, "files": 0, "tables": tables}
        return {"kind": self.spec.kind, "specDigest": self.plan.digest, "unit": "rows", "totals": totals}
