"""Jobs as callers see them: create, look, follow, steer, fetch. No gRPC here; errors are `MockcraftError`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from runner.failpoints import failpoint
from services.common.caller import caller, priority
from services.common.databases import DatabaseError
from services.common.errors import MockcraftError, gone, invalid, not_found, refused
from services.common.jobs import moves
from services.common.jobs.downloads import Downloads
from services.common.jobs.ids import kind_of, new_job_id
from services.common.jobs.model import BEGUN_ANEW, Artifact, Event, Job, State
from services.common.jobs.quota import Quota
from services.common.jobs.store import (
    NO_LIMITS,
    NO_REQUEST,
    Count,
    JobStore,
    Limits,
    Move,
    Page,
    Request,
    checkpoint_expired,
    unknown_job,
)
from services.common.jobs.tails import Tails
from services.common.jobs.tidying import last_place
from services.common.jobs.titles import title_of
from services.common.jobs.wakeups import Wakeups, doze
from services.common.statuses import of_target
from services.common.storage.local import LocalStorage, Located

DEFAULT_PAGE, LARGEST_PAGE = 50, 1000
DEFAULT_ATTEMPTS = 3
POLL_SECONDS = 0.25
"""How long a follower sleeps when nobody wakes it (events stored by another process)."""
OWN_SECONDS = 5.0
"""The same while the job runs in this process, whose supervisor wakes it."""


class Steward(Protocol):
    """What the service needs of a supervisor in its process."""

    wakeups: Wakeups
    storage: LocalStorage
    max_attempts: int
    limits: Limits
    quota: Quota

    @property
    def running(self) -> Collection[str]:
        """Ids of the jobs worked on in this process."""

    def want(self, job_id: str) -> None:
        """A job waits to be claimed."""

    def nudge(self, job_id: str) -> None:
        """Somebody asked something of a job."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of a list; `next_page_token` is empty at the end."""

    jobs: tuple[Job, ...]
    next_page_token: str = ""


class JobsService:
    """The jobs of one store. Without a supervisor jobs wait until some process claims them."""

    def __init__(self, store: JobStore, supervisor: Steward | None = None, storage: LocalStorage | None = None) -> None:
        if storage is None and supervisor is None:
            raise ValueError("a storage is needed where there is no supervisor")
        self.store = store
        self.storage = storage or supervisor.storage  # type: ignore[union-attr]
        self._supervisor = supervisor
        self._wakeups = supervisor.wakeups if supervisor else Wakeups()
        self._tails = Tails(store)
        self._downloads = Downloads()
        self._wakeups.before_waking(self._tails.changed)

    async def create(
        self,
        kind: str,
        spec: Mapping[str, Any],
        *,
        client: str = "",
        request_id: str = "",
        request_digest: str = "",
        sealed: str = "",
    ) -> Job:
        """Store a job that waits to be run. The same `request_id` and digest name the same job for 24 hours.

        `spec` is the child's spec without job id, attempt and folders (an `outDir` given is kept); `sealed` a secret
        that the job needs, encrypted, kept until it has ended. `client` is who asks, for whom jobs take turns, "" for
        the caller of this request, whose priority it gets. Raises IDEMPOTENCY_KEY_REUSED, QUEUE_FULL.
        """
        asks = client or caller()
        request = Request(request_id, request_digest, asks)
        return await self._store_new(kind, spec, request, sealed, client=asks, priority=priority())

    async def _store_new(self, kind: str, spec: Mapping[str, Any], request: Request, sealed: str, **fields: Any) -> Job:
        attempts = self._supervisor.max_attempts if self._supervisor else DEFAULT_ATTEMPTS
        job = Job(
            new_job_id(kind),
            kind,
            State.PENDING,
            datetime.now(UTC),
            spec=spec,
            max_attempts=attempts,
            title=title_of(kind, spec),
            **fields,
        )
        failpoint("jobs.before_create")
        limits = self._supervisor.limits if self._supervisor else NO_LIMITS
        if self._supervisor:
            limits = replace(limits, refusal=self._supervisor.quota.full())
        stored = await self.store.create(job, request, sealed, limits)
        failpoint("jobs.after_create")
        if stored.id == job.id and self._supervisor:
            self._supervisor.want(stored.id)
            self._wakeups.notify(stored.id, waits=True)
        return stored

    async def get(self, job_id: str, spec: bool = True) -> Job:
        """The job. Raises JOB_NOT_FOUND, the same for unknown and malformed ids."""
        job = await self.store.get(job_id, spec) if kind_of(job_id) else None
        if job is None:
            raise unknown_job(job_id)
        return job

    async def list(self, page_size: int = 0, page_token: str = "", state: State | None = None, kind: str = "") -> JobPage:
        """Jobs, newest first. Raises PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID."""
        if not 0 <= page_size <= LARGEST_PAGE:
            raise invalid("PAGE_SIZE_INVALID", f"The page size must be 1 to {LARGEST_PAGE}.")
        size = page_size or DEFAULT_PAGE
        jobs = await self.store.list(Page(size + 1, _parse_token(page_token), state, kind))
        token = _token(jobs[size - 1]) if len(jobs) > size else ""
        return JobPage(tuple(jobs[:size]), token)

    async def counts(self) -> Sequence[Count]:
        """How many jobs there are of each kind in each state."""
        return await self.store.counts()

    async def check_watch(self, job_id: str, after: int = 0) -> None:
        """Raises JOB_NOT_FOUND, SEQ_OUT_OF_RANGE beyond the last event, EVENTS_EXPIRED."""
        job = await self.get(job_id, spec=False)
        if job.expired:
            raise gone("EVENTS_EXPIRED", "The events of this job are no longer kept.")
        if 0 <= after < job.first_sequence - 1:
            raise _trimmed(job.first_sequence)
        if not 0 <= after <= job.last_sequence:
            raise invalid("SEQ_OUT_OF_RANGE", f"The last event of this job is number {job.last_sequence}.")

    async def watch(self, job_id: str, after: int = 0) -> AsyncGenerator[Event, None]:
        """The stored events after that number, then new ones as they come, to the terminal event. Raises as `check_watch`."""
        await self.check_watch(job_id, after)
        async for event in self.follow(job_id, after):
            yield event

    async def follow(self, job_id: str, after: int) -> AsyncGenerator[Event, None]:
        """The same of what `check_watch` has let pass."""
        with self._wakeups.listen(job_id) as sleeper, self._tails.follow(job_id) as tail:
            while True:
                pause = OWN_SECONDS if self._told_of(job_id) else POLL_SECONDS
                events = await tail.after(after, pause)
                if events and events[0].seq > after + 1:  # they went while a reader was far behind
                    raise _trimmed(events[0].seq)
                for event in events:
                    yield event
                    if event.terminal:
                        return
                    after = event.seq
                if not events:
                    if tail.closed(after):
                        return
                    await doze(sleeper, pause)

    def _told_of(self, job_id: str) -> bool:
        """Whether somebody wakes those who follow this job here."""
        return self._wakeups.carried or (self._supervisor is not None and job_id in self._supervisor.running)

    async def pause(self, job_id: str) -> Job:
        """Ask to pause. Idempotent. Raises JOB_NOT_FOUND, INVALID_STATE."""
        return await self._move(job_id, moves.pause)

    async def cancel(self, job_id: str) -> Job:
        """Ask to cancel. Idempotent. A job that must be tidied up after waits for that, CANCELLING, even when it lay still.

        Raises JOB_NOT_FOUND, INVALID_STATE.
        """
        asked = await self.get(job_id)
        move = moves.cancel_at(await last_place(self.store, asked), tidy=bool(asked.spec.get("tidy")))
        job = await self._move(job_id, move)
        if job.state is State.CANCELLING and not job.lease_owner and self._supervisor:
            self._supervisor.want(job_id)
        if job.state is State.CANCELLED:
            await self.storage.discard(await self.get(job_id))
        return job

    async def resume(self, job_id: str, sealed: str = "") -> Job:
        """Continue a paused job. A failed one is continued by a new job that adopts its checkpoint.

        `sealed` is the secret that a failed job had (it went with its terminal event), given again.
        Idempotent. Raises JOB_NOT_FOUND, INVALID_STATE, TARGET_NEEDED.
        """
        job = await self.get(job_id)
        if job.state is State.FAILED:
            return await self._resume_failed(job, sealed)
        moved = await self._move(job_id, moves.resume)
        if self._supervisor:
            self._supervisor.want(job_id)
        return moved

    async def _resume_failed(self, job: Job, sealed: str) -> Job:
        heir = await self.store.resumed_as(job.id)
        if heir is not None and await self.store.get(heir.id, spec=False) is not None:
            if heir.state is State.CANCELLED:
                message = f"It was resumed as {heir.id}, which was cancelled: its checkpoint is gone."
                raise refused("INVALID_STATE", message, "Start a new job.")
            return await self.resume(heir.id, sealed) if heir.state is State.FAILED else heir
        if heir is not None or job.expired:
            raise checkpoint_expired()
        if job.spec.get("sealed") and not sealed:
            raise _url_deleted(job)
        return await self._store_new(
            job.kind,
            job.spec,
            NO_REQUEST,
            sealed,
            client=job.client,
            resumed_from=job.id,
            progress=job.progress,
            priority=job.priority,
        )

    async def remove(self, job_id: str) -> None:
        """Remove a job that has ended, with its files and events. Raises JOB_NOT_FOUND, INVALID_STATE.

        It expires first, so that nobody goes on from it while its files go; a job that went on already takes over its
        checkpoint, had it not done so yet.
        """
        job = await self.get(job_id, spec=False)
        if not job.state.terminal:
            raise refused("INVALID_STATE", f"A job that is {job.state} cannot be removed.", "Let it end, or cancel it first.")
        await self.store.expire(job_id)
        heir = await self.store.resumed_as(job_id)
        if heir is not None and not heir.state.terminal:
            await self.storage.prepare(heir)
        try:
            await self.storage.expire(job_id)
        except DatabaseError as error:
            raise of_target(error.code, str(error)) from None
        await self.store.remove(job_id)
        self._wakeups.notify(job_id)

    async def _move(self, job_id: str, move: Move) -> Job:
        if not kind_of(job_id):
            raise unknown_job(job_id)
        job, _ = await self.store.update(job_id, move)
        self._wakeups.notify(job_id, waits=not job.lease_owner and not job.state.terminal)
        if self._supervisor:
            self._supervisor.nudge(job_id)
        return job

    async def artifact(self, job_id: str, name: str) -> tuple[Artifact, Located]:
        """A finished file of a finished job by its flat name, and where it is.

        Raises JOB_NOT_FOUND, JOB_NOT_FINISHED, ARTIFACT_EXPIRED, ARTIFACT_NOT_FOUND.
        """
        job = await self.finished(job_id)
        for artifact in job.artifacts:
            if artifact.name == name:
                return artifact, self.storage.locate(job, artifact)
        raise not_found("ARTIFACT_NOT_FOUND", "This job has no such file.", "Its `artifacts` name the files there are.")

    async def finished(self, job_id: str) -> Job:
        """The job, when its files can be fetched. Raises JOB_NOT_FOUND, JOB_NOT_FINISHED, ARTIFACT_EXPIRED."""
        job = await self.get(job_id)
        if job.expired:
            raise gone(
                "ARTIFACT_EXPIRED",
                "The files of this job are no longer kept.",
                "Run it again: the same seed gives the same bytes.",
            )
        if job.state is not State.SUCCEEDED:
            raise refused("JOB_NOT_FINISHED", f"This job is {job.state}; only one that has succeeded has files.")
        return job

    async def read_artifact(self, job_id: str, name: str, offset: int = 0, limit: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes [offset, offset + limit) of an artifact in pieces of at most 1 MiB; `limit` 0 means all that follow.

        Raises as `artifact`, and RANGE_INVALID for an offset beyond the end.
        """
        artifact, path = await self.artifact(job_id, name)
        if offset < 0 or limit < 0 or offset > artifact.bytes:
            raise invalid("RANGE_INVALID", f"The file has {artifact.bytes} bytes.")
        try:
            async for piece in self.storage.read(path, offset, limit or artifact.bytes - offset):
                yield piece
            if self._downloads.whole(f"{job_id}/{name}", offset, limit or artifact.bytes, artifact.bytes):
                await self._fetched(job_id, artifact)
        except DatabaseError as error:
            raise of_target(error.code, str(error)) from None

    async def _fetched(self, job_id: str, artifact: Artifact) -> None:
        """Note that a file was fetched to its end; jobs whose files all were may expire sooner."""
        with suppress(MockcraftError):
            await self.store.update(job_id, moves.fetched(artifact.name))


def _trimmed(first: int) -> MockcraftError:
    message = f"The events of this job before number {first:,} are no longer kept."
    return gone("EVENTS_EXPIRED", message, f"Go on after number {first - 1}.")


def _url_deleted(job: Job) -> MockcraftError:
    how = "Resume it with the URL, as --db or with POST /api/v1/seedings/{id}:resume; "
    if job.kind in BEGUN_ANEW:
        how = "Start it anew, with the URL; "
    named = "targets named in the settings are found again by themselves."
    return refused("TARGET_NEEDED", "The target's URL was deleted when this job failed.", how + named)


def _token(job: Job) -> str:
    text = f"{round(job.created_at.timestamp() * 1000)}:{job.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse_token(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _bad_token() from None
    millis, _, job_id = text.partition(":")
    if not re.fullmatch("[0-9]{1,15}", millis) or not kind_of(job_id):
        raise _bad_token()
    return int(millis), job_id


def _bad_token() -> MockcraftError:
    return invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.")
