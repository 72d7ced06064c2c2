"""How an attempt ended, decided from what the child said, its exit status and what it was asked. Pure."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.common.jobs import moves
from services.common.jobs.lines import artifacts_of, error_of
from services.common.jobs.model import Artifact, JobError
from services.common.jobs.store import Draft, Move

Asked = Literal["pause", "cancel", "drain"]
LAST_WORDS = ("complete", "error", "shutdown")
CPU_LIMIT = -getattr(signal, "SIGXCPU", signal.SIGTERM + 1000)
PLACE = ("checkpoint", "unfinished", "results")
"""What an `error` event may say of how far the work is, or of what was found."""


@dataclass(slots=True)
class Heard:
    """What matters of what a child said. Lives for an attempt."""

    last: Draft | None = None
    checkpoint: Any = None
    listed: Mapping[str, Any] | None = None  # what a `complete` event too long for a line left in a file
    kept: tuple[Artifact, ...] | None = None  # the files of a `complete` event, where they are kept
    refused: JobError | None = None  # why it was ended by us
    stalled: float = 0.0  # for how many seconds it had said nothing when it was ended for that

    def hear(self, draft: Draft) -> bool:
        """Take note; whether the event is to be stored now (last words are stored with the outcome)."""
        if draft.type == "checkpoint":
            self.checkpoint = draft.data
        elif draft.type == "start":
            self.checkpoint = draft.data.get("resumeFrom")
        if draft.type not in LAST_WORDS:
            return True
        if self.last is None or self.last.type == "shutdown":
            self.last = draft
        return False


def outcome(heard: Heard, status: int, asked: Asked | None, retry_seconds: float) -> Move:
    """The move that ends the attempt. `status` is negative for a signal."""
    last = heard.last
    if last is not None and last.type == "complete":
        return _completed(last, heard)
    if last is not None and last.type == "error":
        place = {key: last.data[key] for key in PLACE if key in last.data}
        return moves.failed(error_of(last.data), retry_seconds, place)
    if heard.refused:
        return moves.failed(heard.refused, retry_seconds)
    if heard.stalled:
        message = f"The worker said nothing for {heard.stalled:g} s and was ended."
        return moves.failed(JobError("WORKER_STALLED", message, retryable=True), retry_seconds)
    if asked is not None:
        checkpoint = _checkpoint(last.data if last else {}, heard)
        return moves.stopped(checkpoint, "sigterm" if asked == "drain" else asked)
    return moves.failed(_unasked_end(last, status), retry_seconds)


def _completed(last: Draft, heard: Heard) -> Move:
    artifacts = heard.kept if heard.kept is not None else artifacts_of(heard.listed or last.data)
    if artifacts is None:
        message = "The worker's complete event names its files in a way that is not the protocol's."
        return moves.failed(JobError("WORKER_PROTOCOL", message), 0)
    return moves.completed(last, artifacts)


def _checkpoint(data: Mapping[str, Any], heard: Heard) -> Any:
    return data["checkpoint"] if data.get("checkpoint") is not None else heard.checkpoint


def _unasked_end(last: Draft | None, status: int) -> JobError:
    if last is not None:
        return JobError("WORKER_STOPPED", "The worker was told to stop by somebody else.", retryable=True)
    if status == CPU_LIMIT:
        return JobError("CPU_LIMIT", "The worker used all the processor time that it may (child.cpu_seconds).")
    if status == 0:
        return JobError("WORKER_PROTOCOL", "The worker ended as if done, without saying that it is.")
    return JobError("WORKER_DIED", f"The worker died: {describe(status)}.", retryable=True)


def describe(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
