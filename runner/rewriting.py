"""The operations of tables that go on from rows they hold, or that refer to tables that do.

A plan is made for tables that begin empty: a reference knows how many rows its parent has, a permutation how many
numbers there are. Here those numbers become the ones that hold together with the stored rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

from runner.ops import (
    At,
    Call,
    Const,
    Lookup,
    Nulls,
    Op,
    Ordinal,
    ParentRow,
    Permute,
    PermuteWithin,
    Position,
    Row,
    Uniform,
    Walk,
    Zipf,
    changed,
    nodes,
)
from runner.plan import TablePlan

LARGEST = 1 << 62
"""Combinations that one permutation reaches."""


@dataclass(frozen=True)
class Size:
    """How many rows of a table references chose among when it was planned, and how many they choose among now."""

    planned: int
    now: int


@dataclass(frozen=True)
class Number:
    """The number of a combination of which an operation reads the digit of `stride` and `size`."""

    of: Permute | PermuteWithin
    stride: int
    size: int


class AmbiguousError(ValueError):
    """Two references of a table read one digit: which is whose cannot be told."""


class Rewriter:
    """Rewrites the operations of a plan's tables. `goes_on` are those that begin behind other rows."""

    def __init__(self, tables: Mapping[str, TablePlan], sizes: Mapping[str, Size], goes_on: frozenset[str]) -> None:
        self._tables, self._sizes, self._goes_on = tables, sizes, goes_on
        self._numbers = {name: self._numbers_of(table) for name, table in tables.items()}

    def value(self, table: str, op: Op) -> Op:
        """An operation that computes a value of the table's rows."""
        number = self._numbers[table].get(op)
        if number is not None:
            return number
        match op:
            case Lookup(parent, _, row):
                return replace(op, row=self.row(table, row, parent))
            case Permute(n=n, of=of) if table in self._goes_on:
                return replace(op, of=Call("modulo", (self.value(table, of), Const(n))))
            case Call("share", (place, width, Const(size))) if self._alone(table, size):
                return Call("share", (_substituted(place, self._new(table)), self.value(table, width), Const(size)))
            case Walk(step=Row(), size=Const(size)) if self._alone(table, size):
                return replace(op, step=self._new(table))
        return changed(op, lambda part: self.value(table, part))

    def _alone(self, table: str, size: object) -> bool:
        """Whether rows in order are all rows of the table: the new ones are in an order of their own."""
        return table in self._goes_on and self._tables[table].layout is None and size == self._tables[table].rows

    def _new(self, table: str) -> Op:
        """The number of a new row among the new ones."""
        stored = self._sizes[table].now - self._tables[table].rows
        return Call("subtract", (Position(), Const(stored))) if stored else Position()

    def row(self, table: str, op: Op, parent: str) -> Op:
        """An operation of a table that picks a row of `parent`."""
        number = self._numbers[table].get(op)
        if number is not None:
            return number
        size = self._sizes[parent]
        match op:
            case Nulls(of=of):
                return replace(op, of=self.row(table, of, parent))
            case At(between, of, row):
                return replace(op, of=self.row(between, of, parent), row=self.row(table, row, between))
            case Uniform(lo=0, hi=hi) if hi == size.planned - 1:
                return replace(op, hi=size.now - 1)
            case Permute(n=n, of=Zipf(n=m) as ranks) if n == m == size.planned:
                return replace(op, n=size.now, of=replace(ranks, n=size.now))
            case Call("modulo", (Row() as row, Const(n))) if n == size.planned:
                return Call("modulo", (row, Const(size.now)))
            case Row() if parent != table and (table in self._goes_on or size.now != size.planned):
                return Call("modulo", (op, Const(size.now)))
        return self._own(op, size) if parent == table and table in self._goes_on else op

    def _own(self, op: Op, size: Size) -> Op:
        """Another row of the same table: rows count from the first stored one."""
        match op:
            case Call("if_else", (Call("less", (Row(), Const(last))), Call("add", (Row(), Const(1))) as below, none)):
                there = Call("less", (Position(), Const(size.now - size.planned + int(last or 0))))
                return Call("if_else", (there, _substituted(below, Position()), none))
        return _substituted(op, Position())

    # -- combinations ---------------------------------------------------------------------------

    def _numbers_of(self, table: TablePlan) -> Mapping[Op, Op]:
        """What references, and the columns that are distinct together with them, read of a combination's number, anew."""
        picked = list(_picked(table))
        numbers = {number.of for _, op in picked if (number := _number(op))}
        if not numbers or not self._moves(table, {parent for parent, op in picked if _number(op)}):
            return {}
        places = {of: _strides(table, of) for of in numbers}
        parents = dict[tuple[Op, int], str]()
        for parent, op in picked:
            number = _number(op)
            if number and parents.setdefault((number.of, number.stride), parent) != parent:
                raise AmbiguousError(table.name)
        found: dict[Op, Op] = {}
        for of, strides in places.items():
            found |= self._renumbered(table, of, strides, {stride: p for (o, stride), p in parents.items() if o == of})
        return found

    def _moves(self, table: TablePlan, parents: set[str]) -> bool:
        return table.name in self._goes_on or any(self._sizes[p].now != self._sizes[p].planned for p in parents)

    def _renumbered(
        self, table: TablePlan, of: Permute | PermuteWithin, strides: Mapping[int, int], parents: Mapping[int, str]
    ) -> dict[Op, Op]:
        """The digits of one combination. The number's first place counts slowest."""
        sizes = dict(strides)
        for stride, parent in parents.items():
            known = self._sizes[parent]
            sizes[stride] = known.now if sizes[stride] == known.planned else min(known.now, sizes[stride])
        largest = max(sizes, key=lambda stride: sizes[stride])
        others = prod(size for stride, size in sizes.items() if stride != largest)
        sizes[largest] = min(sizes[largest], max(LARGEST // max(others, 1), 1))
        combinations = prod(sizes.values())
        number: Op = replace(of, n=combinations)
        if isinstance(of, Permute):
            number = replace(of, n=combinations, of=Call("modulo", (Row(), Const(combinations))))
        found, below = dict[Op, Op](), 1
        for stride in sorted(sizes):
            digit = number if below == 1 else Call("integer_divide", (number, Const(below)))
            below *= sizes[stride]
            made = digit if below == combinations else Call("modulo", (digit, Const(sizes[stride])))
            found |= {op: made for op in _nodes(table) if (n := _number(op)) and (n.of, n.stride) == (of, stride)}
        return found


def _picked(table: TablePlan) -> Iterator[tuple[str, Op]]:
    """The references of a table: which table they pick a row of, and by what."""
    for op in _nodes(table):
        if isinstance(op, Lookup):
            row = op.row
            while isinstance(row, Nulls):
                row = row.of
            yield op.table, row


def _nodes(table: TablePlan) -> Iterator[Op]:
    for op in (*(c.op for c in table.columns), *(c.op for c in table.checks)):
        yield from nodes(op)


def _strides(table: TablePlan, of: Permute | PermuteWithin) -> dict[int, int]:
    """The digits of a number: their strides and sizes, those too that nobody reads."""
    read: dict[int, int] = {}
    for op in _nodes(table):
        number = _number(op)
        if number and number.of == of:
            read[number.stride] = min(number.size, read.get(number.stride, number.size))
    found, below = dict[int, int](), 1
    for stride, size in sorted(read.items()):
        if stride > below:
            found[below] = stride // below
        found[stride], below = size, stride * size
    if below < of.n:
        found[below] = of.n // below
    return found


def _number(op: Op) -> Number | None:
    """Which digit of the number of a combination an operation reads."""
    match op:
        case Permute(n=n, of=Row()) | PermuteWithin(n=n, group=ParentRow(), of=Ordinal()):
            return Number(op, 1, n)
        case Call("integer_divide", (Permute() | PermuteWithin() as of, Const(int(stride)))):
            inner = _number(of)
            return inner and replace(inner, stride=stride, size=max(inner.size // stride, 1))
        case Call("modulo", (of, Const(int(size)))):
            inner = _number(of)
            return inner and replace(inner, size=min(size, inner.size))
    return None


def _substituted(op: Op, number: Op) -> Op:
    """The operation with another number in the place of the row's."""
    return number if isinstance(op, Row) else changed(op, lambda part: _substituted(part, number))
