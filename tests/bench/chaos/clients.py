"""The clients: they create, repeat, pause, resume, cancel and follow jobs, through gateways that come and go."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aiohttp

from tests.bench.chaos.work import JSON, Recipe
from tests.bench.watchers import terminal

ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
PATIENCE: Final = 90.0
"""Seconds that a client goes on asking a gateway that does not answer."""
LOOK: Final = 0.1


@dataclass
class Task:
    """A job from its client's side. `steered` are verb, begin and seconds of what was asked of it."""

    recipe: Recipe
    number: int
    id: str = ""
    repeats: list[str] = field(default_factory=list)
    steered: list[tuple[str, float, float]] = field(default_factory=list)
    cancelled: bool = False
    job: JSON = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    came: Any = None
    followed: int = 0
    dropped: int = 0

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return f"chaos-{self.number}"


class Door:
    """The gateways, asked again and again until one answers."""

    def __init__(self, session: aiohttp.ClientSession, urls: tuple[str, ...], chance: Random) -> None:
        self.session, self.urls, self._chance = session, urls, chance
        self.retries = 0

    def url(self) -> str:
        """One of them."""
        return self._chance.choice(self.urls)

    async def ask(self, verb: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, JSON]:
        """Status and JSON of the first answer that is none of a failing server. Raises `TimeoutError`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                async with self.session.request(verb, self.url() + path, json=body, headers=headers) as answer:
                    if answer.status < 500:
                        return answer.status, json.loads(await answer.read() or b"{}")
                    failure = f"{answer.status} {(await answer.text())[:300]}"
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                failure = repr(error)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{verb} {path}: {failure}")
            self.retries += 1
            await asyncio.sleep(0.2)

    async def create(self, task: Task) -> str:
        """The id of the task's job, once it is acknowledged."""
        body = await asyncio.to_thread(self._body, task)
        path = f"/api/v1/{task.recipe.route}".replace("/v1/../", "/")
        status, job = await self.ask("POST", path, body, {"Idempotency-Key": task.key})
        if status != 202:
            raise RuntimeError(f"{path}: {status} {job}")
        return str(job["id"])

    def _body(self, task: Task) -> JSON:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return task.recipe.body(task.number)
            except Exception:  # a database cannot be made while its server is away
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    async def look(self, job_id: str) -> JSON:
        """The job as it is now."""
        status, job = await self.ask("GET", f"/api/v1/jobs/{job_id}")
        if status != 200:
            raise RuntimeError(f"{job_id}: {status} {job}")
        return job

    async def steer(self, job_id: str, verb: str) -> tuple[int, JSON]:
        """Ask something of a job."""
        return await self.ask("POST", f"/api/v1/jobs/{job_id}:{verb}", {})

    async def until(self, job_id: str, good: Callable[[JSON], bool], seconds: float, gap: float = LOOK) -> JSON:
        """Look until the job is as wanted. Raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while not good(job := await self.look(job_id)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{job_id} is {job['state']} after {seconds:g} s")
            await asyncio.sleep(gap)
        return job


async def live(task: Task, door: Door, chance: Random, over: Callable[[], float]) -> None:
    """The whole life of one job. `over` tells how many seconds it may take still. Problems are written down, none is raised."""
    try:
        await _created(task, door, chance)
        following = asyncio.ensure_future(follow(task, door, chance, over)) if chance.random() < 0.5 else None
        fate = chance.random()
        if fate < 0.35 and task.recipe.pausable:
            await asyncio.sleep(chance.uniform(0.1, 3))
            await _paused(task, door, chance)
        elif fate > 0.85:
            await asyncio.sleep(chance.uniform(0, 3))
            await _cancelled(task, door)
        task.job = await door.until(task.id, lambda job: job["state"] in ENDED, over(), 0.5)
        if following is not None:
            await asyncio.wait_for(following, 60)
        if chance.random() < 0.2:
            task.repeats.append(await door.create(task))
    except Exception as error:
        task.problems.append(f"{type(error).__name__}: {error}")


async def _created(task: Task, door: Door, chance: Random) -> None:
    """Ask for the job; sometimes twice at once."""
    if chance.random() < 0.2:
        task.id, again = await asyncio.gather(door.create(task), door.create(task))
        task.repeats.append(again)
    else:
        task.id = await door.create(task)


async def _paused(task: Task, door: Door, chance: Random) -> None:
    """Pause, wait for it, and resume after a while."""
    working = (await door.look(task.id))["state"] == "RUNNING"
    began = time.monotonic()
    status, answer = await door.steer(task.id, "pause")
    if status == 409 and answer["code"] == "INVALID_STATE":
        return
    if status != 200:
        raise RuntimeError(f"pause: {status} {answer}")
    rests = (*ENDED, "PAUSED", "RETRY_WAIT", "PENDING")
    job = await door.until(task.id, lambda job: job["state"] in rests, 60, 0.05)
    if working and job["state"] == "PAUSED":
        task.steered.append(("pause", began, time.monotonic() - began))
    await asyncio.sleep(chance.uniform(0.2, 4))
    status, answer = await door.steer(task.id, "resume")
    if status != 200 and (await door.look(task.id))["state"] not in ENDED:
        raise RuntimeError(f"resume: {status} {answer}")


async def _cancelled(task: Task, door: Door) -> None:
    """Cancel, and wait for the end."""
    working = (await door.look(task.id))["state"] == "RUNNING"
    began = time.monotonic()
    status, answer = await door.steer(task.id, "cancel")
    if status == 409 and answer["code"] == "INVALID_STATE":
        return
    if status != 200:
        raise RuntimeError(f"cancel: {status} {answer}")
    task.cancelled = True
    await door.until(task.id, lambda job: job["state"] in ENDED, 120, 0.05)
    if working:
        task.steered.append(("cancel", began, time.monotonic() - began))


async def follow(task: Task, door: Door, chance: Random, over: Callable[[], float]) -> None:
    """Follow the events to the last, leaving and coming back; a gap or a double is a problem of the task."""
    last, done, deadline = 0, False, time.monotonic() + over()
    while not done and time.monotonic() < deadline:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(last)} if last else {})}
        patience = chance.choice((1, 3, 1000))
        try:
            async with door.session.get(f"{door.url()}/api/v1/jobs/{task.id}/events", headers=headers) as stream:
                async for line in stream.content:
                    if not line.startswith(b"data:"):
                        continue
                    event = json.loads(line[5:])
                    if event["seq"] != last + 1:
                        task.problems.append(f"a follower saw event {event['seq']} after {last}")
                    last, done, patience = event["seq"], terminal(event), patience - 1
                    if done or patience <= 0:
                        break
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        if not done:
            task.dropped += 1
            await asyncio.sleep(chance.uniform(0, 0.5))
    task.followed = last
    if not done:
        task.problems.append(f"a follower never saw the end, only {last} events")


async def stall(door: Door, job_id: str, seconds: float) -> None:
    """A reader that asks for the events and takes nothing of them."""
    timeout = aiohttp.ClientTimeout(total=seconds + 5)
    try:
        headers = {"Accept": "text/event-stream"}
        async with door.session.get(f"{door.url()}/api/v1/jobs/{job_id}/events", headers=headers, timeout=timeout):
            await asyncio.sleep(seconds)
    except (aiohttp.ClientError, OSError, TimeoutError):
        pass


async def listed(door: Door) -> set[str]:
    """Ids of all jobs that the store knows."""
    found, token = set[str](), ""
    while True:
        _, page = await door.ask("GET", f"/api/v1/jobs?pageSize=500&pageToken={token}")
        found |= {job["id"] for job in page["jobs"]}
        token = page.get("nextPageToken", "")
        if not token:
            return found


async def log_of(door: Door, job_id: str) -> list[JSON]:
    """The whole log of a job that has ended."""
    async with door.session.get(f"{door.urls[-1]}/api/v1/jobs/{job_id}/events") as answer:
        return [json.loads(line) async for line in answer.content if line.strip()]
