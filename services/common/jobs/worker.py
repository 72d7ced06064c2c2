"""How jobs of a kind are worked on: the child's command, what it is told, and what must be before it starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.jobs.model import Job
from services.common.jobs.tidying import Tidy
from services.common.storage.local import JobPaths


@dataclass(frozen=True)
class Worker:
    """How jobs of a kind are worked on. `command` is the child's argument list (no secrets in it).

    `spec` makes the content of its spec file (default: the job's spec with id, kind, attempt and folders);
    `secrets` reads what the child gets as its first line of input, given the encrypted secret kept with the job;
    `ready` sees to what must be before the child is started, given the same. `tidy` is for jobs whose spec says `tidy`.
    """

    kind: str
    prefix: str
    command: Callable[[Job, JobPaths], list[str]]
    secrets: Callable[[Job, str], Mapping[str, str]] | None = None
    spec: Callable[[Job, JobPaths], Mapping[str, Any]] | None = None
    ready: Callable[[Job, JobPaths, str], Awaitable[Wait | None]] | None = None
    tidy: Tidy | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A job cannot begin yet: ask again in so many seconds. `said` goes into its log, once."""

    seconds: float
    said: str = ""


class NotReadyError(Exception):
    """What a job needs before it begins cannot be had."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


class SecretLostError(Exception):
    """A secret that the job needs cannot be had any more."""

    code = "SECRET_LOST"


def default_spec(job: Job, paths: JobPaths) -> dict[str, Any]:
    """The spec stored with the job, completed with what is known when it runs."""
    known = {"jobId": job.id, "kind": job.kind, "attempt": job.attempt, "workDir": str(paths.work), "outDir": str(paths.out)}
    return {"v": 1, **job.spec, **known}
