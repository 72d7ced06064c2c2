"""A process that creates the database of a schema: `python -m tests.integration.schemas_child SETTINGS.json NAME [ID]`.

With the name `drop` it drops it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
from pydantic import SecretStr

from services.common.errors import MockcraftError
from services.common.settings import Registry, Settings
from services.schemas.creating import Creator
from services.schemas.drawing import Column, Definition, Drawing, ForeignKey, Table
from services.schemas.hosting import open_host
from services.schemas.neighbours import RemoteNeighbours
from services.schemas.service import SchemaService
from services.schemas.store import NOBODY, Record, SchemaStore

DEFINITION = Definition(
    Drawing(
        (
            Table(
                "o",
                "owners",
                (Column("o.id", "id", "integer", nullable=False, primary_key=True), Column("o.n", "name", "varchar", length=40)),
            ),
            Table(
                "p",
                "pets",
                (
                    Column("p.id", "id", "integer", nullable=False, primary_key=True),
                    Column("p.o", "owner_id", "integer", nullable=False),
                ),
            ),
        ),
        (ForeignKey("k", "p", ("p.o",), "o", ("o.id",)),),
    ),
    "1.0",
)


UNMARKED = "MOCKCRAFT_TEST_WITHOUT_COMMENTS"


def without_comments(patch: Callable[[str, object], None]) -> None:
    """Take every server for a MySQL, whose databases have no comments."""
    patch("services.schemas.hosting.mysql._mariadb", lambda server: False)


def written(settings: Settings) -> bytes:
    """The settings that a child needs."""
    registry = settings.registry
    return orjson.dumps({
        "data_dir": str(settings.data_dir),
        "schemas_url": settings.schemas_url.get_secret_value(),
        "registry": {**registry.model_dump(), "databases_url": registry.databases_url.get_secret_value()},
    })  # fmt: skip


def read(file: Path) -> Settings:
    """What `written` wrote."""
    value = orjson.loads(file.read_bytes())
    registry = value["registry"]
    registry = Registry(**{**registry, "databases_url": SecretStr(registry["databases_url"])})
    return Settings(data_dir=Path(value["data_dir"]), schemas_url=SecretStr(value["schemas_url"]), registry=registry)


def dropped(settings: Settings, schema: str) -> str:
    """Drop the database of a schema."""
    service = SchemaService(settings, RemoteNeighbours(settings))
    return asyncio.run(service.drop_database(schema)).status


def main(file: str, name: str, schema: str = "") -> str:
    """Create, and say what the schema is then."""
    if os.environ.get(UNMARKED):
        from services.schemas.hosting import mysql

        without_comments(lambda _, value: setattr(mysql, "_mariadb", value))
    settings = read(Path(file))
    store = SchemaStore(settings.schemas_store_url)
    creator = Creator(open_host(settings), store, settings)
    try:
        if name == "drop":
            return dropped(settings, schema)
        if schema:
            record = creator.begin(store.get(schema), NOBODY)
        else:
            record = creator.named(Record(name, DEFINITION, status="creating"), NOBODY)
        return creator.build(record).status
    except MockcraftError as error:
        return error.code


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
