"""Wake-ups within one process: only hints. Whoever wakes reads the stored log; whoever sleeps too long does so too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wakeups:
    """Tells sleepers that a job has changed. Lives as long as its process."""

    def __init__(self) -> None:
        self._sleepers: dict[str, set[asyncio.Event]] = {}

    def notify(self, job_id: str) -> None:
        """Wake everybody who listens to this job."""
        for sleeper in self._sleepers.get(job_id, ()):
            sleeper.set()

    @contextmanager
    def listen(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change from now on."""
        sleeper = asyncio.Event()
        self._sleepers.setdefault(job_id, set()).add(sleeper)
        try:
            yield sleeper
        finally:
            self._sleepers[job_id].discard(sleeper)
            if not self._sleepers[job_id]:
                del self._sleepers[job_id]


async def doze(sleeper: asyncio.Event, seconds: float) -> None:
    """Wait for a wake-up, at most so long, and be ready for the next one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await sleeper.wait()
    sleeper.clear()
