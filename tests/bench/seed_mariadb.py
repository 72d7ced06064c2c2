"""MariaDB: the users table generated and loaded, beside its own client loading the same rows from a ready file.

Not under real-time scheduling (`chrt -f`): the server inherits it, and its spinning threads then starve each other.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from runner.engine import Engine
from runner.formats.ddl import create_table_sql
from runner.plan import Plan, TablePlan
from runner.schema import check
from services.common.databases import Rules, check_target
from services.common.databases.mysql import connect
from services.common.databases.mysql.columns import Field
from services.common.databases.mysql.rows import Rows, load_text
from services.seeder.blocks import LocalBlocks
from tests.bench.floors import Floor, at_most, show, shown
from tests.bench.runs import HERE, folder
from tests.servers import MariaDb, run_mariadb

BLOCK = 131_072


def users_plan(rows: int) -> Plan:
    """The users table with so many rows."""
    checked = check((HERE / "users.yaml").read_text(), rows={"users": rows})
    assert checked.plan is not None, checked.findings
    return checked.plan


def url_of(server: MariaDb, database: str) -> str:
    """The checked URL of a database."""
    return check_target(f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{database}", Rules(Path.cwd()))


def ready_file(plan: Plan, path: Path) -> None:
    """The rows as LOAD DATA reads them."""
    table = plan.tables[0]
    fields = [Field(c.name, "text", "text", required=False) for c in table.written]
    with path.open("wb") as file:
        for batch in Engine(plan, BLOCK).batches(table.name, 0, table.rows):
            for piece in load_text(Rows(batch, [c.type for c in table.written], fields)):
                file.write(piece)


def by_client(server: MariaDb, table: TablePlan, path: Path, database: str) -> float:
    """Seconds of the server's own client with a ready file."""
    columns = ", ".join(f"`{c.name}`" for c in table.written)
    sql = f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE `{table.name}` CHARACTER SET utf8mb4 ({columns})"
    where = [f"--port={server.port}", "--host=127.0.0.1", "--user=mockcraft", "--local-infile=1"]
    start = time.monotonic()
    subprocess.run(
        [server.client, "--no-defaults", *where, database, "-e", sql], check=True, env={**os.environ, "MYSQL_PWD": "secret"}
    )
    return time.monotonic() - start


def by_us(url: str, plan: Plan, lanes: int) -> float:
    """Seconds of generating and loading the same rows on so many connections, a transaction a block."""
    table, interrupted = plan.tables[0], threading.Event()
    start = time.monotonic()
    source = LocalBlocks(lambda: Engine(plan, BLOCK), interrupted)
    cuts = [table.rows * n // lanes // BLOCK * BLOCK for n in range(lanes)] + [table.rows]
    threads = [threading.Thread(target=_lane, args=(url, table, source, a, b)) for a, b in pairwise(cuts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - start


def _lane(url: str, table: TablePlan, source: LocalBlocks, first: int, last: int) -> None:
    database = connect(url)
    types = [c.type for c in table.written]
    for batch in source.blocks(table.name, first, last):
        with database.transaction():
            database.insert(table.name, batch, types)
    database.close()


def fresh(server: MariaDb, plan: Plan) -> str:
    """A database with the empty table."""
    name = server.database()
    server.run(create_table_sql(plan.tables[0], "mysql", plan), name)
    return name


def counted(server: MariaDb, plan: Plan, database: str) -> None:
    """All rows must be in; then the database goes."""
    found = server.run("SELECT COUNT(*) FROM users", database).strip()
    assert found == str(plan.tables[0].rows).encode(), found
    server.run(f"DROP DATABASE {database}")


def mariadb_floors(rows: int = 2_000_000, rounds: int = 3) -> Iterator[Floor]:
    """One and two connections beside the client, by turns, on one server."""
    plan = users_plan(rows)
    figures: dict[str, list[float]] = {"client": [], "one": [], "two": []}
    with run_mariadb() as server, folder(None) as home:
        ready_file(plan, home / "users.tsv")
        (home / "users.tsv").chmod(0o644)
        for turn in range(rounds):
            for name in sorted(figures, key=lambda name: (list(figures).index(name) + turn) % 3):  # nobody is always first
                took, database = figures[name], fresh(server, plan)
                if name == "client":
                    took.append(by_client(server, plan.tables[0], home / "users.tsv", database))
                else:
                    took.append(by_us(url_of(server, database), plan, 1 if name == "one" else 2))
                counted(server, plan, database)
    yield from judged(rows, figures)


def judged(rows: int, figures: dict[str, list[float]]) -> Iterator[Floor]:
    """The figures beside the promise."""
    client, one, two = (median(figures[name]) for name in ("client", "one", "two"))
    yield shown(
        f"MariaDB client, LOAD DATA LOCAL of a ready file, {rows:,} users", f"{client:.2f} s, {rows / client:,.0f} rows/s"
    )
    yield at_most("generate and load, one connection", one / client, 1.2, "times the client", f" ({one:.2f} s)")
    yield at_most("generate and load, two connections", two / client, 1.2, "times the client", f" ({two:.2f} s)")


if __name__ == "__main__":
    raise SystemExit(not show(mariadb_floors(), "seeding MariaDB"))
