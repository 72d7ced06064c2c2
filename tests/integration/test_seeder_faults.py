"""Seedings over REST and gRPC into real servers: wrong passwords, servers that go, tables that change, cleaning."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from mockcraft.generator.v1 import generator_pb2 as gen
from mockcraft.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from tests.integration.loads import SHOP, plan_of
from tests.integration.seed_places import Place, made
from tests.integration.stack import Stack, stack
from tests.integration.test_seeder_doors import CANARY, ROUTE, looking, sealed, seed
from tests.servers import Crash

USERS = "10K"
PLAN = plan_of(users=USERS)
WHOLE = made(PLAN)


@dataclass(frozen=True)
class Reached:
    """A database of its own, and how to crash its server for so many seconds."""

    place: Place
    crash: Crash

    @property
    def url(self) -> str:
        return self.place.url

    @property
    def flushes(self) -> float:
        """The test's MariaDB writes its log once a second; what came later is lost with it."""
        return 1.5 if self.place.dialect == "mysql" else 0.0

    @contextmanager
    def away(self, seconds: float) -> Iterator[None]:
        """The server is gone within, for at most so long; it is back afterwards."""
        gone = threading.Thread(target=self.crash, args=(seconds,))
        gone.start()
        try:
            yield
        finally:
            gone.join()


@pytest.fixture(params=["postgres", "mariadb"])
def reached(request: pytest.FixtureRequest) -> Reached:
    server = request.getfixturevalue(request.param)
    return Reached(Place(request.getfixturevalue(f"{request.param}_url")), server.crash)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    (tmp_path / "data").mkdir()
    async with stack(tmp_path / "data", retry_seconds=0.05, max_attempts=2) as running:
        yield running


async def begin(server: Stack, url: str, **fields: Any) -> str:
    status, job = await seed(server, url, SHOP, **{"set": {"users": USERS}, "batchSize": 1024} | fields)
    assert status == 202, job
    return str(job["id"])


async def until_said(server: Stack, job_id: str, type_: str) -> None:
    async with server.client.get(f"/api/v1/jobs/{job_id}/events") as answer:
        async for line in answer.content:
            if json.loads(line)["type"] == type_:
                return
    raise AssertionError(type_)


async def paused(server: Stack, url: str) -> str:
    """A load that lies paused in the middle."""
    job_id = await begin(server, url)
    await until_said(server, job_id, "checkpoint")
    await server.client.post(f"/api/v1/jobs/{job_id}:pause")
    await server.reaches(job_id, "PAUSED")
    return job_id


async def again(server: Stack, job_id: str, verb: str, **fields: Any) -> dict[str, Any]:
    answer = await server.client.post(f"{ROUTE}/{job_id}:{verb}", json=fields)
    job: dict[str, Any] = await answer.json()
    assert answer.status == 202, job
    return job


async def complete(server: Stack, job_id: str) -> dict[str, Any]:
    last = (await server.events(job_id))[-1]
    assert last["type"] == "complete", last
    return dict(last["data"])


async def same(place: Place) -> bool:
    return await asyncio.to_thread(place.content, PLAN) == WHOLE


# passwords


def with_password(url: str, password: str) -> str:
    return url.replace(":secret@", f":{password}@")


async def test_a_wrong_password_fails_at_once_and_is_seen_nowhere(
    server: Stack, reached: Reached, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = with_password(reached.url, CANARY)
    with looking(tmp_path) as seen:
        job_id = await begin(server, wrong)
        failed = await server.reaches(job_id, "FAILED")
        said: list[object] = [failed, await server.events(job_id)]
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = seeder_pb2_grpc.SeederServiceStub(channel)  # type: ignore[no-untyped-call]
            request = seeder_pb2.CreateSeedingRequest(schema=gen.Schema(text=SHOP), target=wrong)
            events = [event async for event in stub.StreamSeeding(request)]
    assert (failed["error"]["code"], failed["error"]["retryable"], failed["attempt"]) == ("TARGET_AUTH_FAILED", False, 1)
    assert (events[-1].type, events[-1].data["code"]) == ("error", "TARGET_AUTH_FAILED")
    assert CANARY not in json.dumps(said) + repr(events) + "".join(capfd.readouterr())
    assert seen == []
    assert await sealed(server) == []


async def test_the_right_password_resumes_what_a_wrong_one_failed(server: Stack, reached: Reached) -> None:
    job_id = await begin(server, with_password(reached.url, CANARY))
    await server.reaches(job_id, "FAILED")
    heir = await again(server, job_id, "resume", target=reached.url)
    assert heir["resumedFrom"] == job_id
    await complete(server, heir["id"])
    assert await same(reached.place)


# servers that go and come back


async def test_a_server_that_is_restarted_while_it_is_loaded_costs_nothing_but_time(server: Stack, reached: Reached) -> None:
    job_id = await begin(server, reached.url)
    await until_said(server, job_id, "checkpoint")
    await asyncio.to_thread(reached.crash)
    assert (await complete(server, job_id))["rows"] == PLAN.total_rows
    assert await same(reached.place)


async def test_a_server_that_is_down_fails_the_job_which_goes_on_when_it_is_back(server: Stack, reached: Reached) -> None:
    job_id = await paused(server, reached.url)
    await asyncio.sleep(reached.flushes)
    with reached.away(8):
        await again(server, job_id, "resume")
        failed = await server.reaches(job_id, "FAILED", "SUCCEEDED")
    assert (failed["error"]["code"], failed["error"]["retryable"]) == ("TARGET_UNAVAILABLE", True)
    errors = [event["data"]["willRetry"] for event in await server.events(job_id) if event["type"] == "error"]
    assert errors == [True, False]
    refused = await server.client.post(f"{ROUTE}/{job_id}:resume", json={})
    assert (refused.status, (await refused.json())["code"]) == (409, "TARGET_NEEDED")
    heir = (await again(server, job_id, "resume", target=reached.url))["id"]
    await complete(server, heir)
    (start,) = [event["data"] for event in await server.events(heir) if event["type"] == "start"]
    assert start["resumeFrom"]["rows"] > 0
    assert await same(reached.place)


# tables that change


MANY = 200_000


async def while_loading(server: Stack, url: str) -> str:
    """A load that goes on for a while."""
    job_id = await begin(server, url, set={"users": str(MANY)})
    await until_said(server, job_id, "checkpoint")
    return job_id


@pytest.mark.parametrize("begun", [while_loading, paused], ids=["while it is loaded", "between attempts"])
async def test_a_table_that_is_changed_fails_the_job(
    server: Stack, reached: Reached, begun: Callable[[Stack, str], Awaitable[str]]
) -> None:
    job_id = await begun(server, reached.url)
    await asyncio.to_thread(reached.place.run, "ALTER TABLE users DROP COLUMN balance")
    if begun is paused:
        await again(server, job_id, "resume")
    failed = await server.reaches(job_id, "FAILED", "SUCCEEDED")
    assert (failed["error"]["code"], failed["error"]["retryable"]) == ("TARGET_MISMATCH", False)
    assert "column" in failed["error"]["message"]
    told = (await server.events(job_id))[-1]["data"]
    if begun is while_loading:
        ((_, done, end),) = told["unfinished"]["users"]
        assert 0 < done < end and told["checkpoint"]["rows"] == done
    (kept,) = await asyncio.to_thread(reached.place.query, "SELECT count(*) FROM users")
    assert 0 < kept[0] < MANY


# cleaning


async def test_a_load_is_cleaned_and_nothing_else(server: Stack, reached: Reached) -> None:
    first = await begin(server, reached.url, set={"users": "300"})
    await complete(server, first)
    before = await asyncio.to_thread(reached.place.query, "SELECT count(*), max(id) FROM users")
    second = await begin(server, reached.url, set={"users": "2000"})
    running = await server.client.post(f"{ROUTE}/{second}:clean", json={"target": reached.url})
    assert (running.status, (await running.json())["code"]) in ((409, "JOB_NOT_ENDED"), (202, None))
    await complete(server, second)
    refused = await server.client.post(f"{ROUTE}/{second}:clean", json={})
    assert (refused.status, (await refused.json())["code"]) == (409, "TARGET_NEEDED")
    other = await server.client.post(f"{ROUTE}/{second}:clean", json={"target": reached.url + "x"})
    assert (other.status, (await other.json())["code"]) == (409, "TARGET_DIFFERS")
    cleaning = await again(server, second, "clean", target=reached.url)
    told = await complete(server, cleaning["id"])
    assert (told["cleaned"], {t["name"]: t["rows"] for t in told["tables"]}["users"]) == (second, 2000)
    assert await asyncio.to_thread(reached.place.query, "SELECT count(*), max(id) FROM users") == before
    twice = await again(server, second, "clean", target=reached.url)
    assert (await server.reaches(twice["id"], "FAILED"))["error"]["code"] == "NOTHING_TO_CLEAN"
