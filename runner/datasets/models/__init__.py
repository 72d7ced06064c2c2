"""Models that answer prompts, behind one small port. The folder is the registry: one module, one provider.

A model's name chooses: `template` (no model: grammar and catalogue texts, made in blocks and never asked prompt by
prompt, see `runner.datasets.models.template`), `<provider>:<model>` (`openai:gpt-4o-mini`), else an id or path of
weights for `transformers`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast

from runner.datasets.spec import ModelSettings

TEMPLATE: Final = "template"
_LOCAL: Final = "transformers"

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True)
class Prompt:
    """What a model is asked. Everything in it is part of the address under which its answer is stored.

    `temperature` 0..2, `top_p` in (0, 1], `max_tokens` of the answer >= 1, `seed` 0..2^31-1 (for models that take
    one), `json_schema` of the object that is wanted (None: free text).
    """

    messages: tuple[Message, ...]
    temperature: float
    top_p: float
    max_tokens: int
    seed: int
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What a model answered. Tokens are the model's own count, or an estimate where it tells none.

    `finish_reason` is `stop`, `length` (cut at `max_tokens`), `content_filter`, or the model's own word.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str = "stop"
    seconds: float = 0.0


class ModelError(Exception):
    """A model did not answer.

    `retryable`: the same prompt may work later, after `retry_after` seconds where the model says so. `fatal`: no
    prompt will work (no such model, key refused, budget used up), so the job ends. Neither: this prompt is refused.
    `message` is a sentence for the user; it never holds a key, nor the text of a prompt.
    """

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, retry_after: float | None = None, fatal: bool = False
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.retryable, self.retry_after, self.fatal = retryable, retry_after, fatal


class Model(Protocol):
    """Something that answers prompts. `label` is shown in events, manifest and report: model, endpoint's host, …"""

    name: str
    label: Mapping[str, Any]

    async def answer(self, prompt: Prompt) -> Answer:
        """One answer. Raises `ModelError`; a cancelled call stops its request."""
        ...

    async def close(self) -> None:
        """Let go of connections and memory."""
        ...


class _Provider(Protocol):
    def available(self, name: str, settings: ModelSettings) -> str | None: ...

    def open_model(self, name: str, settings: ModelSettings, secrets: Mapping[str, str]) -> Model: ...


def provider_of(name: str) -> str:
    """The module of this folder that a model's name chooses."""
    prefix, colon, _ = name.partition(":")
    if name == TEMPLATE:
        return TEMPLATE
    return prefix if colon and prefix in providers() else _LOCAL


def providers() -> tuple[str, ...]:
    """The modules of this folder; those with an underscore are parts of others."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")))


def available(name: str, settings: ModelSettings) -> str | None:
    """Why a model cannot be had, as a sentence that says what to install or set; None when it can.

    Looks at the settings and at this machine, never at the network. Run it with the interpreter of the child.
    """
    if provider_of(name) == TEMPLATE:
        return None
    prefix, colon, rest = name.partition(":")
    if provider_of(name) == _LOCAL and colon and len(prefix) > 1 and not rest.startswith("/"):
        return f"There is no provider {prefix[:40]!r}: name `template`, `openai:<model>`, or the name or path of local weights."
    module, rest = _module(name)
    return module.available(rest, settings)


def open_model(name: str, settings: ModelSettings, secrets: Mapping[str, str]) -> Model:
    """The model of that name. `secrets` may hold `api_key`.

    Raises `ModelError` (`MODEL_UNAVAILABLE`, fatal) saying what to install or set.
    """
    if provider_of(name) == TEMPLATE:
        raise ValueError("the template model makes blocks of records; it is not asked prompt by prompt")
    if reason := available(name, settings):
        raise ModelError("MODEL_UNAVAILABLE", reason, fatal=True)
    module, rest = _module(name)
    return module.open_model(rest, settings, secrets)


def _module(name: str) -> tuple[_Provider, str]:
    """The provider of a name, and what the name is to it."""
    provider = provider_of(name)
    module = cast(_Provider, importlib.import_module(f"{__name__}.{provider}"))
    return module, name.removeprefix(f"{provider}:")
