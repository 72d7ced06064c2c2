"""Hosts of each kind for tests, and a look at what is really there, past the code under test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pydantic import SecretStr

from services.common.settings import Registry, Settings
from tests.servers import MariaDb, Postgres

KINDS = ("postgresql", "mysql", "sqlite")
_QUOTES = {"postgresql": '"', "mysql": "`", "sqlite": '"'}
_SYSTEM = re.compile(r"postgres|template[01]|mysql|information_schema|performance_schema|sys|test_[0-9a-f]{32}\w*|store .*")


@dataclass(frozen=True)
class Place:
    """A place for databases: its settings, and direct ways to see and make databases there."""

    kind: str
    settings: Settings
    names: Callable[[], set[str]]
    """All databases that did not come with the server."""
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


def postgres_place(server: Postgres, folder: Path, **more: float) -> Place:
    url = server._url("postgres")

    def ask(sql: str, database: str = "postgres") -> list[tuple[str, ...]]:
        with psycopg.connect(server._url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    return Place(
        "postgresql",
        _settings(folder, url.rpartition("/")[0] + "/", more),
        lambda: {name for (name,) in ask("SELECT datname FROM pg_database") if not _SYSTEM.fullmatch(name)},
        lambda sql, database: ask(sql, database),
        lambda name: ask(f'CREATE DATABASE "{name}"'),
    )


def mysql_place(server: MariaDb, folder: Path, **more: float) -> Place:
    def names() -> set[str]:
        return {name for name in server.run("SHOW DATABASES").decode().split() if not _SYSTEM.fullmatch(name)}

    url = f"mysql://mockcraft:secret@127.0.0.1:{server.port}/"
    return Place(
        "mysql", _settings(folder, url, more), names, lambda sql, database: server.run(sql, database),
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


def _settings(folder: Path, url: str, more: dict[str, float]) -> Settings:
    return Settings(data_dir=folder, registry=Registry(databases_url=SecretStr(url), **more))
