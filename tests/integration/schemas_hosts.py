"""Hosts of each kind for tests, and a look at what is really there, past the code under test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from services.common.settings import Registry, Settings
from tests.servers import MariaDb, Postgres

KINDS = ("postgresql", "mysql", "sqlite")
_QUOTES = {"postgresql": '"', "mysql": "`", "sqlite": '"'}
_OTHERS = re.compile(r"test_[0-9a-f]{32}\w*|store .*")
"""Databases that a test makes without a place."""


@dataclass(frozen=True)
class Place:
    """A place for databases: its settings, and direct ways to see and make databases there."""

    kind: str
    settings: Settings
    names: Callable[[], set[str]]
    """All databases that were not yet on the server when this was made, other tests' included."""
    run: Callable[[str, str], object]
    """A statement in a database."""
    make: Callable[[str], object]
    """A database of somebody else's."""

    @property
    def statements(self) -> tuple[str, ...]:
        """Two tables and a key."""
        q = _QUOTES[self.kind]
        return (
            f"CREATE TABLE {q}owners{q} ({q}id{q} INTEGER PRIMARY KEY, {q}a name{q} VARCHAR(40) NOT NULL)",
            f"CREATE TABLE {q}pets{q} ({q}id{q} INTEGER PRIMARY KEY, {q}owner_id{q} INTEGER NOT NULL,"
            f" FOREIGN KEY ({q}owner_id{q}) REFERENCES {q}owners{q} ({q}id{q}))",
        )


@contextmanager
def open_place(request: pytest.FixtureRequest, kind: str, folder: Path, own: str = "", **more: float) -> Iterator[Place]:
    """A place on the server of the fixture named `own` + "postgres" or "mariadb"; what was made there is dropped afterwards."""
    match kind:
        case "postgresql":
            place, system, quote = postgres_place(request.getfixturevalue(f"{own}postgres"), folder, **more), "postgres", '"'
        case "mysql":
            place, system, quote = mysql_place(request.getfixturevalue(f"{own}mariadb"), folder, **more), "mysql", "`"
        case _:
            yield sqlite_place(folder, **more)
            return
    yield place
    for name in place.names():
        place.run(f"DROP DATABASE {quote}{name}{quote}", system)


def postgres_place(server: Postgres, folder: Path, **more: float) -> Place:
    url = server._url("postgres")

    def ask(sql: str, database: str = "postgres") -> list[tuple[str, ...]]:
        with psycopg.connect(server._url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def databases() -> set[str]:
        return {name for (name,) in ask("SELECT datname FROM pg_database")}

    return Place(
        "postgresql", _settings(folder, url.rpartition("/")[0] + "/", more), _new(databases),
        lambda sql, database: ask(sql, database), lambda name: ask(f'CREATE DATABASE "{name}"'),
    )  # fmt: skip


def mysql_place(server: MariaDb, folder: Path, **more: float) -> Place:
    def databases() -> set[str]:
        return set(server.run("SHOW DATABASES").decode().splitlines())

    url = f"mysql://mockcraft:secret@127.0.0.1:{server.port}/"
    return Place(
        "mysql", _settings(folder, url, more), _new(databases), lambda sql, database: server.run(sql, database),
        lambda name: server.run(f"CREATE DATABASE `{name}`"),
    )  # fmt: skip


def sqlite_place(folder: Path, **more: float) -> Place:
    import sqlite3

    place = folder / "databases"

    def run(sql: str, name: str) -> None:
        connection = sqlite3.connect(place / f"{name}.db")
        with connection:
            connection.execute(sql)
        connection.close()

    def make(name: str) -> None:
        place.mkdir(parents=True, exist_ok=True)
        run("CREATE TABLE theirs (id int)", name)

    return Place("sqlite", _settings(folder, "", more), lambda: {path.name for path in place.glob("*")}, run, make)


def shown(place: Place, *names: str) -> set[str]:
    """What `place.names` gives when there are just these databases."""
    return {f"{name}.db" for name in names} if place.kind == "sqlite" else set(names)


def _new(databases: Callable[[], set[str]]) -> Callable[[], set[str]]:
    """Those of them that come later, but for what tests make without a place."""
    before = databases()
    return lambda: {name for name in databases() - before if not _OTHERS.fullmatch(name)}


def _settings(folder: Path, url: str, more: dict[str, float]) -> Settings:
    return Settings(data_dir=folder, registry=Registry(databases_url=SecretStr(url), **more))
