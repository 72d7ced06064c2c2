"""What a job says while it runs: bars on a terminal, JSON lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Style = Literal["auto", "bar", "json"]
ProgressOption = Annotated[Style, typer.Option("--progress", help="Bars or JSON lines; auto: bars on a terminal.")]

Event = Mapping[str, Any]

LEAST_BAR, MOST_BAR, BESIDE_BAR = 8, 40, 62
"""Columns of a terminal that a bar takes, and those that are kept for a table's name, its count and its rate."""


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
    in that order, the count alone says how far each one is. Where they are not (a server's answer sorts
    them by name), the rows since the last event finish the table before and then belong to the one at work;
    rows that no event was seen of belong to none until a table turns out to be finished.
    """

    def __init__(self, tables: Mapping[str, int], passes: int = 1, sure: bool = True) -> None:
        """`sure`: the tables are known to be in the order of the work."""
        self.rows, self.passes = dict(tables), passes
        self.total = {name: rows * passes for name, rows in tables.items()}
        self.done = dict.fromkeys(tables, 0)
        self._sure, self._in_order = sure, True
        self._stints: list[tuple[str, int]] = []  # tables as they were worked on, and the rows that came meanwhile

    @property
    def current(self) -> int:
        """Rows done of all, those included that belong to no table yet."""
        return sum(rows for _, rows in self._stints)

    def start_at(self, current: int) -> None:
        """Go on from a checkpoint: later rows are made again, and each table keeps what it had before it."""
        self._forget_after(current)
        unseen = current - self.current
        if unseen:
            self._stints.append(("", unseen))
            self._in_order = self._in_order and self._sure
        self._count(current)

    def advance(self, table: str, current: int) -> None:
        """The overall count is now `current`, and `table` is being worked on ("": none)."""
        self._forget_after(current)
        grown = current - self.current
        if grown:
            self._in_order = self._in_order and table in ("", self._table_at(current))
            self._work_on(table if table in self.rows else "", grown)
        self._count(current)

    def _forget_after(self, current: int) -> None:
        """Take back what came last, down to that count."""
        while (excess := self.current - current) > 0:
            table, rows = self._stints.pop()
            if rows > excess:
                self._stints.append((table, rows - excess))

    def _work_on(self, table: str, rows: int) -> None:
        if self._stints and self._stints[-1][0] == table:
            rows += self._stints.pop()[1]
        self._stints.append((table, rows))

    def finish(self) -> None:
        """All is done."""
        self.done = dict(self.total)

    def _count(self, current: int) -> None:
        self.done = self._filled(current) if self._in_order else self._told()

    def _filled(self, current: int) -> dict[str, int]:
        """How far each table is when they are worked on in order."""
        once = sum(self.rows.values())
        passes = min(current // once, self.passes) if once else 0
        left, done = current - passes * once, {}
        for name, rows in self.rows.items():
            done[name] = passes * rows + min(rows, left)
            left -= min(rows, left)
        return done

    def _table_at(self, current: int) -> str:
        """The table that row number `current` of all (from 1) belongs to, when they are worked on in order."""
        before, after = self._filled(current - 1) if current else self.done, self._filled(current)
        return next((name for name in after if after[name] != before[name]), "")

    def _told(self) -> dict[str, int]:
        """How far each table is by what events said: another one at work means that the one before is finished."""
        done, spare, before = dict.fromkeys(self.rows, 0), 0, ""
        for table, rows in self._stints:
            lacking = -done[before] % max(1, self.rows[before]) if before else 0
            if table and table == before:
                done[table] = min(self.total[table], done[table] + rows)
                continue
            unseen = min(spare, lacking) if table else 0
            own = min(rows, lacking - unseen)
            if before:
                done[before] += unseen + own
            spare, rows = spare - unseen, rows - own
            if table:
                done[table], before = min(self.total[table], done[table] + rows), table
            else:
                spare += rows
        return done


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
                self._begin(data.get("totals", {}), data.get("loadOrder", ()))
            case "start":
                self._tally.start_at((data.get("resumeFrom") or {}).get("rows", 0))
                self._halt("")
                self._draw({})
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
                self._halt("waiting")
            case "shutdown":
                self._halt(_why(data))

    def report(self, complete: Event, folder: str) -> None:
        """Print tables and files on standard output."""
        from cli.report import summary

        summary(complete["data"], folder, self._tally.rows)

    def _begin(self, totals: Mapping[str, Any], order: Sequence[str]) -> None:
        """The tables of a job: bars for them, if there are none of an earlier attempt."""
        tables, sure = _in_load_order(totals.get("tables", {}), order)
        rows, once = int(totals.get("rows", 0)), sum(tables.values())
        passes = max(1, rows // once) if once else 1
        if tables and (tables, passes) == (self._tally.rows, self._tally.passes):
            return
        self._tally = Tally(tables, passes, sure)
        assert self._progress is not None
        for bar in self._bars.values():
            self._progress.remove_task(bar)
        self._bars = {name: self._progress.add_task(name, total=total, rate="") for name, total in self._tally.total.items()}
        if len(tables) != 1 and totals:
            self._bars["all"] = self._progress.add_task("all", total=rows, rate="")

    def _halt(self, word: str) -> None:
        """No rate and no time left while nobody works: `word` instead, beside the whole."""
        assert self._progress is not None
        for task in self._progress.tasks:
            if not task.finished:
                self._progress.update(task.id, rate="")
        if word and self._bars:
            self._progress.update(list(self._bars.values())[-1], rate=word)

    def _draw(self, data: Mapping[str, Any]) -> None:
        assert self._progress is not None
        own = data.get("tableProgress") or data
        for name, done in self._tally.done.items():
            self._progress.update(self._bars[name], completed=done)
            if name == data.get("table"):
                self._progress.update(self._bars[name], rate=_rate(own))
        if "all" in self._bars:
            current = data.get("current", self._tally.current)
            self._progress.update(self._bars["all"], completed=current, rate=f"{_rate(data)} {_what_now(data)}".strip())

    def _draw_phase(self, data: Mapping[str, Any]) -> None:
        """A bar for each phase of a job that counts bytes."""
        assert self._progress is not None
        phase = str(data["phase"])
        if phase not in self._bars:
            self._bars[phase] = self._progress.add_task(phase, rate="")
        self._progress.update(self._bars[phase], completed=data["current"], total=data["total"] or None, rate="")

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


def _in_load_order(tables: Mapping[str, int], order: Sequence[str]) -> tuple[dict[str, int], bool]:
    """The tables as they are worked on, and whether that is sure: without an order, names that are sorted may have been."""
    if sorted(order) == sorted(tables):
        return {name: tables[name] for name in order}, True
    return dict(tables), len(tables) < 2 or list(tables) != sorted(tables)


def _rich_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
    from rich.text import Text

    class Count(ProgressColumn):
        """`3,801,088 of 49,209,430`, as wide from the beginning as at the end."""

        def render(self, task: Task) -> Text:
            total = "?" if task.total is None else f"{task.total:,.0f}"
            return Text(f"{task.completed:>{len(total)},.0f} of {total}", style="progress.download")

    console = Console(stderr=True)
    room = console.width - BESIDE_BAR if console.is_terminal else MOST_BAR
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=max(LEAST_BAR, min(MOST_BAR, room))),
        TaskProgressColumn(),
        Count(),
        TextColumn("{task.fields[rate]}", markup=False),
        console=console,
    )


def _why(shutdown: Mapping[str, Any]) -> str:
    """What a job does that nobody works at; empty when it will not go on."""
    if not shutdown.get("resumable"):
        return ""
    return "paused" if shutdown.get("reason") == "pause" else "waiting"


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
