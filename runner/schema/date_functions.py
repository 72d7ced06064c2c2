"""The functions of expressions over dates, times and lengths of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from runner.ops import Call, Const, Op
from runner.schema import terms
from runner.schema.functions import Compile, Function, numeric
from runner.schema.operators import add
from runner.schema.terms import DAY, Scope, Term, checked, to_date, to_datetime, together, whole, wrong
from runner.types import Type


def date(args: list[Term], at: int, scope: Scope) -> Term:
    """The day of a datetime, or a constant date."""
    return replace(to_date(args[0], scope), offset=at)


def datetime(args: list[Term], at: int, scope: Scope) -> Term:
    """The midnight of a date, or a constant datetime."""
    return replace(to_datetime(_moment(args[0]), scope), offset=at)


def _moment(term: Term) -> Term:
    term = terms.as_type_of(term, Type("datetime"))
    if term.type.kind not in ("date", "datetime"):
        raise wrong(term, f"a date or datetime is needed here, not {term.described}")
    return term


def _of_day(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        return whole(Call(function, (to_date(_moment(args[0]), scope).op,)), at)

    return compile_


def _of_clock(unit: int, modulus: int) -> Compile:
    """hour, minute, second: whole units of the seconds since midnight, within the next larger unit."""

    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        term = args[0] if args[0].type.kind == "time" else to_datetime(_moment(args[0]), scope)
        units: Op = Call("integer_divide", (term.op, Const(unit * 10**term.digits)))
        return whole(Call("modulo", (units, Const(modulus))), at)

    return compile_


def _length(unit: int) -> Compile:
    """A length of time of n units (seconds; -1: months, -12: years)."""

    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        term = numeric(args[0])
        if term.type.kind not in ("int", "bigint"):
            raise wrong(term, "a whole number is needed here", "round(x)")
        if unit < 0:
            return Term(terms.times(term.op, -unit), term.type, at, span=-1)
        return Term(term.op, term.type, at, span=unit)

    return compile_


def _between(unit: int) -> Compile:
    """Whole units from a to b, rounded down."""

    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        first, second = (_moment(a) for a in args)
        if unit == DAY and first.type.kind == second.type.kind == "date":
            return whole(Call("subtract", (second.op, first.op)), at)
        left, right = together([to_datetime(first, scope), to_datetime(second, scope)], scope, at, "compared")
        ticks = checked(whole(Call("subtract", (right.op, left.op)), at), scope)
        divisor = unit * 10**left.digits
        return ticks if divisor == 1 else whole(Call("integer_divide", (ticks.op, Const(divisor))), at)

    return compile_


def add_months(args: list[Term], at: int, scope: Scope) -> Term:
    """n months later, the day cut to the month's last."""
    return add([_moment(args[0]), _length(-1)(args[1:], at, scope)], at, scope)


DATES: Final[Mapping[str, Function]] = {
    "date": Function("date(x)", "the day of a datetime", 1, 1, date),
    "datetime": Function("datetime(x)", "the midnight of a date", 1, 1, datetime),
    **{
        name: Function(f"{name}(x)", f"the {words} of a date or datetime", 1, 1, _of_day(name))
        for name, words in {
            "year": "year", "month": "month (1 to 12)", "day": "day of the month", "quarter": "quarter (1 to 4)",
            "week": "ISO week (1 to 53)",
            "weekday": "day of the week (1 Monday to 7 Sunday)", "day_of_year": "day of the year",
        }.items()
    },
    "hour": Function("hour(x)", "the hour (0 to 23)", 1, 1, _of_clock(3_600, 24)),
    "minute": Function("minute(x)", "the minute (0 to 59)", 1, 1, _of_clock(60, 60)),
    "second": Function("second(x)", "the second (0 to 59)", 1, 1, _of_clock(1, 60)),
    **{
        name: Function(f"{name}(n)", f"a length of time of n {name}, to add or subtract", 1, 1, _length(unit))
        for name, unit in {
            "seconds": 1, "minutes": 60, "hours": 3_600, "days": DAY, "weeks": 7 * DAY, "months": -1, "years": -12,
        }.items()
    },
    **{
        f"{name}_between": Function(f"{name}_between(a, b)", f"whole {name} from a to b", 2, 2, _between(unit))
        for name, unit in {"seconds": 1, "minutes": 60, "hours": 3_600, "days": DAY}.items()
    },
    "add_months": Function("add_months(x, n)", "n months later, the day cut to the month's last", 2, 2, add_months),
}  # fmt: skip
