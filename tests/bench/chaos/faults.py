"""What goes wrong, drawn from a seed: processes killed, frozen or told to stop, the store's server crashed, readers stalled."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final

import psutil

from services.common.errors import MockcraftError
from tests.bench.chaos.clients import Door, stall
from tests.bench.chaos.house import LEASE, SWEEP, House, Server

KINDS: Final = (
    "kill a service",
    "kill a child",
    "freeze a service",
    "freeze a child",
    "stop a service",
    "crash the store",
    "stall",
)
WEIGHTS: Final = (5, 5, 3, 1, 3, 1, 1)
SETTLED: Final = LEASE + 2 * SWEEP + 2
"""Seconds after a fault until it counts as over."""


@dataclass
class Fault:
    """One of them: what, to whom, and from when to when by the monotonic clock (`ended` 0: not yet)."""

    kind: str
    whom: str
    began: float
    ended: float = 0.0


@dataclass(frozen=True)
class Robbed:
    """A job whose owner was taken away: at which moment, in which attempt; by which kind of fault."""

    job_id: str
    attempt: int
    at: datetime
    moment: float
    kind: str
    whom: str


@dataclass
class Record:
    """All that was done. `stops` are exit status and seconds of services that were told to stop."""

    faults: list[Fault] = field(default_factory=list)
    robbed: list[Robbed] = field(default_factory=list)
    stops: list[tuple[int | None, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def quiet(self, began: float, ended: float, but: Fault | None = None) -> bool:
        """Whether nothing was wrong in that time, and for a while before it."""
        return not any(f is not but and f.began < ended and (not f.ended or f.ended + SETTLED > began) for f in self.faults)

    def at(self, moment: float) -> Fault:
        """The fault that began then."""
        return next(fault for fault in self.faults if fault.began == moment)


def tell(text: str) -> None:
    """What happens now, for whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Faults:
    """Does them until told to end; whatever is killed is started again."""

    def __init__(self, house: House, door: Door, chance: Random, running: Callable[[], list[str]]) -> None:
        self._house, self._door, self._chance, self._running = house, door, chance, running
        self.record = Record()
        self._stalled: set[asyncio.Task[None]] = set()

    async def go_on(self, until: float) -> None:
        """One after another, with a moment between them, now and then a long one."""
        while (left := until - time.monotonic()) > 0:
            gap = self._chance.uniform(0.5, 3) if self._chance.random() < 0.7 else self._chance.uniform(9, 16)
            await asyncio.sleep(min(gap, left))
            if time.monotonic() < until:
                await self._do(self._chance.choices(KINDS, WEIGHTS)[0])
        for task in self._stalled:
            task.cancel()

    async def _do(self, kind: str) -> None:
        do = {
            "kill a service": self._kill,
            "kill a child": lambda f: self._child(f, frozen=False),
            "freeze a service": self._freeze,
            "freeze a child": lambda f: self._child(f, frozen=True),
            "stop a service": self._stop,
            "crash the store": self._crash,
            "stall": self._stall,
        }[kind]
        fault = Fault(kind, "", time.monotonic())
        self.record.faults.append(fault)
        try:
            await do(fault)
        except Exception as error:  # the house must not fall
            self.record.problems.append(f"{kind} {fault.whom}: {type(error).__name__}: {error}")
            tell(self.record.problems[-1])
            await self._mend()
        if not fault.whom:
            self.record.faults.remove(fault)
        fault.ended = time.monotonic()

    async def _mend(self) -> None:
        """Start what has gone and was not started."""
        for server in self._house.servers:
            if await server.ended(0) is not None:
                with suppress(RuntimeError):
                    await server.start()

    def _server(self, mortal: bool, works: bool = False) -> Server:
        """One of them; mostly one that runs jobs now."""
        fit = [each for each in self._house.servers if not (mortal and each.steady) and (each.works or not works)]
        busy = [each for each in fit if each.works and each.children()]
        return self._chance.choice(busy if busy and self._chance.random() < 0.7 else fit)

    async def _robs(self, fault: Fault, server: Server) -> None:
        """Write down which jobs lose their owner."""
        mark = f"/{server.pid}."
        with suppress(MockcraftError):
            async with asyncio.timeout(2):
                for job_id, owner, _ in await self._house.store.leased():
                    job = await self._house.store.get(job_id, spec=False) if mark in owner else None
                    if job is not None:
                        now = datetime.now(UTC)
                        self.record.robbed.append(Robbed(job_id, job.attempt, now, fault.began, fault.kind, server.name))

    async def _kill(self, fault: Fault) -> None:
        server = self._server(mortal=True)
        fault.whom = server.name
        if server.works:
            await self._robs(fault, server)
        server.signal(signal.SIGKILL)
        await server.ended()
        await asyncio.sleep(self._chance.uniform(0, 0.5))
        await server.start()

    async def _stop(self, fault: Fault) -> None:
        server = self._server(mortal=True)
        fault.whom = server.name
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        status = await server.ended()
        self.record.stops.append((status, time.monotonic() - began))
        if status is None:
            server.signal(signal.SIGKILL)
            await server.ended()
        await server.start()

    async def _freeze(self, fault: Fault) -> None:
        server = self._server(mortal=False, works=True)
        fault.whom = server.name
        await self._robs(fault, server)
        server.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(LEASE + self._chance.uniform(SWEEP, 3 * SWEEP))
        finally:
            server.signal(signal.SIGCONT)

    async def _child(self, fault: Fault, frozen: bool) -> None:
        children = [child for server in self._house.working for child in server.children()]
        if not children:
            return
        child = self._chance.choice(children)
        with suppress(psutil.NoSuchProcess):
            fault.whom = f"child {child.pid}"
            if not frozen:
                child.kill()
                return
            child.suspend()
            await asyncio.sleep(self._chance.uniform(0.5, 3))
            child.resume()

    async def _crash(self, fault: Fault) -> None:
        if self._house.postgres is None:
            return
        fault.whom = "PostgreSQL"
        await asyncio.to_thread(self._house.crash_store, self._chance.uniform(0.2, 1.5))

    async def _stall(self, fault: Fault) -> None:
        jobs = self._running()
        if jobs:
            fault.whom = "a reader"
            reader = asyncio.ensure_future(stall(self._door, self._chance.choice(jobs), self._chance.uniform(5, 20)))
            self._stalled.add(reader)
            reader.add_done_callback(self._stalled.discard)
