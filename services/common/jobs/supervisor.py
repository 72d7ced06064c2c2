"""The supervisor: claims waiting jobs and runs them, passes on what is asked, rescues lost jobs, expires old ones."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from services.common.databases import DatabaseError
from services.common.errors import MockcraftError
from services.common.jobs import moves
from services.common.jobs.attempt import Attempt, Surroundings
from services.common.jobs.children import Note
from services.common.jobs.identity import new_owner, surely_dead
from services.common.jobs.model import Job, State
from services.common.jobs.orphans import end_orphans
from services.common.jobs.quota import Quota
from services.common.jobs.store import Intent, JobStore, Lease, Limits
from services.common.jobs.tidying import SOMETHING_LEFT, last_place, left_behind
from services.common.jobs.wakeups import Wakeups, doze
from services.common.jobs.worker import Worker
from services.common.settings import Settings
from services.common.storage.local import JobPaths, LocalStorage

logger = structlog.get_logger(__name__)

CLAIM_SECONDS: Final = 1.0
RETRY_SLACK: Final = 0.01
LOOP_SECONDS: Final = 2.0
INTENT_SECONDS: Final = 0.5


def python_module(settings: Settings, module: str) -> Callable[[Job, JobPaths], list[str]]:
    """The command of a child that is a Python module speaking `runner.protocol`."""

    def command(job: Job, paths: JobPaths) -> list[str]:
        return [settings.python_path, "-P", "-m", module, "--spec", str(paths.spec), "--supervised"]

    return command


class Supervisor:
    """Runs jobs of the kinds it has workers for. `only_wanted`: only those named with `want` (a command line's own)."""

    def __init__(
        self,
        store: JobStore,
        settings: Settings,
        storage: LocalStorage,
        workers: Mapping[str, Worker],
        only_wanted: bool = False,
    ) -> None:
        self.store, self.storage, self.wakeups = store, storage, Wakeups()
        self.max_attempts = settings.max_attempts
        self.limits = Limits(settings.max_queued_jobs, settings.max_queued_jobs_per_client)
        self._settings, self._workers = settings, dict(workers)
        self._only: set[str] | None = set() if only_wanted else None
        self._most = max(settings.max_concurrent_jobs, 1) if only_wanted else settings.max_concurrent_jobs
        self._running: dict[Lease, tuple[Attempt, asyncio.Task[None]]] = {}
        self._work_waits, self._asked = asyncio.Event(), asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._sweep_now = asyncio.Event()
        self.quota = Quota(storage, settings.disk_quota_bytes)
        self._stopping = self._drain = False

    @property
    def running(self) -> tuple[str, ...]:
        """Ids of the jobs worked on here now. A job may begin anew before its last attempt has let go of everything."""
        return tuple(dict.fromkeys(lease.job_id for lease in self._running))

    async def start(self) -> None:
        """Begin to claim, follow and rescue, after ending what dead services left running."""
        if self._only is None:
            await end_orphans(self.store, self.storage)
        for loop in (self._claim_loop, self._intent_loop, self._sweep_loop):
            self._loops.append(asyncio.create_task(self._forever(loop), name=loop.__name__))

    async def stop(self, drain: bool = True) -> None:
        """Stop within `stop_seconds` and a moment: running jobs checkpoint and wait, resumable, for another owner.

        Without `drain` children are killed at once; their jobs go on from the last checkpoint.
        """
        self._stopping, self._drain = True, drain
        for waits in (self._work_waits, self._asked, self._sweep_now):
            waits.set()
        for attempt, _ in self._running.values():
            self._send_away(attempt)
        await _finish(self._loops, LOOP_SECONDS)  # not cut off: a claim under way would be lost
        await _finish([task for _, task in self._running.values()], self._settings.stop_seconds + 1)

    def _send_away(self, attempt: Attempt) -> None:
        attempt.ask("drain") if self._drain else attempt.abort()

    def want(self, job_id: str) -> None:
        """A job waits to be claimed; look now."""
        if self._only is not None:
            self._only.add(job_id)
            self._sweep_now.set()  # it may be one whose owner is gone
        self._work_waits.set()

    def look(self, job_id: str, waits: bool) -> None:
        """A job was changed in another process: something may be asked of it, or it waits to be claimed."""
        self.nudge(job_id)
        if waits:
            self._work_waits.set()

    def nudge(self, job_id: str) -> None:
        """Somebody asked something of a job; look now."""
        if job_id in self.running:
            self._asked.set()

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            if not await _done(step()):
                await asyncio.sleep(CLAIM_SECONDS)

    # Claiming.

    async def _claim_loop(self) -> None:
        while len(self._running) < self._most and not self._stopping:
            job = await self._claim()
            if job is None:
                break
            self._begin(job)
        await doze(self._work_waits, CLAIM_SECONDS)

    async def _claim(self) -> Job | None:
        if self._only is not None and not self._only:
            return None
        kinds = self._free_kinds()
        return await self.store.claim(new_owner(), kinds, self._settings.lease_seconds, self._only) if kinds else None

    def _free_kinds(self) -> tuple[str, ...]:
        """Kinds of which one more may run."""
        busy = Counter(attempt.job.kind for attempt, _ in self._running.values())
        most = self._settings.concurrent.model_dump()
        return tuple(kind for kind in self._workers if not most.get(kind) or busy[kind] < most[kind])

    def _begin(self, job: Job) -> None:
        attempt = Attempt(job, self._workers[job.kind], self._surroundings())
        task = asyncio.create_task(attempt.run(), name=f"attempt {job.id}")
        self._running[attempt.lease] = (attempt, task)
        self.quota.began(job.id)
        task.add_done_callback(lambda _: self._ended(attempt))
        self.wakeups.notify(job.id)
        if self._stopping:
            self._send_away(attempt)

    def _ended(self, attempt: Attempt) -> None:
        del self._running[attempt.lease]
        self._work_waits.set()
        if attempt.retry_at is not None:
            wait = (attempt.retry_at - datetime.now(UTC)).total_seconds()
            asyncio.get_running_loop().call_later(max(wait, 0) + RETRY_SLACK, self._work_waits.set)

    def _surroundings(self) -> Surroundings:
        settings = self._settings
        return Surroundings(
            store=self.store,
            storage=self.storage,
            wakeups=self.wakeups,
            lease_seconds=settings.lease_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
            retry_seconds=settings.retry_seconds,
            max_attempts=settings.max_attempts,
            drain_grace=max(settings.stop_seconds - 1, settings.stop_seconds / 2),
            child=settings.child,
        )

    # Passing on what is asked.

    async def _intent_loop(self) -> None:
        if self._running:
            for job_id, intent in (await self.store.intents(self.running)).items():
                self._pass_on(job_id, intent)
        await doze(self._asked, INTENT_SECONDS)

    def _pass_on(self, job_id: str, intent: Intent) -> None:
        attempt, _ = self._running.get(Lease(job_id, intent.attempt, intent.owner), (None, None))
        if attempt is None:
            return
        if intent.cancel:
            attempt.ask("cancel")
        elif intent.pause:
            attempt.ask("pause")

    # Rescue and expiry.

    async def _sweep_loop(self) -> None:
        for step in (self._rescue_lost, self._expire, self._keep_quota, self._trim):
            await _done(step())
        await doze(self._sweep_now, self._settings.sweep_seconds)

    async def _rescue_lost(self) -> None:
        own = {lease.owner for lease in self._running}
        for job_id, owner, ran_out in await self.store.leased():
            wanted = self._only is None or job_id in self._only
            if wanted and owner not in own and (ran_out or surely_dead(owner)):
                await _done(self._rescue(job_id, owner))

    async def _trim(self) -> None:
        if self._settings.events_per_job and self._only is None:
            await self.store.trim(self._settings.events_per_job)

    @property
    def _fetched_seconds(self) -> float:
        return self._settings.expiry_hours_after_download * 3600

    async def _rescue(self, job_id: str, owner: str) -> None:
        dead, child = surely_dead(owner), Note.read(self.storage.job_dir(job_id).child)
        found = await self.store.get(job_id)
        if found is None:
            return
        worker, place = self._workers.get(found.kind), await last_place(self.store, found)
        hint = worker.tidy.hint if worker and worker.tidy else SOMETHING_LEFT
        warning = left_behind(hint, "the process that was to put it right died")
        gone = (lambda job, now: True) if dead else moves.lease_ran_out
        move = moves.rescued(owner, gone, bool(found.spec.get("tidy")), place, (warning,))
        job, events = await self.store.update(job_id, move)
        if not events:
            return
        logger.warning("job rescued", job_id=job_id, state=job.state.value, attempt=job.attempt)
        if child is not None:
            child.end()
        if job.state is State.CANCELLED:
            await self.storage.discard(found)
        self.wakeups.notify(job_id)
        self._work_waits.set()

    async def _keep_quota(self) -> None:
        """End the job that takes most of the disk when jobs take more than they may."""
        job_id = await asyncio.to_thread(self.quota.look, self.running)
        for lease, (attempt, _) in self._running.items():
            if lease.job_id == job_id:
                attempt.refuse(self.quota.refusal())

    async def _expire(self) -> None:
        if self._only is not None:
            return
        for job_id in await self.store.ended_before(self._settings.expiry_hours * 3600, self._fetched_seconds):
            await _done(self._expire_one(job_id))

    async def _expire_one(self, job_id: str) -> None:
        try:
            await self.storage.expire(job_id)
        except DatabaseError as error:
            logger.warning("files not removed yet", job_id=job_id, reason=str(error))
            return
        await self.store.expire(job_id)
        logger.info("job expired", job_id=job_id)


async def _done(step: Awaitable[None]) -> bool:
    """Whether a step could be taken. A failure is told in the log, and keeps nothing else from being done."""
    try:
        await step
    except MockcraftError as error:
        logger.warning("supervisor step refused", code=error.code, reason=error.message)
    except Exception:
        logger.exception("supervisor step failed")
    else:
        return True
    return False


async def _finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Wait for tasks to end by themselves, at most so long; then cancel them."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
