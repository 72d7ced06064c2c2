"""The jobs of this machine: the same store and service that the servers use, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self

from cli.configuration import load, quiet_logs
from cli.documents import event_document, job_document
from cli.failure import say, usage
from services.common.jobs.identity import surely_dead
from services.common.jobs.model import Job, State
from services.common.jobs.moves import lease_ran_out
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.settings import Settings
from services.common.storage.local import LocalStorage


class LocalJobs:
    """Looks at jobs and steers them; runs none. The counterpart of `cli.server_client.ServerJobs`."""

    def __init__(self, jobs: JobsService, settings: Settings) -> None:
        self._jobs, self._settings = jobs, settings

    @classmethod
    @asynccontextmanager
    async def open(cls, settings_file: str) -> AsyncIterator[Self]:
        """The jobs of the data folder that the settings name."""
        settings = load(settings_file)
        quiet_logs(settings)
        async with open_store(settings) as store:
            yield cls(JobsService(store, storage=LocalStorage(settings.data_dir)), settings)

    async def list(self, state: str, kind: str, limit: int) -> list[dict[str, Any]]:
        """The newest jobs. Raises `CommandError` (usage) for an unknown state."""
        if state and state not in State.__members__:
            raise usage(f"there is no state {state}", f"states are {', '.join(State)}")
        page = await self._jobs.list(limit, state=State[state] if state else None, kind=kind)
        return [local_document(job) for job in page.jobs]

    async def summary(self) -> Sequence[dict[str, Any]]:
        """How many jobs there are of each kind in each state."""
        return [{"kind": each.kind, "state": str(each.state), "jobs": each.jobs} for each in await self._jobs.counts()]

    async def get(self, job_id: str) -> dict[str, Any]:
        """One job, with the folder of its files."""
        job = await self._jobs.get(job_id)
        return {**local_document(job), "outDir": str(self._jobs.storage.paths(job).out)}

    async def pause(self, job_id: str) -> dict[str, Any]:
        """Ask it to pause."""
        return job_document(await self._jobs.pause(job_id))

    async def cancel(self, job_id: str) -> dict[str, Any]:
        """Ask it to stop for good. What it left is put right here, when it lay still."""
        job = await self._jobs.cancel(job_id)
        if job.state is State.CANCELLING and not job.lease_owner:
            job = await self._tidied(job)
        return job_document(job)

    async def _tidied(self, job: Job) -> Job:
        from cli.backups import OwnBackups
        from cli.runtime import workers
        from services.common.jobs.supervisor import Supervisor

        store, settings = self._jobs.store, self._settings
        known = workers(settings, OwnBackups(settings))
        supervisor = Supervisor(store, settings, self._jobs.storage, known, only_wanted=True)
        await supervisor.start()
        try:
            supervisor.want(job.id)
            async for event in self._jobs.watch(job.id, job.last_sequence):
                if event.type == "log":
                    say(f"mockcraft: {event.data['text']}")
        finally:
            await supervisor.stop()
        return await self._jobs.get(job.id)

    async def watch(self, job_id: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Its events after sequence number `after`, to the terminal one."""
        async for event in self._jobs.watch(job_id, after):
            yield event_document(event)


def local_document(job: Job) -> dict[str, Any]:
    """A job; `interrupted` is there when the process that worked on it is gone, so that it goes on only when resumed."""
    gone = bool(job.lease_owner) and (surely_dead(job.lease_owner) or lease_ran_out(job, datetime.now(UTC)))
    return {**job_document(job), **({"interrupted": True} if gone else {})}


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[SqlJobStore]:
    """The job store that the settings name, open."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = SqlJobStore(settings.jobs_store_url)
    await store.open()
    try:
        yield store
    finally:
        await store.close()
