"""Verification by regeneration: a target's tables beside what the plan says they hold. Nothing is written.

Rows are found by their primary key, which is computed again; tables without one are compared by their digests. Each
block is read at its own moment: rows that others change meanwhile are seen before or after, and later attempts begin anew.
What lives how long: a block until it is compared; the findings, of bounded size, until the complete event.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pyarrow as pa

from runner.pace import Pace
from runner.plan import TablePlan
from runner.protocol import Throttle
from services.common.databases import DatabaseError, Entry, Mark, Target
from services.common.databases.digest import Digest, digest
from services.seeder.comparison import Difference, compare, steps, whole
from services.seeder.damage import Damage, documents
from services.seeder.lanes import SECOND, Range
from services.seeder.load import Load
from services.seeder.mending import MendTarget

GONE: Final = "the table is gone"
OTHERS: Final = "it has no primary key and holds rows of others: its rows cannot be told from those"


class Check(Load):
    """Compares. `run` once; it raises what goes wrong."""

    def __post_init__(self) -> None:
        own, opened = Mark(self.spec.job_id, self.spec.job_id, self.spec.attempt), self.opened
        self.missing: frozenset[str] = frozenset()
        self.writing = False

        def ready() -> Target:
            target = opened()
            assert isinstance(target, MendTarget)
            target.begin(self.spec.load, own if self.writing else None, self.missing)
            return target

        self.opened: Callable[[], Target] = ready
        super().__post_init__()
        self.mark = own

    def run(self) -> None:
        """Compare all tables and say what was found."""
        self._begin()
        found = self.look()
        self.conclude(found)

    # what there should be

    def _begin(self) -> None:
        self.began = time.monotonic()
        self._steadily(self._read_ledger)
        self.throttle = Throttle()
        self.say("start", {"attempt": self.spec.attempt, "resumeFrom": None, "total": self._total})

    def _read_ledger(self, target: Target) -> None:
        """How many rows the job has made, where it was a job; of a schema all are wanted."""
        assert isinstance(target, MendTarget)
        entries = target.entries()
        if self.spec.of and not entries:
            raise DatabaseError(
                "NOTHING_TO_VERIFY", "the target holds no checkpoints of this job: it made no rows there, or was cleaned"
            )
        unfinished = [e.table for e in entries.values() if e.lane == SECOND and e.next_row < self.plan.table(e.table).rows]
        if unfinished:
            message = f"the second pass over {', '.join(unfinished)} is not done; resume the job first"
            raise DatabaseError("NOTHING_TO_VERIFY", message)
        lost = [t.name for t in self.tables if not t.stored and entries.get((t.name, 0), Entry("")).rows_before]
        if lost and self.spec.mode == "append":
            message = f"the job added to rows of {', '.join(lost)}, and what it knew of these is gone with its work folder"
            raise DatabaseError("PLAN_LOST", message)
        self.account.entries = entries

    def ranges(self, table: TablePlan) -> list[Range]:
        """The rows that must be there."""
        if not self.account.entries:
            return [Range(0, 0, table.rows)]
        return [Range(at.lane, at.start, self.account.entry(table, at.lane).next_row) for at in self.account.ranges(table)]

    def _wanted(self, table: TablePlan) -> int:
        return sum(at.stop - at.start for at in self.ranges(table))

    @property
    def _total(self) -> int:
        return sum(self._wanted(table) for table in self.tables)

    def _before(self, table: TablePlan) -> int:
        """Rows that were there before the job, which an upsert may have overwritten."""
        entry = self.account.entries.get((table.name, 0), Entry(table.name))
        return 0 if self.spec.mode == "upsert" else entry.rows_before

    # looking

    def look(self) -> dict[str, Damage]:
        """What is damaged, by table."""
        self._pace = Pace(0, self._total)
        found = {table.name: Damage(table) for table in self.tables}
        for table in self.tables:
            damage = found[table.name]
            damage.rows_before = self._before(table)
            self._look_at(table, damage)
        self.say("progress", {**self._pace.progress("", 0), "phase": ""})
        return found

    def _look_at(self, table: TablePlan, damage: Damage) -> None:
        if not self._there(table):
            damage.problem, damage.missing, damage.compared = GONE, self._wanted(table), "none"
            return
        if table.primary_key:
            for at in self.ranges(table):
                self.over(table, at.start, at.stop, partial(self._compare, damage))
        else:
            self._steadily(partial(self._digests, table=table, damage=damage))
        self._steadily(partial(self._count, damage=damage))

    def _there(self, table: TablePlan) -> bool:
        there = list[bool]()
        self._steadily(lambda target: there.append(target.there(table)) if isinstance(target, MendTarget) else None)
        return there[-1]

    def over(self, table: TablePlan, start: int, stop: int, action: Callable[[MendTarget, pa.RecordBatch, int], None]) -> None:
        """Do something with rows [start, stop), part by part; a part once more where the connection is lost meanwhile."""
        while start < stop:
            try:
                for batch in self.source.blocks(table.name, start, stop):
                    for at, part in steps(batch):
                        self._do(action, part, start + at)
                    start += batch.num_rows
                    self._paced(table, batch.num_rows)
            except DatabaseError as error:
                self._main.again(error)

    def _do(self, action: Callable[[MendTarget, pa.RecordBatch, int], None], part: pa.RecordBatch, row: int) -> None:
        while True:
            target = self._main.target
            assert isinstance(target, MendTarget)
            try:
                action(target, part, row)
                self._main.works()
                return
            except DatabaseError as error:
                self._main.again(error)

    def _paced(self, table: TablePlan, rows: int) -> None:
        self._pace.done = min(self._pace.done + rows, self._pace.total)
        if self.throttle.ready():
            self.say("progress", self._pace.progress(table.name, 0))

    def _compare(self, damage: Damage, target: MendTarget, part: pa.RecordBatch, row: int) -> None:
        damage.note(part, row, self.difference(target, damage.table, part))

    def difference(self, target: MendTarget, table: TablePlan, part: pa.RecordBatch) -> Difference:
        """What differs among some rows."""
        return compare(target.database, table, part)

    def _count(self, target: Target, damage: Damage) -> None:
        damage.rows_in_table = target.count(damage.table)
        if damage.compared == "rows":
            damage.extra = max(0, damage.rows_in_table - damage.rows_before - (damage.rows - damage.missing))

    # tables without a key

    def _digests(self, target: Target, table: TablePlan, damage: Damage) -> None:
        assert isinstance(target, MendTarget)
        count = target.count(table)
        damage.compared, wanted = "digest", self._wanted(table)
        if damage.rows_before or count > wanted:
            damage.compared, damage.problem = "none", OTHERS if damage.rows_before else f"it holds {count:,} rows, not {wanted:,}"
            damage.extra = max(0, count - damage.rows_before - wanted)
            return
        types = [c.type for c in table.written]
        live = digest(target.read(table, [c.name for c in table.written]), types)
        damage.rows, damage.missing = wanted, wanted - live.rows
        if not damage.missing and live != self._made(table) and live != self._made(table, target):
            damage.problem = f"the digest of its rows is {live}, which is not that of the rows that were made"

    def _made(self, table: TablePlan, target: MendTarget | None = None) -> Digest:
        """The digest of the rows that must be there, or of what the table makes of them."""
        types, found = [c.type for c in table.written], Digest()
        for part in self._parts(table):
            kept = part if target is None else whole(target.database.kept(table.name, part, types), part.schema)
            found += digest([kept], types)
        return found

    def _parts(self, table: TablePlan) -> Iterator[pa.RecordBatch]:
        for at in self.ranges(table):
            for batch in self.source.blocks(table.name, at.start, at.stop):
                yield from (part for _, part in steps(batch))
                self._paced(table, batch.num_rows)

    # the end

    def conclude(self, found: dict[str, Damage], **more: Any) -> None:
        """Say what was found. Raises `DatabaseError` when nothing was compared."""
        rows = sum(d.rows for d in found.values())
        if self._total and not rows and all(d.compared == "none" and d.problem != GONE for d in found.values()):
            raise DatabaseError(
                "NOTHING_COMPARED",
                "no table could be compared: " + "; ".join(f"{n}: {d.problem}" for n, d in found.items())[:1000],
            )
        extra, seconds = sum(d.extra for d in found.values()), time.monotonic() - self.began
        self.say(
            "complete",
            {
                "artifacts": [], "target": self.spec.target, "verified": self.spec.of or "schema",
                "equal": all(d.equal for d in found.values()) and not (self.spec.exact and extra),
                "rows": rows, "durationSeconds": round(seconds, 3), "rowsPerSecond": round(rows / max(seconds, 1e-9), 1),
                "missing": sum(d.missing for d in found.values()), "changed": sum(d.changed for d in found.values()),
                "extra": extra, "exact": self.spec.exact, "tables": documents(found), **more,
            },
        )  # fmt: skip

    def give_up(self) -> None:
        """Nothing was taken off."""
