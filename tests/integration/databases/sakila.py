"""The Sakila sample database, loaded from its own DDL into a server of its own (licence: tests/data/sakila/LICENSE.txt)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.servers import MariaDb

FOLDER = Path(__file__).parents[2] / "data" / "sakila"
_ROLE = "DO $$ BEGIN CREATE ROLE postgres; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


def ddl(dialect: str) -> str:
    """The file of `postgres`, `mysql` or `sqlite`."""
    return (FOLDER / f"{dialect}-schema.sql").read_text(encoding="utf-8")


def load_postgres(url: str) -> None:
    """Make Sakila in the empty database of a URL. Its owner is the role `postgres`, which is made."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_ROLE)
        connection.execute(ddl("postgres").encode())


def load_mariadb(server: MariaDb, database: str) -> None:
    """Make Sakila in an empty database of a server; the file would make one called `sakila`."""
    lines = [line for line in ddl("mysql").splitlines() if not line.startswith(("DROP SCHEMA", "CREATE SCHEMA", "USE sakila"))]
    server.run("\n".join(lines).replace("sakila.", f"{database}."), database)


def load_sqlite(path: Path) -> None:
    """Make Sakila in a new file."""
    connection = sqlite3.connect(path)
    connection.executescript(ddl("sqlite"))
    connection.close()
