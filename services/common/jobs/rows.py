"""Jobs and events as rows of the SQL store, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from services.common.jobs.model import Artifact, Event, Job, JobError, Progress, State

COLUMNS: Final = (
    "id, kind, state, created_ms, attempt, max_attempts, progress, started_ms, finished_ms, error, artifacts, last_sequence, "
    "resumed_from, pause_requested, cancel_requested, lease_owner, lease_until_ms, not_before_ms, expired, client, priority, "
    "turn, title, memory_bytes, fetched, fetched_ms, first_sequence"
)
"""All columns of a job but its spec."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_millis(moment: datetime | None) -> int | None:
    """Whole milliseconds since 1970."""
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def from_millis(millis: int | None) -> datetime | None:
    """A moment in UTC."""
    return None if millis is None else _EPOCH + timedelta(milliseconds=millis)


def job_row(job: Job) -> dict[str, Any]:
    """The parameters of `insert_job` and `save_job`."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "spec": _text(job.spec),
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "progress": _text(dataclasses.asdict(job.progress)),
        "started_ms": to_millis(job.started_at),
        "finished_ms": to_millis(job.finished_at),
        "error": None if job.error is None else _text(dataclasses.asdict(job.error)),
        "artifacts": _text([dataclasses.asdict(artifact) for artifact in job.artifacts]),
        "last_sequence": job.last_sequence,
        "resumed_from": job.resumed_from,
        "pause_requested": int(job.pause_requested),
        "cancel_requested": int(job.cancel_requested),
        "lease_owner": job.lease_owner,
        "lease_until_ms": to_millis(job.lease_until),
        "not_before_ms": to_millis(job.not_before),
        "expired": int(job.expired),
        "client": job.client,
        "priority": job.priority,
        "title": job.title,
        "fetched": _text(list(job.fetched)),
        "fetched_ms": to_millis(job.fetched_at),
    }


def row_job(row: Mapping[str, Any]) -> Job:
    """The job of a row; without `spec` in the row its spec is empty."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        state=State(row["state"]),
        created_at=from_millis(row["created_ms"]) or _EPOCH,
        spec=orjson.loads(row["spec"]) if "spec" in row else {},
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        progress=Progress(**orjson.loads(row["progress"])),
        started_at=from_millis(row["started_ms"]),
        finished_at=from_millis(row["finished_ms"]),
        error=JobError(**orjson.loads(row["error"])) if row["error"] else None,
        artifacts=tuple(Artifact(**artifact) for artifact in orjson.loads(row["artifacts"])),
        last_sequence=row["last_sequence"],
        resumed_from=row["resumed_from"],
        pause_requested=bool(row["pause_requested"]),
        cancel_requested=bool(row["cancel_requested"]),
        lease_owner=row["lease_owner"],
        lease_until=from_millis(row["lease_until_ms"]),
        not_before=from_millis(row["not_before_ms"]),
        expired=bool(row["expired"]),
        client=row["client"],
        priority=row["priority"],
        turn=row["turn"],
        title=row["title"],
        memory_bytes=row["memory_bytes"],
        fetched=tuple(orjson.loads(row["fetched"])),
        fetched_at=from_millis(row["fetched_ms"]),
        first_sequence=row["first_sequence"],
    )


def event_row(event: Event) -> dict[str, Any]:
    """The parameters of `insert_event`."""
    return {
        "job_id": event.job_id,
        "seq": event.seq,
        "attempt": event.attempt,
        "type": event.type,
        "timestamp": event.timestamp,
        "data": _text(event.data),
    }


def row_event(row: Mapping[str, Any]) -> Event:
    """The event of a row."""
    return Event(row["job_id"], row["seq"], row["attempt"], row["type"], row["timestamp"], orjson.loads(row["data"]))


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
