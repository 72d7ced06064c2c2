"""What runs now, drawn anew every second: `jobs watch` and `top`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli.output import Format, dump, size

if TYPE_CHECKING:
    from rich.console import RenderableType

ACTIVE: Final = ("RUNNING", "PAUSING", "CANCELLING", "RETRY_WAIT")
"""States of jobs that are under way."""

ORDER: Final = (*ACTIVE, "PENDING", "PAUSED", "SUCCEEDED", "FAILED", "CANCELLED")
SHOWN: Final = 200
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
    """What runs, newest first, and how many jobs there are: `{time, running, counts, rate, memoryBytes}`."""
    running = [job for state in ACTIVE for job in await source.list(state, "", SHOWN)]
    running.sort(key=lambda job: job["createdAt"], reverse=True)
    counts = await source.summary()
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "counts": counts,
        "rate": sum(job["progress"]["rate"] for job in running if job["state"] == "RUNNING"),
        "memoryBytes": sum(job.get("memoryBytes", 0) for job in running),
        "running": running,
    }


async def monitor(source: Source, *, summary: bool, every: float, once: bool, format_: Format) -> None:
    """Show what runs until somebody interrupts, or once; on a terminal redrawn in place, else one JSON object a line."""
    import asyncio

    if once:
        seen = await snapshot(source)
        _print(seen, summary) if format_ == "table" else dump(seen, format_)
        return
    if not sys.stdout.isatty():
        import orjson

        while True:
            sys.stdout.write(orjson.dumps(await snapshot(source), option=orjson.OPT_APPEND_NEWLINE).decode())
            sys.stdout.flush()
            await asyncio.sleep(every)
    from rich.live import Live

    with Live(board(await snapshot(source), summary), auto_refresh=False, screen=summary) as live:
        while True:
            began = time.monotonic()
            live.update(board(await snapshot(source), summary), refresh=True)
            await asyncio.sleep(max(0.1, every - (time.monotonic() - began)))


def _print(seen: Mapping[str, Any], summary: bool) -> None:
    from rich.console import Console

    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, color_system="auto" if width is None else None)
    with console.capture() as captured:
        console.print(board(seen, summary))
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def board(seen: Mapping[str, Any], summary: bool) -> RenderableType:
    """The table of what runs, under a few lines about the whole where `summary`."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name, justify in COLUMNS.items():
        drawn.add_column(name, justify=justify, no_wrap=name in ("job", "left"), overflow="ellipsis")  # type: ignore[arg-type]
    for job in seen["running"]:
        drawn.add_row(*(Text(cell) for cell in row(job)))
    body: list[RenderableType] = [drawn] if seen["running"] else [Text("nothing runs")]
    return Group(*(Text(line) for line in head(seen)), Text(), *body) if summary else Group(*body)


COLUMNS: Final = {
    "job": "left",
    "about": "left",
    "state": "left",
    "done": "right",
    "rate": "right",
    "left": "right",
    "memory": "right",
}


def row(job: Job) -> Sequence[str]:
    """A job as a line of the board."""
    progress = job["progress"]
    eta = progress.get("etaSeconds")
    memory = job.get("memoryBytes", 0)
    return (
        job["id"],
        job.get("title", ""),
        "INTERRUPTED" if job.get("interrupted") else job["state"],
        f"{progress['percentage']:.1f} %",
        f"{progress['rate']:,.0f} {progress['unit']}/s" if job["state"] == "RUNNING" else "",
        "" if eta is None or job["state"] != "RUNNING" else str(timedelta(seconds=round(eta))),
        size(memory) if memory else "",
    )


def head(seen: Mapping[str, Any]) -> Sequence[str]:
    """A few lines about the whole: when, how many jobs in which state, how fast, how much memory."""
    totals = {state: sum(each["jobs"] for each in seen["counts"] if each["state"] == state) for state in ORDER}
    shown = [f"{jobs:,} {state.lower().replace('_', ' ')}" for state, jobs in totals.items() if jobs]
    return (
        f"{seen['time'][:19].replace('T', ' ')} UTC   {', '.join(shown) or 'no jobs'}",
        f"{seen['rate']:,.0f} units/s   {size(seen['memoryBytes'])} held by {len(seen['running']):,} running",
    )
