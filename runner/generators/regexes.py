"""Regular expressions without look-around and back references, as automata of the texts that match them whole.

What repeats without end (`*`, `+`, `{3,}`) repeats a bounded number of times more than it must.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from runner.automata import LONGEST, Language, States, TooLarge, counted
from runner.generators.registry import ParameterError

_PRINTABLE: Final = "".join(map(chr, range(32, 127)))
_WORD: Final = string.digits + string.ascii_uppercase + "_" + string.ascii_lowercase
_KINDS: Final = {"d": string.digits, "w": _WORD, "s": " "}
_MARKS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_HEX: Final = {"x": 2, "u": 4, "U": 8}
_PLACES: Final = 1_000  # characters of the expression, written out
_STATES: Final = 1_000
_MOST_MARKS: Final = 1 << 16


@dataclass(frozen=True)
class One:
    """One of some characters, in the order of their code points."""

    marks: str


@dataclass(frozen=True)
class Row:
    """One after another."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Again:
    """Several times."""

    of: Node
    least: int
    most: int


Node = One | Row | Either | Again


class _Reader:
    """Reads an expression from left to right; `at` is where it is."""

    def __init__(self, text: str, more: int) -> None:
        self.text, self.more, self.at, self.depth = text, more, 0, 0

    def wrong(self, message: str, at: int | None = None) -> ParameterError:
        """The error at a place, counted from 0 as Python does."""
        place = self.at if at is None else at
        return ParameterError(f"`pattern` {message} at position {place}: {self.text[place : place + 12]!r}", "pattern")

    def peek(self, what: str) -> bool:
        """Whether the text goes on like that; if so, it is read."""
        found = self.text.startswith(what, self.at)
        self.at += len(what) * found
        return found

    def whole(self) -> Node:
        """The whole expression."""
        node = self.either()
        if self.at < len(self.text):
            raise self.wrong("has a `)` too many")
        return node

    def either(self) -> Node:
        """Options up to a `)` or the end."""
        options = [self.row()]
        while self.peek("|"):
            options.append(self.row())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def row(self) -> Node:
        """Parts up to a `|`, a `)` or the end."""
        parts: list[Node] = []
        if not self.depth:
            self.peek("^")
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if self._ends():
                break
            parts.append(self.repeated(self.part()))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _ends(self) -> bool:
        """Whether a `$` stands where a text ends anyway."""
        after = self.text[self.at + 1 : self.at + 2]
        return not self.depth and after in ("", "|") and self.peek("$")

    def part(self) -> Node:
        """A character, a class or a group."""
        start, mark = self.at, self.text[self.at]
        if mark in "*+?":
            raise self.wrong("has nothing to repeat")
        if mark in "^$":
            raise self.wrong(f"has a {mark} in the middle, where nothing can match")
        self.at += 1
        match mark:
            case "(":
                return self.group(start)
            case "[":
                return One(self.marks_of_class(start))
            case ".":
                return One(_PRINTABLE)
            case "\\":
                return One(self.escaped(start))
        return One(mark)

    def group(self, start: int) -> Node:
        """A group; only plain, unnumbered and named ones."""
        if self.peek("?"):
            if self.peek("P<"):
                end = self.text.find(">", self.at)
                if not self.text[self.at : max(end, self.at)].isidentifier():
                    raise self.wrong("has a group without a proper name", start)
                self.at = end + 1
            elif not self.peek(":"):
                raise self.wrong("has a look-around, a flag or a back reference, which cannot be made,", start)
        self.depth += 1
        if self.depth > 50:
            raise self.wrong("has too many groups in each other", start)
        inner = self.either()
        self.depth -= 1
        if not self.peek(")"):
            raise self.wrong("has a group without its `)`", start)
        return inner

    def escaped(self, start: int, in_class: bool = False) -> str:
        """What a backslash and the next character stand for."""
        if self.at >= len(self.text):
            raise self.wrong("ends with a lone \\", start)
        mark = self.text[self.at]
        self.at += 1
        if mark.lower() in _KINDS:
            kind = _KINDS[mark.lower()]
            return kind if mark.islower() else _without(kind)
        if mark in _HEX:
            return self._of_code(_HEX[mark], start)
        if mark in _MARKS:
            return _MARKS[mark]
        if mark == "b" and in_class:
            return "\b"
        if mark.isascii() and mark.isalnum():
            what = "a back reference" if mark.isdigit() else f"\\{mark}"
            raise self.wrong(f"has {what}, which cannot be made,", start)
        return mark

    def _of_code(self, width: int, start: int) -> str:
        digits = self.text[self.at : self.at + width]
        if len(digits) < width or set(digits) - set(string.hexdigits) or _unfit(int(digits, 16)):
            raise self.wrong("has an escape that is no character", start)
        self.at += width
        return chr(int(digits, 16))

    def marks_of_class(self, start: int) -> str:
        """The characters of a class in brackets."""
        other, found, first = self.peek("^"), set[str](), True
        while first or not self.peek("]"):
            if self.at >= len(self.text):
                raise self.wrong("has a class without its `]`", start)
            found |= self._of_range()
            first = False
        marks = _without("".join(found)) if other else "".join(sorted(found))
        if not marks:
            raise self.wrong("has a class of no printable character", start)
        return marks

    def _of_range(self) -> set[str]:
        start = self.at
        low = self._in_class()
        if self.text[self.at : self.at + 1] != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return set(low)
        self.at += 1
        high = self._in_class()
        if len(low) > 1 or len(high) > 1 or low > high or ord(high) - ord(low) >= _MOST_MARKS:
            raise self.wrong("has a range whose ends are no two characters in order", start)
        return {chr(code) for code in range(ord(low), ord(high) + 1) if not _unfit(code)}

    def _in_class(self) -> str:
        start, mark = self.at, self.text[self.at : self.at + 1]
        self.at += 1
        return self.escaped(start, in_class=True) if mark == "\\" else mark

    def repeated(self, node: Node) -> Node:
        """The part with what is said of repeating it."""
        start = self.at
        bounds = self._times()
        if bounds is None:
            return node
        least, most = bounds
        if least > most:
            raise self.wrong("repeats at least more often than at most", start)
        self.peek("?")  # which of several ways a text matches does not matter
        if self.text[self.at : self.at + 1] in ("+", "*", "?") or (self.text[self.at : self.at + 1] == "{" and self._times()):
            raise self.wrong("repeats what repeats already, or repeats possessively,", start)
        return Again(node, least, most)

    def _times(self) -> tuple[int, int] | None:
        for sign, bounds in (("*", (0, self.more)), ("+", (1, 1 + self.more)), ("?", (0, 1))):
            if self.peek(sign):
                return bounds
        end = self.text.find("}", self.at)
        if self.text[self.at : self.at + 1] != "{" or end < 0:
            return None
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not (low.isdecimal() or (not low and comma)) or not (not high or high.isdecimal()) or not (low + high).isascii():
            return None
        if not low and not high:
            return None
        self.at = end + 1
        least = int(low or 0)
        return least, int(high) if high else least + self.more if comma else least


def _unfit(code: int) -> bool:
    return code > 0x10FFFF or 0xD800 <= code <= 0xDFFF


def _without(marks: str) -> str:
    return "".join(mark for mark in _PRINTABLE if mark not in marks)


def parse(pattern: str, more: int = 8) -> Node:
    """The expression as a tree. Raises `ParameterError` with the position of what it cannot make."""
    if len(pattern) > 1_000:
        raise ParameterError("`pattern` must have at most 1,000 characters", "pattern")
    return _Reader(pattern, more).whole()


def _too_long() -> ParameterError:
    return ParameterError(f"`pattern` has more than {_PLACES:,} characters when it is written out", "pattern")


class _Places:
    """The positions of an expression written out: the characters of each, and which may follow it."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.after: list[set[int]] = []
        self.work = 0

    def add(self, node: Node) -> tuple[set[int], set[int], bool]:
        """Where a part may begin, where it may end, and whether it may be nothing."""
        self.work += 1
        if self.work > 20 * _PLACES:
            raise _too_long()
        match node:
            case One(marks):
                return self._one(marks)
            case Row(parts):
                return self._chain([partial(self.add, part) for part in parts])
            case Either(options):
                found = [self.add(option) for option in options]
                return set().union(*(f[0] for f in found)), set().union(*(f[1] for f in found)), any(f[2] for f in found)
            case Again(of, least, most):
                return self._again(of, least, most)

    def _one(self, marks: str) -> tuple[set[int], set[int], bool]:
        if len(self.marks) >= _PLACES:
            raise _too_long()
        self.marks.append(marks)
        self.after.append(set())
        return {len(self.marks) - 1}, {len(self.marks) - 1}, False

    def _chain(self, makers: list[Callable[[], tuple[set[int], set[int], bool]]]) -> tuple[set[int], set[int], bool]:
        first, last, empty = set[int](), set[int](), True
        for maker in makers:
            begins, ends, nothing = maker()
            for place in last:
                self.after[place] |= begins
            first |= begins if empty else set()
            last = ends | (last if nothing else set())
            empty = empty and nothing
        return first, last, empty

    def _again(self, of: Node, least: int, most: int) -> tuple[set[int], set[int], bool]:
        if most > _PLACES:
            raise _too_long()

        def perhaps() -> tuple[set[int], set[int], bool]:
            begins, ends, _ = self.add(of)
            return begins, ends, True

        return self._chain([partial(self.add, of)] * least + [perhaps] * (most - least))


def language(pattern: str, more: int = 8) -> Language:
    """The texts of an expression. Raises `ParameterError` when they are too many kinds or too long."""
    states, ends = _automaton(parse(pattern, more))
    try:
        found = Language(states, ends, 0, LONGEST + 1)
        lengths = counted(found).lengths
    except TooLarge as error:
        raise ParameterError(f"`pattern` cannot be made: {error}", "pattern") from None
    if not lengths or lengths[-1] > LONGEST:
        raise ParameterError(f"`pattern` must match texts of at most {LONGEST} characters", "pattern")
    return found._replace(longest=lengths[-1])


def _automaton(node: Node) -> tuple[States, tuple[int, ...]]:
    """States and ends of the deterministic automaton, whose states are sets of positions."""
    places = _Places()
    first, last, empty = places.add(node)
    groups = _groups(places.marks)
    begin = (frozenset(first), empty)
    numbers = {begin: 0}
    states: list[tuple[tuple[str, int], ...]] = []
    queue = [begin]
    for here, _ in queue:
        edges: dict[tuple[frozenset[int], bool], str] = {}
        for marks, members in groups:
            met = here & members
            if met:
                following = frozenset[int]().union(*(places.after[p] for p in met))
                target = (following, bool(met & last))
                edges[target] = edges.get(target, "") + marks
        for target in edges:
            if target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
        if len(numbers) > _STATES:
            raise ParameterError("`pattern` has too many different ways to go on", "pattern")
        states.append(tuple((marks, numbers[target]) for target, marks in edges.items()))
    return tuple(states), tuple(number for (_, end), number in numbers.items() if end)


def _groups(classes: list[str]) -> list[tuple[str, frozenset[int]]]:
    """Characters that the same positions take, and those positions."""
    members: dict[str, list[int]] = {}
    of_class: dict[str, list[int]] = {}
    for place, marks in enumerate(classes):
        of_class.setdefault(marks, []).append(place)
    for marks, where in of_class.items():
        for mark in marks:
            members.setdefault(mark, []).extend(where)
    groups: dict[tuple[int, ...], list[str]] = {}
    for mark in sorted(members):
        groups.setdefault(tuple(sorted(members[mark])), []).append(mark)
    return [("".join(marks), frozenset(where)) for where, marks in groups.items()]
