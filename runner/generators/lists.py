"""Generators over a list of values that the schema gives: one after another, or several at once."""

from __future__ import annotations

from typing import Any

from runner.generators.choice import typed_values
from runner.generators.compose import add, if_else, join, less, modulo
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Const, Op, Uniform, Values
from runner.types import STRING

_VALUES = Parameter("values", "list", "The values", required=True)
_MOST = 16


@generator("choice.cycle", "The given values one after another, over and over", parameters=(_VALUES,),
           keywords=("round robin", "fixed", "list", "rotate"))  # fmt: skip
def cycle(make: Make, values: list[Any]) -> Made:
    """Row i has value i mod n; distinct when there are as many values as rows and none stands twice."""
    typed, kind = typed_values(values)
    distinct = len(set(typed))
    once = make.rows <= len(typed) and distinct == len(typed)
    if make.unique and not once:
        message = f"unique needs {make.rows:,} distinct values, but only {distinct:,} are listed"
        raise ParameterError(message, "values", code="UNIQUE_IMPOSSIBLE")
    return Made(Values(tuple(typed), modulo(make.at, len(typed))), kind, distinct, unique=once)


@generator("choice.sample", "Several different ones of the given values, joined", parameters=(
    _VALUES,
    Parameter("size", "int", "How many", 2, minimum=1, maximum=_MOST),
    Parameter("separator", "string", "What stands between them", " "),
), keywords=("several", "tags", "words", "without replacement"))  # fmt: skip
def sample(make: Make, values: list[Any], size: int, separator: str) -> Made:
    """Every ordered selection equally often: the digits of a Lehmer code, each drawn evenly, give the positions."""
    texts = tuple(str(value) for value in values)
    if len(set(texts)) < len(texts):
        raise ParameterError("`values` holds a value twice", "values")
    if size > len(texts):
        raise ParameterError(f"`size` is {size}, but there are only {len(texts)} values", "size")
    if make.unique:
        raise ParameterError("choice.sample cannot be unique", "unique", code="UNIQUE_IMPOSSIBLE")
    code = [Uniform(make.key(f"digit{k}"), 0, len(texts) - 1 - k, make.at) for k in range(size)]
    parts: list[str | Op] = []
    for k in range(size):
        parts += [separator] * bool(k) + [Values(texts, _position(code[: k + 1]))]
    return Made(join(*parts), STRING)


def _position(code: list[Uniform]) -> Op:
    """Where the last digit of a Lehmer code points: one further for each earlier digit that is not above it."""
    position: Op = code[-1]
    for earlier in reversed(code[:-1]):
        position = add(position, if_else(less(position, earlier), Const(0), Const(1)))
    return position
