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


def test_a_later_attempt_leaves_each_table_what_it_had() -> None:
    tally = Tally({"orders": 20, "users": 10}, sure=False)  # worked on: users, then orders
    tally.start_at(0)
    for table, current in (("users", 4), ("users", 10), ("orders", 16)):
        tally.advance(table, current)
    assert tally.done == {"orders": 6, "users": 10}
    tally.start_at(14)  # the last checkpoint
    assert tally.done == {"orders": 4, "users": 10}
    tally.start_at(7)
    assert tally.done == {"orders": 0, "users": 7}
    tally.advance("orders", 12)
    assert tally.done == {"orders": 2, "users": 10}


def test_rows_up_to_a_checkpoint_that_no_event_told_of_are_of_the_table_last_at_work() -> None:
    tally = Tally({"orders": 20, "users": 10}, sure=False)
    tally.start_at(0)
    for table, current in (("users", 10), ("orders", 16)):
        tally.advance(table, current)
    tally.start_at(19)
    assert tally.done == {"orders": 9, "users": 10}
    tally.advance("orders", 22)
    assert tally.done == {"orders": 12, "users": 10}


def test_rows_nobody_saw_are_of_no_table_until_one_is_known_to_be_finished() -> None:
    tally = Tally({"orders": 20, "users": 10}, sure=False)
    tally.start_at(8)
    assert (tally.done, tally.current) == ({"orders": 0, "users": 0}, 8)
    tally.advance("users", 9)
    assert tally.done == {"orders": 0, "users": 1}
    tally.advance("orders", 13)
    assert tally.done == {"orders": 3, "users": 10}
    assert tally.current == 13


def test_rows_that_are_made_again_are_taken_back() -> None:
    tally = Tally({"a": 10, "b": 20})
    tally.start_at(14)
    tally.advance("a", 6)  # the open file was damaged
    assert tally.done == {"a": 6, "b": 0}


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


SORTED = {"rows": 30, "tables": {"orders": 20, "users": 10}}
"""Of a server, which sorts names; users are made first."""


def test_a_resumed_job_fills_its_tables_in_load_order() -> None:
    with Bars() as bars:
        bars.event(event("init", totals=SORTED, loadOrder=["users", "orders"]))
        bars.event(event("start", resumeFrom={"rows": 14}))
        assert done(bars) == {"users": 10, "orders": 4, "all": 14}
        assert list(done(bars)) == ["users", "orders", "all"]


def test_the_init_of_a_later_attempt_keeps_what_was_replayed() -> None:
    with Bars() as bars:
        bars.event(event("init", totals=SORTED))
        bars.event(event("start", resumeFrom=None))
        for table, current in (("users", 5), ("orders", 12), ("orders", 16)):
            bars.event(event("progress", current=current, rate=9.0, table=table, etaSeconds=5))
        bars.event(event("shutdown", reason="lease_lost", resumable=True))
        bars.event(event("init", totals=SORTED))
        bars.event(event("start", resumeFrom={"rows": 14}))
        assert done(bars) == {"orders": 4, "users": 10, "all": 14}


def test_a_job_that_waits_has_a_word_for_it_in_place_of_rate_and_time() -> None:
    with Bars() as bars:
        bars.event(event("init", totals=SORTED, loadOrder=["users", "orders"]))
        for reason, word in (("pause", "paused"), ("sigterm", "waiting"), ("lease_lost", "waiting")):
            bars.event(event("start", resumeFrom=None))
            assert rates(bars) == ["", "", ""]
            bars.event(event("progress", current=4, rate=100.0, table="users", etaSeconds=5))
            assert rates(bars) == ["100/s", "", "100/s 0:05 left"]
            bars.event(event("shutdown", reason=reason, resumable=True))
            assert rates(bars) == ["", "", word]
        bars.event(event("error", code="WORKER_LOST", message="gone", willRetry=True))
        assert rates(bars)[-1] == "waiting"


def test_a_single_table_that_is_paused_says_so_on_its_own_bar() -> None:
    with Bars() as bars:
        bars.event(event("init", totals={"rows": 10, "tables": {"a": 10}}))
        bars.event(event("progress", current=4, rate=100.0, table="a", etaSeconds=5))
        bars.event(event("shutdown", reason="pause", resumable=True))
        assert rates(bars) == ["paused"]
        bars.event(event("init", totals={"rows": 10, "tables": {"a": 10}}))
        bars.event(event("start", resumeFrom={"rows": 4}))
        assert (rates(bars), done(bars)) == ([""], {"a": 4})


@pytest.mark.parametrize("width", [80, 120])
def test_counts_have_separators_and_fit(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    from rich.console import Console

    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    with Bars() as bars:
        bars.event(event("init", totals={"rows": 49_209_430, "tables": {"a": 1, "b": 49_209_429}}))
        bars.event(event("progress", current=3_801_088, rate=812_345.0, table="b", etaSeconds=75))
    assert bars._progress is not None
    console = Console(width=width, color_system=None, file=io.StringIO())
    with console.capture() as captured:
        console.print(bars._progress.get_renderable())
    last = captured.get().splitlines()[-1]
    assert " 3,801,088 of 49,209,430 812,345/s 1:15 left" in last


def done(bars: Bars) -> dict[str, float]:
    assert bars._progress is not None
    return {task.description: task.completed for task in bars._progress.tasks}


def rates(bars: Bars) -> list[str]:
    assert bars._progress is not None
    return [task.fields["rate"] for task in bars._progress.tasks]
