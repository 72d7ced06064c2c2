"""One attempt at a job: start its child, store what it says, steer it, and end with exactly one move.

Three tasks read the child's output, its errors and the queue between them and the store; one renews the lease, and one
looks how much memory the child holds.
When the lease is lost the child is killed and nothing more is written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import structlog

from runner.failpoints import failpoint
from runner.platform import limit_process
from services.common.databases import DatabaseError
from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.children import EOF_SECONDS, Child, take_lock
from services.common.jobs.faults import folder_error, start_error
from services.common.jobs.lines import LogBudget, ProgressThrottle, artifacts_of, log_draft, parse_line, progress_of, read_lines
from services.common.jobs.model import Job, JobError, State
from services.common.jobs.outcome import Asked, Heard, outcome
from services.common.jobs.store import STORE_UNAVAILABLE, Change, Draft, JobStore, Lease, LeaseLostError, Move
from services.common.jobs.tidying import Tidying, ends_badly, last_place
from services.common.jobs.wakeups import Wakeups
from services.common.jobs.worker import NotReadyError, SecretLostError, Worker, default_spec
from services.common.settings import Child as ChildSettings
from services.common.storage.local import JobPaths, LocalStorage

logger = structlog.get_logger(__name__)

T = TypeVar("T")

QUEUE: Final = 256
PAUSE_GRACE: Final = 1.25
CANCEL_GRACE: Final = 1.0
TERM_GRACE: Final = 3.0
LAST_WORD_GRACE: Final = 10.0
STORE_RETRY: Final = 0.2
LOCKED_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Surroundings:
    """What an attempt needs of its supervisor."""

    store: JobStore
    storage: LocalStorage
    wakeups: Wakeups
    lease_seconds: float
    heartbeat_seconds: float
    retry_seconds: float
    max_attempts: int
    drain_grace: float
    child: ChildSettings


class Attempt:
    """Runs once; see `run`. `ask` may be called at any time."""

    def __init__(self, job: Job, worker: Worker, around: Surroundings) -> None:
        self.job, self._worker, self._around = job, worker, around
        self.lease = Lease(job.id, job.attempt, job.lease_owner)
        self.retry_at: datetime | None = None
        self._asked: Asked | None = None
        self._tidying = False
        self._child: Child | None = None
        self._steering: asyncio.Task[None] | None = None
        self._queue: asyncio.Queue[Draft | None] = asyncio.Queue(QUEUE)
        self._last_word, self._leaving = asyncio.Event(), asyncio.Event()
        self._heard, self._budget = Heard(), LogBudget()
        self._throttle = ProgressThrottle(followers=lambda: around.wakeups.listeners(job.id))
        self._heard_at = 0.0
        self._stored, self._memory = job.last_sequence, 0
        self._sure_until = time.monotonic() + around.lease_seconds
        self._log = logger.bind(job_id=job.id, attempt=job.attempt)

    async def run(self) -> None:
        """Do the attempt. Raises nothing: whatever happens ends in a move, or in silence when the lease is lost."""
        beating, measuring = asyncio.ensure_future(self._heartbeat()), asyncio.ensure_future(self._measure())
        working = asyncio.ensure_future(self._work_or_fail())
        try:
            await asyncio.wait({beating, working}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._log.warning("lease lost")
                working.cancel()
            with suppress(LeaseLostError, MockcraftError, asyncio.CancelledError):
                await working
        finally:
            for task in (beating, measuring, working):
                task.cancel()
            await self._let_go()

    async def _let_go(self) -> None:
        if self._steering is not None:
            self._steering.cancel()
        if self._child is not None:
            await self._child.kill()
            self._child.close()

    # The lease.

    async def _heartbeat(self) -> None:
        """Renew the lease until it is lost; a store that does not answer loses it when its time is over."""
        while (left := self._sure_until - time.monotonic()) > 0:
            await asyncio.sleep(min(self._around.heartbeat_seconds, left))
            asked_at = time.monotonic()
            try:
                async with asyncio.timeout(max(self._sure_until - asked_at, 0)):
                    await self._around.store.heartbeat(self.lease, self._around.lease_seconds, self._memory)
            except (LeaseLostError, TimeoutError):
                return
            except Exception as error:  # whatever it is, the lease holds until its time is over
                self._log.warning("lease not renewed", reason=str(error))
            else:
                self._sure_until = asked_at + self._around.lease_seconds

    async def _measure(self) -> None:
        """Look as often how much memory the child holds. Apart from the heartbeat: threads may be busy, and a lease is urgent."""
        await asyncio.sleep(self._around.heartbeat_seconds / 2)  # between two heartbeats
        while True:
            if self._child is not None:
                self._memory = await asyncio.to_thread(self._child.memory)
            await asyncio.sleep(self._around.heartbeat_seconds)

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the store says, asked again and again while it does not answer (the heartbeat ends that)."""
        while True:
            try:
                return await ask()
            except MockcraftError as error:
                if error.code != STORE_UNAVAILABLE:
                    raise
                self._log.warning("the store does not answer yet", reason=error.message)
                await asyncio.sleep(STORE_RETRY)

    async def _move(self, move: Move) -> None:
        """Apply a move once, however often that is tried. Wakes followers."""

        def once(job: Job, now: datetime) -> Change | None:
            return move(job, now) if job.last_sequence == self._stored else None  # nobody else writes while the lease holds

        failpoint("jobs.before_event")
        job, _ = await self._answered(lambda: self._around.store.update(self.job.id, once, self.lease))
        self._stored = job.last_sequence
        failpoint("jobs.after_event")
        self._around.wakeups.notify(self.job.id, soon=bool(job.lease_owner))
        await self._settle(job)

    async def _settle(self, job: Job) -> None:
        if job.state is State.CANCELLED:
            await self._around.storage.discard(self.job)
        if job.state is State.SUCCEEDED:
            await self._around.storage.release(self.job)
        if not job.lease_owner:
            self.retry_at = job.not_before
            self._log.info("attempt ended", state=job.state.value, code=job.error.code if job.error else None)

    # The work.

    async def _work_or_fail(self) -> None:
        try:
            await self._work()
        except LeaseLostError:
            raise
        except Exception:
            self._log.exception("attempt broke off")
            error = JobError("INTERNAL", "The attempt broke off.", retryable=True)
            await self._move(moves.failed(error, self._around.retry_seconds))

    async def _work(self) -> None:
        try:
            paths = await self._around.storage.prepare(self.job)
        except OSError as error:
            await self._fail(folder_error(error), self._around.storage.paths(self.job))
            return
        cancelled = self.job.state is State.CANCELLING  # it lay still when it was cancelled
        if cancelled or self.job.attempt > self.job.max_attempts:  # the last one was lost, and has left something
            place = await self._answered(lambda: last_place(self._around.store, self.job))
            lost = moves.failed(moves.no_more_attempts(self.job.attempt - 1), 0, moves.how_far(self.job, place))
            await self._end(moves.stopped(place, "cancel") if cancelled else lost, paths)
            return
        if not await self._ready(paths):
            return
        try:
            started = await self._start(paths)
        except OSError as error:
            await self._fail(start_error(error), paths)
            return
        except SecretLostError as error:
            await self._fail(JobError(error.code, str(error)), paths)
            return
        if not started:
            await self._end(moves.returned(LOCKED_SECONDS), paths)
            return
        status = await self._listen()
        await asyncio.to_thread(self._read_list)
        found = await self._publish()
        ended = outcome(self._heard, status, self._asked, self._around.retry_seconds)
        await self._end(moves.failed(found, self._around.retry_seconds) if found else ended, paths)

    async def _publish(self) -> JobError | None:
        """Put the files of a child that is done where they are kept; why that failed, if it did.

        Whatever is asked of the job breaks it off: then the child counts as one that left before it was done.
        """
        last = self._heard.last
        artifacts = artifacts_of(self._heard.listed or last.data) if last is not None and last.type == "complete" else None
        if not artifacts:
            return None
        publishing = asyncio.ensure_future(self._around.storage.publish(self.job, artifacts))
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({publishing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if publishing.done():
                self._heard.kept = await publishing
            else:
                self._heard.last = None
        except (DatabaseError, MockcraftError) as error:
            return JobError(error.code, str(error), getattr(error, "retryable", True))
        finally:
            leaving.cancel()
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
        return None

    async def _fail(self, error: JobError, paths: JobPaths) -> None:
        await self._end(moves.failed(error, self._around.retry_seconds), paths)

    async def _end(self, move: Move, paths: JobPaths) -> None:
        """The move that ends the attempt, after what is to be put right when it ends the job for ill."""
        tidy = self._worker.tidy if self.job.spec.get("tidy") else None
        stored = await self._answered(lambda: self._around.store.get(self.job.id, spec=False)) if tidy else None
        if tidy and stored and ends_badly(move, stored):
            spec = tidy.spec((self._worker.spec or default_spec)(self.job, paths))
            self._tidying = True
            tidying = Tidying(spec, self._worker.command(self.job, paths), self._secrets, paths, self._use, tidy.hint)
            if said := await tidying.run():
                await self._move(moves.said(said, None))
        await self._move(move)

    def _use(self, child: Child) -> None:
        self._child = child

    async def _ready(self, paths: JobPaths) -> bool:
        """Whether the work may begin; otherwise the job waits again, or has failed."""
        if self._worker.ready is None:
            return True
        try:
            wait = await self._worker.ready(self.job, paths, await self._sealed())
        except (NotReadyError, SecretLostError) as error:
            found = JobError(error.code, str(error), getattr(error, "retryable", False))
            await self._fail(found, paths)
            return False
        if wait is not None:
            said = (log_draft("supervisor", wait.said.encode(), 0, level="info"),) if wait.said else ()
            await self._move(moves.returned(wait.seconds, said))
        return wait is None

    def _read_list(self) -> None:
        """The files of a job that made too many to name in one line are in its manifest."""
        last = self._heard.last
        if last is None or last.type != "complete" or "listedIn" not in last.data:
            return
        manifest = self._around.storage.paths(self.job).out / Path(last.data["listedIn"]).name
        listed = orjson.loads(manifest.read_bytes())["files"]
        self._heard.listed = {"artifacts": [*listed, *last.data["artifacts"]]}

    async def _start(self, paths: JobPaths) -> bool:
        """Write the spec and spawn the child; False when an older child cannot be ended yet.

        Raises `OSError`, `SecretLostError`.
        """
        spec = (self._worker.spec or default_spec)(self.job, paths)
        await asyncio.to_thread(paths.spec.write_bytes, orjson.dumps(spec))
        secrets = await self._secrets()
        command = self._worker.command(self.job, paths)
        lock = await asyncio.to_thread(take_lock, paths)
        if lock is None:
            return False
        self._child = await Child.start(command, lock, secrets)
        limits = self._around.child
        limit_process(
            self._child.process.pid, memory=limits.memory_bytes, files=limits.open_files, cpu=limits.cpu_seconds, nice=limits.nice
        )
        await asyncio.to_thread(self._child.note, paths.child)
        self._log.info("attempt started", pid=self._child.process.pid)
        self._steer()
        return True

    async def _secrets(self) -> Mapping[str, str]:
        if self._worker.secrets is None:
            return {}
        return await asyncio.to_thread(self._worker.secrets, self.job, await self._sealed())

    async def _sealed(self) -> str:
        return await self._answered(lambda: self._around.store.sealed(self.job.id))

    async def _listen(self) -> int:
        """Store what the child says until it has gone; its exit status."""
        assert self._child is not None
        out, err = self._child.process.stdout, self._child.process.stderr
        assert out is not None
        assert err is not None
        readers = [asyncio.ensure_future(self._read_output(out)), asyncio.ensure_future(self._read_errors(err))]
        writer, silence = asyncio.ensure_future(self._write()), asyncio.ensure_future(self._end_when_silent())
        ending: asyncio.Future[None] | None = None
        try:
            status = await self._ended(writer)
            silence.cancel()
            ending = asyncio.ensure_future(self._hear_to_the_end(readers))
            await asyncio.wait({ending, writer}, return_when=asyncio.FIRST_COMPLETED)
            await writer
            return status
        finally:
            for task in (*readers, writer, silence, *([ending] if ending else [])):
                task.cancel()

    async def _hear_to_the_end(self, readers: Sequence[asyncio.Future[None]]) -> None:
        """Have the rest of what a child said that has gone stored, and what was held back.

        Whoever holds its pipes open is not waited for; a store that is slow is.
        """
        while (await asyncio.wait(readers, timeout=EOF_SECONDS))[1] and self._queue.full():
            pass
        for reader in readers:
            reader.cancel()
        for draft in (self._throttle.held, self._budget.summary()):
            if draft is not None:
                await self._queue.put(draft)
        await self._queue.put(None)

    async def _end_when_silent(self) -> None:
        """End a child that says nothing for too long; it may be stopped, or wait for what never comes."""
        assert self._child is not None
        longest = self._around.child.stall_seconds
        self._heard_at = time.monotonic()
        while longest and (left := self._heard_at + longest - time.monotonic()) > 0:  # noqa: ASYNC110 - silence makes no event
            await asyncio.sleep(left)
        if longest:
            self._log.warning("worker stalled", silent_seconds=longest)
            self._heard.stalled = longest
            self._child.signal(force=True)

    async def _ended(self, writer: asyncio.Future[None]) -> int:
        """Wait for the exit. A child that has said its last word but stays is ended."""
        assert self._child is not None
        spoken = asyncio.ensure_future(self._last_word.wait())
        news: set[asyncio.Future[Any]] = {self._child.exited, spoken, writer}
        try:
            await asyncio.wait(news, return_when=asyncio.FIRST_COMPLETED)
        finally:
            spoken.cancel()
        if writer.done():
            await writer
        if self._last_word.is_set() and not await self._child.ended_within(LAST_WORD_GRACE):
            self._child.signal(force=True)
        return await self._child.wait()

    async def _read_output(self, reader: asyncio.StreamReader) -> None:
        async for line, left_out in read_lines(reader):
            self._heard_at = time.monotonic()
            draft = parse_line(line, left_out, self.job.id)
            if draft.type == "start":
                draft = Draft(draft.type, draft.timestamp, {**draft.data, "attempt": self.job.attempt})
            if self._heard.hear(draft):
                if self._admit(draft):
                    await self._queue.put(draft)
            else:
                self._last_word.set()

    def _admit(self, draft: Draft) -> bool:
        if draft.type == "progress":
            return self._throttle.admit(draft)
        return draft.type != "log" or self._budget.admit()

    async def _read_errors(self, reader: asyncio.StreamReader) -> None:
        async for line, left_out in read_lines(reader):
            self._heard_at = time.monotonic()
            if line.strip() and self._budget.admit():
                await self._queue.put(log_draft("stderr", line, left_out, level="info"))

    async def _write(self) -> None:
        """Store events in the order they came, all that wait in one transaction."""
        while (draft := await self._queue.get()) is not None:
            drafts, ended = [draft], False
            while not self._queue.empty() and not ended:
                more = self._queue.get_nowait()
                ended = more is None
                drafts += [more] if more is not None else []
            await self._store(drafts)
            if ended:
                return

    async def _store(self, drafts: list[Draft]) -> None:
        news = [draft.data for draft in drafts if draft.type == "progress"]
        renewed = any(draft.type == "checkpoint" for draft in drafts)
        progress = progress_of(news[-1]) if news else None
        await self._move(moves.said(drafts, progress, self._around.max_attempts if renewed else None))

    # What it is asked.

    def abort(self) -> None:
        """End the child at once; the job goes on from its last checkpoint elsewhere."""
        self.ask("drain")
        if self._child is not None:
            self._child.signal(force=True)

    def refuse(self, error: JobError) -> None:
        """End the child after a checkpoint; the job fails for this reason. One that is done may put away its files."""
        if self._asked is None and not self._last_word.is_set():
            self._heard.refused = error
            self.ask("pause")

    def ask(self, asked: Asked) -> None:
        """Have the child pause, cancel, or leave because the service stops. Idempotent; a cancel is never taken back."""
        if self._asked in (asked, "cancel"):
            return
        if self._asked == "pause" and asked == "drain":
            return
        self._asked = asked
        self._leaving.set()
        self._steer()

    def _steer(self) -> None:
        if self._child is None or self._asked is None or self._tidying:
            return
        if self._steering is not None:
            self._steering.cancel()
        steer = self._end_by_force if self._asked == "cancel" else self._end_by_grace
        self._steering = asyncio.ensure_future(steer(self._child))

    async def _end_by_grace(self, child: Child) -> None:
        """A checkpoint and out; whoever cannot finish in time is dropped back to its last checkpoint."""
        child.tell("pause")
        if not await child.ended_within(self._around.drain_grace if self._asked == "drain" else PAUSE_GRACE):
            child.signal(force=True)

    async def _end_by_force(self, child: Child) -> None:
        """Told, then asked by signal, then killed."""
        child.tell("cancel")
        if await child.ended_within(CANCEL_GRACE):
            return
        child.signal(force=False)
        if not await child.ended_within(TERM_GRACE):
            child.signal(force=True)
