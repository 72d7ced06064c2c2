"""What `jobs watch` and `top` draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from rich.console import Console

from cli.failure import CommandError
from cli.monitor import ACTIVE, board, head, monitor, row, snapshot


def job(state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    progress = {"percentage": 12.34, "rate": 1500.0, "unit": "rows", "etaSeconds": 75.4, "current": 1, "total": 8, "phase": ""}
    known = {
        "id": f"gen_{state.lower()}",
        "title": "users as csv",
        "state": state,
        "createdAt": f"2026-01-29T00:00:0{len(state) % 10}Z",
    }
    return {**known, "progress": progress, "memoryBytes": 12_300_000, **more}


class Fixed:
    """Has one job in each active state."""

    async def list(self, state: str, kind: str, limit: int) -> list[dict[str, Any]]:
        return [job(state)] if state in ACTIVE else []

    async def summary(self) -> Sequence[dict[str, Any]]:
        return [{"kind": "generation", "state": "RUNNING", "jobs": 1}, {"kind": "backup", "state": "RUNNING", "jobs": 2}]


def test_a_row_says_what_a_person_asks() -> None:
    assert row(job()) == ("gen_running", "RUNNING", "12.3 %", "1,500 rows/s", "0:01:15", "12.3 MB", "users as csv")
    assert row(job("RETRY_WAIT", memoryBytes=0))[1:-1] == ("RETRY_WAIT", "12.3 %", "", "", "")
    assert row(job(interrupted=True))[1:-1] == ("INTERRUPTED", "12.3 %", "", "", "")


async def test_a_snapshot_adds_up_what_runs() -> None:
    seen = await snapshot(Fixed())
    assert {each["state"] for each in seen["running"]} == set(ACTIVE)
    assert (seen["rate"], seen["memoryBytes"]) == (1500.0, 12_300_000)
    assert [each["createdAt"] for each in seen["running"]] == sorted((e["createdAt"] for e in seen["running"]), reverse=True)
    assert "3 running" in head(seen)[0]
    assert head(seen)[1] == "1,500 units/s   12.3 MB held by 1 running"


class Dead(Fixed):
    """The process of its running job is gone."""

    async def list(self, state: str, kind: str, limit: int) -> list[dict[str, Any]]:
        return [job(interrupted=True), job()] if state == "RUNNING" else []


async def test_a_job_whose_process_is_gone_holds_nothing() -> None:
    seen = await snapshot(Dead())
    assert (len(seen["running"]), seen["rate"], seen["memoryBytes"]) == (2, 1500.0, 12_300_000)
    assert head(seen)[1] == "1,500 units/s   12.3 MB held by 1 running"


def drawn(seen: dict[str, Any], summary: bool, width: int = 200, note: str = "") -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(board(seen, summary, note))
    return captured.get()


LONG = job(id="gen_" + "0" * 26, title="customers, orders, payments, parcels and 12 more tables as parquet")
MANY = [LONG, {**LONG, "interrupted": True}, {**LONG, "state": "RETRY_WAIT"}, {**LONG, "state": "CANCELLING"}]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (200, ["job", "state", "done", "rate", "left", "memory", "about"]),
        (120, ["job", "state", "done", "rate", "left", "memory", "about"]),
        (80, ["job", "state", "done", "rate", "left"]),
        (60, ["job", "state", "done", "left"]),
        (43, ["job", "state"]),
    ],
)
def test_each_job_is_a_line_and_columns_that_do_not_fit_are_left_out(width: int, columns: list[str]) -> None:
    counts = [{"kind": "generation", "state": state, "jobs": 1_234_567} for state in ACTIVE]
    seen = {"time": "2026-01-29T00:00:00Z", "counts": counts, "rate": 1e9, "memoryBytes": 1, "running": MANY}
    lines = [line.rstrip() for line in drawn(seen, True, width, "no answer").splitlines()]
    assert all(len(line) <= width for line in lines)
    assert len(lines) == 1 + 3 + 2 + len(MANY)  # a note, the head, headings, a line for each job
    assert lines[4].split() == columns
    states = [line.split()[:2] for line in lines[6:]]
    assert states == [[LONG["id"], state] for state in ("RUNNING", "INTERRUPTED", "RETRY_WAIT", "CANCELLING")]
    if width == 120:
        assert all(line.endswith("…") for line in lines[6:])
    if width >= 80:
        assert "12.3 %" in lines[6] and "1,500 rows/s" in lines[6] and "0:01:15" in lines[6]


async def test_the_board_has_the_whole_above_the_jobs() -> None:
    seen = await snapshot(Fixed())
    text = drawn(seen, summary=True)
    assert text.index("3 running") < text.index("memory") < text.index("gen_running")
    assert "3 running" not in drawn(seen, summary=False)
    assert "nothing runs" in drawn({**seen, "running": []}, summary=False)


async def test_programs_get_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await monitor(Fixed(), summary=True, every=0.1, once=False, format_="table")
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) >= 2
    assert all(len(line["running"]) == len(ACTIVE) for line in lines)


class Leaving(Fixed):
    """A server that answers, then is away, then answers again, and at last refuses."""

    url = "http://a.test"

    def __init__(self, *answers: Exception | None) -> None:
        self._answers = list(answers)

    async def summary(self) -> Sequence[dict[str, Any]]:
        answer = self._answers.pop(0)
        if answer:
            raise answer
        return await super().summary()


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is drawn on a terminal."""
    import sys

    from rich import live

    made: list[str] = []

    def update(self: Any, shown: Any, *, refresh: bool) -> None:
        console = Console(width=120, color_system=None)
        with console.capture() as captured:
            console.print(shown)
        made.append(captured.get())

    monkeypatch.setattr(live.Live, "update", update)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    return made


def away(code: str = "SERVER_UNREACHABLE") -> CommandError:
    return CommandError("no answer", code=code)


async def test_on_a_terminal_the_board_stays_while_the_server_is_away(frames: list[str]) -> None:
    server = Leaving(None, None, away(), away("SERVICE_UNAVAILABLE"), TimeoutError(), None, away("UNAUTHENTICATED"))
    with pytest.raises(CommandError) as raised:
        await monitor(server, summary=True, every=0.01, once=False, format_="table")
    assert raised.value.code == "UNAUTHENTICATED"
    assert ["no answer from http://a.test for 0 s" in frame for frame in frames] == [False, True, True, True, False]
    assert all("gen_running" in frame for frame in frames)


@pytest.mark.parametrize("once", [True, False])
async def test_without_a_terminal_a_server_that_is_away_ends_it(once: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="no answer"):
        await monitor(Leaving(away()), summary=True, every=0.01, once=once, format_="table")


async def test_on_a_terminal_a_server_must_answer_at_first(frames: list[str]) -> None:
    with pytest.raises(CommandError, match="no answer"):
        await monitor(Leaving(away()), summary=False, every=0.01, once=False, format_="table")
    assert frames == []


def test_the_help_says_what_comes_without_a_terminal() -> None:
    from typing import get_args

    from cli.commands.top import OnceOption, top

    assert "JSON" in (top.__doc__ or "") and "for ever" in (top.__doc__ or "")
    assert "JSON lines for ever" in get_args(OnceOption)[1].help
