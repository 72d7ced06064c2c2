"""The supervisor with real child processes: what children say, how they end, and what is asked of them."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.model import Event, Job, State
from services.common.settings import Child as ChildSettings
from services.common.settings import Concurrent
from tests.integration.jobs_stage import SECRET, Flaky, Stage, stage_in, well_formed


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage_in(tmp_path) as made:
        yield made


def texts(events: list[Event]) -> list[str]:
    return [str(event.data["text"]) for event in events if event.type == "log"]


def child_pid(stage: Stage, job: Job) -> int:
    import orjson

    return int(orjson.loads(stage.storage.job_dir(job.id).child.read_bytes())["pid"])


async def test_a_job_runs_to_its_end(stage: Stage) -> None:
    job = await stage.create(["write", "a,b\n"], ["progress", 3], ["checkpoint"], ["complete"])
    assert job.state is State.PENDING
    events = await stage.log(job.id)
    well_formed(events)
    assert [event.type for event in events] == ["init", "start", "progress", "checkpoint", "progress", "complete"]
    assert events[1].data == {"resumeFrom": None, "total": 4, "attempt": 1}
    done = await stage.jobs.get(job.id)
    assert (done.state, done.attempt, done.lease_owner, done.progress.percentage) == (State.SUCCEEDED, 1, "", 100.0)
    artifact, path = await stage.jobs.artifact(job.id, "data.csv")
    assert (artifact.bytes, path.read_text()) == (4, "a,b\n")
    assert b"".join([piece async for piece in stage.jobs.read_artifact(job.id, "data.csv", 1, 2)]) == b",b"


async def test_a_folder_that_cannot_be_made_is_told_once_by_its_name(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    job = await stage.create(["complete"], outDir=str(tmp_path / "file"))
    (error,) = await stage.log(job.id)
    assert (error.data["code"], error.data["willRetry"]) == ("OUTPUT_FAILED", False)
    assert str(tmp_path / "file") in error.data["message"]


async def test_progress_is_throttled_before_it_is_numbered(stage: Stage) -> None:
    began = time.monotonic()
    job = await stage.create(["progress", 1000, 0.001], ["complete"])
    events = await stage.log(job.id)
    seconds = time.monotonic() - began
    well_formed(events)
    progress = [event for event in events if event.type == "progress"]
    assert progress[0].data["current"] == 1 and progress[-1].data["current"] == 1000
    assert 3 <= len(progress) <= 2 + 4 * seconds  # the first, four a second, the last
    assert (await stage.jobs.get(job.id)).progress.current == 1000


async def test_garbage_is_logged_and_harms_nobody(stage: Stage) -> None:
    wrong = '{"v": 1, "jobId": "gen_other", "attempt": 1, "type": "complete", "timestamp": "2026-01-01T00:00:00Z", "data": {}}'
    garbage = [
        ["raw", "not json \xff"],
        ["raw", "{}"],
        ["raw", wrong],
        ["raw", "[1]"],
        ["errors", "stray\n"],
        ["raw", "x" * 1000, 3000],
    ]
    job = await stage.create(*garbage, ["complete"])
    events = await stage.log(job.id)
    well_formed(events)
    assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED
    logs = [event.data for event in events if event.type == "log"]
    assert sorted(log["text"][:8] for log in logs) == sorted(["not json", "{}", wrong[:8], "[1]", "stray", "x" * 8])
    (long,) = [log for log in logs if log["truncated"]]
    assert len(long["text"]) == 8192 and long["leftOutBytes"] == 3_000_000 - 8192


async def test_a_flood_on_stderr_is_cut_and_counted(stage: Stage) -> None:
    before = psutil.Process().memory_info().rss
    job = await stage.create(["errors", "flood " * 20 + "\n", 300_000], ["errors", "y" * 1000, 40_000], ["complete"])
    events = await stage.log(job.id)
    well_formed(events)
    assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED
    assert len(events) < 200
    assert any("more lines were left out" in text for text in texts(events))
    assert psutil.Process().memory_info().rss - before < 32 * 2**20


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([["exit", 0]], "WORKER_PROTOCOL"),
        ([["error", "TABLE_CHANGED", f"cannot load into {SECRET}", False]], "TABLE_CHANGED"),
        ([["die"]], "WORKER_DIED"),
        ([["exit", 3]], "WORKER_DIED"),
        ([["error", "DOWN", "not there", True]], "DOWN"),
    ],
)
async def test_how_jobs_fail(stage: Stage, steps: list[Any], code: str) -> None:
    job = await stage.create(*steps)
    events = await stage.log(job.id)
    well_formed(events)
    failed = await stage.jobs.get(job.id)
    assert failed.state is State.FAILED and failed.error is not None
    assert failed.error.code == events[-1].data["code"] == code
    assert failed.attempt == (3 if failed.error.retryable else 1)
    assert [event.data["willRetry"] for event in events if event.type == "error"] == [True] * (failed.attempt - 1) + [False]
    assert "canary-secret" not in str(events)


async def test_a_child_that_dies_goes_on_from_its_checkpoint(stage: Stage) -> None:
    job = await stage.create(
        ["write", "a"], ["checkpoint"], ["write", "b"], ["checkpoint"], ["die", 1], ["write", "c"], ["complete"]
    )
    events = await stage.log(job.id)
    well_formed(events)
    assert [event.data["resumeFrom"] for event in events if event.type == "start"] == [None, {"rows": 4}]
    assert [event.attempt for event in events if event.type == "start"] == [1, 2]
    _, path = await stage.jobs.artifact(job.id, "data.csv")
    assert path.read_text() == "abc"


async def test_attempts_with_new_checkpoints_are_not_counted_against_the_job(stage: Stage) -> None:
    steps = [step for attempt in range(1, 7) for step in (["checkpoint"], ["die", attempt])]
    job = await stage.create(*steps, ["complete"])
    well_formed(await stage.log(job.id))
    assert ((await stage.jobs.get(job.id)).state, (await stage.jobs.get(job.id)).attempt) == (State.SUCCEEDED, 7)


async def test_a_paused_job_has_no_process_and_resumes(stage: Stage) -> None:
    job = await stage.create(["write", "a"], ["sleep", 30], ["write", "b"], ["complete"])
    await stage.until_said(job.id, "start")
    pid, began = child_pid(stage, job), time.monotonic()
    assert (await stage.jobs.pause(job.id)).state in (State.PAUSING, State.PAUSED)
    paused = await stage.until_state(job.id, State.PAUSED)
    assert time.monotonic() - began < 2
    assert not psutil.pid_exists(pid) and paused.lease_owner == ""
    await stage.until(job.id, lambda _: not stage.supervisor.running, seconds=2)
    assert (await stage.jobs.pause(job.id)).state is State.PAUSED
    assert (await stage.jobs.resume(job.id)).state is State.PENDING
    events = await stage.log(job.id)
    well_formed(events)
    assert [event.data["reason"] for event in events if event.type == "shutdown"] == ["pause"]
    done = await stage.jobs.get(job.id)
    assert (done.state, done.attempt) == (State.SUCCEEDED, 1)
    assert (await stage.jobs.artifact(job.id, "data.csv"))[1].read_text() == "ab"


async def test_work_that_cannot_pause_in_time_is_dropped_to_its_checkpoint(stage: Stage) -> None:
    job = await stage.create(["write", "a"], ["deaf"], ["checkpoint"], ["sleep", 30], ["complete"])
    await stage.until_said(job.id, "checkpoint")
    began = time.monotonic()
    await stage.jobs.pause(job.id)
    await stage.until_state(job.id, State.PAUSED)
    assert time.monotonic() - began < 2.5
    (last,) = [event for event in await stage.store.events(job.id) if event.type == "shutdown"]
    assert last.data == {"reason": "pause", "resumable": True, "checkpoint": {"rows": 3}}


async def test_a_pause_taken_back_goes_on(stage: Stage) -> None:
    job = await stage.create(["deaf"], ["sleep", 0.5], ["complete"])
    await stage.until_said(job.id, "start")
    await stage.jobs.pause(job.id)
    assert (await stage.jobs.resume(job.id)).state is State.RUNNING
    well_formed(await stage.log(job.id))
    assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED


@pytest.mark.parametrize("deaf", [False, True])
async def test_cancel_ends_everything_the_job_started(stage: Stage, deaf: bool) -> None:
    job = await stage.create(
        ["write", "a"], ["grandchild"], *([["deaf"]] if deaf else []), ["sleep", 60], ["complete"], deafToSigterm=deaf
    )
    grandchild = int((await stage.until_said(job.id, "log")).data["text"].split()[1])
    pid, began = child_pid(stage, job), time.monotonic()
    assert (await stage.jobs.cancel(job.id)).state is State.CANCELLING
    events = await stage.log(job.id)
    assert time.monotonic() - began < 5
    well_formed(events)
    assert events[-1].data == {"reason": "cancel", "resumable": False, "checkpoint": None}
    assert not psutil.pid_exists(pid) and (not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == "zombie")
    assert (await stage.jobs.cancel(job.id)).state is State.CANCELLED
    paths = stage.storage.job_dir(job.id)
    assert not paths.work.exists() and not paths.out.exists()


async def test_what_waits_is_cancelled_at_once(stage: Stage) -> None:
    first, second = [await stage.create(["sleep", 60]) for _ in range(2)]
    third = await stage.create(["sleep", 60])
    await stage.until_state(first.id, State.RUNNING)
    await stage.until_state(second.id, State.RUNNING)
    assert (await stage.jobs.get(third.id)).state is State.PENDING
    assert (await stage.jobs.pause(third.id)).state is State.PAUSED
    assert (await stage.jobs.cancel(third.id)).state is State.CANCELLED
    well_formed(await stage.log(third.id))
    for verb in (stage.jobs.pause, stage.jobs.resume):
        with pytest.raises(MockcraftError, match="CANCELLED"):
            await verb(third.id)


async def test_a_child_that_stays_after_its_last_word_is_ended(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.jobs.attempt.LAST_WORD_GRACE", 0.2)
    job = await stage.create(["complete"], ["linger", 60])
    well_formed(await stage.log(job.id))
    assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED


async def test_a_failed_job_is_resumed_by_a_new_one(stage: Stage) -> None:
    job = await stage.create(
        ["write", "a"], ["checkpoint"], ["error", "DISK_FULL", "full", False, 1], ["write", "b"], ["complete"]
    )
    old = await stage.log(job.id)
    heir = await stage.jobs.resume(job.id)
    assert (heir.resumed_from, heir.id != job.id, heir.attempt) == (job.id, True, 1)
    assert (await stage.jobs.resume(job.id)).id == heir.id
    events = await stage.log(heir.id)
    well_formed(events)
    assert [event.data["resumeFrom"] for event in events if event.type == "start"] == [{"rows": 2}]
    assert events[-1].data["code"] == "DISK_FULL"  # attempt 1 again: the child fails the same way
    assert await stage.log(job.id) == old
    assert (await stage.jobs.resume(job.id)).id not in (job.id, heir.id)


async def test_secrets_reach_the_child_by_pipe_only(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_GRPC_TOKEN", "canary-secret")
    monkeypatch.setenv("DATABASE_URL", SECRET)
    job = await stage.create(
        ["tell_secret"],
        ["tell_environment"],
        ["shout_secret"],
        ["sleep", 0.3],
        ["complete"],
    )
    await stage.until_said(job.id, "log")
    assert "canary-secret" not in " ".join(psutil.Process(child_pid(stage, job)).cmdline())
    events = await stage.log(job.id)
    assert (stage.storage.job_dir(job.id).out / "secret").read_text() == SECRET
    assert "canary-secret" not in str(events)
    assert "DATABASE_URL" not in str(events) and "GRPC_TOKEN" not in str(events) and "PATH" in str(events)
    written = [path for path in stage.storage.root.rglob("*") if path.is_file() and path.name != "secret"]
    assert written and all(b"canary-secret" not in path.read_bytes() for path in written)


async def test_a_stop_checkpoints_and_another_supervisor_goes_on(tmp_path: Path) -> None:
    async with stage_in(tmp_path) as stage:
        soft = await stage.create(["write", "a"], ["sleep", 60], ["complete"])
        deaf = await stage.create(["write", "a"], ["deaf"], ["checkpoint"], ["linger", 1.5], ["complete"])
        waiting = await stage.create(["complete"])
        await stage.until_said(soft.id, "start")
        await stage.until_said(deaf.id, "checkpoint")
        pids = [child_pid(stage, job) for job in (soft, deaf)]
        began = time.monotonic()
        await stage.supervisor.stop()
        assert time.monotonic() - began < 10
        assert not any(psutil.pid_exists(pid) for pid in pids)
        after = [await stage.jobs.get(job.id) for job in (soft, deaf, waiting)]
        assert [job.state for job in after] == [State.PENDING, State.SUCCEEDED, State.PENDING]
        assert [event.data["reason"] for event in await stage.store.events(soft.id) if event.type == "shutdown"] == ["sigterm"]
    async with stage_in(tmp_path) as stage:
        for job in (soft, waiting):
            well_formed(await stage.log(job.id))
            assert (await stage.jobs.get(job.id)).attempt == 1


async def test_a_lost_lease_kills_the_child_and_writes_nothing(stage: Stage) -> None:
    job = await stage.create(["deaf"], ["progress", 2000, 0.01], ["complete"])
    await stage.until_said(job.id, "progress")
    running = await stage.jobs.get(job.id)
    pid = child_pid(stage, job)
    stage.supervisor._stopping = True  # nobody claims it again
    await stage.store.update(job.id, moves.rescued(running.lease_owner, lambda job, now: True))
    last = (await stage.jobs.get(job.id)).last_sequence
    async with asyncio.timeout(5):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    after = await stage.jobs.get(job.id)
    assert (after.state, after.attempt, after.last_sequence) == (State.PENDING, 2, last)


async def test_a_slow_job_is_not_rescued(tmp_path: Path) -> None:
    async with stage_in(tmp_path, lease_seconds=0.8, heartbeat_seconds=0.1) as stage:
        job = await stage.create(["sleep", 4], ["complete"])
        well_formed(await stage.log(job.id))
        assert (await stage.jobs.get(job.id)).attempt == 1


async def test_a_full_disk_fails_the_job_and_not_the_service(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(job: Job) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(stage.storage, "prepare", full)
        job = await stage.create(["complete"])
        events = await stage.log(job.id)
    assert events[-1].data["code"] == "DISK_FULL"
    heir = await stage.jobs.resume(job.id)
    well_formed(await stage.log(heir.id))
    assert (await stage.jobs.get(heir.id)).state is State.SUCCEEDED


async def test_a_command_that_cannot_start_fails_the_job(tmp_path: Path) -> None:
    from dataclasses import replace

    async with stage_in(tmp_path, start=False) as stage:
        stage.supervisor._workers["generation"] = replace(
            stage.supervisor._workers["generation"], command=lambda job, paths: ["/no/such/program"]
        )
        await stage.supervisor.start()
        job = await stage.create(["complete"])
        assert (await stage.log(job.id))[-1].data["code"] == "WORKER_NOT_STARTED"


async def test_a_short_outage_of_the_store_loses_nothing(tmp_path: Path) -> None:
    store = Flaky()
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(["progress", 10, 0.1], ["complete"])
        await stage.until_said(job.id, "progress")
        store.down = True
        await asyncio.sleep(1)
        store.down = False
        well_formed(await stage.log(job.id))
        assert (await stage.jobs.get(job.id)).attempt == 1


async def test_an_outage_longer_than_the_lease_ends_the_child(tmp_path: Path) -> None:
    store = Flaky()
    async with stage_in(tmp_path, store) as stage:
        job = await stage.create(["deaf"], ["progress", 3, 0.01], ["die", 0], ["linger", 4], ["complete"])
        await stage.until_said(job.id, "progress")
        pid = child_pid(stage, job)
        store.down = True
        async with asyncio.timeout(6):
            while psutil.pid_exists(pid):
                await asyncio.sleep(0.05)
        store.down = False
        well_formed(await stage.log(job.id))
        assert ((await stage.jobs.get(job.id)).state, (await stage.jobs.get(job.id)).attempt) == (State.SUCCEEDED, 2)


async def test_a_command_line_runs_only_its_own_jobs(tmp_path: Path) -> None:
    async with stage_in(tmp_path, start=False) as stage:
        other = await stage.create(["complete"])
    async with stage_in(tmp_path, only=True) as stage:
        own = await stage.create(["complete"])
        well_formed(await stage.log(own.id))
        assert (await stage.jobs.get(other.id)).state is State.PENDING
        stage.supervisor.want(other.id)
        well_formed(await stage.log(other.id))


async def test_old_jobs_lose_their_files_and_events(tmp_path: Path) -> None:
    async with stage_in(tmp_path, expiry_hours=0.5 / 3600) as stage:
        job = await stage.create(["write", "a"], ["complete"])
        await stage.until(job.id, lambda job: job.expired)
        assert not stage.storage.job_dir(job.id).out.exists()
        for call, code in ((stage.log(job.id), "EVENTS_EXPIRED"), (stage.jobs.artifact(job.id, "data.csv"), "ARTIFACT_EXPIRED")):
            with pytest.raises(MockcraftError) as caught:
                await call
            assert caught.value.code == code


async def test_a_child_stopped_from_outside_goes_on_in_another_attempt(stage: Stage) -> None:
    job = await stage.create(["deaf"], ["progress"], ["die", 1, int(signal.SIGTERM)], ["complete"])
    events = await stage.log(job.id)
    well_formed(events)
    assert [event.data["code"] for event in events if event.type == "error"] == ["WORKER_DIED"]


async def test_of_a_kind_only_so_many_run_at_a_time(tmp_path: Path) -> None:
    async with stage_in(tmp_path, max_concurrent_jobs=4, concurrent=Concurrent(generation=1)) as stage:
        waiting = [await stage.create(["sleep", 30], ["complete"]) for _ in range(2)]
        other = await stage.create(["sleep", 30], ["complete"], kind="seeding")
        for job in (waiting[0], other):
            await stage.until_state(job.id, State.RUNNING)
        await asyncio.sleep(0.3)
        assert set(stage.supervisor.running) == {waiting[0].id, other.id}
        await stage.jobs.cancel(waiting[0].id)
        await stage.until_state(waiting[1].id, State.RUNNING)


async def test_a_silent_child_is_ended_and_tried_again(tmp_path: Path) -> None:
    async with stage_in(tmp_path, child=ChildSettings(stall_seconds=2.5)) as stage:  # longer than a start takes
        job = await stage.create(["checkpoint"], ["deaf"], ["sleep", 60], ["complete"])
        events = await stage.log(job.id)
        well_formed(events)
        (error,) = [event for event in events if event.type == "error"]
        assert (error.data["code"], error.data["willRetry"]) == ("WORKER_STALLED", True)
        assert (await stage.jobs.get(job.id)).state is State.SUCCEEDED


async def test_a_child_that_speaks_is_not_taken_for_stalled(tmp_path: Path) -> None:
    async with stage_in(tmp_path, child=ChildSettings(stall_seconds=2.0)) as stage:
        job = await stage.create(["progress", 10, 0.3], ["complete"])
        assert [event.type for event in await stage.log(job.id) if event.type in ("error", "complete")] == ["complete"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of other processes are Linux's")
async def test_a_child_is_kept_within_its_limits(tmp_path: Path) -> None:
    limits = ChildSettings(memory_bytes=300 << 20, open_files=99, cpu_seconds=777, nice=5)
    async with stage_in(tmp_path, child=limits) as stage:
        job = await stage.create(["progress"], ["sleep", 30], ["complete"])
        await stage.until_said(job.id, "progress")
        pid = child_pid(stage, job)
        kinds = resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU
        assert [resource.prlimit(pid, kind)[0] for kind in kinds] == [300 << 20, 99, 777]
        assert psutil.Process(pid).nice() == 5 + os.nice(0)


async def test_a_running_job_tells_its_memory(stage: Stage) -> None:
    job = await stage.create(["sleep", 30], ["complete"])
    told = await stage.until(job.id, lambda job: job.memory_bytes > 0)
    assert 1 << 20 < told.memory_bytes < 1 << 30
