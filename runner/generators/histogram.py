"""Numbers that follow data: a histogram, quantiles, or a sample of values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from runner.generators.choice import whole_weights
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.generators.shapes import within
from runner.masses import Bins
from runner.ops import Values
from runner.types import BIGINT, INT, Type, decimal

_INT32 = 2**31
_EXACT = 10**18
_MOST_DIGITS = 12
_SCALE = Parameter(
    "scale", "int", "Digits after the point; by default as many as the given numbers have", minimum=0, maximum=_MOST_DIGITS
)
_EXAMPLE_BINS = [[0, 10, 5], [10, 20, 3], [20, 50, 1]]
_EXAMPLE_VALUES = [12, 15, 15, 18, 21, 34]


@generator(
    "number.histogram",
    "A number by the bins of a histogram: a bin by its weight, and evenly within it",
    output="int",
    parameters=(
        Parameter(
            "bins", "list", "Lists of from, to and weight; `to` belongs to the next bin, in the last one to itself", _EXAMPLE_BINS
        ),
        Parameter("edges", "list", "Instead of `bins`: the edges of neighbouring bins, one more than `weights`"),
        Parameter("weights", "list", "The weights of the bins between the `edges`"),
        _SCALE,
    ),
    keywords=("bins", "empirical", "distribution", "frequencies"),
)
def histogram(make: Make, bins: list[Any], edges: list[Any] | None, weights: list[Any] | None, scale: int | None) -> Made:
    """Whole numbers of the last digit; bins in rising order, gaps between them allowed."""
    if (edges is None) != (weights is None):
        raise ParameterError("`edges` and `weights` are given together", "weights" if weights is None else "edges")
    if edges is not None and weights is not None:
        if len(edges) != len(weights) + 1:
            raise ParameterError(f"{len(weights)} bins need {len(weights) + 1} edges, not {len(edges)}", "edges")
        bins = [[low, high, weight] for (low, high), weight in zip(pairwise(edges), weights, strict=True)]
    lows, highs, shares = _columns(bins)
    digits = _digits((*lows, *highs), scale, "bins")
    return _made(make, _bins(_physical(lows, digits, "bins"), _physical(highs, digits, "bins"), shares, "bins"), digits)


def _columns(bins: Sequence[Any]) -> tuple[list[Decimal], list[Decimal], list[Any]]:
    rows = [json.loads(row) if isinstance(row, str) and row.lstrip().startswith("[") else row for row in bins]
    if not rows or not all(isinstance(row, list | tuple) and len(row) == 3 for row in rows):
        raise ParameterError("`bins` must be a list of [from, to, weight], such as [[0, 10, 5], [10, 20, 3]]", "bins")
    return _numbers([row[0] for row in rows], "bins"), _numbers([row[1] for row in rows], "bins"), [row[2] for row in rows]


def _bins(lows: Sequence[int], highs: Sequence[int], weights: Sequence[Any], parameter: str) -> Bins:
    """Half-open bins, the last one closed; those without width are a single value. Raises `ParameterError`."""
    for number, ((low, high), following) in enumerate(zip(zip(lows, highs, strict=True), (*lows[1:], highs[-1]), strict=True)):
        if low > high or high > following:
            raise ParameterError(f"bin {number + 1} of `{parameter}` does not end before the next begins", parameter)
    try:
        whole = whole_weights(list(weights))
    except ParameterError as error:
        raise ParameterError(f"`{parameter}`: {error}", parameter, code=error.code) from None
    ends = [*(max(high - 1, low) for low, high in zip(lows[:-1], highs[:-1], strict=True)), highs[-1]]
    kept = [(low, end, weight) for low, end, weight in zip(lows, ends, whole, strict=True) if weight]
    return Bins(*(tuple(column) for column in zip(*kept, strict=True)))


@generator(
    "number.empirical",
    "A number as often as in given data: a sample of values, or quantiles",
    output="int",
    parameters=(
        Parameter("values", "list", "The sample; a value that stands there twice comes twice as often", _EXAMPLE_VALUES),
        Parameter("between", "bool", "Also the numbers between neighbouring values of the sample, evenly", False),
        Parameter(
            "quantiles", "map", "Instead of `values`: a map of shares to values, from 0 to 1: {0: 5, 0.5: 20, 0.9: 60, 1: 200}"
        ),
        _SCALE,
    ),
    keywords=("sample", "quantiles", "percentiles", "bootstrap", "distribution"),
)
def empirical(make: Make, values: list[Any], between: bool, quantiles: dict[Any, Any] | None, scale: int | None) -> Made:
    """Values of the sample by frequency, or even between neighbouring ones or quantiles."""
    if quantiles is not None:
        return _by_quantiles(make, quantiles, scale)
    sample = _numbers(values, "values")
    if not sample:
        raise ParameterError("`values` must be a list of at least one number", "values")
    digits = _digits(sample, scale, "values")
    ordered = sorted(_physical(sample, digits, "values"))
    if between and len(ordered) > 1:
        return _made(make, _bins(ordered[:-1], ordered[1:], [1] * (len(ordered) - 1), "values"), digits)
    counts = sorted(Counter(ordered).items())
    single = tuple(value for value, _ in counts)
    return _made(make, Bins(single, single, tuple(count for _, count in counts)), digits)


def _by_quantiles(make: Make, quantiles: dict[Any, Any], scale: int | None) -> Made:
    shares, values = _numbers(quantiles, "quantiles"), _numbers(quantiles.values(), "quantiles")
    points = sorted(zip(shares, values, strict=True))
    if len(points) < 2 or points[0][0] != 0 or points[-1][0] != 1 or len({share for share, _ in points}) < len(points):
        raise ParameterError("`quantiles` must be a map of shares to values that begins with 0 and ends with 1", "quantiles")
    digits = _digits(values, scale, "quantiles")
    physical = _physical([value for _, value in points], digits, "quantiles")
    weights = [str(high - low) for (low, _), (high, _) in pairwise(points)]
    return _made(make, _bins(physical[:-1], physical[1:], weights, "quantiles"), digits)


def _numbers(given: Iterable[Any], parameter: str) -> list[Decimal]:
    found = []
    for item in given:
        try:
            number = Decimal(str(item).strip())
        except InvalidOperation:
            number = Decimal("nan")
        if isinstance(item, bool) or not number.is_finite():
            raise ParameterError(f"`{parameter}` must hold numbers, not {item!r}", parameter)
        found.append(number)
    return found


def _digits(numbers: Iterable[Decimal], scale: int | None, parameter: str) -> int:
    """The digits after the point that were asked for, or that the numbers have."""
    if scale is not None:
        return scale
    found = max((-int(number.normalize().as_tuple().exponent) for number in numbers if number), default=0)
    if found > _MOST_DIGITS:
        raise ParameterError(f"`{parameter}` has numbers with more than {_MOST_DIGITS} digits after the point", parameter)
    return max(found, 0)


def _physical(numbers: Iterable[Decimal], digits: int, parameter: str) -> list[int]:
    found = [int(number.scaleb(digits).to_integral_value()) for number in numbers]
    if any(abs(number) >= _EXACT for number in found):
        raise ParameterError(f"`{parameter}` with {digits} digits after the point needs more than 18 digits", parameter)
    return found


def _made(make: Make, bins: Bins, digits: int) -> Made:
    """The column. Single values can be unique, each once; those within bins cannot follow them and be unique."""
    low, high = min(bins.first), max(bins.last)
    kind: Type = decimal(18, digits) if digits else INT if low >= -_INT32 and high < _INT32 else BIGINT
    if bins.first == bins.last:
        op = Values(bins.first, make.index(len(bins.first))) if make.unique else within(make, bins)
        return Made(op, kind, len(bins.first), unique=make.unique)
    if make.unique:
        message = "unique values cannot follow bins by their weights: each may come only once"
        raise ParameterError(message, code="UNIQUE_IMPOSSIBLE")
    return Made(within(make, bins), kind, None)
