"""`mockcraft preview` deep in a table of a billion rows with relations and roll-ups, as a whole command."""

from __future__ import annotations

import json
import resource
import subprocess
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from tests.bench.floors import Floor, at_most, shown
from tests.bench.runs import HERE, MOCKCRAFT, ROOT

SCHEMA = HERE / "billion.yaml"
OFFSET = 999_999_999


def preview(table: str, offset: int, rows: int = 5) -> tuple[float, list[dict[str, Any]]]:
    """Seconds of a whole command, and its rows."""
    asked = ["--table", table, "--rows", str(rows), "--offset", str(offset), "--format", "json"]
    began = time.perf_counter()
    done = subprocess.run([MOCKCRAFT, "preview", str(SCHEMA), *asked], check=True, capture_output=True, cwd=ROOT)
    took = time.perf_counter() - began
    answer = json.loads(done.stdout)
    return took, answer["rows"] if isinstance(answer, dict) else answer


def preview_floors(rounds: int = 9) -> Iterator[Floor]:
    """The promise; medians, after one to warm the caches of the files."""
    for table, offset in (("orders", OFFSET), ("users", 199_999_990), ("lines", OFFSET)):
        preview(table, offset)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        times, rows = zip(*(preview(table, offset) for _ in range(rounds)), strict=True)
        yield at_most(f"preview {table} --offset {offset}", median(times), 1, "s", f" ({min(times):.2f} to {max(times):.2f})")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        yield shown(f"preview {table}: of it at work on a core", f"{worked / rounds:.2f} s")
        yield Floor(
            f"{table}: rows, the same each time", "5", str(len(rows[0])), len(rows[0]) == 5 and all(r == rows[0] for r in rows)
        )
    _, orders = preview("orders", OFFSET - 3, 7)
    yield shown("orders from there", ", ".join(str(order["id"]) for order in orders))
    user, order = orders[3]["user_id"], orders[3]["id"]
    _, (owner,) = preview("users", user - 1, 1)
    yield Floor(
        "its user has so many orders as the order says",
        str(orders[3]["of_all"]),
        str(owner["visits"]),
        owner["visits"] == orders[3]["of_all"],
    )
    yield shown("order and user", f"{order} of {user}")
