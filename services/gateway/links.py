"""URLs in answers about jobs: paths beginning with `/`, with a ticket when keys are set."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from google.protobuf.message import Message

from services.gateway.guards.tickets import Tickets
from services.gateway.json_out import to_json

TICKETS: Final = web.AppKey("tickets", Tickets)


def shown(request: web.Request, answer: Message) -> Any:
    """A message as JSON; in jobs with the URLs of their streams and files."""
    value = to_json(answer)
    kind = answer.DESCRIPTOR.full_name
    jobs = {"mockcraft.jobs.v1.Job": [value], "mockcraft.jobs.v1.ListJobsResponse": value.get("jobs")}.get(kind) or []
    for job in jobs:
        _add_urls(request.app[TICKETS], job)
    return value


def _add_urls(tickets: Tickets, job: dict[str, Any]) -> None:
    base = f"/api/v1/jobs/{job['id']}"
    for artifact in job["artifacts"]:
        artifact["url"] = tickets.sign(f"{base}/artifacts/{quote(artifact['name'], safe='')}", job["id"])
    for name, path in (("eventsUrl", "events"), ("socketUrl", "ws"), ("archiveUrl", "archive")):
        job[name] = tickets.sign(f"{base}/{path}", job["id"])


def download_url(request: web.Request, job_id: str) -> str:
    """Where existing clients fetch a job's ZIP."""
    return request.app[TICKETS].sign(f"/api/download/{job_id}", job_id)


def file_url(request: web.Request, job_id: str, name: str) -> str:
    """Where existing clients fetch one file."""
    return request.app[TICKETS].sign(f"/api/downloads/{job_id}/{quote(name, safe='')}", job_id)
