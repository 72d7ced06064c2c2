"""What a CHECK says, in a form that no dialect owns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Scalar = int | Decimal | str | bool
"""A literal of a CHECK: whole numbers as `int`, others as `Decimal`, dates and times as the text that was written."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`column` (or, `of` length, its number of characters) lies between `low` and `high`; an open end excludes the value."""

    column: str
    low: Scalar | None = None
    high: Scalar | None = None
    low_open: bool = False
    high_open: bool = False
    of: Literal["value", "length"] = "value"


@dataclass(frozen=True, slots=True)
class Choices:
    """`column` is one of these values; `negated`: none of them."""

    column: str
    values: tuple[Scalar, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """`column` matches (`negated`: does not match) a LIKE, GLOB, or regular expression."""

    column: str
    pattern: str
    form: Literal["like", "glob", "regex"]
    ignore_case: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, both columns of the row; the operator is one of < <= = <> (never > or >=)."""

    left: str
    operator: Literal["<", "<=", "=", "<>"]
    right: str


@dataclass(frozen=True, slots=True)
class ParsedCheck:
    """What a CHECK says, all of it together; null passes unless the column is in `not_null`.

    `null` columns must be null; `json` columns hold valid JSON; true and false of a boolean column are choices. Of each
    group of `alternatives` at least one holds (their columns being not null). `unparsed` are conditions (SQL texts)
    that are none of these: a row may break them though everything else holds.
    """

    bounds: tuple[Bounds, ...] = ()
    choices: tuple[Choices, ...] = ()
    not_null: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    null: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    alternatives: tuple[tuple[ParsedCheck, ...], ...] = ()
    unparsed: tuple[str, ...] = ()


NOTHING: Final = ParsedCheck()
"""A condition that every row meets."""
