"""What a comparison has found in one table, in bounded space, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from runner.draws import I64
from runner.logical import json_value
from runner.plan import TablePlan
from services.seeder.comparison import Difference

MOST_RANGES: Final = 10
"""Ranges of damaged rows that are listed for a table."""
MOST_COLUMNS: Final = 20
"""Columns of changed cells that are listed for a table."""
MOST_DETAILED: Final = 15
"""Tables that are told with all of it; of the others there are the numbers."""
LONGEST_VALUE: Final = 120
"""Letters of a value that are shown."""


@dataclass
class Damage:
    """The damage of one table. Row numbers are from 0, as the plan counts them; ranges are [first, end)."""

    table: TablePlan
    compared: str = "rows"
    rows: int = 0
    missing: int = 0
    changed: int = 0
    extra: int = 0
    rows_before: int = 0
    rows_in_table: int = 0
    problem: str = ""
    cells: Counter[str] = field(default_factory=Counter)
    first: dict[str, Any] = field(default_factory=dict)
    ranges: list[list[int]] = field(default_factory=list)
    more_ranges: int = 0
    from_row: int = -1
    to_row: int = 0

    @property
    def equal(self) -> bool:
        """Whether all rows of ours are as they must be."""
        return not (self.missing or self.changed or self.problem)

    def note(self, expected: pa.RecordBatch, row: int, found: Difference) -> None:
        """Take note of what differs among rows that begin at number `row`."""
        self.rows += expected.num_rows
        damaged = found.damaged
        if not len(damaged):
            return
        self.missing += len(found.missing)
        self.changed += len(damaged) - len(found.missing)
        self.cells.update({name: len(rows) for name, rows in found.cells.items()})
        if not self.first:
            self.first = self._first(expected, row, found, int(damaged[0]))
            self.from_row = row + int(damaged[0])
        self.to_row = row + int(damaged[-1]) + 1
        self._extend(damaged + row)

    def _first(self, expected: pa.RecordBatch, row: int, found: Difference, at: int) -> dict[str, Any]:
        keys = {name: self._shown(name, expected.column(name)[at].as_py()) for name in self.table.primary_key}
        place = {"row": row + at, "key": keys}
        column = next((c.name for c in self.table.written if at in found.cells.get(c.name, ())), None)
        if column is None:
            return {**place, "missing": True}
        ours, theirs = expected.column(column)[at].as_py(), found.value(column, at)
        return {**place, "column": column, "expected": self._shown(column, ours), "found": self._shown(column, theirs)}

    def _shown(self, column: str, value: Any) -> Any:
        shown = value if isinstance(value, str) else json_value(value)
        text = shown if isinstance(shown, str) else str(shown)
        return f"{text[:LONGEST_VALUE]}…" if len(text) > LONGEST_VALUE else shown

    def _extend(self, rows: I64) -> None:
        """Add rows (ascending, all behind those before) to the ranges."""
        edges = np.flatnonzero(np.diff(rows) > 1) + 1
        firsts, ends = rows[np.concatenate(([0], edges))], rows[np.concatenate((edges - 1, [len(rows) - 1]))] + 1
        start = 0
        if self.ranges and not self.more_ranges and self.ranges[-1][1] == firsts[0]:
            self.ranges[-1][1] = int(ends[0])
            start = 1
        room = max(0, MOST_RANGES - len(self.ranges))
        self.ranges += [[int(a), int(b)] for a, b in zip(firsts[start : start + room], ends[start : start + room], strict=True)]
        self.more_ranges += max(0, len(firsts) - start - room)

    def document(self, detailed: bool) -> dict[str, Any]:
        """What the complete event says of the table."""
        told: dict[str, Any] = {
            "name": self.table.name, "equal": self.equal, "compared": self.compared, "rows": self.rows,
            "missing": self.missing, "changed": self.changed, "extra": self.extra,
            "rowsBefore": self.rows_before, "rowsInTable": self.rows_in_table,
        }  # fmt: skip
        if detailed and not self.equal:
            columns = dict(self.cells.most_common(MOST_COLUMNS))
            told |= {"problem": self.problem, "first": self.first, "columns": columns, "ranges": self.ranges}
            told |= {"moreRanges": self.more_ranges}
        return told


def documents(found: Mapping[str, Damage]) -> list[dict[str, Any]]:
    """All tables; those that differ first of all in detail, as far as there is room."""
    detailed = [name for name, damage in found.items() if not damage.equal][:MOST_DETAILED]
    return [damage.document(name in detailed) for name, damage in found.items()]
