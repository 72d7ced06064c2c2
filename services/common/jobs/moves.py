"""Every move of the state machine, as pure functions over a stored job. No I/O, no clock of their own.

`state + event -> state` in words: somebody asks (`pause`, `resume`, `cancel`), the owner reports
(`said`, `completed`, `failed`, `stopped`), or the sweep finds the owner gone (`rescued`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from services.common.errors import MockcraftError, refused
from services.common.jobs.model import BEGUN_ANEW, STAYS, Artifact, Job, JobError, Progress, State
from services.common.jobs.store import Change, Draft, Move

LONGEST_RETRY_SECONDS = 60.0


def rfc3339(now: datetime) -> str:
    """UTC with milliseconds, `Z`."""
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _at_rest(job: Job, state: State, **changes: Any) -> Job:
    """The job in a state without an owner."""
    return dataclasses.replace(job, state=state, lease_owner="", lease_until=None, **changes)


def _ended(job: Job, state: State, now: datetime, **changes: Any) -> Job:
    return _at_rest(job, state, finished_at=now, not_before=None, pause_requested=False, **changes)


def _shutdown(reason: str, now: datetime, checkpoint: Any = None) -> Draft:
    data = {"reason": reason, "resumable": reason != "cancel", "checkpoint": checkpoint}
    return Draft("shutdown", rfc3339(now), data)


WAYS_OUT: Final = {
    State.SUCCEEDED: "It is done: what it made is there. To make it again, start a new job.",
    State.FAILED: "It has ended: nothing of it runs. Resume it to try again, or start a new job.",
    State.CANCELLED: "It has ended, and its checkpoint is gone. Start a new job.",
    State.CANCELLING: "It is about to end. Start a new job.",
}
"""What helps who asks something of a job that has ended, or is about to."""


def _invalid_state(job: Job, verb: str) -> MockcraftError:
    return refused("INVALID_STATE", f"A job that is {job.state} cannot be {verb}.", WAYS_OUT.get(job.state, ""))


# What somebody asks.


def pause(job: Job, now: datetime) -> Change | None:
    """Pause: at once where no process works, else ask the owner. Idempotent. Raises INVALID_STATE, PAUSE_NOT_SUPPORTED."""
    if job.kind in BEGUN_ANEW and not job.state.terminal:
        message = f"A {job.kind} cannot be paused: it would begin anew."
        raise refused("PAUSE_NOT_SUPPORTED", message, "Let it end, or cancel it and start it again.")
    match job.state:
        case State.PAUSED | State.PAUSING:
            return None
        case State.PENDING | State.RETRY_WAIT:
            paused = _at_rest(job, State.PAUSED, pause_requested=True, not_before=None)
            return Change(paused, (_shutdown("pause", now),))
        case State.RUNNING:
            return Change(dataclasses.replace(job, state=State.PAUSING, pause_requested=True))
    raise _invalid_state(job, "paused")


def resume(job: Job, now: datetime) -> Change | None:
    """Resume: a paused job waits for an owner again; one that is pausing goes on after its checkpoint.

    Idempotent; consumes no attempt. Raises INVALID_STATE for what has ended or is being cancelled.
    """
    match job.state:
        case State.PENDING | State.RUNNING | State.RETRY_WAIT:
            return None
        case State.PAUSED:
            return Change(_at_rest(job, State.PENDING, pause_requested=False))
        case State.PAUSING:
            return Change(dataclasses.replace(job, state=State.RUNNING, pause_requested=False))
    raise _invalid_state(job, "resumed")


def cancel(job: Job, now: datetime) -> Change | None:
    """Cancel: at once where no process works, else ask the owner. Idempotent. Raises INVALID_STATE."""
    return _cancel(job, now, None, tidy=False)


def cancel_at(checkpoint: Any, tidy: bool) -> Move:
    """As `cancel`, for a job that is there where no process works. With `tidy` a last, short process is still to put
    things right: the job is CANCELLING and waits for an owner."""
    return lambda job, now: _cancel(job, now, checkpoint, tidy and job.started_at is not None)


def _cancel(job: Job, now: datetime, checkpoint: Any, tidy: bool) -> Change | None:
    match job.state:
        case State.CANCELLED | State.CANCELLING:
            return None
        case State.PENDING | State.PAUSED | State.RETRY_WAIT if tidy:
            return Change(_at_rest(job, State.CANCELLING, cancel_requested=True, pause_requested=False, not_before=None))
        case State.PENDING | State.PAUSED | State.RETRY_WAIT:
            return _cancelled(job, now, checkpoint)
        case State.RUNNING | State.PAUSING:
            return Change(dataclasses.replace(job, state=State.CANCELLING, cancel_requested=True))
    raise _invalid_state(job, "cancelled")


def _cancelled(job: Job, now: datetime, checkpoint: Any = None) -> Change:
    ancestor = job.resumed_from if job.started_at else ""  # one that never began took nothing over
    gone = _ended(job, State.CANCELLED, now, cancel_requested=True, resumed_from=ancestor)
    return Change(gone, (_shutdown("cancel", now, checkpoint if job.kind in STAYS else None),))


def of_gone(move: Move, gone: Callable[[Job, datetime], bool]) -> Move:
    """The same as `move` (to pause or to cancel) for a job whose owner may be gone: then it lies still, so that nobody is asked.

    Costs no attempt.
    """

    def still(job: Job, now: datetime) -> Change | None:
        asked = move(job, now)
        return move(_at_rest(job, State.PENDING), now) if job.lease_owner and gone(job, now) else asked

    return still


def fetched(name: str) -> Move:
    """A file of a finished job was fetched; `fetched_at` is when the last of them was."""

    def move(job: Job, now: datetime) -> Change | None:
        if not job.state.terminal or name in job.fetched:
            return None
        names = (*job.fetched, name)
        at = now if {artifact.name for artifact in job.artifacts} <= set(names) else None
        return Change(dataclasses.replace(job, fetched=names, fetched_at=at))

    return move


# What the owner reports. All are guarded by its lease in the store.


def said(drafts: Sequence[Draft], progress: Progress | None, budget: int | None = None) -> Move:
    """Store events as they come. `budget` (after a checkpoint) allows so many attempts from this one on."""

    def move(job: Job, now: datetime) -> Change:
        limit = job.attempt + budget - 1 if budget else job.max_attempts
        changed = dataclasses.replace(job, progress=progress or job.progress, max_attempts=limit)
        return Change(changed, tuple(drafts))

    return move


def completed(complete: Draft, artifacts: tuple[Artifact, ...]) -> Move:
    """The child is done and has said `complete`. A cancel that came first wins."""

    def move(job: Job, now: datetime) -> Change:
        if job.cancel_requested:
            return _cancelled(job, now)
        total = max(job.progress.total, job.progress.current)
        progress = dataclasses.replace(job.progress, current=total, total=total, percentage=100.0, eta_seconds=0.0)
        done = _ended(job, State.SUCCEEDED, now, artifacts=artifacts, error=None, progress=progress)
        return Change(done, (complete,))

    return move


def failed(error: JobError, retry_seconds: float, place: Mapping[str, Any] = MappingProxyType({})) -> Move:
    """The child failed, or its failure was seen. Another attempt follows where it may help and is allowed.

    `place` is what else the error event says: how far the work is.
    """

    def move(job: Job, now: datetime) -> Change:
        if job.cancel_requested:
            return _cancelled(job, now, place.get("checkpoint"))
        return _fail(job, now, error, retry_seconds, place)

    return move


def _fail(
    job: Job, now: datetime, error: JobError, retry_seconds: float, place: Mapping[str, Any] = MappingProxyType({})
) -> Change:
    again = error.retryable and job.attempt < job.max_attempts
    drafts = (_error(error, now, again, place),)
    if not again:
        return Change(_ended(job, State.FAILED, now, error=error), drafts)
    if job.pause_requested:
        return Change(_at_rest(job, State.PAUSED, attempt=job.attempt + 1), drafts)
    wait = timedelta(seconds=min(retry_seconds * 2 ** min(job.attempt - 1, 16), LONGEST_RETRY_SECONDS))
    waiting = _at_rest(job, State.RETRY_WAIT, attempt=job.attempt + 1, not_before=now + wait)
    return Change(waiting, drafts)


def _error(error: JobError, now: datetime, again: bool, place: Mapping[str, Any] = MappingProxyType({})) -> Draft:
    data = {**place, "code": error.code, "message": error.message, "retryable": error.retryable, "willRetry": again}
    return Draft("error", rfc3339(now), data)


def stopped(checkpoint: Any, reason: str) -> Move:
    """The child left because it was asked to: for a cancel, a pause, or the service's own stop. Costs no attempt.

    A pause that was withdrawn meanwhile makes the job wait for an owner again; `reason` is what the child was told.
    """

    def move(job: Job, now: datetime) -> Change:
        if job.cancel_requested:
            return _cancelled(job, now, checkpoint)
        if job.pause_requested:
            return Change(_at_rest(job, State.PAUSED), (_shutdown("pause", now, checkpoint),))
        return Change(_at_rest(job, State.PENDING), (_shutdown(reason, now, checkpoint),))

    return move


def returned(seconds: float, drafts: Sequence[Draft] = ()) -> Move:
    """The owner cannot begin yet: the job waits again."""

    def move(job: Job, now: datetime) -> Change:
        if job.cancel_requested:
            return _cancelled(job, now)
        state = State.PAUSED if job.pause_requested else State.PENDING
        return Change(_at_rest(job, state, not_before=now + timedelta(seconds=seconds)), tuple(drafts))

    return move


# What the sweep finds.


def rescued(
    owner: str,
    gone: Callable[[Job, datetime], bool],
    tidy: bool = False,
    checkpoint: Any = None,
    last_words: Sequence[Draft] = (),
) -> Move:
    """Take a job away from an owner that is gone: PENDING for another attempt, or as it was asked, or FAILED.

    With `tidy` a last, short process is still to put things right where the job would end: it waits for an owner even then,
    once more than it has attempts. `last_words` are said where that one is gone as well; `checkpoint` is how far the job is.
    """

    def move(job: Job, now: datetime) -> Change | None:
        if job.lease_owner != owner or not gone(job, now):
            return None
        if job.attempt > job.max_attempts or (not tidy and (job.cancel_requested or job.attempt == job.max_attempts)):
            return _given_up(job, now, checkpoint, last_words if tidy else ())
        return _lost(job, now)

    return move


def _given_up(job: Job, now: datetime, checkpoint: Any, last_words: Sequence[Draft]) -> Change:
    """The job ends, as it was asked or FAILED."""
    if job.cancel_requested:
        ended = _cancelled(job, now, checkpoint)
    else:
        ended = _fail(job, now, no_more_attempts(job.attempt), 0, how_far(job, checkpoint))
    return dataclasses.replace(ended, events=(*last_words, *ended.events))


def _lost(job: Job, now: datetime) -> Change:
    """The job waits for the next owner, as it was asked; after its last attempt nobody goes on with it, so it is not paused."""
    paused = job.pause_requested and job.attempt < job.max_attempts
    state = State.CANCELLING if job.cancel_requested else State.PAUSED if paused else State.PENDING
    waiting = _at_rest(job, state, attempt=job.attempt + 1, not_before=None)
    error = JobError("WORKER_LOST", f"The service that ran attempt {job.attempt} is gone.", retryable=True)
    return Change(waiting, (_error(error, now, again=True),))


def how_far(job: Job, checkpoint: Any) -> Mapping[str, Any]:
    """What an error event says of a job whose work stays where it is."""
    return {"checkpoint": checkpoint} if job.kind in STAYS and checkpoint is not None else {}


def no_more_attempts(attempt: int) -> JobError:
    """Why a job fails whose last attempt was lost."""
    return JobError("MAX_ATTEMPTS", f"Attempt {attempt} ended without a word and was the last one allowed.")


def lease_ran_out(job: Job, now: datetime) -> bool:
    """Whether the stored lease is over."""
    return job.lease_until is not None and job.lease_until < now
