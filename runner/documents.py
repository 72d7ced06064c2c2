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
from runner.stored import StoredError


def members(plan: Plan, table: str) -> tuple[TablePlan, ...]:
    """The tables embedded in a table, in load order."""
    return tuple(t for t in plan.tables if t.embed and t.layout is not None and t.layout.parent == table)


def edges(plan: Plan, child: TablePlan, first: int, last: int) -> I64:
    """Where the children of each new parent row of [first, last) begin, and where those of the last one end.

    Raises `StoredError` where the parents go on from stored rows and pass over some.
    """
    assert child.layout is not None, f"{child.name} has no layout"
    rows, parent = np.arange(first, last + 1, dtype=np.int64), plan.table(child.layout.parent)
    if parent.stored is None or child.stored is None:
        return start(child.layout, rows)
    if _passes_over(plan, parent):
        message = f"rows of {child.name} stand within those of {parent.name}, of which some would repeat values that are there"
        raise StoredError(message, "TARGET_CONFLICT")
    return start(child.layout, rows + parent.stored.first) - child.stored.first


def _passes_over(plan: Plan, table: TablePlan) -> bool:
    """Whether a table, or the one that its rows belong to, passes over rows."""
    while table.layout is not None:
        table = plan.table(table.layout.parent)
    return table.stored is not None and bool(table.stored.skips)


def rows_within(plan: Plan, table: str, first: int, last: int) -> int:
    """How many embedded rows the rows [first, last) hold, at all depths."""
    total = 0
    for child in members(plan, table):
        ends = edges(plan, child, first, last)
        low, high = int(ends[0]), int(ends[-1])
        total += high - low + rows_within(plan, child.name, low, high)
    return total


def rows_of_document(plan: Plan, table: TablePlan) -> Fraction:
    """How many rows a row of the table is on average, itself and all within it."""
    below = sum((rows_of_document(plan, child) * child.rows for child in members(plan, table.name)), Fraction(0))
    return 1 + below / max(table.rows, 1)
