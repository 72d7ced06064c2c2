"""What a job may spend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runner.datasets.models import Answer, Message, ModelError, Prompt
from runner.datasets.pacing import Limits, Pacer, Purse, Tokens
from runner.datasets.spec import Budget
from tests.unit.datasets.virtual import asked, in_no_time


class Meter:
    """A model that uses so many tokens for each answer, or breaks off."""

    name = "meter"

    def __init__(self, prompt_tokens: int = 20, completion_tokens: int = 10, breaks: str = "") -> None:
        self.label: dict[str, Any] = {}
        self.tokens, self.breaks, self.answers = (prompt_tokens, completion_tokens), breaks, 0

    async def answer(self, prompt: Prompt) -> Answer:
        await asyncio.sleep(1)
        if self.breaks:
            raise ModelError(self.breaks, "It broke off.")
        self.answers += 1
        return Answer("words", *self.tokens)

    async def close(self) -> None:
        """Nothing to close."""


def spend(meter: Meter, budget: Budget, prompts: int = 1000, **options: Any) -> tuple[Purse, list[Any]]:
    """Ask for so many answers at once; what was spent, and what came of each."""

    async def work() -> tuple[Purse, list[Any]]:
        pacer = Pacer(meter, Limits(), budget=budget, **options)
        found = await asyncio.gather(*(pacer.answer(asked(seed)) for seed in range(prompts)), return_exceptions=True)
        return pacer.purse, found

    return in_no_time(work())


def test_tokens_are_never_overspent_and_hardly_left() -> None:
    meter = Meter()
    purse, found = spend(meter, Budget(tokens=1000))
    # an answer costs 30 of the 36 that may be reserved for it: 12 more for what the prompt's length leaves open
    assert 900 <= purse.spent.total <= 1000
    assert meter.answers * 30 == purse.spent.total
    refused = [error for error in found if isinstance(error, ModelError)]
    assert {(error.code, error.fatal) for error in refused} == {("BUDGET_EXHAUSTED", True)}
    assert "1000 tokens is used up" in refused[0].message
    assert "resume" in refused[0].message
    assert len(refused) + meter.answers == 1000


def test_money_is_counted_by_the_prices_of_a_million_tokens() -> None:
    meter = Meter(prompt_tokens=1_000_000, completion_tokens=100_000)
    purse, found = spend(meter, Budget(money=5.0), prompts=20, prices=(0.5, 2.0))
    # an answer costs 0.5 + 0.2; what is reserved grows to that with the first answers
    assert 0 < purse.money(purse.spent) == pytest.approx(0.7 * meter.answers)
    assert meter.answers < 20
    assert any(isinstance(error, ModelError) and error.code == "BUDGET_EXHAUSTED" for error in found)
    assert purse.report()["money"] == pytest.approx(0.7 * meter.answers)


def test_seconds_of_the_attempt() -> None:
    meter = Meter()
    _, found = spend(meter, Budget(seconds=3.5), prompts=1000)
    assert 8 <= meter.answers < 1000
    assert "3.5 seconds is used up" in str(next(error for error in found if isinstance(error, ModelError)))


def test_what_earlier_attempts_spent_counts() -> None:
    meter = Meter()
    purse, _ = spend(meter, Budget(tokens=1000), spent=Tokens(800, 100))
    assert meter.answers * 30 <= 100
    assert purse.spent.total >= 900


def test_no_budget_is_no_limit() -> None:
    meter = Meter()
    purse, found = spend(meter, Budget(), prompts=50)
    assert meter.answers == 50
    assert purse.report()["reservedTokens"] == 0
    assert not any(isinstance(error, ModelError) for error in found)


def test_a_request_that_broke_off_is_taken_at_its_most() -> None:
    purse, _ = spend(Meter(breaks="MODEL_MALFORMED"), Budget(), prompts=1)
    assert purse.spent.completion == 16
    assert purse.spent.prompt > 0


@pytest.mark.parametrize("code", ["MODEL_RATE_LIMITED", "MODEL_REFUSED", "MODEL_CONTEXT", "MODEL_UNREACHABLE"])
def test_a_refused_request_is_free(code: str) -> None:
    purse, _ = spend(Meter(breaks=code), Budget(), prompts=1)
    assert purse.spent == Tokens()


def test_a_request_larger_than_the_budget_is_not_begun() -> None:
    meter = Meter()
    _, (error,) = spend(meter, Budget(tokens=10), prompts=1)
    assert error.code == "BUDGET_EXHAUSTED"
    assert meter.answers == 0


def test_estimates_learn_from_what_prompts_cost() -> None:
    async def work() -> tuple[Tokens, Tokens]:
        purse = Purse(Budget(), lambda: 0.0)
        long = Prompt((Message("user", "字" * 100),), 0.8, 1.0, 16, 1)
        first = await purse.reserve(long)
        purse.learn(long, Answer("words", 308, 5))
        return first, await purse.reserve(long)

    first, second = in_no_time(work())
    assert first.prompt == 158
    assert second.prompt == 308
