"""Generators over a list of values that the schema gives: one after another, or several at once."""

from __future__ import annotations

from math import perm
from typing import Any

from runner.generators.choice import typed_values
from runner.generators.compose import add, divide, if_else, join, less, modulo
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Const, Op, Uniform, Values
from runner.types import STRING

_VALUES = Parameter("values", "list", "The values", required=True)
_MOST = 16
_MOST_NUMBERED = 2**62


@generator("choice.cycle", "The given values one after another, over and over", parameters=(
    _VALUES,
    Parameter("each", "int", "How many rows in a row have the same value", 1, minimum=1, maximum=2**40),
), keywords=("round robin", "fixed", "list", "rotate"))  # fmt: skip
def cycle(make: Make, values: list[Any], each: int = 1) -> Made:
    """Row i has value i div `each` mod n; distinct when there are as many values as rows and none stands twice."""
    typed, kind = typed_values(values)
    distinct = len(set(typed))
    once = make.rows <= len(typed) and distinct == len(typed) and each == 1
    if make.unique and not once:
        message = f"unique needs {make.rows:,} distinct values, but only {distinct:,} are listed"
        raise ParameterError(message, "values", code="UNIQUE_IMPOSSIBLE")
    turn = make.at if each == 1 else divide(make.at, each)
    return Made(Values(tuple(typed), modulo(turn, len(typed))), kind, distinct, unique=once)


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
    selections = perm(len(texts), size)
    code: list[Op] = _unique_code(make, len(texts), size) if make.unique else [
        Uniform(make.key(f"digit{k}"), 0, len(texts) - 1 - k, make.at) for k in range(size)
    ]  # fmt: skip
    parts: list[str | Op] = []
    for k in range(size):
        parts += [separator] * bool(k) + [Values(texts, _position(code[: k + 1]))]
    apart = not any(separator in text or not text for text in texts) if separator else len({len(text) for text in texts}) == 1
    if make.unique and not apart and size > 1:
        raise ParameterError("different selections may be the same text: a value is empty or holds the `separator`",
                             "separator", code="UNIQUE_IMPOSSIBLE")  # fmt: skip
    return Made(join(*parts), STRING, selections if apart or size == 1 else None, unique=make.unique)


def _unique_code(make: Make, values: int, size: int) -> list[Op]:
    """The digits of a Lehmer code that no other row has."""
    rest: Op = make.index(min(perm(values, size), _MOST_NUMBERED))
    code: list[Op] = []
    for k in range(size):
        code.append(modulo(rest, values - k))
        rest = divide(rest, values - k)
    return code


def _position(code: list[Op]) -> Op:
    """Where the last digit of a Lehmer code points: one further for each earlier digit that is not above it."""
    position: Op = code[-1]
    for earlier in reversed(code[:-1]):
        position = add(position, if_else(less(position, earlier), Const(0), Const(1)))
    return position
