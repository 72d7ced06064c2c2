"""The way of a request: REST, gRPC, child process, files and events back, for real."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import grpc
import psutil
import pytest
from aiohttp import ClientSession, FormData
from mockcraft.backup.v1 import backup_pb2_grpc
from mockcraft.datasets.v1 import datasets_pb2_grpc
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from mockcraft.schemas.v1 import schemas_pb2_grpc
from mockcraft.seeder.v1 import seeder_pb2_grpc

from services.backup.servicer import BackupServicer
from services.common.jobs.servicer import JobServicer
from services.common.settings import Settings
from services.datasets.servicer import DatasetServicer
from services.gateway.backends import SERVICES
from services.gateway.server import Gateway
from services.generator.servicer import GeneratorServicer
from services.schemas.servicer import SchemaServicer
from services.seeder.servicer import SeederServicer
from tests.integration.stack import SCHEMA, YAML, Stack, stack

LONG = """
seed: 3
tables:
  t:
    rows: 1500000
    columns: {id: sequence, name: full_name, city: city, words: {gen: pattern, template: "??-####-????"}}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path, block_rows=4096, checkpoint_rows=65_536) as running:
        yield running


def test_every_method_has_a_servicer_method():
    servicers = {
        "GeneratorService": GeneratorServicer,
        "JobService": JobServicer,
        "SeederService": SeederServicer,
        "BackupService": BackupServicer,
        "SchemaService": SchemaServicer,
        "DatasetService": DatasetServicer,
    }
    bases = {
        "BackupService": backup_pb2_grpc.BackupServiceServicer,
        "DatasetService": datasets_pb2_grpc.DatasetServiceServicer,
        "GeneratorService": generator_pb2_grpc.GeneratorServiceServicer,
        "JobService": jobs_pb2_grpc.JobServiceServicer,
        "SchemaService": schemas_pb2_grpc.SchemaServiceServicer,
        "SeederService": seeder_pb2_grpc.SeederServiceServicer,
    }
    for service in SERVICES:
        for method in service.methods:
            own, base = servicers[service.name], bases[service.name]
            assert getattr(own, method.name) is not getattr(base, method.name), method.full_name


async def test_a_job_from_request_to_archive(server):
    outputs = [{"format": "csv"}, {"format": "jsonl", "compression": "zstd"}]
    job_id = await server.create(outputs=outputs)
    events = await server.events(job_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "init" and [event["type"] for event in events].count("complete") == 1
    assert events[-1]["type"] == "complete" and events[-1]["jobId"] == job_id
    job = await server.reaches(job_id, "SUCCEEDED")
    assert (job["status"], job["progress"]["percentage"], job["lastSequence"]) == ("completed", 100, len(events))
    files = {}
    for artifact in job["artifacts"]:
        files[artifact["name"]] = await (await server.client.get(artifact["url"])).read()
        assert sha256(files[artifact["name"]]).hexdigest() == artifact["sha256"]
        assert len(files[artifact["name"]]) == artifact["bytes"]
    assert {"users.csv", "orders.csv", "users.jsonl.zst", "manifest.json"} <= set(files)
    archive = await (await server.client.get(f"/api/v1/jobs/{job_id}/archive")).read()
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        assert zipped.testzip() is None and {name: zipped.read(name) for name in zipped.namelist()} == files


async def test_rows_of_a_generation_are_those_of_its_file(server):
    job_id = await server.create()
    await server.reaches(job_id, "SUCCEEDED")
    text = await (await server.client.get(f"/api/v1/jobs/{job_id}/artifacts/users.csv")).text()
    written = list(csv.DictReader(io.StringIO(text)))
    answer = await (await server.client.get(f"/api/v1/rows/{job_id}/users?offset=1234&limit=5")).json()
    assert answer["totalRows"] == len(written) == 2000 and answer["columns"] == ["id", "first_name", "email"]
    assert [{key: str(value) for key, value in row.items()} for row in answer["rows"]] == written[1234:1239]
    url = "/api/v1/schemas:preview?table=users&offset=1234&rows=5"
    preview = await (await server.client.post(url, data=SCHEMA, headers=YAML)).json()
    assert preview["rows"] == answer["rows"]


async def test_the_same_events_reach_sse_websocket_and_grpc_at_once(server):
    job_id = await server.create()

    async def sse() -> list[int]:
        async with server.client.get(f"/api/v1/jobs/{job_id}/events", headers={"Accept": "text/event-stream"}) as answer:
            lines = (await answer.text()).splitlines()
        return [json.loads(line[6:])["seq"] for line in lines if line.startswith("data: ")]

    async def socket() -> list[int]:
        async with server.client.ws_connect(f"/api/v1/jobs/{job_id}/ws") as ws:
            seen = [json.loads(message.data)["seq"] async for message in ws]
        assert ws.close_code == 1000
        return seen

    async def rpc() -> list[int]:
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = jobs_pb2_grpc.JobServiceStub(channel).WatchJob(jobs_pb2.WatchJobRequest(id=job_id))
            return [event.seq async for event in call]

    together = await asyncio.gather(sse(), socket(), rpc())
    late = await asyncio.gather(sse(), socket(), rpc())
    wanted = list(range(1, (await server.job(job_id))["lastSequence"] + 1))
    assert together == late == [wanted] * 3


async def test_pause_resume_and_cancel(server):
    plain = await server.create(LONG)
    steered = await server.create(LONG)
    await _progresses(server, steered)
    assert _children(steered)
    answer = await server.client.post(f"/api/v1/jobs/{steered}:pause")
    assert answer.status == 200 and (await answer.json())["state"] in ("PAUSING", "PAUSED")
    job = await server.reaches(steered, "PAUSED")
    assert job["status"] == "paused" and not _children(steered)
    assert (await server.client.post(f"/api/v1/jobs/{steered}:pause")).status == 200
    assert (await server.client.post(f"/api/v1/jobs/{steered}:resume", json={})).status == 200
    digests = [(await server.reaches(job_id, "SUCCEEDED"))["artifacts"][0]["sha256"] for job_id in (plain, steered)]
    assert digests[0] == digests[1]
    again = await server.client.post(f"/api/v1/jobs/{steered}:pause")
    assert (again.status, (await again.json())["code"]) == (409, "INVALID_STATE")
    stopped = await server.create(LONG)
    await _progresses(server, stopped)
    assert (await server.client.post(f"/api/jobs/{stopped}/stop")).status == 200
    assert (await server.reaches(stopped, "CANCELLED"))["status"] == "stopped"
    last = (await server.events(stopped))[-1]
    assert (last["type"], last["data"]["reason"]) == ("shutdown", "cancel") and not _children(stopped)


async def _progresses(server: Stack, job_id: str) -> None:
    async with server.client.get(f"/api/v1/jobs/{job_id}/events") as answer:
        async for line in answer.content:
            if json.loads(line)["type"] == "progress":
                return


def _children(job_id: str) -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may end, or be a zombie, while we look
            if job_id in " ".join(child.cmdline()):
                found.append(child)
    return found


async def test_a_job_that_has_ended_is_removed_with_its_files(server):
    kept, job_id = await server.create(LONG), await server.create()
    refused = await server.client.delete(f"/api/v1/jobs/{kept}")
    problem = await refused.json()
    assert (refused.status, problem["code"]) == (409, "INVALID_STATE")
    assert "cannot be removed" in problem["message"] and "cancel it first" in problem["details"]
    await server.reaches(job_id, "SUCCEEDED")
    removed = await server.client.delete(f"/api/v1/jobs/{job_id}")
    assert (removed.status, await removed.read()) == (204, b"")
    for path in (f"jobs/{job_id}", f"jobs/{job_id}/events", f"jobs/{job_id}/archive", f"jobs/{job_id}/artifacts/users.csv"):
        gone = await server.client.get(f"/api/v1/{path}")
        assert (gone.status, (await gone.json())["code"]) == (404, "JOB_NOT_FOUND"), path
    assert (await server.client.delete(f"/api/v1/jobs/{job_id}")).status == 404
    assert not list(server.data.rglob(f"*{job_id}*"))
    assert [job["id"] for job in (await (await server.client.get("/api/v1/jobs")).json())["jobs"]] == [kept]
    await server.client.post(f"/api/v1/jobs/{kept}:cancel")


async def test_the_same_key_names_the_same_job(server):
    body, headers = {"schema": SCHEMA}, {"Idempotency-Key": "once"}
    first, second = [await server.client.post("/api/v1/generations", json=body, headers=headers) for _ in range(2)]
    assert (await first.json())["id"] == (await second.json())["id"]
    other = await server.client.post("/api/v1/generations", json=body | {"seed": 1}, headers=headers)
    assert (other.status, (await other.json())["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_lists_page(server):
    for _ in range(3):
        await server.create("tables: {t: {rows: 1, columns: {id: sequence}}}")
    first = await (await server.client.get("/api/v1/jobs?pageSize=2")).json()
    second = await (await server.client.get(f"/api/v1/jobs?pageSize=2&pageToken={first['nextPageToken']}")).json()
    assert (len(first["jobs"]), len(second["jobs"]), second["nextPageToken"]) == (2, 1, "")
    wrong = await server.client.get("/api/v1/jobs?pageToken=nonsense")
    assert (wrong.status, (await wrong.json())["code"]) == (400, "PAGE_TOKEN_INVALID")


async def test_a_client_that_leaves_harms_nothing(server):
    job_id = await server.create(LONG)
    for _ in range(5):
        answer = await server.client.get(f"/api/v1/jobs/{job_id}/events")
        answer.close()
        ws = await server.client.ws_connect(f"/api/v1/jobs/{job_id}/ws")
        await ws.close()
    assert (await server.reaches(job_id, "SUCCEEDED"))["progress"]["percentage"] == 100


async def test_what_existing_clients_do(server):
    form = FormData({"output": "csv,sql", "dialect": "mysql"})
    form.add_field("file", SCHEMA.encode(), filename="shop.yaml")
    answer = await server.client.post("/api/seed", data=form)
    created = await answer.json()
    assert answer.status == 202 and created["status"] == "queued" and created["job_id"].startswith("gen_")
    early = await server.client.get(f"/api/download/{created['job_id']}")
    if early.status != 200:  # it may have finished already
        assert (early.status, (await early.json())["code"]) == (409, "JOB_NOT_FINISHED")
    await server.reaches(created["job_id"], "SUCCEEDED")
    job = await (await server.client.get(f"/api/jobs/{created['job_id']}")).json()
    assert job["status"] == "completed" and job["outputFile"] == job["files"][0]["name"]
    zipped = zipfile.ZipFile(io.BytesIO(await (await server.client.get(job["download_url"])).read()))
    names = {each["name"] for each in job["files"]}
    assert set(zipped.namelist()) == names and {"users.csv", "orders.csv"} <= names
    assert await (await server.client.get(job["files"][0]["url"])).read() == zipped.read(job["outputFile"])
    assert created["job_id"] in [each["jobId"] for each in (await (await server.client.get("/api/jobs")).json())["jobs"]]


async def test_values_and_catalogue_for_existing_clients(server):
    one = await (await server.client.get("/api/generate/firstname?seed=1")).json()
    assert one["type"] == "firstname" and isinstance(one["value"], str)
    canonical = await (await server.client.get("/api/v1/generate/firstname?seed=1")).json()
    assert canonical == {"type": "person.first_name", "values": [one["value"]]}
    password = await (await server.client.get("/api/generate/password?length=12&unknown=1")).json()
    assert len(password["value"]) == 12
    catalogue = await (await server.client.get("/api/generators?category=person")).json()
    assert catalogue["count"] == len(catalogue["generators"]) == catalogue["categories"]["person"] > 5


async def test_a_build_config_is_a_schema_too(server):
    config = {
        "global_settings": {"row_count": 5, "output_format": "sql", "file_name": "my_data"},
        "sql_settings": {"dialect": "postgresql", "table_name": "users"},
        "columns": [{"column_name": "id", "generator_type": "uuid"}, {"column_name": "name", "generator_type": "full_name"}],
    }
    answer = await server.client.post("/api/seed", json=config)
    job = await server.reaches((await answer.json())["id"], "SUCCEEDED", "FAILED")
    assert any(each["name"].endswith(".sql") for each in job["artifacts"]), job


async def test_readiness_follows_the_service(tmp_path):
    absent = dict.fromkeys(("seeder_address", "backup_address", "schemas_address", "datasets_address"), "")
    gateway = Gateway(Settings(data_dir=tmp_path, port=0, generator_address="127.0.0.1:1", **absent))
    async with ClientSession(await gateway.start()) as client:
        ready, health, live = [await client.get(path) for path in ("/health/ready", "/api/health", "/health/live")]
        assert (ready.status, health.status, live.status) == (503, 503, 200)
        assert await ready.json() == {"status": "unavailable", "services": {"generator": "UNAVAILABLE"}}
        gone = await client.get("/api/v1/jobs")
        assert (gone.status, (await gone.json())["code"]) == (503, "SERVICE_UNAVAILABLE")
    await gateway.stop()
