"""What follows when all rows are in: indexes, keys, what was off comes back, and everything is checked and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from runner.plan import TablePlan
from services.common.databases import Broken, DatabaseError, Entry, Mark, Target
from services.seeder.account import Account
from services.seeder.sql import INDEXED, LOAD, REFERRED, UNCHECKED, SqlTarget
from services.seeder.suspensions import Record

MOST_SEQUENCES: Final = 200
"""Sequences that the complete event lists; its line has a bound."""


def make_indexes(target: Target, mark: Mark, tables: Sequence[TablePlan], account: Account) -> None:
    """Indexes and uniques of the tables we made, then their foreign keys, each with its checkpoint."""
    for table in tables:
        _late(mark, table, account, INDEXED, target.index)
    if isinstance(target, SqlTarget):
        for table in tables:
            _late(mark, table, account, REFERRED, target.refer)


def _late(mark: Mark, table: TablePlan, account: Account, state: int, action: Callable[[Mark, TablePlan, Entry], None]) -> None:
    entry = account.entry(table, 0)
    if entry.created and entry.indexed < state:
        account.say_phase(table.name, "indexes")
        after = replace(entry, indexed=state)
        action(mark, table, after)
        account.settle(after)


def check(target: SqlTarget, mark: Mark, account: Account) -> tuple[dict[str, Any], list[str]]:
    """What was off is back, counters are moved, references hold: for the complete event, and warnings.

    Raises `DatabaseError` (FOREIGN_KEYS_BROKEN, CONSTRAINTS_BROKEN) when the load broke what it must keep.
    """
    restored = _restored(target, mark)
    unproven = target.prove(restored)
    counters = target.move_counters()
    references, warnings = _references(account.entries[LOAD, 0].rows_before, target.broken())
    found: dict[str, Any] = {"foreignKeys": references}
    if restored or unproven:
        found["constraints"] = {"restored": [f"{r.what.table}.{r.what.constraint}" for r in restored], "valid": not unproven}
    if counters:
        moved = [{"table": c.table, "column": c.column, "next": c.next} for c in counters]
        found["sequences"] = moved[:MOST_SEQUENCES]
    return found, [*unproven, *warnings]


def _restored(target: SqlTarget, mark: Mark) -> list[Record]:
    try:
        return target.restore(mark)
    except DatabaseError as error:
        if error.code not in ("TARGET_CONSTRAINT", "TARGET_CONFLICT"):
            raise
        raise DatabaseError("CONSTRAINTS_BROKEN", f"all rows are in, but they break a suspended constraint: {error}") from error


def _references(before: int, broken: list[Broken] | None) -> tuple[dict[str, Any], list[str]]:
    if broken is None:
        return {"checked": False, "violations": 0}, ["references cannot be checked in this database"]
    violations = sum(b.rows for b in broken)
    if before != UNCHECKED and violations > before:
        worst = "; ".join(f"{b.rows:,} rows of {b.table} refer to no row of {b.parent}" for b in broken[:5])
        raise DatabaseError("FOREIGN_KEYS_BROKEN", f"all rows are in, but {worst}")
    return {"checked": True, "violations": violations}, []
