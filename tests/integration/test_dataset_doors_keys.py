"""A model behind an endpoint with a key, through the whole server: the key arrives there, and is nowhere else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from services.common.settings import Settings
from services.common.telemetry import setup_logging
from tests.datasets_server import Behaviour, datasets_server
from tests.integration.stack import stack

CANARY = "sk-canary-5e2bb1b1f60a4b0e"


async def test_key_reaches_the_model_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging(Settings(data_dir=tmp_path), "test")
    data = tmp_path / "data"
    with datasets_server(Behaviour(seconds=0.05, parallel=4, key=CANARY, failed=0.1, malformed=0.1)) as model:
        settings = {"datasets": {"openai_url": model.url, "openai_key": CANARY, "model": "openai:test", "max_concurrency": 4}}
        async with stack(data, **settings) as server:
            answer = await server.client.post("/api/generate", json={"targetCount": 40, "batchSize": 5, "topics": ["Python"]})
            job = await answer.json()
            assert answer.status == 202, job
            running = await server.reaches(job["id"], "RUNNING")
            shown = _children(await _child_of(job["id"]))
            assert (await server.reaches(job["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
            events = json.dumps(await server.events(job["id"]))
            views = json.dumps([job, running, await server.job(job["id"]), await (await server.client.get("/api/jobs")).json()])
            metrics = await (await server.client.get("/metrics")).text()
            kept = _holding(data)
    assert any(CANARY in headers.get("Authorization", "") for headers in model.headers), "the key never arrived"
    assert shown and CANARY not in shown
    assert CANARY not in events + views + metrics
    assert kept == [] and _holding(data) == []
    out, err = capfd.readouterr()
    assert job["id"] in out + err and CANARY not in out + err


async def test_wrong_key_fails_the_job_without_telling_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging(Settings(data_dir=tmp_path), "test")
    with datasets_server(Behaviour(key="another")) as model:
        settings = {"datasets": {"openai_url": model.url, "openai_key": CANARY}}
        async with stack(tmp_path / "data", **settings) as server:
            answer = await server.client.post("/api/generate", json={"targetCount": 4, "modelName": "openai:test"})
            job = await server.reaches((await answer.json())["id"], "SUCCEEDED", "FAILED")
            assert job["state"] == "FAILED" and job["error"]["code"] == "MODEL_REFUSED", job["error"]
            assert CANARY not in json.dumps([job, await server.events(job["id"])])
    out, err = capfd.readouterr()
    assert CANARY not in out + err and _holding(tmp_path) == []


async def test_endpoint_in_no_list_of_hosts_is_refused_before_a_job(tmp_path: Path) -> None:
    settings = {"datasets": {"openai_url": "https://models.example.com/v1", "openai_key": CANARY}}
    async with stack(tmp_path, **settings) as server:
        answer = await server.client.post("/api/generate", json={"targetCount": 4, "modelName": "openai:test"})
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (422, "MODEL_UNAVAILABLE")
        assert "datasets.allowed_hosts" in problem["message"] and CANARY not in json.dumps(problem)


async def test_same_dataset_in_another_format_asks_for_nothing_again(tmp_path: Path) -> None:
    with datasets_server() as model:
        async with stack(tmp_path, datasets={"openai_url": model.url, "model": "openai:test"}) as server:
            for fields in ({"budget": {"tokens": 1}}, {"outputFormat": "jsonl"}, {"outputFormat": "csv", "batchSize": 3}):
                answer = await server.client.post("/api/v1/datasets", json={"targetCount": 20, "topics": ["Python"], **fields})
                job = await server.reaches((await answer.json())["id"], "SUCCEEDED", "FAILED")
                assert job["state"] == ("FAILED" if "budget" in fields else "SUCCEEDED"), job["error"]
    assert sum(model.answered.values()) >= 20 and model.again == 0


async def test_answers_go_with_their_job_and_stay_with_one_that_can_go_on(tmp_path: Path) -> None:
    fields = {"targetCount": 40, "topics": ["Python"], "batchSize": 2}
    settings = {"datasets": {"model": "openai:test", "max_concurrency": 2}, "expiry_hours": 1 / 3600, "sweep_seconds": 0.2}
    with datasets_server(Behaviour(seconds=0.05, parallel=2)) as model:
        settings["datasets"]["openai_url"] = model.url  # type: ignore[index]
        async with stack(tmp_path, **settings) as server:
            paused = await (await server.client.post("/api/v1/datasets", json={**fields, "seed": 1})).json()
            while sum(model.answered.values()) < 12:
                await asyncio.sleep(0.02)
            await server.client.post(f"/api/v1/jobs/{paused['id']}:pause")
            await server.reaches(paused["id"], "PAUSED")
            done = await (await server.client.post("/api/v1/datasets", json={**fields, "targetCount": 4})).json()
            assert (await server.reaches(done["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
            async with asyncio.timeout(20):
                while (tmp_path / "checkpoints" / done["id"]).exists():
                    await asyncio.sleep(0.05)
            assert [path.parent.name for path in tmp_path.rglob("answers.db")] == [paused["id"]]
            asked = sum(model.asked.values())
            await server.client.post(f"/api/v1/jobs/{paused['id']}:resume")
            assert (await server.reaches(paused["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
            assert sum(model.asked.values()) - asked < 40 and model.again <= 2
            cancelled = await (await server.client.post("/api/v1/datasets", json={**fields, "seed": 2})).json()
            while not (tmp_path / "checkpoints" / cancelled["id"] / "answers.db").exists():
                await asyncio.sleep(0.02)
            await server.client.post(f"/api/v1/jobs/{cancelled['id']}:cancel")
            await server.reaches(cancelled["id"], "CANCELLED")
            async with asyncio.timeout(20):
                while (tmp_path / "checkpoints" / cancelled["id"]).exists():
                    await asyncio.sleep(0.05)


async def _child_of(job_id: str) -> int:
    """The process that works on a job, by the spec that its command line names."""
    async with asyncio.timeout(20):
        while True:
            for folder in Path("/proc").glob("[0-9]*"):
                if job_id.encode() in _bytes(folder / "cmdline"):
                    return int(folder.name)
            await asyncio.sleep(0.01)


def _children(pid: int) -> str:
    """What others can see of a process: command line and environment."""
    return (_bytes(Path(f"/proc/{pid}/cmdline")) + _bytes(Path(f"/proc/{pid}/environ"))).decode(errors="replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _holding(folder: Path) -> list[str]:
    """Files that hold the key."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
