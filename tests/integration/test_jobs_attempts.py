"""Attempts under a store that is slow, or answers too late, and under what else takes their time."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil
import pytest

from services.common.errors import unavailable
from services.common.jobs import moves
from services.common.jobs.ids import new_job_id
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Event, Job, State
from services.common.jobs.store import Lease, Move
from services.common.jobs.tidying import Tidy
from tests.integration.jobs_stage import Flaky, stage_in, well_formed, worker

Updated = tuple[Job, Sequence[Event]]


class LateStore(MemoryJobStore):
    """Has stored the end of an attempt well before it says so."""

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> Updated:
        updated = await super().update(job_id, move, lease)
        if lease is not None and not updated[0].lease_owner:
            await asyncio.sleep(3)
        return updated


async def test_a_job_that_begins_anew_before_its_last_attempt_has_let_go_is_steered(tmp_path: Path) -> None:
    async with stage_in(tmp_path, LateStore(), lease_seconds=20, heartbeat_seconds=5) as stage:
        job = await stage.create(["die", 1], ["sleep", 60], ["complete"])
        await stage.until(job.id, lambda job: job.attempt == 2 and job.state is State.RUNNING)
        await asyncio.sleep(3)  # the first attempt has let go
        assert stage.supervisor.running == (job.id,)
        await stage.jobs.pause(job.id)
        await stage.until_state(job.id, State.PAUSED)


async def test_busy_threads_do_not_cost_a_job_its_lease(tmp_path: Path) -> None:
    async with stage_in(tmp_path, lease_seconds=0.8, heartbeat_seconds=0.1) as stage:
        job = await stage.create(["sleep", 2], ["complete"])
        await stage.until_said(job.id, "start")
        threads = min(32, (os.cpu_count() or 1) + 4)  # as many as `asyncio.to_thread` has
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 2) for _ in range(threads)))
        well_formed(await stage.log(job.id))
        assert (await stage.jobs.get(job.id)).attempt == 1


class StumblingStore(MemoryJobStore):
    """Fails at the first heartbeat, in a way nobody has thought of."""

    stumbled = False

    async def heartbeat(self, lease: Lease, lease_seconds: float, memory_bytes: int = 0) -> None:
        if not self.stumbled:
            self.stumbled = True
            raise RuntimeError("stumbled")
        await super().heartbeat(lease, lease_seconds, memory_bytes)


async def test_a_heartbeat_that_fails_once_does_not_cost_a_job_its_lease(tmp_path: Path) -> None:
    store = StumblingStore()
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(["sleep", 1], ["complete"])
        well_formed(await stage.log(job.id))
        assert (store.stumbled, (await stage.jobs.get(job.id)).attempt) == (True, 1)


class UnheardStore(MemoryJobStore):
    """Every second time what it has stored for an attempt is not told: the connection breaks just then."""

    count = 0

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> Updated:
        updated = await super().update(job_id, move, lease)
        if lease is not None and updated[0].lease_owner:
            self.count += 1
            if self.count % 2:
                raise unavailable("STORE_UNAVAILABLE", "gone before it answered")
        return updated


async def test_what_was_stored_without_an_answer_is_not_stored_again(tmp_path: Path) -> None:
    async with stage_in(tmp_path, UnheardStore()) as stage:
        job = await stage.create(["log", "a"], ["progress"], ["log", "b"], ["sleep", 0.5], ["log", "c"], ["complete"])
        events = await stage.log(job.id)
        well_formed(events)
        assert [event.data["text"] for event in events if event.type == "log"] == ["a", "b", "c"]


class AbsentStore(MemoryJobStore):
    """Does not answer the first times that it is asked for a secret."""

    away = 3

    async def sealed(self, job_id: str) -> str:
        self.away -= 1
        if self.away >= 0:
            raise unavailable("STORE_UNAVAILABLE", "down")
        return await super().sealed(job_id)


async def test_a_store_that_is_away_when_a_child_is_to_start_costs_no_attempt(tmp_path: Path) -> None:
    store = AbsentStore()
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(["complete"])
        events = await stage.log(job.id)
        assert (store.away, [event.type for event in events]) == (-1, ["init", "start", "complete"])


class BrokenStore(Flaky):
    """Breaks at the first progress, and does not answer then."""

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> Updated:
        updated = await super().update(job_id, move, lease)
        if any(event.type == "progress" for event in updated[1]) and updated[0].attempt == 1:
            self.down = True
            raise RuntimeError("broken")
        return updated


async def test_an_attempt_that_breaks_off_ends_its_child_with_its_lease(tmp_path: Path) -> None:
    store = BrokenStore()
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(["deaf"], ["progress"], ["linger", 60], ["complete"])
        await stage.until(job.id, lambda _: store.down)
        pid = orjson.loads(stage.storage.job_dir(job.id).child.read_bytes())["pid"]
        async with asyncio.timeout(10):
            while psutil.pid_exists(pid):
                await asyncio.sleep(0.05)
        assert (await stage.jobs.get(job.id)).state is State.RUNNING
        store.down = False


class SlowStore(MemoryJobStore):
    """Takes its time for the first events of a child; with `broken` it fails then."""

    slow, broken = True, False

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> Updated:
        if lease is not None and self.slow:
            self.slow = False
            await asyncio.sleep(2)
            if self.broken:
                raise RuntimeError("broken")
        return await super().update(job_id, move, lease)


@pytest.mark.parametrize(("broken", "attempts"), [(False, 1), (True, 2)])
async def test_a_child_that_has_gone_is_heard_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool, attempts: int
) -> None:
    monkeypatch.setattr("services.common.jobs.attempt.EOF_SECONDS", 0.2)
    monkeypatch.setattr("services.common.jobs.attempt.QUEUE", 16)
    store = SlowStore()
    store.broken = broken
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(*[["log", "x"]] * 40, ["complete"])
        well_formed(await stage.log(job.id))
        done = await stage.jobs.get(job.id)
        assert (done.state, done.attempt) == (State.SUCCEEDED, attempts)


async def test_a_job_of_a_kind_not_known_here_does_not_stop_the_sweep(tmp_path: Path) -> None:
    store = MemoryJobStore()
    for name in ("newer_00000000000000000000000001", new_job_id("generation")):
        await store.create(Job(name, "generation", State.PENDING, datetime.now(UTC), spec={"steps": [["complete"]]}))
        await store.claim("a service that is gone", ["generation"], 0.01)
    async with stage_in(tmp_path, store, expiry_hours=0.1 / 3600) as stage:
        await stage.until(name, lambda job: job.attempt == 2 and job.expired)


@pytest.mark.parametrize(("asked", "state", "code"), [(True, State.CANCELLED, None), (False, State.FAILED, "MAX_ATTEMPTS")])
@pytest.mark.parametrize("dies", [False, True])
async def test_what_a_service_that_died_has_left_is_put_right_before_the_job_ends(
    tmp_path: Path, asked: bool, state: State, code: str | None, dies: bool
) -> None:
    steps = [["die", 99]] if dies else [["log", "put right"], ["complete"]]
    tidy = Tidy(lambda spec: {**spec, "steps": steps}, "something is left")
    async with stage_in(tmp_path, MemoryJobStore(), start=False, max_attempts=1) as stage:
        stage.supervisor._workers["generation"] = dataclasses.replace(worker(), tidy=tidy)
        job = await stage.create(["complete"], tidy=True)
        await stage.store.claim("a service that is gone", ["generation"], 0.01)
        if asked:
            await stage.jobs.cancel(job.id)
        await asyncio.sleep(0.05)
        await stage.supervisor.start()
        events = await stage.log(job.id)
        well_formed(events)
        assert [event.type for event in events] == ["error", "log", "shutdown" if asked else "error"]
        assert events[1].data["text"] == ("something is left (its process died)" if dies else "put right")
        ended = await stage.jobs.get(job.id)
        assert (ended.state, ended.error.code if ended.error else None) == (state, code)


@pytest.mark.parametrize("asked", [True, False])
async def test_a_job_whose_services_all_died_ends_with_what_is_left(tmp_path: Path, asked: bool) -> None:
    async with stage_in(tmp_path, MemoryJobStore(), start=False, max_attempts=1) as stage:
        tidy = Tidy(lambda spec: spec, "something is left")
        stage.supervisor._workers["generation"] = dataclasses.replace(worker(), tidy=tidy)
        job = await stage.create(["complete"], tidy=True)
        await stage.store.claim("a service that is gone", ["generation"], 20)
        if asked:
            await stage.jobs.cancel(job.id)
        await stage.store.update(job.id, moves.rescued("a service that is gone", lambda job, now: True, tidy=True))
        await stage.store.claim("another that is gone", ["generation"], 0.01)
        await asyncio.sleep(0.05)
        await stage.supervisor.start()
        events = await stage.log(job.id)
        well_formed(events)
        assert [event.type for event in events] == ["error", "log", "shutdown" if asked else "error"]
        assert events[1].data["text"].startswith("something is left (")
