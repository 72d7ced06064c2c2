"""Which texts of digits a regular expression takes: enough of its language for numbering plans."""

from __future__ import annotations

from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

States = frozenset[int]
_DIGITS = frozenset("0123456789")


class Automaton:
    """The expression's states; a text is taken whole or not at all."""

    def __init__(self, pattern: str) -> None:
        self._steps: list[list[tuple[frozenset[str], int]]] = []
        self._free: list[list[int]] = []
        self._start = self._state()
        self._end = self._sequence(parser.parse(pattern), self._start)
        self._after = lru_cache(maxsize=None)(self._follow)
        self._all = lru_cache(maxsize=None)(self._takes_all)
        self._many = lru_cache(maxsize=None)(self._counted)

    def universal(self, prefix: str, more: int) -> bool:
        """Whether the prefix and any `more` digits after it are taken."""
        return self._all(self._read(prefix), more)

    def count(self, prefix: str, more: int) -> int:
        """How many texts of the prefix and `more` digits are taken."""
        return self._many(self._read(prefix), more)

    def _read(self, text: str) -> States:
        states = self._closed(frozenset({self._start}))
        for digit in text:
            states = self._after(states, digit)
        return states

    def _takes_all(self, states: States, more: int) -> bool:
        if not states or more == 0:
            return self._end in states
        return all(self._all(self._after(states, digit), more - 1) for digit in sorted(_DIGITS))

    def _counted(self, states: States, more: int) -> int:
        if not states or more == 0:
            return int(self._end in states)
        return sum(self._many(self._after(states, digit), more - 1) for digit in sorted(_DIGITS))

    def _follow(self, states: States, digit: str) -> States:
        return self._closed(frozenset(to for state in states for taken, to in self._steps[state] if digit in taken))

    def _closed(self, states: States) -> States:
        found, left = set(states), list(states)
        while left:
            for to in self._free[left.pop()]:
                if to not in found:
                    found.add(to)
                    left.append(to)
        return frozenset(found)

    def _state(self) -> int:
        self._steps.append([])
        self._free.append([])
        return len(self._steps) - 1

    def _sequence(self, items: Any, at: int) -> int:
        for kind, value in items:
            at = self._item(kind, value, at)
        return at

    def _item(self, kind: Any, value: Any, at: int) -> int:
        """The state after one part of the expression."""
        if kind is kinds.SUBPATTERN:
            return self._sequence(value[-1], at)
        if kind is kinds.BRANCH:
            end = self._state()
            for option in value[1]:
                self._free[self._sequence(option, at)].append(end)
            return end
        if kind is kinds.MAX_REPEAT:
            least, most, items = value
            return self._repeat(least, most, items, at)
        end = self._state()
        self._steps[at].append((_taken(kind, value), end))
        return end

    def _repeat(self, least: int, most: int, items: Any, at: int) -> int:
        for _ in range(least):
            at = self._sequence(items, at)
        end = self._state()
        self._free[at].append(end)
        for _ in range(most - least):
            at = self._sequence(items, at)
            self._free[at].append(end)
        return end


def _taken(kind: Any, value: Any) -> frozenset[str]:
    """The digits of one place. Raises `ValueError` for what no numbering plan holds."""
    if kind is kinds.LITERAL:
        return frozenset({chr(value)})
    if kind is kinds.RANGE:
        return frozenset(chr(code) for code in range(value[0], value[1] + 1))
    if kind is kinds.CATEGORY:
        return _DIGITS
    if kind is kinds.IN:
        return frozenset().union(*(_taken(*each) for each in value))
    raise ValueError(f"{kind} in a numbering plan")
