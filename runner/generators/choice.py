"""One of a list of values, evenly or by weight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Const, Op, Scalar, Values, Weighted
from runner.types import BIGINT, BOOL, FLOAT, JSON, STRING, Type

_WEIGHT_LIMIT = 10**9


@generator(
    "choice.choice",
    "One of the given values, evenly or by weight",
    category="choice",
    parameters=(
        Parameter("values", "any", "A list, or a map of values to relative weights (`free: 80, pro: 20`)", required=True),
        Parameter("weights", "list", "The weights of a list of values; for values that a map cannot hold, such as null or lists"),
    ),
    keywords=("enum", "weights", "pick", "one of", "category"),
)
def choice(make: Make, values: Any, weights: list[Any] | None) -> Made:
    """The values keep their kind: whole numbers, decimals, booleans, text, with lists or maps JSON. Null may be one of them."""
    options, shares = _options(values)
    if weights is not None:
        shares = _beside(values, options, weights)
    typed, kind = typed_values(options, nested=True)
    if len(set(typed)) < len(typed):
        raise ParameterError("`values` holds a value twice", "values")
    if make.unique and None in typed:
        raise ParameterError("unique values cannot be null", "values", code="UNIQUE_IMPOSSIBLE")
    index = make.index(len(typed)) if make.unique or len(set(shares)) == 1 else Weighted(make.key("index"), shares, make.at)
    op: Op = Values(tuple(typed), index) if len(typed) > 1 else _constant(typed[0], kind)
    return Made(op, kind, len(typed), unique=make.unique)


def _beside(values: Any, options: list[Any], weights: list[Any]) -> tuple[int, ...]:
    """The weights that stand beside a list of values."""
    if isinstance(values, Mapping) or len(weights) != len(options):
        raise ParameterError(f"`weights` needs a list of values and one weight for each of the {len(options)}", "weights")
    try:
        return whole_weights(weights)
    except ParameterError as error:
        error.parameter = "weights"
        raise


def _constant(value: Scalar, kind: Type) -> Const:
    name = {"bigint": "int", "float": "float", "bool": "bool"}.get(kind.kind, "string")
    return Const(value, name)  # type: ignore[arg-type]


def _options(values: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The values and their whole-number weights."""
    if isinstance(values, str):
        values = json.loads(values) if values.lstrip()[:1] in ("[", "{") else _written(values)
    if isinstance(values, list | tuple) and values:
        return list(values), (1,) * len(values)
    if isinstance(values, Mapping) and values:
        return list(values), whole_weights(list(values.values()))
    raise ParameterError("`values` must be a list of values or a map of values to weights, with at least one entry", "values")


def _written(text: str) -> Any:
    """`a,b,c`, or `a:80,b:20` (also with =)."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    separator = next((mark for mark in ":=" if parts and all(mark in part for part in parts)), "")
    return dict(part.rsplit(separator, 1) for part in parts) if separator else parts


def whole_weights(weights: list[Any]) -> tuple[int, ...]:
    """Relative weights (numbers >= 0, not all 0) as whole numbers. Raises `ParameterError`."""
    try:
        exact = [Decimal(str(weight).strip().removesuffix("%")) for weight in weights]
    except InvalidOperation:
        raise ParameterError("weights must be numbers", "values") from None
    if any(not weight.is_finite() or weight < 0 for weight in exact):
        raise ParameterError("weights must be 0 or more", "values")
    total = sum(exact)
    if total == 0:
        raise ParameterError("all weights are 0", "values", code="WEIGHTS_ZERO")
    if all(weight == weight.to_integral_value() for weight in exact) and total < _WEIGHT_LIMIT:
        return tuple(int(weight) for weight in exact)
    return tuple(max(int(weight * _WEIGHT_LIMIT / total), 1 if weight else 0) for weight in exact)


def typed_values(options: list[Any], *, nested: bool = False) -> tuple[list[Scalar], Type]:
    """Values of one kind, and that kind; mixed ones become text. `nested` allows null, lists and maps."""
    if nested and any(option is None or isinstance(option, dict | list) for option in options):
        return _nested(options)
    if all(isinstance(option, bool) for option in options):
        return list(options), BOOL
    numbers = [option for option in options if isinstance(option, int | float) and not isinstance(option, bool)]
    if len(numbers) == len(options):
        if all(isinstance(option, int) for option in options):
            return list(options), BIGINT
        return [float(option) for option in options], FLOAT
    if any(isinstance(option, dict | list) or option is None for option in options):
        raise ParameterError("`values` must be numbers, booleans or texts; use null_rate for nulls", "values")
    return [str(option).lower() if isinstance(option, bool) else str(option) for option in options], STRING


def _nested(options: list[Any]) -> tuple[list[Scalar], Type]:
    """With lists or maps all are JSON texts; null stays null."""
    given = [option for option in options if option is not None]
    if not given:
        raise ParameterError("`values` must hold more than null", "values")
    if any(isinstance(option, dict | list) for option in given):
        texts: list[Scalar] = [json.dumps(option, ensure_ascii=False, default=str, separators=(",", ":")) for option in given]
        kind = JSON
    else:
        texts, kind = typed_values(given)
    found = iter(texts)
    return [None if option is None else next(found) for option in options], kind
