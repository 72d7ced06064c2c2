"""Databases of drawings in servers, over REST: created, filled, told of, dropped; and servers that refuse or are away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.common.settings import Registry
from tests.integration.registry_samples import clinic, draft
from tests.integration.stack import Stack, stack
from tests.integration.test_schemas_rest import BASE, call, made
from tests.servers import Postgres, free_port


@asynccontextmanager
async def registry(folder: Path, url: str, **fields: Any) -> AsyncIterator[Stack]:
    async with stack(folder, registry=Registry(databases_url=url, **fields)) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture(params=["postgresql", "mysql"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stack]:
    url = request.getfixturevalue({"postgresql": "postgres_url", "mysql": "mariadb_url"}[request.param])
    async with registry(tmp_path, url) as running:
        yield running


async def test_from_a_drawing_to_rows_in_a_server(server: Stack) -> None:
    name = f"clinic of {server.data.name}"
    schema = await made(server, clinic(name))
    assert schema["status"] == "ready"
    job = (await call(server, "POST", f"/{schema['id']}/seed", json={"rows": {"patients": 200, "visits": 700}}))[1]
    ended = await server.reaches(job["id"], "SUCCEEDED", "FAILED")
    assert ended["state"] == "SUCCEEDED", ended
    _, facts = await call(server, "GET", f"/{schema['id']}/database")
    assert (facts["exists"], facts["rows"], facts["drift"]) == (True, 900, []), facts
    assert {table["name"]: table["rows"] for table in facts["tables"]} == {"patients": 200, "visits": 700}
    _, sql = await call(server, "GET", f"/{schema['id']}/sql")
    assert sql["dialect"] == facts["dialect"]
    assert (await call(server, "POST", f"/{schema['id']}/database", json={}))[1]["code"] == "DATABASE_NOT_EMPTY"
    assert (await call(server, "POST", f"/{schema['id']}/database", json={"force": True}))[1]["status"] == "ready"
    assert (await call(server, "DELETE", f"/{schema['id']}?dropDatabase=true"))[0] == 200
    _, listed = await call(server, "GET", "/api/v1/databases")
    assert listed["databases"] == []


async def test_what_this_server_alone_refuses_is_found_before_anything_is_made(mariadb_url: str, tmp_path: Path) -> None:
    """A row of MySQL has 65,535 bytes; elsewhere such a table is fine."""
    columns = [{"name": f"c{number}", "dataType": "VARCHAR", "length": 9000} for number in range(3)]
    key = {"name": "id", "dataType": "INT", "primaryKey": True}
    drawing = {"name": "wide", "tables": [{"name": "t", "columns": [key, *columns]}]}
    async with registry(tmp_path, mariadb_url) as server:
        status, body = await call(server, "POST", json=drawing)
        assert (status, body["code"]) == (400, "VALIDATION_ERROR")
        assert body["findings"][0]["path"].startswith("/tables/0"), body
        assert (await call(server, "GET", ""))[1]["total"] == 0
        kept = (await call(server, "POST", json={**drawing, "createDatabase": False}))[1]
        assert kept["status"] == "draft"
        status, body = await call(server, "POST", f"/{kept['id']}/database", json={})
        assert (status, body["code"]) == (400, "VALIDATION_ERROR")
        assert (await call(server, "GET", f"/{kept['id']}"))[1]["status"] == "draft"


async def test_a_server_that_refuses_leaves_a_schema_that_says_why(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database()
    nobody = f"nobody_{url.rpartition('/')[2]}"  # roles are the server's, which other tests use too
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {nobody} LOGIN PASSWORD 'canary'".encode())
    async with registry(tmp_path, url.replace("mockcraft:secret", f"{nobody}:canary")) as server:
        status, body = await call(server, "POST", json=clinic())
        assert (status, body["code"]) == (502, "DATABASE_CREATION_FAILED") and "canary" not in str(body)
        _, listed = await call(server, "GET", "?status=failed")
        assert [(each["name"], bool(each["error"])) for each in listed["schemas"]] == [("clinic", True)]
        again = await call(server, "POST", f"/{listed['schemas'][0]['id']}/database", json={})
        assert (again[0], again[1]["code"]) == (502, "DATABASE_CREATION_FAILED")
        async with server.client.get("/metrics") as answer:
            assert "mockcraft_schemas_failed_total 2.0" in await answer.text()


async def test_while_the_server_is_away_drawings_are_kept(tmp_path: Path) -> None:
    async with registry(tmp_path, f"postgresql://u:canary@127.0.0.1:{free_port()}/db") as server:
        status, body = await call(server, "POST", json=clinic())
        assert (status, body["code"]) == (503, "DATABASE_ERROR") and "canary" not in str(body)
        schema = await made(server, draft())
        assert (await call(server, "GET", f"/{schema['id']}/sql"))[1]["dialect"] == "postgresql"
        assert (await call(server, "GET", f"/{schema['id']}/preview"))[0] == 200
        status, body = await call(server, "POST", f"/{schema['id']}/database", json={})
        assert (status, body["code"]) in [(503, "DATABASE_ERROR"), (502, "DATABASE_CREATION_FAILED")]
        async with server.client.get("/metrics") as answer:
            assert 'mockcraft_schemas_database_up{database="databases"} 0.0' in (await answer.text()).splitlines()
        async with server.client.get(f"{BASE}/{schema['id']}/export?format=sql") as answer:
            assert answer.status == 200
