"""Displays of a job's events."""

import io
import json

import pytest

from cli import progress
from cli.progress import Bars, Lines, Tally


def event(type_: str, **data: object) -> dict[str, object]:
    return {
        "v": 1,
        "jobId": "gen_x",
        "seq": 1,
        "attempt": 1,
        "type": type_,
        "timestamp": "2025-01-01T00:00:00.000Z",
        "data": data,
    }


def test_tables_in_order_are_filled_one_after_another() -> None:
    tally = Tally({"a": 10, "small": 1, "b": 20})
    tally.start_at(0)
    tally.advance("a", 7)
    assert tally.done == {"a": 7, "small": 0, "b": 0}
    tally.advance("b", 15)
    assert tally.done == {"a": 10, "small": 1, "b": 4}


def test_a_resumed_job_has_its_earlier_tables_full() -> None:
    tally = Tally({"a": 10, "b": 20})
    tally.start_at(14)
    assert tally.done == {"a": 10, "b": 4}
    tally.advance("b", 20)
    assert tally.done == {"a": 10, "b": 10}


def test_two_formats_are_two_passes() -> None:
    tally = Tally({"a": 10, "b": 20}, passes=2)
    tally.start_at(0)
    for table, current in (("a", 10), ("b", 30), ("a", 35), ("", 35)):
        tally.advance(table, current)
    assert tally.done == {"a": 15, "b": 20}
    tally.advance("b", 60)
    assert tally.done == tally.total == {"a": 20, "b": 40}


def test_tables_out_of_order_get_what_the_events_say() -> None:
    tally = Tally({"a": 20, "b": 10})  # worked on: b, then a
    tally.start_at(0)
    tally.advance("b", 8)
    tally.advance("a", 15)
    assert tally.done == {"a": 5, "b": 10}
    tally.advance("a", 30)
    assert tally.done == {"a": 20, "b": 10}


def test_lines_are_the_events_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    events = [event("init"), event("progress", current=1)]
    with Lines() as lines:
        for said in events:
            lines.event(said)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == events


def test_bars_show_every_table_and_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    drawn = Progress(
        TextColumn("{task.description} {task.completed:.0f}/{task.total:.0f} {task.fields[rate]}"),
        console=Console(file=io.StringIO(), force_terminal=True, width=80),
        auto_refresh=False,
    )
    monkeypatch.setattr(progress, "_rich_progress", lambda: drawn)
    with Bars() as bars:
        bars.event(event("init", totals={"rows": 30, "tables": {"a": 10, "b": 20}}))
        bars.event(event("start", resumeFrom=None))
        bars.event(event("progress", current=15, rate=1000.0, table="b", etaSeconds=65))
        bars.event(event("log", text="[note]"))
        state = {task.description: (task.completed, task.fields["rate"]) for task in drawn.tasks}
        assert state == {"a": (10, ""), "b": (5, "1,000/s"), "all": (15, "1,000/s 1:05 left")}
        bars.event(event("complete", rows=30))
    assert {task.description: task.completed for task in drawn.tasks} == {"a": 10, "b": 20, "all": 30}
    assert "[note]" in drawn.console.file.getvalue()  # type: ignore[attr-defined]


def test_a_load_shows_each_tables_own_rate_and_what_is_done_at_the_end() -> None:
    with Bars() as bars:
        bars.event(event("init", totals={"rows": 30, "tables": {"a": 10, "b": 20}}))
        own = {"current": 10, "total": 10, "rate": 2000.0, "etaSeconds": 0.0}
        bars.event(event("progress", current=10, rate=500.0, table="a", phase="a", etaSeconds=5, tableProgress=own))
        assert rates(bars) == ["2,000/s", "", "500/s 0:05 left"]
        bars.event(event("progress", current=30, rate=600.0, table="b", phase="indexes", etaSeconds=0.0))
        assert rates(bars)[2] == "600/s indexes b"
        bars.event(event("complete", rows=30, rowsPerSecond=450.0))
        assert rates(bars)[0] == "2,000/s" and rates(bars)[2] == "450/s"


def rates(bars: Bars) -> list[str]:
    assert bars._progress is not None
    return [task.fields["rate"] for task in bars._progress.tasks]
