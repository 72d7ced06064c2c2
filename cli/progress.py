"""What a job says while it runs: bars on a terminal, JSON lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Style = Literal["auto", "bar", "json"]
ProgressOption = Annotated[Style, typer.Option("--progress", help="Bars or JSON lines; auto: bars on a terminal.")]

Event = Mapping[str, Any]


class Display(Protocol):
    """Shows the events of one job, in order. Use it as a context."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        ...

    def event(self, event: Event) -> None:
        """Show one event, as the API writes it."""
        ...

    def report(self, complete: Event, folder: str) -> None:
        """Tell what a job that is done has made, after the context was left."""
        ...


def display(style: Style, quiet: bool = False) -> Display:
    """The display asked for; `auto` means bars when standard error is a terminal, else lines, or nothing where `quiet`."""
    if style == "bar" or (style == "auto" and sys.stderr.isatty()):
        return Bars()
    return Nothing() if quiet and style == "auto" else Lines()


class Lines:
    """One JSON event a line on standard output."""

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to put back."""

    def event(self, event: Event) -> None:
        """Print it."""
        import orjson

        sys.stdout.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE).decode())
        sys.stdout.flush()

    def report(self, complete: Event, folder: str) -> None:
        """The event has said it all."""


class Nothing(Lines):
    """Shows nothing: what came of the job is told elsewhere."""

    def event(self, event: Event) -> None:
        """Not shown."""


class Tally:
    """Rows done of each table, from a count over all of them.

    A job works through its tables one after another, once for each format. Where the tables are given
    in that order (a server's answer sorts them by name), the count alone says how far each one is;
    else the rows since the last event finish the table before and then belong to the one at work.
    """

    def __init__(self, tables: Mapping[str, int], passes: int = 1) -> None:
        self.rows, self._passes = dict(tables), passes
        self.total = {name: rows * passes for name, rows in tables.items()}
        self.done = dict.fromkeys(tables, 0)
        self._current, self._at, self._in_order = 0, "", True

    def start_at(self, current: int) -> None:
        """Go on from a checkpoint."""
        self._current, self.done = current, self._filled(current)

    def advance(self, table: str, current: int) -> None:
        """The overall count is now `current`, and `table` is being worked on ("": none)."""
        grown, self._current = current - self._current, current
        self._in_order = self._in_order and table in ("", self._table_at(current))
        if self._in_order:
            self.done = self._filled(current)
        elif table in self.done:
            self._add(table, self._finish(table, max(0, grown)))

    def finish(self) -> None:
        """All is done."""
        self.done = dict(self.total)

    def _filled(self, current: int) -> dict[str, int]:
        """How far each table is when they are worked on in order."""
        once = sum(self.rows.values())
        passes = min(current // once, self._passes) if once else 0
        left, done = current - passes * once, {}
        for name, rows in self.rows.items():
            done[name] = passes * rows + min(rows, left)
            left -= min(rows, left)
        return done

    def _table_at(self, current: int) -> str:
        """The table that row number `current` of all (from 1) belongs to, when they are worked on in order."""
        before, after = self._filled(current - 1) if current else self.done, self._filled(current)
        return next((name for name in after if after[name] != before[name]), "")

    def _finish(self, table: str, grown: int) -> int:
        """Give the table before what it lacked, when another one is at work now; what is left."""
        rest = 0
        if self._at in self.rows and self._at != table:
            rest = min(grown, -self.done[self._at] % max(1, self.rows[self._at]))
            self._add(self._at, rest)
        self._at = table
        return grown - rest

    def _add(self, table: str, rows: int) -> None:
        self.done[table] = min(self.total[table], self.done[table] + rows)


class Bars:
    """A bar for each table and one for all, on standard error."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tally = Tally({})
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Take over the terminal's last lines."""
        self._progress = _rich_progress()
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the bars where they are and give the terminal back."""
        if self._progress:
            self._progress.stop()

    def event(self, event: Event) -> None:
        """Move the bars, or print a line above them."""
        data: Mapping[str, Any] = event["data"]
        match event["type"]:
            case "init":
                self._begin(data.get("totals", {}))
            case "start":
                self._tally.start_at((data.get("resumeFrom") or {}).get("rows", 0))
                self._draw(data)
            case "progress" if data.get("unit") == "bytes":
                self._draw_phase(data)
            case "progress":
                self._tally.advance(data.get("table") or "", data["current"])
                self._draw(data)
            case "complete" if "archive" in data:
                self._fill()
            case "complete":
                self._tally.finish()
                self._draw({"current": data.get("rows", 0), "rate": data.get("rowsPerSecond")})
            case "log":
                self._note(data)
            case "error" if data.get("willRetry"):  # the last one is the command's own to tell
                self._note(data)

    def report(self, complete: Event, folder: str) -> None:
        """Print tables and files on standard output."""
        from cli.report import summary

        summary(complete["data"], folder, self._tally.rows)

    def _begin(self, totals: Mapping[str, Any]) -> None:
        tables: Mapping[str, int] = totals.get("tables", {})
        rows, once = int(totals.get("rows", 0)), sum(tables.values())
        self._tally = Tally(tables, max(1, rows // once) if once else 1)
        assert self._progress is not None
        for bar in self._bars.values():
            self._progress.remove_task(bar)
        self._bars = {name: self._progress.add_task(name, total=total, rate="") for name, total in self._tally.total.items()}
        if len(tables) != 1 and totals:
            self._bars["all"] = self._progress.add_task("all", total=rows, rate="")

    def _draw(self, data: Mapping[str, Any]) -> None:
        assert self._progress is not None
        own = data.get("tableProgress") or data
        for name, done in self._tally.done.items():
            self._progress.update(self._bars[name], completed=done)
            if name == data.get("table"):
                self._progress.update(self._bars[name], rate=_rate(own))
        if "all" in self._bars:
            current = data.get("current", sum(self._tally.done.values()))
            self._progress.update(self._bars["all"], completed=current, rate=f"{_rate(data)} {_what_now(data)}".strip())

    def _draw_phase(self, data: Mapping[str, Any]) -> None:
        """A bar for each phase of a job that counts bytes."""
        assert self._progress is not None
        phase = str(data["phase"])
        if phase not in self._bars:
            self._bars[phase] = self._progress.add_task(phase, rate="")
        self._progress.update(self._bars[phase], completed=data["current"], total=data["total"] or None)

    def _fill(self) -> None:
        """Every bar is at its end."""
        assert self._progress is not None
        for task in self._progress.tasks:
            total = task.total or max(task.completed, 1)
            self._progress.update(task.id, completed=total, total=total)

    def _note(self, data: Mapping[str, Any]) -> None:
        assert self._progress is not None
        text = data.get("text") or f"{data.get('code')} {data.get('message')}"
        self._progress.console.print(text, markup=False, highlight=False)


def _rich_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(separator=" of "),
        TextColumn("{task.fields[rate]}", markup=False),
        console=Console(stderr=True),
    )


def _rate(data: Mapping[str, Any]) -> str:
    return f"{data['rate']:,.0f}/s" if data.get("rate") else ""


def _what_now(data: Mapping[str, Any]) -> str:
    """What is done once rows are in, such as indexes; else how long it will take."""
    phase, table = data.get("phase") or "", data.get("table") or ""
    return f"{phase} {table}".strip() if phase not in ("", table) else _clock(data.get("etaSeconds"))


def _clock(seconds: float | None) -> str:
    """`1:05 left`; empty when unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:{minutes:02}" if hours else f"{minutes}") + f":{rest:02} left"
