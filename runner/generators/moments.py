"""Bounds in time: ISO 8601, `as_of` and offsets from it, or another column."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from runner.generators.registry import Bound, Make, ParameterError
from runner.ops import Call, Const, Op, Rescale
from runner.types import DATE, DATETIME, Type

DAY = 86_400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_RELATIVE = re.compile(r"(?:as_of|now|today)?\s*(?:(?P<sign>[+-])\s*(?P<number>\d{1,6})\s*(?P<unit>s|min|h|d|w|mo|m|y))?", re.I)
_ISO = re.compile(r"[+-]?\d{4}")
_FROM_COLUMN = re.compile(
    r"(?P<name>[^\W\d]\w*(?:\.\w+)?)\s*(?P<sign>[+-])\s*(?P<number>\d{1,6})\s*(?P<unit>s|min|h|d|w|mo|m|y)", re.I
)
_NAME = re.compile(r"[^\W\d]\w*(\.\w+)?")
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}
MICROSECONDS = Type("datetime", 6)


def date_bound(given: Any, make: Make) -> Bound:
    """A day (days since 1970-01-01). Raises `ParameterError`."""
    moment = moment_of(given, make)
    if moment is None:
        return _column(given, make)
    return Bound(Const(moment // 10**6 // DAY), DATE)


def datetime_bound(given: Any, make: Make) -> Bound:
    """A moment; a bare day stays a day, so that `end: 2024-12-31` can mean its last tick. Raises `ParameterError`."""
    moment = moment_of(given, make)
    if moment is None:
        return _column(given, make)
    if _is_day(given):
        return Bound(Const(moment // 10**6 // DAY), DATE)
    whole, rest = divmod(moment, 10**6)
    return Bound(Const(moment), MICROSECONDS) if rest else Bound(Const(whole), DATETIME)


def _is_day(given: Any) -> bool:
    if isinstance(given, str):
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", given.strip()))
    return isinstance(given, dt.date) and not isinstance(given, dt.datetime)


def moment_of(given: Any, make: Make) -> int | None:
    """Microseconds since 1970-01-01T00:00:00Z of a written moment; None when it is no moment but a name.

    Text without an offset is UTC. Raises `ParameterError` for a moment that does not exist.
    """
    if isinstance(given, dt.datetime):
        return _microseconds(given)
    if isinstance(given, dt.date):
        return _microseconds(dt.datetime(given.year, given.month, given.day))
    if not isinstance(given, str):
        raise ParameterError(f"{given!r} is not a date, a time or the name of a column")
    text = given.strip()
    if _ISO.match(text):
        return _parse(text)
    relative = _RELATIVE.fullmatch(text)
    if text and relative:
        return _shift(make.as_of, relative) * 10**6
    return None


def dated(text: str, today: dt.date) -> str:
    """`today` and offsets from it as the day or moment they are; any other text as it is. Raises `ParameterError`."""
    if text.strip() == "today":
        return today.isoformat()
    if not text.strip().startswith("today"):
        return text
    start = _microseconds(dt.datetime(today.year, today.month, today.day)) // 10**6
    moment = moment_of(text, Make(0, "", "", 0, start))
    return text if moment is None else (_EPOCH + dt.timedelta(microseconds=moment)).isoformat()


def _parse(text: str) -> int:
    try:
        return _microseconds(dt.datetime.fromisoformat(text))
    except ValueError as error:
        raise ParameterError(f"{text!r} is not a date or time: {error}") from None


def _microseconds(moment: dt.datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)


def _shift(as_of: int, offset: re.Match[str]) -> int:
    if not offset["sign"]:
        return as_of
    number = int(offset["number"]) * (-1 if offset["sign"] == "-" else 1)
    unit = offset["unit"].lower()
    if unit in _SECONDS:
        return as_of + number * _SECONDS[unit]
    return add_months(as_of, number * (12 if unit == "y" else 1))


def format_moment(seconds: int) -> str:
    """A moment as people write it: the day alone at midnight."""
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%d}" if seconds % DAY == 0 else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def add_months(seconds: int, months: int) -> int:
    """The same day and time so many months later, the day cut to the month's last. Raises `ParameterError`."""
    day, time = divmod(seconds, DAY)
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        raise ParameterError(f"{months} months from {date} is outside the calendar")
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return (dt.date(year, month + 1, min(date.day, last)) - dt.date(1970, 1, 1)).days * DAY + time


def _column(given: Any, make: Make) -> Bound:
    """A column, or so long before or after one."""
    name = str(given).strip()
    offset = _FROM_COLUMN.fullmatch(name)
    if offset:
        return _moved(_column(offset["name"], make), offset, str(given))
    try:
        found = make.find_column(name)
    except ParameterError as error:
        if not _NAME.fullmatch(name):
            raise ParameterError(f"{given!r} is not a date or time such as 2024-12-31 or 2024-12-31T12:00:00Z") from None
        error.args = (f"{given!r} is no date, and {error}",)
        raise
    if found.type.kind not in ("date", "datetime"):
        raise ParameterError(f"{given!r} is a column of type {found.type}, not a date or a datetime")
    return Bound(found.op, found.type)


def _moved(bound: Bound, offset: re.Match[str], given: str) -> Bound:
    """A bound so long later or earlier. Months keep to the last day of theirs."""
    number = int(offset["number"]) * (-1 if offset["sign"] == "-" else 1)
    unit, per_day = offset["unit"].lower(), 1 if bound.type.kind == "date" else DAY * 10**bound.type.precision
    from runner.generators.compose import add, divide, modulo, multiply

    if unit not in _SECONDS:
        months = Const(number * (12 if unit == "y" else 1))
        day = Call("add_months", (divide(bound.op, per_day) if per_day > 1 else bound.op, months))
        return Bound(add(multiply(day, per_day), modulo(bound.op, per_day)) if per_day > 1 else day, bound.type)
    ticks_later, rest = divmod(number * _SECONDS[unit] * per_day, DAY)
    if rest:
        raise ParameterError(f"{given!r}: a column of dates is moved by days (d, w, mo, y), not by {unit}")
    return Bound(add(bound.op, ticks_later), bound.type)


def ticks(bound: Bound, precision: int, last: bool = False) -> Op:
    """The bound in ticks of 10^-precision seconds; `last` means the last tick of a bare day."""
    if bound.type.kind == "datetime":
        return rescale(bound.op, bound.type.precision, precision)
    per_day = DAY * 10**precision
    return scaled(bound.op, per_day, per_day - 1 if last else 0)


def days(bound: Bound) -> Op:
    """The bound in days."""
    from runner.generators.compose import divide

    return bound.op if bound.type.kind == "date" else divide(bound.op, DAY * 10**bound.type.precision)


def rescale(op: Op, digits_from: int, digits_to: int) -> Op:
    """From one precision to another; constants are worked out at once."""
    if digits_from == digits_to:
        return op
    if isinstance(op, Const) and isinstance(op.value, int) and digits_to > digits_from:
        return Const(op.value * 10 ** (digits_to - digits_from))
    return Rescale(op, digits_from, digits_to)


def scaled(op: Op, factor: int, plus: int) -> Op:
    """op * factor + plus."""
    from runner.generators.compose import add, multiply

    return add(multiply(op, factor), plus)
