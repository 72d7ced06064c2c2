"""What a job may spend on a model: tokens, money, time. Every request is paid for beforehand, and settled after.

A request reserves the most it can cost: an estimate of its prompt's tokens (the largest share of tokens in bytes that
was seen so far) and all of `max_tokens`. So what was spent stays within the limits but for the error of that estimate.
A request that broke off is taken at its most, since a server may have made its answer; one that was refused is free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from runner.datasets.models import Answer, ModelError, Prompt
from runner.datasets.spec import Budget

EXHAUSTED: Final = "BUDGET_EXHAUSTED"
_MILLION: Final = 1_000_000
_TURN_TOKENS: Final = 8
"""Tokens that a chat format adds to a message."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of prompts and of answers."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.prompt - other.prompt, self.completion - other.completion)

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion


class Purse:
    """What is left of a budget. `spent` is what earlier attempts of the job spent; prices are for a million tokens."""

    def __init__(
        self,
        budget: Budget,
        now: Callable[[], float],
        *,
        prompt_price: float = 0.0,
        completion_price: float = 0.0,
        spent: Tokens | None = None,
    ) -> None:
        self._budget, self._now, self._began = budget, now, now()
        self._prices = prompt_price, completion_price
        self.spent, self._reserved = spent or Tokens(), Tokens()
        self._share, self._settled = 0.5, asyncio.Event()

    def money(self, tokens: Tokens) -> float:
        """What tokens cost."""
        return (tokens.prompt * self._prices[0] + tokens.completion * self._prices[1]) / _MILLION

    async def reserve(self, prompt: Prompt) -> Tokens:
        """Set aside what the prompt may cost; waits for requests under way when only their end can tell.

        Raises `ModelError` (`BUDGET_EXHAUSTED`, fatal) naming the limit. A larger budget lets the job go on.
        """
        need = Tokens(self._estimate(prompt), prompt.max_tokens)
        while reason := self._over(need + self._reserved):
            if not self._reserved.total or self._over(need):
                raise ModelError(EXHAUSTED, f"The budget of {reason}; raise it and resume the job.", fatal=True)
            self._settled.clear()
            await self._settled.wait()
        self._reserved += need
        return need

    def settle(self, reserved: Tokens, used: Tokens | None) -> None:
        """Give back a reservation. `used` is what the answer cost; None: unknown, so all that was set aside."""
        self._reserved -= reserved
        self.spent += reserved if used is None else used
        self._settled.set()

    def learn(self, prompt: Prompt, answer: Answer) -> None:
        """Take from an answer how many tokens a byte of a prompt makes."""
        counted = answer.prompt_tokens - _TURN_TOKENS * len(prompt.messages)
        self._share = max(self._share, min(1.0, counted / max(1, _bytes(prompt))))

    def report(self) -> dict[str, Any]:
        """What was spent and what is set aside, for metrics."""
        spent = {"promptTokens": self.spent.prompt, "completionTokens": self.spent.completion, "tokens": self.spent.total}
        money = {"money": round(self.money(self.spent), 6)} if any(self._prices) else {}
        return {**spent, **money, "reservedTokens": self._reserved.total, "seconds": round(self._now() - self._began, 3)}

    def _estimate(self, prompt: Prompt) -> int:
        return round(self._share * _bytes(prompt)) + _TURN_TOKENS * len(prompt.messages)

    def _over(self, more: Tokens) -> str:
        """Which limit `more` would pass, in words; "" when none."""
        total, budget = self.spent + more, self._budget
        if budget.tokens is not None and total.total > budget.tokens:
            return f"{budget.tokens} tokens is used up: {self.spent.total} are spent, and the next request may need {more.total}"
        if budget.money is not None and self.money(total) > budget.money:
            return f"{budget.money:g} is used up: {self.money(self.spent):.4f} are spent"
        if budget.seconds is not None and self._now() - self._began >= budget.seconds:
            return f"{budget.seconds:g} seconds is used up"
        return ""


def _bytes(prompt: Prompt) -> int:
    return sum(len(message.content.encode(errors="replace")) for message in prompt.messages)
