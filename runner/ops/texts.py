"""Operations that make texts, documents and lists, and take entries of pools."""

from __future__ import annotations

from dataclasses import dataclass

from runner.ops.base import ROW, Op, Scalar
from runner.types import Type


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
    at: Op = ROW


@dataclass(frozen=True)
class Sentences(Op):
    """A number of sentences of 5 to 9 words of a pool; `stop` ends each, `gap` stands before the next one."""

    key: int
    pool: str
    stop: str
    gap: str
    number: int
    at: Op = ROW


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
    at: Op = ROW


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
