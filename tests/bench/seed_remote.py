"""Blocks over gRPC into nothing: two generators, each pinned to a core, against one. `python -m tests.bench.seed_remote`.

The best of `ROUNDS` runs of each counts, taken in turn, so that a busy machine harms both alike.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from runner.plan import Plan
from runner.schema import check
from services.seeder.remote import RemoteBlocks
from tests.bench.floors import Floor, at_least, show, shown
from tests.integration.processes import generators

SCHEMA = Path(__file__).with_name("users.yaml")
ROWS = 1_000_000
ROUNDS = 3
TARGET = 1.4


def plan_of(rows: int) -> Plan:
    checked = check(SCHEMA.read_text(), rows={"users": str(rows)})
    assert checked.plan is not None, checked.findings
    return checked.plan


def rate(plan: Plan, addresses: list[str]) -> float:
    """Rows a second that come out of these generators and are thrown away."""
    source = RemoteBlocks(plan, addresses, "", threading.Event(), lambda: 65_536)
    began = time.perf_counter()
    rows: int = sum(batch.num_rows for batch in source.blocks("users", 0, plan.total_rows))
    seconds: float = time.perf_counter() - began
    source.close()
    assert rows == plan.total_rows
    return rows / seconds


def measure(rows: int = ROWS) -> tuple[float, float]:
    """Rows a second of one and of two generators."""
    plan, warm = plan_of(rows), plan_of(131_072)
    with tempfile.TemporaryDirectory() as folder, generators(Path(folder), (0, 1)) as both:
        addresses = [each.address for each in both]
        for address in addresses:
            rate(warm, [address])
        pairs = [(max(rate(plan, [address]) for address in addresses), rate(plan, addresses)) for _ in range(ROUNDS)]
    return max(one for one, _ in pairs), max(two for _, two in pairs)


def remote_floors(rows: int = ROWS) -> Iterator[Floor]:
    """Two generators beside one, each pinned to a core."""
    one, two = measure(rows)
    yield shown("blocks over gRPC into nothing: one generator, two", f"{one:,.0f} and {two:,.0f} rows/s")
    yield at_least("two generators beside one, each on its own core", two / one, TARGET)


if __name__ == "__main__":
    sys.exit(not show(remote_floors(*map(int, sys.argv[1:])), "generators"))
