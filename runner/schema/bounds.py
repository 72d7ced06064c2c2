"""Bounds of values, and how functions change them: interval arithmetic over whole numbers and lengths of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

LOWEST: Final = -(2**63)
HIGHEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Whole numbers lie in [low, high], text has at most `length` characters; None: not known.

    `depth` is how many operations stand above one another, those of other columns included.
    """

    low: int | None = None
    high: int | None = None
    nullable: bool = False
    length: int | None = None
    depth: int = 1

    @property
    def fits(self) -> bool:
        """False when it is proven that 64 bits do not hold every value that may come."""
        return (self.low is None or self.low >= LOWEST) and (self.high is None or self.high <= HIGHEST)


def times(number: int | None, factor: int) -> int | None:
    """A bound times a constant."""
    return None if number is None else number * factor


def shrink(number: int | None, factor: int) -> int | None:
    """A bound divided by a constant, rounded half away from zero."""
    return None if number is None else (abs(number) + factor // 2) // factor * (1 if number >= 0 else -1)


def _span(numbers: list[int | None]) -> Facts:
    known = [n for n in numbers if n is not None]
    return Facts(min(known), max(known)) if len(known) == len(numbers) else Facts()


def _add(args: list[Facts]) -> Facts:
    low, high = [a.low for a in args], [a.high for a in args]
    return Facts(
        None if None in low else sum(n for n in low if n is not None),
        None if None in high else sum(n for n in high if n is not None),
    )


def _negate(args: list[Facts]) -> Facts:
    return Facts(times(args[0].high, -1), times(args[0].low, -1))


def _subtract(args: list[Facts]) -> Facts:
    return _add([args[0], _negate(args[1:])])


def _multiply(args: list[Facts]) -> Facts:
    ends = [(a.low, a.high) for a in args]
    return _span([None if x is None or y is None else x * y for x in ends[0] for y in ends[1]])


def _share(args: list[Facts]) -> Facts:
    high = args[1].high
    return Facts(0, high) if args[1].low is not None and args[1].low >= 0 else Facts()


def _absolute(args: list[Facts]) -> Facts:
    low, high = args[0].low, args[0].high
    return Facts(0, None if low is None or high is None else max(abs(low), abs(high)))


def _modulo(args: list[Facts]) -> Facts:
    low, high = args[1].low, args[1].high
    return Facts(0, high - 1) if low is not None and low > 0 and high is not None else Facts()


def _floor_divide(args: list[Facts]) -> Facts:
    divisor = args[1].low
    if divisor is None or divisor != args[1].high or divisor <= 0:
        return Facts()
    low, high = args[0].low, args[0].high
    return Facts(None if low is None else low // divisor, None if high is None else high // divisor)


def _either(args: list[Facts]) -> Facts:
    lengths = [a.length for a in args]
    length = None if None in lengths else max((n for n in lengths if n is not None), default=None)
    span = _span([n for a in args for n in (a.low, a.high)]) if args else Facts()
    return replace(span, length=length)


def _same_length(args: list[Facts]) -> Facts:
    return Facts(length=args[0].length)


def _between(low: int, high: int) -> Callable[[list[Facts]], Facts]:
    return lambda args: Facts(low, high)


CALLS: Final[Mapping[str, Callable[[list[Facts]], Facts]]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "negate": _negate, "absolute": _absolute,
    "integer_divide": _floor_divide, "share": _share, "modulo": _modulo, "minimum": _either, "maximum": _either,
    "if_else": lambda args: _either(args[1:]), "choose": lambda args: _either(args[1:]), "coalesce": _either,
    "trim": _same_length, "reverse": _same_length, "lower": _same_length, "upper": _same_length, "title": _same_length,
    "length": lambda args: Facts(0, args[0].length), "luhn": _between(0, 9),
    "year": _between(-9_999, 9_999), "month": _between(1, 12), "day": _between(1, 31), "quarter": _between(1, 4),
    "weekday": _between(1, 7), "week": _between(1, 53), "day_of_year": _between(1, 366),
}  # fmt: skip
"""What each function of the engine makes of the bounds of its arguments; nulls aside."""
