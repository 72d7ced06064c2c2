"""Seeding jobs through store, supervisor and real loaders: what is refused, and what is left in the database."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.common.errors import MockcraftError
from services.common.jobs.model import Event, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.supervisor import Supervisor
from services.common.settings import Settings
from services.common.storage.local import LocalStorage
from services.seeder.service import Options, SeederService, seeding_worker
from tests.integration.loads import checks, content, load, plan_of, query, spec_of

PLAN = plan_of()


@dataclass
class Seeder:
    """A seeder with its supervisor, and where it keeps its data."""

    service: SeederService
    jobs: JobsService
    data: Path

    async def log(self, job: Job) -> list[Event]:
        async with asyncio.timeout(60):
            return [event async for event in self.jobs.watch(job.id)]

    async def until_said(self, job: Job, type_: str) -> Event:
        async with asyncio.timeout(60):
            async for event in self.jobs.watch(job.id):
                if event.type == type_:
                    return event
        raise AssertionError(type_)

    async def until(self, job: Job, state: State) -> Job:
        async with asyncio.timeout(60):
            while (found := await self.jobs.get(job.id)).state is not state:
                await asyncio.sleep(0.02)
        return found

    def child(self, job: Job) -> int:
        return int(orjson.loads((self.data / "checkpoints" / job.id / "child.json").read_bytes())["pid"])


@pytest.fixture
async def seeder(tmp_path: Path) -> AsyncIterator[Seeder]:
    data = tmp_path / "data"
    data.mkdir()
    settings = Settings(data_dir=data, targets={"prod": f"sqlite:///{tmp_path}/elsewhere/prod.db"}, retry_seconds=0.05)  # type: ignore[arg-type]
    store, storage, worker = SqlJobStore(settings.jobs_store_url), LocalStorage(data), seeding_worker(settings)
    await store.open()
    supervisor = Supervisor(store, settings, storage, {worker.kind: worker})
    await supervisor.start()
    jobs = JobsService(store, supervisor, storage)
    yield Seeder(SeederService(settings, jobs), jobs, data)
    await supervisor.stop(drain=False)
    await store.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("whole")
    assert load(spec_of(PLAN, folder), folder / "shop.db").code == 0
    return content(folder / "shop.db")


async def test_a_seeding_job_fills_the_database(seeder: Seeder, whole: dict[str, str]) -> None:
    job = await seeder.service.create_seeding(PLAN, "sqlite:///shop.db")
    assert (job.kind, job.id.partition("_")[0], job.state) == ("seeding", "seed", State.PENDING)
    log = await seeder.log(job)
    assert [e.seq for e in log] == list(range(1, len(log) + 1))
    assert [e.type for e in log if e.terminal] == ["complete"]
    assert log[-1].data["foreignKeys"] == {"checked": True, "violations": 0}
    done = await seeder.until(job, State.SUCCEEDED)
    assert (done.progress.current, done.progress.percentage, done.artifacts) == (PLAN.total_rows, 100, ())
    assert content(seeder.data / "shop.db") == whole
    checks(seeder.data / "shop.db")


async def test_the_target_is_on_no_command_line(seeder: Seeder) -> None:
    job = await seeder.service.create_seeding(plan_of(users="1M"), "prod")
    await seeder.until_said(job, "checkpoint")
    command = Path(f"/proc/{seeder.child(job)}/cmdline").read_bytes()
    assert b"services.seeder.loader" in command and b"sqlite" not in command and b"prod" not in command
    assert b"sqlite" not in Path(f"/proc/{seeder.child(job)}/environ").read_bytes()
    await seeder.jobs.cancel(job.id)
    await seeder.until(job, State.CANCELLED)


async def test_a_killed_and_a_paused_loader_go_on_to_the_same_rows(seeder: Seeder, whole: dict[str, str]) -> None:
    job = await seeder.service.create_seeding(PLAN, "sqlite:///shop.db", options=Options(batch_rows=1024))
    await seeder.until_said(job, "checkpoint")
    os.kill(seeder.child(job), signal.SIGKILL)
    while (await seeder.jobs.get(job.id)).attempt == 1:
        await asyncio.sleep(0.01)
    await seeder.jobs.pause(job.id)
    paused = await seeder.until(job, State.PAUSED)
    assert paused.attempt == 2
    await seeder.jobs.resume(job.id)
    await seeder.until(job, State.SUCCEEDED)
    assert content(seeder.data / "shop.db") == whole
    checks(seeder.data / "shop.db")


async def test_a_failed_seeding_is_resumed_by_a_job_that_adopts_its_blocks(seeder: Seeder, whole: dict[str, str]) -> None:
    database = seeder.data / "shop.db"
    job = await seeder.service.create_seeding(PLAN, "sqlite:///shop.db", options=Options(batch_rows=1024))
    await seeder.until_said(job, "checkpoint")
    await seeder.jobs.pause(job.id)
    await seeder.until(job, State.PAUSED)
    query(database, "ALTER TABLE orders RENAME TO away")
    await seeder.jobs.resume(job.id)
    failed = await seeder.until(job, State.FAILED)
    assert failed.error is not None and (failed.error.code, failed.error.retryable) == ("TARGET_MISMATCH", False)
    query(database, "ALTER TABLE away RENAME TO orders")
    heir = await seeder.jobs.resume(job.id)
    assert heir.id != job.id and heir.resumed_from == job.id
    log = await seeder.log(heir)
    assert log[-1].type == "complete"
    assert next(e for e in log if e.type == "start").data["resumeFrom"]["rows"] > 0
    assert content(database) == whole


async def test_a_relative_file_of_a_trusted_caller_starts_at_the_working_folder(
    seeder: Seeder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = await seeder.service.create_seeding(plan_of(users="50"), "sqlite:///mine.db", trusted=True)
    assert job.spec["target"] == f"sqlite:///{tmp_path}/mine.db"
    assert (await seeder.log(job))[-1].type == "complete"
    assert (tmp_path / "mine.db").exists()


@pytest.mark.parametrize(
    ("target", "more", "code"),
    [
        ("sqlite:////tmp/outside.db", {}, "TARGET_NOT_ALLOWED"),
        ("sqlite:///../outside.db", {}, "TARGET_NOT_ALLOWED"),
        ("sqlite:///jobs.db", {}, "TARGET_NOT_ALLOWED"),
        ("oracle://u:canary@h/db", {}, "TARGET_NOT_ALLOWED"),
        ("sqlite:///x.db?mode=ro", {}, "TARGET_NOT_ALLOWED"),
        ("no such name", {}, "TARGET_INVALID"),
        ("sqlite:///x.db", {"mode": "overwrite"}, "MODE_INVALID"),
        ("sqlite:///x.db", {"batch_rows": 10}, "BATCH_SIZE_INVALID"),
    ],
)
async def test_what_must_not_be_loaded_is_refused_before_a_job_exists(
    seeder: Seeder, target: str, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(MockcraftError) as raised:
        await seeder.service.create_seeding(PLAN, target, options=Options(**more))
    assert raised.value.code == code
    assert "canary" not in f"{raised.value.message}{raised.value.details}"
    assert (await seeder.jobs.list()).jobs == ()


async def test_an_upsert_needs_keys(seeder: Seeder) -> None:
    keyless = plan_of("tables: {t: {rows: 5, columns: {name: first_name}}}")
    with pytest.raises(MockcraftError) as raised:
        await seeder.service.create_seeding(keyless, "sqlite:///x.db", options=Options(mode="upsert"))
    assert raised.value.code == "MODE_INVALID"
