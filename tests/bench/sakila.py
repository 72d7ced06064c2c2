"""The Sakila schema of three databases at a million rows: `init`, then `seed` with no edit, then the database is asked itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.floors import Floor, show, shown
from tests.bench.runs import folder
from tests.integration.databases.filled_sakila import (
    SERVERS,
    Filled,
    Place,
    defined,
    fill,
    mariadb_place,
    postgres_place,
    sqlite_place,
    violators,
)
from tests.integration.databases.sakila_facts import by_hand
from tests.servers import run_mariadb, run_postgres


def sakila_floors(rows: int = 1_000_000) -> Iterator[Floor]:
    """Each database in turn, on a server of its own."""
    for server in SERVERS:
        with ExitStack() as stack:
            home = stack.enter_context(folder(None))
            yield from _floors(_place(server, stack, home), home, rows)


def _place(server: str, stack: ExitStack, home: Path) -> Place:
    if server == "postgresql":
        return postgres_place(stack.enter_context(run_postgres()))
    return mariadb_place(stack.enter_context(run_mariadb())) if server == "mariadb" else sqlite_place(home)


def _floors(place: Place, home: Path, rows: int) -> Iterator[Floor]:
    name = place.server
    before = defined(place)
    filled = fill(place, home, str(rows))
    yield _times(name, filled)
    there = sum(t["rowsInTable"] for t in filled.complete["tables"])
    yield Floor(f"{name}: rows in the tables", f"{rows:,}", f"{there:,}", there == rows)
    yield _sound(place, f"{name}: constraints, keys, enums, triggers and counters that do not hold")
    yield Floor(f"{name}: tables, constraints and triggers", "as before", *_same(before, defined(place)))
    yield _by_hand(place)
    yield _sound(place, f"{name}: the same after rows were added by hand")


def _times(name: str, filled: Filled) -> Floor:
    rate = filled.complete["rows"] / filled.complete["durationSeconds"]
    loading = f"load {filled.complete['durationSeconds']:.1f} s ({rate:,.0f} rows/s)"
    return shown(
        f"{name}: how long it took", f"init {filled.init_seconds:.1f} s, seed {filled.seed_seconds:.1f} s, of which {loading}"
    )


def _sound(place: Place, what: str) -> Floor:
    found = violators(place)
    wrong = [f"{name}: {number:,}" for name, number in found.items() if number]
    return Floor(what, f"0 of {len(found)}", "; ".join(wrong[:5]) or "0", not wrong)


def _same(before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> tuple[str, bool]:
    apart = [str(row[:3]) for row in {*before} ^ {*after}]
    return "; ".join(apart[:5]) or f"as before ({len(after)})", not apart


def _by_hand(place: Place) -> Floor:
    """One more row in each table as a person would add it."""
    refused, tried = [], 0
    with place.asking() as ask:
        for table, statement in by_hand(place.server):
            tried += 1
            try:
                ask(statement)
            except Exception as error:  # each driver has its own
                refused.append(f"{table}: {error}")
    return Floor(f"{place.server}: rows added by hand, one a table", f"{tried}", "; ".join(refused) or f"{tried}", not refused)


if __name__ == "__main__":
    raise SystemExit(not show(sakila_floors(), "Sakila"))
