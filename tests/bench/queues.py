"""Many at once: jobs created by the hundred a second, ten thousand waiting and listed, a thousand who follow one job."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from examples.main_job import Stack, stack
from tests.bench.floors import Floor, at_least, at_most, shown
from tests.bench.rest import generation, in_state, seconds_of, servers_of, wait_for
from tests.bench.runs import HERE, MEMORY, folder

FREE: Final = {f"MOCKCRAFT_RATE_LIMITS__{kind}": "0" for kind in ("READ", "CREATE", "STEER", "COMPUTE", "STREAM", "DOWNLOAD")}
ONE_TABLE: Final = {
    "mockcraft": 1,
    "tables": {"people": {"rows": 1000, "columns": {"id": "sequence", "name": "full_name", "email": "email", "born": "date"}}},
}
USERS: Final = HERE / "users.yaml"


# Creations.


async def create(session: aiohttp.ClientSession, url: str, until: float, made: list[float]) -> None:
    """Create jobs one after another; the times they were accepted at."""
    number = 0
    while time.monotonic() < until:
        number += 1
        body = json.dumps({"schema": ONE_TABLE, "outputs": [{"format": "csv"}], "seed": number})
        headers = {"Content-Type": "application/json"}
        async with session.post(f"{url}/api/v1/generations", data=body, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
            await answer.read()
        made.append(time.monotonic())


async def creations(url: str, seconds: float, clients: int) -> list[float]:
    """Moments at which so many clients had jobs accepted."""
    made: list[float] = []
    async with aiohttp.ClientSession() as session:
        until = time.monotonic() + seconds
        await asyncio.gather(*(create(session, url, until, made) for _ in range(clients)))
    return made


def creation_floors(seconds: float = 20, clients: int = 16) -> Iterator[Floor]:
    """Jobs of one table through the gateway into the SQLite store: others work on them, then this server too."""
    for working, target in (("0", 300.0), ("2", 0.0)):
        with folder(None) as home, stack(home / "data", **FREE, MOCKCRAFT_MAX_CONCURRENT_JOBS=working) as served:
            asyncio.run(creations(served.url, 2, clients))
            made = asyncio.run(creations(served.url, seconds, clients))
        rate = len(made) / (made[-1] - made[0])
        what = f"jobs created a second, {seconds:g} s, {clients} clients, {working} running"
        yield at_least(what, rate, target, "jobs/s") if target else shown(what, f"{rate:,.0f} jobs/s")
        by_second = [sum(1 for at in made if made[0] + n <= at < made[0] + n + 1) for n in range(int(seconds) - 1)]
        yield shown("the slowest second of them", f"{min(by_second)} jobs")


# Lists.


def fill(data: Path, count: int) -> None:
    """A store with so many jobs that wait, of three kinds and seven clients."""
    from services.common.jobs.ids import new_job_id
    from services.common.jobs.model import Job, State
    from services.common.jobs.sql import SqlJobStore

    async def store() -> None:
        jobs = SqlJobStore(f"sqlite:///{data / 'jobs.db'}")
        await jobs.open()
        for number in range(count):
            kind = ("generation", "seeding", "backup")[number % 3]
            spec = {"plan": {"tables": [{"name": "people"}] * 20}}
            made = Job(new_job_id(kind), kind, State.PENDING, datetime.now(UTC), spec=spec, client=f"c{number % 7}")
            await jobs.create(made)
        await jobs.close()

    asyncio.run(store())


async def listed(url: str) -> dict[str, list[float]]:
    """Seconds of each way to look at the queue, first page to last."""
    ways = {"listed": "", "by state": "&state=PENDING", "by kind": "&kind=backup", "by both": "&kind=seeding&state=PENDING"}
    found: dict[str, list[float]] = {}
    async with aiohttp.ClientSession() as session:
        for way, query in ways.items():
            token, taken = "", []
            while True:
                began = time.perf_counter()
                async with session.get(f"{url}/api/v1/jobs?pageSize=100{query}&pageToken={token}") as answer:
                    page = json.loads(await answer.read())
                taken.append(time.perf_counter() - began)
                token = page.get("nextPageToken", "")
                if not token:
                    break
            found[way] = taken
        began = time.perf_counter()
        async with session.get(f"{url}/api/v1/jobs:summary") as answer:
            await answer.read()
        found["counted"] = [time.perf_counter() - began]
    return found


def list_floors(count: int = 10_000) -> Iterator[Floor]:
    """Ten thousand jobs that wait: each page of each list."""
    with folder(None) as home:
        data = home / "data"
        data.mkdir()
        fill(data, count)
        with stack(data, **FREE, MOCKCRAFT_MAX_CONCURRENT_JOBS="0") as served:
            times = asyncio.run(listed(served.url))
    for way, taken in times.items():
        median = statistics.median(taken) * 1000
        yield at_most(
            f"{count:,} waiting jobs, {way}: slowest of {len(taken)} (median {median:.0f} ms)", max(taken) * 1000, 100, "ms"
        )


# Subscribers.


async def follow(session: aiohttp.ClientSession, served: Stack, job: str, number: int, channel: Any) -> int:
    """Follow a job to its end as one of four kinds of clients; the number of its last event, 0 for a gap."""
    from tests.bench.watchers import ndjson, sse, websocket

    kind = number % 4
    if kind == 3:
        from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

        stub: Any = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        numbers = [event.seq async for event in stub.WatchJob(jobs_pb2.WatchJobRequest(id=job))]
    else:
        numbers = [event["seq"] for event in await (sse, ndjson, websocket)[kind](session, served.url, job)]
    return numbers[-1] if numbers == list(range(1, len(numbers) + 1)) else 0


async def crowd(served: Stack, job: str, followers: int) -> list[int]:
    """The last event of each of so many followers."""
    import grpc

    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        grpc.aio.insecure_channel(served.grpc) as channel,
    ):
        return await asyncio.gather(*(follow(session, served, job, number, channel) for number in range(followers)))


def follow_job(served: Stack, rows: int, followers: int, outputs: Path) -> tuple[float, list[int]]:
    """Seconds that a job of so many rows took, and the last event that each follower saw (in a process of its own).

    Its files go at once: several of them would fill the memory.
    """
    job = generation(served.url, USERS, {"users": rows})
    seen: list[int] = []
    if followers:
        clients = [sys.executable, "-m", "tests.bench.queues", served.url, served.grpc, job, str(followers)]
        command = ["nice", "-n", "19", *clients]  # they would be on other machines
        seen = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    done = wait_for(served.url, job, in_state("SUCCEEDED", "FAILED", "CANCELLED"))
    assert done["state"] == "SUCCEEDED", done
    shutil.rmtree(outputs / job)
    return seconds_of(done), seen


def subscriber_floors(followers: int = 1000, rows: int = 40_000_000) -> Iterator[Floor]:
    """A job that a thousand clients follow beside the same without, the better of two runs each; its files in memory, so that
    no disk counts."""
    with folder(MEMORY) as home, stack(home / "data", **FREE) as served:
        server = max(servers_of(home), key=lambda each: each.memory_info().rss)
        outputs = home / "data" / "outputs"
        alone = min(follow_job(served, rows, 0, outputs)[0] for _ in range(2))
        before, peak, stop = server.memory_info().rss, [0], threading.Event()

        def sample() -> None:
            while not stop.wait(0.2):
                peak[0] = max(peak[0], server.memory_info().rss)

        sampler = threading.Thread(target=sample)
        sampler.start()
        twice = [follow_job(served, rows, followers, outputs) for _ in range(2)]
        stop.set()
        sampler.join()
    yield at_most(
        f"time of a {rows:,}-row job with {followers:,} followers beside none",
        min(seconds for seconds, _ in twice) / alone,
        1.10,
        "times",
    )
    yield at_most("growth of the service's memory", (peak[0] - before) / 1e6, 150, "MB")
    whole = min(sum(1 for number in seen if number and number == max(seen)) for _, seen in twice)
    yield Floor("followers that saw every event, in order, to the last", f"{followers:,}", f"{whole:,}", whole == followers)


def queue_floors() -> Iterator[Floor]:
    """All of them."""
    yield from creation_floors()
    yield from list_floors()
    yield from subscriber_floors()


def main() -> None:
    """The followers' process: `URL GRPC JOB FOLLOWERS`; prints the numbers of their last events."""
    url, address, job, followers = sys.argv[1:]
    print(json.dumps(asyncio.run(crowd(Stack(url, address), job, int(followers)))))


if __name__ == "__main__":
    main()
