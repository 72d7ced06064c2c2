"""What runs now, drawn anew every second: `jobs watch` and `top`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli.failure import CommandError
from cli.output import Fitted, Format, Side, dump, printed, size

if TYPE_CHECKING:
    from rich.console import RenderableType

ACTIVE: Final = ("RUNNING", "PAUSING", "CANCELLING", "RETRY_WAIT")
"""States of jobs that are under way."""

ORDER: Final = (*ACTIVE, "PENDING", "PAUSED", "SUCCEEDED", "FAILED", "CANCELLED")
SHOWN: Final = 200
PATIENCE: Final = 5.0
"""Seconds that a server may take for an answer."""

PASSING: Final = ("SERVER_UNREACHABLE", "SERVER_ERROR", "SERVICE_UNAVAILABLE")
"""What is said while a server is away, or what stands behind it."""

Job = Mapping[str, Any]


class Source(Protocol):
    """Jobs of this machine or of a server."""

    async def list(self, state: str, kind: str, limit: int) -> list[dict[str, Any]]:
        """The newest jobs in a state."""
        ...

    async def summary(self) -> Sequence[dict[str, Any]]:
        """`{kind, state, jobs}` for each kind and state."""
        ...


async def snapshot(source: Source) -> dict[str, Any]:
    """What is under way, newest first, and how many jobs there are: `{time, running, counts, rate, memoryBytes}`.

    Rate and memory are those of jobs that are at work.
    """
    running = [job for state in ACTIVE for job in await source.list(state, "", SHOWN)]
    running.sort(key=lambda job: job["createdAt"], reverse=True)
    counts = await source.summary()
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "counts": counts,
        "rate": sum(job["progress"]["rate"] for job in running if works(job)),
        "memoryBytes": sum(job.get("memoryBytes", 0) for job in running if works(job)),
        "running": running,
    }


def works(job: Job) -> bool:
    """Whether a process is at work on it: not one that pauses, ends, waits, or whose process is gone."""
    return job["state"] == "RUNNING" and not job.get("interrupted")


async def monitor(source: Source, *, summary: bool, every: float, once: bool, format_: Format) -> None:
    """Show what runs until somebody interrupts, or once; on a terminal redrawn in place, else one JSON object a line.

    Raises `CommandError` for what a server refuses; on a terminal one that goes away is waited for.
    """
    import asyncio

    if once:
        seen = await snapshot(source)
        printed(board(seen, summary)) if format_ == "table" else dump(seen, format_)
        return
    if not sys.stdout.isatty():
        import orjson

        while True:
            sys.stdout.write(orjson.dumps(await snapshot(source), option=orjson.OPT_APPEND_NEWLINE).decode())
            sys.stdout.flush()
            await asyncio.sleep(every)
    await _live(source, summary, every)


async def _live(source: Source, summary: bool, every: float) -> None:
    """Draw it again and again; while a server gives no answer the last board stays, with a line that says so."""
    import asyncio

    from rich.live import Live

    seen, answered = await snapshot(source), time.monotonic()
    with Live(board(seen, summary), auto_refresh=False, screen=summary) as live:
        while True:
            began = time.monotonic()
            found = await _look(source)
            if found:
                seen, answered = found, time.monotonic()
            live.update(board(seen, summary, "" if found else _silence(source, answered)), refresh=True)
            await asyncio.sleep(max(0.1, every - (time.monotonic() - began)))


async def _look(source: Source) -> dict[str, Any] | None:
    """A snapshot; None when a server gives none for now. Raises `CommandError` for what will not pass."""
    import asyncio

    try:
        async with asyncio.timeout(PATIENCE if hasattr(source, "url") else None):
            return await snapshot(source)
    except TimeoutError:
        return None
    except CommandError as error:
        if error.code not in PASSING:
            raise
        return None


def _silence(source: Source, answered: float) -> str:
    return f"no answer from {getattr(source, 'url', 'the store')} for {time.monotonic() - answered:,.0f} s"


def board(seen: Mapping[str, Any], summary: bool, note: str = "") -> RenderableType:
    """The table of what runs, under a few lines about the whole where `summary`, and under a note."""
    from rich.console import Group
    from rich.text import Text

    running = [dict(zip(COLUMNS, row(job), strict=True)) for job in seen["running"]]
    body: RenderableType = Fitted(running, COLUMNS, DROPPED) if running else Text("nothing runs")
    above = [Text(note, style="bold", no_wrap=True, overflow="ellipsis")] if note else []
    if summary:
        above += [*(Text(line, no_wrap=True, overflow="ellipsis") for line in head(seen)), Text()]
    return Group(*above, body)


COLUMNS: Final[Mapping[str, Side]] = {
    "job": "left",
    "state": "left",
    "done": "right",
    "rate": "right",
    "left": "right",
    "memory": "right",
    "about": "left",
}
DROPPED: Final = ("about", "memory", "rate", "left", "done")
"""Columns that a narrow terminal does without, the first one first."""


def row(job: Job) -> Sequence[str]:
    """A job as a line of the board."""
    progress = job["progress"]
    eta = progress.get("etaSeconds")
    memory = 0 if job.get("interrupted") else job.get("memoryBytes", 0)
    return (
        job["id"],
        "INTERRUPTED" if job.get("interrupted") else job["state"],
        f"{progress['percentage']:.1f} %",
        f"{progress['rate']:,.0f} {progress['unit']}/s" if works(job) else "",
        "" if eta is None or not works(job) else str(timedelta(seconds=round(eta))),
        size(memory) if memory else "",
        " ".join(job.get("title", "").split()),
    )


def head(seen: Mapping[str, Any]) -> Sequence[str]:
    """A few lines about the whole: when, how many jobs in which state, how fast, how much memory."""
    totals = {state: sum(each["jobs"] for each in seen["counts"] if each["state"] == state) for state in ORDER}
    shown = [f"{jobs:,} {state.lower().replace('_', ' ')}" for state, jobs in totals.items() if jobs]
    return (
        f"{seen['time'][:19].replace('T', ' ')} UTC   {', '.join(shown) or 'no jobs'}",
        f"{seen['rate']:,.0f} units/s   {size(seen['memoryBytes'])} held by {sum(map(works, seen['running'])):,} running",
    )
