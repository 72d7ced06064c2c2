"""`jobs`: what is shown to people, what is refused, and when watching a job is a success."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.app import app
from cli.commands import jobs
from cli.documents import KINDS, STATES, resume_command, terminal
from cli.failure import CommandError
from cli.main import main
from cli.output import Fitted
from services.common.jobs.ids import PREFIXES
from services.common.jobs.model import Event, State


def job(state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    progress = {"percentage": 12.5, "rate": 1500.0, "unit": "rows", "etaSeconds": 75.4, "current": 1, "total": 8, "phase": ""}
    known = {"id": "gen_1", "kind": "generation", "state": state, "firstSequence": 1, "lastSequence": 3}
    return {**known, "progress": progress, "memoryBytes": 148_200_000, **more}


def record(state: str, server: str = "", **more: Any) -> dict[str, Any]:
    return jobs._record(job(state, **more), server)


def test_a_running_job_tells_memory_rate_and_time_left() -> None:
    shown = record("RUNNING")
    assert (shown["memory"], shown["rate"], shown["time left"]) == ("148.2 MB", "1,500 rows/s", "0:01:15")
    assert shown["progress"] == "1 of 8 rows (12.5 %)"
    assert not shown["resume"]
    assert "memoryBytes" not in shown
    assert "rate" not in record("PAUSED")


FULL = {"code": "DISK_FULL", "message": "full", "retryable": False}
WRONG = {"code": "TARGET_DIFFERS", "message": "other", "retryable": False}


@pytest.mark.parametrize(
    ("state", "more", "command"),
    [
        ("PAUSED", {}, "mockcraft seed --resume gen_1"),
        ("PAUSED", {"kind": "dataset"}, "mockcraft jobs resume gen_1"),
        ("PAUSED", {"server": "http://s"}, "mockcraft jobs resume gen_1 --server http://s"),
        ("PAUSED", {"resume": "mockcraft seed --resume gen_1 --db URL"}, "mockcraft seed --resume gen_1 --db URL"),
        ("FAILED", {"error": FULL}, "mockcraft seed --resume gen_1"),
        ("FAILED", {"error": WRONG}, ""),
        ("FAILED", {"error": FULL, "kind": "backup"}, ""),
        ("RUNNING", {"interrupted": True}, "mockcraft seed --resume gen_1"),
        ("CANCELLING", {"interrupted": True}, ""),
        ("SUCCEEDED", {}, ""),
    ],
)
def test_what_can_go_on_says_how(state: str, more: dict[str, Any], command: str) -> None:
    assert record(state, **more)["resume"] == command


def test_a_job_that_nobody_cancels_any_more_says_how_to_end_it() -> None:
    shown = record("CANCELLING", interrupted=True)
    assert (shown["resume"], shown["end it"]) == ("", "mockcraft jobs cancel gen_1")


def test_names_of_states_and_kinds_are_those_there_are() -> None:
    assert set(STATES) == {*State.__members__, "INTERRUPTED"}
    assert set(KINDS) <= set(PREFIXES)
    said = " ".join(CliRunner().invoke(app, ["jobs", "list", "--help"], terminal_width=300).output.split())
    assert all(name in said for name in (*STATES, *KINDS))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--kind", "foo"), "generation, seeding, backup"),
        (("--kind", "seedings"), "did you mean 'seeding'?"),
        (("--state", "DONE"), "INTERRUPTED"),
        (("--state", "interrupted", "--server", "http://s"), "of this machine"),
    ],
)
def test_names_that_there_are_not_are_wrong_usage(flags: tuple[str, ...], words: str) -> None:
    error = CliRunner().invoke(app, ["jobs", "list", *flags]).exception
    assert isinstance(error, CommandError)
    assert error.status == 2
    assert words in f"{error.message} {error.hint}"


TITLE = "customers, orders, payments, parcels and 12 more tables as parquet"
LISTED = [
    job(state, id=f"{prefix}_{'0' * 26}", title=TITLE, createdAt="2026-01-29T01:02:03.456Z", **more)
    for prefix, state, more in [("gen", "RUNNING", {}), ("seed", "SUCCEEDED", {}), ("gen", "CANCELLING", {"interrupted": True})]
]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (200, ["id", "state", "progress", "rate", "created", "about"]),
        (100, ["id", "state", "progress", "rate", "created", "about"]),
        (82, ["id", "state", "progress", "created", "about"]),
        (80, ["id", "state", "progress", "about"]),
        (50, ["id", "state"]),
    ],
)
def test_a_list_has_a_line_for_each_job_whatever_the_width(width: int, columns: list[str]) -> None:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(Fitted([jobs._row(each) for each in LISTED], jobs.COLUMNS, jobs.DROPPED))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert all(len(line) <= width for line in lines)
    assert lines[0].split() == columns
    assert [line.split()[:2] for line in lines[2:]] == [
        [each["id"], state] for each, state in zip(LISTED, ("RUNNING", "SUCCEEDED", "INTERRUPTED"), strict=True)
    ]
    if "created" in columns:
        assert all("2026-01-29 01:02 " in line for line in lines[2:])
    if width == 200:
        assert all(line.endswith(TITLE) for line in lines[2:])


@pytest.mark.parametrize("format_", ["table", "json"])
def test_a_list_without_jobs_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"data_dir: {tmp_path}\n")
    assert main(["jobs", "list", "--settings", str(tmp_path / "settings.yaml"), "--format", format_]) == 0
    assert capsys.readouterr().out.split()[:2] == (["id", "state"] if format_ == "table" else ["[]"])


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("complete", {}),
        ("error", {"willRetry": True}),
        ("error", {"willRetry": False}),
        ("shutdown", {"reason": "cancel"}),
        ("shutdown", {"reason": "pause"}),
        ("progress", {}),
    ],
)
def test_the_last_event_is_the_same_here_and_there(type_: str, data: dict[str, Any]) -> None:
    assert terminal({"type": type_, "data": data}) == Event("gen_1", 1, 1, type_, "", data).terminal


class Fixed:
    """One job, some of whose events are gone."""

    def __init__(self, job: dict[str, Any], *events: dict[str, Any]) -> None:
        self.job, self.events, self.after = job, events, -1

    async def get(self, job_id: str) -> dict[str, Any]:
        return self.job

    async def watch(self, job_id: str, after: int) -> AsyncIterator[dict[str, Any]]:
        self.after = after
        for event in self.events:
            if event["seq"] > after:
                yield event


def told(seq: int, type_: str, **data: Any) -> dict[str, Any]:
    return {"v": 1, "jobId": "gen_1", "seq": seq, "type": type_, "data": data}


def seen_through(source: Fixed, monkeypatch: pytest.MonkeyPatch, after: int = 0) -> bool:
    import asyncio

    monkeypatch.setattr(jobs, "ask", lambda server, settings, question: asyncio.run(question(source)))
    return jobs.see_through("gen_1", after, "", "", "json")


def test_watching_begins_at_the_first_event_that_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Fixed(job(firstSequence=8), told(8, "progress"), told(9, "complete"))
    assert seen_through(source, monkeypatch)
    assert source.after == 7
    shown = capsys.readouterr()
    assert "before number 8 are no longer kept" in shown.err
    assert len(shown.out.splitlines()) == 2
    assert seen_through(source, monkeypatch, after=8)
    assert capsys.readouterr().err == ""


def test_only_a_job_that_has_succeeded_is_a_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failed = told(3, "error", code="DISK_FULL", message="full", willRetry=False)
    assert not seen_through(Fixed(job(), failed), monkeypatch)
    assert not seen_through(Fixed(job("CANCELLED")), monkeypatch, after=3)
    assert not seen_through(Fixed(job("FAILED", error=FULL)), monkeypatch, after=3)
    assert seen_through(Fixed(job("SUCCEEDED")), monkeypatch, after=3)
    assert seen_through(Fixed(job("SUCCEEDED"), told(2, "progress")), monkeypatch)
    capsys.readouterr()
    assert not seen_through(Fixed(job("FAILED", error=FULL), told(2, "progress")), monkeypatch)
    assert "DISK_FULL full" in capsys.readouterr().err
    with pytest.raises(CommandError) as caught:
        seen_through(Fixed(job(), told(2, "progress")), monkeypatch)
    assert caught.value.code == "WATCH_BROKEN"
    assert "jobs watch gen_1 --after 2" in caught.value.hint


def test_a_document_is_enough_for_its_command() -> None:
    assert resume_command(job("PAUSED")) == "mockcraft seed --resume gen_1"
