"""Conditions that would go round in a circle: they read, in other rows, what those rows' own conditions may draw again."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from runner import ops
from runner.ops import Op
from runner.schema.facts import operands

OpOf = Callable[[str, str], Op]
"""The operation of a column: (table, column)."""


@dataclass
class _Search:
    table: str
    again: Set[str]
    op_of: OpOf
    seen: set[tuple[str, int, bool]] = field(default_factory=set)

    def found(self, table: str, op: Op, away: bool) -> str:
        """The first redrawn column that is read in another row, or nothing."""
        if (table, id(op), away) in self.seen:
            return ""
        self.seen.add((table, id(op), away))
        for column in _columns(op):
            if name := self._column(table, column, away):
                return name
        match op:
            case ops.Lookup(other, name, row):
                return self.found(table, row, away) or ("" if _earlier(row) else self._column(other, name, True))
            case ops.At(other, of, row):
                return self.found(table, row, away) or ("" if _earlier(row) else self.found(other, of, True))
            case ops.Rollup(path=path, column=name):
                return self._column(path[-1], name, True) if name else ""
            case ops.Running(column=name):
                return self._column(table, name, True)
        return next((name for o in operands(op) if (name := self.found(table, o, away))), "")

    def _column(self, table: str, name: str, away: bool) -> str:
        if away and table == self.table and name in self.again:
            return name
        return self.found(table, self.op_of(table, name), away)


def _columns(op: Op) -> tuple[str, ...]:
    return (op.name,) if isinstance(op, ops.Column) else ()


def _earlier(row: Op) -> bool:
    """Whether a row is picked among those above it, at random: the way up is short, and has an end."""
    return isinstance(row, ops.Below) or any(_earlier(o) for o in operands(row))


def circular(table: str, condition: Op, again: Set[str], op_of: OpOf) -> str:
    """The column of `table`, of those drawn again, that a condition reads in other rows; "" when there is none."""
    return _Search(table, again, op_of).found(table, condition, False)
