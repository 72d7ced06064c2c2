"""The jobs of this machine: the same store and service that the servers use, in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

from cli.configuration import load, quiet_logs
from cli.documents import INTERRUPTED, event_document, job_document, resume_command
from cli.failure import CommandError, say, usage
from services.common.jobs import moves
from services.common.jobs.children import Note
from services.common.jobs.identity import surely_dead
from services.common.jobs.model import Event, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.store import Move
from services.common.jobs.tidying import last_place
from services.common.settings import Settings
from services.common.storage.local import LocalStorage

OWNED: Final = (State.RUNNING, State.PAUSING, State.CANCELLING)
"""States in which a process works on a job, or did when it was killed."""
MOST: Final = 1000
LOOK_SECONDS: Final = 1.0
"""How long a job that is watched may be silent before its process is looked for."""
CHILD_SECONDS: Final = 5.0
"""How long a child that was killed may take to go."""


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
        if state == INTERRUPTED:
            return [local_document(job) for job in await _interrupted(self._jobs, kind, limit)]
        if state and state not in State.__members__:
            raise usage(f"there is no state {state}", f"states are {', '.join(State)}, {INTERRUPTED}")
        page = await self._jobs.list(limit, state=State[state] if state else None, kind=kind)
        return [local_document(job) for job in page.jobs]

    async def summary(self) -> Sequence[dict[str, Any]]:
        """How many jobs there are of each kind in each state."""
        return [{"kind": each.kind, "state": str(each.state), "jobs": each.jobs} for each in await self._jobs.counts()]

    async def get(self, job_id: str) -> dict[str, Any]:
        """One job, with the folder of its files."""
        job = await self._jobs.get(job_id)
        return {**_with_resume(job), "outDir": str(self._jobs.storage.paths(job).out)}

    async def pause(self, job_id: str) -> dict[str, Any]:
        """Ask it to pause; one whose process is gone is paused at once."""
        await self._let_lie(await self._jobs.get(job_id), moves.pause)
        return _with_resume(await self._jobs.pause(job_id))

    async def cancel(self, job_id: str) -> dict[str, Any]:
        """Ask it to stop for good. What it left is put right here, when it lay still or its process is gone."""
        job = await self._jobs.get(job_id)
        place = await last_place(self._jobs.store, job)
        await self._let_lie(job, moves.cancel_at(place, tidy=bool(job.spec.get("tidy"))))
        job = await self._jobs.cancel(job_id)
        if job.state is State.CANCELLING and not job.lease_owner:
            job = await self._tidied(job)
        return job_document(job)

    async def remove(self, job_id: str) -> None:
        """Remove one that has ended, with what the data folder keeps of it."""
        await self._jobs.remove(job_id)

    async def _let_lie(self, job: Job, move: Move) -> None:
        """Make the move at once when the job's owner is gone, after the end of a child that it left behind."""
        if not owner_gone(job, datetime.now(UTC)):
            return
        child = Note.read(self._jobs.storage.job_dir(job.id).child)
        settled, _ = await self._jobs.store.update(job.id, moves.of_gone(move, owner_gone))
        if child is not None and not settled.lease_owner:
            await asyncio.to_thread(_end, child)

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
        """Its events after sequence number `after`, to the terminal one. Raises `CommandError` when its process is gone."""
        async with aclosing(self._jobs.watch(job_id, after)) as events:
            while (event := await self._next(job_id, events)) is not None:
                yield event_document(event)

    async def _next(self, job_id: str, events: AsyncGenerator[Event, None]) -> Event | None:
        step = asyncio.ensure_future(anext(events, None))
        try:
            while not (await asyncio.wait({step}, timeout=LOOK_SECONDS))[0]:
                await self._check_owner(job_id)
            return step.result()
        finally:
            step.cancel()
            await asyncio.wait({step})

    async def _check_owner(self, job_id: str) -> None:
        """Raises `CommandError` when the process that worked on the job is gone, with how to go on."""
        job = await self._jobs.get(job_id)
        if not owner_gone(job, datetime.now(UTC)):
            return
        command = resume_command(local_document(job))
        how = f"go on with: {command}" if command else f"end it with: mockcraft jobs cancel {job_id}"
        raise CommandError(f"the process that ran {job_id} is gone", code="JOB_INTERRUPTED", hint=how)


async def _interrupted(jobs: JobsService, kind: str, limit: int) -> list[Job]:
    """The newest jobs whose process is gone."""
    now = datetime.now(UTC)
    pages = [await jobs.list(MOST, state=state, kind=kind) for state in OWNED]
    found = [job for page in pages for job in page.jobs if owner_gone(job, now)]
    return sorted(found, key=lambda job: job.created_at, reverse=True)[:limit]


def owner_gone(job: Job, now: datetime) -> bool:
    """Whether a process was to work on the job, and is there no more."""
    return bool(job.lease_owner) and (surely_dead(job.lease_owner) or moves.lease_ran_out(job, now))


def local_document(job: Job) -> dict[str, Any]:
    """A job; `interrupted` is there when the process that worked on it is gone, so that it goes on only when resumed."""
    return {**job_document(job), **({"interrupted": True} if owner_gone(job, datetime.now(UTC)) else {})}


def _with_resume(job: Job) -> dict[str, Any]:
    """A job, and as `resume` the command that goes on with it, where one does."""
    document = local_document(job)
    command = resume_command(document)
    if not command:
        return document
    needs_url = job.state is State.FAILED and bool(job.spec.get("sealed"))
    return {**document, "resume": command + (" --db URL" if needs_url else "")}


def _end(child: Note) -> None:
    """Kill a child and wait until it is gone, so that it writes nothing more."""
    child.end()
    until = time.monotonic() + CHILD_SECONDS
    while child.lives and time.monotonic() < until:
        time.sleep(0.02)


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
