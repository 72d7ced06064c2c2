"""The functions of expressions that are made of other functions and operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from runner.ops import Call, Const, Digits, Op, Values
from runner.schema import terms
from runner.schema.date_functions import DATES, add_months
from runner.schema.functions import NUMBERS, Compile, Function, absolute, constant, numeric
from runner.schema.operators import OPERATORS
from runner.schema.terms import DAY, Scope, Term, checked, to_date, together, whole, wrong
from runner.types import DATETIME, STRING

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS: Final = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


def _number(value: int, at: int) -> Term:
    return terms.number(value, at)


def _is_below(term: Term, at: int, scope: Scope) -> Term:
    return OPERATORS["<"]([term, _number(0, at)], at, scope)


def sign(args: list[Term], at: int, scope: Scope) -> Term:
    """-1, 0 or 1; null stays null."""
    term = numeric(args[0])
    above = OPERATORS[">"]([term, _number(0, at)], at, scope)
    ones = [Call("if_else", (side.op, Const(1), Const(0))) for side in (above, _is_below(term, at, scope))]
    known = Call("is_null", (term.op,))
    return whole(Call("if_else", (known, Const(None), Call("subtract", tuple(ones)))), at)


def truncate(args: list[Term], at: int, scope: Scope) -> Term:
    """Cut towards zero after so many digits."""
    term = numeric(args[0])
    digits = constant(args[1], "the number of digits", 0, terms.MAX_SCALE) if len(args) > 1 else 0
    if term.type.kind == "float":
        size = terms.to_float(absolute([term], at, scope))
        unit = Const(float(10**digits), "float")
        whole_units = Call("divide", (Call("floor", (Call("multiply", (size.op, unit)),)), unit))
        signed = Call("if_else", (_is_below(term, at, scope).op, Call("negate", (whole_units,)), whole_units))
        return NUMBERS["round"].compile([Term(signed, term.type, at), *args[1:]], at, scope)
    if term.digits <= digits:
        return term
    size_op = Call("integer_divide", (Call("absolute", (term.op,)), Const(10 ** (term.digits - digits))))
    signed = Call("if_else", (_is_below(term, at, scope).op, Call("negate", (size_op,)), size_op))
    return replace(NUMBERS["round"].compile([term, *args[1:]], at, scope), op=signed)


def clamp(args: list[Term], at: int, scope: Scope) -> Term:
    """The value, or the end of the range that it is beyond."""
    raised = NUMBERS["max"].compile([args[0], args[1]], at, scope)
    return NUMBERS["min"].compile([raised, args[2]], at, scope)


def power(args: list[Term], at: int, scope: Scope) -> Term:
    """x multiplied n times; exact for whole numbers and decimals."""
    times = constant(args[1], "the exponent", 0, 18)
    if times == 0:
        return _number(1, at)
    base = found = numeric(args[0])
    for _ in range(times - 1):
        found = OPERATORS["*"]([found, base], at, scope)
    return found


def null_if(args: list[Term], at: int, scope: Scope) -> Term:
    """Null where a is b, else a."""
    left, right = together(args, scope, at, "compared")
    same = Call("equal", (left.op, right.op))
    return replace(left, op=Call("if_else", (same, terms.null_of(left.type), left.op)), offset=at)


def _unit(term: Term) -> str:
    if isinstance(term.op, Const) and term.op.value in _UNITS:
        return str(term.op.value)
    raise wrong(term, f"a unit is one of {', '.join(_UNITS)}, as a constant text")


def truncated_date(args: list[Term], at: int, scope: Scope) -> Term:
    """The beginning of the unit in which a moment lies: a date for a date, a datetime for a datetime."""
    unit, moment = _unit(args[0]), args[1]
    if moment.type.kind == "datetime" and unit in ("day", "hour", "minute", "second"):
        seconds = {"day": DAY, "hour": 3_600, "minute": 60, "second": 1}[unit] * 10**moment.digits
        return replace(moment, op=terms.times(Call("integer_divide", (moment.op, Const(seconds))), seconds), offset=at)
    if unit in ("hour", "minute", "second"):
        raise wrong(moment, f"a datetime is needed here, not {moment.described}")
    day = to_date(moment, scope)
    first = checked(replace(day, op=Call("subtract", (day.op, _since(unit, day.op))), offset=at), scope)
    if unit == "quarter":
        back = Call("modulo", (Call("subtract", (Call("month", (day.op,)), Const(1))), Const(3)))
        first = replace(first, op=Call("add_months", (first.op, Call("negate", (back,)))))
    return terms.to_datetime(first, scope) if moment.type.kind == "datetime" else first


def _since(unit: str, day: Op) -> Op:
    """Days since the first day of the unit (of the month for a quarter)."""
    function = {"year": "day_of_year", "quarter": "day", "month": "day", "week": "weekday"}.get(unit)
    return Call("subtract", (Call(function, (day,)), Const(1))) if function else Const(0)


def last_day(args: list[Term], at: int, scope: Scope) -> Term:
    """The last day of the month."""
    first = truncated_date([terms.string("month", at), to_date(args[0], scope)], at, scope)
    following = add_months([first, _number(1, at)], at, scope)
    return replace(following, op=Call("subtract", (following.op, Const(1))))


def _months_between(unit: int) -> Compile:
    """Whole months (or years of 12) from a to b: one begins only on its own day of the month."""

    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        first, second = (to_date(a, scope).op for a in args)
        months = [Call("add", (Call("multiply", (Call("year", (d,)), Const(12))), Call("month", (d,)))) for d in (first, second)]
        short = Call("if_else", (Call("less", (Call("day", (second,)), Call("day", (first,)))), Const(1), Const(0)))
        between = Call("subtract", (Call("subtract", (months[1], months[0])), short))
        return whole(between if unit == 1 else Call("integer_divide", (between, Const(unit))), at)

    return compile_


def age(args: list[Term], at: int, scope: Scope) -> Term:
    """Whole years from a date to `as_of`."""
    return _months_between(12)([args[0], Term(Const(scope.as_of), DATETIME, at)], at, scope)


def format_date(args: list[Term], at: int, scope: Scope) -> Term:
    """The parts of a moment in a pattern such as '%d.%m.%Y'."""
    moment, pattern = args
    if not isinstance(pattern.op, Const) or not isinstance(pattern.op.value, str):
        raise wrong(pattern, "the pattern is a constant text such as '%Y-%m'")
    pieces = pattern.op.value.split("%")
    parts, following = [terms.string(pieces[0], at)], iter(pieces[1:])
    for piece in following:
        if not piece:  # %% is a plain one
            parts.append(terms.string("%" + next(following, ""), at))
            continue
        parts += [Term(_part(piece[0], moment, at, scope, pattern), STRING, at), terms.string(piece[1:], at)]
    return terms.joined(parts, at)


def _part(letter: str, moment: Term, at: int, scope: Scope, pattern: Term) -> Op:
    numbers = {"Y": ("year", 4), "m": ("month", 2), "d": ("day", 2), "H": ("hour", 2), "M": ("minute", 2), "S": ("second", 2),
               "j": ("day_of_year", 3), "q": ("quarter", 1)}  # fmt: skip
    names = {"B": ("month", _MONTHS), "b": ("month", tuple(m[:3] for m in _MONTHS)),
             "A": ("weekday", _DAYS), "a": ("weekday", tuple(d[:3] for d in _DAYS))}  # fmt: skip
    if letter in numbers:
        function, width = numbers[letter]
        return Digits(DATES[function].compile([moment], at, scope).op, width)
    if letter not in names:
        known = ", ".join(f"%{known}" for known in (*numbers, *names, "%"))
        raise wrong(pattern, f"%{letter} is no part of a date; known are {known}")
    function, words = names[letter]
    number = DATES[function].compile([moment], at, scope).op
    return Values(words, Call("subtract", (number, Const(1))))


COMPOSED: Final[Mapping[str, Function]] = {
    "sign": Function("sign(x)", "-1, 0 or 1", 1, 1, sign),
    "trunc": Function("trunc(x, digits)", "x cut towards zero; digits default to 0", 1, 2, truncate),
    "clamp": Function("clamp(x, low, high)", "x, or the end of the range that it is beyond", 3, 3, clamp),
    "power": Function("power(x, n)", "x to the power of n, a constant whole number from 0 to 18", 2, 2, power),
    "nullif": Function("nullif(a, b)", "null where a = b, else a", 2, 2, null_if),
    "date_trunc": Function(
        "date_trunc(unit, x)", "the beginning of the year, quarter, month, week, day, … of x", 2, 2, truncated_date
    ),
    "last_day": Function("last_day(x)", "the last day of the month of x", 1, 1, last_day),
    "months_between": Function("months_between(a, b)", "whole months from a to b", 2, 2, _months_between(1)),
    "years_between": Function("years_between(a, b)", "whole years from a to b", 2, 2, _months_between(12)),
    "age": Function("age(x)", "whole years from x to `as_of`", 1, 1, age),
    "format_date": Function(
        "format_date(x, pattern)", "such as '%d.%m.%Y %H:%M'; also %j %q, %B %b, %A %a in English", 2, 2, format_date
    ),
}

ELSEWHERE: Final[Mapping[str, str]] = {
    "least": "min", "greatest": "max", "ifnull": "coalesce", "nvl": "coalesce", "isnull": "is_null", "iif": "if", "len": "length",
    "char_length": "length", "substring": "substr", "mid": "substr", "ucase": "upper", "lcase": "lower", "initcap": "title",
    "ceiling": "ceil", "pow": "power", "now": "as_of", "today": "date(as_of)", "current_date": "date(as_of)",
    "current_timestamp": "as_of", "datediff": "days_between", "date_diff": "days_between", "dateadd": "x + days(n)",
    "date_add": "x + days(n)", "date_sub": "x - days(n)", "to_char": "format_date", "date_format": "format_date",
    "strftime": "format_date", "instr": "position", "strpos": "position", "locate": "position", "str": "text", "string": "text",
    "concat_ws": "concat", "regexp_replace": "regex_replace", "regexp_like": "matches", "like": "matches", "extract": "year",
    "truncate": "trunc", "dayofweek": "weekday", "isoweek": "week", "repl": "replace", "eomonth": "last_day",
    "split_part": "split", "cast": "int", "number": "int", "case": "if", "random": "__dice: {gen: int, min: 1, max: 6}",
    "rand": "__dice: {gen: int, min: 1, max: 6}", "sum": "rollup: sum(table.column)", "count": "rollup: count(table)",
    "avg": "rollup: avg(table.column)", "lag": "previous.column", "lead": "next.column", "row_number": "ordinal",
    "interval": "days(n)",
}  # fmt: skip
"""What functions of SQL and other tools are called here."""
