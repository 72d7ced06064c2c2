"""Jobs and events as the API writes them: lowerCamelCase, zero values printed, unset ones left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.common.jobs.model import Event, Job


ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
"""States after which nothing follows."""

INTERRUPTED: Final = "INTERRUPTED"
"""What a job is listed as when the process that worked on it is gone."""

STATES: Final = (
    "PENDING", "RUNNING", "PAUSING", "PAUSED", "RETRY_WAIT", "CANCELLING", "SUCCEEDED", "FAILED", "CANCELLED", INTERRUPTED,
)  # fmt: skip
"""States that jobs are listed by."""

KINDS: Final = ("generation", "seeding", "backup", "restore", "verification", "dataset")
"""Kinds of jobs."""

WORTH_RESUMING: Final = frozenset({
    "DATASET_INCOMPLETE", "DISK_FULL", "MAX_ATTEMPTS", "MODEL_UNAVAILABLE", "OUTPUT_FAILED", "TARGET_AUTH_FAILED",
    "TARGET_READ_ONLY",
})  # fmt: skip
"""Failures that another try may overcome once somebody has put something right."""

_BEGUN_ANEW: Final = frozenset({"backup", "restore", "verification"})
_SEEDED: Final = frozenset({"generation", "seeding"})


def resume_command(job: Mapping[str, Any], server: str = "") -> str:
    """The command that goes on with a job of this machine, or of a server; empty where none does."""
    if not _resumable(job):
        return ""
    if server:
        return f"mockcraft jobs resume {job['id']} --server {server}"
    return f"mockcraft {'seed --resume' if job['kind'] in _SEEDED else 'jobs resume'} {job['id']}"


def _resumable(job: Mapping[str, Any]) -> bool:
    if job["state"] == "FAILED":
        error = job.get("error") or {}
        worth = bool(error.get("retryable")) or error.get("code") in WORTH_RESUMING
        return worth and job["kind"] not in _BEGUN_ANEW
    return job["state"] == "PAUSED" or (bool(job.get("interrupted")) and job["state"] != "CANCELLING")


def job_document(job: Job) -> dict[str, Any]:
    """A job. Artifacts have no `url`: local files lie in `outDir`."""
    progress = job.progress
    document: dict[str, Any] = {
        "id": job.id,
        "kind": job.kind,
        "state": str(job.state),
        "status": job.status,
        "progress": {
            "current": progress.current,
            "total": progress.total,
            "unit": progress.unit,
            "rate": progress.rate,
            "percentage": progress.percentage,
            "phase": progress.phase,
            "etaSeconds": progress.eta_seconds,
        },
        "attempt": job.attempt,
        "createdAt": _time(job.created_at),
        "startedAt": _time(job.started_at),
        "finishedAt": _time(job.finished_at),
        "error": None,
        "artifacts": [
            {"name": a.name, "bytes": a.bytes, "sha256": a.sha256, "contentType": a.content_type} for a in job.artifacts
        ],
        "lastSequence": job.last_sequence,
        "resumedFrom": job.resumed_from,
        "title": job.title,
        "priority": job.priority,
        "firstSequence": job.first_sequence,
        "memoryBytes": job.memory_bytes if job.lease_owner else 0,
    }
    if job.error:
        document["error"] = {"code": job.error.code, "message": job.error.message, "retryable": job.error.retryable}
    document["progress"] = _set(document["progress"])
    return _set(document)


def terminal(event: Mapping[str, Any]) -> bool:
    """Whether an event (as `event_document` writes it) is the last one of its job."""
    match event["type"]:
        case "complete":
            return True
        case "error":
            return not event["data"].get("willRetry", False)
    return bool(event["type"] == "shutdown" and event["data"].get("reason") == "cancel")


def event_document(event: Event) -> dict[str, Any]:
    """An event."""
    return {
        "v": 1,
        "jobId": event.job_id,
        "seq": event.seq,
        "attempt": event.attempt,
        "type": event.type,
        "timestamp": event.timestamp,
        "data": dict(event.data),
    }


def _set(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
