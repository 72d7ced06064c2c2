"""Which draws are repeated together: those that one condition reads, and those that join through another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from runner.ops import Op

Key = str | int
"""A column by its name, or a condition by its number."""


@dataclass(frozen=True)
class Reads:
    """What a column or a condition reads itself: draws that may be repeated, and columns."""

    draws: Set[Op]
    columns: Set[str]


def grouped(nodes: Mapping[Key, Reads]) -> tuple[dict[Op, int], dict[int, int]]:
    """The group of each draw and of each condition, from 0 in the order of conditions.

    Two conditions are of one group where they read one draw, directly or through columns, or are both of
    one group with a third. A condition without draws is alone, in a group below 0. Linear in what is read.
    """
    marks = _marked(nodes)
    groups: dict[Op, int] = {}
    conditions: dict[int, int] = {}
    for key in nodes:
        if isinstance(key, int):
            first = marks.draws.get(key)
            conditions[key] = -1 - key if first is None else groups.setdefault(marks.leader(first), len(groups))
    return {draw: groups[marks.leader(draw)] for draw in marks.leaders}, conditions


@dataclass
class _Marks:
    """A draw of every column and condition that has any below it, and what draws were found to go together."""

    draws: dict[Key, Op] = field(default_factory=dict)
    leaders: dict[Op, Op] = field(default_factory=dict)

    def leader(self, draw: Op) -> Op:
        """The draw that stands for all of its group."""
        while self.leaders[draw] is not draw:
            self.leaders[draw] = draw = self.leaders[self.leaders[draw]]
        return draw

    def join(self, one: Op, other: Op) -> None:
        """Note that two draws go together."""
        self.leaders[self.leader(one)] = self.leader(other)


def _marked(nodes: Mapping[Key, Reads]) -> _Marks:
    marks, readers = _Marks(), _readers(nodes.items())
    left = list[tuple[Key, Op]]()
    for key, reads in nodes.items():
        for draw in reads.draws:
            left.append((key, marks.leaders.setdefault(draw, draw)))
    while left:
        key, draw = left.pop()
        if key in marks.draws:
            marks.join(marks.draws[key], draw)
            continue
        marks.draws[key] = draw
        left += [(reader, draw) for reader in (readers.get(key, ()) if isinstance(key, str) else ())]
    return marks


def _readers(nodes: Iterable[tuple[Key, Reads]]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key, reads in nodes:
        for name in reads.columns:
            found.setdefault(name, []).append(key)
    return found
