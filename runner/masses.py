"""Masses of distributions over whole numbers, worked out at plan time in exact arithmetic.

Where there are few values each has its own weight; else they are cut into bins, the finer the more mass and
width they have, and are even within a bin. Everything is `Decimal` or `int`, so plans are the same on every CPU.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

MOST_BINS = 1_024
MOST_VALUES = 20_000
_TOTAL = 1 << 56
_FIXED = 1 << 96
_NEGLIGIBLE = Decimal(1) / (1 << 70)
_HALF = Decimal("0.5")


class Bins(NamedTuple):
    """Ranges of whole numbers, both ends included, with whole-number weights above 0."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    weights: tuple[int, ...]


Cumulative = Callable[[int], Decimal]
"""The mass of all values below a whole number, in any unit."""


def cut(cumulative: Cumulative, lo: int, hi: int, most: int = MOST_BINS) -> Bins:
    """The values of [lo, hi] in at most `most` bins: always the one of the most mass times width is halved.

    Raises `ValueError` where [lo, hi] has no mass.
    """
    low, high = cumulative(lo), cumulative(hi + 1)
    open_, done = [_waiting(lo, hi + 1, low, high)], list[tuple[int, int, Decimal]]()
    while open_ and len(open_) + len(done) < most:
        _, start, stop, below, above = heapq.heappop(open_)
        if above <= below:
            continue
        if stop - start == 1:
            done.append((start, stop, above - below))
            continue
        middle = (start + stop) // 2
        between = cumulative(middle)
        heapq.heappush(open_, _waiting(start, middle, below, between))
        heapq.heappush(open_, _waiting(middle, stop, between, above))
    return _weighed([*done, *((start, stop, above - below) for _, start, stop, below, above in open_)])


def _waiting(start: int, stop: int, below: Decimal, above: Decimal) -> tuple[Decimal, int, int, Decimal, Decimal]:
    return -(above - below) * (stop - start - 1), start, stop, below, above


def _weighed(ranges: list[tuple[int, int, Decimal]]) -> Bins:
    total = sum((mass for _, _, mass in ranges), Decimal(0))
    if total <= 0:
        raise ValueError("no mass")
    kept = sorted((start, stop - 1, int(mass * _TOTAL / total)) for start, stop, mass in ranges)
    first, last, weights = zip(*((a, b, w) for a, b, w in kept if w > 0), strict=True)
    return Bins(first, last, weights)


Ratio = Callable[[int], Decimal]


def outwards(start: int, lo: int, hi: int, up: Ratio, down: Ratio) -> Bins:
    """One value a bin, from the most frequent one outwards until less than 2^-70 of it is left.

    `up(k)` is P(k + 1) / P(k), `down(k)` is P(k - 1) / P(k).
    """
    centre = min(max(start, lo), hi)
    masses = {centre: Decimal(1)}
    for step, ratio, end in ((1, up, hi), (-1, down, lo)):
        k, mass = centre, Decimal(1)
        while k != end and len(masses) < MOST_VALUES:
            mass *= ratio(k)
            k += step
            if mass < _NEGLIGIBLE:
                break
            masses[k] = mass
    return _weighed([(k, k + 1, mass) for k, mass in masses.items()])


@lru_cache(maxsize=64)
def bins_of(dist: str, lo: int, hi: int, a: str, b: str) -> Bins:
    """The bins of a distribution truncated to [lo, hi].

    poisson(a mean), binomial(a trials, b probability), geometric(a mean, counted from lo), gamma(a shape, b scale),
    beta(a, b over the range). Raises `ValueError` where [lo, hi] has no mass.
    """
    with localcontext() as context:
        context.prec = 34
        return _DISTRIBUTIONS[dist](lo, hi, Decimal(a), Decimal(b or 0))


def _poisson(lo: int, hi: int, mean: Decimal, _: Decimal) -> Bins:
    return outwards(int(mean), max(lo, 0), hi, lambda k: mean / (k + 1), lambda k: k / mean)


def _binomial(lo: int, hi: int, trials: Decimal, p: Decimal) -> Bins:
    n, odds = int(trials), p / (1 - p)
    return outwards(
        int((n + 1) * p), max(lo, 0), min(hi, n), lambda k: (n - k) * odds / (k + 1), lambda k: k / ((n - k + 1) * odds)
    )


def _geometric(lo: int, hi: int, mean: Decimal, _: Decimal) -> Bins:
    above = mean - lo
    stay = (above / (above + 1)).ln()
    return cut(lambda k: 1 - ((k - lo) * stay).exp(), lo, hi)


def _gamma(lo: int, hi: int, shape: Decimal, scale: Decimal) -> Bins:
    return cut(lambda k: lower_gamma(shape, max(Decimal(0), (k - _HALF) / scale)), lo, hi)


def _beta(lo: int, hi: int, a: Decimal, b: Decimal) -> Bins:
    return cut(lambda k: lower_beta(a, b, Decimal(k - lo) / (hi + 1 - lo)), lo, hi)


_DISTRIBUTIONS: dict[str, Callable[[int, int, Decimal, Decimal], Bins]] = {
    "poisson": _poisson,
    "binomial": _binomial,
    "geometric": _geometric,
    "gamma": _gamma,
    "beta": _beta,
}


def lower_gamma(a: Decimal, x: Decimal) -> Decimal:
    """The lower incomplete gamma function: x^a e^-x times the sum of x^n / (a (a+1) … (a+n)), all terms positive."""
    if x <= 0:
        return Decimal(0)
    far = a + 90 + 14 * a.sqrt()  # what lies beyond is below 2^-64 of the whole
    x = min(x, far)
    step, base = int(x * _FIXED), int(a * _FIXED)
    term = total = _FIXED
    number = 0
    while term:
        number += 1
        term = term * step // (base + number * _FIXED)
        total += term
    return (a * x.ln() - x).exp() * total / _FIXED / a


def lower_beta(a: Decimal, b: Decimal, x: Decimal) -> Decimal:
    """The incomplete beta function of x in [0, 1], not divided by the complete one (DLMF 8.17.8, from the nearer end)."""
    if x > _HALF:
        return _complete_beta(a, b) - _beta_series(b, a, 1 - x)
    return _beta_series(a, b, x)


@lru_cache(maxsize=64)
def _complete_beta(a: Decimal, b: Decimal) -> Decimal:
    return _beta_series(a, b, _HALF) + _beta_series(b, a, _HALF)


def _beta_series(a: Decimal, b: Decimal, x: Decimal) -> Decimal:
    if x <= 0:
        return Decimal(0)
    top, bottom, step = int((a + b) * _FIXED), int((a + 1) * _FIXED), int(x * _FIXED)
    term = total = _FIXED
    number = 0
    while term:
        term = (term * step // _FIXED) * (top + number * _FIXED) // (bottom + number * _FIXED)
        total += term
        number += 1
    return (a * x.ln() + b * (1 - x).ln()).exp() / a * total / _FIXED
