"""The frame of a child process that does one job: what it says, how it is asked to stop, and how it leaves.

A child gets its spec by `--spec FILE`, its secrets as the first line of standard input, and speaks `runner.protocol`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Never, Protocol

import orjson
import pyarrow as pa

from runner.failure import failure
from runner.platform import FileLock, stop_signals
from runner.protocol import EXIT_CANCELLED, EXIT_DONE, EXIT_FAILED, EXIT_PAUSED, Commands, EventType, EventWriter
from services.common.databases import StaleAttemptError

GRACE_SECONDS = 1.0
"""Work that does not end within this time of a pause or cancel is dropped."""
ENDING_SECONDS = 1.5
"""How much longer cancelled work may take to put back what it took off."""


class Interrupted(Exception):
    """Somebody asked to stop."""


class Spec(Protocol):
    """What the frame needs of a spec."""

    job_id: str
    attempt: int
    work_dir: Path


class Work(Protocol):
    """What a child does."""

    def run(self) -> None:
        """Do it. Raises `Interrupted`, `StaleAttemptError` or anything else; each becomes an event."""

    def stop(self) -> None:
        """Asked to stop (from another thread): end what is under way soon."""

    def give_up(self) -> None:
        """Cancelled, or failed for good: put back what was taken off. Has `ENDING_SECONDS`."""

    @property
    def checkpoint(self) -> Mapping[str, Any] | None:
        """How far it is durable; None when it would begin anew."""

    @property
    def remains(self) -> Mapping[str, Any]:
        """What a failure leaves behind, as the error event tells it."""


class Voice:
    """Says events for the work, one at a time."""

    def __init__(self, events: EventWriter, commands: Commands) -> None:
        self.events, self.commands, self.gate = events, commands, threading.Lock()

    def __call__(self, type_: EventType, data: Mapping[str, Any]) -> None:
        """Say one."""
        with self.gate:
            self.events.emit(type_, data)


class Child:
    """The process of one piece of work."""

    def __init__(self, spec: Spec, voice: Voice, work: Work) -> None:
        self._spec, self._voice, self._work = spec, voice, work
        self._ending = threading.Event()

    def run(self) -> int:
        """Do the work under the job's lock; the exit status. Failures become `error` events."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        try:
            with FileLock(self._spec.work_dir / "lock"):
                self._work.run()
            return EXIT_DONE
        except Interrupted:
            self._end()
        except StaleAttemptError:
            self._voice("shutdown", {"reason": "lease_lost", "resumable": True, "checkpoint": None})
            return EXIT_PAUSED
        except Exception as error:  # every failure becomes an event
            told = _coded(error)
            if told and self._voice.commands.changed.is_set():  # it was ended in the middle of something
                self._end()
            told = told or failure(error)
            if not told["retryable"]:
                self._work.give_up()
            self._voice("error", {**told, **self._work.remains})
        return EXIT_FAILED

    def _end(self) -> Never:
        """Leave because somebody asked."""
        if self._voice.commands.wanted == "cancel":
            self._ending.set()
            self._work.give_up()
        self._leave()

    def _watch(self) -> None:
        """After a pause or cancel: give the work a moment, then leave in any case."""
        commands = self._voice.commands
        commands.changed.wait()
        self._work.stop()
        threading.Event().wait(GRACE_SECONDS)
        if self._ending.is_set():
            threading.Event().wait(ENDING_SECONDS)
        self._leave()

    def _leave(self) -> Never:
        """Say so and end the process at once. Nothing is said after it."""
        self._voice.gate.acquire()
        cancelled = self._voice.commands.wanted == "cancel"
        place = None if cancelled else self._work.checkpoint
        reason = self._voice.commands.reason
        self._voice.events.emit("shutdown", {"reason": reason, "resumable": not cancelled, "checkpoint": place})
        os._exit(EXIT_CANCELLED if cancelled else EXIT_PAUSED)


def _coded(error: Exception) -> dict[str, Any] | None:
    """The data of an error event, for an error that has a code and says whether another attempt may help."""
    retryable = getattr(error, "retryable", None)
    return None if retryable is None else {"code": getattr(error, "code", ""), "message": str(error), "retryable": retryable}


Begin = Callable[[Path, Mapping[str, str], Voice], tuple[Spec, Work]]
"""Reads the spec file and makes the work of it. Raises `ValueError` (`pydantic.ValidationError`), `KeyError` or `OSError`."""


def main(module: str, description: str, begin: Begin) -> Never:
    """`python -m MODULE --spec FILE [--supervised]`; never comes back."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--spec", type=Path, required=True, help="job spec, a JSON file")
    parser.add_argument("--supervised", action="store_true", help="read commands from standard input; end with it")
    args = parser.parse_args()
    status = _run(args.spec, args.supervised, begin)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads that compute what nobody wants any more are not waited for


def _run(path: Path, supervised: bool, begin: Begin) -> int:
    events, commands = EventWriter("", 1), Commands(supervised)
    pa.set_cpu_count(1)
    voice = Voice(events, commands)
    try:
        known = orjson.loads(path.read_bytes())
        events.job_id, events.attempt = known["jobId"], known.get("attempt", 1)
        secrets = orjson.loads(sys.stdin.buffer.readline() or b"{}")
        spec, work = begin(path, secrets, voice)
    except (OSError, ValueError, LookupError, TypeError) as error:
        events.emit("error", {"code": "SPEC_INVALID", "message": str(error)[:2000], "retryable": False})
        return EXIT_FAILED
    if supervised:
        commands.start()
    for number in stop_signals():
        signal.signal(number, lambda *_: commands.ask("pause", "sigterm"))
    return Child(spec, voice, work).run()
