"""What bad input gets, through the real services: a clear refusal, nothing created, nothing broken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from tests.integration.stack import YAML, Stack, stack

JSON = {"Content-Type": "application/json"}
USERS = "tables:\n  users:\n    rows: 10\n    columns:\n      id: sequence\n"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path) as running:
        yield running


async def refusal(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status, (await answer.json())["code"]


async def nothing_was_created(server: Stack) -> bool:
    return (await (await server.client.get("/api/v1/jobs")).json())["jobs"] == []


COLUMNS = "tables.users.columns"
BAD_SCHEMAS = [
    (USERS.replace("rows: 10", "rows: -1"), "ROWS_INVALID", "tables.users.rows", 3),
    (USERS.replace("rows: 10", "rows: ten"), "TYPE_INVALID", "tables.users.rows", 3),
    (USERS.replace("rows: 10", "rows: .nan"), "NUMBER_INVALID", "tables.users.rows", 3),
    (USERS.replace("columns", "colums"), "UNKNOWN_FIELD", "tables.users.colums", 4),
    (USERS.replace("sequence", "sequnce"), "GENERATOR_NOT_FOUND", f"{COLUMNS}.id", 5),
    (USERS + "      id: uuid\n", "YAML_DUPLICATE_KEY", f"{COLUMNS}.id", 6),
    ("tables: }", "YAML_SYNTAX", "", 1),
    (USERS + "      c: {gen: choice, values: [a, b], unique: true}\n", "UNIQUE_IMPOSSIBLE", f"{COLUMNS}.c", 6),
    (USERS + "      n: {gen: int, min: 5, max: 1}\n", "PARAMETER_INVALID", f"{COLUMNS}.n", 6),
    (USERS + "      boss: {ref: nobody.id}\n", "REF_NOT_FOUND", f"{COLUMNS}.boss", 6),
]


@pytest.mark.parametrize("route", ["canonical", "adapter", "form"])
async def test_bad_schemas_are_refused_with_code_path_and_line(server, route):
    for text, found, path, line in BAD_SCHEMAS:
        answer = await _send(server, route, text)
        body = await answer.json()
        assert (answer.status, body["code"]) == (400, found if found.startswith("YAML_") else "SCHEMA_INVALID"), (text, body)
        places = [(each["code"], each["line"]) for each in body["findings"] if each["path"].startswith(path)]
        assert (found, line) in places, body
        assert all(each["column"] >= 1 for each in body["findings"])
    assert await nothing_was_created(server)


async def _send(server: Stack, route: str, text: str) -> Any:
    if route == "canonical":
        return await server.client.post("/api/v1/generations", data=text, headers=YAML)
    if route == "adapter":
        return await server.client.post("/api/seed", data=text)
    head = '--b\r\nContent-Disposition: form-data; name="file"; filename="s.yaml"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return await server.client.post("/api/seed", data=f"{head}{text}\r\n--b--\r\n", headers=headers)


def _aliases() -> str:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]" for i in range(9)]
    return "\n".join(levels)


def _merges() -> str:
    levels = ["m0: &m0 {k: 1}", *(f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}" for i in range(1, 9))]
    return "\n".join(levels)


BOMBS = {
    "aliases": _aliases(),
    "merge keys": _merges(),
    "depth": "tables: " + "[" * 60_000,
    "json depth": '{"tables": ' + "[" * 60_000 + "]" * 60_000 + "}",
    "python tag": "tables: !!python/object/apply:os.system ['touch /tmp/owned']",
    "duplicate keys": "tables: {}\ntables: {}",
}


@pytest.mark.parametrize("kind", BOMBS)
async def test_bombs_are_defused_at_once(server, kind):
    for url in ("/api/v1/generations", "/api/seed"):
        began = time.perf_counter()
        answer = await server.client.post(url, data=BOMBS[kind], headers=YAML)
        seconds = time.perf_counter() - began
        status, code = await refusal(answer)
        assert status == 400 and code.startswith("YAML_"), code
        assert seconds < 0.5
    assert (await server.client.get("/api/health")).status == 200 and await nothing_was_created(server)


async def test_a_json_request_is_refused_with_its_places(server):
    body = '{\n "schema": {"tables": {"users":\n  {"rows": -1, "columns": {"id": "sequnce"}}}},\n "outputs": [{"format": "cvs"}]}'
    problem = await (await server.client.post("/api/v1/generations", data=body, headers=JSON)).json()
    assert {(each["path"], each["line"]) for each in problem["findings"]} == {
        ("tables.users.rows", 3),
        ("tables.users.columns.id", 3),
    }
    body = '{"schema": "' + USERS.replace("\n", "\\n") + '",\n "outputs": [{"format": "csv"},\n  {"format": "cvs"}]}'
    problem = await (await server.client.post("/api/v1/generations", data=body, headers=JSON)).json()
    finding = problem["findings"][0]
    assert (finding["path"], finding["line"], finding["column"], finding["suggestion"]) == ("outputs[1].format", 3, 4, "csv")
    assert await nothing_was_created(server)


@pytest.mark.parametrize(
    "fields",
    [
        {"outputs": [{"format": "csv", "options": {"delimeter": ";"}}]},
        {"outputs": [{"format": "sql", "dialect": "oracle"}]},
        {"outputs": [{"format": "csv", "compression": "rar"}]},
        {"rows": {"users": -5}},
        {"rows": {"nobody": 5}},
        {"set": {"nothing": 5}},
        {"workers": -1},
        {"workers": 1000},
        {"outputs": [{}]},
        {"outputs": [{"format": "csv"}] * 200},
    ],
)
async def test_bad_options_are_refused(server, fields):
    answer = await server.client.post("/api/v1/generations", json={"schema": USERS, **fields})
    assert (await refusal(answer))[0] == 400
    assert await nothing_was_created(server)


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/api/v1/jobs/gen_00000000000000000000000000", 404, "JOB_NOT_FOUND"),
        ("/api/v1/jobs/..%2f..%2fetc%2fpasswd", 404, "JOB_NOT_FOUND"),
        ("/api/v1/jobs/%00", 404, "JOB_NOT_FOUND"),
        ("/api/v1/jobs/x/events", 404, "JOB_NOT_FOUND"),
        ("/api/v1/jobs/x/archive", 404, "JOB_NOT_FOUND"),
        ("/api/v1/rows/x/y", 404, "JOB_NOT_FOUND"),
        ("/api/jobs/x", 404, "JOB_NOT_FOUND"),
        ("/api/download/x", 404, "JOB_NOT_FOUND"),
        ("/api/v1/generators/nosuchthing", 404, "GENERATOR_NOT_FOUND"),
        ("/api/v1/generate/nosuchthing", 404, "GENERATOR_NOT_FOUND"),
        ("/api/v1/generate/firstname?count=0x10", 400, "TYPE_INVALID"),
        ("/api/v1/generate/firstname?count=-5", 400, None),
        ("/api/v1/generate/firstname?count=100001", 400, None),
        ("/api/v1/generate/int?min=9&max=1", 400, None),
        ("/api/v1/generate/int?min=%00", 400, None),
        ("/api/v1/generate/firstname?locale=xx_XX", 400, None),
        ("/api/v1/jobs?pageSize=-1", 400, "PAGE_SIZE_INVALID"),
    ],
)
async def test_what_does_not_exist_or_cannot_be(server, url, status, code):
    answer = await server.client.get(url)
    answered = await refusal(answer)
    assert answered == (status, code or answered[1])
    assert "mockcraft " not in await answer.text()  # commands help nobody here


async def test_numbers_and_names_of_a_job_that_exists(server, tmp_path):
    job_id = await server.create(USERS)
    last = (await server.events(job_id))[-1]["seq"]
    await server.reaches(job_id, "SUCCEEDED")
    assert await server.events(job_id, after=last) == []
    beyond = await server.client.get(f"/api/v1/jobs/{job_id}/events?after={last + 1}")
    assert await refusal(beyond) == (400, "SEQ_OUT_OF_RANGE")
    assert await refusal(await server.client.get(f"/api/v1/rows/{job_id}/nobody")) == (404, "TABLE_NOT_FOUND")
    for query in ("offset=-1", "limit=-1", "limit=10001"):
        assert (await server.client.get(f"/api/v1/rows/{job_id}/users?{query}")).status == 400
    (folder,) = [path.parent for path in tmp_path.rglob("users.csv")]
    (folder / "link.csv").symlink_to("/etc/passwd")
    for name in (
        "link.csv",
        "..%2fjobs.db",
        "%2e%2e%2f%2e%2e%2fjobs.db",
        "users.csv%00",
        "%2fetc%2fpasswd",
        ".",
        "users.csv.part",
    ):
        for base in (f"/api/v1/jobs/{job_id}/artifacts", f"/api/downloads/{job_id}"):
            answer = await server.client.get(f"{base}/{name}")
            assert answer.status == 404 and "passwd" not in await answer.text(), name
    artifact = next(each for each in (await server.job(job_id))["artifacts"] if each["name"] == "users.csv")
    (folder / "users.csv").unlink()
    (folder / "users.csv").symlink_to("/etc/passwd")
    swapped = await server.client.get(artifact["url"])
    assert swapped.status in (404, 410) and b"root:" not in await swapped.read()


async def test_hostile_names_are_kept_or_refused_never_run(server):
    names = ("robert'); DROP TABLE users;--", '"', "a\tb", "../../x", "a/b", ".hidden", "nul\0", "x" * 500, "ключ")
    created = []
    for name in names:
        schema = {"tables": {name: {"rows": 1, "columns": {"id": "sequence", name: "first_name"}}}}
        answer = await server.client.post("/api/v1/generations", json={"schema": schema, "outputs": [{"format": "sql"}]})
        if answer.status == 202:
            created.append((await answer.json())["id"])
            place = URL(f"/api/v1/rows/{created[-1]}/{quote(name, safe='')}", encoded=True)
            rows = await (await server.client.get(place)).json()
            assert rows.get("table") == name and len(rows["rows"]) == 1, (name, rows)
        else:
            codes = {each["code"] for each in (await answer.json())["findings"]}
            assert answer.status == 400 and codes & {"IDENTIFIER_INVALID", "YAML_ENCODING", "YAML_SYNTAX"}, (name, codes)
    for job_id in created:
        job = await server.reaches(job_id, "SUCCEEDED", "FAILED")
        assert job["state"] == "SUCCEEDED" and all("/" not in each["name"] for each in job["artifacts"]), job
        for each in job["artifacts"]:
            assert len(await (await server.client.get(URL(each["url"], encoded=True))).read()) == each["bytes"], each


async def test_what_has_expired_is_gone(tmp_path):
    async with stack(tmp_path, expiry_hours=1e-7, sweep_seconds=0.05) as server:
        job_id = await server.create(USERS)
        await server.reaches(job_id, "SUCCEEDED")
        events = f"/api/v1/jobs/{job_id}/events"
        async with asyncio.timeout(20):
            while (await server.client.get(events)).status == 200:
                await asyncio.sleep(0.05)
        assert await refusal(await server.client.get(events)) == (410, "EVENTS_EXPIRED")
        snapshot = (await (await server.client.get(events)).json())["job"]
        assert (snapshot["id"], snapshot["state"], snapshot["lastSequence"] > 3) == (job_id, "SUCCEEDED", True)
        files = ("v1/jobs/{}/archive", "download/{}", "v1/jobs/{}/artifacts/users.csv", "downloads/{}/users.csv")
        for path in files:
            answer = await server.client.get(f"/api/{path.format(job_id)}")
            assert await refusal(answer) == (410, "ARTIFACT_EXPIRED")
        resumed = await server.client.post(f"/api/v1/jobs/{job_id}:resume")
        assert (await refusal(resumed))[0] == 409
