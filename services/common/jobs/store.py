"""The port to the job store, and the rules every store keeps.

A change of a job is a *move*: a pure function from the job as stored and the store's clock to a
`Change`. The store reads the row, applies the move, writes the row back guarded by `attempt` and
`lease_owner`, and numbers and stores the events, all in one transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.common.errors import MockcraftError, exhausted, gone, not_found, unprocessable
from services.common.jobs.model import Event, Job, State


@dataclass(frozen=True, slots=True)
class Draft:
    """An event without its number. `timestamp` is RFC 3339 UTC with milliseconds."""

    type: str
    timestamp: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a move does: the job as it shall be, and what it says."""

    job: Job
    events: tuple[Draft, ...] = ()


Move = Callable[[Job, datetime], Change | None]
"""None leaves everything as it is. A move may raise; then nothing is stored."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write about a job: holds while the stored attempt and owner are these."""

    job_id: str
    attempt: int
    owner: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What was asked of a running job, as stored beside its state."""

    attempt: int
    owner: str
    pause: bool
    cancel: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Which jobs to list, newest first: at most `size`, after the job `after` (a page token's content)."""

    size: int = 50
    after: tuple[int, str] | None = None
    state: State | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """An idempotency key: the same `key` of the same `client` names one job for 24 hours."""

    key: str = ""
    digest: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs may wait, of all clients and of one; 0 for no limit. `refusal` says why no job may begin at all."""

    waiting: int = 0
    waiting_of_client: int = 0
    refusal: MockcraftError | None = None


NO_REQUEST = Request()
NO_LIMITS = Limits()
REQUEST_HOURS = 24
LONGEST_WAIT_SECONDS = 120
"""No job waits longer for another attempt: one that seems to, since the clock was set back, is claimed."""
STORE_UNAVAILABLE = "STORE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a kind are in a state."""

    kind: str
    state: State
    jobs: int


class LeaseLostError(Exception):
    """The stored attempt or owner is another: end the child, write nothing more."""


class JobStore(Protocol):
    """Jobs and their event logs. Every method is one transaction and safe to call from many processes."""

    async def open(self) -> None:
        """Connect and create what is missing. Raises `MockcraftError` STORE_UNAVAILABLE."""

    async def close(self) -> None:
        """Let go of every connection."""

    async def create(self, job: Job, request: Request = NO_REQUEST, sealed: str = "", limits: Limits = NO_LIMITS) -> Job:
        """Store a new job; `created_at` is taken from the store's clock and `turn` from its queue.

        `sealed` is a secret that it needs, encrypted: kept beside the job and deleted with its terminal event.

        Answers the job already stored for the same request or the same `resumed_from`.
        Raises `MockcraftError` IDEMPOTENCY_KEY_REUSED when the key came with another digest, QUEUE_FULL beyond `limits`,
        CHECKPOINT_EXPIRED when the job it is `resumed_from` has expired or was removed.
        """

    async def get(self, job_id: str, spec: bool = True) -> Job | None:
        """The job, without its spec when not asked for."""

    async def sealed(self, job_id: str) -> str:
        """The encrypted secret of a job that has not ended; empty when there is none."""

    async def list(self, page: Page) -> Sequence[Job]:
        """Jobs without their specs."""

    async def resumed_as(self, job_id: str) -> Job | None:
        """The job that adopted this one's checkpoint."""

    async def events(self, job_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]:
        """Stored events with a larger number, in order."""

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> tuple[Job, Sequence[Event]]:
        """Apply a move. Raises `LeaseLostError` when the lease given does not hold, JOB_NOT_FOUND for an unknown id.

        The job answered (and given to the move) is without its spec.
        """

    async def claim(
        self, owner: str, kinds: Collection[str], lease_seconds: float, only: Collection[str] | None = None
    ) -> Job | None:
        """Take the next job that waits, of those kinds (and ids): RUNNING, leased to `owner`. With its spec."""

    async def heartbeat(self, lease: Lease, lease_seconds: float, memory_bytes: int = 0) -> None:
        """Renew the lease, and note how much memory the work holds. Raises `LeaseLostError`."""

    async def counts(self) -> Sequence[Count]:
        """How many jobs there are of each kind in each state."""

    async def intents(self, job_ids: Collection[str]) -> Mapping[str, Intent]:
        """What is asked of these jobs now."""

    async def leased(self) -> Sequence[tuple[str, str, bool]]:
        """Id, owner and whether the lease has run out, of every leased job."""

    async def ended_before(self, seconds: float, fetched: float = 0) -> Sequence[str]:
        """Ids of jobs that ended so many seconds ago, or whose files were all `fetched` so long ago, and are not expired yet.

        At most 100; `fetched` 0 leaves those to their age.
        """

    async def trim(self, keep: int) -> int:
        """Drop the oldest events of jobs that have a tenth more than `keep`; how many jobs, at most 100."""

    async def expire(self, job_id: str) -> None:
        """Drop an ended job's events and mark it expired; drops outdated idempotency keys too."""

    async def remove(self, job_id: str) -> None:
        """Make an ended job unknown, with its events, spec and idempotency keys; whether it was resumed is still remembered."""


def check_change(before: Job, change: Change) -> None:
    """Hold what every store promises: a closed log stays closed, and exactly the last event is terminal."""
    after = change.job
    if before.state.terminal and (change.events or after.state is not before.state):
        raise ClosedLogError(before.id)
    ends = [_terminal(draft) for draft in change.events]
    expected = [False] * (len(ends) - 1) + [after.state.terminal] if ends else []
    assert ends == expected and (ends or after.state.terminal == before.state.terminal), (before.state, change)


class ClosedLogError(Exception):
    """Somebody tried to write about a job that has ended."""


def _terminal(draft: Draft) -> bool:
    return Event("", 0, 0, draft.type, "", draft.data).terminal


def numbered(job: Job, drafts: Sequence[Draft]) -> tuple[Job, tuple[Event, ...]]:
    """The drafts with the numbers after the job's last one, and the job that has said them."""
    events = tuple(
        Event(job.id, job.last_sequence + i, job.attempt, draft.type, draft.timestamp, draft.data)
        for i, draft in enumerate(drafts, 1)
    )
    return dataclasses.replace(job, last_sequence=job.last_sequence + len(events)), events


def holds(job: Job, lease: Lease | None) -> bool:
    """Whether the lease (if any) is the stored one."""
    return lease is None or (job.attempt, job.lease_owner) == (lease.attempt, lease.owner)


def same_request(stored_digest: str, request: Request) -> None:
    """Raise IDEMPOTENCY_KEY_REUSED when the key named another request."""
    if stored_digest != request.digest:
        raise unprocessable(
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used for a different request.",
            "Send the same request, or a new key.",
        )


def checkpoint_expired() -> MockcraftError:
    """Nobody can go on from a job that is no longer kept."""
    return gone("CHECKPOINT_EXPIRED", "The checkpoint of this job is no longer kept.", "Start it anew.")


def unknown_job(job_id: str) -> MockcraftError:
    """The same answer for unknown and malformed ids, as much of which is named as an id has characters."""
    shown = ascii(job_id[:40])[1:-1]
    return not_found("JOB_NOT_FOUND", f"There is no job {shown}.", "The list of jobs has the ids of those there are.")


def check_room(limits: Limits, waiting: int, of_client: int) -> None:
    """Raise QUEUE_FULL when one more job may not wait, and what else refuses it."""
    if limits.refusal is not None:
        raise limits.refusal
    later = "Try again when some have run."
    if limits.waiting_of_client and of_client >= limits.waiting_of_client:
        raise exhausted("QUEUE_FULL", f"{of_client:,} of your jobs wait already; no more are taken.", later)
    if limits.waiting and waiting >= limits.waiting:
        raise exhausted("QUEUE_FULL", f"{waiting:,} jobs wait already; no more are taken.", later)
