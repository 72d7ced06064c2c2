"""Records from a model: slots are asked for ahead of time, and judged strictly in the order of the plan.

The order is a queue: record numbers 0, 1, 2, …, then those that were rejected, in the order of their rejection, with
their next try. An answer may come whenever it likes, since it is judged when those before it in the queue are. So the
accepted records, and their order, are a function of the answers alone: not of who answered first, nor of kills.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any, Final, Literal

from runner.datasets.answers import Answers, address
from runner.datasets.duplicates import Duplicates
from runner.datasets.filters import refusal, why_refused
from runner.datasets.journal import Journal, Verdict
from runner.datasets.models import Answer, Model, ModelError, Prompt
from runner.datasets.pacing import Limits, Pacer, Tokens
from runner.datasets.parsing import Parsed, Reader
from runner.datasets.plan import Slot, slot
from runner.datasets.prompts import record_prompt, repair_prompt
from runner.datasets.records import body, lead
from runner.datasets.spec import DatasetSpec
from runner.datasets.turnstile import Turnstile
from runner.failpoints import failpoint

GRACE_SECONDS: Final = 0.75
"""How long a job that ends waits for requests under way, whose answers are stored."""
_POLL_SECONDS: Final = 0.05
_WINDOW: Final = (256, 4096)
_LONGEST_BATCH: Final = 4
"""A batch ends with `batchSize` accepted records, or with so many times as many verdicts."""
_REPAIRABLE: Final = frozenset({"malformed_json", "truncated", "wrong_schema"})
_LEAST_ASKED: Final = 16
"""Prompts that are always with the pacer, beside twice those that it asks at a time."""
_BUDGET: Final = "BUDGET_EXHAUSTED"
Wanted = Literal["pause", "cancel"] | None


class Stopped(Exception):
    """Somebody asked the job to pause or cancel."""


@dataclass(frozen=True)
class Hooks:
    """What the job gives a collector: who wants it to stop, and who is told of progress and of durable batches."""

    wanted: Callable[[], Wanted]
    progress: Callable[[Callable[[], Mapping[str, Any]]], None]
    committed: Callable[[int], None]


class _Gate:
    """A model that can be closed to new prompts while those under way go on; `idle` when there are none."""

    def __init__(self, model: Model) -> None:
        self.name, self.label, self._model = model.name, model.label, model
        self.closed, self._under_way = False, 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def answer(self, prompt: Prompt) -> Answer:
        """As the model does; `JOB_STOPPED` when closed."""
        if self.closed:
            raise ModelError("JOB_STOPPED", "The job is being stopped.", fatal=True)
        self._under_way += 1
        self.idle.clear()
        try:
            return await self._model.answer(prompt)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self.idle.set()

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()


class Collector:
    """Collects the records of one job. Make it within a running event loop; `collect` once, then `close`."""

    def __init__(self, spec: DatasetSpec, model: Model, answers: Answers, journal: Journal, hooks: Hooks) -> None:
        self._request, self._answers, self._journal, self._hooks = spec.request, answers, journal, hooks
        self._reader = Reader(spec.request)
        self._gate = _Gate(model)
        prices = spec.model.prompt_price, spec.model.completion_price
        spent = Tokens(*journal.spent)
        self.pacer = Pacer(self._gate, Limits.of(spec.model), budget=spec.request.budget, prices=prices, spent=spent)
        self._began, self._seconds = time.monotonic(), journal.seconds
        self._recall()
        least, most = _WINDOW
        self._most_ahead = min(max(least, 16 * spec.model.max_concurrency), most)
        self._ahead: deque[asyncio.Task[Verdict]] = deque()
        self._turnstile = Turnstile(lambda: max(_LEAST_ASKED, 2 * ceil(self.pacer.concurrency)))
        self._places = count()
        self._batch: list[Verdict] = []
        self._reused = 0

    def _recall(self) -> None:
        """Take up where the journal ends."""
        request, totals = self._request, self._journal.totals()
        self._fresh, self.accepted = totals.fresh, totals.accepted
        self._tokens = Tokens(totals.prompt_tokens, totals.completion_tokens)
        self._again = deque(self._journal.pending(request.give_up.tries))
        self._recent = deque(self._journal.last(request.give_up.window), maxlen=request.give_up.window)
        self._rejected = Counter(self._journal.reasons())
        self._duplicates = Duplicates(request.near_duplicate)

    def _remember(self) -> None:
        """Make the index of duplicates anew, which takes about 0.3 ms a record. Raises `Stopped`."""
        for number, record in self._journal.accepted():
            self._tell()
            kind = slot(self._request, number).kind
            self._duplicates.add(lead(kind, record), body(kind, record))

    async def collect(self) -> str:
        """Go on until every record is accepted or given up. Returns "", or why the dataset stays incomplete.

        Raises `Stopped`, and `ModelError` when the model cannot be used any more.
        """
        try:
            self._remember()
            while self._fill():
                self._take(await self._head())
                if reason := self._hopeless():
                    return reason
        except ModelError as error:
            if error.code != _BUDGET:
                raise
            return error.message
        finally:
            self._commit()
        left = self._request.target_count - self.accepted
        return f"{left} records were rejected {self._request.give_up.tries} times each" if left else ""

    async def close(self) -> None:
        """Wait a little for answers under way (not when the job is cancelled), which are stored; close the model."""
        self._gate.closed = True
        if self._hooks.wanted() != "cancel":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gate.idle.wait(), GRACE_SECONDS)
        for task in self._ahead:
            task.cancel()
        await asyncio.gather(*self._ahead, return_exceptions=True)
        await self.pacer.close()

    def metrics(self) -> dict[str, Any]:
        """Counts for a progress event, the pacer's among them."""
        duplicates = self._rejected["exact_duplicate"] + self._rejected["near_duplicate"]
        pacer = self.pacer.metrics()
        return {
            "accepted": self.accepted,
            "rejected": sum(self._rejected.values()),
            "duplicates": duplicates,
            "storedAnswers": self._reused,
            "tokens": self._tokens.total,
            "concurrency": pacer["concurrency"],
            "model": pacer,
        }

    @property
    def seconds(self) -> float:
        """How long the job took so far, over all attempts."""
        return self._seconds + time.monotonic() - self._began

    def _fill(self) -> bool:
        """Ask ahead for what is known to come; False when there is nothing left."""
        while len(self._ahead) < self._most_ahead:
            if self._fresh < self._request.target_count:
                number, attempt = self._fresh, 0
                self._fresh += 1
            elif self._again:
                number, attempt = self._again.popleft()
            else:
                break
            self._ahead.append(asyncio.create_task(self._obtain(slot(self._request, number), attempt, next(self._places))))
        return bool(self._ahead)

    async def _head(self) -> Verdict:
        head = self._ahead[0]
        self._tell()
        while not head.done():
            await asyncio.wait((head,), timeout=_POLL_SECONDS)
            self._tell()
        self._ahead.popleft()
        return head.result()

    def _tell(self) -> None:
        if self._hooks.wanted() is not None:
            raise Stopped
        self._hooks.progress(self.metrics)

    def _take(self, verdict: Verdict) -> None:
        """Judge what is next in order: nothing but duplicates is left to find out."""
        if verdict.record is not None:
            kind = slot(self._request, verdict.number).kind
            duplicate = self._duplicates.add(lead(kind, verdict.record), body(kind, verdict.record))
            if duplicate:
                verdict = _rejected(verdict, duplicate)
        self._batch.append(verdict)
        self._tokens += Tokens(verdict.prompt_tokens, verdict.completion_tokens)
        self._recent.append(not verdict.accepted)
        if verdict.accepted:
            self.accepted += 1
        else:
            self._rejected[verdict.reason] += 1
            if verdict.attempt + 1 < self._request.give_up.tries:
                self._again.append((verdict.number, verdict.attempt + 1))
        failpoint("dataset.judged")
        size = self._request.batch_size
        if (verdict.accepted and self.accepted % size == 0) or len(self._batch) >= _LONGEST_BATCH * size:
            self._commit()

    def _commit(self) -> None:
        if not self._batch:
            return
        spent = self.pacer.purse.spent
        self._journal.append(self._batch, self.seconds, (spent.prompt, spent.completion))
        self._batch = []
        failpoint("dataset.committed")
        self._hooks.committed(self.accepted)

    def _hopeless(self) -> str:
        rule = self._request.give_up
        rejected = sum(self._recent)
        if len(self._recent) < rule.window or rejected < rule.rejected_share * rule.window:
            return ""
        return f"{rejected} of the last {rule.window} answers were rejected"

    async def _obtain(self, place: Slot, attempt: int, turn: int) -> Verdict:
        """One try of a record: asked, read, repaired once where that may help, filtered. `turn` is its place in the queue."""
        request, used = self._request, list[Answer]()
        try:
            prompt = record_prompt(request, place, attempt)
            parsed = await self._read(prompt, place, turn, used)
            if parsed.reason in _REPAIRABLE:
                again = repair_prompt(request, place, attempt, used[0].text, parsed.problem)
                parsed = await self._read(again, place, turn, used)
        except ModelError as error:
            if error.fatal:
                raise
            parsed = Parsed(reason="unanswered" if error.retryable else "refused_by_model")
        reason = parsed.reason if parsed.record is None else why_refused(parsed.record, place.kind, request)
        tokens = sum(answer.prompt_tokens for answer in used), sum(answer.completion_tokens for answer in used)
        return Verdict(place.number, attempt, reason, None if reason else parsed.record, len(used), *tokens)

    async def _read(self, prompt: Prompt, place: Slot, turn: int, used: list[Answer]) -> Parsed:
        answer = await self._answer(prompt, turn)
        used.append(answer)
        parsed = self._reader.read(answer.text, place.kind, answer.finish_reason, place.label)
        declined = answer.finish_reason == "content_filter" or (parsed.record is None and refusal(answer.text))
        return Parsed(reason="refusal") if declined else parsed

    async def _answer(self, prompt: Prompt, turn: int) -> Answer:
        """The stored answer, else the model's, stored before anybody uses it."""
        at = address(prompt, self.pacer.name)
        stored = await self._answers.find(at)
        if stored is not None:
            self._reused += 1
            return stored
        async with self._turnstile.passed(turn):
            answer = await self.pacer.answer(prompt)
            failpoint("dataset.answered")
        await self._answers.put(at, answer)
        failpoint("dataset.stored")
        return answer


def _rejected(verdict: Verdict, reason: str) -> Verdict:
    return Verdict(
        verdict.number, verdict.attempt, reason, None, verdict.answers, verdict.prompt_tokens, verdict.completion_tokens
    )
