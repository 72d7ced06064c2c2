"""Deleting exactly the rows that a job made: computed again, and deleted by their keys, last tables and rows first.

A block of deletions and the checkpoint, which then says that these rows are not in, are one transaction. Tables,
even those that the job made, stay. Rows that others added and that refer to ours stop the cleaning, or go with
ours where the database cascades.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pyarrow as pa

from runner.pace import Pace
from runner.plan import TablePlan
from runner.protocol import Throttle
from services.common.databases import DatabaseError, Entry, Target
from services.seeder.lanes import Range
from services.seeder.load import Load
from services.seeder.sql import SqlTarget


class Clean(Load):
    """Deletes what a load made. `run` once; it raises what goes wrong."""

    def run(self) -> None:
        """Delete, put back what was off, forget the checkpoints."""
        if self.spec.mode == "upsert":
            message = "rows that an upsert overwrote cannot be told from those it added; nothing was deleted"
            raise DatabaseError("CLEAN_REFUSED", message)
        entries = self._main.target.claim(self.mark)
        if not entries:
            message = "the target holds no checkpoints of this job: it made no rows there, or was cleaned already"
            raise DatabaseError("NOTHING_TO_CLEAN", message)
        self.account.begin(entries)
        self._total = self.account.rows
        self._pace, self._throttle, self._deleted = Pace(0, self._total), Throttle(), dict[str, int]()
        self.say("start", {"attempt": self.spec.attempt, "resumeFrom": None, "total": self._total})
        for table in reversed(self.tables):
            for at in reversed(self.account.ranges(table)):
                self._steadily(partial(self._delete_range, table=table, at=at))
            self._steadily(partial(_tidy, table=table))
        self._steadily(self._finish)

    def _delete_range(self, target: Target, table: TablePlan, at: Range) -> None:
        """The rows of a lane that are in, the last block first."""
        entry = self.account.entry(table, at.lane)
        while entry.next_row > at.start:
            first = max(at.start, (entry.next_row - 1) // self.batch_rows * self.batch_rows)
            after = replace(entry, next_row=first, block=first // self.batch_rows)
            for batch in self.source.blocks(table.name, first, entry.next_row):
                self._delete(target, table, batch, entry.next_row, after)
            self.account.settle(after)
            self._pace.done += entry.next_row - first
            entry = after
            if self._throttle.ready():
                self.say("progress", self._pace.progress(table.name, 0))

    def _delete(self, target: Target, table: TablePlan, batch: pa.RecordBatch, stop: int, after: Entry) -> None:
        if isinstance(target, SqlTarget):
            rows = target.delete_block(self.mark, table, batch, stop, after)
        else:
            rows = target.delete(table, batch)
        self._deleted[table.name] = self._deleted.get(table.name, 0) + rows

    def _finish(self, target: Target) -> None:
        if isinstance(target, SqlTarget):
            target.restore(self.mark)
        target.forget(self.spec.load)
        tables = [{"name": t.name, "rows": self._deleted.get(t.name, 0), "rowsInTable": target.count(t)} for t in self.tables]
        self.say("progress", {**self._pace.progress("", 0), "phase": ""})
        rows = sum(self._deleted.values())
        self.say(
            "complete", {"artifacts": [], "target": self.spec.target, "cleaned": self.spec.clean, "rows": rows, "tables": tables}
        )


def _tidy(target: Target, table: TablePlan) -> None:
    if isinstance(target, SqlTarget):
        target.tidy(table.name)
