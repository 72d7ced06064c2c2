"""What a test may have left on a server that all tests of a session share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.common.databases import _dump_postgresql
from tests.servers import MariaDb, Postgres

Scratches = Callable[[], list[str]]
"""The names of the scratch databases that came since the test began."""


def _since_now(names: Scratches) -> Scratches:
    before = set(names())
    return lambda: [name for name in names() if name not in before]


@pytest.fixture
def mariadb_scratches(mariadb: MariaDb) -> Scratches:
    def names() -> list[str]:
        return [name for name in mariadb.run("SHOW DATABASES").decode().split() if name.startswith("mockcraft_scratch_")]

    return _since_now(names)


@pytest.fixture
def postgres_scratches(postgres: Postgres) -> Scratches:
    import psycopg

    def names() -> list[str]:
        with psycopg.connect(postgres._url("postgres")) as connection:
            found = connection.execute("SELECT datname FROM pg_database").fetchall()
        return [name for (name,) in found if name.startswith(_dump_postgresql.SCRATCH)]

    return _since_now(names)
