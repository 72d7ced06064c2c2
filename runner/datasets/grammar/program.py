"""A kind's forms compiled into tables, and the texts of any record numbers made from them.

A field is a row of positions, each one sentence; a sentence is one of some patterns, drawn evenly among those of the
record's form and level. All constant and variable texts lie in one array, so a field is one `take` of many indices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.datasets.grammar.lexicon import Lexicon, Words
from runner.datasets.grammar.patterns import Form, Grammar, Pattern, Slot
from runner.draws import I64, bits, derive_key, high_word, high_word_each
from runner.vectors import Array

I32 = npt.NDArray[np.int32]
LEVELS = ("beginner", "intermediate", "advanced")
_STEP = 8_192
_VOICE, _BLOCK = (
    "voice",
    "_block",
)  # how the names of sentences for a persona begin; the end of the names of roles on lines of their own
_NO_PATTERN = Pattern(("",), ())


@dataclass(frozen=True)
class Frame:
    """Records to be made: their numbers, each one's level (index of `LEVELS`), and its place on each axis."""

    numbers: I64
    levels: I64
    axes: Mapping[str, I64]

    def take(self, rows: slice | npt.NDArray[np.int64]) -> Frame:
        """Some of them."""
        return Frame(self.numbers[rows], self.levels[rows], {name: at[rows] for name, at in self.axes.items()})


class Variable(NamedTuple):
    """An entry of a list that a record draws: `turn` tells several of one record apart, `turns` is how many there are."""

    name: str
    turn: int
    turns: int


@dataclass(frozen=True)
class Position:
    """One sentence of a field: by form and level the first pattern and how many; by pattern its texts and slots."""

    key: int
    first: I64
    count: npt.NDArray[np.uint64]
    constants: tuple[I32, ...]
    variables: tuple[I32, ...]
    bases: tuple[I32, ...]


class Texts:
    """All texts of a program, each run of them once."""

    def __init__(self) -> None:
        self.all: list[str] = [""]
        self._bases: dict[object, int] = {"": 0}

    def __contains__(self, key: object) -> bool:
        return key in self._bases

    def one(self, text: str) -> int:
        """The number of a text."""
        return self.run(text, (text,))

    def run(self, key: object, texts: Sequence[str]) -> int:
        """The number of the first of these texts, which follow one another."""
        if key not in self._bases:
            self._bases[key] = len(self.all)
            self.all.extend(texts)
        return self._bases[key]


class Program:
    """The forms of one kind. `fields` makes their texts; a text depends on the seed and the record's own place alone."""

    def __init__(self, seed: int, kind: str, grammar: Grammar, lexicon: Lexicon, purpose: str = "") -> None:
        self._seed, self._purpose, self._lexicon = seed, (kind, purpose), lexicon
        self._grammar = grammar
        self.forms = grammar.kinds[kind]
        self._form_key = self._key("form")
        self._texts = Texts()
        self._variables = self._find_variables()
        self._numbers = {(v.name, v.turn): n for n, v in enumerate(self._variables, start=1)}
        self._keys = {(v.name, turn): self._key("word", v.name, str(turn)) for v in self._variables for turn in (1, v.turn)}
        names = dict.fromkeys(name for form in self.forms for name in form)
        self._positions = {name: tuple(self._compile(name)) for name in names}
        self._array = pa.array(self._texts.all, pa.string())

    def _key(self, *names: str) -> int:
        return derive_key(self._seed, "dataset", "template", *self._purpose, *names)

    def _patterns(self, role: str, level: str) -> tuple[Pattern, ...]:
        return self._grammar.roles.get(f"{role}.{level}") or self._grammar.roles[role]

    def _roles(self, roles: Sequence[str]) -> tuple[str, ...]:
        """Without those that have nothing to say."""
        return tuple(role for role in roles if not role.startswith(_VOICE) or self._lexicon.has("persona"))

    def _find_variables(self) -> tuple[Variable, ...]:
        roles = {role for form in self.forms for spoken in form.values() for role in self._roles(spoken)}
        slots = {slot for role in roles for level in LEVELS for pattern in self._patterns(role, level) for slot in pattern.slots}
        most: dict[str, int] = {}
        for slot in slots:
            most[slot.name] = max(most.get(slot.name, 1), slot.turn)
        return tuple(Variable(name, turn, most[name]) for name, turn in sorted({(slot.name, slot.turn) for slot in slots}))

    def _compile(self, field: str) -> Iterator[Position]:
        longest = max(len(self._roles(form.get(field, ()))) for form in self.forms)
        for place in range(longest):
            choices = [self._choice(form, field, place, level) for form in self.forms for level in LEVELS]
            patterns = [pattern for choice in choices for pattern in choice]
            counts = [len(choice) for choice in choices]
            first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
            yield self._position(self._key("pattern", field, str(place)), first, counts, patterns)

    def _choice(self, form: Form, field: str, place: int, level: str) -> tuple[Pattern, ...]:
        """The patterns of a place, each with what separates it from the sentence before."""
        roles = self._roles(form.get(field, ()))
        if place >= len(roles):
            return (_NO_PATTERN,)
        patterns = self._patterns(roles[place], level)
        if not place:
            return patterns
        gap = "\n" if any(role.endswith(_BLOCK) for role in roles[place - 1 : place + 1]) else " "
        return tuple(Pattern((gap + pattern.texts[0], *pattern.texts[1:]), pattern.slots) for pattern in patterns)

    def _position(self, key: int, first: I64, counts: list[int], patterns: list[Pattern]) -> Position:
        most = max(len(pattern.slots) for pattern in patterns)
        constants = np.zeros((most + 1, len(patterns)), np.int32)
        variables, bases = np.zeros((2, most, len(patterns)), np.int32)
        for column, pattern in enumerate(patterns):
            for row, text in enumerate(pattern.texts):
                constants[row, column] = self._texts.one(text)
            for row, slot in enumerate(pattern.slots):
                variables[row, column] = self._numbers[slot.name, slot.turn]
                bases[row, column] = self._base(slot)
        return Position(key, first, np.array(counts, np.uint64), tuple(constants), tuple(variables), tuple(bases))

    def _base(self, slot: Slot) -> int:
        key = (slot.name, slot.field, slot.capital)
        if key in self._texts:
            return self._texts.run(key, ())
        texts = self._lexicon[slot.name].fields[slot.field]
        return self._texts.run(key, tuple(text[:1].upper() + text[1:] for text in texts) if slot.capital else texts)

    def fields(self, frame: Frame, *names: str) -> dict[str, Array]:
        """The texts of each field, or of some of them, at each record of the frame (`pa.string()`)."""
        wanted = names or tuple(self._positions)
        none = pa.array([], pa.string())
        parts = [self._step(frame.take(slice(at, at + _STEP)), wanted) for at in range(0, len(frame.numbers), _STEP)]
        return {name: pa.concat_arrays([none, *(part[name] for part in parts)]) for name in wanted}

    def _step(self, frame: Frame, names: Sequence[str]) -> dict[str, Array]:
        form = high_word(bits(self._form_key, frame.numbers), len(self.forms)).view(np.int64)
        chosen = form * len(LEVELS) + frame.levels
        drawn = self._drawn(frame)
        return {name: self._field(self._positions[name], chosen, drawn, frame.numbers) for name in names}

    def _drawn(self, frame: Frame) -> I32:
        """The entry of each variable (after the first, which is none) at each record: one row after another."""
        drawn = np.zeros((len(self._variables) + 1, len(frame.numbers)), np.int32)
        for row, variable in enumerate(self._variables, start=1):
            drawn[row] = self._entries(variable, self._lexicon[variable.name], frame)
        return drawn.reshape(-1)

    def _entries(self, variable: Variable, words: Words, frame: Frame) -> I64:
        """Even draws; further turns fall into parts of the list, counted from the first, that no other turn reaches."""
        starts, sizes = words.bounds(frame.axes)
        found = self._bounded(variable.name, 1, frame.numbers, sizes)
        if variable.turn > 1:
            part = np.maximum(sizes // np.uint64(variable.turns), np.uint64(1))
            more = self._bounded(variable.name, variable.turn, frame.numbers, part)
            found = (found + more + part.view(np.int64) * (variable.turn - 1)) % sizes.view(np.int64)
        return starts + found

    def _bounded(self, name: str, turn: int, numbers: I64, sizes: npt.NDArray[np.uint64]) -> I64:
        return high_word_each(bits(self._keys[name, turn], numbers), sizes).view(np.int64)

    def _field(self, positions: tuple[Position, ...], chosen: I64, drawn: I32, numbers: I64) -> Array:
        if not positions:
            return pa.array([""], pa.string()).take(pa.array(np.zeros(len(numbers), np.int32)))
        width = sum(2 * len(position.variables) + 1 for position in positions)
        index = np.empty((len(numbers), width), np.int32)
        rows = np.arange(len(numbers), dtype=np.int32)
        column = 0
        for position in positions:
            pattern = position.first.take(chosen)
            pattern += high_word_each(bits(position.key, numbers), position.count.take(chosen)).view(np.int64)
            index[:, column] = position.constants[0].take(pattern)
            for variables, bases, constants in zip(position.variables, position.bases, position.constants[1:], strict=True):
                place = variables.take(pattern) * np.int32(len(rows)) + rows
                index[:, column + 1] = bases.take(pattern) + drawn.take(place)
                index[:, column + 2] = constants.take(pattern)
                column += 2
            column += 1
        return _joined(self._array, index)


def _joined(texts: Array, index: I32) -> Array:
    """Of each row of the index, its texts one after another."""
    taken = pc.take(texts, pa.array(index.reshape(-1)), boundscheck=False)
    _, offsets, data = taken.buffers()
    ends = np.frombuffer(offsets, np.int32, len(taken) + 1)[:: index.shape[1]].copy()
    return pa.Array.from_buffers(pa.string(), len(index), [None, pa.py_buffer(ends), data])
