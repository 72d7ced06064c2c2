"""Results on standard output: a table for people, JSON or YAML for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

Format = Literal["table", "json", "yaml"]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print: a table, JSON or YAML.")]

Row = Mapping[str, Any]
Side = Literal["left", "right"]

LEAST_ABOUT: Final = 8
GAP: Final = 2

_NUMBER = re.compile(r"(-?\d[\d,.]*( ([kMGT]?B|%|/s))?)?")


def show(rows: Sequence[Row], columns: Sequence[str], format_: Format, document: Any = None) -> None:
    """Print `rows`: as a table of `columns` (their keys are the headings), or `document` (default: the rows) as JSON or YAML."""
    if format_ == "table":
        table(rows, columns)
    else:
        dump(rows if document is None else document, format_)


def dump(document: Any, format_: Format) -> None:
    """Print a document as JSON (indented) or YAML."""
    if format_ == "yaml":
        import yaml

        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    else:
        import orjson

        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    sys.stdout.write(text)


def table(rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Print a table: on a terminal fitted to its width, else each row on one line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = all(_NUMBER.fullmatch(cell(row.get(column))) for row in rows)
        drawn.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell(row.get(column))) for column in columns))
    printed(drawn)


def printed(drawn: RenderableType) -> None:
    """Print what is drawn: on a terminal fitted to its width, else as wide as it is."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, color_system="auto" if width is None else None)
    with console.capture() as captured:
        console.print(drawn)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


class Fitted:
    """Rows, one a line: columns of `dropped` go, the first one first, until the rest fits; `about` gets the room that is left."""

    def __init__(self, rows: Sequence[Mapping[str, str]], columns: Mapping[str, Side], dropped: Sequence[str]) -> None:
        self._rows, self._columns, self._dropped = rows, columns, dropped

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it for a width."""
        from rich import table
        from rich.box import SIMPLE_HEAD
        from rich.text import Text

        drawn = table.Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        names = self._fitting(options.max_width)
        room = options.max_width - sum(self._width(name) + GAP for name in names if name != "about")
        for name in names:
            most = room if name == "about" else None
            drawn.add_column(name, justify=self._columns[name], no_wrap=True, overflow="ellipsis", max_width=most)
        for cells in self._rows:
            drawn.add_row(*(Text(cells[name]) for name in names))
        yield drawn

    def _fitting(self, width: int) -> Sequence[str]:
        names = list(self._columns)
        for name in self._dropped:
            if sum(map(self._width, names)) + GAP * (len(names) - 1) <= width:
                break
            names.remove(name)
        return names

    def _width(self, name: str) -> int:
        """Columns of the terminal that it takes; `about` can be cut."""
        from rich.cells import cell_len

        widest = max((cell_len(cells[name]) for cells in self._rows), default=0)
        return max(len(name), min(widest, LEAST_ABOUT) if name == "about" else widest)


def pairs(record: Row) -> None:
    """Print a record as `name  value` lines; nested records and empty values are left out."""
    shown = {name: cell(value) for name, value in record.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        print(f"{name:<{width}}  {value}")


def cell(value: Any) -> str:
    """A value as a table shows it: lists with commas, documents as JSON, one line only."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    if isinstance(value, dict):
        import orjson

        return orjson.dumps(value).decode()
    return " ".join(str(value).split()) if "\n" in str(value) else str(value)


def size(count: float) -> str:
    """Bytes as people read them: `1.5 MB` (powers of 1,000)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
