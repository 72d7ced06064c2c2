"""CPU time of loading MongoDB beside `insert_many` of ready documents: both as clients of the same server.

`python -m tests.bench.seed_mongodb [ROWS]`
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient

from runner.engine import Engine
from runner.plan import Plan
from tests.bench.floors import Floor, at_most, show, shown
from tests.bench.seed_documents import BLOCK, load, users
from tests.servers import run_mongodb

ROWS = 200_000
ROUNDS = 1
CEILING = 1.3


def mongodb_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Loads in turn with `insert_many`, CPU time of the client alone, generation included in ours."""
    plan = users(rows)
    ready = documents(plan)
    ours, theirs = [], []
    with run_mongodb() as server:
        for _ in range(rounds):
            theirs.append(inserted(server.database(), ready))
            ours.append(load(server.database(), plan)[1])
    yield shown("MongoDB, insert_many of ready documents", f"{median(theirs) / rows * 1e6:,.2f} µs CPU a row")
    yield shown("MongoDB, generate and load", f"{median(ours) / rows * 1e6:,.2f} µs CPU a row")
    yield at_most("MongoDB, CPU time beside insert_many", median(ours) / median(theirs), CEILING, "times")


def documents(plan: Plan) -> list[dict[str, Any]]:
    """Every row as a document; decimals as text, which every server keeps."""
    (table,) = plan.tables
    found = []
    for batch in Engine(plan, BLOCK).batches(table.name, 0, table.rows):
        for row in batch.to_pylist():
            found.append({"_id": row["id"], **row, "balance": str(row["balance"])})
    return found


def inserted(url: str, ready: list[dict[str, Any]]) -> float:
    """Seconds of CPU of one unordered `insert_many`."""
    parts = urlsplit(url)
    began = time.process_time()
    with MongoClient[dict[str, Any]](parts.hostname, parts.port) as client:
        client[parts.path.lstrip("/")].users.insert_many(ready, ordered=False)
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(not show(mongodb_floors(*map(int, sys.argv[1:])), "MongoDB"))
