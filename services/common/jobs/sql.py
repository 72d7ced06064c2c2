"""The job store in SQLite (one machine) or PostgreSQL (many). The SQL itself is in `queries.sql`.

Each method is one transaction, run in a small executor so that the event loop never waits for a disk.
How each database is connected to is said in `services.common.engines`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import (
    Connection,
    Engine,
    inspect,
    make_url,
)
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.common.engines import postgres_engine, sqlite_engine
from services.common.errors import MockcraftError, unavailable
from services.common.jobs.model import Event, Job, State
from services.common.jobs.reserve import Reserve, no_room
from services.common.jobs.rows import event_row, from_millis, job_row, row_event, row_job
from services.common.jobs.statements import DIALECTS, load_queries
from services.common.jobs.store import (
    LONGEST_WAIT_SECONDS,
    NO_LIMITS,
    NO_REQUEST,
    REQUEST_HOURS,
    STORE_UNAVAILABLE,
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
from services.common.redaction import redact

logger = structlog.get_logger("jobs")

T = TypeVar("T")
THREADS = 4
BEYOND = 2**62
TOGETHER = 64
"""New jobs that are stored in one transaction."""
ADDED_COLUMNS: Final = frozenset(
    {"priority", "turn", "title", "memory_bytes", "fetched", "fetched_ms", "first_sequence", "removed"}
)
"""Columns that stores of older versions do not have."""

REQUEST_MS = REQUEST_HOURS * 3600 * 1000


def _request_row(request: Request, job: Job) -> dict[str, str]:
    return {"client": request.client, "key": request.key, "digest": request.digest, "job_id": job.id}


@dataclass(frozen=True, slots=True)
class New:
    """A job to store, with what is to be stored beside it."""

    job: Job
    request: Request
    sealed: str
    limits: Limits


class SqlJobStore:
    """See `JobStore`. `url` is `sqlite:///FILE` or `postgresql://…`."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        backend = self._url.get_backend_name()
        if backend not in DIALECTS:
            raise unavailable(STORE_UNAVAILABLE, f"A job store cannot be kept in {backend}; use sqlite or postgresql.")
        self._sqlite = backend == "sqlite"
        self._reserve = Reserve(Path(self._url.database)) if self._sqlite and self._url.database else None
        self._queries = load_queries(backend)
        self._writing = threading.Lock()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="job-store")
        self._engine: Engine | None = None
        self._closed = False
        self._new: list[tuple[New, asyncio.Future[Job]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """See `JobStore.open`."""
        try:
            await self._run(self._open)
        except (DatabaseError, OSError) as error:
            raise self._unavailable(error) from None

    def _unavailable(self, error: Exception) -> MockcraftError:
        reason = str(error.orig) if isinstance(error, DatabaseError | InterfaceError) else str(error)
        where = self._url.render_as_string(hide_password=True)
        logger.error("the job store does not answer", store=redact(where), reason=redact(reason.strip()))
        return unavailable(STORE_UNAVAILABLE, "The job store does not answer.")

    def _open(self) -> None:
        self._engine = sqlite_engine(self._url.database or "", THREADS) if self._sqlite else postgres_engine(self._url, THREADS)
        with self._write() as connection:
            if not self._sqlite:
                connection.execute(self._queries["lock_schema_postgresql"])
            self._make(connection, "create_")
            columns = {column["name"] for column in inspect(connection).get_columns("jobs")}
            for added in ADDED_COLUMNS - columns:
                connection.execute(self._queries[f"add_{added}"])
            self._make(connection, "index_")
        self._keep_reserve()

    def _make(self, connection: Connection, prefix: str) -> None:
        for name, query in self._queries.items():
            if name.startswith(prefix):
                connection.execute(query)

    def _keep_reserve(self) -> None:
        if self._reserve is not None:
            self._reserve.keep()

    async def close(self) -> None:
        """See `JobStore.close`. What is under way is waited for."""
        self._closed = True
        await asyncio.to_thread(self._executor.shutdown)
        if self._engine is not None:
            await asyncio.to_thread(self._engine.dispose)

    async def _run(self, work: Callable[..., T], *args: Any) -> T:
        """Run in the executor. Raises `MockcraftError` STORE_UNAVAILABLE when the database does not answer, or after `close`."""
        if self._closed:  # streams may be open a moment longer than the store when a service stops
            raise unavailable(STORE_UNAVAILABLE, "The job store is closed: the service stops.")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._within_reserve, work, *args)
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise self._unavailable(error) from None

    def _within_reserve(self, work: Callable[..., T], *args: Any) -> T:
        """Do the work; on a full disk once more, in the room that the reserve gives back."""
        try:
            return work(*args)
        except DatabaseError as error:
            if self._reserve is None or not no_room(error) or not self._reserve.release():
                raise
        return work(*args)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        assert self._engine is not None, "open the store first"
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        assert self._engine is not None, "open the store first"
        if not self._sqlite:
            with self._engine.begin() as connection:
                yield connection
            return
        with self._writing, self._engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            yield connection

    async def create(self, job: Job, request: Request = NO_REQUEST, sealed: str = "", limits: Limits = NO_LIMITS) -> Job:
        """See `JobStore.create`. Those that come while others are stored are stored together, in one transaction."""
        made: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._new.append((New(job, request, sealed, limits), made))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_new())
        return await made

    async def _store_new(self) -> None:
        while self._new:
            batch, self._new = self._new[:TOGETHER], self._new[TOGETHER:]
            stored = await self._stored([new for new, _ in batch])
            for (_, made), answer in zip(batch, stored, strict=True):
                if made.done():  # whoever asked waits no more
                    continue
                made.set_exception(answer) if isinstance(answer, Exception) else made.set_result(answer)

    async def _stored(self, batch: Sequence[New]) -> Sequence[Job | Exception]:
        """Store a batch. One that cannot be stored fails alone: the others are stored without it."""
        try:
            return await self._run(self._create_all, batch)
        except Exception as error:
            if isinstance(error, MockcraftError) or len(batch) == 1:  # the store does not answer, or it was this one
                return [error] * len(batch)
            return [answer for new in batch for answer in await self._stored([new])]

    def _create_all(self, batch: Sequence[New]) -> list[Job | Exception]:
        with self._write() as connection:
            waiting = self._waiting(connection) if any(new.limits != NO_LIMITS for new in batch) else Counter[str]()
            return [self._create(connection, new, waiting) for new in batch]

    def _waiting(self, connection: Connection) -> Counter[str]:
        """How many jobs of each client wait or are paused."""
        waiting = Counter[str]()
        for row in connection.execute(self._queries["count_waiting"]):
            waiting[row.client] += row.jobs
        return waiting

    def _create(self, connection: Connection, new: New, waiting: Counter[str]) -> Job | Exception:
        """Store one; what refuses it is answered, and has stored nothing."""
        job, request = new.job, new.request
        try:
            named = self._named(connection, request) if request.key else None
            if named is not None:
                return self._get(connection, "get_job", named) or job
            if job.resumed_from and (known := self._heir(connection, job.resumed_from)):
                return known
            if new.limits != NO_LIMITS:
                check_room(new.limits, waiting.total(), waiting[job.client])
        except MockcraftError as error:
            return error
        if request.key and not connection.execute(self._queries["remember_request"], _request_row(request, job)).rowcount:
            return self._create(connection, new, waiting)  # another process has just used the key
        stored = connection.execute(self._queries["insert_job"], job_row(job)).one_or_none()
        if stored is None:
            return self._get(connection, "find_resumed", job.resumed_from) or job
        if new.sealed:
            connection.execute(self._queries["insert_sealed"], {"job_id": job.id, "token": new.sealed})
        waiting[job.client] += 1
        return dataclasses.replace(job, created_at=from_millis(stored.created_ms) or job.created_at, turn=stored.turn)

    def _heir(self, connection: Connection, job_id: str) -> Job | None:
        """The job that goes on from another one, if there is one. Raises CHECKPOINT_EXPIRED when none can."""
        ancestor = connection.execute(self._queries["lock_job"], {"id": job_id}).mappings().one_or_none()
        heir = self._get(connection, "find_resumed", job_id)
        if heir is None and (ancestor is None or ancestor["expired"]):
            raise checkpoint_expired()
        return heir

    def _named(self, connection: Connection, request: Request) -> str | None:
        """The id of the job that an idempotency key names. Raises IDEMPOTENCY_KEY_REUSED."""
        connection.execute(self._queries["drop_old_requests"], {"kept_ms": REQUEST_MS})
        stored = connection.execute(self._queries["find_request"], {"client": request.client, "key": request.key}).one_or_none()
        if stored is None:
            return None
        same_request(stored.digest, request)
        return str(stored.job_id)

    async def get(self, job_id: str, spec: bool = True) -> Job | None:
        """See `JobStore.get`."""
        return await self._run(self._look, "get_job" if spec else "get_light_job", job_id)

    async def resumed_as(self, job_id: str) -> Job | None:
        """See `JobStore.resumed_as`."""
        return await self._run(self._look, "find_resumed", job_id)

    async def sealed(self, job_id: str) -> str:
        """See `JobStore.sealed`."""
        return next((str(row["token"]) for row in await self._rows("read_sealed", {"id": job_id})), "")

    def _look(self, query: str, job_id: str) -> Job | None:
        with self._read() as connection:
            return self._get(connection, query, job_id)

    def _get(self, connection: Connection, query: str, job_id: str) -> Job | None:
        row = connection.execute(self._queries[query], {"id": job_id}).mappings().one_or_none()
        return None if row is None else row_job(dict(row))

    async def list(self, page: Page) -> Sequence[Job]:
        """See `JobStore.list`."""
        after_ms, after_id = page.after or (BEYOND, "")
        state = page.state.value if page.state else ""
        values = {"after_ms": after_ms, "after_id": after_id, "state": state, "kind": page.kind, "size": page.size}
        return [row_job(row) for row in await self._rows("list_jobs", values)]

    async def _rows(self, query: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        def select() -> Sequence[Mapping[str, Any]]:
            with self._read() as connection:
                return [dict(row) for row in connection.execute(self._queries[query], values).mappings()]

        return await self._run(select)

    async def events(self, job_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]:
        """See `JobStore.events`."""
        return [row_event(row) for row in await self._rows("list_events", {"id": job_id, "after": after, "limit": limit})]

    async def update(self, job_id: str, move: Move, lease: Lease | None = None) -> tuple[Job, Sequence[Event]]:
        """See `JobStore.update`."""
        return await self._run(self._update, job_id, move, lease)

    def _update(self, job_id: str, move: Move, lease: Lease | None) -> tuple[Job, Sequence[Event]]:
        with self._write() as connection:
            row = connection.execute(self._queries["lock_job"], {"id": job_id}).mappings().one_or_none()
            if row is None:
                raise unknown_job(job_id)
            before, now = row_job(dict(row)), from_millis(row["now_ms"])
            if not holds(before, lease):
                raise LeaseLostError(job_id)
            assert now is not None
            change = move(before, now)
            if change is None:
                return before, ()
            check_change(before, change)
            after, events = numbered(change.job, change.events)
            self._save(connection, before, after, events)
            return after, events

    def _save(self, connection: Connection, before: Job, after: Job, events: Sequence[Event]) -> None:
        guard = {"old_attempt": before.attempt, "old_owner": before.lease_owner}
        if connection.execute(self._queries["save_job"], job_row(after) | guard).rowcount != 1:
            raise LeaseLostError(before.id)
        if events:
            connection.execute(self._queries["insert_event"], [event_row(item) for item in events])
        if after.state.terminal:
            connection.execute(self._queries["drop_sealed"], {"id": after.id})

    async def claim(
        self, owner: str, kinds: Collection[str], lease_seconds: float, only: Collection[str] | None = None
    ) -> Job | None:
        """See `JobStore.claim`."""
        values = {"owner": owner, "lease_ms": round(lease_seconds * 1000), "kinds": list(kinds)}
        values["longest_ms"] = LONGEST_WAIT_SECONDS * 1000
        return await self._run(self._claim, values | {"any_id": int(only is None), "ids": list(only or ())})

    def _claim(self, values: Mapping[str, Any]) -> Job | None:
        with self._write() as connection:
            row = connection.execute(self._queries["claim_job"], values).mappings().one_or_none()
            if row is None:
                return None
            job = row_job(dict(row))
            connection.execute(self._queries["note_served"], {"priority": job.priority, "turn": job.turn})
        self._keep_reserve()
        return job

    async def counts(self) -> Sequence[Count]:
        """See `JobStore.counts`."""
        return [Count(row["kind"], State(row["state"]), row["jobs"]) for row in await self._rows("count_jobs", {})]

    async def heartbeat(self, lease: Lease, lease_seconds: float, memory_bytes: int = 0) -> None:
        """See `JobStore.heartbeat`."""
        values = {"id": lease.job_id, "attempt": lease.attempt, "owner": lease.owner, "lease_ms": round(lease_seconds * 1000)}
        values["memory_bytes"] = memory_bytes
        if await self._run(self._execute, "renew_lease", values) == 0:
            raise LeaseLostError(lease.job_id)

    def _execute(self, query: str, values: Mapping[str, Any]) -> int:
        with self._write() as connection:
            return connection.execute(self._queries[query], values).rowcount

    async def intents(self, job_ids: Collection[str]) -> Mapping[str, Intent]:
        """See `JobStore.intents`."""
        rows = await self._rows("read_intents", {"ids": list(job_ids)})
        return {
            row["id"]: Intent(row["attempt"], row["lease_owner"], bool(row["pause_requested"]), bool(row["cancel_requested"]))
            for row in rows
        }

    async def leased(self) -> Sequence[tuple[str, str, bool]]:
        """See `JobStore.leased`."""
        return [(row["id"], row["lease_owner"], bool(row["ran_out"])) for row in await self._rows("list_leased", {})]

    async def ended_before(self, seconds: float, fetched: float = 0) -> Sequence[str]:
        """See `JobStore.ended_before`."""
        ages = {"age_ms": round(seconds * 1000), "fetched_age_ms": round(fetched * 1000)}
        return [row["id"] for row in await self._rows("list_ended", ages)]

    async def trim(self, keep: int) -> int:
        """See `JobStore.trim`."""
        return await self._run(self._trim, keep)

    def _trim(self, keep: int) -> int:
        with self._read() as connection:
            long = connection.execute(self._queries["list_long"], {"keep": keep, "slack": keep // 10}).all()
        for job_id, first in long:
            with self._write() as connection:
                connection.execute(self._queries["begin_log_at"], {"id": job_id, "first": first})
                connection.execute(self._queries["drop_old_events"], {"id": job_id, "first": first})
        return len(long)

    async def remove(self, job_id: str) -> None:
        """See `JobStore.remove`."""
        await self._run(self._remove, job_id)

    def _remove(self, job_id: str) -> None:
        with self._write() as connection:
            if connection.execute(self._queries["mark_removed"], {"id": job_id}).rowcount:
                for query in ("drop_events", "drop_requests"):
                    connection.execute(self._queries[query], {"id": job_id})

    async def expire(self, job_id: str) -> None:
        """See `JobStore.expire`."""
        await self._run(self._expire, job_id)

    def _expire(self, job_id: str) -> None:
        with self._write() as connection:
            if connection.execute(self._queries["mark_expired"], {"id": job_id}).rowcount:
                connection.execute(self._queries["drop_events"], {"id": job_id})
            connection.execute(self._queries["drop_old_requests"], {"kept_ms": REQUEST_MS})
