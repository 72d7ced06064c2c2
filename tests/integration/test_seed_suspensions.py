"""What a load took off comes back however its job ends, and nobody else puts back what a living load needs off."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_PAUSED
from services.common.databases import DatabaseError
from services.common.jobs.model import Event, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.supervisor import Supervisor
from services.common.settings import Settings
from services.common.storage.local import LocalStorage
from services.seeder.service import Options, SeederService, seeding_worker
from tests.integration.loads import load, plan_of, spec_of, start, tell, wait_for
from tests.integration.processes import Service, service
from tests.integration.seed_places import Place
from tests.integration.test_seeder_service import Seeder

SHOPS = """
options: {n: 300K}
load: {suspend: [store.manager_id]}
tables:
  store: {rows: 300, columns: {id: sequence, manager_id: {ref: staff.id}}}
  staff: {rows: "${n}", columns: {id: sequence, store_id: {ref: store.id}, nm: name}}
"""
DDL = (
    "CREATE TABLE store (id BIGINT PRIMARY KEY, manager_id BIGINT NOT NULL)",
    "CREATE TABLE staff (id BIGINT PRIMARY KEY, store_id BIGINT NOT NULL REFERENCES store (id), nm TEXT NOT NULL)",
    "ALTER TABLE store ADD CONSTRAINT mgr FOREIGN KEY (manager_id) REFERENCES staff (id)",
)
PLAN = plan_of(SHOPS)
OTHER = plan_of("tables: {t: {rows: 3, columns: {id: sequence}}}")
SAME = plan_of("tables: {store: {rows: 0, columns: {id: sequence, manager_id: {gen: int, min: 1, max: 1}}}}")
OPTIONS = Options(batch_rows=1024, connections=1)


@pytest.fixture
def place(postgres_url: str) -> Place:
    found = Place(postgres_url)
    found.run(*DDL)
    return found


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service("generator", tmp_path_factory.mktemp("generator")) as found:
        yield found


@pytest.fixture
async def seeder(tmp_path: Path) -> AsyncIterator[Seeder]:
    settings = Settings(data_dir=tmp_path, retry_seconds=0.05, max_attempts=1)
    store, storage, worker = SqlJobStore(settings.jobs_store_url), LocalStorage(tmp_path), seeding_worker(settings)
    await store.open()
    supervisor = Supervisor(store, settings, storage, {worker.kind: worker})
    await supervisor.start()
    jobs = JobsService(store, supervisor, storage)
    yield Seeder(SeederService(settings, jobs), jobs, tmp_path)
    await supervisor.stop(drain=False)
    await store.close()


def there(place: Place) -> list[tuple[Any, ...]]:
    """The constraint, and whether all rows are known to keep it."""
    return place.query("SELECT convalidated FROM pg_constraint WHERE conname = 'mgr'")


async def begun(seeder: Seeder, place: Place) -> Job:
    """A load that has committed rows and has the constraint off."""
    job = await seeder.service.create_seeding(PLAN, place.url, options=OPTIONS, trusted=True)
    await seeder.until_said(job, "checkpoint")
    assert await asyncio.to_thread(there, place) == []
    return job


def warned(log: list[Event]) -> bool:
    return any("VALIDATE" in e.data["text"] for e in log if e.type == "log")


async def test_a_paused_job_that_is_cancelled_puts_back_what_it_took_off(seeder: Seeder, place: Place) -> None:
    job = await begun(seeder, place)
    await seeder.jobs.pause(job.id)
    await seeder.until(job, State.PAUSED)
    assert await asyncio.to_thread(there, place) == []
    assert (await seeder.jobs.cancel(job.id)).state is State.CANCELLING
    log = await seeder.log(job)
    assert await asyncio.to_thread(there, place) == [(False,)]
    assert warned(log)
    assert (await seeder.jobs.get(job.id)).state is State.CANCELLED
    shutdown = log[-1].data
    assert shutdown["reason"] == "cancel" and not shutdown["resumable"]
    assert shutdown["checkpoint"]["rows"] > 0


async def test_the_last_event_of_a_paused_job_that_is_cancelled_says_how_far_it_is(seeder: Seeder, tmp_path: Path) -> None:
    job = await seeder.service.create_seeding(plan_of(), f"sqlite:///{tmp_path}/s.db", options=OPTIONS, trusted=True)
    await seeder.until_said(job, "checkpoint")
    await seeder.jobs.pause(job.id)
    await seeder.until(job, State.PAUSED)
    assert (await seeder.jobs.cancel(job.id)).state is State.CANCELLED
    assert (await seeder.log(job))[-1].data["checkpoint"]["rows"] > 0


async def test_a_load_that_died_in_its_last_attempt_puts_back_what_it_took_off(
    seeder: Seeder, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKCRAFT_FAILPOINT", "loader.mid_block")
    job = await seeder.service.create_seeding(PLAN, place.url, options=OPTIONS, trusted=True)
    log = await seeder.log(job)
    assert (log[-1].data["code"], log[-1].data["willRetry"]) == ("WORKER_DIED", False)
    assert warned(log)
    assert await asyncio.to_thread(there, place) == [(False,)]


@pytest.mark.parametrize("asked", [True, False], ids=["cancelled", "last attempt"])
async def test_a_load_whose_service_died_puts_back_what_it_took_off(
    place: Place, generator: Service, tmp_path: Path, asked: bool
) -> None:
    place.run("CREATE INDEX names ON staff (nm)")
    settings = Settings(data_dir=tmp_path)
    store = SqlJobStore(settings.jobs_store_url)
    await store.open()
    jobs = JobsService(store, storage=LocalStorage(tmp_path))
    seeder = Seeder(SeederService(settings, jobs), jobs, tmp_path)
    options = Options(batch_rows=1024, connections=1, fast=("indexes",))
    job = await seeder.service.create_seeding(PLAN, place.url, options=options, trusted=True)
    known = {"max_attempts": 1, "seeder__generators": generator.address}
    with service("seeder", tmp_path, **known) as first:
        await seeder.until_said(job, "checkpoint")
        assert off(place) == ([], [])
        os.kill(first.process.pid, signal.SIGSTOP)
        if asked:
            assert (await jobs.cancel(job.id)).state is State.CANCELLING
        first.kill()
    with service("seeder", tmp_path, **known):
        log = await seeder.log(job)
    assert [e.terminal for e in log] == [False] * (len(log) - 1) + [True]
    assert warned(log) and off(place) == ([(False,)], [("names",)])
    assert log[-1].data["checkpoint"]["rows"] > 0
    end = (State.CANCELLED, None) if asked else (State.FAILED, "MAX_ATTEMPTS")
    ended = await jobs.get(job.id)
    await store.close()
    assert (ended.state, ended.error.code if ended.error else None) == end


def off(place: Place) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The constraint and the index, as far as they are there."""
    return there(place), place.query("SELECT indexname FROM pg_indexes WHERE indexname = 'names'")


UNLOGGED = plan_of("""
tables:
  shelf: {rows: 10, columns: {id: sequence}}
  book: {rows: 300K, columns: {id: sequence, shelf_id: {ref: shelf.id}}}
""")


@pytest.mark.parametrize("dies", [False, True])
def test_tables_that_refer_to_each_other_are_logged_again(postgres_url: str, tmp_path: Path, dies: bool) -> None:
    place = Place(postgres_url)
    place.run("CREATE TABLE shelf (id BIGINT PRIMARY KEY)")
    place.run("CREATE TABLE book (id BIGINT PRIMARY KEY, shelf_id BIGINT NOT NULL REFERENCES shelf (id))")
    spec = spec_of(UNLOGGED, tmp_path, batch_rows=1024, fast=("unlogged",))
    unlogged = "SELECT relname::text FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY 1"
    child = start(spec, place.url)
    wait_for(child, "checkpoint", 2)
    assert place.query(unlogged) == [("book",), ("shelf",)]
    if dies:
        child.kill()
        child.communicate()
        other = load(spec_of(UNLOGGED, tmp_path, load="other", mode="truncate", work_dir=tmp_path / "other"), place.url)
        assert other.code == EXIT_DONE, other.events[-1]
    else:
        assert tell(child, "cancel").code == EXIT_CANCELLED
    assert place.query(unlogged) == []


async def test_what_could_not_be_put_back_is_told_and_put_back_by_a_job_of_its_own(seeder: Seeder, place: Place) -> None:
    job = await begun(seeder, place)
    await seeder.jobs.pause(job.id)
    await seeder.until(job, State.PAUSED)
    os.environ["MOCKCRAFT_FAILPOINT"] = "loader.restored"
    try:
        await seeder.jobs.cancel(job.id)
        log = await seeder.log(job)
    finally:
        del os.environ["MOCKCRAFT_FAILPOINT"]
    assert any("seed --restore" in e.data["text"] for e in log if e.type == "log")
    assert await asyncio.to_thread(there, place) == []
    restoring = await seeder.service.restore(job.id, place.url, trusted=True)
    done = await seeder.log(restoring)
    assert done[-1].data["restored"] == ["store.mgr"]
    assert await asyncio.to_thread(there, place) == [(False,)]


def test_the_command_line_cancels_a_paused_load_and_puts_back_what_it_took_off(place: Place, tmp_path: Path) -> None:
    async def paused() -> str:
        settings = Settings(data_dir=tmp_path)
        store, storage, worker = SqlJobStore(settings.jobs_store_url), LocalStorage(tmp_path), seeding_worker(settings)
        await store.open()
        supervisor = Supervisor(store, settings, storage, {worker.kind: worker})
        await supervisor.start()
        jobs = JobsService(store, supervisor, storage)
        seeder = Seeder(SeederService(settings, jobs), jobs, tmp_path)
        job = await begun(seeder, place)
        await jobs.pause(job.id)
        await seeder.until(job, State.PAUSED)
        await supervisor.stop()
        await store.close()
        return job.id

    from cli.app import app

    job_id = asyncio.run(paused())
    result = CliRunner().invoke(app, ["jobs", "cancel", job_id], env={"MOCKCRAFT_DATA_DIR": str(tmp_path)})
    assert result.exit_code == 0, result.output
    assert "CANCELLED" in result.output and "VALIDATE" in result.output
    assert there(place) == [(False,)]


def test_another_load_leaves_alone_what_a_running_one_took_off(place: Place, tmp_path: Path) -> None:
    child = start(spec_of(PLAN, tmp_path, batch_rows=1024), place.url)
    wait_for(child, "checkpoint", 1)
    other = load(spec_of(SAME, tmp_path, load="other", work_dir=tmp_path / "other"), place.url)
    assert other.code == EXIT_DONE, other.events[-1]
    assert there(place) == []
    assert any("as long as that load runs" in log["text"] for log in other.all("log"))
    paused = tell(child, "pause")
    assert paused.code == EXIT_PAUSED


def test_another_load_puts_back_only_what_is_off_in_its_own_tables(place: Place, tmp_path: Path) -> None:
    assert load(spec_of(PLAN, tmp_path), place.url, failpoint="loader.mid_block").code == -signal.SIGKILL
    other = load(spec_of(OTHER, tmp_path, load="other", work_dir=tmp_path / "other"), place.url)
    assert other.code == EXIT_DONE and there(place) == []
    assert any("mgr of store is taken off by the load load" in log["text"] for log in other.all("log"))
    same = load(spec_of(SAME, tmp_path, load="same", work_dir=tmp_path / "same"), place.url)
    assert same.code == EXIT_DONE and there(place) != []


def small(folder: Path, **fields: Any) -> Any:
    return spec_of(plan_of(SHOPS, n="20K"), folder, **fields)


def test_what_was_put_back_unproven_is_proven_at_the_end(place: Place, tmp_path: Path) -> None:
    """The load was killed, another one put the constraint back over rows that break it, then the first went on."""
    assert load(small(tmp_path), place.url, failpoint="loader.before_commit:2").code == -signal.SIGKILL
    same = load(spec_of(SAME, tmp_path, load="same", work_dir=tmp_path / "same"), place.url)
    assert same.code == EXIT_DONE and there(place) == [(False,)]
    done = load(small(tmp_path, attempt=2), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert done.one("complete")["constraints"] == {"restored": ["store.mgr"], "valid": True}
    assert there(place) == [(True,)]


def test_a_constraint_that_rows_of_others_break_is_not_called_valid(place: Place, tmp_path: Path) -> None:
    place.run(
        "ALTER TABLE store DROP CONSTRAINT mgr",
        "INSERT INTO store VALUES (900000, 900000)",
        "ALTER TABLE store ADD CONSTRAINT mgr FOREIGN KEY (manager_id) REFERENCES staff (id) NOT VALID",
    )
    done = load(small(tmp_path), place.url)
    assert done.code == EXIT_DONE, done.events[-1]
    assert done.one("complete")["constraints"]["valid"] is False
    assert any("VALIDATE" in log["text"] for log in done.all("log"))
    with pytest.raises(DatabaseError):
        place.run("ALTER TABLE store VALIDATE CONSTRAINT mgr")


def test_the_command_line_puts_back_what_an_ended_load_left_off(place: Place, tmp_path: Path) -> None:
    async def cancelled() -> tuple[str, str]:
        settings = Settings(data_dir=tmp_path)
        store = SqlJobStore(settings.jobs_store_url)
        await store.open()
        jobs = JobsService(store, storage=LocalStorage(tmp_path))
        job = await SeederService(settings, jobs).create_seeding(PLAN, place.url, options=OPTIONS, trusted=True)
        await jobs.cancel(job.id)
        await store.close()
        return str(job.spec["load"]), job.id

    from cli.app import app

    name, job_id = asyncio.run(cancelled())
    assert load(spec_of(PLAN, tmp_path, load=name), place.url, failpoint="loader.mid_block").code == -signal.SIGKILL
    command = ["seed", "--restore", job_id, "--db", place.url]
    result = CliRunner().invoke(app, command, env={"MOCKCRAFT_DATA_DIR": str(tmp_path)})
    assert result.exit_code == 0, result.output
    assert "store.mgr" in result.output and there(place) == [(False,)]
