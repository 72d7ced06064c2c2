"""PostgreSQL: the users table generated and loaded, beside `psql \\copy` of the same rows from a ready CSV file.

`python -m tests.bench.seed_postgres [rows] [rounds]`; both fill equal tables of one private server in turn.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psycopg
import pyarrow as pa
import pyarrow.csv as pcsv

from runner.engine import Engine
from runner.formats.ddl import create_table_sql
from runner.plan import Plan
from runner.schema import check
from runner.vectors import plain
from services.common.databases import Rules, check_target, connect
from services.common.databases.postgresql import binary
from services.common.databases.postgresql.database import PostgresDatabase
from services.common.databases.postgresql.tables import known
from tests.bench.floors import Floor, at_most, shown
from tests.bench.runs import HERE
from tests.servers import run_postgres

ROWS, BLOCK, ROUNDS = 2_000_000, 131_072, 3
LANES = {"one": 1, "two": 2}


def users(rows: int) -> Plan:
    """The users table of that many rows."""
    checked = check((HERE / "users.yaml").read_text(), rows={"users": str(rows)})
    assert checked.plan is not None, checked.findings
    return checked.plan


def opened(url: str) -> PostgresDatabase:
    """A connection of the adapter."""
    database = connect(check_target(url, Rules(Path("/"))))
    assert isinstance(database, PostgresDatabase)
    return database


def emptied(url: str, plan: Plan) -> None:
    """The table anew, the server at rest."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS users")
        connection.execute(create_table_sql(plan.tables[0], "postgresql", plan, late_uniques=True))
        connection.execute("CHECKPOINT")


def write_csv(plan: Plan, path: Path) -> None:
    """All rows as the file that psql copies."""
    engine = Engine(plan, BLOCK)
    table = plan.tables[0]
    options = pcsv.WriteOptions(include_header=False)
    with path.open("wb") as file:
        for batch in engine.batches(table.name, 0, table.rows):
            arrays = [plain(array) for array in batch.columns]
            pcsv.write_csv(pa.RecordBatch.from_arrays(arrays, names=batch.schema.names), file, options)


def by_psql(url: str, path: Path) -> float:
    """Seconds of the whole psql command."""
    began = time.perf_counter()
    subprocess.run(["psql", "-q", "-X", "-c", f"\\copy users from '{path}' csv", url], check=True)
    return time.perf_counter() - began


def by_us(url: str, plan: Plan, lanes: int) -> float:
    """Seconds of generating and loading: one thread generates, each lane commits a block at a time."""
    table = plan.tables[0]
    types = [c.type for c in table.written]
    blocks: queue.Queue[pa.RecordBatch | None] = queue.Queue(2)

    def load() -> None:
        database = opened(url)
        while (block := blocks.get()) is not None:
            with database.transaction():
                database.insert(table.name, block, types)
        database.close()

    threads = [threading.Thread(target=load) for _ in range(lanes)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for block in Engine(plan, BLOCK).batches(table.name, 0, table.rows):
        blocks.put(block)
    for _ in threads:
        blocks.put(None)
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def rendering(url: str, plan: Plan) -> float:
    """Nanoseconds a row of rendering, the best of some blocks."""
    table, engine = plan.tables[0], Engine(plan, BLOCK)
    database = opened(url)
    to = [c.type for c in known(database.query, table.name).columns]
    database.close()
    block, types = engine.batch(table.name, 0, min(BLOCK, table.rows)), [c.type for c in table.written]
    best: float = float("inf")
    for _ in range(7):
        began = time.perf_counter()
        binary.rendered(block.columns, types, to, block.num_rows)
        best = min(best, time.perf_counter() - began)
    return float(best / block.num_rows * 1e9)


def counted(url: str) -> int:
    """Rows of the table."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    assert row is not None
    return int(row[0])


def floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Our time against psql's, the medians of rounds taken in turn."""
    plan = users(rows)
    pa.set_cpu_count(1)
    times: dict[str, list[float]] = {"psql": [], "one": [], "two": []}
    with run_postgres() as server, tempfile.TemporaryDirectory() as folder:
        url, path = server.database(), Path(folder) / "users.csv"
        write_csv(plan, path)
        for name in list(times) * rounds:
            emptied(url, plan)
            times[name].append(by_psql(url, path) if name == "psql" else by_us(url, plan, LANES[name]))
            assert counted(url) == rows
        nanoseconds = rendering(url, plan)
    psql, one, two = (median(times[name]) for name in ("psql", "one", "two"))
    yield shown(f"psql \\copy of {rows:,} ready rows", f"{psql:.2f} s")
    yield shown("generated and loaded on one connection", f"{one:.2f} s")
    yield shown("generated and loaded on two connections", f"{two:.2f} s")
    yield shown("rendering COPY BINARY", f"{nanoseconds:.0f} ns a row")
    yield at_most("PostgreSQL: generating and loading against psql", min(one, two) / psql, 1.0, "times")


def main() -> None:
    """Print the figures."""
    rows, rounds = (int(text) for text in (*sys.argv[1:3], *(str(ROWS), str(ROUNDS))[len(sys.argv[1:3]) :]))
    for floor in floors(rows, rounds):
        print(f"{floor.what}: {floor.figure}")


if __name__ == "__main__":
    main()
