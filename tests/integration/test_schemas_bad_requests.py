"""What the registry refuses: the status, the code and the place of each, and that nothing is stored of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.registry_samples import GONE, changed, clinic, draft, under
from tests.integration.stack import Stack, stack

INVALID, MISSING, TYPE, KEY = "VALIDATION_ERROR", "MISSING_REQUIRED_FIELD", "UNSUPPORTED_DATA_TYPE", "FOREIGN_KEY_ERROR"
JSON = {"Content-Type": "application/json"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
LIMIT = 64 * 1024


@dataclass(frozen=True)
class Bad:
    """A request that is refused: as JSON or raw, and what is answered; `pointer` None where nothing has a place."""

    status: int
    code: str
    pointer: str | None = None
    body: Any = None
    raw: bytes | None = None
    verb: str = "POST"
    path: str = "/api/v1/schemas"
    headers: dict[str, str] | None = None


def bad_body(pointer: str, value: Any, code: str = INVALID, at: str = "") -> Bad:
    """The clinic with something wrong at a pointer."""
    return Bad(400, code, at or pointer, changed(pointer, value))


def column(**fields: Any) -> Any:
    return {"id": "c-new", "name": "new", "dataType": "integer", **fields}


NEW = "/tables/0/columns/3"
KEY_AT = "/foreignKeys/0"

BODIES: dict[str, Bad] = {
    "not JSON": Bad(400, "INVALID_JSON", "", raw=b'{"name": "x",'),
    "nothing": Bad(400, MISSING, "/name", raw=b""),
    "not UTF-8": Bad(400, "INVALID_JSON", "", raw=b'{"name": "\xff"}'),
    "a trailing comma": Bad(400, "INVALID_JSON", "", raw=b'{"name": "x",}'),
    "a key twice": Bad(400, "INVALID_JSON", "/name", raw=b'{"name": "x", "name": "y", "tables": []}'),
    "a list": Bad(400, INVALID, "", raw=b"[]"),
    "a text": Bad(400, INVALID, "", raw=b'"clinic"'),
    "null": Bad(400, INVALID, "", raw=b"null"),
    "a form": Bad(415, "UNSUPPORTED_MEDIA_TYPE", raw=b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    "too large": Bad(413, "BODY_TOO_LARGE", raw=b'{"name": "' + b"x" * LIMIT + b'"}'),
    "no name": bad_body("/name", GONE, MISSING),
    "an empty name": bad_body("/name", "", MISSING),
    "a null name": bad_body("/name", None, MISSING),
    "a number as name": bad_body("/name", 7),
    "a long name": bad_body("/name", "n" * 300),
    "a NUL in the name": bad_body("/name", "a\0b"),
    "half a character": Bad(400, "INVALID_JSON", "", raw=b'{"name": "\\ud800"}'),
    "a list as description": bad_body("/description", []),
    "a text as createDatabase": bad_body("/createDatabase", "no"),
    "an unknown field": bad_body("/tabels", []),
    "tables that are an object": bad_body("/tables", {}),
    "tables that are a text": bad_body("/tables", "patients"),
    "a table that is a text": bad_body("/tables/1", "visits"),
    "a table without a name": bad_body("/tables/0/name", GONE, MISSING),
    "an unknown field of a table": bad_body("/tables/0/colums", []),
    "two tables of a name": bad_body("/tables/1/name", "patients"),
    "two tables, but for case": bad_body("/tables/1/name", "PATIENTS"),
    "two tables of an id": bad_body("/tables/1/id", "t-patients", at="/tables/1/id"),
    "a table without columns": bad_body("/tables/0/columns", []),
    "a position that is a list": bad_body("/tables/0/position", [1, 2]),
    "a position that is no number": bad_body("/tables/0/position/x", "left"),
    "columns that are an object": bad_body("/tables/0/columns", {}),
    "a column without a name": bad_body("/tables/0/columns/1/name", GONE, MISSING),
    "a column without a type": bad_body("/tables/0/columns/1/dataType", GONE, MISSING),
    "an empty type": bad_body("/tables/0/columns/1/dataType", "", MISSING),
    "a type that is a number": bad_body("/tables/0/columns/1/dataType", 12),
    "an unknown type": bad_body("/tables/0/columns/1/dataType", "varcharr", TYPE),
    "a type with SQL in it": bad_body("/tables/0/columns/1/dataType", "int); DROP TABLE x; --", TYPE),
    "two columns of a name": bad_body(NEW, column(name="email"), at=f"{NEW}/name"),
    "two columns, but for case": bad_body(NEW, column(name="EMAIL"), at=f"{NEW}/name"),
    "two columns of an id": bad_body(NEW, column(id="c-id"), at=f"{NEW}/id"),
    "a length that is a text": bad_body("/tables/0/columns/1/length", "80"),
    "a negative length": bad_body("/tables/0/columns/1/length", -1),
    "half a length": bad_body("/tables/0/columns/1/length", 1.5),
    "a scale beyond the precision": bad_body("/tables/1/columns/3/scale", 9),
    "nullable that is a text": bad_body("/tables/0/columns/1/nullable", "yes"),
    "a default that is an object": bad_body("/tables/0/columns/1/defaultValue", {}),
    "a default that does not fit": bad_body("/tables/1/columns/3/defaultValue", "much"),
    "a default with SQL in it": bad_body("/tables/1/columns/3/defaultValue", "0); DROP TABLE x; --"),
    "auto increment of a text": bad_body("/tables/0/columns/1/autoIncrement", True),
    "a generator that is a number": bad_body("/tables/0/columns/1/generator", 5),
    "an enum without values": bad_body(NEW, column(dataType="enum"), MISSING, f"{NEW}/enumValues"),
    "an unknown field of a column": bad_body("/tables/0/columns/1/size", 80),
    "a key of an unknown column": bad_body("/tables/0/primaryKey", ["c-nobody"], at="/tables/0/primaryKey/0"),
    "an index of an unknown column": bad_body("/tables/0/indexes", [{"columnIds": ["x"]}], at="/tables/0/indexes/0/columnIds/0"),
    "a unique of no column": bad_body("/tables/0/uniques", [{"name": "u"}], MISSING, "/tables/0/uniques/0/columnIds"),
    "a check without a condition": bad_body("/tables/0/checks", [{"name": "c"}], MISSING, "/tables/0/checks/0/expression"),
    "a check that is two statements": bad_body(
        "/tables/0/checks", [{"expression": "1=1); DROP TABLE x; --"}], at="/tables/0/checks/0/expression"
    ),
    "a check of an unknown column": bad_body(
        "/tables/0/checks", [{"expression": "agee > 0"}], at="/tables/0/checks/0/expression"
    ),
    "a foreign key without a source": bad_body(f"{KEY_AT}/sourceTableId", GONE, MISSING),
    "a foreign key without a column": bad_body(f"{KEY_AT}/sourceColumnId", GONE, MISSING),
    "a foreign key from nowhere": bad_body(f"{KEY_AT}/sourceTableId", "t-nobody", KEY),
    "a foreign key to nowhere": bad_body(f"{KEY_AT}/targetTableId", "t-nobody", KEY),
    "a foreign key of an unknown column": bad_body(f"{KEY_AT}/sourceColumnId", "c-nobody", KEY),
    "a foreign key to an unknown column": bad_body(f"{KEY_AT}/targetColumnId", "c-nobody", KEY),
    "a foreign key to another type": bad_body(f"{KEY_AT}/sourceColumnId", "c-at", KEY),
    "a foreign key to what is not unique": bad_body(f"{KEY_AT}/targetColumnId", "c-name", KEY),
    "SET NULL of what cannot be": bad_body(f"{KEY_AT}/onDelete", "SET NULL", KEY),
    "an unknown action": bad_body(f"{KEY_AT}/onDelete", "EXPLODE"),
    "a composite key of two lengths": bad_body(
        f"{KEY_AT}/sourceColumnIds", ["c-patient", "c-at"], KEY, f"{KEY_AT}/targetColumnIds"
    ),
    "a drawing twice": Bad(400, INVALID, "/tables", {**under(draft()), "tables": []}),
    "wrong under schemaDefinition": Bad(
        400, TYPE, "/schemaDefinition/tables/0/columns/1/dataType", under(changed("/tables/0/columns/1/dataType", "texxt"))
    ),
    "a time that is none": bad_body("/exportedAt", "yesterday"),
}

OTHERS: dict[str, Bad] = {
    "an unknown id": Bad(404, "SCHEMA_NOT_FOUND", verb="GET", path=f"/api/v1/schemas/{UNKNOWN}"),
    "an id that is none": Bad(404, "SCHEMA_NOT_FOUND", verb="GET", path="/api/v1/schemas/..%2f..%2fetc"),
    "an id with a quote": Bad(404, "SCHEMA_NOT_FOUND", verb="GET", path="/api/v1/schemas/'%20OR%201=1%20--"),
    "an id with a NUL": Bad(404, "SCHEMA_NOT_FOUND", verb="GET", path="/api/v1/schemas/%00"),
    "deleting what is not there": Bad(404, "SCHEMA_NOT_FOUND", verb="DELETE", path=f"/api/v1/schemas/{UNKNOWN}"),
    "replacing what is not there": Bad(404, "SCHEMA_NOT_FOUND", verb="PUT", path=f"/api/v1/schemas/{UNKNOWN}", body=clinic("x")),
    "changing what is not there": Bad(
        404, "SCHEMA_NOT_FOUND", verb="PATCH", path=f"/api/v1/schemas/{UNKNOWN}", body={"name": "x"}
    ),
    "SQL of what is not there": Bad(404, "SCHEMA_NOT_FOUND", verb="GET", path=f"/api/v1/schemas/{UNKNOWN}/sql"),
    "filling what is not there": Bad(404, "SCHEMA_NOT_FOUND", path=f"/api/v1/schemas/{UNKNOWN}/seed", body={}),
    "a database of what is not there": Bad(404, "SCHEMA_NOT_FOUND", path=f"/api/v1/schemas/{UNKNOWN}/database", body={}),
    "a page of no size": Bad(400, "PAGE_SIZE_INVALID", "/pageSize", verb="GET", path="/api/v1/schemas?pageSize=-1"),
    "a page of another size": Bad(400, INVALID, "pageSize", verb="GET", path="/api/v1/schemas?pageSize=many"),
    "a page beyond all": Bad(400, "PAGE_SIZE_INVALID", "/pageSize", verb="GET", path="/api/v1/schemas?limit=100000"),
    "a page below all": Bad(400, INVALID, "/page", verb="GET", path="/api/v1/schemas?page=-3"),
    "a token of others": Bad(400, "PAGE_TOKEN_INVALID", verb="GET", path="/api/v1/schemas?pageToken=abc"),
    "an unknown status": Bad(400, INVALID, "/status", verb="GET", path="/api/v1/schemas?status=broken"),
    "an unknown order": Bad(400, INVALID, "/sort", verb="GET", path="/api/v1/schemas?sort=colour"),
    "an unknown query key": Bad(400, INVALID, "serch", verb="GET", path="/api/v1/schemas?serch=x"),
    "an unknown route": Bad(404, "ROUTE_NOT_FOUND", verb="GET", path="/api/v1/schemas/x/y/z"),
    "another method": Bad(405, "METHOD_NOT_ALLOWED", verb="DELETE", path="/api/v1/schemas"),
    "nothing to import": Bad(400, MISSING, "/text", path="/api/v1/schemas/import", body={}),
    "an import that is nothing": Bad(
        400, None, path="/api/v1/schemas/import", raw=b"hello", headers={"Content-Type": "text/plain"}
    ),  # type: ignore[arg-type]
    "an import as what it is not": Bad(400, "INVALID_JSON", path="/api/v1/schemas/import", body={"text": "{", "format": "json"}),
    "an import of a picture": Bad(
        415, "UNSUPPORTED_MEDIA_TYPE", path="/api/v1/schemas/import", raw=b"\x89PNG", headers={"Content-Type": "image/png"}
    ),
    "an import of a far database": Bad(
        400, "TARGET_NOT_ALLOWED", path="/api/v1/schemas/import", body={"url": "postgresql://u:p@192.0.2.1/x"}
    ),
    "an import of a file elsewhere": Bad(
        400, "TARGET_NOT_ALLOWED", path="/api/v1/schemas/import", body={"url": "sqlite:////etc/passwd"}
    ),
    "an Idempotency-Key that is none": Bad(400, "IDEMPOTENCY_KEY_INVALID", body=draft(), headers={"Idempotency-Key": "a b"}),
}

OF_ONE: dict[str, Bad] = {
    "an unknown dialect": Bad(400, INVALID, None, verb="GET", path="/sql?dialect=oracle"),
    "an unknown format": Bad(400, INVALID, None, verb="GET", path="/export?format=docx"),
    "an unknown version": Bad(404, "VERSION_NOT_FOUND", None, verb="GET", path="/migration?from=1&to=99"),
    "a version that is a word": Bad(400, INVALID, "from", verb="GET", path="/migration?from=first"),
    "an unknown table": Bad(404, "TABLE_NOT_FOUND", None, verb="GET", path="/preview?table=nobody"),
    "too many rows": Bad(400, "LIMIT_INVALID", None, verb="GET", path="/preview?rows=100000000"),
    "rows of an unknown table": Bad(400, INVALID, "/rows/nobody", path="/seed", body={"rows": {"nobody": 10}}),
    "rows that are a word": Bad(400, INVALID, "/rows/patients", path="/seed", body={"rows": {"patients": "many"}}),
    "rows that are a list": Bad(400, INVALID, "/rows", path="/seed", body={"rows": [10]}),
    "an unknown field of a seeding": Bad(400, INVALID, "/sed", path="/seed", body={"sed": 1}),
    "a mode that is none": Bad(400, "MODE_INVALID", None, path="/seed", body={"mode": "explode"}),
    "a tag that no answer has": Bad(400, INVALID, "If-Match", verb="DELETE", path="", headers={"If-Match": '"0"'}),
    "a key that is no tag": Bad(400, INVALID, "If-Match", verb="DELETE", path="", headers={"If-Match": "abc"}),
    "a mask of nothing known": Bad(400, INVALID, None, verb="PATCH", path="?updateMask=colour", body={"name": "x"}),
    "a mask of what is not to be changed": Bad(400, INVALID, None, verb="PATCH", path="?updateMask=status", body={"name": "x"}),
    "a change that is a list": Bad(400, INVALID, "", verb="PATCH", path="", body=[]),
    "a change to an empty name": Bad(400, MISSING, "/name", verb="PATCH", path="", body={"name": ""}),
    "a change to a wrong type": Bad(
        400,
        TYPE,
        "/tables/0/columns/1/dataType",
        verb="PATCH",
        path="",
        body={"tables": changed("/tables/0/columns/1/dataType", "tex")["tables"]},
    ),
    "a replacement without a name": Bad(400, MISSING, "/name", verb="PUT", path="", body=changed("/name", GONE)),
}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path, body_limit=LIMIT) as running:
        yield running


async def ask(server: Stack, bad: Bad, path: str = "") -> tuple[int, dict[str, Any]]:
    data = bad.raw if bad.raw is not None else json.dumps(bad.body).encode() if bad.body is not None else None
    headers = {**(JSON if data is not None else {}), **(bad.headers or {})}
    async with server.client.request(bad.verb, path or bad.path, data=data, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


def judge(name: str, bad: Bad, status: int, body: dict[str, Any]) -> list[str]:
    """What is not as it should be."""
    found = []
    if status != bad.status or (bad.code and body.get("code") != bad.code):
        found.append(f"{name}: {status} {body.get('code')} instead of {bad.status} {bad.code}: {body.get('message')}")
    places = [(each["path"], each["code"]) for each in body.get("findings", ())]
    if bad.pointer is not None and (bad.pointer, bad.code) not in places:
        found.append(f"{name}: {bad.pointer} {bad.code} is not among {places}")
    if not body.get("message") or "Traceback" in json.dumps(body) or not body.get("request_id"):
        found.append(f"{name}: {body}")
    return found


def test_there_are_sixty_of_them() -> None:
    assert len(BODIES) + len(OTHERS) + len(OF_ONE) >= 100
    assert len(BODIES) >= 60


async def test_bodies_that_are_refused(server: Stack) -> None:
    wrong: list[str] = []
    for name, bad in BODIES.items():
        wrong += judge(name, bad, *await ask(server, bad))
        if bad.body is not None and bad.pointer:
            checked = await server.client.post("/api/v1/schemas/validate", json=bad.body)
            found = await checked.json()
            needless = bad.pointer == "/name" and bad.code == MISSING
            if checked.status != 200 or (bad.pointer, bad.code) not in [(f["path"], f["code"]) for f in found["findings"]]:
                wrong += [] if needless else [f"{name}, checked: {checked.status} {found}"]
    assert not wrong, "\n".join(wrong)
    listed = await (await server.client.get("/api/v1/schemas")).json()
    assert (listed["schemas"], listed["total"]) == ([], 0)


async def test_other_requests_that_are_refused(server: Stack) -> None:
    wrong = [line for name, bad in OTHERS.items() for line in judge(name, bad, *await ask(server, bad))]
    assert not wrong, "\n".join(wrong)


async def test_requests_about_a_schema_that_are_refused(server: Stack) -> None:
    made = await (await server.client.post("/api/v1/schemas", json=clinic())).json()
    base, wrong = f"/api/v1/schemas/{made['id']}", []
    for name, bad in OF_ONE.items():
        wrong += judge(name, bad, *await ask(server, bad, base + bad.path))
    assert not wrong, "\n".join(wrong)
    assert await (await server.client.get(base)).json() == made


async def test_findings_come_all_at_once_with_their_lines(server: Stack) -> None:
    body = changed("/tables/0/columns/1/dataType", "varcharr")
    body = changed("/tables/1/columns/2/name", GONE, body)
    body = changed("/foreignKeys/0/targetTableId", "t-nobody", body)
    body = changed("/name", 5, body)
    text = json.dumps(body, indent=2)
    answer = await server.client.post("/api/v1/schemas", data=text.encode(), headers=JSON)
    findings = {each["path"]: each for each in (await answer.json())["findings"]}
    expected = {"/name", "/tables/0/columns/1/dataType", "/tables/1/columns/2/name", "/foreignKeys/0/targetTableId"}
    assert expected <= findings.keys()
    typed = findings["/tables/0/columns/1/dataType"]
    assert "varcharr" in text.splitlines()[typed["line"] - 1] and typed["column"] > 1
    assert typed["suggestion"].lower() == "varchar"


async def test_so_many_findings_that_a_status_cannot_hold_them(server: Stack) -> None:
    columns = [{"name": f"column_{n}", "dataType": f"no such type {n}"} for n in range(200)]
    body = draft(tables=[{"name": "wide", "columns": columns}], foreignKeys=[])
    answer = await server.client.post("/api/v1/schemas", json=body)
    found = await answer.json()
    assert answer.status == 400
    assert {f"/tables/0/columns/{n}/dataType" for n in range(200)} <= {each["path"] for each in found["findings"]}


async def test_documents_of_the_generator_are_still_checked_beside(server: Stack) -> None:
    document = {"tables": {"users": {"rows": 3, "columns": {"id": "sequence"}}}}
    answer = await server.client.post("/api/v1/schemas:validate", json=document)
    assert (answer.status, (await answer.json())["valid"]) == (200, True)
    broken = await (await server.client.post("/api/v1/schemas:validate", data=b"{", headers=JSON)).json()
    assert broken["code"] == "JSON_INVALID"
