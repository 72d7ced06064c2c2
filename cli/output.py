"""Results on standard output: a table for people, JSON or YAML for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

Format = Literal["table", "json", "yaml"]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print: a table, JSON or YAML.")]

Row = Mapping[str, Any]

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
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = all(_NUMBER.fullmatch(cell(row.get(column))) for row in rows)
        drawn.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell(row.get(column))) for column in columns))
    if sys.stdout.isatty():
        Console().print(drawn)
        return
    console = Console(width=10_000, color_system=None)
    with console.capture() as captured:
        console.print(drawn)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


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
