"""Tables whose rows stand within their parent's: who is in whom, and which rows belong to which.

The children of consecutive parent rows are one range of rows (`runner.layout`), so any rows of the
parent find theirs without a look at the others.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from runner.draws import I64
from runner.layout import start
from runner.plan import Plan, TablePlan


def members(plan: Plan, table: str) -> tuple[TablePlan, ...]:
    """The tables embedded in a table, in load order."""
    return tuple(t for t in plan.tables if t.embed and t.layout is not None and t.layout.parent == table)


def edges(child: TablePlan, first: int, last: int) -> I64:
    """Where the children of each parent row of [first, last) begin, and where those of the last one end."""
    assert child.layout is not None, f"{child.name} has no layout"
    return start(child.layout, np.arange(first, last + 1, dtype=np.int64))


def rows_within(plan: Plan, table: str, first: int, last: int) -> int:
    """How many embedded rows the rows [first, last) hold, at all depths."""
    total = 0
    for child in members(plan, table):
        ends = edges(child, first, first) if first == last else edges(child, first, last)
        low, high = int(ends[0]), int(ends[-1])
        total += high - low + rows_within(plan, child.name, low, high)
    return total


def rows_of_document(plan: Plan, table: TablePlan) -> Fraction:
    """How many rows a row of the table is on average, itself and all within it."""
    below = sum((rows_of_document(plan, child) * child.rows for child in members(plan, table.name)), Fraction(0))
    return 1 + below / max(table.rows, 1)
