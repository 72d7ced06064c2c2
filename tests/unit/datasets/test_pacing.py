"""How fast a model is asked."""

from __future__ import annotations

import asyncio

import pytest

from runner.datasets.models import Answer, ModelError, Prompt
from runner.datasets.pacing import Limits, Pacer
from tests.unit.datasets.virtual import Site, asked, in_no_time, now, press

SITES = {
    "one after the other": Site(0.5, 1),
    "four wait in line": Site(0.5, 4),
    "sixteen wait in line": Site(0.2, 16, spread=0.3),
    "sixty-four wait in line": Site(1.0, 64, spread=0.3),
    "a hundred fast ones": Site(0.1, 100),
    "long answers": Site(8.0, 40),
    "four, then refused": Site(0.5, 4, queue=False),
    "sixteen, then refused": Site(0.2, 16, queue=False, retry_after=0.1, spread=0.3),
    "sixteen, then refused for a second": Site(0.2, 16, queue=False, retry_after=1.0),
    "twenty slow ones, then refused": Site(2.0, 20, queue=False, retry_after=1.0, spread=0.3),
    "sixty-four, then refused": Site(1.0, 64, queue=False, retry_after=0.1),
    "ten a second": Site(0.2, rate=10.0, burst=10.0, retry_after=1.0),
    "fifty a second": Site(1.0, rate=50.0, burst=50.0, retry_after=1.0),
    "five a second, evenly": Site(0.05, rate=5.0, retry_after=0.1),
    "sixty a minute": Site(0.05, rate=1.0, burst=60.0, retry_after=1.0),
}


@pytest.mark.parametrize("name", SITES)
def test_the_best_throughput_is_found_within_thirty_seconds(name: str) -> None:
    site = SITES[name]
    in_no_time(press(site, 90))
    assert site.share(30, 60) >= 0.85, name
    assert site.share(60, 90) >= 0.85, name


def test_a_server_that_slows_as_it_fills_is_used_well() -> None:
    site = Site(0.5, crowding=16.0)
    in_no_time(press(site, 60))
    full = 128 / (0.5 * (1 + 128 / 16))
    assert sum(30 <= when < 60 for when in site.answers) / 30 >= 0.85 * full


def test_a_line_of_waiting_requests_stays_short() -> None:
    site = Site(0.2, 16, spread=0.3)
    pacer = in_no_time(press(site, 90))
    assert 16 <= pacer._control.limit <= 64


def test_requests_do_not_wait_until_they_time_out() -> None:
    site, timeouts = Site(10.0, 1), []
    answer = site.answer

    async def within_two_minutes(prompt: Prompt) -> Answer:
        try:
            async with asyncio.timeout(120):
                return await answer(prompt)
        except TimeoutError:
            timeouts.append(now())
            raise fault("MODEL_TIMEOUT") from None

    site.answer = within_two_minutes  # type: ignore[method-assign]
    in_no_time(press(site, 900))
    assert timeouts == []
    assert site.share(100, 900) > 0.95


def test_refused_requests_are_few() -> None:
    site = Site(0.2, 16, queue=False, retry_after=0.5)
    in_no_time(press(site, 60))
    assert len(site.refusals) < 0.01 * len(site.answers)


def test_concurrency_falls_and_rises_again() -> None:
    site = Site(0.2, 32, queue=False)
    seen: list[float] = []

    async def work() -> None:
        pacer = Pacer(site, Limits(most=128))

        async def ask() -> None:
            while True:
                await pacer.answer(asked())

        tasks = [asyncio.create_task(ask()) for _ in range(128)]
        for capacity in (32, 4, 32):
            site.parallel = capacity
            await asyncio.sleep(60)
            seen.append(pacer.metrics()["concurrency"])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    in_no_time(work())
    assert 27 <= seen[0] <= 34
    assert 3 <= seen[1] <= 5
    assert seen[2] > 16


def test_all_wait_while_the_server_wants_to_be_left_alone() -> None:
    site = Site(0.1, 4, queue=False, retry_after=3.0)
    in_no_time(press(site, 30))
    for refused in site.refusals:
        assert not any(refused + 0.01 < start < refused + 2.99 for start in site.starts)


def test_a_server_that_becomes_slower_is_still_asked() -> None:
    site = Site(0.2, 1_000_000)

    async def work() -> float:
        pressing = asyncio.create_task(press(site, 120, most=32))
        await asyncio.sleep(30)
        site.seconds = 2.0
        pacer = await pressing
        return float(pacer.metrics()["concurrency"])

    assert in_no_time(work()) > 8


class Faulty:
    """Fails as it is told to, then answers."""

    name = "faulty"

    def __init__(self, *errors: ModelError) -> None:
        self.label: dict[str, object] = {}
        self.errors, self.times = list(errors), list[float]()

    async def answer(self, prompt: Prompt) -> Answer:
        self.times.append(now())
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        return Answer("words", 10, 5, "stop", 0.01)

    async def close(self) -> None:
        self.errors.clear()


def fault(code: str = "MODEL_FAILED", wait: float | None = None) -> ModelError:
    return ModelError(code, "It failed.", retryable=True, retry_after=wait)


def asked_until_answered(model: Faulty, limits: Limits | None = None) -> tuple[Answer, dict[str, object]]:
    async def work() -> tuple[Answer, dict[str, object]]:
        pacer = Pacer(model, limits or Limits())
        answer = await pacer.answer(asked())
        return answer, pacer.metrics()

    return in_no_time(work())


def test_faults_are_retried_with_growing_waits_that_every_run_repeats() -> None:
    waits = []
    for _ in range(2):
        model = Faulty(*(fault(code) for code in ("MODEL_FAILED", "MODEL_DISCONNECTED", "MODEL_MALFORMED", "MODEL_UNREACHABLE")))
        _, metrics = asked_until_answered(model)
        waits.append([later - earlier for earlier, later in zip(model.times, model.times[1:], strict=False)])
        assert metrics["retries"] == 4
        assert metrics["errors"] == {
            "MODEL_DISCONNECTED": 1, "MODEL_FAILED": 1, "MODEL_MALFORMED": 1, "MODEL_UNREACHABLE": 1,
        }  # fmt: skip
    assert waits[0] == waits[1]
    for number, wait in enumerate(waits[0]):
        assert 0.25 * 2**number <= wait <= 0.5 * 2**number + 0.02
    assert len({round(wait / 2**number, 3) for number, wait in enumerate(waits[0])}) == 4  # jitter


@pytest.mark.parametrize("fatal", [False, True])
def test_what_no_retry_cures_is_raised_at_once(fatal: bool) -> None:
    model = Faulty(ModelError("MODEL_CONTEXT", "Too long.", fatal=fatal))
    with pytest.raises(ModelError) as raised:
        asked_until_answered(model)
    assert raised.value.code == "MODEL_CONTEXT"
    assert len(model.times) == 1


def test_a_prompt_that_always_fails_fails_alone() -> None:
    class OneBad(Faulty):
        async def answer(self, prompt: Prompt) -> Answer:
            await asyncio.sleep(0.01)
            if prompt.seed == 0:
                raise fault()
            return Answer("words", 1, 1)

    async def work() -> list[Answer | BaseException]:
        pacer = Pacer(OneBad(), Limits(retries=3))

        async def steadily() -> Answer:
            for seed in range(1, 1000):
                answer = await pacer.answer(asked(seed))
                await asyncio.sleep(0.01)
            return answer

        return await asyncio.gather(pacer.answer(asked(0)), steadily(), return_exceptions=True)

    bad, good = in_no_time(work())
    assert isinstance(bad, ModelError)
    assert (bad.code, bad.fatal) == ("MODEL_FAILED", False)
    assert isinstance(good, Answer)


def test_a_server_that_answers_nobody_ends_the_job() -> None:
    model = Faulty(*[fault("MODEL_UNREACHABLE")] * 100)
    with pytest.raises(ModelError) as raised:
        asked_until_answered(model, Limits(retries=3))
    assert raised.value.fatal
    assert raised.value.retryable
    assert "resume" in raised.value.message
    assert len(model.times) == 4


def test_refusals_are_no_faults_but_patience_ends() -> None:
    answer, _ = asked_until_answered(Faulty(*[fault("MODEL_RATE_LIMITED", 1.0)] * 50), Limits(retries=2))
    assert answer.text == "words"
    model = Faulty(*[fault("MODEL_RATE_LIMITED", 1.0)] * 1000)
    with pytest.raises(ModelError) as raised:
        asked_until_answered(model, Limits(patience=100))
    assert raised.value.fatal
    assert 95 <= len(model.times) <= 102


def test_a_wait_beyond_all_patience_ends_the_job() -> None:
    model = Faulty(fault("MODEL_RATE_LIMITED", 86_400))
    with pytest.raises(ModelError) as raised:
        asked_until_answered(model)
    assert raised.value.fatal
    assert "86400 seconds" in raised.value.message


def test_a_single_timeout_among_many_answers_changes_nothing() -> None:
    class LongOne(Faulty):
        async def answer(self, prompt: Prompt) -> Answer:
            self.times.append(now())
            number = len(self.times)
            await asyncio.sleep(0.1)
            if number == 100:
                raise fault("MODEL_TIMEOUT")
            return Answer("words", 1, 1)

    async def work() -> tuple[float, float]:
        pacer, limits = Pacer(LongOne(), Limits(start=8, most=8)), []
        for _ in range(30):
            await asyncio.gather(*(pacer.answer(asked(seed)) for seed in range(8)))
            limits.append(pacer.metrics()["concurrency"])
        assert pacer.metrics()["errors"] == {"MODEL_TIMEOUT": 1}
        return min(limits), max(limits)

    assert in_no_time(work()) == (8, 8)


def test_cancelled_callers_leave_their_places() -> None:
    async def work() -> float:
        pacer = Pacer(Site(10.0), Limits(start=2, most=2))
        tasks = [asyncio.create_task(pacer.answer(asked(seed))) for seed in range(6)]
        await asyncio.sleep(1)
        for task in tasks[:4]:
            task.cancel()
        await asyncio.gather(*tasks[4:])
        assert pacer.metrics()["inFlight"] == 0
        assert pacer.purse.report()["reservedTokens"] == 0
        return now()

    assert in_no_time(work()) < 15


def test_metrics_say_what_happened() -> None:
    _, metrics = asked_until_answered(Faulty(fault("MODEL_RATE_LIMITED", 2.0)))
    assert metrics["requests"] == 2
    assert metrics["answers"] == metrics["rateLimited"] == metrics["retries"] == 1
    assert metrics["pausedSeconds"] == 2.0
    assert metrics["mostInFlight"] == 1
    assert metrics["latencySeconds"] == {"p50": 0.01, "p90": 0.01, "p99": 0.01}
    assert metrics["spent"] == {"promptTokens": 10, "completionTokens": 5, "tokens": 15, "reservedTokens": 0, "seconds": 2.02}


def test_a_pacer_closes_its_model() -> None:
    model = Faulty(fault())

    async def work() -> None:
        await Pacer(model, Limits()).close()

    in_no_time(work())
    assert model.errors == []
