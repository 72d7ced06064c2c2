"""A model in memory with every fault of real ones, and jobs that ask it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from runner.datasets import run as running
from runner.datasets.models import Answer, ModelError, Prompt
from runner.datasets.run import DatasetJob
from runner.datasets.spec import DatasetRequest, DatasetSpec
from runner.protocol import Commands, EventType

Words = Callable[[Random], str]


def good(chance: Random) -> str:
    """A whole record of its own."""
    words = ["".join(chance.choices("abcdefghijklmnoprstuvwyz", k=6)) for _ in range(40)]
    return orjson.dumps({"instruction": " ".join(words[:10]), "output": " ".join(words[10:])}).decode()


FAULTS: dict[str, Words] = {
    "prose": lambda chance: "I would rather talk about the weather.",
    "cut": lambda chance: good(chance)[:60],
    "schema": lambda chance: '{"question": "Why?", "answer": 42}',
    "refusal": lambda chance: '{"instruction": "Do it", "output": "As an AI language model, I cannot do that."}',
    "same": lambda chance: '{"instruction": "Say hello", "output": "Hello there, how are you today?"}',
    "nothing": lambda chance: "  ",
}


class FakeModel:
    """Answers as a pure function of the prompt, in any order; a share of the answers are faults."""

    def __init__(self, faults: float = 0.0, slow: float = 0.0, words: Words = good) -> None:
        self.name, self.label = "openai:fake", {"model": "openai:fake", "endpoint": "nowhere"}
        self.asked: Counter[Prompt] = Counter()
        self.answered: Counter[str] = Counter()
        self.fails: Callable[[Prompt], ModelError | None] = lambda prompt: None
        self.closed = False
        self._faults, self._slow, self._words = faults, slow, words
        self._arrival = Random(7)

    async def answer(self, prompt: Prompt) -> Answer:
        """One answer."""
        key = Prompt(prompt.messages, prompt.temperature, prompt.top_p, prompt.max_tokens, prompt.seed)
        self.asked[key] += 1
        await asyncio.sleep(self._arrival.random() * self._slow)
        if failure := self.fails(prompt):
            raise failure
        chance = Random(repr(key))
        words = FAULTS[chance.choice(list(FAULTS))] if chance.random() < self._faults else self._words
        return Answer(words(chance), 100, 50)

    async def close(self) -> None:
        """Remember it."""
        self.closed = True


@dataclass
class Told:
    """The events of a job."""

    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    on: Callable[[str, Mapping[str, Any]], None] = lambda type_, data: None

    def emit(self, type_: EventType, data: Mapping[str, Any]) -> None:
        """Take one; it must be JSON."""
        self.events.append((type_, orjson.loads(orjson.dumps(data))))
        self.on(type_, data)

    def all(self, type_: str) -> list[Mapping[str, Any]]:
        """The data of the events of a type."""
        return [data for kind, data in self.events if kind == type_]

    @property
    def last(self) -> tuple[str, Mapping[str, Any]]:
        """The last event."""
        return self.events[-1]


def spec_of(folder: Path, count: int, **request: Any) -> DatasetSpec:
    """A job in a folder: topics a, b and c, no check of languages, since the fake writes none."""
    wanted = {"topics": ("a", "b", "c"), "model_name": "openai:fake", "filters": {"language": False}} | request
    spec = DatasetSpec(
        job_id="data_1",
        request=DatasetRequest.model_validate({"target_count": count, **wanted}),
        out_dir=folder / "out",
        work_dir=folder / "work",
        answers_path=folder / "answers.db",
    )
    spec.out_dir.mkdir(parents=True, exist_ok=True)
    return spec


def run_job(
    spec: DatasetSpec,
    model: FakeModel,
    monkeypatch: pytest.MonkeyPatch,
    told: Told | None = None,
    commands: Commands | None = None,
) -> tuple[int, Told]:
    """Run a job with the fake in the place of its model."""
    told = told or Told()
    monkeypatch.setattr(running, "open_model", lambda *arguments: model)
    status = DatasetJob(spec, told, commands or Commands(False), {}).run()  # type: ignore[arg-type]
    return status, told
