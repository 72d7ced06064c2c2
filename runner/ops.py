"""The closed set of operations that a column's tree is built from.

Operations are frozen dataclasses, and two equal operations are one computation: the engine does
each once per block, so `first_name` and `email` of a row see the same person because both trees
contain the same draw. `key` fields are 64-bit integers from `runner.draws.derive_key`. The
counter of a draw, `at`, is any integer operation; `Row()` unless said otherwise. Every operation
yields *physical* values (see `runner.types`); nulls propagate through all of them.

What each one computes, to the last bit, is said at its function in `runner.operations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.types import Type

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Op:
    """An operation: a vector of row numbers in, an Arrow array of the same length out."""

    def __init_subclass__(cls) -> None:
        """Register the operation under its lower-case name."""
        OPERATIONS[cls.__name__.lower()] = cls


OPERATIONS: dict[str, type[Op]] = {}


@dataclass(frozen=True)
class Row(Op):
    """The row's number in its table, from 0 (int64)."""


@dataclass(frozen=True)
class Attempt(Op):
    """The row's number, and 2^48 more for each time the row was drawn again to satisfy the checks of a group."""

    group: int = 0


@dataclass(frozen=True)
class Const(Op):
    """One value on every row. `kind` is int, float, bool, string or null of that type."""

    value: Scalar
    kind: Literal["int", "float", "bool", "string"] = "int"


@dataclass(frozen=True)
class Uniform(Op):
    """Whole numbers in [lo, hi], both ends included, evenly (int64; hi - lo < 2^63)."""

    key: int
    lo: int
    hi: int
    at: Op = Row()


@dataclass(frozen=True)
class UniformBetween(Op):
    """Whole numbers in [lo, hi] with bounds that are operations; where lo > hi the answer is lo."""

    key: int
    lo: Op
    hi: Op
    at: Op = Row()


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
    at: Op = Row()


@dataclass(frozen=True)
class Weighted(Op):
    """Indices 0..len(weights)-1 with probability proportional to the whole-number weights."""

    key: int
    weights: tuple[int, ...]
    at: Op = Row()


@dataclass(frozen=True)
class PoolIndex(Op):
    """Indices into a pool, by the pool's own weights (even where it has none)."""

    key: int
    pool: str
    at: Op = Row()


@dataclass(frozen=True)
class Zipf(Op):
    """Ranks 0..n-1 with probability proportional to 1/(rank+1)^s; `s` as decimal text, 0 < s <= 4."""

    key: int
    n: int
    s: str
    at: Op = Row()


@dataclass(frozen=True)
class Permute(Op):
    """A keyed bijection of [0, n) applied to `of`; values of `of` must lie in [0, n)."""

    key: int
    n: int
    of: Op = Row()


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
    of: Op = Row()


@dataclass(frozen=True)
class Below(Op):
    """A uniform whole number in [0, of); null where `of` is 0 (`pick: earlier`)."""

    key: int
    of: Op = Row()


@dataclass(frozen=True)
class PersonSlots(Op):
    """The person of a row: one point of the 2^16 x 2^16 grid of name slots (physical int64 a * 2^16 + b).

    Rows 0..2^32-1 get distinct points by a permutation. Read with `Slot`.
    """

    key: int
    at: Op = Row()


@dataclass(frozen=True)
class Slot(Op):
    """One coordinate of `of` (a PersonSlots): the pool index of the name that owns the slot, or the
    slot's ordinal within that name's slug (`part="ordinal"`) or how many slots its slug owns (`"slots"`)."""

    pool: str
    half: Literal["first", "last"]
    of: Op
    part: Literal["index", "ordinal", "slots"] = "index"


@dataclass(frozen=True)
class Take(Op):
    """Field `field` of pool `pool` at the indices `of` (text stays dictionary-encoded)."""

    pool: str
    field: str
    of: Op


@dataclass(frozen=True)
class Values(Op):
    """One of a short list at the indices `of`. All values of one kind: int, float, bool or string."""

    values: tuple[Scalar, ...]
    of: Op


@dataclass(frozen=True)
class Join(Op):
    """The texts of the parts one after another; a part is text or an operation that yields text."""

    parts: tuple[str | Op, ...]


@dataclass(frozen=True)
class Digits(Op):
    """A whole number >= 0 as decimal text with leading zeros to `width`; `blank_zero` makes 0 empty."""

    of: Op
    width: int = 1
    blank_zero: bool = False


@dataclass(frozen=True)
class Pattern(Op):
    """Template text from an index in mixed radix.

    `alphabets` has one entry per character position: a single character is constant, more are
    the digits of that position (the last position varies fastest). `of` lies in [0, product of sizes).
    """

    alphabets: tuple[str, ...]
    of: Op


@dataclass(frozen=True)
class Prose(Op):
    """Running text of at most `of` characters in the words of a pool; `longest` is the largest `of`.

    `stop` ends a sentence and `gap` stands before the next one; the last sentence ends where the text does.
    """

    key: int
    pool: str
    stop: str
    gap: str
    longest: int
    of: Op
    at: Op = Row()


@dataclass(frozen=True)
class Sentences(Op):
    """A number of sentences of 5 to 9 words of a pool; `stop` ends each, `gap` stands before the next one."""

    key: int
    pool: str
    stop: str
    gap: str
    number: int
    at: Op = Row()


@dataclass(frozen=True)
class Matching(Op):
    """A text of a finite language: a walk over the states of an automaton, from state 0 to one of `ends`.

    `states` has the edges of each state, (characters, next state); a character leads one way only. Texts have `shortest`
    to `longest` characters. Drawn, every length comes equally often, and so does every text of one length. With `of`,
    a number below `runner.automata.numbered`, the text is that number's own.
    """

    key: int
    states: tuple[tuple[tuple[str, int], ...], ...]
    ends: tuple[int, ...]
    shortest: int
    longest: int
    of: Op | None = None
    at: Op = Row()


@dataclass(frozen=True)
class Uuid(Op):
    """RFC 9562 version 4 text from two draws."""

    key: int
    at: Op = Row()


@dataclass(frozen=True)
class Text(Op):
    """The value as people write it: decimals with their point, dates and times ISO 8601, bools true/false."""

    of: Op
    type: Type


@dataclass(frozen=True)
class JsonText(Op):
    """The value as the text of a JSON value; `null` where it is null."""

    of: Op
    type: Type


@dataclass(frozen=True)
class ListOf(Op):
    """The first `count` of the items as a list of logical values of `type.item`; null where `count` is."""

    count: Op
    args: tuple[Op, ...]
    type: Type


@dataclass(frozen=True)
class Column(Op):
    """Another column of the same row, hidden ones too."""

    name: str


@dataclass(frozen=True)
class Lookup(Op):
    """Column `column` of table `table` at the row numbers `row`, recomputed there (null where row is null)."""

    table: str
    column: str
    row: Op


@dataclass(frozen=True)
class Rollup(Op):
    """A total over the rows of the last table of `path` that belong to this row: children, or children's children.

    `path` names tables made by their layouts, the nearest first. `sum` and `avg` are of whole numbers or
    decimals (physical; `avg` has `digits` more digits after the point, rounded half away from zero), `any`
    of truths; nulls are left out. `count` counts the values of `column`, or the rows when it is "".
    `first` and `last` are the value of the first and the last of the rows. A row has `least` to `most` such rows.
    """

    path: tuple[str, ...]
    function: Literal["sum", "count", "min", "max", "avg", "any", "first", "last"]
    column: str
    least: int
    most: int
    digits: int = 0


@dataclass(frozen=True)
class At(Op):
    """`of`, an operation of table `table`, at the row numbers `row` there (null where row is null)."""

    table: str
    of: Op
    row: Op


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
class ParentRow(Op):
    """The parent's row number by the table's layout."""


@dataclass(frozen=True)
class Ordinal(Op):
    """The row's number among its parent's children by the table's layout, from 0."""


@dataclass(frozen=True)
class Siblings(Op):
    """How many children the row's parent has by the table's layout, this row among them."""


@dataclass(frozen=True)
class Walk(Op):
    """The state (0 to states - 1) after `step` moves of the walk of `group`, which makes `size - 1` moves in all.

    `start[i]` is the weight of beginning in state i, `moves[i][j]` that of going from i to j; 0: never. Only
    moves count after which the walk can be finished; a `complete` walk is finished in a state without moves,
    any other wherever it is. `size` lies in 1 to 1,024, and a walk of it must exist.
    """

    key: int
    start: tuple[int, ...]
    moves: tuple[tuple[int, ...], ...]
    complete: bool
    group: Op
    step: Op
    size: Op


@dataclass(frozen=True)
class Running(Op):
    """A total over this row and its siblings above it: `sum`, `min` or `max` of `column` (nulls left out), or `count`.

    `count` counts the values of `column`. A row has at most `most` such rows.
    """

    function: Literal["sum", "count", "min", "max"]
    column: str
    most: int


@dataclass(frozen=True)
class Call(Op):
    """A function of the closed list in `runner.operations.FUNCTIONS` over the arguments."""

    function: str
    args: tuple[Op, ...]


@dataclass(frozen=True)
class Rescale(Op):
    """A physical integer from one number of decimal digits to another, rounding half away from zero."""

    of: Op
    digits_from: int
    digits_to: int


@dataclass(frozen=True)
class ToFloat(Op):
    """A physical integer with `digits` decimal digits as float64."""

    of: Op
    digits: int = 0


@dataclass(frozen=True)
class ToInteger(Op):
    """A float64 as a physical integer with `digits` decimal digits, rounding half away from zero."""

    of: Op
    digits: int = 0


@dataclass(frozen=True)
class Nulls(Op):
    """`of`, null on about `per_billion` of 10^9 rows."""

    key: int
    per_billion: int
    of: Op


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
    at: Op = Row()
    as_of: int = 1_735_689_600
