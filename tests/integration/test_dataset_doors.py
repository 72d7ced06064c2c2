"""Text datasets over REST and gRPC: canonical routes, and those that existing clients call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiohttp import ClientSession
from mockcraft.datasets.v1 import datasets_pb2 as pb
from mockcraft.datasets.v1 import datasets_pb2_grpc

from services.common.settings import Settings
from services.common.statuses import from_rpc
from services.gateway.server import Gateway
from tests.datasets_server import Behaviour, datasets_server
from tests.integration.stack import Stack, stack

AS_CLIENTS_ASK = {
    "domain": "technology",
    "targetCount": 40,
    "batchSize": 25,
    "outputFormat": "jsonl",
    "domainDescription": "Programming and software development",
    "topics": ["Python", "JavaScript"],
    "modelName": "template",
    "temperature": 0.8,
    "useQuantization": True,
    "userId": 7,
    "examples": None,
}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack(tmp_path) as running:
        yield running


async def asked(server: Stack, verb: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    answer = await server.client.request(verb, path, json=body, headers=headers)
    found = await answer.json()
    assert answer.status == status, found
    return found


async def test_dataset_as_an_existing_client_makes_it(server: Stack) -> None:
    answer = await server.client.post("/api/generate", json=AS_CLIENTS_ASK)
    job = await answer.json()
    assert answer.status == 202, job
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    assert job["id"] == job["jobId"] == job["job_id"] and job["id"].startswith("data_")
    assert job["status"] in ("queued", "processing")
    await server.reaches(job["id"], "SUCCEEDED", "FAILED")

    done = await asked(server, "GET", f"/api/jobs/{job['id']}")
    assert done["status"] == "completed" and done["outputFile"] == "technology.jsonl"
    assert done["progress"]["current"] == 40 and done["progress"]["unit"] == "records"
    assert [each["name"] for each in done["files"]] == ["technology.jsonl", "README.md", "report.html", "manifest.json"]
    text = await (await server.client.get(f"/api/downloads/{job['id']}/{done['outputFile']}")).text()
    records = [json.loads(line) for line in text.splitlines()]
    assert [record["id"] for record in records] == list(range(40))
    assert {record["topic"] for record in records} == {"Python", "JavaScript"}
    archive = await server.client.get(done["downloadUrl"])
    assert archive.status == 200 and (await archive.read())[:2] == b"PK"
    assert "README.md" in [each["name"] for each in done["artifacts"]]
    listed = await asked(server, "GET", "/api/jobs?kind=dataset")
    assert [each["id"] for each in listed["jobs"]] == [job["id"]]


async def test_progress_pause_resume_and_stop_through_the_routes_of_existing_clients(tmp_path: Path) -> None:
    with datasets_server(Behaviour(seconds=0.05, parallel=2)) as model:
        settings = {"datasets": {"openai_url": model.url, "start_concurrency": 2, "max_concurrency": 2}}
        async with stack(tmp_path, **settings) as server:
            body = AS_CLIENTS_ASK | {"modelName": "openai:test", "targetCount": 60, "batchSize": 5}
            job = await asked(server, "POST", "/api/generate", body, 202)
            seen: list[dict[str, Any]] = []
            async with server.client.get(job["eventsUrl"], headers={"Accept": "text/event-stream"}) as events:
                async for line in events.content:
                    if line.startswith(b"data:"):
                        seen.append(json.loads(line[5:]))
                        if seen[-1]["type"] == "checkpoint":
                            break
            assert [each["type"] for each in seen[:2]] == ["init", "start"]
            assert {"current", "total", "rate", "percentage"} <= next(e for e in seen if e["type"] == "progress")["data"].keys()

            assert (await asked(server, "POST", f"/api/jobs/{job['id']}/pause"))["status"] in ("processing", "paused")
            paused = await server.reaches(job["id"], "PAUSED")
            assert 0 < paused["progress"]["current"] < 60
            assert (await server.client.get(f"/api/download/{job['id']}")).status == 409
            await asked(server, "POST", f"/api/jobs/{job['id']}/resume")
            done = await server.reaches(job["id"], "SUCCEEDED", "FAILED")
            assert done["state"] == "SUCCEEDED" and done["progress"]["current"] == 60
            assert model.again <= 2, "only what was under way at the pause may be asked again"

            other = await asked(server, "POST", "/api/generate", body | {"topics": ["Networking"], "targetCount": 500}, 202)
            await server.reaches(other["id"], "RUNNING")
            await asked(server, "POST", f"/api/jobs/{other['id']}/stop")
            assert (await server.reaches(other["id"], "CANCELLED"))["status"] == "stopped"
            last = (await server.events(other["id"]))[-1]
            assert (last["type"], last["data"]["reason"]) == ("shutdown", "cancel")


async def test_single_values_stay_beside_datasets(server: Stack) -> None:
    assert (await asked(server, "GET", "/api/generate/firstname?seed=1"))["type"] == "firstname"


async def test_canonical_create_is_strict_and_names_everything_wrong(server: Stack) -> None:
    wrong = {"targetCount": 0, "topics": ["a", "a"], "kinds": ["chta"], "temperature": 9}
    problem = await asked(server, "POST", "/api/v1/datasets", wrong, 400)
    assert problem["code"] == "DATASET_INVALID"
    assert {each["path"]: each["code"] for each in problem["findings"]} == {
        "targetCount": "OUT_OF_RANGE",
        "kinds[0]": "VALUE_INVALID",
        "temperature": "OUT_OF_RANGE",
    }
    assert all(each["line"] == 1 for each in problem["findings"])
    unknown = await asked(server, "POST", "/api/v1/datasets", {"targetCount": 1, "topicz": []}, 400)
    assert unknown["findings"][0]["suggestion"] == "topics"
    for body, path in (
        ({}, "targetCount"),
        ({"targetCount": 5, "topics": ["a", "a"]}, "topics"),
        ({"targetCount": 5, "outputFormat": "txt", "shape": "alpaca"}, "shape"),
        ({"targetCount": 5, "kinds": ["classification"]}, "labels"),
        ({"targetCount": 5, "language": "de"}, "language"),
        ({"targetCount": 5, "recordSchema": {"type": "object", "properties": {"a": {"type": "strin"}}}}, "recordSchema"),
        ({"targetCount": 5, "filters": {"minLength": 9, "maxLength": 3}}, "filters"),
    ):
        problem = await asked(server, "POST", "/api/v1/datasets", body, 400)
        assert [each["path"] for each in problem["findings"]] == [path], problem
    assert (await asked(server, "GET", "/api/v1/jobs"))["jobs"] == []


async def test_models_that_cannot_be_had_are_refused_with_what_to_do(server: Stack) -> None:
    for name, words in (("openai:x", "datasets.openai_url"), ("nobody/nothing", "mockcraft[models]"), ("other:x", "no provider")):
        problem = await asked(server, "POST", "/api/generate", AS_CLIENTS_ASK | {"modelName": name}, 422)
        assert problem["code"] == "MODEL_UNAVAILABLE" and words in problem["message"], problem
    assert (await asked(server, "GET", "/api/v1/jobs"))["jobs"] == []


async def test_template_model_stands_in_where_the_settings_say_so(tmp_path: Path) -> None:
    async with stack(tmp_path, datasets={"on_missing_model": "template"}) as server:
        job = await asked(server, "POST", "/api/generate", AS_CLIENTS_ASK | {"modelName": "nobody/nothing"}, 202)
        assert job["title"].endswith("by the template model, since nobody/nothing cannot be had")
        events = await server.events(job["id"])
        said = [each["data"]["fallback"] for each in events if each["type"] in ("init", "complete")]
        assert len(said) == 2 and all("nobody/nothing" in text and "stands in" in text for text in said)
        manifest = await (await server.client.get(f"/api/downloads/{job['id']}/manifest.json")).json(content_type=None)
        assert manifest["template"] is True and "nobody/nothing" in manifest["fallback"]


@pytest.mark.parametrize("path", ["/api/v1/datasets", "/api/generate"])
async def test_unknown_domain_is_refused(server: Stack, path: str) -> None:
    problem = await asked(server, "POST", path, {"targetCount": 5, "domain": "tecnology", "topics": ["Python"]}, 400)
    (finding,) = problem["findings"]
    assert problem["code"] == "DATASET_INVALID" and "technology" in problem["message"], problem
    assert (finding["path"], finding["code"], finding["suggestion"]) == ("domain", "DOMAIN_UNKNOWN", "technology")
    own = {"targetCount": 5, "domain": "Space gardening", "domainDescription": "Plants on the Moon."}
    job = await asked(server, "POST", path, own, 202)
    assert job["title"] == "Space gardening, 5 records"


async def test_same_request_id_is_the_same_job(server: Stack) -> None:
    body = {"targetCount": 5, "domain": "law"}
    first = await asked(server, "POST", "/api/v1/datasets", body, 202, **{"Idempotency-Key": "k1"})
    again = await asked(server, "POST", "/api/v1/datasets", body, 202, **{"Idempotency-Key": "k1"})
    assert first["id"] == again["id"]
    reused = await asked(server, "POST", "/api/v1/datasets", body | {"targetCount": 6}, 422, **{"Idempotency-Key": "k1"})
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_templates_as_clients_and_as_the_api_know_them(server: Stack) -> None:
    flat = (await asked(server, "GET", "/api/templates"))["templates"]
    assert len(flat) >= 8 and all(len(each["topics"]) >= 10 and each["example"] and each["description"] for each in flat)
    one = await asked(server, "GET", "/api/templates/technology")
    assert one["id"] == "technology" and one["domainDescription"] == "Programming and software development"
    assert "request" not in one and "targetCount" not in one
    canonical = await asked(server, "GET", "/api/v1/dataset-templates/Technology")
    assert canonical["request"]["topics"] == one["topics"]
    missing = await asked(server, "GET", "/api/templates/nothing", status=404)
    assert missing["code"] == "TEMPLATE_NOT_FOUND" and "technology" in missing["details"]


async def test_domains_are_saved_changed_used_and_removed(server: Stack) -> None:
    body = {"name": "Sock shop", "description": "Socks", "domain": "commerce", "topics": ["Socks"], "batchSize": None, "color": 1}
    saved = await asked(server, "POST", "/api/domains", body, 201)
    assert (saved["id"], saved["topics"], saved["domain"]) == ("sock-shop", ["Socks"], "commerce")
    assert "batchSize" not in saved and "request" not in saved
    assert (await asked(server, "POST", "/api/domains", body | {"name": "SOCK  shop"}, 409))["code"] == "DUPLICATE_NAME"
    assert [each["id"] for each in (await asked(server, "GET", "/api/domains"))["domains"]] == ["sock-shop"]

    changed = await asked(server, "PUT", "/api/domains/sock-shop", {"topics": ["Wool"], "kinds": ["qa"]})
    assert (changed["name"], changed["topics"], changed["revision"]) == ("Sock shop", ["Wool"], 2)
    stale = await asked(server, "PUT", "/api/v1/domains/sock-shop", {"request": {}, "revision": 1}, 409)
    assert stale["code"] == "REVISION_STALE"

    job = await asked(server, "POST", "/api/generate", {"domain": "sock shop", "targetCount": 10}, 202)
    await server.reaches(job["id"], "SUCCEEDED", "FAILED")
    done = await asked(server, "GET", f"/api/jobs/{job['id']}")
    lines = (await (await server.client.get(f"/api/downloads/{job['id']}/{done['outputFile']}")).text()).splitlines()
    assert {(r["topic"], r["kind"]) for r in map(json.loads, lines)} == {("Wool", "qa")}
    assert done["outputFile"] == "sock_shop.jsonl"

    assert (await asked(server, "DELETE", "/api/domains/sock-shop"))["deleted"] is True
    for verb in ("GET", "PUT", "DELETE"):
        found = await asked(server, verb, "/api/domains/sock-shop", {} if verb == "PUT" else None, 404)
        assert found["code"] == "DOMAIN_NOT_FOUND"


async def test_domains_are_checked_and_paged(server: Stack) -> None:
    bad = await asked(server, "POST", "/api/v1/domains", {"name": "a", "request": {"batchSize": 0}}, 400)
    assert [each["path"] for each in bad["findings"]] == ["request.batchSize"]
    assert (await asked(server, "POST", "/api/v1/domains", {"name": " "}, 400))["code"] == "NAME_INVALID"
    made = await asyncio.gather(*(asked(server, "POST", "/api/v1/domains", {"name": f"d{n}"}, 201) for n in range(5)))
    assert {each["revision"] for each in made} == {1}
    first = await asked(server, "GET", "/api/v1/domains?pageSize=3")
    rest = await asked(server, "GET", f"/api/v1/domains?pageSize=3&pageToken={first['nextPageToken']}")
    assert [each["name"] for each in first["domains"] + rest["domains"]] == [f"d{n}" for n in range(5)]
    assert rest["nextPageToken"] == ""
    assert (await asked(server, "GET", "/api/v1/domains?pageToken=%25", status=400))["code"] == "PAGE_TOKEN_INVALID"


async def test_one_of_many_saves_of_a_name_wins(server: Stack) -> None:
    answers = await asyncio.gather(*(server.client.post("/api/v1/domains", json={"name": "Same"}) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 7]


async def test_over_grpc(server: Stack) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = datasets_pb2_grpc.DatasetServiceStub(channel)  # type: ignore[no-untyped-call]
        job = await stub.CreateDataset(pb.DatasetRequest(target_count=3, domain="law", output_format="csv", metadata=False))
        assert job.id.startswith("data_") and job.title == "law, 3 records"
        await server.reaches(job.id, "SUCCEEDED")
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await stub.CreateDataset(pb.DatasetRequest(target_count=3, domain="laww"))
        problem = from_rpc(unknown.value)
        assert (unknown.value.code(), problem.code) == (grpc.StatusCode.INVALID_ARGUMENT, "DATASET_INVALID")
        assert [(each.path, each.suggestion) for each in problem.findings] == [("domain", "law")]
        saved = await stub.CreateDomain(pb.CreateDomainRequest(name="X", request=pb.DatasetRequest(topics=["a"])))
        assert (await stub.GetDomain(pb.GetDomainRequest(id=saved.id))).request.topics == ["a"]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.CreateDataset(pb.DatasetRequest(target_count=3, model_name="openai:x"))
        assert (refused.value.code(), from_rpc(refused.value).code) == (grpc.StatusCode.FAILED_PRECONDITION, "MODEL_UNAVAILABLE")


async def test_gateway_before_datasets_alone_answers_for_their_jobs(server: Stack, tmp_path: Path) -> None:
    absent: Any = dict.fromkeys(("generator_address", "seeder_address", "backup_address", "schemas_address"), "")
    gateway = Gateway(Settings(data_dir=tmp_path, port=0, datasets_address=server.address, **absent))
    async with ClientSession(await gateway.start()) as client:
        answer = await client.post("/api/generate", json={"targetCount": 3, "domain": "law"})
        assert answer.status == 202
        job = (await answer.json())["id"]
        assert (await client.get(f"/api/jobs/{job}")).status == 200 and (await client.get("/api/jobs")).status == 200
        assert (await client.get("/api/generators")).status == 501
    await gateway.stop()
