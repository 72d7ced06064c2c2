"""The rows of one parent in their order: moments one after another, states of a history.

The row at ordinal k of n is computed from the parent, k and n alone; the rows above it are not looked at.
In a table that is not made by `per` all rows are siblings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.generators.compose import add, larger, subtract
from runner.generators.registry import Made, Make, Parameter, ParameterError
from runner.ops import At, Call, Column, Const, Lookup, Op, Ordinal, ParentRow, Row, Siblings, UniformBetween

ORDER = Parameter(
    "order",
    "string",
    "How the rows of one parent follow one another: `ascending`, or `strict` (never two alike)",
    choices=("ascending", "strict"),
)
_MOST_ROWS = 1 << 40


@dataclass(frozen=True)
class Family:
    """Where a row stands among its siblings: its number from 0, how many there are, whose they are."""

    number: Op
    size: Op
    group: Op
    counts: tuple[int, ...]


def family(make: Make) -> Family:
    """The siblings of the column's rows: the children of one parent, or all rows of the table."""
    if make.counts is not None:
        return Family(Ordinal(), Siblings(), ParentRow(), make.counts)
    return Family(Row(), Const(make.rows), Const(0), (make.rows,))


def in_order(make: Make, low: Op, high: Op, strict: bool) -> tuple[Op, bool]:
    """A draw between bounds that grows with the row's number, and whether it is distinct on every row of the table.

    The range is cut into as many shares as there are siblings, each row draws from its own. Where there are fewer values
    than rows, neighbours are alike, or, if `strict`, follow each other by one and leave the range at its end.
    Raises `ParameterError` for bounds that differ between siblings, and for what cannot be unique.
    """
    for bound in (low, high):
        if not _of_parent(bound, make.find_column):
            message = "rows in order need bounds that are the same for all of them: constants or columns of the parent"
            raise ParameterError(message, "order")
    siblings = family(make)
    if max(siblings.counts) > _MOST_ROWS:
        raise ParameterError(f"at most {_MOST_ROWS:,} rows can be in order", "order")
    fixed = isinstance(low, Const) and isinstance(high, Const)
    width = _width(low, high)
    if fixed and strict and _value(width) < max(siblings.counts):
        message = f"strict order needs {max(siblings.counts):,} different moments, but only {_value(width):,} exist"
        raise ParameterError(message, "order", code="UNIQUE_IMPOSSIBLE")
    alone = make.counts is None and (strict or (fixed and _value(width) >= make.rows))
    if make.unique and not alone:
        raise ParameterError("what is in order within a parent is not distinct among parents", code="UNIQUE_UNSUPPORTED")
    width = larger(width, siblings.size) if strict and not fixed else width
    first = add(low, Call("share", (siblings.number, width, siblings.size)))
    last = subtract(add(low, Call("share", (add(siblings.number, 1), width, siblings.size))), 1)
    return UniformBetween(make.key("value"), first, last, make.at), alone


def _width(low: Op, high: Op) -> Op:
    """How many values there are from low to high, 1 where there are none."""
    if isinstance(low, Const) and isinstance(high, Const):
        return Const(max(_value(high) - _value(low) + 1, 1))
    return larger(add(subtract(high, low), 1), 1)


def _value(op: Op) -> int:
    assert isinstance(op, Const) and isinstance(op.value, int)
    return op.value


def _of_parent(op: Op, find: Callable[[str], Made]) -> bool:
    """Whether an operation gives all rows of one parent the same value."""
    match op:
        case Const() | ParentRow() | Siblings():
            return True
        case Lookup(row=row) | At(row=row):
            return _of_parent(row, find)
        case Column(name):
            source = find(name).source
            return source is not None and _of_parent(source, find)
        case Call(args=args):
            return all(_of_parent(arg, find) for arg in args)
    inner = [v for v in vars(op).values() if isinstance(v, Op)]
    return bool(inner) and not hasattr(op, "key") and all(_of_parent(i, find) for i in inner)
