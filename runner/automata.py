"""Texts of a finite language, those of an automaton within two lengths: drawn evenly, or the text of a number.

All rows walk at once, a character a step. How many texts begin at a state with so many characters to go is
counted at the beginning, exactly; a row takes each edge in proportion to what lies behind it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.draws import I64, U64, bits, bounded, derive_key
from runner.vectors import Array, fixed_width_text

States = tuple[tuple[tuple[str, int], ...], ...]
LONGEST: Final = 400
CELLS: Final = 1 << 20  # states x lengths x edges of an automaton
EXACT: Final = 1 << 62  # languages up to here are numbered one by one
MANY: Final = 1 << 46  # numbers of a larger one
_STEP: Final = 1 << 13  # rows that walk together
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


class TooLarge(ValueError):
    """The automaton is too large, or a text of it too long; the text says which."""


class Language(NamedTuple):
    """The texts that lead from state 0 to an end and have `shortest` to `longest` characters.

    `states` has the edges of each state, (characters, next state); a character leads one way only.
    """

    states: States
    ends: tuple[int, ...]
    shortest: int
    longest: int


class Counts(NamedTuple):
    """`at[n][s]`: how many texts of n characters lead from state s to an end; `lengths` are those that there are."""

    at: list[list[int]]
    lengths: list[int]

    @property
    def total(self) -> int:
        """How many texts there are."""
        return sum(self.at[n][0] for n in self.lengths)


@lru_cache(maxsize=64)
def counted(language: Language) -> Counts:
    """The counts of a language. Raises `TooLarge`."""
    widest = max((len(edges) for edges in language.states), default=1)
    rows = [[int(s in language.ends) for s in range(len(language.states))]]
    while any(rows[-1]) and len(rows) <= language.longest:
        if len(rows) * len(language.states) * widest > CELLS:
            raise TooLarge("it has too many different ways to go on")
        rows.append([sum(len(marks) * rows[-1][to] for marks, to in edges) for edges in language.states])
    return Counts(rows, [n for n, row in enumerate(rows) if row[0] and n >= language.shortest])


def numbered(language: Language) -> int:
    """How many numbers have a text of their own: as many as there are texts, or 2^46 of more than 2^62."""
    total = counted(language).total
    return total if total <= EXACT else MANY


class _Tables(NamedTuple):
    """An automaton as vectors. Edge e of state s is at s * widest + e; row n, s of a table at n * len(states) + s."""

    widest: int
    size: int  # states
    lengths: I64
    target: I64
    first: I64  # of an edge's characters in `marks`
    many: U64  # characters of the edge
    marks: str
    shares: U64  # of 2^32, up to and with each edge: (rows, widest)
    upto: I64  # texts up to and with each edge, where all are at most 2^62: (rows, widest)
    behind: I64  # texts behind a character of each edge: (rows, widest)
    exact: npt.NDArray[np.bool_]  # rows with at most 2^62 texts
    spare: I64  # how often 2^46 goes into a row's texts, at least 1
    longer: I64  # texts up to and with each length, where all are at most 2^62


@lru_cache(maxsize=32)
def _tables(language: Language, numbers: bool) -> _Tables:
    states, (counts, every_length) = language.states, counted(language)
    widest = max(1, *(len(edges) for edges in states), 1)
    large = numbers and counted(language).total > EXACT
    lengths = [n for n in every_length if not large or counts[n][0] >= MANY]
    flat = [edges[e] if e < len(edges) else ("", 0) for edges in states for e in range(widest)]
    behind = [[0] * len(flat), *([row[to] if marks else 0 for marks, to in flat] for row in counts[:-1])]
    ways = [
        [n * (count if not large or count >= MANY or counts[r][i // widest] <= EXACT else 0)
         for i, ((marks, _), count) in enumerate(zip(flat, row, strict=True)) for n in (len(marks),)]
        for r, row in enumerate(behind)
    ]  # fmt: skip
    grouped = [list(accumulate(row[i : i + widest])) for row in ways for i in range(0, len(flat), widest)]
    every = [count for row in counts for count in row]
    return _Tables(
        widest, len(states), np.array(lengths), np.array([to for _, to in flat]),
        np.array([0, *accumulate(len(marks) for marks, _ in flat)][:-1]), np.array([len(m) for m, _ in flat], np.uint64),
        "".join(marks for marks, _ in flat),
        np.array([[(g << 32) // group[-1] if group[-1] else 1 << 32 for g in group] for group in grouped], np.uint64),
        np.array([[min(g, EXACT) for g in group] for group in grouped], np.int64),
        np.array([[min(c, EXACT) for c in row[i : i + widest]] for row in behind for i in range(0, len(flat), widest)], np.int64),
        np.array([count <= EXACT for count in every]), np.array([max(1, min(c, EXACT) // MANY) for c in every]),
        np.array([min(total, EXACT + 1) for total in accumulate(counts[n][0] for n in lengths)]),
    )  # fmt: skip


def walk(key: int, at: I64, language: Language, numbers: I64 | None) -> Array:
    """The texts at the counters `at`, drawn or of their `numbers`.

    Drawn: the length evenly of those there are; at each step the edge by the high half of 64 bits of key
    (`step`, n) against the shares of the texts behind the edges, of 2^32, and one of its characters by the low half.
    Numbered: shorter texts first, then by the edges in order; of more than 2^62 texts, drawn until at most 2^62 are left.
    """
    tables = _tables(language, numbers is not None)
    parts = []
    for i in range(0, len(at), _STEP):
        rows = at[i : i + _STEP]
        parts.append(_walked(key, rows, tables, None if numbers is None else numbers[i : i + _STEP]))
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def _walked(key: int, at: I64, tables: _Tables, numbers: I64 | None) -> Array:
    number = numbers
    if numbers is not None and tables.longer[-1] <= EXACT:
        nth = np.searchsorted(tables.longer, numbers, side="right")
        number = numbers - np.concatenate([[0], tables.longer])[nth]
        length = tables.lengths[nth]
    else:
        length = tables.lengths[bounded(derive_key(key, "length"), at, len(tables.lengths))]
    return _steps(key, at, tables, length, number, numbers)


def _steps(key: int, at: I64, tables: _Tables, length: I64, number: I64 | None, numbers: I64 | None) -> Array:
    n, most = len(at), int(length.max(initial=0))
    state = np.zeros(n, np.int64)
    marks = np.zeros((most, n), np.int64)
    begun = np.full(n, tables.longer[-1] <= EXACT)
    for step in range(most):
        row = np.maximum(length - step, 0) * tables.size + state
        if number is not None and numbers is not None:
            number, begun = _entered(key, at, tables, row, number, begun, numbers)
        edge, mark = _drawn(key, at, tables, row, state, step)
        if number is not None and begun.any():
            edge, mark, number = _of_number(tables, row, state, number, begun, edge, mark)
        marks[step] = tables.first[edge] + mark
        state = tables.target[edge]
    return _written(tables.marks, marks.T, length)


def _drawn(key: int, at: I64, tables: _Tables, row: I64, state: I64, step: int) -> tuple[I64, I64]:
    drawn = bits(derive_key(key, "step", str(step)), at)
    edge = state * tables.widest
    if tables.widest > 1:
        edge += ((drawn >> _32)[:, None] >= tables.shares.take(row, axis=0)).sum(axis=1)
    return edge, ((drawn & _LOW) * tables.many.take(edge) >> _32).view(np.int64)


def _entered(
    key: int, at: I64, tables: _Tables, row: I64, number: I64, begun: npt.NDArray[np.bool_], numbers: I64
) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Where few enough texts are left for the first time, the number is spread over them."""
    now = tables.exact.take(row)
    fresh = now & ~begun
    if fresh.any():
        spare = tables.spare.take(row)
        number = np.where(fresh, numbers * spare + bits(derive_key(key, "spare"), at).view(np.int64) % spare, number)
    return number, now | begun


def _of_number(
    tables: _Tables, row: I64, state: I64, number: I64, begun: npt.NDArray[np.bool_], edge: I64, mark: I64
) -> tuple[I64, I64, I64]:
    upto = tables.upto.take(row, axis=0)
    nth = np.minimum((number[:, None] >= upto).sum(axis=1), tables.widest - 1)
    rest = number - np.where(nth > 0, upto[np.arange(len(nth)), nth - 1], 0)
    behind = np.maximum(tables.behind[row, nth], 1)
    own = rest // behind
    return (
        np.where(begun, state * tables.widest + nth, edge),
        np.where(begun, own, mark),
        np.where(begun, rest - own * behind, number),
    )


def _written(marks: str, chosen: I64, length: I64) -> Array:
    """The texts whose characters are those of `marks`; what is beyond a row's length does not count."""
    kept = np.arange(chosen.shape[1]) < length[:, None]
    if not marks.isascii():
        taken = pa.array(list(marks)).take(pa.array(chosen[kept]))
        offsets = np.frombuffer(taken.buffers()[1], np.int32, len(taken) + 1)
        return _text(offsets[np.concatenate([[0], length.cumsum()])], taken.buffers()[2])
    letters = np.frombuffer(marks.encode() or b" ", np.uint8).take(chosen, mode="clip")
    if kept.all():
        return fixed_width_text(letters)
    return _text(np.concatenate([[0], length.cumsum()]), pa.py_buffer(letters[kept]))


def _text(offsets: npt.NDArray[np.integer[Any]], data: pa.Buffer) -> Array:
    ends = pa.py_buffer(offsets.astype(np.int32))
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, ends, data])
