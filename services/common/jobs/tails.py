"""The newest events of jobs that somebody follows, read from the store once for all who follow in this process."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from services.common.jobs.model import Event
from services.common.jobs.store import JobStore

KEPT: Final = 512
"""Events of a job that are kept here; whoever is further behind reads the store."""
BATCH: Final = 500


class Tail:
    """The newest events of one job. Lives as long as somebody follows the job."""

    def __init__(self, store: JobStore, job_id: str) -> None:
        self._store, self._job_id = store, job_id
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._start: int | None = None  # everything after this number is here, as far as it was read
        self._reading: asyncio.Future[None] | None = None
        self._changes, self._seen, self._read_at = 1, 0, 0.0
        self._more = False  # whether the last read came to no end
        self._ended: int | None = None  # the number of the last event of a job that has ended
        self.followers = 0

    def closed(self, number: int) -> bool:
        """Whether nothing can follow that event: it was the last one, or the log has expired."""
        return self._ended is not None and number >= self._ended

    def changed(self) -> None:
        """There may be more to read."""
        self._changes += 1

    async def after(self, number: int, seconds: float) -> Sequence[Event]:
        """Events with a larger number, in order, at most `BATCH`.

        The store is asked when something has changed, or when it was asked `seconds` ago, once for all who wait.
        """
        if self._start is not None and number < self._start:
            return await self._far_behind(number)
        if held := self._held(number):
            return held
        if self._start is None:
            self._start = number
        while not self._fresh(seconds):
            await self._read_once()
            if not self._more or self._newest > number:
                break
        if number < self._start:  # what comes next went unread
            return await self._far_behind(number)
        return self._held(number)

    async def _far_behind(self, number: int) -> Sequence[Event]:
        """What the store has after a number that more followed on; when it has nothing, the log has expired."""
        events = await self._store.events(self._job_id, number, BATCH)
        if not events:
            self._ended = 0
        return events

    async def _read_once(self) -> None:
        """Read the store, together with all who want that at the same time."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read())
            self._reading.add_done_callback(_seen)
        await asyncio.shield(self._reading)

    def _held(self, number: int) -> Sequence[Event]:
        if not self._events or number >= self._events[-1].seq:
            return ()
        first = number + 1 - self._events[0].seq
        return tuple(islice(self._events, first, first + BATCH)) if first >= 0 else ()

    @property
    def _newest(self) -> int:
        """The number up to which the store was read."""
        assert self._start is not None
        return self._events[-1].seq if self._events else self._start

    def _fresh(self, seconds: float) -> bool:
        return self._seen == self._changes and time.monotonic() - self._read_at < seconds

    async def _read(self) -> None:
        changes, now = self._changes, time.monotonic()
        newest = self._newest
        events = await self._store.events(self._job_id, newest, BATCH)
        if events and events[0].seq != newest + 1:  # some went unread: those who are behind shall hear of it from the store
            self._events.clear()
        self._events.extend(events)
        if self._events:
            self._start = self._events[0].seq - 1
        if events and events[-1].terminal:
            self._ended = events[-1].seq
        elif not events:
            job = await self._store.get(self._job_id, spec=False)
            if job is None or job.state.terminal:
                self._ended = 0 if job is None or job.expired else job.last_sequence
        self._more = len(events) == BATCH
        if not self._more:
            self._seen, self._read_at = changes, now


def _seen(read: asyncio.Future[None]) -> None:
    """Who waited was told of its error; perhaps nobody waits any more."""
    if not read.cancelled():
        read.exception()


class Tails:
    """The tails of the jobs that are followed in this process."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._tails: dict[str, Tail] = {}

    def changed(self, job_id: str) -> None:
        """There may be more events of this job."""
        if job_id in self._tails:
            self._tails[job_id].changed()

    @contextmanager
    def follow(self, job_id: str) -> Iterator[Tail]:
        """The tail of a job, kept while it is followed."""
        tail = self._tails.setdefault(job_id, Tail(self._store, job_id))
        tail.followers += 1
        try:
            yield tail
        finally:
            tail.followers -= 1
            if not tail.followers:
                self._tails.pop(job_id, None)
