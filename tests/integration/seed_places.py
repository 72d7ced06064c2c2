"""Databases of servers that loads are tried on, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from runner.engine import Engine
from runner.plan import Plan, TablePlan
from runner.types import Type
from services.common.databases import Database, connect
from services.common.databases.digest import Digest, digest
from services.seeder.sql import SqlTarget

SERVERS = ["postgres_url", "mariadb_url"]


@dataclass
class Place:
    """A database of its own."""

    url: str

    @property
    def dialect(self) -> str:
        return "postgresql" if self.url.startswith("postgres") else "mysql"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        database = self.open()
        try:
            return database.query(sql)
        finally:
            database.close()

    def run(self, *statements: str) -> None:
        database = self.open()
        try:
            for statement in statements:
                database.execute(statement)
        finally:
            database.close()

    def open(self) -> Database:
        found = connect(self.url)
        assert not hasattr(found, "load_block")
        return found

    def content(self, plan: Plan) -> dict[str, Digest]:
        target = SqlTarget(self.open(), plan)
        try:
            return {t.name: digest(target.read(t, [c.name for c in t.written]), types(t)) for t in plan.tables}
        finally:
            target.close()


def types(table: TablePlan) -> list[Type]:
    return [c.type for c in table.written]


def made(plan: Plan) -> dict[str, Digest]:
    """What the engine makes."""
    engine = Engine(plan)
    return {t.name: digest(engine.batches(t.name, 0, t.rows), types(t)) for t in plan.tables}


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest) -> Place:
    return Place(request.getfixturevalue(request.param))
