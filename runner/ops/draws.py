"""Operations that draw: what a row gets by chance, from a key and a counter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.ops.base import ROW, Op


@dataclass(frozen=True)
class Uniform(Op):
    """Whole numbers in [lo, hi], both ends included, evenly (int64; hi - lo < 2^63)."""

    key: int
    lo: int
    hi: int
    at: Op = ROW


@dataclass(frozen=True)
class UniformBetween(Op):
    """Whole numbers in [lo, hi] with bounds that are operations; where lo > hi the answer is lo."""

    key: int
    lo: Op
    hi: Op
    at: Op = ROW


@dataclass(frozen=True)
class Shaped(Op):
    """Whole numbers in [lo, hi] of a shape, truncated to the range by quantiles, not by clipping.

    `shape` is normal (a = mean, b = standard deviation), lognormal (a = median,
    b = sigma of the logarithm), exponential (a = mean above lo), triangular (a = mode), pareto
    (a = smallest value, b = exponent) or weibull (a = scale, b = exponent). Parameters are exact
    decimals as text, in physical units.
    """

    key: int
    shape: Literal["normal", "lognormal", "exponential", "triangular", "pareto", "weibull"]
    lo: int
    hi: int
    a: str = ""
    b: str = ""
    at: Op = ROW


@dataclass(frozen=True)
class Weighted(Op):
    """Indices 0..len(weights)-1 with probability proportional to the whole-number weights."""

    key: int
    weights: tuple[int, ...]
    at: Op = ROW


@dataclass(frozen=True)
class PoolIndex(Op):
    """Indices into a pool, by the pool's own weights (even where it has none)."""

    key: int
    pool: str
    at: Op = ROW


@dataclass(frozen=True)
class Zipf(Op):
    """Ranks 0..n-1 with probability proportional to 1/(rank+1)^s; `s` as decimal text, 0 < s <= 4."""

    key: int
    n: int
    s: str
    at: Op = ROW


@dataclass(frozen=True)
class Permute(Op):
    """A keyed bijection of [0, n) applied to `of`; values of `of` must lie in [0, n)."""

    key: int
    n: int
    of: Op = ROW


@dataclass(frozen=True)
class PermuteWithin(Op):
    """A bijection of [0, n) for each value of `group`, applied to `of`; values of `of` must lie in [0, n)."""

    key: int
    n: int
    group: Op
    of: Op


@dataclass(frozen=True)
class Decade(Op):
    """A keyed bijection of the whole numbers >= 0 that keeps their number of decimal digits.

    Each of [0, 10), [10, 100), [100, 1000), … is permuted in itself (`runner.permute.permute_within_decade`).
    """

    key: int
    of: Op = ROW


@dataclass(frozen=True)
class Below(Op):
    """A uniform whole number in [0, of); null where `of` is 0 (`pick: earlier`)."""

    key: int
    of: Op = ROW


@dataclass(frozen=True)
class PersonSlots(Op):
    """The person of a row: one point of the 2^16 x 2^16 grid of name slots (physical int64 a * 2^16 + b).

    Rows 0..2^32-1 get distinct points by a permutation. Read with `Slot`.
    """

    key: int
    at: Op = ROW


@dataclass(frozen=True)
class Slot(Op):
    """One coordinate of `of` (a PersonSlots): the pool index of the name that owns the slot, or the
    slot's ordinal within that name's slug (`part="ordinal"`) or how many slots its slug owns (`"slots"`)."""

    pool: str
    half: Literal["first", "last"]
    of: Op
    part: Literal["index", "ordinal", "slots"] = "index"


@dataclass(frozen=True)
class Uuid(Op):
    """RFC 9562 version 4 text from two draws."""

    key: int
    at: Op = ROW


@dataclass(frozen=True)
class WeightBefore(Op):
    """How much weight the moments before `of` have: each second, or each day where `hours` is empty.

    A day weighs what its month (of 12) and its weekday (of 7, Monday first) weigh, multiplied; a second that
    times the weight of its hour (of 24). Counted from the year 1600; weights are whole numbers of at most 400.
    """

    of: Op
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    hours: tuple[int, ...] = ()


@dataclass(frozen=True)
class MomentAt(Op):
    """The inverse of `WeightBefore`: the second (the day where `hours` is empty) that has the unit of weight `of`."""

    of: Op
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    hours: tuple[int, ...] = ()


@dataclass(frozen=True)
class Python(Op):
    """The long tail: `provider` called with seeds derived from (key, row). Leaves the vector path.

    `provider` is `faker.<method>`, called once per row, which makes texts; or `plugin.<name>`, called once per row or
    block, which makes what it says. `params` are JSON text; `as_of` is what a provider of Faker takes for now (seconds
    since 1970-01-01T00:00:00Z).
    """

    key: int
    provider: str
    locale: str = "en_US"
    params: str = "{}"
    at: Op = ROW
    as_of: int = 1_735_689_600
