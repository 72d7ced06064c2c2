"""Sakila from its own DDL, filled by `mockcraft init` and `mockcraft seed`, with nothing between the two."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from services.common.databases import Rules, check_target
from services.common.databases.catalog import Catalog, introspect
from tests.integration.databases import sakila
from tests.integration.databases.sakila_facts import FACTS, Ask, Violators
from tests.servers import MariaDb, Postgres

SERVERS = ("postgresql", "mariadb", "sqlite")
_MOCKCRAFT = str(Path(sys.executable).with_name("mockcraft"))


@dataclass
class Place:
    """An empty Sakila: its URL, its server, and how a connection of our own to it is opened."""

    server: str
    url: str
    connect: Callable[[], Any]

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        """Questions in SQL over one connection of the server's own driver, each of them committed."""
        connection = self.connect()

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor = connection.cursor()
            try:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
            finally:
                cursor.close()

        try:
            yield ask
        finally:
            connection.close()

    def catalog(self) -> Catalog:
        """What our own introspection says of it."""
        return introspect(check_target(self.url, Rules(Path.cwd())))


def postgres_place(server: Postgres) -> Place:
    """An empty Sakila in a database of its own."""
    import psycopg

    url = server.database()
    sakila.load_postgres(url)
    return Place("postgresql", url, lambda: psycopg.connect(url, autocommit=True))


def mariadb_place(server: MariaDb) -> Place:
    """An empty Sakila in a database of its own."""
    import pymysql

    name = server.database()
    sakila.load_mariadb(server, name)

    def connect() -> Any:
        return pymysql.connect(
            host="127.0.0.1", port=server.port, user="mockcraft", password="secret", database=name, autocommit=True
        )

    return Place("mariadb", f"mariadb://mockcraft:secret@127.0.0.1:{server.port}/{name}", connect)


def sqlite_place(folder: Path) -> Place:
    """An empty Sakila in a file of its own."""
    file = folder / "sakila.db"
    sakila.load_sqlite(file)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    return Place("sqlite", f"sqlite:///{file}", connect)


@dataclass(frozen=True)
class Filled:
    """How it went: the YAML, the complete event, the seconds that both commands took."""

    text: str
    complete: dict[str, Any]
    init_seconds: float
    seed_seconds: float


def fill(place: Place, folder: Path, rows: str) -> Filled:
    """`init` and `seed`, each a process of its own."""
    schema = folder / "schema.yaml"
    began = time.monotonic()
    _run(folder, "init", "--db", place.url, "--total-rows", rows, "-o", str(schema))
    between = time.monotonic()
    told = _run(folder, "seed", "--config", str(schema), "--db", place.url, "--progress", "json")
    took = time.monotonic() - between
    complete = next(e for line in told.splitlines() if (e := orjson.loads(line))["type"] == "complete")
    return Filled(schema.read_text(), complete["data"], between - began, took)


def _run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "MOCKCRAFT_DATA_DIR": str(folder / "data")}
    done = subprocess.run([_MOCKCRAFT, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def violators(place: Place) -> Violators:
    """Everything that this Sakila demands, with the number of violators."""
    with place.asking() as ask:
        return FACTS[place.server][0](ask)


def defined(place: Place) -> list[tuple[Any, ...]]:
    """Everything that it is defined by."""
    with place.asking() as ask:
        return FACTS[place.server][1](ask)
