"""Routes of the schema registry: entity tags, findings as pointers in its own codes, SQL as text, files, uploads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import orjson
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from mockcraft.generator.v1 import generator_pb2
from mockcraft.schemas.v1 import schemas_pb2 as pb
from mockcraft.schemas.v1 import schemas_pb2_grpc

from services.common.errors import FieldError, MockcraftError, invalid
from services.common.interceptors import interceptors
from services.common.settings import Settings
from services.gateway.app import build_app
from services.gateway.backends import Channels
from services.gateway.registry import wants_sql

BASE = "/api/v1/schemas"
JSON = {"Content-Type": "application/json"}


class Registry(schemas_pb2_grpc.SchemaServiceServicer):
    """Remembers requests; answers a schema of revision 3, or raises."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.failure: Exception | None = None

    def _took(self, request: Any) -> pb.Schema:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return pb.Schema(id="s-1", name="clinic", revision=3)

    async def CreateSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def GetSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def ReplaceSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def UpdateSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def DeleteSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def ImportSchema(self, request: Any, context: Any) -> pb.Schema:
        return self._took(request)

    async def CheckDrawing(self, request: Any, context: Any) -> pb.CheckResponse:
        self.requests.append(request)
        findings = [generator_pb2.Finding(path=f"/tables/{n}", code="VALIDATION_ERROR", message="m" * 90) for n in range(99)]
        return pb.CheckResponse(findings=findings)

    async def GetSchemaSql(self, request: Any, context: Any) -> pb.SchemaSql:
        return pb.SchemaSql(dialect="sqlite", sql="CREATE TABLE é;\n", statements=["CREATE TABLE é"])

    async def ExportSchema(self, request: Any, context: Any) -> pb.ExportedSchema:
        return pb.ExportedSchema(text="é", media_type="text/vnd.dbml", filename='a"é.dbml', lost=["ünïque"])


@asynccontextmanager
async def before(registry: Registry, **settings: Any) -> AsyncIterator[TestClient[Any, Any]]:
    server = grpc.aio.server(interceptors=interceptors())
    schemas_pb2_grpc.add_SchemaServiceServicer_to_server(registry, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channels = Channels.open({"generator": f"127.0.0.1:{port}", "schemas": f"127.0.0.1:{port}"})
    front = TestServer(build_app(Settings(**settings), channels))
    await front.start_server(auto_decompress=False)
    async with TestClient(front) as client:
        yield client
    await channels.close()
    await server.stop(None)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
async def client(registry: Registry) -> AsyncIterator[TestClient[Any, Any]]:
    async with before(registry) as client:
        yield client


async def test_a_drawing_goes_on_as_it_was_written_with_the_query_beside(client, registry):
    text = '{"name": "clinic",\n "defaultValue": 9007199254740993}'
    answer = await client.post(f"{BASE}?createDatabase=false", data=text, headers={**JSON, "Idempotency-Key": "k-1"})
    assert (answer.status, answer.headers["Location"], answer.headers["ETag"]) == (201, f"{BASE}/s-1", '"3"')
    (request,) = registry.requests
    assert (request.document, request.create_database, request.request_id) == (text, False, "k-1")


async def test_if_match_is_the_revision(client, registry):
    for header, revision in (('"3"', 3), ('W/"12"', 12), ("*", 0), (None, 0)):
        for verb in ("PUT", "PATCH", "DELETE"):
            headers = {"If-Match": header} if header else {}
            answer = await client.request(verb, f"{BASE}/s-1", headers=headers, **({} if verb == "DELETE" else {"json": {}}))
            assert (answer.status, registry.requests[-1].revision, answer.headers["ETag"]) == (200, revision, '"3"')


@pytest.mark.parametrize("header", ["3", '"x"', '"1", "2"', '""', '"9999999999999999999999"'])
async def test_what_is_no_revision_is_refused(client, registry, header):
    answer = await client.delete(f"{BASE}/s-1", headers={"If-Match": header})
    body = await answer.json()
    assert (answer.status, body["code"], body["findings"][0]["path"]) == (400, "VALIDATION_ERROR", "If-Match")
    assert not registry.requests


async def test_a_client_that_has_it_already_gets_nothing(client):
    assert (await client.get(f"{BASE}/s-1", headers={"If-None-Match": '"3"'})).status == 304
    assert (await client.get(f"{BASE}/s-1", headers={"If-None-Match": '"2"'})).status == 200


async def test_the_mask_is_in_the_query(client, registry):
    await client.patch(f"{BASE}/s-1?updateMask=databaseName,tables", json={"tables": []})
    assert list(registry.requests[0].update_mask.paths) == ["database_name", "tables"]
    answer = await client.patch(f"{BASE}/s-1?updateMask=a__b", json={})
    assert (answer.status, (await answer.json())["code"]) == (400, "VALIDATION_ERROR")


async def test_findings_of_the_registry_get_their_places(client, registry):
    registry.failure = invalid(
        "VALIDATION_ERROR", "wrong", findings=[FieldError("/tables/0/a~1b~0c", "m", "VALIDATION_ERROR", suggestion="x")]
    )
    text = '{\n "tables": [\n  {"a/b~c": 1}]}'
    found = (await (await client.post(BASE, data=text, headers=JSON)).json())["findings"]
    assert [(f["path"], f["line"], f["column"], f["suggestion"]) for f in found] == [("/tables/0/a~1b~0c", 3, 4, "x")]


async def test_findings_that_a_status_cannot_hold_are_asked_for(client, registry):
    many = [FieldError(f"/tables/{n}", "m" * 90, "VALIDATION_ERROR") for n in range(99)]
    registry.failure = invalid("VALIDATION_ERROR", "wrong", findings=[FieldError("/name", "n", "VALIDATION_ERROR"), *many])
    answer = await client.post(BASE, data=b'{"name": "x"}', headers=JSON)
    paths = [each["path"] for each in (await answer.json())["findings"]]
    assert answer.status == 400 and len(paths) == len(set(paths)) == 100
    assert registry.requests[-1] == pb.CheckDrawingRequest(document='{"name": "x"}')


async def test_an_error_that_nobody_foresaw_tells_nothing(client, registry, capsys):
    registry.failure = RuntimeError("secret")
    answer = await client.get(f"{BASE}/s-1")
    text = await answer.text()
    assert (answer.status, orjson.loads(text)["code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in text and "Traceback" not in text


async def test_its_codes_are_its_own(client):
    cases = [
        ({"data": b"{", "headers": JSON}, 400, "INVALID_JSON"),
        ({"data": b"[]", "headers": JSON}, 400, "VALIDATION_ERROR"),
        ({"json": {}, "params": {"colour": "red"}}, 400, "VALIDATION_ERROR"),
        ({"data": b"x", "headers": {"Content-Type": "text/html"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ]
    for fields, status, code in cases:
        answer = await client.post(BASE, **fields)
        assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_failures_of_creation_are_of_the_gateway_behind(client, registry):
    registry.failure = MockcraftError("DATABASE_CREATION_FAILED", "no", grpc.StatusCode.UNAVAILABLE)
    assert (await client.post(BASE, json={})).status == 502


@pytest.mark.parametrize(
    ("accept", "plain"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", True),
        ("application/sql", True),
        ("application/json, text/plain", False),
        ("application/json;q=0.5, text/plain", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/plain;q=0", False),
    ],
)
def test_sql_is_text_for_those_who_ask(accept, plain):
    assert wants_sql(accept) is plain


async def test_sql_and_files_come_as_such(client):
    text = await client.get(f"{BASE}/s-1/sql", headers={"Accept": "application/sql"})
    assert (text.content_type, text.charset, await text.text()) == ("application/sql", "utf-8", "CREATE TABLE é;\n")
    assert (await (await client.get(f"{BASE}/s-1/sql")).json())["statements"] == ["CREATE TABLE é"]
    file = await client.get(f"{BASE}/s-1/export?format=dbml")
    assert (file.content_type, await file.text()) == ("text/vnd.dbml", "é")
    assert file.headers["Content-Disposition"] == "attachment; filename=\"a__.dbml\"; filename*=UTF-8''a%22%C3%A9.dbml"
    assert orjson.loads(file.headers["X-Lost"]) == ["ünïque"]
    head = await client.head(f"{BASE}/s-1/export")
    assert (head.status, await head.read()) == (200, b"")


async def test_files_are_imported_in_every_way(client, registry):
    form = FormData({"name": "shop"})
    form.add_field("file", b"Table a {}", filename="shop.dbml", content_type="text/plain")
    ways: list[dict[str, Any]] = [
        {"json": {"text": "Table a {}", "format": "dbml", "name": "shop"}},
        {"data": b"Table a {}", "params": {"format": "dbml", "name": "shop"}, "headers": {"Content-Type": "text/plain"}},
        {"data": form},
    ]
    for way in ways:
        answer = await client.post(f"{BASE}/import", **way)
        assert (answer.status, answer.headers["Location"]) == (201, f"{BASE}/s-1")
    assert registry.requests == [pb.ImportSchemaRequest(text="Table a {}", format="dbml", name="shop")] * 3


async def test_an_export_is_imported_as_it_is(client, registry):
    text = '{"name": "shop", "tables": []}'
    await client.post(f"{BASE}/import?name=other", data=text, headers=JSON)
    assert registry.requests == [pb.ImportSchemaRequest(text=text, format="json", name="other")]
    await client.post(f"{BASE}/import", data=text, headers=JSON)
    assert registry.requests[-1].name == "shop"
