"""A model behind a gate: as many requests at a time as its server likes, faults retried, budgets kept."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Protocol

from runner.datasets.models import Answer, Model, ModelError, Prompt
from runner.datasets.pacing.budget import Purse, Tokens
from runner.datasets.pacing.control import Controller, Ticket
from runner.datasets.spec import Budget, ModelSettings

CONGESTED: Final = frozenset({"MODEL_RATE_LIMITED", "MODEL_OVERLOADED", "MODEL_TIMEOUT"})
"""Errors that say: too much at a time."""
UNPAID: Final = CONGESTED - {"MODEL_TIMEOUT"} | {
    "MODEL_UNREACHABLE",
    "MODEL_REFUSED",
    "MODEL_UNAVAILABLE",
    "MODEL_QUOTA",
    "MODEL_CONTEXT",
    "MODEL_REQUEST_REFUSED",
}
"""Errors after which nothing was made and nothing is owed."""
_KEPT: Final = 512
"""Latencies that the quantiles are taken of."""


class Clock(Protocol):
    """Time for a pacer; a test has its own."""

    def now(self) -> float:
        """Seconds, never falling."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class LoopClock:
    """The clock of the event loop that runs when it is made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def now(self) -> float:
        """Seconds of the loop."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Limits:
    """How a model may be asked. Retries are for one prompt; times are seconds.

    `patience` is how long a server that answers nothing at all, or wants to be left alone, is waited for; `longest`
    what the model gives an answer before it is a timeout.
    """

    start: int = 8
    most: int = 64
    retries: int = 8
    backoff: float = 0.5
    most_backoff: float = 60.0
    patience: float = 600.0
    longest: float = math.inf

    @classmethod
    def of(cls, settings: ModelSettings) -> Limits:
        """Those of the settings."""
        return cls(settings.start_concurrency, settings.max_concurrency, settings.retries, longest=settings.timeout_seconds)


class Pacer:
    """Answers prompts by a model; itself a `Model`. Callers may ask for as much at a time as they like: they queue.

    `spent` is what earlier attempts of the job spent. Close it to close the model.
    """

    def __init__(
        self,
        model: Model,
        limits: Limits,
        clock: Clock | None = None,
        *,
        budget: Budget | None = None,
        prices: tuple[float, float] = (0.0, 0.0),
        spent: Tokens | None = None,
    ) -> None:
        self._model, self._limits, self._clock = model, limits, clock or LoopClock()
        self.name: str = model.name
        self.label: Mapping[str, Any] = model.label
        self._control = Controller(limits.start, limits.most, limits.longest)
        self.purse = Purse(budget or Budget(), self._clock.now, prompt_price=prices[0], completion_price=prices[1], spent=spent)
        self._turn, self._freed = asyncio.Lock(), asyncio.Event()
        self._in_flight, self._most_in_flight = 0, 0
        self._requests, self._answers, self._retries = 0, 0, 0
        self._errors: Counter[str] = Counter()
        self._latencies: deque[float] = deque(maxlen=_KEPT)
        self._began = self._last_answer = self._clock.now()

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def answer(self, prompt: Prompt) -> Answer:
        """The model's answer, asked for again after faults. Raises `ModelError` when retries or the budget are used up."""
        faults, first = 0, math.inf
        for attempt in range(1 << 30):
            try:
                return await self._ask(prompt)
            except ModelError as error:
                now = self._clock.now()
                first = min(first, now)
                faults += error.code not in CONGESTED or error.code == "MODEL_TIMEOUT"
                self._judge(error, faults, first, now)
                self._retries += 1
                await self._back_off(error, prompt.seed, attempt)
        raise AssertionError("a loop without end has ended")

    def _judge(self, error: ModelError, faults: int, first: float, now: float) -> None:
        """Raise unless the prompt should be asked again."""
        if error.fatal or not error.retryable:
            raise error
        if (error.retry_after or 0.0) > self._limits.patience:
            message = f"{error.message} It wants to be left alone for {error.retry_after:.0f} seconds: resume the job after that."
            raise ModelError(error.code, message, retryable=True, retry_after=error.retry_after, fatal=True)
        if now - max(first, self._last_answer) > self._limits.patience or (
            faults > self._limits.retries and self._last_answer < first
        ):
            message = f"{error.message} The model answers nothing any more: resume the job when it does."
            raise ModelError(error.code, message, retryable=True, fatal=True)
        if faults > self._limits.retries:
            raise error

    async def _back_off(self, error: ModelError, seed: int, attempt: int) -> None:
        """Wait before the next try; a server's own `Retry-After` is waited for at the gate, by all."""
        if error.retry_after is None:
            longest = min(self._limits.most_backoff, self._limits.backoff * 2.0 ** min(attempt, 30))
            await self._clock.sleep(longest * (0.5 + 0.5 * _fraction(seed, attempt)))

    async def _ask(self, prompt: Prompt) -> Answer:
        ticket, reserved = await self._enter(prompt)
        used: Tokens | None = None
        try:
            answer = await self._model.answer(prompt)
            used = Tokens(answer.prompt_tokens, answer.completion_tokens)
            self.purse.learn(prompt, answer)
            self._answered(ticket)
            return answer
        except ModelError as error:
            used = Tokens() if error.code in UNPAID else None
            self._failed(ticket, error)
            raise
        finally:
            self._in_flight -= 1
            self.purse.settle(reserved, used)
            self._freed.set()

    async def _enter(self, prompt: Prompt) -> tuple[Ticket, Tokens]:
        """Wait for a place, in order of arrival, and pay."""
        async with self._turn:
            reserved = await self.purse.reserve(prompt)
            try:
                while wait := self._control.wait(self._clock.now(), self._in_flight):
                    await self._idle(wait)
            except BaseException:
                self.purse.settle(reserved, Tokens())
                raise
            self._in_flight += 1
            self._requests += 1
            self._most_in_flight = max(self._most_in_flight, self._in_flight)
            return self._control.start(self._clock.now(), self._in_flight), reserved

    async def _idle(self, seconds: float) -> None:
        if math.isinf(seconds):
            self._freed.clear()
            await self._freed.wait()
        else:
            await self._clock.sleep(seconds)

    def _answered(self, ticket: Ticket) -> None:
        now = self._clock.now()
        self._control.answered(ticket, now)
        self._latencies.append(now - ticket.started)
        self._answers, self._last_answer = self._answers + 1, now

    def _failed(self, ticket: Ticket, error: ModelError) -> None:
        self._errors[error.code] += 1
        if error.code in CONGESTED or error.retry_after is not None:
            wait = None if error.retry_after is None else min(error.retry_after, self._limits.patience)
            sure = error.code == "MODEL_RATE_LIMITED" or wait is not None
            self._control.refused(ticket, self._clock.now(), wait, sure)

    @property
    def concurrency(self) -> float:
        """The requests under way that are aimed at now."""
        return self._control.limit

    def metrics(self) -> dict[str, Any]:
        """How it goes: counts since the start, latencies of the last 512 answers in seconds, what was spent."""
        ordered = sorted(self._latencies)
        latency = {f"p{q}": round(ordered[min(len(ordered) - 1, len(ordered) * q // 100)], 4) for q in (50, 90, 99) if ordered}
        seconds = self._clock.now() - self._began
        return {
            "concurrency": round(self._control.limit, 2),
            "inFlight": self._in_flight,
            "mostInFlight": self._most_in_flight,
            "requests": self._requests,
            "answers": self._answers,
            "retries": self._retries,
            "rateLimited": self._errors["MODEL_RATE_LIMITED"],
            "errors": dict(sorted(self._errors.items())),
            "answersPerSecond": round(self._answers / seconds, 3) if seconds > 0 else 0.0,
            "pausedSeconds": round(self._control.seconds_paused, 3),
            "latencySeconds": latency,
            "spent": self.purse.report(),
        }


def _fraction(seed: int, attempt: int) -> float:
    """A number in [0, 1) of its own for every try of every prompt, the same in every run."""
    digest = blake2b(f"{seed}:{attempt}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / (1 << 32)
