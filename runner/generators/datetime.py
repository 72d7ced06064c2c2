"""Dates and times within bounds that may be constants, offsets from `as_of` or other columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runner.generators.compose import add, divide, larger, modulo, multiply, smaller
from runner.generators.durations import ticks_of
from runner.generators.moments import DAY, add_months, days, format_moment, ticks
from runner.generators.registry import Bound, Made, Make, Parameter, ParameterError, generator
from runner.generators.siblings import ORDER, in_order
from runner.generators.weighings import HOURS_PARAMETER, MONTHS_PARAMETER, WEEKDAYS_PARAMETER, Calendar, calendar_of
from runner.generators.written_moments import CODES, Written, clock_apart, split, tells_apart
from runner.ops import Const, Op, Uniform, UniformBetween
from runner.types import BIGINT, DATE, STRING, Type

_YEARS = 5
_TIMES = {"s": 0, "ms": 3, "us": 6}
_PRECISION = Parameter("precision", "string", "Seconds, milliseconds or microseconds", "s", choices=("s", "ms", "us"))
PATTERN = Parameter("pattern", "string", f"Makes the column text, such as `%d.%m.%Y`. Codes: {CODES}")


def _bounds(kind: str) -> tuple[Parameter, ...]:
    rule = f"a {kind}, `as_of`, an offset such as -30d, or a column (`ordered_at`, `ordered_at + 2d`)"
    return (
        Parameter("start", kind, f"Earliest: {rule}; by default {_YEARS} years before the end"),  # type: ignore[arg-type]
        Parameter("end", kind, f"Latest: {rule}; by default `as_of`"),  # type: ignore[arg-type]
        Parameter("after", kind, "Not before this; the later of `start` and `after` counts"),  # type: ignore[arg-type]
        Parameter("before", kind, "Not after this; the earlier of `end` and `before` counts"),  # type: ignore[arg-type]
        Parameter("within", "string", "At most so long after the earliest, such as 7d or 90min"),
    )


DATE_BOUNDS = _bounds("date")


@dataclass(frozen=True)
class _Limits:
    """The bounds as they were given."""

    start: Bound | None
    end: Bound | None
    after: Bound | None
    before: Bound | None
    within: str | None
    order: str | None = None

    def resolve(self, make: Make, low: Op | None, high: Op | None, exponent: int | None) -> tuple[Op, Op]:
        """Both ends, in days or in ticks of 10^-exponent seconds."""
        per_day = 1 if exponent is None else DAY * 10**exponent
        if self.within is not None:
            if low is None:
                raise ParameterError("`within` is counted from `start` or `after`, which are missing", "within")
            reach = add(low, self._reach(exponent))
            high = reach if high is None else _earliest([high, reach])
        high = _scaled(make.as_of, exponent) if high is None else high
        assert high is not None
        if low is None:
            low = _scaled(add_months(make.as_of, -12 * _YEARS), exponent)
            low = low if isinstance(high, Const) and _whole(high) >= _whole(low) else add(high, -365 * _YEARS * per_day)
        return low, high

    def _reach(self, exponent: int | None) -> int:
        if exponent is not None:
            return ticks_of(self.within, "within", exponent, zero=True)
        whole, rest = divmod(ticks_of(self.within, "within", 0, zero=True), DAY)
        if rest:
            raise ParameterError("`within` must be a whole number of days here, such as 7d", "within")
        return whole

    @property
    def ended(self) -> bool:
        return bool(self.end or self.before or self.within is not None)


def _refuse_weights(given: _Limits, calendar: Calendar | None) -> None:
    if given.order and calendar:
        raise ParameterError("rows in order are drawn evenly: `order` and weights do not go together", "order")


def _scaled(seconds: int, exponent: int | None) -> Const:
    return Const(seconds // DAY if exponent is None else seconds * 10**exponent)


def _moments(make: Make, given: _Limits, exponent: int, calendar: Calendar | None) -> Made:
    """Ticks, both ends included; a bare day as an end lasts to its last tick."""
    low = _latest([ticks(bound, exponent) for bound in (given.start, given.after) if bound])
    high = _earliest([ticks(bound, exponent, last=True) for bound in (given.end, given.before) if bound])
    low, high = given.resolve(make, low, high, exponent)
    kind = Type("datetime", exponent)
    _refuse_weights(given, calendar)
    return _weighted(make, low, high, kind, calendar) if calendar else _between(make, low, high, kind, given.ended, given.order)


def _weighted(make: Make, low: Op, high: Op, kind: Type, calendar: Calendar) -> Made:
    """A second by its weight, then a tick of it."""
    scale = 10**kind.precision
    second, size = calendar.draw(
        make, divide(add(low, scale - 1), scale) if scale > 1 else low, divide(high, scale) if scale > 1 else high
    )
    if scale == 1:
        return Made(second, kind, size, unique=make.unique and size is not None)
    tick = add(multiply(second, scale), Uniform(make.key("tick"), 0, scale - 1, make.at))
    return Made(smaller(tick, high), kind, None, unique=make.unique and size is not None)


@generator(
    "datetime.datetime",
    "A moment between two others (UTC)",
    output="datetime",
    parameters=(*_bounds("datetime"), ORDER, MONTHS_PARAMETER, WEEKDAYS_PARAMETER, HOURS_PARAMETER, _PRECISION, PATTERN),
    keywords=("timestamp", "moment", "created at", "updated at"),
)
def datetime(make: Make, precision: str, pattern: str | None, months: Any, weekdays: Any, hours: Any, **limits: Any) -> Made:
    """Even between the bounds, or by the weights of months, weekdays and hours."""
    exponent = _TIMES[precision]
    made = _moments(make, _Limits(**limits), exponent, calendar_of(months, weekdays, hours, timed=True))
    if pattern is None:
        return made
    per_day = DAY * 10**exponent
    written = Written(divide(made.op, per_day), modulo(made.op, per_day), exponent)
    return _text(make, made, written.text(pattern), tells_apart(pattern, exponent))


@generator(
    "datetime.date",
    "A day between two others",
    output="date",
    parameters=(*DATE_BOUNDS, ORDER, MONTHS_PARAMETER, WEEKDAYS_PARAMETER, PATTERN),
    keywords=("day", "calendar"),
)
def date(make: Make, pattern: str | None, months: Any, weekdays: Any, **limits: Any) -> Made:
    """Days, both ends included."""
    given, calendar = _Limits(**limits), calendar_of(months, weekdays, timed=False)
    low = _latest([days(bound) for bound in (given.start, given.after) if bound])
    high = _earliest([days(bound) for bound in (given.end, given.before) if bound])
    low, high = given.resolve(make, low, high, None)
    _refuse_weights(given, calendar)
    made = _days(make, low, high, calendar) if calendar else _between(make, low, high, DATE, given.ended, given.order)
    return made if pattern is None else _text(make, made, Written(made.op, None).text(pattern), tells_apart(pattern, None))


def _days(make: Make, low: Op, high: Op, calendar: Calendar) -> Made:
    op, size = calendar.draw(make, low, high)
    return Made(op, DATE, size, unique=make.unique and size is not None)


def _text(make: Make, made: Made, op: Op, apart: bool) -> Made:
    """Values as text; distinct where the text says everything."""
    if make.unique and not apart:
        raise ParameterError("different moments are the same text by this `pattern`", "pattern", code="UNIQUE_IMPOSSIBLE")
    return Made(op, STRING, made.distinct if apart else None, unique=made.unique and apart)


@generator(
    "datetime.time",
    "A time of day",
    output="time",
    parameters=(
        Parameter("start", "string", "Earliest, such as 09:00", "00:00:00"),
        Parameter("end", "string", "Latest, such as 17:30", "23:59:59"),
        HOURS_PARAMETER,
        _PRECISION,
        PATTERN,
    ),
    keywords=("clock", "hour"),
)
def time(make: Make, start: str, end: str, precision: str, hours: Any, pattern: str | None) -> Made:
    """Ticks since midnight, both ends included."""
    exponent = _TIMES[precision]
    low, high = _clock(start, "start") * 10**exponent, (_clock(end, "end") + 1) * 10**exponent - 1
    kind, calendar = Type("time", exponent), calendar_of(None, None, hours, timed=True) if hours is not None else None
    made = _weighted(make, Const(low), Const(high), kind, calendar) if calendar else _between(make, Const(low), Const(high), kind)
    if pattern is None:
        return made
    apart = clock_apart({code for _, code in split(pattern)}, exponent)
    return _text(make, made, Written(None, made.op, exponent).text(pattern), apart)


@generator(
    "datetime.unix_time",
    "A moment as seconds since 1970-01-01T00:00:00Z",
    output="bigint",
    parameters=(
        *_bounds("datetime"),
        ORDER,
        MONTHS_PARAMETER,
        WEEKDAYS_PARAMETER,
        HOURS_PARAMETER,
        Parameter("unit", "string", "Seconds, milliseconds or microseconds", "s", choices=("s", "ms", "us")),
    ),
    keywords=("epoch", "unix timestamp"),
)
def unix_time(make: Make, unit: str, months: Any, weekdays: Any, hours: Any, **limits: Any) -> Made:
    """Whole seconds, or so many of the unit."""
    made = _moments(make, _Limits(**limits), _TIMES[unit], calendar_of(months, weekdays, hours, timed=True))
    return Made(made.op, BIGINT, made.distinct, made.unique)


def _clock(text: str, parameter: str) -> int:
    from datetime import time as clock

    try:
        parsed = clock.fromisoformat(text.strip())
    except ValueError:
        raise ParameterError(f"`{parameter}` must be a time of day such as 09:30, not {text!r}", parameter) from None
    return parsed.hour * 3_600 + parsed.minute * 60 + parsed.second


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
