"""The job store in memory: the twin of the SQL store for unit tests and throw-away runs. Lives as long as its process."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.common.jobs.model import Event, Job, State
from services.common.jobs.store import (
    LONGEST_WAIT_SECONDS,
    NO_LIMITS,
    NO_REQUEST,
    REQUEST_HOURS,
    Count,
    Intent,
    Lease,
    LeaseLostError,
    Limits,
    Move,
    Page,
    Request,
    check_change,
    check_room,
    checkpoint_expired,
    holds,
    numbered,
    same_request,
    unknown_job,
)

WAITING = (State.PENDING, State.RETRY_WAIT, State.CANCELLING)


def _utc_now() -> datetime:
    """Whole milliseconds, as the SQL store keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class MemoryJobStore:
    """See `JobStore`. `clock` may be replaced in tests. Nothing here awaits, so each method is atomic."""

    def __init__(self, clock: Callable[[], datetime] = _utc_now) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._removed: dict[str, Job] = {}
        self._events: dict[str, list[Event]] = {}
        self._sealed: dict[str, str] = {}
        self._served: dict[int, int] = {}
        self._requests: dict[tuple[str, str], tuple[str, str, datetime]] = {}

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def create(self, job: Job, request: Request = NO_REQUEST, sealed: str = "", limits: Limits = NO_LIMITS) -> Job:
        """See `JobStore.create`."""
        now = self._clock()
        known = self._known(job, request, now)
        if known is not None:
            return known
        held = [other for other in self._jobs.values() if other.state in (*WAITING, State.PAUSED)]
        check_room(limits, len(held), sum(other.client == job.client for other in held))
        waiting = [other for other in held if other.state in WAITING]
        own = [other.turn for other in waiting if (other.client, other.priority) == (job.client, job.priority)]
        turn = 1 + max([self._served.get(job.priority, -1), *own])
        self._jobs[job.id] = dataclasses.replace(job, created_at=now, turn=turn)
        self._events[job.id] = []
        if sealed:
            self._sealed[job.id] = sealed
        if request.key:
            self._requests[request.client, request.key] = (request.digest, job.id, now)
        return self._jobs[job.id]

    def _known(self, job: Job, request: Request, now: datetime) -> Job | None:
        digest, job_id, at = self._requests.get((request.client, request.key), ("", "", now))
        if job_id and now - at < timedelta(hours=REQUEST_HOURS):
            same_request(digest, request)
            return self._jobs[job_id]
        if not job.resumed_from:
            return None
        heir, ancestor = self._resumed_as(job.resumed_from), self._jobs.get(job.resumed_from)
        if heir is None and (ancestor is None or ancestor.expired):
            raise checkpoint_expired()
        return heir

    async def get(self, job_id: str, spec: bool = True) -> Job | None:
        """See `JobStore.get`."""
        job = self._jobs.get(job_id)
        return job if job is None or spec else _light(job)

    async def list(self, page: Page) -> Sequence[Job]:
        """See `JobStore.list`."""
        wanted = [
            job
            for job in self._jobs.values()
            if (page.state is None or job.state is page.state)
            and page.kind in ("", job.kind)
            and (page.after is None or _place(job) < page.after)
        ]
        return [_light(job) for job in sorted(wanted, key=_place, reverse=True)[: page.size]]

    async def resumed_as(self, job_id: str) -> Job | None:
        """See `JobStore.resumed_as`."""
        return self._resumed_as(job_id)

    def _resumed_as(self, job_id: str) -> Job | None:
        return next((job for job in (*self._jobs.values(), *self._removed.values()) if job.resumed_from == job_id), None)

    async def sealed(self, job_id: str) -> str:
        """See `JobStore.sealed`."""
        return self._sealed.get(job_id, "")

    async def events(self, job_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]:
        """See `JobStore.events`."""
        return [event for event in self._events.get(job_id, []) if event.seq > after][:limit]

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> tuple[Job, Sequence[Event]]:
        """See `JobStore.update`."""
        before = self._jobs.get(job_id)
        if before is None:
            raise unknown_job(job_id)
        if not holds(before, lease):
            raise LeaseLostError(job_id)
        change = move(_light(before), self._clock())
        if change is None:
            return _light(before), ()
        check_change(before, change)
        after, events = numbered(dataclasses.replace(change.job, last_sequence=before.last_sequence), change.events)
        self._jobs[job_id] = dataclasses.replace(after, spec=before.spec)
        self._events[job_id] += events
        if after.state.terminal:
            self._sealed.pop(job_id, None)
        return after, events

    async def claim(
        self, owner: str, kinds: Collection[str], lease_seconds: float, only: Collection[str] | None = None
    ) -> Job | None:
        """See `JobStore.claim`."""
        now = self._clock()
        waiting = [
            job
            for job in self._jobs.values()
            if job.state in WAITING
            and not job.lease_owner
            and job.kind in kinds
            and (only is None or job.id in only)
            and (job.not_before is None or not timedelta() < job.not_before - now <= timedelta(seconds=LONGEST_WAIT_SECONDS))
        ]
        if not waiting:
            return None
        job = min(waiting, key=_in_queue)
        self._served[job.priority] = max(job.turn, self._served.get(job.priority, 0))
        self._jobs[job.id] = dataclasses.replace(
            job,
            state=State.CANCELLING if job.cancel_requested else State.RUNNING,
            lease_owner=owner,
            lease_until=now + timedelta(seconds=lease_seconds),
            started_at=job.started_at or now,
            not_before=None,
        )
        return self._jobs[job.id]

    async def counts(self) -> Sequence[Count]:
        """See `JobStore.counts`."""
        found = Counter((job.kind, job.state) for job in self._jobs.values())
        return [Count(kind, state, jobs) for (kind, state), jobs in sorted(found.items())]

    async def heartbeat(self, lease: Lease, lease_seconds: float, memory_bytes: int = 0) -> None:
        """See `JobStore.heartbeat`."""
        job = self._jobs.get(lease.job_id)
        if job is None or not holds(job, lease):
            raise LeaseLostError(lease.job_id)
        self._jobs[job.id] = dataclasses.replace(
            job, lease_until=self._clock() + timedelta(seconds=lease_seconds), memory_bytes=memory_bytes
        )

    async def intents(self, job_ids: Collection[str]) -> Mapping[str, Intent]:
        """See `JobStore.intents`."""
        found = [self._jobs[job_id] for job_id in job_ids if job_id in self._jobs]
        return {job.id: Intent(job.attempt, job.lease_owner, job.pause_requested, job.cancel_requested) for job in found}

    async def leased(self) -> Sequence[tuple[str, str, bool]]:
        """See `JobStore.leased`."""
        now = self._clock()
        held = [job for job in self._jobs.values() if job.lease_owner]
        return [(job.id, job.lease_owner, job.lease_until is not None and job.lease_until < now) for job in held]

    async def ended_before(self, seconds: float, fetched: float = 0) -> Sequence[str]:
        """See `JobStore.ended_before`."""
        limit, sooner = self._clock() - timedelta(seconds=seconds), self._clock() - timedelta(seconds=fetched)
        needed = {job.resumed_from for job in self._jobs.values() if not job.state.terminal}
        ended = [job for job in self._jobs.values() if job.state.terminal and not job.expired and job.id not in needed]
        old = [job.id for job in ended if job.finished_at is not None and job.finished_at < limit]
        taken = [job.id for job in ended if fetched and job.fetched_at is not None and job.fetched_at < sooner]
        return list(dict.fromkeys(old + taken))[:100]

    async def trim(self, keep: int) -> int:
        """See `JobStore.trim`."""
        long = [job for job in self._jobs.values() if job.last_sequence - job.first_sequence >= keep + keep // 10]
        for job in long:
            first = job.last_sequence - keep + 1
            self._jobs[job.id] = dataclasses.replace(job, first_sequence=first)
            self._events[job.id] = [event for event in self._events[job.id] if event.seq >= first]
        return len(long)

    async def remove(self, job_id: str) -> None:
        """See `JobStore.remove`."""
        job = self._jobs.get(job_id)
        if job is not None and job.state.terminal:
            del self._jobs[job_id]
            self._events.pop(job_id)
            self._removed[job_id] = dataclasses.replace(_light(job), expired=True, title="", artifacts=(), error=None)
            self._requests = {key: value for key, value in self._requests.items() if value[1] != job_id}

    async def expire(self, job_id: str) -> None:
        """See `JobStore.expire`."""
        job = self._jobs.get(job_id)
        if job is not None and job.state.terminal:
            self._jobs[job_id] = dataclasses.replace(job, expired=True)
            self._events[job_id] = []
        limit = self._clock() - timedelta(hours=REQUEST_HOURS)
        self._requests = {key: value for key, value in self._requests.items() if value[2] > limit}


def _light(job: Job) -> Job:
    return dataclasses.replace(job, spec={})


def _in_queue(job: Job) -> tuple[int, int, tuple[int, str]]:
    return -job.priority, job.turn, _place(job)


def _place(job: Job) -> tuple[int, str]:
    return round(job.created_at.timestamp() * 1000), job.id
