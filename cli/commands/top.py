"""`mockcraft top`: the whole server at a glance."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.jobs import ServerOption, ask
from cli.configuration import SettingsOption
from cli.output import FormatOption

EveryOption = Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="How often it is drawn anew.")]
OnceOption = Annotated[
    bool, typer.Option("--once", help="Show it once and end; without it, and without a terminal: JSON lines for ever.")
]


def top(
    every: EveryOption = 1.0,
    once: OnceOption = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Jobs by state, what runs now, how fast, and the memory it holds; redrawn until Ctrl-C.

    Without a terminal: a JSON object a line, for ever; with --once the table, once.
    """
    from cli.monitor import monitor

    once = once or format_ != "table"
    ask(server, settings, lambda source: monitor(source, summary=True, every=every, once=once, format_=format_))
