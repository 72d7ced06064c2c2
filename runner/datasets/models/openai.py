"""Any server that speaks the OpenAI chat API: vLLM, Ollama, llama.cpp, hosted ones. Streaming is off.

Answers as JSON are asked for in the strictest way the server takes: by the schema, as any JSON object, in words only.
What it refuses with 400 is left out, and remembered as soon as leaving it out helped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from runner.datasets.models import Answer, Prompt
from runner.datasets.models._endpoint import Endpoint, read_endpoint, unavailable
from runner.datasets.models._replies import Secret, is_context, refusal, told
from runner.datasets.spec import ModelSettings

if TYPE_CHECKING:
    from runner.datasets.models._connecting import Connection, Reply

_PATH: Final = "/chat/completions"
FORMATS: Final = ("json_schema", "json_object", "text")
_OPTIONAL: Final = ("seed", "top_p", "temperature", "max_tokens")
"""Parameters that some models refuse. `max_tokens` then goes by its other name."""


def available(name: str, settings: ModelSettings) -> str | None:
    """Why a model cannot be had, as far as the settings tell; the network is not touched."""
    if not name:
        return "A model is named after the colon, such as openai:llama3.1."
    try:
        read_endpoint(settings, _PATH)
    except Exception as error:
        return str(error)
    return None


def open_model(name: str, settings: ModelSettings, secrets: Mapping[str, str]) -> OpenAI:
    """The model of that name at the endpoint of the settings. Raises `ModelError` (`MODEL_UNAVAILABLE`)."""
    key = secrets.get("api_key", "")
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise unavailable("datasets.openai_key holds characters that no key has.")
    return OpenAI(name, read_endpoint(settings, _PATH), settings, Secret(key))


class OpenAI:
    """One model of one endpoint."""

    def __init__(self, name: str, endpoint: Endpoint, settings: ModelSettings, secret: Secret) -> None:
        self.name = f"openai:{name}"
        self.label: Mapping[str, Any] = {"model": self.name, "endpoint": endpoint.shown, "template": False}
        self._model, self._endpoint, self._settings, self._secret = name, endpoint, settings, secret
        self._connection: Connection | None = None
        self._format, self._proven, self._omitted = 0, False, frozenset[str]()

    async def close(self) -> None:
        """Close the connections."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def answer(self, prompt: Prompt) -> Answer:
        """One answer. Raises `ModelError`."""
        chosen = self._format if prompt.json_schema is not None else len(FORMATS) - 1
        omitted = self._omitted
        began = time.monotonic()
        while True:
            reply = await self._connected().post(self._body(prompt, FORMATS[chosen], omitted))
            if reply.status == 200:
                answer = self._read(reply, prompt, time.monotonic() - began)
                self._remember(prompt, chosen, omitted)
                return answer
            if refused := self._refused_parameter(reply, omitted):
                omitted |= {refused}
            elif self._refused_format(reply, prompt, chosen):
                chosen += 1
            else:
                raise refusal(reply.status, reply.headers, reply.body, self._secret)

    def _connected(self) -> Connection:
        if self._connection is None:
            from runner.datasets.models._connecting import Connection  # an HTTP client costs time to load

            self._connection = Connection(self._endpoint, self._settings, self._secret.key)
        return self._connection

    def _remember(self, prompt: Prompt, chosen: int, omitted: frozenset[str]) -> None:
        self._omitted |= omitted
        if prompt.json_schema is not None:
            self._proven = self._proven or chosen <= self._format
            self._format = max(self._format, chosen)

    def _refused_format(self, reply: Reply, prompt: Prompt, chosen: int) -> bool:
        """Whether the way JSON was asked for may be what was refused. Once it was taken, it is not."""
        known = self._proven and chosen == self._format
        last = chosen + 1 >= len(FORMATS) or prompt.json_schema is None
        return reply.status in (400, 422, 501) and not known and not last and not is_context(told(reply.body))

    @staticmethod
    def _refused_parameter(reply: Reply, omitted: frozenset[str]) -> str:
        """The parameter that an error names as not supported; "" when none."""
        said = told(reply.body) if reply.status in (400, 422) else {}
        name = said.get("param", "")
        return name if name in _OPTIONAL and name not in omitted and "nsupported" in " ".join(said.values()) else ""

    def _body(self, prompt: Prompt, form: str, omitted: frozenset[str]) -> bytes:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
            "stream": False,
        }
        values = {"temperature": prompt.temperature, "top_p": prompt.top_p, "seed": prompt.seed, "max_tokens": prompt.max_tokens}
        body |= {name: value for name, value in values.items() if name not in omitted}
        if "max_tokens" in omitted:
            body["max_completion_tokens"] = prompt.max_tokens
        if form == "json_schema":
            wanted = {"name": "record", "schema": prompt.json_schema, "strict": False}
            body["response_format"] = {"type": form, "json_schema": wanted}
        elif form == "json_object":
            body["response_format"] = {"type": form}
        return orjson.dumps(body)

    def _read(self, reply: Reply, prompt: Prompt, seconds: float) -> Answer:
        from runner.datasets.models._connecting import malformed

        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise malformed("is not JSON")
        try:
            value = orjson.loads(reply.body)
            choice = value["choices"][0]
            message = choice["message"]
            text, reason = _content(message), choice.get("finish_reason") or "stop"
            usage = value.get("usage") or {}
            spent = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
        except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
            raise malformed("is not a chat completion") from None
        asked = "".join(message.content for message in prompt.messages)
        prompt_tokens, completion_tokens = (n or _guessed(t) for n, t in zip(spent, (asked, text), strict=True))
        reason = "refusal" if isinstance(message.get("refusal"), str) and message["refusal"] else str(reason)[:40]
        return Answer(self._secret.without(text), prompt_tokens, completion_tokens, reason, seconds)


def _content(message: Mapping[str, Any]) -> str:
    """The text of a message: a string, or parts of one. Raises `TypeError`."""
    content = message.get("content")
    if content is None:
        content = message.get("refusal") or ""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if not isinstance(content, str):
        raise TypeError
    return content


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else 0


def _guessed(text: str) -> int:
    """Tokens of a text whose server tells none: one for four bytes, as English has."""
    return -(-len(text.encode(errors="replace")) // 4)
