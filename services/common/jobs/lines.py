"""What a child says, line by line, made into events: pure but for reading the pipe.

Garbage and oversize lines become `log` events; progress is throttled before it gets a number; logs have a budget.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from runner.protocol import EVENT_TYPES, timestamp
from services.common.jobs.model import Artifact, JobError, Progress
from services.common.jobs.store import Draft
from services.common.jobs.wakeups import CROWD, CROWD_GAP
from services.common.redaction import redact

MAX_LINE: Final = 1 << 20
MAX_TEXT: Final = 8192
LOGS_AT_ONCE, LOGS_PER_SECOND, LOGS_IN_ALL = 50, 10.0, 1000
PROGRESS_GAP: Final = 0.25


async def read_lines(reader: asyncio.StreamReader, limit: int = MAX_LINE) -> AsyncIterator[tuple[bytes, int]]:
    """Lines without their end, and how many bytes were left out: a line over `limit` is cut there."""
    kept, size = bytearray(), 0
    while chunk := await reader.read(1 << 16):
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            kept += end[: limit - len(kept)]
            yield bytes(kept), size + len(end) - len(kept)
            kept, size = bytearray(), 0
        kept += rest[: limit - len(kept)]
        size += len(rest)
    if size:
        yield bytes(kept), size - len(kept)


def parse_line(line: bytes, left_out: int, job_id: str) -> Draft:
    """The event of a line of standard output; what is none is a `log` event."""
    if left_out:
        return log_draft("stdout", line, left_out)
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return log_draft("stdout", line, 0)
    if not _is_event(said, job_id):
        return log_draft("stdout", line, 0)
    return Draft(said["type"], said["timestamp"], clean(said["type"], said["data"]))


def _is_event(said: Any, job_id: str) -> bool:
    return (
        isinstance(said, dict)
        and said.get("v") == 1
        and said.get("jobId") == job_id
        and said.get("type") in EVENT_TYPES
        and isinstance(said.get("data"), dict)
        and _is_moment(said.get("timestamp"))
    )


def _is_moment(text: Any) -> bool:
    try:
        return isinstance(text, str) and text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def clean(type_: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data with secrets and excess length taken out of its free texts."""
    if type_ == "log":
        text = redact(str(data.get("text", ""))[:MAX_TEXT])
        return {"level": "info", "stream": "runner", "truncated": False, **data, "text": text}
    if type_ == "error":
        return {**data, "message": redact(str(data.get("message", "")))[:MAX_TEXT]}
    return data


def log_draft(stream: str, line: bytes, left_out: int, level: str = "warning") -> Draft:
    """A line that is no event, as a `log` event."""
    cut = left_out + max(len(line) - MAX_TEXT, 0)
    text = redact(line[:MAX_TEXT].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"))
    data: dict[str, Any] = {"level": level, "stream": stream, "text": text, "truncated": cut > 0}
    return Draft("log", timestamp(), data | ({"leftOutBytes": cut} if cut else {}))


class LogBudget:
    """Lets a burst of logs through, then some a second, and so many in all; counts the rest. Lives for an attempt."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._at, self._tokens, self._left = clock, clock(), float(LOGS_AT_ONCE), LOGS_IN_ALL
        self._dropped = 0

    def admit(self) -> bool:
        """Whether one more may be stored."""
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._at) * LOGS_PER_SECOND, LOGS_AT_ONCE)
        self._at = now
        if self._tokens < 1 or self._left <= 0:
            self._dropped += 1
            return False
        self._tokens, self._left = self._tokens - 1, self._left - 1
        return True

    def summary(self) -> Draft | None:
        """What was left out, said once."""
        if not self._dropped:
            return None
        text = f"{self._dropped} more lines were left out of the log."
        return Draft("log", timestamp(), {"level": "warning", "stream": "supervisor", "text": text, "truncated": True})


class ProgressThrottle:
    """Passes at most four progress events a second, one a second for a crowd of followers; the first always, and the last when
    asked at the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, followers: Callable[[], int] = lambda: 0) -> None:
        self._clock, self._followers, self._next = clock, followers, 0.0
        self.held: Draft | None = None

    def admit(self, draft: Draft) -> bool:
        """Whether this one is passed on now; otherwise it is held."""
        now = self._clock()
        if now < self._next:
            self.held = draft
            return False
        self._next, self.held = now + (CROWD_GAP if self._followers() > CROWD else PROGRESS_GAP), None
        return True


def progress_of(data: Mapping[str, Any]) -> Progress:
    """The progress a `progress` event tells; what is missing or no number counts as unknown."""
    eta = data.get("etaSeconds")
    return Progress(
        current=int(_number(data.get("current"))),
        total=int(_number(data.get("total"))),
        unit=str(data.get("unit", "rows")),
        rate=_number(data.get("rate")),
        percentage=_number(data.get("percentage")),
        phase=str(data.get("phase") or ""),
        eta_seconds=None if eta is None else _number(eta),
    )


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def artifacts_of(data: Mapping[str, Any]) -> tuple[Artifact, ...] | None:
    """The files a `complete` event names; None when it does not keep to the protocol."""
    try:
        return tuple(
            Artifact(str(a["name"]), str(a["path"]), int(a["bytes"]), str(a["sha256"]), str(a["contentType"]))
            for a in data.get("artifacts", ())
        )
    except (KeyError, TypeError, ValueError):
        return None


def error_of(data: Mapping[str, Any]) -> JobError:
    """The failure an `error` event tells."""
    return JobError(str(data.get("code") or "INTERNAL"), str(data.get("message", "")), bool(data.get("retryable", False)))
