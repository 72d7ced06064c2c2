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

from cli.backups import OwnBackups
from cli.configuration import load, quiet_logs
from cli.documents import WORTH_RESUMING, event_document
from cli.failure import DONE, FAILED, INTERRUPTED, CommandError, say, terminal_may_close
from cli.local import open_store
from cli.progress import Display, Style, display
from cli.report import Rows, Verdict
from cli.runtime import workers
from runner.platform import stop_signals
from services.common.errors import MockcraftError
from services.common.jobs.ids import kind_of
from services.common.jobs.model import BEGUN_ANEW, Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.supervisor import Supervisor
from services.common.settings import Settings
from services.common.storage.local import LocalStorage


@dataclass(frozen=True)
class Here:
    """What a job is made with and run by in this process."""

    settings: Settings
    jobs: JobsService


Begin = Callable[[Here], Awaitable[Job]]


class LeftError(Exception):
    """Somebody asked twice: leave the job (its id) where its last checkpoint is, without waiting."""


def run_here(begin: Begin, settings_file: str, style: Style, verdict: Verdict | Rows | None = None, **flags: Any) -> int:
    """Run the job that `begin` makes or resumes, with settings from the command line. Returns the exit status.

    A `verdict` tells what came of it instead of the display.
    """
    settings = load(settings_file, **flags)
    quiet_logs(settings)
    return asyncio.run(_run(begin, settings, style, verdict))


def resume_here(job_id: str, settings_file: str, style: Style) -> int:
    """Continue a job of the local store. Returns the exit status."""
    return run_here(lambda here: here.jobs.resume(job_id), settings_file, style)


async def _run(begin: Begin, settings: Settings, style: Style, verdict: Verdict | Rows | None) -> int:
    async with open_store(settings) as store:
        backups, storage = OwnBackups(settings), LocalStorage(settings.data_dir)
        supervisor = Supervisor(store, settings, storage, workers(settings, backups), only_wanted=True)
        jobs = JobsService(store, supervisor)
        backups.use(jobs, supervisor.want)
        await supervisor.start()
        drain = True
        try:
            job = await begin(Here(settings, jobs))
            supervisor.want(job.id)
            return await _see_through(jobs, job, display(style, quiet=verdict is not None), verdict)
        except LeftError as left:
            drain = False
            say(resume_hint(str(left)))
            return INTERRUPTED
        finally:
            await supervisor.stop(drain)


async def _see_through(jobs: JobsService, job: Job, shown: Display, verdict: Verdict | Rows | None) -> int:
    complete = None
    with shown, _stopping_on_signals(jobs, job) as asked:
        async for event in _follow(jobs, job):
            with terminal_may_close():
                shown.event(event)
            complete = event if event["type"] == "complete" else None
    ended = await jobs.get(job.id)
    out = jobs.storage.paths(ended).out
    if verdict:
        verdict.report(out, complete["data"] if complete else None)
    elif complete:
        shown.report(complete, str(out))
    if complete:
        return FAILED if complete["data"].get("equal") is False else DONE
    return _tell(ended, bool(asked))


async def _follow(jobs: JobsService, job: Job) -> AsyncIterator[Mapping[str, Any]]:
    """The job's events from now on, until it has ended or lies paused."""
    after = 0 if job.state is State.RUNNING else job.last_sequence  # what runs elsewhere is replayed
    async for event in jobs.watch(job.id, after):
        yield event_document(event)
        if event.type == "shutdown" and (await jobs.get(job.id, spec=False)).state is State.PAUSED:
            return


@contextmanager
def _stopping_on_signals(jobs: JobsService, job: Job) -> Iterator[list[asyncio.Task[None]]]:
    """Ctrl-C, SIGTERM and SIGHUP pause the job, so that it checkpoints; a second one leaves at once, at the last checkpoint.

    A terminal that is closed may send SIGHUP twice, so that only the first one counts. A job without checkpoints is
    cancelled. A signal that comes when the job has ended changes nothing any more: the process is about to end by itself.
    """
    loop, here = asyncio.get_running_loop(), asyncio.current_task()
    asked: list[asyncio.Task[None]] = []
    ask, doing = (jobs.cancel, "cancelling") if job.kind in BEGUN_ANEW else (jobs.pause, "checkpointing")

    def stop(number: int) -> None:
        if not asked:
            say(f"\nmockcraft: {doing}; once more to leave at once")
            asked.append(loop.create_task(_ask(ask, job.id)))
        elif here and number in (signal.SIGINT, signal.SIGTERM):
            here.cancel()

    numbers = stop_signals()
    for each in numbers:
        signal.signal(each, lambda number, _: loop.call_soon_threadsafe(stop, number))
    try:
        yield asked
    except asyncio.CancelledError:
        raise LeftError(job.id) from None
    finally:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)


async def _ask(ask: Callable[[str], Awaitable[Job]], job_id: str) -> None:
    """Pause or cancel; a job that has just ended is left as it is."""
    with suppress(MockcraftError):
        await ask(job_id)


def _tell(job: Job, asked: bool) -> int:
    """Say why the job did not come to its end; the exit status. Raises `CommandError` when it failed."""
    if job.state is State.PAUSED:
        done = job.progress
        say(f"mockcraft: paused at {done.current:,} of {done.total:,} {done.unit}, checkpoint kept")
        say(resume_hint(job.id))
        return INTERRUPTED
    if job.state is State.CANCELLED and asked:
        say("mockcraft: cancelled; nothing half done is left")
        return INTERRUPTED
    if job.error and job.kind in BEGUN_ANEW:
        raise CommandError(job.error.message, code=job.error.code)
    if job.error:
        again = " --db URL" if job.spec.get("sealed") else ""
        hint = resume_hint(job.id) + again if job.error.retryable or job.error.code in WORTH_RESUMING else ""
        raise CommandError(job.error.message, code=job.error.code, hint=hint)
    raise CommandError(f"{job.id} is {job.status}")


def resume_hint(job_id: str) -> str:
    """How to go on."""
    if kind_of(job_id) in BEGUN_ANEW:
        return f"begin anew with: mockcraft jobs resume {job_id}"
    if kind_of(job_id) == "dataset":
        return f"resume with: mockcraft jobs resume {job_id}"
    return f"resume with: mockcraft seed --resume {job_id}"
