"""Jobs and events as the API writes them: lowerCamelCase, zero values printed, unset ones left out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.common.jobs.model import Event, Job


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
