"""Whether a table holds what it must when its rows are in: counts are compared, not only told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.plan import TablePlan
from services.common.databases import DatabaseError


def surplus(tables: Sequence[TablePlan], before: Mapping[str, int], counts: Mapping[str, int], mode: str) -> dict[str, int]:
    """By table, rows that neither were there nor are ours; only tables that hold such.

    Raises `DatabaseError` (ROWS_LOST) when a table holds too few: fewer than before and ours together, or, when rows
    with the same key were overwritten, fewer than keys were written.
    """
    lost = [_missing(t, before[t.name], counts[t.name], mode) for t in tables if counts[t.name] < _least(t, before[t.name], mode)]
    if lost:
        why = "a trigger drops or moves them, somebody deleted them, or a crash of the server emptied an unlogged table"
        raise DatabaseError("ROWS_LOST", f"{'; '.join(lost[:5])}: {why}; mode truncate loads them anew")
    extra = {t.name: counts[t.name] - before[t.name] - t.rows for t in tables}
    return {name: rows for name, rows in extra.items() if rows > 0}


def _least(table: TablePlan, before: int, mode: str) -> int:
    return table.rows if mode == "upsert" and table.primary_key else before + table.rows


def _missing(table: TablePlan, before: int, count: int, mode: str) -> str:
    least = _least(table, before, mode)
    return f"{table.name} holds {count:,} rows instead of {least:,} ({before:,} before the load, {table.rows:,} loaded)"


def warnings(extra: Mapping[str, int]) -> list[str]:
    """What to say of rows that nobody expected."""
    return [f"{name} holds {rows:,} rows too many: others wrote, or a trigger did" for name, rows in extra.items()]
