"""`rollup: sum(orders.total)`: which children are meant, what type their total has, and that it fits 64 bits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from runner.ops import Rollup
from runner.schema.bounds import Facts
from runner.schema.document import short
from runner.schema.findings import Reported, did_you_mean
from runner.schema.model import TableSpec
from runner.schema.syntax import ExprError
from runner.types import BIGINT, BOOL, INTEGERS, Type, decimal

FUNCTIONS: Final = ("sum", "count", "min", "max", "avg", "any", "first", "last")
MEAN_DIGITS: Final = 2
"""Digits after the point that an average has more than its values."""
WRITTEN: Final = re.compile(r"\s*(\w+)\s*\(\s*(.*?)\s*\)\s*")
MAX_DIGITS: Final = 18


def read(text: str, table: TableSpec, tables: Mapping[str, TableSpec]) -> Rollup:
    """The roll-up a text stands for: function, path and column, and how many rows there are to it.

    Raises `ExprError`, and `Reported` where the `per` of a table below is wrong.
    """
    match = WRITTEN.fullmatch(text)
    if not match:
        raise ExprError(0, f"a roll-up looks like sum(orders.total) or count(orders), not {short(text)!r}")
    function = match[1].lower()
    if function not in FUNCTIONS:
        message = f"there is no roll-up {short(match[1])!r}; known are {', '.join(FUNCTIONS)}"
        raise ExprError(0, message, "EXPR_FUNCTION", did_you_mean(match[1], FUNCTIONS))
    name, column = (match[2], "") if match[2] in tables else match[2].rpartition(".")[::2]
    if name not in tables:
        message = f"there is no table {short(name or match[2])!r}"
        raise ExprError(match.start(2), message, "TABLE_NOT_FOUND", did_you_mean(name or match[2], tables))
    if not column and function != "count":
        raise ExprError(match.start(2), f"{function} needs a column: {function}({name}.…)", "MISSING_FIELD")
    path = _path(name, table, tables, match.start(2))
    return Rollup(path, function, column, *_counts(path, tables))  # type: ignore[arg-type]  # the function is a known one


def _path(name: str, table: TableSpec, tables: Mapping[str, TableSpec], at: int) -> tuple[str, ...]:
    """The tables from this one's children down to `name`, each made by `per` of the one before."""
    found = [name]
    while (per := tables[found[0]].per) is not None and per.parent in tables and len(found) <= len(tables):
        if per.parent == table.name:
            return tuple(found)
        found.insert(0, per.parent)
    if any(tables[above].misread for above in found):
        raise Reported
    children = [t.name for t in tables.values() if t.per and t.per.parent == table.name]
    message = f"a roll-up is over children made by per: {{parent: …}}, but {short(name)!r} is not made per row of {table.name!r}"
    raise ExprError(at, message, "REF_INVALID", did_you_mean(name, children) or next(iter(children), ""))


def _counts(path: tuple[str, ...], tables: Mapping[str, TableSpec]) -> tuple[int, int]:
    least = most = 1
    for name in path:
        per = tables[name].per
        assert per is not None
        least, most = least * min(per.counts), most * max(per.counts)
    return least, most


def typed(rollup: Rollup, of: Type) -> tuple[Rollup, Type]:
    """The roll-up of a column of type `of` and the type of its answer. Raises `ExprError`."""
    function, exact = rollup.function, of.kind in INTEGERS or of.kind == "decimal"
    if function == "count":
        return rollup, BIGINT
    if function in ("first", "last"):
        return rollup, of
    if function == "any":
        if of.kind != "bool":
            raise ExprError(
                0, f"any is over a column of truths, not of {of}; count it, or take an expr of type bool", "EXPR_TYPE"
            )
        return rollup, BOOL
    if function in ("min", "max"):
        if exact or of.kind in ("float", "date", "time", "datetime"):
            return rollup, of
        raise ExprError(0, f"{function} is over numbers, dates or times, not {of}", "EXPR_TYPE")
    if not exact:
        hint = "decimal(18,4)" if of.kind == "float" else ""
        raise ExprError(0, f"{function} is exact, over whole numbers and decimals, not {of}", "EXPR_TYPE", hint)
    if function == "sum":
        return rollup, BIGINT if not of.digits else decimal(MAX_DIGITS, of.digits)
    digits = min(of.digits + MEAN_DIGITS, MAX_DIGITS)
    return replace(rollup, digits=digits - of.digits), decimal(MAX_DIGITS, digits)


def facts(rollup: Rollup, of: Facts) -> Facts:
    """The bounds of a roll-up from those of its column (nothing is known of the column of a bare count)."""
    low, high, some = of.low, of.high, rollup.least > 0 and not of.nullable
    match rollup.function:
        case "count":
            return Facts(rollup.least if some else 0, rollup.most)
        case "any":
            return Facts()
        case "sum":
            return Facts(_least(low, rollup, some), _most(high, rollup, some))
        case "avg":
            unit = 10**rollup.digits
            return Facts(None if low is None else low * unit, None if high is None else high * unit, not some)
    return Facts(low, high, not some, of.length)


def _least(low: int | None, rollup: Rollup, some: bool) -> int | None:
    return None if low is None else low * rollup.most if low < 0 else low * rollup.least if some else 0


def _most(high: int | None, rollup: Rollup, some: bool) -> int | None:
    return None if high is None else high * rollup.most if high > 0 else high * rollup.least if some else 0
