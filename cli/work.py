"""Running one job here, in the foreground: start or resume it, follow it to its end, pause it on Ctrl-C.

A job lives in the local store like a server's; the supervisor in this process runs this one only,
and the work itself is done by its child processes.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cli.configuration import load, quiet_logs
from cli.documents import event_document
from cli.failure import DONE, INTERRUPTED, CommandError, say
from cli.local import open_store
from cli.progress import Display, Style, display
from cli.runtime import workers
from services.common.errors import MockcraftError
from services.common.jobs.model import Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.supervisor import Supervisor
from services.common.settings import Settings
from services.common.storage.local import LocalStorage


@dataclass(frozen=True)
class Here:
    """What a job is made with and run by in this process."""

    settings: Settings
    jobs: JobsService


WORTH_RESUMING = frozenset({"DISK_FULL", "MAX_ATTEMPTS", "OUTPUT_FAILED", "TARGET_AUTH_FAILED", "TARGET_READ_ONLY"})
"""Failures that another try may overcome once somebody has put something right."""

Begin = Callable[[Here], Awaitable[Job]]


class LeftError(Exception):
    """Somebody asked twice: leave the job (its id) where its last checkpoint is, without waiting."""


def run_here(begin: Begin, settings_file: str, style: Style) -> int:
    """Run the job that `begin` makes or resumes. Returns the exit status."""
    settings = load(settings_file)
    quiet_logs(settings)
    return asyncio.run(_run(begin, settings, style))


def resume_here(job_id: str, settings_file: str, style: Style) -> int:
    """Continue a job of the local store. Returns the exit status."""
    return run_here(lambda here: here.jobs.resume(job_id), settings_file, style)


async def _run(begin: Begin, settings: Settings, style: Style) -> int:
    async with open_store(settings) as store:
        supervisor = Supervisor(store, settings, LocalStorage(settings.data_dir), workers(settings), only_wanted=True)
        jobs = JobsService(store, supervisor)
        await supervisor.start()
        drain = True
        try:
            job = await begin(Here(settings, jobs))
            supervisor.want(job.id)
            return await _see_through(jobs, job, display(style))
        except LeftError as left:
            drain = False
            say(resume_hint(str(left)))
            return INTERRUPTED
        finally:
            await supervisor.stop(drain)


async def _see_through(jobs: JobsService, job: Job, shown: Display) -> int:
    complete = None
    with shown, _pausing_on_signals(jobs, job.id):
        async for event in _follow(jobs, job):
            shown.event(event)
            complete = event if event["type"] == "complete" else None
    ended = await jobs.get(job.id)
    if complete:
        shown.report(complete, str(jobs.storage.paths(ended).out))
        return DONE
    return _tell(ended)


async def _follow(jobs: JobsService, job: Job) -> AsyncIterator[Mapping[str, Any]]:
    """The job's events from now on, until it has ended or lies paused."""
    after = 0 if job.state is State.RUNNING else job.last_sequence  # what runs elsewhere is replayed
    async for event in jobs.watch(job.id, after):
        yield event_document(event)
        if event.type == "shutdown" and (await jobs.get(job.id, spec=False)).state is State.PAUSED:
            return


@contextmanager
def _pausing_on_signals(jobs: JobsService, job_id: str) -> Iterator[None]:
    """Ctrl-C and SIGTERM pause the job, so that it checkpoints; a second one leaves at once, at the last checkpoint.

    One that comes when the job has ended changes nothing any more: the process is about to end by itself.
    """
    loop, here = asyncio.get_running_loop(), asyncio.current_task()
    asked: list[asyncio.Task[None]] = []

    def stop() -> None:
        if asked and here:
            here.cancel()
        else:
            say("\nmockcraft: checkpointing; once more to leave at once")
            asked.append(loop.create_task(_pause(jobs, job_id)))

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    except asyncio.CancelledError:
        raise LeftError(job_id) from None
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)


async def _pause(jobs: JobsService, job_id: str) -> None:
    """Pause; a job that has just ended is left as it is."""
    with suppress(MockcraftError):
        await jobs.pause(job_id)


def _tell(job: Job) -> int:
    """Say why the job did not come to its end; the exit status. Raises `CommandError` when it failed."""
    if job.state is State.PAUSED:
        done = job.progress
        say(f"mockcraft: paused at {done.current:,} of {done.total:,} {done.unit}, checkpoint kept")
        say(resume_hint(job.id))
        return INTERRUPTED
    if job.error:
        again = " --db URL" if job.spec.get("sealed") else ""
        hint = resume_hint(job.id) + again if job.error.retryable or job.error.code in WORTH_RESUMING else ""
        raise CommandError(job.error.message, code=job.error.code, hint=hint)
    raise CommandError(f"{job.id} is {job.status}")


def resume_hint(job_id: str) -> str:
    """How to go on."""
    return f"resume with: mockcraft seed --resume {job_id}"
