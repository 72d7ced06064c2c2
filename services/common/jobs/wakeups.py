"""Wake-ups: only hints. Whoever wakes reads the stored log; whoever sleeps too long does so too.

They reach everybody in this process at once, and other processes by a carrier where there is one (`hints`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

CROWD: Final = 50
"""More listeners to one job in one process than these are told more rarely of how far it is: each event costs all of them."""
CROWD_GAP: Final = 1.0

Relay = Callable[[str, bool], None]
"""Told of a job that has changed, and whether it waits for a process to work on it."""


class Wakeups:
    """Tells sleepers that a job has changed. Lives as long as its process."""

    def __init__(self) -> None:
        self._sleepers: dict[str, set[asyncio.Event]] = {}
        self._relays: list[Relay] = []
        self._before: list[Callable[[str], None]] = []
        self._later: dict[str, asyncio.TimerHandle] = {}
        self.carried = False
        """Whether changes in other processes are told here."""

    def before_waking(self, do: Callable[[str], None]) -> None:
        """Do this of each job that has changed, before its listeners wake."""
        self._before.append(do)

    def relay(self, relay: Relay) -> None:
        """Tell this one too, of every change that is made in this process."""
        self._relays.append(relay)

    def notify(self, job_id: str, waits: bool = False, soon: bool = False) -> None:
        """Wake everybody who listens to this job, here and elsewhere; `waits`: some process is to work on it.

        `soon`: a crowd may hear of it a little later, together with what comes meanwhile.
        """
        if not soon or self.listeners(job_id) <= CROWD:
            self.wake(job_id)
        elif job_id not in self._later:
            self._later[job_id] = asyncio.get_running_loop().call_later(CROWD_GAP, self.wake, job_id)
        for relay in self._relays:
            relay(job_id, waits)

    def wake(self, job_id: str) -> None:
        """Wake those in this process."""
        if later := self._later.pop(job_id, None):
            later.cancel()
        for do in self._before:
            do(job_id)
        for sleeper in self._sleepers.get(job_id, ()):
            sleeper.set()

    def listeners(self, job_id: str) -> int:
        """How many in this process listen to this job."""
        return len(self._sleepers.get(job_id, ()))

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
