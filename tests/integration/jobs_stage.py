"""A store, a supervisor with the test child, and a service, for tests; and the same as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.common.errors import unavailable
from services.common.jobs.ids import PREFIXES
from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Event, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.store import JobStore, Lease, Move
from services.common.jobs.supervisor import Supervisor
from services.common.jobs.worker import Worker
from services.common.settings import Settings, load_settings
from services.common.storage import storage_for
from services.common.storage.local import LocalStorage

CHILD = Path(__file__).with_name("jobs_child.py")
KINDS = ("generation", "seeding")
SECRET = "postgresql://u:canary-secret@127.0.0.1/db"
QUICK = {"lease_seconds": 2, "heartbeat_seconds": 0.3, "sweep_seconds": 0.2, "retry_seconds": 0.05, "stop_seconds": 4}


class Flaky(MemoryJobStore):
    """A store that does not answer for a while."""

    down = False

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> tuple[Job, Sequence[Event]]:
        if self.down:
            raise unavailable("STORE_UNAVAILABLE", "down")
        return await super().update(job_id, move, lease)

    async def heartbeat(self, lease: Lease, lease_seconds: float, memory_bytes: int = 0) -> None:
        if self.down:
            raise unavailable("STORE_UNAVAILABLE", "down")
        await super().heartbeat(lease, lease_seconds, memory_bytes)


def worker(kind: str = "generation") -> Worker:
    return Worker(
        kind,
        PREFIXES[kind],
        lambda job, paths: [sys.executable, str(CHILD), str(paths.spec)],
        secrets=lambda job, sealed: {"url": SECRET},
    )


@dataclass
class Stage:
    store: JobStore
    supervisor: Supervisor
    jobs: JobsService
    storage: LocalStorage

    async def create(self, *steps: list[Any], kind: str = "generation", **more: Any) -> Job:
        return await self.jobs.create(kind, {"steps": list(steps), **more})

    async def log(self, job_id: str) -> list[Event]:
        """Everything the job says, to its end."""
        return [event async for event in self.jobs.watch(job_id)]

    async def until(self, job_id: str, done: Callable[[Job], bool], seconds: float = 20) -> Job:
        async with asyncio.timeout(seconds):
            while not done(job := await self.jobs.get(job_id)):
                await asyncio.sleep(0.01)
        return job

    async def until_state(self, job_id: str, *states: State, seconds: float = 20) -> Job:
        return await self.until(job_id, lambda job: job.state in states, seconds)

    async def until_said(self, job_id: str, type_: str, seconds: float = 20) -> Event:
        async with asyncio.timeout(seconds):
            async for event in self.jobs.watch(job_id):
                if event.type == type_:
                    return event
        raise AssertionError(f"no {type_}")


def settings_in(folder: Path, **more: Any) -> Settings:
    return Settings(data_dir=folder, **{**QUICK, **more})


@asynccontextmanager
async def stage_in(
    folder: Path,
    store: JobStore | None = None,
    start: bool = True,
    only: bool = False,
    storage: LocalStorage | None = None,
    **more: Any,
) -> AsyncIterator[Stage]:
    settings = settings_in(folder, **more)
    store = store or SqlJobStore(settings.jobs_store_url)
    await store.open()
    storage = storage or LocalStorage(folder)
    supervisor = Supervisor(store, settings, storage, {kind: worker(kind) for kind in KINDS}, only_wanted=only)
    if start:
        await supervisor.start()
    try:
        yield Stage(store, supervisor, JobsService(store, supervisor), storage)
    finally:
        await supervisor.stop(drain=False)
        await store.close()


def well_formed(events: list[Event]) -> None:
    """What every finished log keeps: numbered from 1 without gaps, one terminal event, last; progress at most 4/s."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]


async def main(folder: Path, url: str) -> None:
    """A service without a door: runs what it finds until it is killed or told to stop."""
    from services.common.server import stop_signal

    asked = stop_signal()
    async with stage_in(folder, SqlJobStore(url), storage=storage_for(load_settings(data_dir=folder))) as stage:
        print("ready", flush=True)
        await asked.wait()
        await stage.supervisor.stop()


async def create_one(folder: Path, url: str) -> None:
    """Create one job and print its id, as a service would answer."""
    async with stage_in(folder, SqlJobStore(url), start=False) as stage:
        job = await stage.create(["progress"], ["complete"])
        print(job.id, flush=True)


if __name__ == "__main__":
    asyncio.run({"run": main, "create": create_one}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3]))
