"""Digits of a drawn number, and the sums of them that check digits are made of."""

from __future__ import annotations

from collections.abc import Sequence

from runner.generators.compose import add, digits, divide, join, modulo, multiply, subtract
from runner.generators.registry import Made, Make
from runner.ops import Op, Values
from runner.types import STRING


def places(number: Op, width: int) -> list[Op]:
    """The decimal digits of a number below 10^width, from the left."""
    return [modulo(divide(number, 10**p), 10) for p in range(width - 1, -1, -1)]


def weighted_sum(of: Sequence[Op], weights: Sequence[int]) -> Op:
    """The sum of digits times weights."""
    total = multiply(of[0], weights[0])
    for digit, weight in zip(of[1:], weights[1:], strict=True):
        total = add(total, multiply(digit, weight))
    return total


def complement(total: Op, base: int) -> Op:
    """What is missing to the next multiple of the base, in [0, base)."""
    return modulo(subtract(base, modulo(total, base)), base)


def mark(index: Op, letters: str) -> Op:
    """The letter at the index."""
    return Values(tuple(letters), index)


def numbered(make: Make, low: int, high: int) -> tuple[Op, int]:
    """A number in [low, high), distinct when unique, and how many there are."""
    return add(make.index(high - low), low), high - low


def written(make: Make, size: int, *parts: str | Op) -> Made:
    """The parts as the text of a column that has so many values."""
    return Made(join(*parts), STRING, size, unique=make.unique)


__all__ = [
    "add",
    "complement",
    "digits",
    "divide",
    "join",
    "mark",
    "modulo",
    "multiply",
    "numbered",
    "places",
    "subtract",
    "weighted_sum",
    "written",
]
