"""What a model is asked for a record: versioned text files filled with the record's place in the plan.

A prompt is a pure function of the request, the record number and the try; nothing of other records goes into it. One
prompt asks for one record: coverage stays exact without sorting answers, what one answer spoils costs one record, a
long list cut off at the token limit cannot happen, and servers that batch lose nothing by it, since the prompts of a
kind share their beginning.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, Final

import orjson

from runner.datasets.languages import language_name
from runner.datasets.models import Message, Prompt
from runner.datasets.plan import Slot
from runner.datasets.records import schema_of
from runner.datasets.spec import DatasetRequest
from runner.draws import derive_key

VERSION: Final = "v1"
"""The folder of the texts. Changed texts are a new folder, since they change every answer's address."""

_REPAIR_TEMPERATURE: Final = 0.2
_QUOTED: Final = 8000


def record_prompt(request: DatasetRequest, slot: Slot, attempt: int) -> Prompt:
    """What is asked for a record, the `attempt`-th time (0, 1, …)."""
    messages = (Message("system", _system(request, slot, attempt)), Message("user", _user(request, slot, attempt)))
    return Prompt(
        messages,
        request.temperature,
        request.top_p,
        request.max_tokens,
        seed_of(request, slot, attempt),
        schema_of(slot.kind, request, slot.label),
    )


def repair_prompt(request: DatasetRequest, slot: Slot, attempt: int, answer: str, problem: str) -> Prompt:
    """What is asked when an answer cannot be used: the same again, with the answer and what is wrong with it."""
    asked = record_prompt(request, slot, attempt)
    told = Template(_text("repair")).safe_substitute(problem=problem)
    messages = (*asked.messages, Message("assistant", answer[:_QUOTED]), Message("user", told))
    temperature = min(request.temperature, _REPAIR_TEMPERATURE)
    return Prompt(messages, temperature, asked.top_p, asked.max_tokens, asked.seed, asked.json_schema)


def seed_of(request: DatasetRequest, slot: Slot, attempt: int) -> int:
    """The seed for models that take one, 0..2^31-1."""
    return derive_key(request.seed, "dataset", "prompt", str(slot.number), str(attempt)) >> 33


@lru_cache(maxsize=64)
def fixed_lines(own_system: str) -> tuple[str, ...]:
    """Sentences of the prompts that no record should hold, in lower case."""
    texts = (own_system or _text("system"), _text("answer"), _text("examples"), _text("repair"), _text("record"))
    pieces = (piece.strip().lower() for text in texts for piece in text.replace("\n", ". ").split(". "))
    return tuple(piece.rstrip(".:") for piece in pieces if len(piece) >= 30 and "$" not in piece)


def _system(request: DatasetRequest, slot: Slot, attempt: int) -> str:
    return _filled(request.prompts.system, request, slot, attempt) if request.prompts.system else _text("system")


def _user(request: DatasetRequest, slot: Slot, attempt: int) -> str:
    own = request.prompts.user
    parts = [_filled(own or _text("record"), request, slot, attempt)]
    if request.examples:
        examples = "\n".join(_json(example) for example in request.examples)
        parts.append(Template(_text("examples")).safe_substitute(examples=examples))
    if "$schema" not in own and "${schema}" not in own:
        parts.append(_filled(_text("answer"), request, slot, attempt))
    return "\n\n".join(parts)


def _filled(text: str, request: DatasetRequest, slot: Slot, attempt: int) -> str:
    angles = _text("angles").splitlines()
    angle = angles[derive_key(request.seed, "dataset", "angle", str(slot.number), str(attempt)) % len(angles)]
    return Template(text).safe_substitute(
        task=_text(f"tasks/{slot.kind}"),
        place=_place(request, slot),
        angle=angle,
        number=f"{slot.number + 1}{'abcdefghijklmnopqrstuvwxyz'[attempt % 26] if attempt else ''}",
        total=request.target_count,
        topic=slot.topic,
        kind=slot.kind,
        difficulty=slot.difficulty,
        persona=slot.persona,
        label=slot.label,
        domain=request.domain,
        description=request.domain_description,
        language=language_name(request.language),
        schema=_json(schema_of(slot.kind, request, slot.label)),
    )


def _place(request: DatasetRequest, slot: Slot) -> str:
    lines = {
        "Domain": request.domain,
        "About the domain": request.domain_description,
        "Topic": slot.topic,
        "Difficulty": slot.difficulty,
        "Who asks or writes": slot.persona,
        "Label": slot.label if slot.kind == "classification" else "",
        "Language": language_name(request.language),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


@lru_cache(maxsize=32)
def _text(name: str) -> str:
    return (Path(__file__).parent / VERSION / f"{name}.txt").read_text("utf-8").strip()
