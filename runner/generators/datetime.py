"""Dates and times within bounds that may be constants, offsets from `as_of` or other columns."""

from __future__ import annotations

from collections.abc import Callable

from runner.generators.compose import add, larger, smaller
from runner.generators.moments import DAY, add_months, days, format_moment, ticks
from runner.generators.registry import Bound, Made, Make, Parameter, ParameterError, generator
from runner.generators.siblings import ORDER, in_order
from runner.ops import Const, Op, Uniform, UniformBetween
from runner.types import BIGINT, DATE, Type

_YEARS = 5
_TIMES = {"s": 0, "ms": 3, "us": 6}
_PRECISION = Parameter("precision", "string", "Seconds, milliseconds or microseconds", "s", choices=("s", "ms", "us"))


def _bounds(kind: str) -> tuple[Parameter, ...]:
    rule = f"a {kind}, `as_of`, an offset such as -30d, or a column"
    return (
        Parameter("start", kind, f"Earliest: {rule}; by default {_YEARS} years before the end"),  # type: ignore[arg-type]
        Parameter("end", kind, f"Latest: {rule}; by default `as_of`"),  # type: ignore[arg-type]
        Parameter("after", kind, "Not before this; the later of `start` and `after` counts"),  # type: ignore[arg-type]
        Parameter("before", kind, "Not after this; the earlier of `end` and `before` counts"),  # type: ignore[arg-type]
        ORDER,
    )


@generator(
    "datetime.datetime",
    "A moment between two others (UTC)",
    output="datetime",
    parameters=(*_bounds("datetime"), _PRECISION),
    keywords=("timestamp", "moment", "created at", "updated at"),
)
def datetime(
    make: Make,
    start: Bound | None,
    end: Bound | None,
    after: Bound | None,
    before: Bound | None,
    order: str | None,
    precision: str,
) -> Made:
    """Ticks, both ends included; a bare day as an end lasts to its last tick."""
    exponent = _TIMES[precision]
    low = _latest([ticks(bound, exponent) for bound in (start, after) if bound])
    high = _earliest([ticks(bound, exponent, last=True) for bound in (end, before) if bound])
    scale = 10**exponent
    high = Const(make.as_of * scale) if high is None else high
    low = _default_low(make.as_of, high, scale) if low is None else low
    return _between(make, low, high, Type("datetime", exponent), bool(end or before), order)


@generator("datetime.date", "A day between two others", output="date", parameters=_bounds("date"), keywords=("day", "calendar"))
def date(
    make: Make, start: Bound | None, end: Bound | None, after: Bound | None, before: Bound | None, order: str | None
) -> Made:
    """Days, both ends included."""
    low = _latest([days(bound) for bound in (start, after) if bound])
    high = _earliest([days(bound) for bound in (end, before) if bound])
    high = Const(make.as_of // DAY) if high is None else high
    if low is None:
        low = Const(add_months(make.as_of, -12 * _YEARS) // DAY)
        low = low if isinstance(high, Const) and _whole(high) >= _whole(low) else add(high, -365 * _YEARS)
    return _between(make, low, high, DATE, bool(end or before), order)


@generator(
    "datetime.time",
    "A time of day",
    output="time",
    parameters=(
        Parameter("start", "string", "Earliest, such as 09:00", "00:00:00"),
        Parameter("end", "string", "Latest, such as 17:30", "23:59:59"),
        _PRECISION,
    ),
    keywords=("clock", "hour"),
)
def time(make: Make, start: str, end: str, precision: str) -> Made:
    """Ticks since midnight, both ends included."""
    exponent = _TIMES[precision]
    low, high = _clock(start, "start") * 10**exponent, (_clock(end, "end") + 1) * 10**exponent - 1
    return _between(make, Const(low), Const(high), Type("time", exponent))


@generator(
    "datetime.unix_time",
    "A moment as seconds since 1970-01-01T00:00:00Z",
    output="bigint",
    parameters=_bounds("datetime"),
    keywords=("epoch", "unix timestamp"),
)
def unix_time(
    make: Make, start: Bound | None, end: Bound | None, after: Bound | None, before: Bound | None, order: str | None
) -> Made:
    """Whole seconds."""
    made = datetime(make, start, end, after, before, order, "s")
    return Made(made.op, BIGINT, made.distinct, made.unique)


def _clock(text: str, parameter: str) -> int:
    from datetime import time as clock

    try:
        parsed = clock.fromisoformat(text.strip())
    except ValueError:
        raise ParameterError(f"`{parameter}` must be a time of day such as 09:30, not {text!r}", parameter) from None
    return parsed.hour * 3_600 + parsed.minute * 60 + parsed.second


def _default_low(as_of: int, high: Op, scale: int) -> Op:
    low = Const(add_months(as_of, -12 * _YEARS) * scale)
    if isinstance(high, Const) and _whole(high) >= _whole(low):
        return low
    return add(high, -365 * _YEARS * DAY * scale)


def _latest(ops: list[Op]) -> Op | None:
    return _fold(ops, larger, max)


def _earliest(ops: list[Op]) -> Op | None:
    return _fold(ops, smaller, min)


def _fold(ops: list[Op], combine: Callable[[Op, Op], Op], of_constants: Callable[[int, int], int]) -> Op | None:
    if len(ops) < 2:
        return ops[0] if ops else None
    first, second = ops
    if isinstance(first, Const) and isinstance(second, Const):
        return Const(of_constants(_whole(first), _whole(second)))
    return combine(first, second)


def _whole(op: Const) -> int:
    assert isinstance(op.value, int)
    return op.value


def _between(make: Make, low: Op, high: Op, kind: Type, ended: bool = True, order: str | None = None) -> Made:
    if isinstance(low, Const) and isinstance(high, Const) and _whole(low) > _whole(high):
        hint = "" if ended else f": `end` is not given, so it is `as_of`, {format_moment(make.as_of)}"
        raise ParameterError(f"the earliest moment is after the latest one{hint}", "start")
    if order:
        op, distinct = in_order(make, low, high, order == "strict")
        return Made(op, kind, None, unique=distinct)
    if not (isinstance(low, Const) and isinstance(high, Const)):
        return Made(UniformBetween(make.key("value"), low, high, make.at), kind, None)
    lo, hi = _whole(low), _whole(high)
    if make.unique:
        return Made(add(make.index(hi - lo + 1), lo), kind, hi - lo + 1, unique=True)
    return Made(Uniform(make.key("value"), lo, hi, make.at), kind, hi - lo + 1)
