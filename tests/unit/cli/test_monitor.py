"""What `jobs watch` and `top` draw."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from rich.console import Console

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

    async def summary(self) -> list[dict[str, Any]]:
        return [{"kind": "generation", "state": "RUNNING", "jobs": 1}, {"kind": "backup", "state": "RUNNING", "jobs": 2}]


def test_a_row_says_what_a_person_asks() -> None:
    assert row(job()) == ("gen_running", "users as csv", "RUNNING", "12.3 %", "1,500 rows/s", "0:01:15", "12.3 MB")
    assert row(job("RETRY_WAIT", memoryBytes=0))[2:] == ("RETRY_WAIT", "12.3 %", "", "", "")
    assert row(job(interrupted=True))[2] == "INTERRUPTED"


async def test_a_snapshot_adds_up_what_runs() -> None:
    seen = await snapshot(Fixed())
    assert {each["state"] for each in seen["running"]} == set(ACTIVE)
    assert (seen["rate"], seen["memoryBytes"]) == (1500.0, 4 * 12_300_000)
    assert [each["createdAt"] for each in seen["running"]] == sorted((e["createdAt"] for e in seen["running"]), reverse=True)
    assert "3 running" in head(seen)[0]
    assert head(seen)[1] == "1,500 units/s   49.2 MB held by 4 running"


def drawn(seen: dict[str, Any], summary: bool) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(board(seen, summary))
    return captured.get()


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
