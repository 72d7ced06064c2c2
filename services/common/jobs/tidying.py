"""The last, short child of a job that has ended without putting right what it left: it says what it did in the job's log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from services.common.jobs.children import Child, take_lock
from services.common.jobs.lines import log_draft, parse_line, read_lines
from services.common.jobs.model import Job, State
from services.common.jobs.store import Draft, JobStore, Move
from services.common.storage.local import JobPaths

TIDY_SECONDS: Final = 600.0
"""How long it may take; an index of a large table is made again meanwhile."""
MOST_LINES: Final = 100
LATE_EVENTS: Final = 500
"""Events looked through for a job's last checkpoint."""
SOMETHING_LEFT: Final = "what this job took off may still be off"
"""What is said of a job that left something by a service that does not work on its kind."""


@dataclass(frozen=True)
class Tidy:
    """How what a job left is put right when it has failed or was cancelled: by a child with the spec that `spec` makes of
    the job's. `hint` says what is left and how else to put it right, when that child cannot."""

    spec: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    hint: str


@dataclass(frozen=True)
class Tidying:
    """What such a child needs. `spec` is its spec; `started` is told of it, so that it is ended with the attempt."""

    spec: Mapping[str, Any]
    command: list[str]
    secrets: Callable[[], Awaitable[Mapping[str, str]]]
    paths: JobPaths
    started: Callable[[Child], None]
    hint: str

    async def run(self) -> list[Draft]:
        """Do it; what goes into the job's log. Raises nothing: what was not put right is a warning there."""
        try:
            async with asyncio.timeout(TIDY_SECONDS):
                return await self._run()
        except Exception as error:  # whatever it is, the job ends now
            return [self._warning(str(error) or "it took too long")]

    async def _run(self) -> list[Draft]:
        secrets = await self.secrets()
        await asyncio.to_thread(self.paths.spec.write_bytes, orjson.dumps(self.spec))
        lock = await asyncio.to_thread(take_lock, self.paths)
        if lock is None:
            return [self._warning("another process still works on this job")]
        child = await Child.start(self.command, lock, secrets)
        try:
            await asyncio.to_thread(child.note, self.paths.child)
            self.started(child)
            return await self._listen(child)
        finally:
            await child.kill()
            child.close()

    async def _listen(self, child: Child) -> list[Draft]:
        said, last = list[Draft](), None
        assert child.process.stdout is not None
        async for line, left_out in read_lines(child.process.stdout):
            draft = parse_line(line, left_out, self.spec["jobId"])
            if draft.type == "log":
                said = [*said, draft][:MOST_LINES]
            elif draft.type in ("complete", "error", "shutdown"):
                last = draft
        if last is None or last.type != "complete":
            said.append(self._warning(str(last.data.get("message", last.type)) if last else "its process died"))
        return said

    def _warning(self, why: str) -> Draft:
        return left_behind(self.hint, why)


def left_behind(hint: str, why: str) -> Draft:
    """The warning that something was not put right."""
    return log_draft("supervisor", f"{hint} ({why})".encode(), 0)


def ends_badly(move: Move, job: Job) -> bool:
    """Whether the job will have failed, or been cancelled, after this move."""
    change = move(job, datetime.now(UTC))
    return change is not None and change.job.state in (State.FAILED, State.CANCELLED)


async def last_place(store: JobStore, job: Job) -> Any:
    """How far the job said last that it is: None where it has not said so of late."""
    for event in reversed(await store.events(job.id, max(0, job.last_sequence - LATE_EVENTS))):
        if event.type == "checkpoint":
            return event.data
        if event.data.get("checkpoint") is not None:
            return event.data["checkpoint"]
    return None
