"""A promise with its target and its figure, and the table that shows many of them."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Floor:
    """One promise: what is measured, what it must be, what it is. `ok` None: only shown, nothing promised."""

    what: str
    target: str
    figure: str
    ok: bool | None = None


def at_least(what: str, figure: float, floor: float, unit: str = "times", note: str = "") -> Floor:
    """A figure that must reach a floor."""
    return Floor(what, f"≥ {floor:g} {unit}", f"{figure:,.2f} {unit}{note}", figure >= floor)


def at_most(what: str, figure: float, ceiling: float, unit: str, note: str = "") -> Floor:
    """A figure that must stay below a ceiling."""
    return Floor(what, f"≤ {ceiling:g} {unit}", f"{figure:,.2f} {unit}{note}", figure <= ceiling)


def shown(what: str, figure: str) -> Floor:
    """A figure beside the promises."""
    return Floor(what, "", figure)


def show(floors: Iterable[Floor], title: str) -> bool:
    """Print the table; whether nothing failed."""
    table = Table(title=f"{title} ({platform.python_implementation()} {platform.python_version()}, {platform.machine()})")
    for heading in ("what", "target", "figure", ""):
        table.add_column(heading, overflow="fold")
    passed = True
    for floor in floors:
        word = {True: "pass", False: "FAIL", None: ""}[floor.ok]
        table.add_row(floor.what, floor.target, floor.figure, word)
        passed = passed and floor.ok is not False
    Console(width=150).print(table)
    return passed
