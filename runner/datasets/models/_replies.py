"""What a server's refusal means: its status, headers and body as one `ModelError`, with nothing secret in it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from runner.datasets.models import ModelError

_SHOWN: Final = 200
_PIECE: Final = 8
"""So many characters of a key in a row are taken for a part of it."""
_LIKE_KEYS: Final = re.compile(r"(?i)\bbearer\s+\S+|\b(?:sk|pk|key|tok|token|api)[-_][\w*.\-]{4,}|\b[\w\-]{32,}\b")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_CONTEXT: Final = re.compile(
    r"(?i)context.?(length|window|size)|maximum.{0,20}(context|token)|too many tokens|prompt is too long"
)
_QUOTA: Final = re.compile(r"(?i)insufficient_quota|exceeded your current quota|billing|insufficient (?:balance|credits)")
HIDDEN: Final = "[secret]"


class Secret:
    """A key, and the removal of it from texts. Its repr says nothing."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._pieces = {key[i : i + _PIECE] for i in range(len(key) - _PIECE + 1)}

    def without(self, text: str) -> str:
        """The text without the whole key; what else it says is kept."""
        return text.replace(self.key, HIDDEN) if len(self.key) >= _PIECE else text

    def shown(self, text: str) -> str:
        """A server's own words: without anything like a key, on one line, shortened."""
        words = [HIDDEN if self._like(word) else word for word in _CONTROL.sub(" ", self.without(text[:4000])).split(" ")]
        plain = _LIKE_KEYS.sub(HIDDEN, " ".join(words)).strip()
        return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"

    def _like(self, word: str) -> bool:
        return any(word[i : i + _PIECE] in self._pieces for i in range(len(word) - _PIECE + 1))


def told(body: bytes) -> dict[str, str]:
    """What an error's body says: `message`, `code`, `type`, `param`, each perhaps empty. Several dialects are known."""
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"message": "" if body.lstrip().startswith(b"<") else body[:4000].decode(errors="replace")}
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return {"message": error if isinstance(error, str) else ""}
    said = {name: str(error[name]) for name in ("message", "code", "type", "param") if error.get(name) is not None}
    said.setdefault("message", str(error.get("detail", "")))
    return said


def refusal(status: int, headers: Mapping[str, str], body: bytes, secret: Secret) -> ModelError:
    """The error that an answer without success is."""
    said = told(body)
    words = secret.shown(said["message"])
    text = f"{words!r}, says the server ({status})" if words else f"the server answered {status}"
    wait = retry_after(headers, time.time())
    if _quota(status, said):
        return ModelError("MODEL_QUOTA", f"The account has nothing left to spend: {text}.", fatal=True)
    match status:
        case 401 | 403:
            return ModelError(
                "MODEL_REFUSED", f"The model's server refuses the key: {text}. See datasets.openai_key.", fatal=True
            )
        case 404:
            return ModelError("MODEL_UNAVAILABLE", f"There is no such model or endpoint: {text}.", fatal=True)
        case 429:
            return ModelError("MODEL_RATE_LIMITED", f"Too many requests: {text}.", retryable=True, retry_after=wait)
        case 503 | 529:
            return ModelError("MODEL_OVERLOADED", f"The server has too much to do: {text}.", retryable=True, retry_after=wait)
        case 408 | 504:
            return ModelError("MODEL_TIMEOUT", f"The server took too long: {text}.", retryable=True, retry_after=wait)
    if status in (409, 425) or status >= 500:
        return ModelError("MODEL_FAILED", f"The server failed: {text}.", retryable=True, retry_after=wait)
    if 300 <= status < 400:
        message = f"The endpoint redirects ({status}), which is not followed: set datasets.openai_url to where it leads."
        return ModelError("MODEL_REFUSED", message, fatal=True)
    if status == 413 or is_context(said):
        return ModelError("MODEL_CONTEXT", f"The prompt and its answer are too long for the model: {text}.")
    return ModelError("MODEL_REQUEST_REFUSED", f"The request was refused: {text}.")


def _quota(status: int, said: Mapping[str, str]) -> bool:
    """Money that is used up comes as 402, or as another status with a code of its own."""
    return status == 402 or (status in (403, 429) and bool(_QUOTA.search(" ".join((*said.values(), "")))))


def is_context(said: Mapping[str, str]) -> bool:
    """Whether an error speaks of the length of the context."""
    return bool(_CONTEXT.search(" ".join((said.get("code", ""), said["message"]))))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3: seconds or a date); None: not said.

    A date counts from the server's own `Date`, so that clocks need not agree. `now` is seconds since 1970.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    until = _instant(text)
    if until is None:
        return None
    sent = _instant(headers.get("date", ""))
    return max(0.0, until - (now if sent is None else sent))


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]{1,9})?\s*", text, re.ASCII) else None


def _instant(text: str) -> float | None:
    try:
        found: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
