"""The store's clock is set forward or back while jobs run and wait: none is lost, doubled or left waiting."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import State
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.store import Change
from tests.integration.jobs_stage import stage_in, well_formed

STEPS = (["write", "a"], ["checkpoint"], ["sleep", 1.5], ["write", "b"], ["complete"])
HOURS = [-24 * 365, -1, 1, 24 * 365]


class Clock:
    """The clock on the wall, and how far it was set."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        now = datetime.now(UTC) + self.off
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


@pytest.mark.parametrize("services", [1, 2])
@pytest.mark.parametrize("hours", HOURS)
async def test_a_clock_that_is_set_while_a_job_runs(tmp_path: Path, hours: int, services: int) -> None:
    clock = Clock()
    store = MemoryJobStore(clock)
    async with AsyncExitStack() as stack:
        stages = [await stack.enter_async_context(stage_in(tmp_path, store, expiry_hours=10**6)) for _ in range(services)]
        job = await stages[0].create(*STEPS)
        await stages[0].until_said(job.id, "checkpoint")
        clock.off = timedelta(hours=hours)
        well_formed(await stages[0].log(job.id))
        done = await stages[0].jobs.get(job.id)
        assert (await stages[0].jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"
        assert done.state is State.SUCCEEDED
        assert done.attempt == 1 or (services == 2 and hours > 0)  # another service took the lease for run out


@pytest.mark.parametrize("hours", HOURS)
async def test_a_clock_that_is_set_while_a_job_waits_for_its_next_attempt(tmp_path: Path, hours: int) -> None:
    clock = Clock()
    async with stage_in(tmp_path, MemoryJobStore(clock), retry_seconds=0.8, expiry_hours=10**6) as stage:
        job = await stage.create(["write", "a"], ["checkpoint"], ["die", 1], ["write", "b"], ["complete"])
        await stage.until_state(job.id, State.RETRY_WAIT)
        clock.off = timedelta(hours=hours)
        await stage.until_state(job.id, State.SUCCEEDED, seconds=8)
        well_formed(await stage.log(job.id))
        assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


@pytest.mark.parametrize(("wait", "waits"), [(-1, False), (60, True), (3600, False)])
async def test_a_wait_longer_than_any_is_over_in_the_sql_store_too(tmp_path: Path, wait: float, waits: bool) -> None:
    store = SqlJobStore(f"sqlite:///{tmp_path}/jobs.db")
    async with stage_in(tmp_path, store, start=False) as stage:
        job = await stage.create(["complete"])
        await store.update(job.id, lambda job, now: Change(replace(job, not_before=now + timedelta(seconds=wait))))
        claimed = await store.claim("somebody", ["generation"], 5)
        assert (claimed is None) == waits
