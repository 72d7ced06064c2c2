"""Shaped distributions: tables made at plan time in exact arithmetic, looked up per row.

A quantile table has nodes at p = 2^-(o+2) * (1 + i/32) for octaves o = 0..52 in each tail, so that
far tails keep their shape; between nodes the value is linear. Per row only comparisons, integer
operations and float64 `+`, `*` and `floor` are done, which give the same bits on every CPU.
"""

from __future__ import annotations

import itertools
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from importlib import resources
from math import isqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from runner.draws import I64, U64, bits, bounded, derive_key, high_word, high_word_each

F64 = npt.NDArray[np.float64]
OCTAVES, STEPS = 53, 32
_TAIL = OCTAVES * STEPS


@lru_cache(maxsize=1)
def _normal_nodes() -> tuple[Decimal, ...]:
    data = json.loads(resources.files("runner").joinpath("data/normal.json").read_text())
    return tuple(Decimal(n) / (1 << data["scale_bits"]) for n in data["nodes"])


def _node_probability(number: int) -> Decimal:
    octave, step = divmod(number, STEPS)
    return Decimal(STEPS + step) / STEPS / (1 << (octave + 2))


@lru_cache(maxsize=1)
def _lower() -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Probabilities ascending to 0.5 and the normal quantiles there."""
    order = sorted(range(_TAIL), key=_node_probability)
    ps = (*(_node_probability(i) for i in order), Decimal("0.5"))
    return ps, (*(_normal_nodes()[i] for i in order), Decimal(0))


def normal_quantile(p: Decimal) -> Decimal:
    """The standard normal quantile at 0 < p < 1 (linear between nodes; clamped beyond 2^-54)."""
    if p > Decimal("0.5"):
        return -normal_quantile(1 - p)
    ps, zs = _lower()
    return _between(ps, zs, p)


def normal_probability(z: Decimal) -> Decimal:
    """The inverse of `normal_quantile`."""
    if z > 0:
        return 1 - normal_probability(-z)
    ps, zs = _lower()
    return _between(zs, ps, z)


def _between(xs: Sequence[Decimal], ys: Sequence[Decimal], x: Decimal) -> Decimal:
    i = min(max(bisect_right(xs, x) - 1, 0), len(xs) - 2)
    if x <= xs[0]:
        return ys[0]
    return ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i])


class Table(NamedTuple):
    """Value and slope at each node: index [tail, node], lower tail first; nodes from the middle outwards."""

    value: F64
    slope: F64


Quantile = Callable[[Decimal], Decimal]


def quantile_functions(shape: str, lo: int, hi: int, a: str, b: str) -> tuple[Quantile, Decimal, Decimal]:
    """The quantile function of a shape and the probabilities at lo - 1/2 and hi + 1/2.

    normal(a mean, b standard deviation), lognormal(a median, b sigma of the logarithm),
    exponential(a mean above lo), triangular(a mode), pareto(a smallest value, b exponent),
    weibull(a scale, b exponent).
    """
    low, high = Decimal(lo) - Decimal("0.5"), Decimal(hi) + Decimal("0.5")
    first = Decimal(a)
    if shape == "normal":
        deviation = Decimal(b)
        return (
            lambda p: first + deviation * normal_quantile(p),
            normal_probability((low - first) / deviation),
            normal_probability((high - first) / deviation),
        )
    if shape == "lognormal":
        sigma = Decimal(b)
        floor = normal_probability((low / first).ln() / sigma) if low > 0 else Decimal(0)
        return lambda p: first * (sigma * normal_quantile(p)).exp(), floor, normal_probability((high / first).ln() / sigma)
    if shape == "exponential":
        return lambda p: low - first * (1 - p).ln(), Decimal(0), 1 - (-(high - low) / first).exp()
    if shape == "triangular":
        return _triangular(low, first, high), Decimal(0), Decimal(1)
    if shape in ("pareto", "weibull"):
        return _power(shape, first, Decimal(b), low, high)
    raise ValueError(f"unknown shape {shape!r}")


def _power(shape: str, scale: Decimal, exponent: Decimal, low: Decimal, high: Decimal) -> tuple[Quantile, Decimal, Decimal]:
    """Pareto, 1 - (scale / x)^exponent, and Weibull, 1 - exp(-(x / scale)^exponent)."""
    if shape == "pareto":
        return (
            lambda p: scale * (-(1 - p).ln() / exponent).exp(),
            Decimal(0) if low <= scale else 1 - ((scale / low).ln() * exponent).exp(),
            1 - ((scale / high).ln() * exponent).exp(),
        )

    def probability(x: Decimal) -> Decimal:
        return Decimal(0) if x <= 0 else 1 - (-((x / scale).ln() * exponent).exp()).exp()

    return lambda p: scale * ((-(1 - p).ln()).ln() / exponent).exp(), probability(low), probability(high)


def _triangular(low: Decimal, mode: Decimal, high: Decimal) -> Quantile:
    cut = (mode - low) / (high - low)

    def quantile(p: Decimal) -> Decimal:
        if p < cut:
            return low + (p * (high - low) * (mode - low)).sqrt()
        return high - ((1 - p) * (high - low) * (high - mode)).sqrt()

    return quantile


@lru_cache(maxsize=128)
def quantile_table(shape: str, lo: int, hi: int, a: str, b: str) -> Table:
    """Nodes of a shape truncated to [lo, hi] (some 40 ms)."""
    with localcontext() as context:
        context.prec = 28
        quantile, p_low, p_high = quantile_functions(shape, lo, hi, a, b)
        span = p_high - p_low
        inside = [min(max(_node_probability(i), Decimal(0)), Decimal(1)) for i in range(_TAIL)]
        lower = [quantile(_open(p_low + span * p)) for p in inside]
        upper = [quantile(_open(p_high - span * p)) for p in inside]
        middle = quantile(_open(p_low + span / 2))
    value = np.array([[float(v) for v in lower], [float(v) for v in upper]])
    # within an octave p grows with the step; the last step ends at the first of the octave before
    ends = np.empty_like(value)
    ends[:, :-1] = value[:, 1:]
    ends[:, STEPS - 1 :: STEPS] = np.concatenate((np.full((2, 1), float(middle)), value[:, ::STEPS][:, :-1]), axis=1)
    return Table(value, ends - value)


def _open(p: Decimal) -> Decimal:
    tiny = Decimal(1) / (1 << 60)
    return min(max(p, tiny), 1 - tiny)


_MANTISSA = np.uint64((1 << 47) - 1)
_ONE = np.uint64(1)


def shaped(key: int, at: I64, shape: str, lo: int, hi: int, a: str, b: str) -> I64:
    """Draws of a shape in [lo, hi].

    The lowest bit of the 64 chooses the tail; the other 63, made odd, are p * 2^64 as float64, whose
    exponent and first five fraction bits are the node and whose last 47 bits the place behind it.
    """
    table = quantile_table(shape, lo, hi, a, b)
    x = bits(key, at)
    tail = (x & _ONE).view(np.int64)
    p = ((x >> np.uint64(11)) | _ONE).astype(np.float64)  # in [1, 2^53)
    raw = p.view(np.uint64)
    octave_step = (raw >> np.uint64(47)).view(np.int64)  # exponent * 32 + step
    exponent, step = octave_step >> 5, octave_step & 31
    node = (1023 + 52 - exponent) * STEPS + step
    node += tail * _TAIL
    behind = (raw & _MANTISSA).astype(np.float64) * 2.0**-47
    y = table.value.ravel()[node] + table.slope.ravel()[node] * behind
    return np.clip(np.floor(y + 0.5), lo, hi).astype(np.int64)


class Alias(NamedTuple):
    """Vose's alias table with 64-bit thresholds."""

    n: int
    threshold: U64
    alias: I64


@lru_cache(maxsize=256)
def alias_table(weights: tuple[int, ...]) -> Alias:
    """The table of whole-number weights, at least one positive (Vose 1991), in integers."""
    n, total = len(weights), sum(weights)
    scaled = [w * n for w in weights]
    small = [i for i in range(n - 1, -1, -1) if scaled[i] < total]
    large = [i for i in range(n - 1, -1, -1) if scaled[i] >= total]
    threshold, alias = [(1 << 64) - 1] * n, list(range(n))
    while small and large:
        less, more = small.pop(), large[-1]
        threshold[less] = (scaled[less] << 64) // total
        alias[less] = more
        scaled[more] -= total - scaled[less]
        if scaled[more] < total:
            small.append(large.pop())
    return Alias(n, np.array(threshold, dtype=np.uint64), np.array(alias, dtype=np.int64))


def weighted(key: int, at: I64, weights: tuple[int, ...]) -> I64:
    """Indices by weight: the high word of bits * n is the column, the low word its coin."""
    table = alias_table(weights)
    x = bits(key, at)
    column = high_word(x, table.n).view(np.int64)
    x *= np.uint64(table.n)
    return np.where(x < table.threshold[column], column, table.alias[column])


_HEAD, _PER_OCTAVE = 1_024, 64


@lru_cache(maxsize=32)
def zipf_table(n: int, s: str) -> tuple[tuple[int, ...], I64, U64]:
    """Weights, first rank and width of each bucket: 1,024 single ranks, then 64 buckets an octave."""
    edges = list(range(min(n, _HEAD) + 1))
    octave = _HEAD
    while edges[-1] < n:
        edges += [e for e in (octave + octave * i // _PER_OCTAVE for i in range(1, _PER_OCTAVE + 1)) if edges[-1] < e < n]
        octave *= 2
        if octave >= n:
            edges.append(n)
            break
    with localcontext() as context:
        context.prec = 25
        exponent = Decimal(s)
        singles = _powers(min(n, _HEAD), -exponent)
        weights = singles + _masses(edges[len(singles) :], exponent)
        scale = (1 << 56) / max(weights)
        whole = tuple(max(int(w * scale), 1) for w in weights)
    first = np.array(edges[:-1], dtype=np.int64)
    return whole, first, np.diff(np.array(edges, dtype=np.int64)).view(np.uint64)


def _powers(n: int, exponent: Decimal) -> list[Decimal]:
    """The powers of 1 to n, those of products from those of their factors (five digits more than are asked for)."""
    least = list(range(n + 1))
    for prime in range(2, isqrt(n) + 1):
        for multiple in range(prime * prime, n + 1, prime):
            least[multiple] = min(least[multiple], prime)
    found = [Decimal(1)] * (n + 1)
    with localcontext() as context:
        context.prec += 5
        for number in range(2, n + 1):
            factor = least[number]
            found[number] = Decimal(number) ** exponent if factor == number else found[factor] * found[number // factor]
    return [+power for power in found[1:]]


def _masses(edges: list[int], s: Decimal) -> list[Decimal]:
    """What buckets of ranks weigh: the integral of x^-s by the midpoint rule, a bucket of one rank its own power."""
    halves = [edge + Decimal("0.5") for edge in edges]
    if s == 1:
        found = [(high / low).ln() for low, high in itertools.pairwise(halves)]
    else:
        powers = [half ** (1 - s) for half in halves]
        found = [(high - low) / (1 - s) for low, high in itertools.pairwise(powers)]
    return [Decimal(b) ** -s if b - a == 1 else mass for (a, b), mass in zip(itertools.pairwise(edges), found, strict=True)]


def zipf(key: int, at: I64, n: int, s: str) -> I64:
    """Ranks in [0, n) with probability proportional to (rank + 1)^-s."""
    weights, first, width = zipf_table(n, s)
    bucket = weighted(key, at, weights)
    inside = bits(derive_key(key, "inside"), at)
    return first[bucket] + high_word_each(inside, width[bucket]).view(np.int64)


__all__ = ["alias_table", "bounded", "quantile_table", "shaped", "weighted", "zipf", "zipf_table"]
