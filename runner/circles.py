"""Sines and cosines for plan-time tables, in exact decimals: the same digits on every computer."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
_DIGITS = 40


def sine(x: Decimal) -> Decimal:
    """The sine of an angle in radians, to some 30 digits."""
    with localcontext() as context:
        context.prec = _DIGITS + 10
        x = x % (2 * PI)
        term = total = x
        number = 1
        while abs(term) > Decimal(10) ** -_DIGITS:
            number += 2
            term *= -x * x / (number * (number - 1))
            total += term
        return total


def cosine(x: Decimal) -> Decimal:
    """The cosine of an angle in radians."""
    return sine(x + PI / 2)


def arc_cosine(x: Decimal) -> Decimal:
    """The angle in [0, pi] that has the cosine x; x is cut to [-1, 1]. By Newton's method on the half angle."""
    with localcontext() as context:
        context.prec = _DIGITS
        if x <= -1:
            return +PI
        if x >= 1:
            return Decimal(0)
        return 2 * _arc_sine(((1 - x) / 2).sqrt())


def _arc_sine(x: Decimal) -> Decimal:
    """Of 0 < x < 1; above 0.8 by the other angle, where the sine is steep."""
    if x > Decimal("0.8"):
        return PI / 2 - _arc_sine((1 - x * x).sqrt())
    angle = x
    for _ in range(8):
        step = (sine(angle) - x) / cosine(angle)
        angle -= step
        if abs(step) < Decimal(10) ** -(_DIGITS // 2):
            break
    return angle


def radians(degrees: Decimal) -> Decimal:
    """Degrees as radians."""
    return degrees * PI / 180


@lru_cache(maxsize=64)
def cosine_table(nodes: int, height: int, peak: Fraction) -> tuple[int, ...]:
    """`height` times the cosine at equal distances over one turn, highest at `peak` (a share of the turn), rounded."""
    with localcontext() as context:
        context.prec = _DIGITS
        turn = 2 * PI / nodes
        twice = 2 * cosine(turn)
        start = -2 * PI * peak.numerator / peak.denominator
        before, here, found = cosine(start - turn), cosine(start), list[int]()
        for _ in range(nodes):
            found.append(int((height * here).to_integral_value()))
            before, here = here, twice * here - before
        return tuple(found)
