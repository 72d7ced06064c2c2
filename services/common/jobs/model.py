"""A job and its states: frozen records and pure moves. No I/O.

States and moves (docs/architecture.md): PENDING -> RUNNING -> SUCCEEDED | FAILED | CANCELLED, with
RETRY_WAIT, PAUSING -> PAUSED and CANCELLING between. What somebody asked for (`pause_requested`,
`cancel_requested`) is kept beside the state, not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """Where a job stands."""

    PENDING = "PENDING"  # stored, not started
    RUNNING = "RUNNING"  # a child process works on it
    PAUSING = "PAUSING"  # asked to pause, finishing its block
    PAUSED = "PAUSED"  # no process; continues on request
    RETRY_WAIT = "RETRY_WAIT"  # waits for another attempt
    CANCELLING = "CANCELLING"  # asked to stop, its process is being ended
    SUCCEEDED = "SUCCEEDED"  # done
    FAILED = "FAILED"  # ended with an error
    CANCELLED = "CANCELLED"  # ended because somebody asked

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return self in (State.SUCCEEDED, State.FAILED, State.CANCELLED)


STATUS: Mapping[State, str] = {
    State.PENDING: "queued",
    State.RUNNING: "processing",
    State.PAUSING: "processing",
    State.RETRY_WAIT: "processing",
    State.CANCELLING: "processing",
    State.PAUSED: "paused",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "stopped",
}
"""The plain word for pollers."""

BEGUN_ANEW: Final = frozenset({"backup", "restore", "verification"})
"""Kinds of jobs without checkpoints: they cannot be paused, and after a stop of their service they begin anew."""


STAYS: Final = frozenset({"seeding"})
"""Kinds of jobs whose work stays when they are cancelled; the last event then says how far it is."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come. `rate` is units a second; `percentage` 0..100."""

    current: int = 0
    total: int = 0
    unit: str = "rows"
    rate: float = 0.0
    percentage: float = 0.0
    phase: str = ""
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: stable code, redacted sentence, whether another try may help."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Artifact:
    """A finished file: flat name, path below the job's output folder, bytes, SHA-256, media type."""

    name: str
    path: str
    bytes: int
    sha256: str
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Job:
    """One long piece of work. `spec` is the child's job spec without secrets (JSON-serialisable).

    `max_attempts` is the attempt after which another loss is final; a new checkpoint moves it on.
    `not_before` is when a waiting retry may start; `expired` means events and files are gone. Of those that wait the
    highest `priority` goes first, then the lowest `turn` (given by the store: clients take turns), then the oldest.
    `title` says in a few words what it is about; `memory_bytes` is what its processes held when they last told;
    `fetched` are the files that somebody has read to their end, `fetched_at` is when that was all of them.
    Events before `first_sequence` are not kept any more.
    """

    id: str
    kind: str
    state: State
    created_at: datetime
    spec: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1
    max_attempts: int = 3
    progress: Progress = Progress()
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: JobError | None = None
    artifacts: tuple[Artifact, ...] = ()
    last_sequence: int = 0
    resumed_from: str = ""
    pause_requested: bool = False
    cancel_requested: bool = False
    lease_owner: str = ""
    lease_until: datetime | None = None
    not_before: datetime | None = None
    expired: bool = False
    client: str = ""
    priority: int = 0
    turn: int = 0
    title: str = ""
    memory_bytes: int = 0
    fetched: tuple[str, ...] = ()
    fetched_at: datetime | None = None
    first_sequence: int = 1

    @property
    def status(self) -> str:
        """The plain word for pollers."""
        return STATUS[self.state]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a job said; `seq` is assigned by the store."""

    job_id: str
    seq: int
    attempt: int
    type: str
    timestamp: str
    data: Mapping[str, Any]

    @property
    def terminal(self) -> bool:
        """Whether it is the last one: complete, an error that will not be retried, or a shutdown by cancel."""
        return (
            self.type == "complete"
            or (self.type == "error" and not self.data.get("willRetry", False))
            or (self.type == "shutdown" and self.data.get("reason") == "cancel")
        )
