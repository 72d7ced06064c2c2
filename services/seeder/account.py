"""How far a load is, and what it says of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from runner.pace import Pace
from runner.plan import TablePlan
from runner.protocol import EventType, Throttle
from services.common.databases import Entry
from services.seeder.lanes import SECOND, Range, cut

MOST_TABLES: Final = 100
"""Tables that an error event names; its line has a bound."""


class Account:
    """The entries of a load as this process knows them. Thread-safe."""

    def __init__(
        self, tables: Sequence[TablePlan], rows: int, say: Callable[[EventType, Mapping[str, Any]], None], batch_rows: int
    ) -> None:
        self._tables, self._rows, self._say, self._batch_rows = tables, rows, say, batch_rows
        self._total = sum(t.rows for t in tables)  # others are in documents of these
        self.entries: dict[tuple[str, int], Entry] = {}
        self._lock, self._throttle = threading.RLock(), Throttle()
        self._began = time.monotonic()
        self._pace = Pace(0, self._total)
        self._paces: dict[str, Pace] = {}

    def begin(self, entries: dict[tuple[str, int], Entry]) -> None:
        """These entries were found or made."""
        self.entries = entries
        self._pace = Pace(self.rows, self._total)

    def begin_table(self, table: TablePlan) -> None:
        """Rows of a table are loaded from now on: its rate counts from here."""
        self._paces[table.name] = Pace(self.rows_of(table), table.rows)

    def entry(self, table: TablePlan, lane: int) -> Entry:
        """The entry of a lane."""
        return self.entries[table.name, lane]

    def ranges(self, table: TablePlan) -> tuple[Range, ...]:
        """The lanes of a table."""
        lanes = sum(name == table.name and lane < SECOND for name, lane in self.entries)
        return cut(table.rows, self._batch_rows, lanes)

    def rows_of(self, table: TablePlan) -> int:
        """Rows of a table that are in."""
        return sum(self.entry(table, at.lane).next_row - at.start for at in self.ranges(table))

    @property
    def rows(self) -> int:
        """Rows that are in."""
        return sum(self.rows_of(table) for table in self._tables) if self.entries else 0

    @property
    def bytes(self) -> int:
        """Bytes that were sent."""
        return sum(e.bytes for e in self.entries.values())

    def settle(self, entry: Entry) -> None:
        """An entry is as the ledger says."""
        with self._lock:
            self.entries[entry.table, entry.lane] = entry
            self._pace.done = self.rows

    def advance(self, table: TablePlan, entry: Entry) -> None:
        """A block is in: say so."""
        with self._lock:
            self.settle(entry)
            self._say("checkpoint", {**self.place, "table": table.name, "block": entry.block})
            if self._throttle.ready():
                self._say("progress", self._progress(table))

    def _progress(self, table: TablePlan) -> dict[str, Any]:
        pace = self._paces[table.name]
        pace.done = self.rows_of(table)
        own = pace.progress(table.name, 0)
        kept = ("current", "total", "rate", "etaSeconds")
        return {**self._pace.progress(table.name, self.bytes), "tableProgress": {key: own[key] for key in kept}}

    def say_start(self, attempt: int, resumed: bool) -> None:
        """The start event."""
        place = self.place if resumed else None
        self._say("start", {"attempt": attempt, "resumeFrom": place, "total": self._total})

    def say_phase(self, table: str, phase: str) -> None:
        """A progress event between blocks; the phase "" is the end."""
        self._say("progress", {**self._pace.progress(table, self.bytes), "phase": phase})

    @property
    def place(self) -> dict[str, Any]:
        """How far the load is durable, as events tell it."""
        return {"rows": self.rows, "bytes": self.bytes}

    @property
    def unfinished(self) -> dict[str, Any]:
        """Which rows are in, for a load that failed: by table its lanes as [first row, next row, end]."""
        if not self.entries:
            return {}
        lanes = {
            t.name: [[at.start, self.entry(t, at.lane).next_row, at.stop] for at in self.ranges(t)]
            for t in self._tables
            if self.rows_of(t) < t.rows
        }
        return {"checkpoint": self.place, "unfinished": dict(list(lanes.items())[:MOST_TABLES])}

    @property
    def before(self) -> dict[str, int]:
        """By table, rows that were there before the load and stay."""
        return {table.name: self.entry(table, 0).rows_before for table in self._tables}

    def summary(self, counts: Mapping[str, int], extra: Mapping[str, int]) -> dict[str, Any]:
        """What the complete event says of the rows; `extra` are those that nobody expected."""
        seconds = time.monotonic() - self._began
        return {
            "rows": self._rows,
            "bytes": self.bytes,
            "durationSeconds": round(seconds, 3),
            "rowsPerSecond": round((self._pace.done - self._pace.first) / max(seconds, 1e-9), 1),
            "tables": [self._table(table, counts[table.name], extra.get(table.name, 0)) for table in self._tables],
        }

    def _table(self, table: TablePlan, count: int, extra: int) -> dict[str, Any]:
        entries = [self.entry(table, at.lane) for at in self.ranges(table)]
        seconds = max(e.seconds for e in entries)
        rate = round(table.rows / seconds, 1) if seconds else 0.0
        return {
            "name": table.name, "rows": table.rows, "bytes": sum(e.bytes for e in entries), "rowsPerSecond": rate,
            "rowsBefore": entries[0].rows_before, "rowsInTable": count,
            **({"extra": extra} if extra else {}),
        }  # fmt: skip
