"""The page about the command line knows every command; local jobs look like those of a server."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.protobuf import json_format
from typer.main import get_command

from cli.app import app
from cli.documents import event_document, job_document
from cli.local import local_document
from services.common.jobs import convert
from services.common.jobs.identity import new_owner
from services.common.jobs.model import Artifact, Event, Job, JobError, Progress, State

PAGE = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)


def test_every_command_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) >= 12
    for name, command in commands.items():
        assert f"`{name}" in text, name
        for sub in getattr(command, "commands", {}):
            assert sub in text, f"{name} {sub}"


def job() -> Job:
    return Job(
        "gen_x", "generation", State.FAILED, NOON,
        progress=Progress(5, 10, rate=2.5, percentage=50.0, phase="users", eta_seconds=2.0),
        started_at=NOON, error=JobError("DISK_FULL", "full"), artifacts=(Artifact("a.csv", "a.csv", 3, "00", "text/csv"),),
        last_sequence=7,
    )  # fmt: skip


def test_a_local_job_has_the_fields_of_the_api() -> None:
    api = json_format.MessageToDict(convert.job_message(job()), always_print_fields_with_no_presence=True)
    ours = job_document(job())
    assert set(ours) == set(api)
    assert set(ours["progress"]) == set(api["progress"])
    assert set(ours["error"]) == set(api["error"])
    assert set(ours["artifacts"][0]) == set(api["artifacts"][0]) - {"url"}
    assert ours["status"] == api["status"] == "failed"
    assert ours["createdAt"] == "2025-01-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("owner", "until", "interrupted"),
    [
        (new_owner(), timedelta(minutes=1), False),
        (new_owner(), timedelta(minutes=-1), True),
        (new_owner().replace(f"/{os.getpid()}.", f"/{os.getpid()}.9"), timedelta(minutes=1), True),
        ("", None, False),
    ],
    ids=["alive", "lease over", "another process of that number", "at rest"],
)
def test_a_running_job_whose_process_is_gone_is_interrupted(owner: str, until: timedelta | None, interrupted: bool) -> None:
    running = replace(job(), lease_owner=owner, lease_until=until and datetime.now(UTC) + until)
    assert local_document(running).get("interrupted", False) is interrupted


def test_a_local_event_has_the_fields_of_the_api() -> None:
    event = Event("gen_x", 1, 1, "progress", "2025-01-01T12:00:00.000Z", {"current": 1})
    api = json_format.MessageToDict(convert.event_message(event), always_print_fields_with_no_presence=True)
    assert set(event_document(event)) == set(api)
