"""What the measurements of targets without SQL share: the users table, and a load of it in this process."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from runner.engine import Engine
from runner.plan import Plan
from runner.schema import check
from services.common.databases import Entry, Mark, Rules, Target, check_target, connect
from services.seeder.blocks import LocalBlocks
from tests.bench.runs import HERE

BLOCK = 65_536


def users(rows: int) -> Plan:
    """The plan of the users table with so many rows."""
    checked = check((HERE / "users.yaml").read_text(), rows={"users": str(rows)})
    assert checked.plan is not None, checked.findings
    return checked.plan


def load(url: str, plan: Plan) -> tuple[float, float]:
    """Generate and load the plan's one table as a loader does, blocks made in a thread; seconds on the clock and of CPU."""
    pa.set_cpu_count(1)
    began, worked = time.perf_counter(), time.process_time()
    target: Any = connect(check_target(url, Rules(Path.cwd())))
    source = LocalBlocks(lambda: Engine(plan, BLOCK), threading.Event())
    try:
        _blocks(target, plan, source)
    finally:
        source.close()
        target.close()
    return time.perf_counter() - began, time.process_time() - worked


def _blocks(target: Target, plan: Plan, source: LocalBlocks) -> None:
    (table,) = plan.tables
    mark = Mark("load", "seed", 1)
    target.claim(mark)
    entry = target.prepare(mark, plan, "append", [Entry(table.name)])[table.name, 0]
    for batch in source.blocks(table.name, 0, table.rows):
        first = entry.next_row
        entry = entry.after(BLOCK, first + batch.num_rows, 0, 0.0)
        target.load_block(mark, table, batch, first, entry, "append")
    assert target.count(table) == table.rows
