"""Services that die, freeze or run side by side on one store: nothing lost, nothing doubled, nothing written by the stale."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from runner.failpoints import NAMES
from services.common.jobs.identity import started
from services.common.jobs.model import Event, Job, State
from services.common.jobs.orphans import end_orphans
from services.common.jobs.sql import SqlJobStore
from tests.integration import jobs_stage
from tests.integration.jobs_stage import Stage, stage_in, well_formed

JOB_FAILPOINTS = [name for name in NAMES if name.startswith("jobs.")]


@asynccontextmanager
async def service(folder: Path, url: str, verb: str = "run", **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A service as a process of its own, ended by its pid."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, jobs_stage.__file__, verb, str(folder), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **environ},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder}/jobs.db"


def starts(events: list[Event]) -> list[Any]:
    return [event.data["resumeFrom"] for event in events if event.type == "start"]


async def wait_for_child(stage: Stage, job: Job) -> psutil.Process:
    await stage.until_said(job.id, "checkpoint")
    return psutil.Process(orjson.loads(stage.storage.job_dir(job.id).child.read_bytes())["pid"])


async def ended(child: psutil.Process, seconds: float = 5) -> None:
    """Wait until a process does nothing any more; nobody may be left to ask for its status."""
    async with asyncio.timeout(seconds):
        while started(child.pid):
            await asyncio.sleep(0.02)


QUICK_STEPS = (["write", "a"], ["checkpoint"], ["sleep", 0.1], ["progress"], ["write", "b"], ["complete"])
STEPS = (["write", "a"], ["checkpoint"], ["sleep", 2.5], ["write", "b"], ["complete"])


async def test_a_killed_service_takes_its_child_along_and_its_job_is_rescued(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job = await stage.create(*STEPS)
        async with service(tmp_path, url_of(tmp_path)) as owner:
            child = await wait_for_child(stage, job)
            owner.kill()
            await owner.wait()
            await asyncio.to_thread(child.wait, 5)  # its standard input ended
        assert (await stage.jobs.get(job.id)).state is State.RUNNING
        began = asyncio.get_running_loop().time()
        await stage.supervisor.start()
        events = await stage.log(job.id)
        assert asyncio.get_running_loop().time() - began < 8
        well_formed(events)
        assert starts(events) == [None, {"rows": 2}]
        assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


async def test_a_frozen_owner_has_no_effect_when_it_wakes(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job = await stage.create(*STEPS)
        async with service(tmp_path, url_of(tmp_path)) as owner:
            child = await wait_for_child(stage, job)
            owner.send_signal(signal.SIGSTOP)
            await stage.supervisor.start()
            events = await stage.log(job.id)
            well_formed(events)
            assert starts(events) == [None, {"rows": 2}]
            assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
            owner.send_signal(signal.SIGCONT)
            await asyncio.sleep(1.5)
            assert await stage.log(job.id) == events
            done = await stage.jobs.get(job.id)
            assert (done.state, done.attempt) == (State.SUCCEEDED, 2)
            assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


async def test_what_a_dead_service_left_running_is_ended_at_the_next_start(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job, other = await stage.create(*STEPS), await stage.create(*STEPS)
        async with service(tmp_path, url_of(tmp_path)) as owner:
            child, second = await wait_for_child(stage, job), await wait_for_child(stage, other)
            child.suspend()  # the end of its standard input does not reach it
            assert await end_orphans(stage.store, stage.storage) == ()
            owner.kill()
            await owner.wait()
        await ended(second)
        assert started(child.pid)
        await stage.supervisor.start()
        await ended(child, 1)
        for each in (job, other):
            well_formed(await stage.log(each.id))
        assert await end_orphans(stage.store, stage.storage) == ()


async def test_a_child_of_a_job_taken_from_a_frozen_owner_is_ended_though_nobody_goes_on(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job = await stage.create(*STEPS)
        async with service(tmp_path, url_of(tmp_path)) as owner:
            child = await wait_for_child(stage, job)
            owner.send_signal(signal.SIGSTOP)
            child.suspend()
            await stage.jobs.pause(job.id)
            await stage.supervisor.start()
            await stage.until_state(job.id, State.PAUSED)
            await ended(child)
            owner.send_signal(signal.SIGCONT)
            await stage.jobs.resume(job.id)
            well_formed(await stage.log(job.id))
            assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


async def test_a_told_service_leaves_in_time_with_its_jobs_resumable(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job = await stage.create(["write", "a"], ["checkpoint"], ["sleep", 60], ["complete"])
        async with service(tmp_path, url_of(tmp_path)) as owner:
            child = await wait_for_child(stage, job)
            owner.terminate()
            async with asyncio.timeout(10):
                assert await owner.wait() == 0
            assert not child.is_running()
        left = await stage.jobs.get(job.id)
        assert (left.state, left.attempt, left.lease_owner) == (State.PENDING, 1, "")


@pytest.mark.parametrize("name", [name for name in JOB_FAILPOINTS if name.endswith("_event")])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_service_killed_round_an_event_loses_and_doubles_nothing(name: str, times: int, tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        job = await stage.create(*QUICK_STEPS)
        async with service(tmp_path, url_of(tmp_path), MOCKCRAFT_FAILPOINT=f"{name}:{times}") as owner:
            assert await owner.wait() == -signal.SIGKILL
        await stage.supervisor.start()
        well_formed(await stage.log(job.id))
        assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED


@pytest.mark.parametrize("name", [name for name in JOB_FAILPOINTS if name.endswith("_create")])
async def test_a_job_is_stored_before_it_is_acknowledged(name: str, tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        async with service(tmp_path, url_of(tmp_path), "create", MOCKCRAFT_FAILPOINT=name) as creator:
            assert await first_line(creator) == "" and await creator.wait() == -signal.SIGKILL
        stored = (await stage.jobs.list()).jobs
        assert len(stored) == (1 if name == "jobs.after_create" else 0)
        async with service(tmp_path, url_of(tmp_path), "create") as creator:
            acknowledged = await first_line(creator)
        await stage.supervisor.start()
        for job_id in {acknowledged, *(job.id for job in stored)}:
            well_formed(await stage.log(job_id))


async def test_services_killed_at_random_lose_and_double_no_job(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with stage_in(tmp_path, start=False) as stage:
        jobs = [await stage.create(*QUICK_STEPS) for _ in range(8)]
        for _ in range(4):
            async with service(tmp_path, url_of(tmp_path)) as owner:
                await first_line(owner)
                await asyncio.sleep(chance.uniform(0.1, 0.8))
        await stage.supervisor.start()
        for job in jobs:
            events = await stage.log(job.id)
            well_formed(events)
            assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED
            assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


async def test_two_services_share_one_postgresql_store(tmp_path: Path, postgres_url: str) -> None:
    async with (
        stage_in(tmp_path, SqlJobStore(postgres_url), max_concurrent_jobs=3) as one,
        stage_in(tmp_path, SqlJobStore(postgres_url), max_concurrent_jobs=3) as two,
    ):
        jobs = [await (one, two)[i % 2].create(["write", "x"], ["sleep", 0.1], ["complete"]) for i in range(12)]
        for job in jobs:
            events = await two.log(job.id)
            well_formed(events)
            assert starts(events) == [None]
            assert (await one.jobs.artifact(job.id, "data.csv"))[1].read_text() == "x"
        slow = await one.create(["sleep", 60], ["complete"])
        await one.until_said(slow.id, "start")
        stranger = two if slow.id in one.supervisor.running else one
        began = asyncio.get_running_loop().time()
        await stranger.jobs.pause(slow.id)
        await stranger.until_state(slow.id, State.PAUSED)
        assert asyncio.get_running_loop().time() - began < 2
        await stranger.jobs.cancel(slow.id)
        well_formed(await one.log(slow.id))


async def test_subscribers_come_late_drop_and_return_and_see_every_event_once(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with stage_in(tmp_path) as stage:
        job = await stage.create(*(["log", str(i)] for i in range(40)), ["progress", 20, 0.05], ["complete"])

        async def restless() -> list[Event]:
            seen: list[Event] = []
            while not (seen and seen[-1].terminal):
                await asyncio.sleep(chance.uniform(0, 0.2))
                async with contextlib.aclosing(stage.jobs.watch(job.id, seen[-1].seq if seen else 0)) as events:
                    async for event in events:
                        seen.append(event)
                        if chance.random() < 0.2:
                            break
            return seen

        logs = await asyncio.gather(*(restless() for _ in range(10)))
        whole = await stage.log(job.id)
        well_formed(whole)
        assert all(log == whole for log in logs)
        assert [event async for event in stage.jobs.watch(job.id, whole[-1].seq)] == []
