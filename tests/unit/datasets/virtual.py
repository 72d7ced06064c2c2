"""Minutes of asking a server in a second: an event loop whose time passes when nothing else is to do, and a server in it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from runner.datasets.models import Answer, Message, ModelError, Prompt
from runner.datasets.pacing import Limits, Pacer

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Does not wait: says how long it would have."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout:
            self.passed += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.passed


def in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; waiting costs nothing, and `loop.time()` shows what it would have cost."""
    loop = _Loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def now() -> float:
    """Seconds of the running loop."""
    return asyncio.get_running_loop().time()


def asked(seed: int = 1, text: str = "write") -> Prompt:
    """A prompt."""
    return Prompt((Message("user", text),), 0.8, 1.0, 16, seed)


@dataclass
class Site:
    """A server's capacity: `parallel` requests of `seconds` each; what is more waits (`queue`) or is refused.

    `rate` a second with `burst` at once, refused beyond. `spread`: how much `seconds` varies, as a share; `crowding`:
    requests in flight that double the time of each.
    """

    seconds: float = 0.5
    parallel: int = 1_000_000
    queue: bool = True
    rate: float = 0.0
    burst: float = 1.0
    retry_after: float | None = None
    spread: float = 0.0
    crowding: float = 0.0
    name: str = "site"
    label: dict[str, Any] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places, self._in_flight = asyncio.Semaphore(self.parallel), 0
        self._tokens, self._filled, self._chance = self.burst, 0.0, Random(1)

    async def answer(self, prompt: Prompt) -> Answer:
        self.starts.append(now())
        await asyncio.sleep(0.002)
        if not self._has_room():
            self.refusals.append(now())
            raise ModelError("MODEL_RATE_LIMITED", "Too many requests.", retryable=True, retry_after=self.retry_after)
        self._in_flight += 1
        try:
            seconds = self.seconds * (1 + self.spread * (2 * self._chance.random() - 1))
            if self.crowding:
                seconds *= 1 + self._in_flight / self.crowding
            async with self._places:
                await asyncio.sleep(seconds)
        finally:
            self._in_flight -= 1
        self.answers.append(now())
        return Answer("words", 10, 10)

    def _has_room(self) -> bool:
        if self.rate:
            self._tokens = min(self.burst, self._tokens + (now() - self._filled) * self.rate)
            self._filled = now()
            if self._tokens < 1:
                return False
            self._tokens -= 1
        return self.queue or self._in_flight < self.parallel

    async def close(self) -> None:
        """Nothing to close."""

    @property
    def best(self) -> float:
        """Answers a second, at most."""
        return min(self.parallel / self.seconds, self.rate or float("inf"))

    def share(self, first: float, last: float) -> float:
        """Of the best, what was reached between two times."""
        return sum(first <= when < last for when in self.answers) / (last - first) / self.best


async def press(site: Site, seconds: float, most: int = 128, longest: float = 120.0) -> Pacer:
    """Ask for as much as the pacer lets through, for so long."""
    pacer = Pacer(site, Limits(most=most, longest=longest))

    async def ask(number: int) -> None:
        while True:
            await pacer.answer(asked(number))

    tasks = [asyncio.create_task(ask(number)) for number in range(most)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return pacer
