"""Numbers in a range, evenly or by a shape."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from runner.generators.compose import digits, join, multiply
from runner.generators.currencies import currency_facts
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.generators.shapes import SHAPE, WHOLE_SHAPE, Shape, drawn
from runner.ops import Op, ToFloat
from runner.types import BIGINT, FLOAT, INT, STRING, Type, decimal

_INT32 = 2**31
_EXACT = 10**18  # physical integers of a decimal stay below
_STEP = Parameter("step", "decimal", "Only `min` and multiples of this above it; by default one in the last digit", minimum=0)


@generator(
    "number.int",
    "A whole number in a range",
    output="int",
    parameters=(
        Parameter("min", "int", "Smallest value", 0, minimum=-(2**62), maximum=2**62),
        Parameter("max", "int", "Largest value", 1_000_000, minimum=-(2**62), maximum=2**62),
        Parameter("step", "int", "Only `min` and multiples of this above it", 1, minimum=1, maximum=2**62),
        *WHOLE_SHAPE,
    ),
    keywords=("integer", "whole"),
)
def int_(make: Make, min: int, max: int, step: int, **shape: object) -> Made:
    """Both ends included."""
    lo, hi = _ordered(min, max)
    op = drawn(make, lo, hi, Shape.of(shape, 0), step)
    kind = INT if lo >= -_INT32 and hi < _INT32 else BIGINT
    return Made(op, kind, (hi - lo) // step + 1, unique=make.unique)


@generator(
    "number.decimal",
    "A decimal number in a range, exact to its scale",
    output="decimal(18,2)",
    parameters=(
        Parameter("min", "decimal", "Smallest value", Decimal(0)),
        Parameter("max", "decimal", "Largest value", Decimal(1000)),
        Parameter("scale", "int", "Digits after the point", 2, minimum=0, maximum=12),
        _STEP,
        *SHAPE,
    ),
    keywords=("money", "amount", "numeric"),
)
def decimal_(make: Make, min: Decimal, max: Decimal, scale: int, step: Decimal | None, **shape: object) -> Made:
    """Whole numbers of the last digit, both ends included."""
    op, size = _in_range(make, min, max, scale, step, shape)
    return Made(op, decimal(18, scale), size, unique=make.unique)


@generator(
    "number.float",
    "A floating-point number in a range, rounded to a number of digits",
    output="float",
    parameters=(
        Parameter("min", "decimal", "Smallest value", Decimal(0)),
        Parameter("max", "decimal", "Largest value", Decimal(1)),
        Parameter("digits", "int", "Digits after the point", 6, minimum=0, maximum=15),
        _STEP,
        *SHAPE,
    ),
    keywords=("real", "double"),
)
def float_(make: Make, min: Decimal, max: Decimal, digits: int, step: Decimal | None, **shape: object) -> Made:
    """A decimal as the nearest float64."""
    op, size = _in_range(make, min, max, digits, step, shape)
    return Made(ToFloat(op, digits), FLOAT, size, unique=make.unique)


def _in_range(
    make: Make, low: Decimal, high: Decimal, scale: int, step: Decimal | None, shape: dict[str, object]
) -> tuple[Op, int]:
    """Numbers of the last digit, and how many there are."""
    lo, hi = bounds(low, high, scale)
    wide = 1 if step is None else _digits_of(step, scale)
    return drawn(make, lo, hi, Shape.of(shape, scale), wide), (hi - lo) // wide + 1


def _digits_of(step: Decimal, scale: int) -> int:
    """A step in the last digit. Raises `ParameterError` where it has more digits, or is none."""
    found = step.scaleb(scale)
    if found <= 0 or found != found.to_integral_value() or found >= _EXACT:
        raise ParameterError(f"`step` must be above 0 and have at most {scale} digits after the point, not {step}", "step")
    return int(found)


@generator(
    "number.salary",
    "A yearly salary, most of them moderate and a few high",
    output="decimal(12,2)",
    category="company",
    parameters=(
        Parameter("min", "decimal", "Smallest; by default what 25,000 US dollars buy", minimum=0),
        Parameter("max", "decimal", "Largest; by default what 250,000 US dollars buy", minimum=0),
        Parameter("step", "int", "Rounded to multiples of this; by default what 100 US dollars buy", minimum=1, maximum=10**9),
        Parameter("currency", "string", "A currency code to put before the number; makes the column text"),
        Parameter("median", "decimal", "Half earn less; by default between the ends"),
    ),
    keywords=("income", "wage", "pay", "compensation"),
)
def salary(
    make: Make, min: Decimal | None, max: Decimal | None, step: int | None, currency: str | None, median: Decimal | None
) -> Made:
    """Lognormal, in whole steps; US dollars unless a currency is given."""
    known = currency_facts(currency)
    units = int(known["units"])
    if step is None:
        step = 100 * (1 if min is not None or max is not None else units)
    low, high = _ends(min, max, units)
    lo, hi = bounds(low / step, high / step, 0)
    shape = (
        Shape("uniform")
        if make.unique
        else Shape("lognormal", 0, median=None if median is None else median / step, sigma=Decimal("0.45"))
    )
    steps = drawn(make, lo, hi, shape)
    if currency:
        return Made(join(f"{known['code']} ", digits(multiply(steps, step))), STRING, hi - lo + 1, unique=make.unique)
    return Made(multiply(steps, step * 100), Type("decimal", 12, 2), hi - lo + 1, unique=make.unique)


def _ends(low: Decimal | None, high: Decimal | None, units: int) -> tuple[Decimal, Decimal]:
    """The range of salaries: the usual one, unless an end is given, and where that lies beyond, ten times or a tenth of it."""
    usual = Decimal(25_000 * units), Decimal(250_000 * units)
    if low is None:
        low = usual[0] if high is None or high > usual[0] else high / 10
    if high is None:
        high = usual[1] if low < usual[1] else low * 10
    bounds(low, high, 2)  # raises with the ends as they were given
    return low, high


def _ordered(lo: int, hi: int) -> tuple[int, int]:
    if lo > hi:
        raise ParameterError(f"`min` ({lo:,}) is above `max` ({hi:,})", "min")
    return lo, hi


def bounds(low: Decimal, high: Decimal, scale: int) -> tuple[int, int]:
    """The range in whole numbers of the last digit. Raises `ParameterError`."""
    if low > high:
        raise ParameterError(f"`min` ({low}) is above `max` ({high})", "min")
    lo = int((low.scaleb(scale)).to_integral_value(ROUND_CEILING))
    hi = int((high.scaleb(scale)).to_integral_value(ROUND_FLOOR))
    if lo > hi:
        raise ParameterError(f"there is no value with {scale} digits after the point between {low} and {high}", "min")
    if lo <= -_EXACT or hi >= _EXACT:
        raise ParameterError(f"`max` with {scale} digits after the point needs more than 18 digits", "max")
    return lo, hi
