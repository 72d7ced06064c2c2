"""Numbers that change with time, and moments at steady steps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from runner.circles import cosine_table
from runner.generators.building import closest
from runner.generators.compose import add, divide, larger, modulo, multiply, smaller, subtract
from runner.generators.durations import SECOND, UNITS, microseconds, ticks_of, unit_of
from runner.generators.moments import DAY, rescale, ticks
from runner.generators.registry import Bound, Made, Make, Parameter, ParameterError, generator
from runner.generators.written_moments import CODES, Written, tells_apart
from runner.ops import Const, Op, Shaped, Uniform, Values
from runner.types import BIGINT, STRING, Type, decimal

_NODES = 1_024
_STEPS = 1_024  # places between two nodes
_GUARD = 1_000  # the table of a season counts in thousandths of the last digit
_LARGEST = 10**14
_MONDAY = 4 * DAY  # 1970-01-05, the first Monday
_PARTS = ("period", "amplitude", "peak", "profile")
_RATE = re.compile(r"\s*([+-]?[\d.]+)\s*(?:/|per)\s*([a-z]+)\s*", re.I)
_WORDS = {"daily": "day", "weekly": "week", "yearly": "year", "hourly": "hour"}
_SEASON = (
    "What comes back: {period: 7d, amplitude: 10}, or a list of such; `peak: 2d` is when in the period it is highest "
    "(a quarter of it); `profile: [0, 3, 8, 3]` gives a course of its own instead of a sine"
)


@dataclass(frozen=True)
class Season:
    """One period of a repeated course: `nodes` values at equal distances, in thousandths of the last digit."""

    seconds: int
    anchor: int  # where a period begins
    nodes: tuple[int, ...]

    def at(self, second: Op) -> Op:
        """The value at a second, straight between two nodes, in thousandths of the last digit."""
        count = len(self.nodes)
        into = modulo(subtract(second, self.anchor), self.seconds)
        place = divide(multiply(into, count * _STEPS), self.seconds)
        node, between = divide(place, _STEPS), modulo(place, _STEPS)
        left, right = Values(self.nodes, node), Values((*self.nodes[1:], self.nodes[0]), node)
        return add(left, divide(multiply(subtract(right, left), between), _STEPS))


@generator(
    "number.series",
    "A number over time: a base, a trend, seasons and noise",
    output="decimal(18,2)",
    parameters=(
        Parameter("base", "decimal", "The level at `start`", Decimal(100)),
        Parameter("trend", "string", "How much it rises, such as 0.1/day or -5/week; a bare number is per day", "0"),
        Parameter("season", "any", _SEASON),
        Parameter("noise", "decimal", "Standard deviation of what is added at random", Decimal(0), minimum=0),
        Parameter("at", "datetime", "A column of dates or datetimes; by default rows are `every` apart from `start` on"),
        Parameter("start", "datetime", "When the level is the base: by default `as_of`"),
        Parameter("every", "string", "How far rows are apart, where there is no `at`", "1d"),
        Parameter("min", "decimal", "Nothing below this"),
        Parameter("max", "decimal", "Nothing above this"),
        Parameter("scale", "int", "Digits after the point", 2, minimum=0, maximum=9),
    ),
    aliases=("time_series",),
    keywords=("trend", "season", "noise", "metric", "sensor", "sine", "temperature", "measurement"),
)  # fmt: skip
def series(
    make: Make, base: Decimal, trend: str, season: Any, noise: Decimal, at: Bound | None, start: Bound | None, every: str,
    min: Decimal | None, max: Decimal | None, scale: int,
) -> Made:  # fmt: skip
    """base + trend * time + seasons + noise, in whole numbers of the last digit; nothing but integers is used."""
    origin = _origin(make, start)
    second = ticks(at, 0) if at else _second_of_row(make, origin, every)
    value = add(_rising(subtract(second, origin), trend, scale), _physical(base, scale, "base"))
    seasons = [] if season is None else _seasons(season, scale)
    if at and isinstance(value, Const):
        value = add(multiply(second, 0), value)  # no value without a time
    if seasons:
        total = seasons[0].at(second)
        for one in seasons[1:]:
            total = add(total, one.at(second))
        value = add(value, divide(add(total, _GUARD // 2), _GUARD))
    if noise:
        value = add(value, _noise(make, _physical(noise, scale, "noise")))
    return Made(_limited(value, min, max, scale), decimal(18, scale) if scale else BIGINT, None)


def _origin(make: Make, start: Bound | None) -> int:
    op = Const(make.as_of) if start is None else ticks(start, 0)
    if not isinstance(op, Const) or not isinstance(op.value, int):
        raise ParameterError("`start` must be one moment, not a column", "start")
    return op.value


def _second_of_row(make: Make, origin: int, every: str) -> Op:
    apart = microseconds(every, "every")
    _require(apart < 1_000 * UNITS["d"] * 366, "`every` must be shorter than a thousand years", "every")
    if apart % SECOND == 0:
        return add(multiply(make.at, apart // SECOND), origin)
    return add(divide(multiply(make.at, apart), SECOND), origin)


def _rising(elapsed: Op, trend: str, scale: int) -> Op:
    """The trend so many seconds after the start: a fraction of whole numbers, rounded down."""
    rate, per = _rate(trend)
    slope = Fraction(rate.scaleb(scale)) / Fraction(per, SECOND)
    if not slope:
        return Const(0)
    slope = slope.limit_denominator(10**9)
    _require(abs(slope.numerator) < 10**9, "`trend` is too steep", "trend")
    _require(slope != 0, "`trend` is too flat: less than one in the last digit in 30 years", "trend")
    return divide(multiply(elapsed, slope.numerator), slope.denominator)


def _rate(trend: str) -> tuple[Decimal, int]:
    match = _RATE.fullmatch(trend)
    unit = unit_of(match[2]) if match else UNITS["d"]
    try:
        rate = Decimal(match[1] if match else trend.strip())
    except InvalidOperation:
        rate = Decimal("nan")
    if unit is None or not rate.is_finite():
        raise ParameterError(f"`trend` must be a number per time, such as 0.1/day or -5/week, not {trend!r}", "trend")
    return rate, unit


def _noise(make: Make, deviation: int) -> Op:
    _require(deviation > 0, "`noise` is less than one in the last digit", "noise")
    return Shaped(make.key("noise"), "normal", -6 * deviation, 6 * deviation, "0", str(deviation), make.at)


def _limited(value: Op, low: Decimal | None, high: Decimal | None, scale: int) -> Op:
    if low is not None and high is not None:
        _require(low <= high, f"`min` ({low}) is above `max` ({high})", "min")
    if low is not None:
        value = larger(value, _physical(low, scale, "min"))
    return value if high is None else smaller(value, _physical(high, scale, "max"))


def _physical(value: Decimal, scale: int, parameter: str) -> int:
    found = int(value.scaleb(scale).to_integral_value())
    _require(abs(found) < _LARGEST, f"`{parameter}` with {scale} digits after the point needs more than 14 digits", parameter)
    return found


def _seasons(given: Any, scale: int) -> list[Season]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    entries: Sequence[Any] = [given] if isinstance(given, Mapping) else given
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ParameterError("`season` must be {period: 7d, amplitude: 10} or a list of such", "season")
    return [_season(entry, scale) for entry in entries]


def _season(entry: Mapping[str, Any], scale: int) -> Season:
    for name in entry:
        if name not in _PARTS:
            raise ParameterError(f"`season` has no {name!r}; it has {', '.join(_PARTS)}", "season", closest(str(name), _PARTS))
    seconds = _seconds(_WORDS.get(str(entry.get("period", "")), entry.get("period", "")), "season.period")
    _require(seconds <= 200 * 366 * DAY, "`season.period` must be at most 200 years", "season")
    anchor = _MONDAY if seconds % (7 * DAY) == 0 else 0
    if entry.get("profile") is not None:
        _require(not {"amplitude", "peak"} & set(entry), "a season has a `profile`, or an `amplitude` and a `peak`", "season")
        return Season(seconds, anchor, _profile(entry["profile"], scale))
    peak = _seconds(entry["peak"], "season.peak", zero=True) if entry.get("peak") is not None else Fraction(seconds, 4)
    amplitude = _number(entry.get("amplitude"), "season.amplitude")
    height = _physical(amplitude, scale, "season") * _GUARD
    _require(height != 0, "`season.amplitude` must not be 0", "season")
    return Season(seconds, anchor, cosine_table(_NODES, height, Fraction(peak) / seconds))


def _profile(given: Any, scale: int) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= _NODES:
        raise ParameterError(f"`season.profile` must be a list of 2 to {_NODES:,} numbers", "season")
    return tuple(_physical(_number(item, "season.profile"), scale, "season") * _GUARD for item in given)


def _number(given: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(given).strip())
    except InvalidOperation:
        found = Decimal("nan")
    if isinstance(given, bool) or not found.is_finite():
        raise ParameterError(f"`{name}` must be a number, not {given!r}", "season")
    return found


def _seconds(given: Any, name: str, *, zero: bool = False) -> int:
    try:
        return ticks_of(given, name, 0, zero=zero)
    except ParameterError as error:
        error.parameter = "season"
        raise


@generator(
    "datetime.timestamps",
    "Moments at steady steps, a row each: `start`, `start` + `every`, …",
    output="datetime",
    parameters=(
        Parameter("start", "datetime", "The first, such as 2024-01-01 or -30d; by default the last is at `as_of`"),
        Parameter("every", "string", "The step, such as 5m, 250ms or 1d", "1m"),
        Parameter("jitter", "string", "At most so much earlier or later, at random", "0s"),
        Parameter("number", "columns", "A column of whole numbers to count by instead of the rows, such as an `ordinal`"),
        Parameter("precision", "string", "Seconds, milli- or microseconds; by default as needed", choices=("s", "ms", "us")),
        Parameter("pattern", "string", f"Makes the column text, such as `%d.%m.%Y`. Codes: {CODES}"),
    ),
    aliases=("interval_timestamps", "steady_timestamps"),
    keywords=("interval", "time series", "steps", "clock", "jitter", "sampling"),
)  # fmt: skip
def timestamps(
    make: Make, start: Bound | None, every: str, jitter: str, number: list[str] | None, precision: str | None, pattern: str | None
) -> Made:
    """start + row * every + jitter; distinct and rising as long as the jitter is less than half a step."""
    exponent = _exponent(precision, every, jitter)
    step, spread = ticks_of(every, "every", exponent), ticks_of(jitter, "jitter", exponent, zero=True)
    counter = _counter(make, number)
    first = rescale(Const(make.as_of), 0, exponent) if start is None else ticks(start, exponent)
    if start is None and number is None:
        first = add(first, -(make.rows - 1) * step if make.rows else 0)
    moment = add(multiply(counter, step), first)
    if spread:
        moment = add(moment, Uniform(make.key("jitter"), -spread, spread, make.at))
    distinct = isinstance(first, Const) and number is None and 2 * spread < step
    if make.unique and not distinct:
        raise ParameterError("moments are distinct only with a `jitter` below half a step, a fixed `start` and no `number`",
                             "jitter", code="UNIQUE_IMPOSSIBLE")  # fmt: skip
    kind = Type("datetime", exponent)
    if pattern is None:
        return Made(moment, kind, None, unique=distinct)
    return _as_text(make, Made(moment, kind, None, unique=distinct), pattern)


def _as_text(make: Make, made: Made, pattern: str) -> Made:
    exponent = made.type.precision
    per_day = DAY * 10**exponent
    apart = tells_apart(pattern, exponent)
    if make.unique and not apart:
        raise ParameterError("different moments are the same text by this `pattern`", "pattern", code="UNIQUE_IMPOSSIBLE")
    written = Written(divide(made.op, per_day), modulo(made.op, per_day), exponent)
    return Made(written.text(pattern), STRING, None, unique=made.unique and apart)


def _exponent(precision: str | None, *lengths: str) -> int:
    if precision is not None:
        return {"s": 0, "ms": 3, "us": 6}[precision]
    finest = [
        microseconds(length, name, zero=name == "jitter") for length, name in zip(lengths, ("every", "jitter"), strict=True)
    ]
    return 0 if not any(length % SECOND for length in finest) else 3 if not any(length % 1_000 for length in finest) else 6


def _counter(make: Make, number: list[str] | None) -> Op:
    if number is None:
        return make.at
    found = make.find_column(number[0])
    if len(number) > 1 or found.type.kind not in ("int", "bigint"):
        raise ParameterError("`number` must be one column of whole numbers", "number")
    return found.op


def _require(holds: bool, message: str, parameter: str) -> None:
    if not holds:
        raise ParameterError(message, parameter)
