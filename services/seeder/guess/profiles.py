"""What was seen of a table's rows, as guesses: ranges, shares of nulls, small sets of values. No value of a person is copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from runner.generators.lookup import find
from services.seeder.guess.asked import Asked
from services.seeder.guess.drafts import Body, Guess
from services.seeder.guess.moments import written
from services.seeder.guess.names import by_name

_PRIVATE = frozenset("person contact government health finance internet security address identifier".split())
"""Categories of generators whose columns are made by name alone, whatever was seen in them."""
FEW = 20
"""So many different values at most make a vocabulary."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A column's rows as counted: `top` are the values that come most often with their numbers, `low`..`high` the least and the
    greatest. `shape` is a template (`??-####`) that all of them have in common."""

    rows: int
    nulls: int = 0
    different: int = 0
    low: Any = None
    high: Any = None
    top: tuple[tuple[Any, int], ...] = ()
    longest: int | None = None
    shape: str = ""

    @property
    def null_share(self) -> Decimal | None:
        """The share of nulls, to three digits; None where there are none."""
        share = round(Decimal(self.nulls) / Decimal(self.rows), 3) if self.rows else Decimal(0)
        return share.normalize() if 0 < share < 1 else None


@dataclass(frozen=True, slots=True)
class TableProfile:
    """The columns of one table as seen, and how many rows there are."""

    rows: int
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile | None:
        """A column as seen."""
        return self.columns.get(name)


def profiled(asked: Asked, seen: ColumnProfile | None) -> list[Guess]:
    """Guesses from what was seen, before those from the name; none for columns that are distinct."""
    if seen is None or asked.unique or seen.rows - seen.nulls < 2:
        return []
    named = by_name(asked.name, asked.table)
    if named is not None and find(str(named[0]["gen"]))[0].name.partition(".")[0] in _PRIVATE:
        return []
    return [guess for guess in (_vocabulary(asked, seen), _range(asked, seen), _shaped(asked, seen)) if guess]


def _vocabulary(asked: Asked, seen: ColumnProfile) -> Guess | None:
    """Texts of which each comes often: a set of words, not of people."""
    filled = seen.rows - seen.nulls
    if asked.type.kind not in ("string", "text") or not 0 < seen.different <= FEW or asked.facts.choices is not None:
        return None
    complete = len(seen.top) == seen.different
    often = filled >= 4 * seen.different and all(n >= 2 for _, n in seen.top)
    if not (complete and often) or any(not isinstance(v, str) or len(v) > 40 or "@" in v for v, _ in seen.top):
        return None
    values = dict(seen.top)
    return Guess({"gen": "choice", "values": values}, f"{seen.different} values, as often as in {filled:,} rows", own_type=True)


def _range(asked: Asked, seen: ColumnProfile) -> Guess | None:
    low, high = seen.low, seen.high
    why = "the range of the rows seen"
    body: Body
    if isinstance(low, bool) or low is None or high is None or asked.facts.low is not None or asked.facts.high is not None:
        return None
    if asked.type.kind in ("int", "bigint") and isinstance(low, int) and isinstance(high, int):
        return Guess({"gen": "int", "min": low, "max": high}, why, own_type=True)
    if asked.type.kind in ("decimal", "float") and isinstance(low, int | float | Decimal):
        least, most = (round(Decimal(str(v)), 6).normalize() for v in (low, high))
        scale = min(asked.type.scale if asked.type.precision else 2, 12)
        body = {"gen": "float"} if asked.type.kind == "float" else {"gen": "decimal", "scale": scale}
        return Guess({**body, "min": _plain(least), "max": _plain(most)}, why, own_type=True)
    if asked.type.kind in ("date", "datetime") and isinstance(low, date) and isinstance(high, date):
        return Guess(
            {"gen": asked.type.kind, "start": written(low, asked.type.kind), "end": written(high, asked.type.kind)},
            why,
            own_type=True,
        )
    return None


def _shaped(asked: Asked, seen: ColumnProfile) -> Guess | None:
    if not seen.shape or asked.type.kind not in ("string", "text"):
        return None
    return Guess({"gen": "pattern", "template": seen.shape}, "the shape of the values seen")


def _plain(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value
