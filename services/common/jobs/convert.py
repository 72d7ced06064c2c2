"""Jobs and events as protobuf messages, and back where callers name states."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from google.protobuf import json_format, struct_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from mockcraft.jobs.v1 import jobs_pb2

from services.common.jobs.model import Artifact, Event, Job, Progress, State
from services.common.jobs.store import Count


def job_message(job: Job) -> jobs_pb2.Job:
    """The job as callers see it: without its spec, owner and lease."""
    message = jobs_pb2.Job(
        id=job.id,
        kind=job.kind,
        state=job.state.value,
        status=job.status,
        progress=progress_message(job.progress),
        attempt=job.attempt,
        created_at=moment(job.created_at),
        artifacts=[artifact_message(job.id, artifact) for artifact in job.artifacts],
        last_sequence=job.last_sequence,
        resumed_from=job.resumed_from,
        title=job.title,
        priority=job.priority,
        first_sequence=job.first_sequence,
        memory_bytes=job.memory_bytes if job.lease_owner else 0,
    )
    if job.started_at is not None:
        message.started_at.CopyFrom(moment(job.started_at))
    if job.finished_at is not None:
        message.finished_at.CopyFrom(moment(job.finished_at))
    if job.error is not None:
        message.error.CopyFrom(jobs_pb2.JobError(code=job.error.code, message=job.error.message, retryable=job.error.retryable))
    return message


def progress_message(progress: Progress) -> jobs_pb2.Progress:
    """How far a job has come."""
    return jobs_pb2.Progress(
        current=progress.current,
        total=progress.total,
        unit=progress.unit,
        rate=progress.rate,
        percentage=progress.percentage,
        phase=progress.phase,
        eta_seconds=progress.eta_seconds,
    )


def artifact_message(job_id: str, artifact: Artifact) -> jobs_pb2.Artifact:
    """A finished file, with its path on the gateway."""
    return jobs_pb2.Artifact(
        name=artifact.name,
        bytes=artifact.bytes,
        sha256=artifact.sha256,
        content_type=artifact.content_type,
        url=f"/api/v1/jobs/{job_id}/artifacts/{quote(artifact.name, safe='')}",
    )


def event_message(event: Event) -> jobs_pb2.JobEvent:
    """A stored event."""
    message = jobs_pb2.JobEvent(v=1, job_id=event.job_id, seq=event.seq, attempt=event.attempt, type=event.type)
    message.timestamp.FromJsonString(event.timestamp)
    message.data.CopyFrom(struct(event.data))
    return message


def struct(data: Any) -> struct_pb2.Struct:
    """A JSON object as Struct; numbers become doubles."""
    return json_format.ParseDict(dict(data), struct_pb2.Struct())


def moment(time: datetime) -> Timestamp:
    """A moment in UTC."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def summary_message(counts: Iterable[Count]) -> jobs_pb2.SummarizeJobsResponse:
    """How many jobs there are."""
    found = [jobs_pb2.SummarizeJobsResponse.Count(kind=each.kind, state=each.state.value, jobs=each.jobs) for each in counts]
    return jobs_pb2.SummarizeJobsResponse(counts=found)


def state_of(number: int) -> State | None:
    """The state a caller named; None when unset."""
    return State(jobs_pb2.Job.State.Name(number)) if number else None
