"""One load: a plan into a target, each block exactly once.

Block and checkpoint are one transaction, so whatever kills this process, the next one goes on
behind the last block that is in. Tables come in load order; indexes are made when the rows are in.
What lives how long: a block until its commit; the checkpoints in the target for good.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from runner.plan import Plan, TablePlan
from runner.protocol import EventType
from services.common.databases import DatabaseError, Entry, Mark, StaleAttemptError, Target
from services.common.jobs.process import Interrupted
from services.seeder.account import Account
from services.seeder.blocks import BlockSource
from services.seeder.counting import surplus, warnings
from services.seeder.finish import check, make_indexes
from services.seeder.lanes import SECOND, Connection, Range, cut, lanes_for
from services.seeder.spec import LoadSpec
from services.seeder.sql import SqlTarget

Say = Callable[[EventType, Mapping[str, Any]], None]
LEAVE_SECONDS = 10.0
"""How long other lanes may take to end when one fails."""


@dataclass
class Load:
    """Runs a spec against a target. `run` once; it raises what goes wrong."""

    spec: LoadSpec
    plan: Plan
    opened: Callable[[], Target]
    source: BlockSource
    say: Say
    interrupted: threading.Event

    def __post_init__(self) -> None:
        self.mark = Mark(self.spec.load, self.spec.job_id, self.spec.attempt)
        self._main = Connection(self.opened, self.mark, self.interrupted)
        self._others: list[Connection] = []
        self.batch_rows = self.spec.rows_a_batch(self._main.target.dialect)
        self.nested = self._main.target.nested
        self.tables = tuple(t for t in self.plan.tables if not (self.nested and t.embed))
        self._refuse_rows_within_none()
        self.account = Account(self.tables, self.plan.total_rows, self.say, self.batch_rows)

    def _refuse_rows_within_none(self) -> None:
        """Rows that stand within documents come with these: documents that are there take none."""
        for table in self.plan.tables if self.nested else ():
            if table.embed and table.rows and table.layout is not None and not self.plan.table(table.layout.parent).rows:
                parent = table.layout.parent
                message = (
                    f"{table.name} stands within the documents of {parent}, of which no new ones are made; load it without embed"
                )
                raise DatabaseError("TARGET_MISMATCH", message)

    def close(self) -> None:
        """Let go of all connections."""
        for connection in (self._main, *self._others):
            connection.close()

    def run(self) -> None:
        """Prepare, load, index, verify."""
        target = self._main.target
        found = target.claim(self.mark)
        self._put_others_back(target)
        resumed = bool(found)
        if not resumed and isinstance(target, SqlTarget):
            self._warn(target.concerns(self.spec.mode))
        self.account.begin(found or target.prepare(self.mark, self.plan, self.spec.mode, self._first(target.dialect)))
        self.account.say_start(self.spec.attempt, resumed)
        for table in self.tables:
            self._load_table(table)
        for table in self.tables:
            self._load_second(table)
        self._steadily(self._complete)

    def _first(self, dialect: str) -> list[Entry]:
        """The first entries of all lanes."""
        connections = self.spec.lanes(dialect)
        return [
            Entry(table.name, at.lane, at.start // self.batch_rows, at.start)
            for table in self.tables
            for at in cut(table.rows, self.batch_rows, lanes_for(table, connections, self.batch_rows))
        ]

    def _steadily(self, action: Callable[[Target], None]) -> None:
        """Something that may be done again when the connection is lost meanwhile."""
        while True:
            try:
                action(self._main.target)
                self._main.works()
                return
            except DatabaseError as error:
                self.account.entries = self._main.again(error)

    # rows

    def _load_table(self, table: TablePlan) -> None:
        self.account.begin_table(table)
        open_ = [at for at in self.account.ranges(table) if self.account.entry(table, at.lane).next_row < at.stop]
        if len(open_) == 1:
            self._load_range(self._main, table, open_[0], threading.Event())
        elif open_:
            self._side_by_side(table, open_)

    def _side_by_side(self, table: TablePlan, ranges: Sequence[Range]) -> None:
        """Ranges in threads. The first failure stops all of them and is raised."""
        stop, errors = threading.Event(), list[BaseException]()

        def work(connection: Connection, at: Range) -> None:
            try:
                self._load_range(connection, table, at, stop)
            except BaseException as error:  # raised again below
                errors.append(error)
                stop.set()

        while len(self._others) + 1 < len(ranges):
            self._others.append(Connection(self._opened_and_claimed, self.mark, self.interrupted))
        connections = (self._main, *self._others)
        threads = [
            threading.Thread(target=work, args=pair, name=f"lane-{pair[1].lane}", daemon=True)
            for pair in zip(connections, ranges, strict=False)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not stop.is_set():
                thread.join(0.2)
        for thread in threads:
            thread.join(LEAVE_SECONDS)
        if errors:
            raise next((e for e in errors if not isinstance(e, Interrupted)), errors[0])

    def _opened_and_claimed(self) -> Target:
        target = self.opened()
        target.claim(self.mark)
        return target

    def _load_second(self, table: TablePlan) -> None:
        """The second pass of a table that has one."""
        entry = self.account.entries.get((table.name, SECOND))
        if entry is not None and entry.next_row < table.rows:
            self.account.say_phase(table.name, "second pass")
            self._load_range(self._main, table, Range(SECOND, 0, table.rows), threading.Event())

    def _load_range(self, connection: Connection, table: TablePlan, at: Range, stop: threading.Event) -> None:
        entry = self.account.entry(table, at.lane)
        while True:
            try:
                clock = time.monotonic()
                for batch in self.source.blocks(table.name, entry.next_row, at.stop):
                    if stop.is_set():
                        return
                    entry = self._load_block(connection.target, table, entry, batch, clock)
                    connection.works()
                    clock = time.monotonic()
                return
            except DatabaseError as error:
                entry = connection.again(error)[table.name, at.lane]
                self.account.settle(entry)

    def _load_block(self, target: Target, table: TablePlan, entry: Entry, batch: pa.RecordBatch, clock: float) -> Entry:
        after = entry.after(self.batch_rows, entry.next_row + batch.num_rows, 0, time.monotonic() - clock)
        if entry.lane == SECOND:
            assert isinstance(target, SqlTarget)  # others have no second pass
            sent = target.load_second(self.mark, table, batch, entry.next_row, after)
        else:
            sent = target.load_block(self.mark, table, batch, entry.next_row, after, self.spec.mode)
        after = replace(after, bytes=after.bytes + sent, seconds=entry.seconds + time.monotonic() - clock)
        self.account.advance(table, after)
        return after

    # afterwards

    def _complete(self, target: Target) -> None:
        self.account.say_phase("", "counting")
        counts = {table.name: target.count(table) for table in self.tables}
        extra = surplus(self.tables, self.account.before, counts, self.spec.mode)
        self._warn(warnings(extra))
        make_indexes(target, self.mark, self.tables, self.account)
        self.account.say_phase("", "checking")
        found: dict[str, Any] = {}
        if isinstance(target, SqlTarget):
            found, doubts = check(target, self.mark, self.account)
            self._warn(doubts)
        self.account.say_phase("", "")
        self.say("complete", {"artifacts": [], "target": self.spec.target, **self.account.summary(counts, extra), **found})

    def _warn(self, warnings: Sequence[str]) -> None:
        for text in warnings:
            self.say("log", {"level": "warning", "stream": "loader", "text": text})

    def _put_others_back(self, target: Target) -> None:
        """What other loads took off these tables and never put back."""
        if isinstance(target, SqlTarget):
            self._warn(target.put_leftovers_back(self.mark))

    def give_up(self) -> None:
        """The load ends for good without its end: put back what it took off. Never raises."""
        try:
            target = self._main.target
            if isinstance(target, SqlTarget):
                self._warn(target.give_up(self.mark))
        except StaleAttemptError:
            return
        except DatabaseError as error:
            self._warn([f"constraints that were suspended could not be put back: {error}; the next load of these tables does it"])
