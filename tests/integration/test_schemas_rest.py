"""The schema registry over REST: kept, changed, listed, created, filled, exported, imported, told of."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.common.settings import Auth
from tests.integration.registry_samples import changed, clinic, draft, under
from tests.integration.stack import Stack, stack

BASE = "/api/v1/schemas"
JSON = {"Content-Type": "application/json"}
OWN = {"id", "createdAt", "updatedAt"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path) as running:
        yield running


async def call(server: Stack, verb: str, path: str = "", **fields: Any) -> tuple[int, Any]:
    async with server.client.request(verb, path if path.startswith("/api") else BASE + path, **fields) as answer:
        text = await answer.read()
        return answer.status, json.loads(text) if answer.content_type.endswith("json") else text.decode()


async def made(server: Stack, schema: dict[str, Any]) -> dict[str, Any]:
    status, body = await call(server, "POST", json=schema)
    assert status == 201, body
    found: dict[str, Any] = body
    return found


def rows_of(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def database_of(server: Stack, schema: dict[str, Any]) -> Path:
    return server.data / "databases" / f"{schema['databaseName']}.db"


# one schema


async def test_from_a_drawing_to_a_database_and_away(server: Stack) -> None:
    answer = await server.client.post(BASE, json=clinic())
    schema = await answer.json()
    assert (answer.status, answer.headers["Location"]) == (201, f"{BASE}/{schema['id']}")
    assert answer.headers["ETag"] == f'"{schema["revision"]}"'
    assert (schema["name"], schema["status"], schema["databaseName"], schema["version"]) == ("clinic", "ready", "clinic", "1.0")
    assert [table["name"] for table in schema["tables"]] == ["patients", "visits"]
    assert schema["tables"][1]["columns"][3]["defaultValue"] == "0" and "length" not in schema["tables"][1]["columns"][3]
    assert schema["foreignKeys"][0]["onDelete"] == "CASCADE" and schema["foreignKeys"][0]["onUpdate"] == "NO ACTION"
    assert await call(server, "GET", f"/{schema['id']}") == (200, schema)
    tables = rows_of(
        database_of(server, schema), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    assert {name for (name,) in tables} >= {"patients", "visits"}
    status, gone = await call(server, "DELETE", f"/{schema['id']}?dropDatabase=true")
    assert (status, gone["status"]) == (200, "deleted")
    assert not database_of(server, schema).exists()
    assert (await call(server, "GET", f"/{schema['id']}"))[0] == 404
    assert (await made(server, draft()))["name"] == "clinic"


async def test_a_drawing_under_its_own_key_is_the_same(server: Stack) -> None:
    flat, nested = await made(server, draft("a")), await made(server, under(draft("b")))
    for each in (flat, nested):
        for key in (*OWN, "name", "databaseName"):
            each.pop(key)
    assert flat == nested and flat["status"] == "draft"


async def test_what_was_got_can_be_put_back(server: Stack) -> None:
    schema = await made(server, draft())
    status, again = await call(server, "PUT", f"/{schema['id']}", json=schema)
    assert status == 200
    assert {**again, "revision": 1, "updatedAt": schema["updatedAt"]} == schema


async def test_the_order_of_choices_comes_back(server: Stack) -> None:
    choice = {"gen": "choice", "values": {"zulu": 3, "alpha": 1, "mike": 2}}
    schema = await made(server, changed("/tables/0/columns/1/generator", choice))
    assert json.dumps(schema["tables"][0]["columns"][1]["generator"]) == json.dumps(choice)
    _, again = await call(server, "PUT", f"/{schema['id']}", json=schema)
    assert json.dumps(again["tables"]) == json.dumps(schema["tables"])
    named = changed("/tables/0/columns/1/generator", "full_name", draft("other"))
    assert (await made(server, named))["tables"][0]["columns"][1]["generator"] == {"type": "full_name"}


async def test_a_replacement_leaves_nothing_of_what_was(server: Stack) -> None:
    schema = await made(server, draft())
    _, other = await call(server, "PUT", f"/{schema['id']}", json={"name": "other", "tables": schema["tables"][:1]})
    assert (other["name"], other["description"], other["version"], len(other["tables"])) == ("other", "", "", 1)
    assert other["foreignKeys"] == [] and other["revision"] == schema["revision"] + 1


async def test_a_change_leaves_what_it_does_not_name(server: Stack) -> None:
    schema = await made(server, draft())
    path = f"/{schema['id']}"
    _, renamed = await call(server, "PATCH", path, json={"name": "hospital"})
    assert (renamed["name"], renamed["description"], renamed["tables"]) == ("hospital", "who came when", schema["tables"])
    _, described = await call(server, "PATCH", f"{path}?updateMask=description", json={"name": "x", "description": "y"})
    assert (described["name"], described["description"]) == ("hospital", "y")
    _, emptied = await call(server, "PATCH", f"{path}?updateMask=description,foreignKeys", json={})
    assert (emptied["description"], emptied["foreignKeys"], emptied["version"]) == ("", [], "1.0")
    tables = changed("/tables/0/columns/1/name", "name", schema)["tables"]
    _, drawn = await call(server, "PATCH", path, json={"schemaDefinition": {"tables": tables}})
    assert drawn["tables"][0]["columns"][1]["name"] == "name"
    assert drawn["revision"] == schema["revision"] + 4
    assert (await call(server, "PATCH", path, json={}))[1] == drawn


async def test_of_two_who_change_the_same_revision_one_wins(server: Stack) -> None:
    schema = await made(server, draft())
    headers = {"If-Match": f'"{schema["revision"]}"'}
    names = [f"name {n}" for n in range(8)]
    asked = [call(server, "PATCH", f"/{schema['id']}", json={"name": name}, headers=headers) for name in names]
    answers = await asyncio.gather(*asked)
    won = [body for status, body in answers if status == 200]
    assert len(won) == 1 and won[0]["revision"] == schema["revision"] + 1
    assert {(status, body["code"]) for status, body in answers if status != 200} == {(409, "REVISION_STALE")}
    assert (await call(server, "GET", f"/{schema['id']}"))[1] == won[0]
    for verb, more in (("PUT", {"json": draft()}), ("DELETE", {})):
        assert (await call(server, verb, f"/{schema['id']}", headers=headers, **more))[0] == 409
    assert (await call(server, "PUT", f"/{schema['id']}", json=draft(), headers={"If-Match": "*"}))[0] == 200


async def test_a_name_is_had_once(server: Stack) -> None:
    first = await made(server, draft())
    status, body = await call(server, "POST", json=draft("CLINIC"))
    assert (status, body["code"], body["findings"][0]["path"]) == (409, "DUPLICATE_NAME", "/name")
    other = await made(server, draft("other"))
    status, body = await call(server, "PATCH", f"/{other['id']}", json={"name": "clinic"})
    assert (status, body["code"]) == (409, "DUPLICATE_NAME")
    answers = await asyncio.gather(*(call(server, "POST", json=draft("race")) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [201, *[409] * 5]
    assert first["databaseName"] != other["databaseName"]


async def test_an_idempotency_key_is_one_schema(server: Stack) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await call(server, "POST", json=draft(), headers=headers)
    assert first[0] == 201 and await call(server, "POST", json=draft(), headers=headers) == first
    status, body = await call(server, "POST", json=draft("other"), headers=headers)
    assert (status, body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    text = {"data": b"CREATE TABLE a (id int primary key)", "headers": {**headers, "Content-Type": "application/sql"}}
    status, body = await call(server, "POST", "/import?name=a", **text)
    assert (status, body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    text["headers"]["Idempotency-Key"] = "k-2"  # type: ignore[index]
    imported = await call(server, "POST", "/import?name=a", **text)
    assert imported[0] == 201 and await call(server, "POST", "/import?name=a", **text) == imported
    full = await made(server, clinic("full"))
    jobs = [await call(server, "POST", f"/{full['id']}/seed", json={"totalRows": 50}, headers=headers) for _ in range(2)]
    assert jobs[0][0] == jobs[1][0] == 202 and jobs[0][1]["id"] == jobs[1][1]["id"]
    await server.reaches(jobs[0][1]["id"], "SUCCEEDED")


# lists


async def test_lists_page_both_ways(server: Stack) -> None:
    for n in range(7):
        await made(server, draft(f"schema {n}", description="odd" if n % 2 else "even"))
    names, token = [], ""
    while True:
        _, page = await call(server, "GET", "", params={"pageSize": 3, "pageToken": token, "sort": "name"})
        assert page["total"] == 7
        names.append([each["name"] for each in page["schemas"]])
        token = page["nextPageToken"]
        if not token:
            break
    assert [len(each) for each in names] == [3, 3, 1] and [each for page in names for each in page] == [
        f"schema {n}" for n in range(7)
    ]
    counted = [(await call(server, "GET", f"?page={n}&limit=3&sort=name"))[1] for n in (1, 2, 3, 4)]
    assert [[each["name"] for each in page["schemas"]] for page in counted] == [*names, []]
    _, found = await call(server, "GET", "?search=ODD&sort=-name&status=draft")
    assert [each["name"] for each in found["schemas"]] == ["schema 5", "schema 3", "schema 1"]
    assert {(each["tableCount"], each["columnCount"]) for each in found["schemas"]} == {(2, 7)}
    assert "tables" not in found["schemas"][0]
    assert (await call(server, "GET", "?status=ready"))[1] == {"schemas": [], "total": 0, "nextPageToken": ""}


# what is made of it


async def test_sql_in_four_dialects(server: Stack) -> None:
    schema = await made(server, draft())
    quotes = {"postgresql": '"patients"', "mysql": "`patients`", "sqlite": '"patients"', "sqlserver": "[patients]"}
    for dialect in quotes:
        status, body = await call(server, "GET", f"/{schema['id']}/sql?dialect={dialect}")
        assert (status, body["dialect"]) == (200, dialect)
        assert "patients" in body["sql"] and len(body["statements"]) >= 2
        assert all(not each.rstrip().endswith(";") for each in body["statements"])
    text = await call(server, "GET", f"/{schema['id']}/sql?dialect=sqlite", headers={"Accept": "text/plain"})
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(text[1])


async def test_versions_and_the_way_between_them(server: Stack) -> None:
    schema = await made(server, draft())
    tables = changed("/tables/0/columns/3", {"id": "c-born", "name": "born", "dataType": "date"}, schema)["tables"]
    await call(server, "PATCH", f"/{schema['id']}", json={"tables": tables, "version": "1.1"})
    _, found = await call(server, "GET", f"/{schema['id']}/versions")
    assert [(each["revision"], each["version"], each["columnCount"]) for each in found["versions"]] == [
        (2, "1.1", 8),
        (1, "1.0", 7),
    ]
    _, first = await call(server, "GET", f"/{schema['id']}/versions?pageSize=1")
    _, second = await call(
        server, "GET", f"/{schema['id']}/versions", params={"pageSize": 1, "pageToken": first["nextPageToken"]}
    )
    assert [first["versions"], second["versions"]] == [found["versions"][:1], found["versions"][1:]]
    status, way = await call(server, "GET", f"/{schema['id']}/migration?from=1&to=2&dialect=postgresql")
    assert status == 200 and (way["from"], way["to"], way["dialect"]) == (1, 2, "postgresql")
    assert "ALTER TABLE" in way["sql"] and "born" in way["sql"]
    assert (await call(server, "GET", f"/{schema['id']}/migration"))[1]["sql"]


async def test_exports_are_files_that_can_be_imported(server: Stack) -> None:
    schema = await made(server, draft())
    for format_, ending in (("json", "json"), ("yaml", "yaml"), ("dbml", "dbml"), ("sql", "sql")):
        async with server.client.get(f"{BASE}/{schema['id']}/export?format={format_}") as answer:
            text, name = await answer.read(), answer.content_disposition.filename
            assert answer.status == 200 and name.endswith(f".{ending}"), await answer.text()
            media = answer.headers["Content-Type"]
        status, again = await call(
            server, "POST", f"/import?name=from {format_}&format={format_}", data=text, headers={"Content-Type": media}
        )
        assert status == 201, again
        assert again["status"] == "draft"
        drawn = [[(c["name"], c["primaryKey"]) for c in t["columns"]] for t in again["tables"]]
        assert drawn == [[(c["name"], c["primaryKey"]) for c in t["columns"]] for t in schema["tables"]], format_
        assert len(again["foreignKeys"]) == 1
    for format_ in ("mockcraft", "mermaid"):
        assert (await call(server, "GET", f"/{schema['id']}/export?format={format_}"))[0] == 200


async def test_imports_without_a_name_get_one(server: Stack) -> None:
    text = {"data": b"CREATE TABLE a (id int primary key)", "headers": {"Content-Type": "application/sql"}}
    names = [(await call(server, "POST", "/import", **text))[1]["name"] for _ in range(3)]
    assert names == ["imported", "imported 2", "imported 3"]


async def test_a_database_that_is_there_is_imported(server: Stack, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "zoo.db")) as connection:
        connection.executescript("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    status, schema = await call(
        server, "POST", "/import", json={"url": "sqlite:///zoo.db", "name": "zoo", "createDatabase": True}
    )
    assert (status, schema["status"], schema["tables"][0]["name"]) == (201, "ready", "pets")
    assert database_of(server, schema).exists()


async def test_rows_are_shown_before_there_is_a_database(server: Stack) -> None:
    schema = await made(server, draft())
    status, body = await call(server, "GET", f"/{schema['id']}/preview?table=visits&rows=3")
    assert (status, body["table"], body["columns"]) == (200, "visits", ["id", "patient_id", "came_at", "fee"])
    assert [row["id"] for row in body["rows"]] == [1, 2, 3]
    assert (await call(server, "GET", f"/{schema['id']}/preview"))[1]["table"] == "patients"


async def test_a_database_is_filled_and_backed_up(server: Stack) -> None:
    schema = await made(server, clinic())
    asked = {"rows": {"patients": 300, "visits": "1K"}, "seed": 1}
    answer = await server.client.post(f"{BASE}/{schema['id']}/seed", json=asked)
    job = await answer.json()
    assert (answer.status, answer.headers["Location"], job["kind"]) == (202, f"/api/v1/jobs/{job['id']}", "seeding"), job
    ended = await server.reaches(job["id"], "SUCCEEDED", "FAILED")
    assert ended["state"] == "SUCCEEDED", ended
    path = database_of(server, schema)
    assert rows_of(path, "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM visits)") == [(300, 1000)]
    assert rows_of(path, "PRAGMA foreign_key_check") == []
    assert rows_of(path, "SELECT count(*), count(DISTINCT email) FROM patients WHERE email LIKE '%@%'")[0][0] > 200
    _, facts = await call(server, "GET", f"/{schema['id']}/database")
    assert (facts["exists"], facts["rows"], facts["drift"]) == (True, 1300, []) and facts["bytes"] > 4096
    assert {table["name"]: table["rows"] for table in facts["tables"]} == {"patients": 300, "visits": 1000}
    status, backup = await call(server, "POST", f"/{schema['id']}/backup", json={"verify": "RESTORED_CHECKSUMMED"})
    assert status == 202, backup
    kept = await server.reaches(backup["id"], "SUCCEEDED", "FAILED")
    assert kept["state"] == "SUCCEEDED", kept
    refused = await call(server, "POST", f"/{schema['id']}/database", json={})
    assert (refused[0], refused[1]["code"]) == (409, "DATABASE_NOT_EMPTY")
    status, anew = await call(server, "POST", f"/{schema['id']}/database", json={"force": True})
    assert (status, anew["status"]) == (200, "ready")
    assert rows_of(path, "SELECT count(*) FROM patients") == [(0,)]
    _, listed = await call(server, "GET", "/api/v1/databases")
    assert [(each["name"], each["schemaId"], each["exists"]) for each in listed["databases"]] == [("clinic", schema["id"], True)]
    status, dropped = await call(server, "DELETE", f"/{schema['id']}/database")
    assert (status, dropped["status"]) == (200, "draft")
    status, body = await call(server, "POST", f"/{schema['id']}/seed", json={})
    assert (status, body["code"]) == (409, "DATABASE_ABSENT")


async def test_a_database_that_was_changed_is_told_of(server: Stack) -> None:
    schema = await made(server, clinic())
    with closing(sqlite3.connect(database_of(server, schema))) as connection:
        connection.executescript("ALTER TABLE patients ADD COLUMN nickname TEXT")
    _, facts = await call(server, "GET", f"/{schema['id']}/database")
    assert any("nickname" in each for each in facts["drift"])


# around it


async def test_who_did_what_is_kept(tmp_path: Path) -> None:
    async with stack(tmp_path, auth=Auth(api_keys=("first key", "second key"))) as server:  # type: ignore[arg-type]
        headers = {"Authorization": "Bearer first key"}
        status, schema = await call(server, "POST", json=draft(), headers=headers)
        assert status == 201
        await call(server, "PATCH", f"/{schema['id']}", json={"name": "x"}, headers={"X-API-Key": "second key"})
        await call(server, "DELETE", f"/{schema['id']}", headers=headers)
        _, found = await call(server, "GET", f"/{schema['id']}/audit", headers=headers)
        actions = [(each["action"], each["actor"][:4], each["revision"]) for each in found["entries"]]
        assert actions == [("delete", "key:", 3), ("update", "key:", 2), ("create", "key:", 1)]
        assert found["entries"][0]["actor"] == found["entries"][2]["actor"] != found["entries"][1]["actor"]
        assert "first key" not in json.dumps(found)
        assert (await call(server, "GET", "/api/v1/audit?pageSize=2", headers=headers))[1]["entries"] == found["entries"][:2]
        assert (await call(server, "GET"))[0] == 401


async def test_metrics_tell_of_creations_and_health(server: Stack) -> None:
    await made(server, clinic())
    async with server.client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    assert "mockcraft_schemas_created_total 1.0" in lines and "mockcraft_schemas_failed_total 0.0" in lines
    assert 'mockcraft_schemas_database_up{database="store"} 1.0' in lines
    assert 'mockcraft_schemas_database_up{database="databases"} 1.0' in lines
    assert any(line.startswith('mockcraft_schemas_pool_connections{state="kept"}') for line in lines)


HOSTILE = [
    'a"; DROP TABLE patients; --',
    "it's",
    "back`tick",
    "br[ack]et",
    "select",
    "Größe",
    "表",
    "😀",
    "a.b",
    "per%cent",
    "new\nline",
    "back\\slash",
    "x" * 63,
    "$1",
    ":name",
    "?",
]

REFUSED = ("new\nline", "😀")
"""Names that one of the dialects does not take."""


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_are_names(server: Stack, name: str) -> None:
    schema = changed("/tables/0/name", name, clinic(f"of {name}"))
    schema = changed("/tables/0/columns/1/name", name, schema)
    status, body = await call(server, "POST", json=schema)
    if status == 400:
        assert {each["path"] for each in body["findings"]} <= {"/name", "/tables/0/name", "/tables/0/columns/1/name"}
        assert name in REFUSED, body
        return
    assert status == 201, body
    path = database_of(server, body)
    assert path.parent.name == "databases" and path.exists()
    columns = rows_of(path, f"SELECT name FROM pragma_table_info('{name.replace(chr(39), chr(39) * 2)}')")
    assert [each for (each,) in columns] == ["id", name, "email"]
    status, job = await call(server, "POST", f"/{body['id']}/seed", json={"rows": {name: 5}})
    assert status == 202, job
    assert (await server.reaches(job["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED", job
