"""Loading databases with the real command, beside each database's own fastest way of loading the same rows from ready files.

`python -m tests.bench.seeding [postgresql mariadb sqlite redis mongodb memory]`. Our time is that of the load, from its
start event to its last one, generation, keys, checks and events included; what the whole command took is shown beside it.
Peers fill the same table, with the same keys. Not under real-time scheduling: servers inherit it and starve one another.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import psycopg

from runner.formats.ddl import create_table_sql, indexes_sql
from runner.plan import Plan
from runner.schema import check
from services.common.databases.sqlite import PRAGMAS
from tests.bench import seed_mariadb, seed_mongodb, seed_postgres, seed_redis
from tests.bench.floors import Floor, at_most, show, shown
from tests.bench.runs import HERE, MOCKCRAFT, Run, folder, run
from tests.servers import run_mariadb, run_postgres, run_redis

ROWS, ROUNDS = 2_000_000, 3
SCHEMA = HERE / "users.yaml"


def users(rows: int) -> Plan:
    """The plan of the users table with so many rows."""
    checked = check(SCHEMA.read_text(), rows={"users": str(rows)})
    assert checked.plan is not None, checked.findings
    return checked.plan


def seeded(url: str, rows: int, *flags: str, sample: bool = False) -> Run:
    """`mockcraft seed` of the users table into a database, to its end."""
    with folder(None) as home:
        command = ["env", f"MOCKCRAFT_DATA_DIR={home}", MOCKCRAFT, "seed", "--config", str(SCHEMA), "--rows", f"users={rows}"]
        done = run([*command, "--db", url, "--progress", "json", *flags], sample=sample)
    assert done.rows == rows
    return done


def side_by_side(
    name: str, ceiling: float, peer: str, theirs: Callable[[], float], ours: Callable[[], Run], rounds: int
) -> Iterator[Floor]:
    """The medians of rounds taken in turn."""
    pairs = [(theirs(), ours()) for _ in range(rounds)]
    them, us = median(t for t, _ in pairs), median(r.working for _, r in pairs)
    yield shown(f"{name}: {peer}", f"{them:.2f} s")
    yield shown(f"{name}: generated and loaded; whole command", f"{us:.2f} s; {median(r.seconds for _, r in pairs):.2f} s")
    yield at_most(f"{name}: loading beside {peer}", us / them, ceiling, "times")


def postgres_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Beside psql's own copy, into the table with its primary key."""
    plan = users(rows)
    with run_postgres() as server, folder(None) as home:
        seed_postgres.write_csv(plan, home / "users.csv")
        with psycopg.connect(server.database()) as connection:
            connection.execute("SELECT 1")

        def theirs() -> float:
            url = server.database()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(create_table_sql(plan.tables[0], "postgresql", plan))
                connection.execute("CHECKPOINT")
            return seed_postgres.by_psql(url, home / "users.csv")

        yield from side_by_side("PostgreSQL", 1.0, "psql \\copy", theirs, lambda: seeded(server.database(), rows), rounds)


def mariadb_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Beside LOAD DATA LOCAL INFILE of the server's own client, into the table with its primary key."""
    plan = users(rows)
    with run_mariadb() as server, folder(None) as home:
        seed_mariadb.ready_file(plan, home / "users.tsv")

        def theirs() -> float:
            return seed_mariadb.by_client(server, plan.tables[0], home / "users.tsv", seed_mariadb.fresh(server, plan))

        def ours() -> Run:
            return seeded(f"mysql://mockcraft:secret@127.0.0.1:{server.port}/{server.database()}", rows)

        yield from side_by_side("MariaDB", 1.2, "LOAD DATA LOCAL INFILE", theirs, ours, rounds)


def sqlite_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Beside `executemany` of ready tuples in one transaction with the same pragmas."""
    with folder(None) as home:
        ready, plan = _tuples(rows, home / "ready.db")

        def theirs() -> float:
            return _executemany(ready, plan, _fresh(home / "theirs.db"))

        yield from side_by_side(
            "SQLite", 0.8, "executemany", theirs, lambda: seeded(f"sqlite:///{_fresh(home / 'ours.db')}", rows), rounds
        )


def _fresh(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def _tuples(rows: int, path: Path) -> tuple[list[tuple[object, ...]], Plan]:
    """The rows as SQLite stores them."""
    seeded(f"sqlite:///{path}", rows)
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM users").fetchall(), users(rows)
    finally:
        connection.close()


def _executemany(ready: Sequence[tuple[object, ...]], plan: Plan, path: Path) -> float:
    table = plan.tables[0]
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(create_table_sql(table, "sqlite", plan))
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        places = ", ".join("?" * len(table.written))
        connection.executemany(f"INSERT INTO users VALUES ({places})", ready)
        connection.executescript(indexes_sql(table, "sqlite", plan) or ";")
        if connection.in_transaction:
            connection.execute("COMMIT")
        return time.perf_counter() - began
    finally:
        connection.close()


def redis_floors(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Floor]:
    """Beside redis-cli --pipe of a ready file of the same commands."""
    with run_redis() as server, folder(None) as home:
        seed_redis.write(users(rows), home / "ready")

        def theirs() -> float:
            seed_redis.empty(server)
            return seed_redis.piped(server, home / "ready")

        def ours() -> Run:
            seed_redis.empty(server)
            return seeded(server.url(), rows)

        yield from side_by_side("Redis", 1.5, "redis-cli --pipe", theirs, ours, rounds)


def memory_floors(small: int = 500_000, large: int = 5_000_000) -> Iterator[Floor]:
    """Largest PSS of the command and all it starts, without the servers."""
    with run_postgres() as server, folder(None) as home:
        urls: dict[str, Callable[[], str]] = {
            "PostgreSQL": server.database,
            "SQLite": lambda: f"sqlite:///{_fresh(home / 'shop.db')}",
        }
        for name, url in urls.items():
            few, many = (seeded(url(), rows, sample=True).memory for rows in (small, large))
            apart = (many / few - 1) * 100
            said = f"{few:,.0f} and {many:,.0f} MB, {apart:+.1f} %"
            yield Floor(f"{name}: peak PSS at {small:,} and {large:,} rows", "≤ +15 %", said, apart <= 15)


PARTS: dict[str, Callable[[], Iterator[Floor]]] = {
    "postgresql": postgres_floors,
    "mariadb": mariadb_floors,
    "sqlite": sqlite_floors,
    "redis": redis_floors,
    "mongodb": seed_mongodb.mongodb_floors,
    "memory": memory_floors,
}


def seeding_floors(parts: Sequence[str] = ()) -> Iterator[Floor]:
    """All of them, or some."""
    for part in parts or PARTS:
        yield from PARTS[part]()


if __name__ == "__main__":
    sys.exit(not show(seeding_floors(sys.argv[1:]), "seeding"))
