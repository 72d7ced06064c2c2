"""The runner's line protocol, version 1 (docs/protocol.md).

Standard output: one JSON event a line, `{"v", "jobId", "attempt", "type", "timestamp", "data"}`;
the supervisor adds `seq`. Standard input: first line the secrets (a JSON object, `{}` when there
are none) when the job is supervised, then commands `{"command": "pause" | "cancel"}` a line; the
end of input means the supervisor died, and so does the runner.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Literal, cast

import orjson

VERSION = 1
MAX_LINE = 64 * 1024
LINE_ROOM = MAX_LINE - 1024
"""Bytes an event's data may take; the rest is for its other keys."""
EventType = Literal["init", "start", "progress", "checkpoint", "log", "complete", "error", "shutdown"]
EVENT_TYPES: tuple[EventType, ...] = ("init", "start", "progress", "checkpoint", "log", "complete", "error", "shutdown")


def with_load_order(data: Mapping[str, Any], tables: Sequence[str]) -> Mapping[str, Any]:
    """The data of an `init` event with the tables in the order in which they are made, where that fits a line."""
    ordered = {**data, "loadOrder": list(tables)}
    return ordered if len(orjson.dumps(ordered)) <= LINE_ROOM else data


def timestamp() -> str:
    """Now, UTC, RFC 3339 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EventWriter:
    """Writes events to a private copy of standard output, and points fd 1 at standard error,

    so that a stray print cannot corrupt the protocol. One instance per process; thread-safe.
    """

    def __init__(self, job_id: str, attempt: int, fd: int | None = None) -> None:
        self.job_id, self.attempt = job_id, attempt
        self._lock = threading.Lock()
        if fd is None:
            fd = os.dup(1)
            os.set_inheritable(fd, False)
            os.dup2(2, 1)
        self._fd = fd

    def emit(self, type_: EventType, data: Mapping[str, Any]) -> None:
        """Write one event. A `log` text over 8 KiB is cut and marked `truncated`."""
        if type_ == "log" and len(str(data.get("text", ""))) > 8192:
            data = {**data, "text": str(data["text"])[:8192], "truncated": True}
        line = orjson.dumps(
            {"v": VERSION, "jobId": self.job_id, "attempt": self.attempt, "type": type_, "timestamp": timestamp(), "data": data}
        )
        with self._lock:
            _write_all(self._fd, line + b"\n")


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Commands:
    """What the supervisor asked for, read from standard input by a thread.

    `wanted` is None, "pause" or "cancel". At the end of input a supervised process ends itself
    at once (the supervisor is gone, and with it whoever would read the events).
    """

    def __init__(self, supervised: bool) -> None:
        self.wanted: Literal["pause", "cancel"] | None = None
        self.reason: Literal["pause", "cancel", "sigterm"] = "pause"
        self.changed = threading.Event()
        self._supervised = supervised

    def start(self) -> Commands:
        """Begin to listen. Standard input is the listener's from here on.

        Taken out of `sys.stdin`, or the interpreter would wait for the blocked reader when it ends, and abort.
        """
        source = cast(io.TextIOWrapper, sys.stdin).detach()
        threading.Thread(target=self._listen, args=(source,), name="commands", daemon=True).start()
        return self

    def ask(self, command: Literal["pause", "cancel"], reason: Literal["pause", "cancel", "sigterm"] | None = None) -> None:
        """Ask from inside (signal handlers). A cancel is never taken back."""
        if self.wanted != "cancel":
            self.wanted, self.reason = command, reason or command
        self.changed.set()

    def _listen(self, source: BinaryIO) -> None:
        for line in source:
            try:
                command = orjson.loads(line).get("command")
            except (orjson.JSONDecodeError, AttributeError):
                continue
            if command in ("pause", "cancel"):
                self.ask(command)
        if self._supervised:
            os._exit(EXIT_ORPHANED)


EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, EXIT_CANCELLED, EXIT_ORPHANED = 0, 1, 75, 76, 77
"""Exit statuses of a child: done; failed (after `error`); left after a resumable `shutdown`; cancelled; orphaned."""


class Throttle:
    """Lets a thing happen at most `per_second` times a second; the first time always."""

    def __init__(self, per_second: float = 4) -> None:
        self._gap, self._next = 1 / per_second, 0.0

    def ready(self) -> bool:
        """Whether it may happen now."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._gap
        return True
