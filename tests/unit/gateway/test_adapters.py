"""Routes that existing clients already use."""

from __future__ import annotations

import pytest
from aiohttp import FormData
from mockcraft.jobs.v1 import jobs_pb2

JSON = {"Content-Type": "application/json"}


async def test_one_value_or_several(client, backend):
    one = await client.get("/api/generate/firstname?length=5&unknown=1&seed=&count=null")
    assert await one.json() == {"type": "firstname", "value": "Ada"}
    assert list(backend.requests[-1].parameters) == ["length"]
    several = await client.get("/api/generate/firstname?count=3")
    assert await several.json() == {"type": "firstname", "values": ["Ada"] * 3}


async def test_faker_takes_any_parameter(client, backend):
    await client.get("/api/generate/faker.pystr?max_chars=5")
    assert list(backend.requests[-1].parameters) == ["max_chars"]


async def test_a_count_that_is_no_number(client):
    answer = await client.get("/api/generate/firstname?count=many")
    body = await answer.json()
    assert (answer.status, body["code"], body["error"]) == (400, "TYPE_INVALID", body["message"])


async def test_the_catalogue(client, backend):
    answer = await (await client.get("/api/generators?category=person&unknown=1")).json()
    assert set(answer) == {"generators", "categories", "count"} and answer["count"] == 1
    assert set(answer["generators"][0]) == {"name", "category", "description", "example", "parameters"}
    assert backend.requests[-1].category == "person"


@pytest.mark.parametrize("media", ["application/yaml", "application/x-www-form-urlencoded", "text/plain", "application/json"])
async def test_seed_takes_the_schema_as_the_body(client, backend, media):
    url = "/api/seed?output=csv,sql&dialect=mysql&rows.users=10&set.a=b&seed=7&unknown=1&compress=gzip"
    answer = await client.post(url, data="tables: {}", headers={"Content-Type": media, "Idempotency-Key": "k"})
    body = await answer.json()
    assert answer.status == 202 and body["job_id"] == body["jobId"] == body["id"] == "gen_1" and body["status"] == "queued"
    request = backend.requests[-1]
    assert (request.schema.text, request.seed, request.request_id) == ("tables: {}", 7, "k")
    assert [(each.format, each.dialect, each.compression) for each in request.outputs] == [
        ("csv", "", "gzip"),
        ("sql", "mysql", "gzip"),
    ]
    assert (dict(request.rows), dict(request.set)) == ({"users": "10"}, {"a": "b"})


async def test_seed_takes_a_form_with_a_file(client, backend):
    form = FormData({"output": "json", "pretty": "true", "dialect": ""})
    form.add_field("file", b"tables: {x: 1}", filename="schema.yaml", content_type="application/yaml")
    answer = await client.post("/api/seed?output=csv", data=form)
    assert answer.status == 202
    request = backend.requests[-1]
    assert request.schema.text == "tables: {x: 1}"
    assert [(each.format, each.options["pretty"].bool_value) for each in request.outputs] == [("json", True)]


async def test_without_an_output_the_service_decides(client, backend):
    assert (await client.post("/api/seed", data="x")).status == 202
    assert not backend.requests[-1].outputs
    assert (await client.post("/api/seed?compress=zstd", data="x")).status == 202
    assert [(each.format, each.compression) for each in backend.requests[-1].outputs] == [("csv", "zstd")]


@pytest.mark.parametrize(
    ("data", "headers", "code"),
    [
        (b"\xff\xfe", {}, "YAML_ENCODING"),
        (b"--b\r\n", {"Content-Type": "multipart/form-data"}, "FORM_INVALID"),
        (
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n',
            {"Content-Type": "multipart/form-data; boundary=b"},
            "FILE_MISSING",
        ),
    ],
)
async def test_seed_refuses_what_is_no_text(client, data, headers, code):
    answer = await client.post("/api/seed", data=data, headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (400, code)


async def test_a_job_has_every_spelling(client, backend):
    backend.add_job("gen_1", "SUCCEEDED", "completed", a__csv=b"xy", b__csv=b"z")
    job = await (await client.get("/api/jobs/gen_1")).json()
    assert job["id"] == job["jobId"] == job["job_id"] == "gen_1"
    assert job["downloadUrl"] == job["download_url"] == "/api/download/gen_1"
    assert [(each["name"], each["size"], each["url"]) for each in job["files"]] == [
        ("a.csv", 2, "/api/downloads/gen_1/a.csv"),
        ("b.csv", 1, "/api/downloads/gen_1/b.csv"),
    ]
    assert job["outputFile"] == "a.csv" and "error" not in job
    assert await (await client.get("/api/downloads/gen_1/a.csv")).read() == b"xy"


async def test_an_unfinished_job_has_no_download_and_a_failed_one_a_plain_error(client, backend):
    backend.add_job("gen_1")
    backend.add_job("gen_2", "FAILED", "failed")
    backend.jobs["gen_2"].error.CopyFrom(jobs_pb2.JobError(code="DISK_FULL", message="The disk is full."))
    listed = await (await client.get("/api/jobs?limit=5&unknown=1")).json()
    running, failed = listed["jobs"]
    assert "downloadUrl" not in running and running["files"] == [] and "outputFile" not in running
    assert failed["error"] == "The disk is full." and listed["nextPageToken"] == "next"
    assert backend.requests[-1].page_size == 5


@pytest.mark.parametrize(
    ("verb", "kind"), [("stop", "CancelJobRequest"), ("pause", "PauseJobRequest"), ("resume", "ResumeJobRequest")]
)
async def test_jobs_are_steered(client, backend, verb, kind):
    backend.add_job("gen_1")
    answer = await client.post(f"/api/jobs/gen_1/{verb}", data='{"whatever": 1}', headers=JSON)
    assert (answer.status, (await answer.json())["jobId"], type(backend.requests[-1]).__name__) == (200, "gen_1", kind)
    missing = await client.post(f"/api/jobs/gen_9/{verb}")
    body = await missing.json()
    assert (missing.status, body["code"], body["error"]) == (404, "JOB_NOT_FOUND", body["message"])
