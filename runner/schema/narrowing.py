"""Conditions met by construction: where a `check` compares columns of a row, their draws are narrowed so that it holds.

`low + 5 < high`, `price <= 100` and `between(age, 18, 65)`, alone or joined by `and`, become bounds of the draws:
first the constants, carried from column to column; then, between two columns, the one drawn later takes the
other's value as its bound. What cannot be narrowed is left to the redraws, which still prove every condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from runner.generators.compose import add, larger, smaller
from runner.ops import Call, Column, Const, Nulls, Op, Rescale, Row, Shaped, Uniform, UniformBetween
from runner.schema.bounds import Facts

Side = str | int
_GAPS: Final = {"less": 1, "less_equal": 0, "greater": 1, "greater_equal": 0, "equal": 0}
_DRAWS: Final = (Uniform, UniformBetween, Shaped)


@dataclass(frozen=True)
class Atom:
    """left + gap <= right, between columns and constants in physical units."""

    left: Side
    right: Side
    gap: int


@dataclass(frozen=True)
class Narrowed:
    """The operations of the columns that changed, and the columns of which constants leave no value."""

    ops: Mapping[str, Op]
    empty: tuple[str, ...] = ()


def atoms(op: Op) -> Iterator[Atom]:
    """The comparisons that hold whenever the condition does."""
    match op:
        case Call("and", args):
            for arg in args:
                yield from atoms(arg)
        case Call("less" | "less_equal" | "equal" as how, (left, right)):
            yield from _atom(left, right, _GAPS[how])
            if how == "equal":
                yield from _atom(right, left, 0)
        case Call("greater" | "greater_equal" as how, (left, right)):
            yield from _atom(right, left, _GAPS[how])


def _atom(left: Op, right: Op, gap: int) -> Iterator[Atom]:
    match left, right:
        case Rescale(Column(a), before, after), Const(int(b), "int") if after > before:
            yield Atom(a, (b - gap) // 10 ** (after - before), 0)
        case Const(int(a), "int"), Rescale(Column(b), before, after) if after > before:
            yield Atom(-(-(a + gap) // 10 ** (after - before)), b, 0)
        case _:
            one, other = _side(left), _side(right)
            if one and other and not (isinstance(one[0], int) and isinstance(other[0], int)):
                yield Atom(one[0], other[0], gap + one[1] - other[1])


def _side(op: Op) -> tuple[Side, int] | None:
    """A column or a constant, and what is added to it."""
    match op:
        case Column(name):
            return name, 0
        case Const(int(value), "int"):
            return value, 0
        case Call("add", (Column(name), Const(int(value), "int"))) | Call("add", (Const(int(value), "int"), Column(name))):
            return name, value
        case Call("subtract", (Column(name), Const(int(value), "int"))):
            return name, -value
    return None


def narrow(
    conditions: Iterable[Op],
    ops: Mapping[str, Op],
    free: Iterable[str],
    facts: Callable[[Op], Facts],
    reads: Callable[[str], set[str]],
) -> Narrowed:
    """Narrow the draws of the `free` columns. `reads` are the columns of the row that one depends on."""
    found = [a for op in conditions for a in atoms(op) if _known(a.left, ops) and _known(a.right, ops) and a.left != a.right]
    drawn = {name: draw for name in free if (draw := _draw(ops[name])) is not None}
    bounds = {name: _bounds(ops[name], facts) for a in found for name in (a.left, a.right) if isinstance(name, str)}
    before = dict(bounds)
    settled = _propagate(found, bounds, drawn)
    if not settled or any(_none_left(*bounds[name]) for name in drawn if name in bounds):
        empty = [name for name in drawn if name in before and _surely(found, name, before[name])]
        if not empty and not any(facts(ops[name]).nullable for name in bounds):
            empty = [name for name in drawn if name in bounds and (not settled or _none_left(*bounds[name]))][:1]
        return Narrowed({}, tuple(empty))
    lows, highs = _between_columns(found, bounds, drawn, reads)
    changed: dict[str, Op] = {}
    for name, draw in drawn.items():
        if name in bounds and (bounds[name] != before[name] or name in lows or name in highs):
            low = [_other(n, gap, ops[n], facts, bounds[name][0]) for n, gap in lows.get(name, ())]
            high = [_other(n, -gap, ops[n], facts, bounds[name][1]) for n, gap in highs.get(name, ())]
            changed[name] = _replaced(ops[name], _redrawn(draw, bounds[name], low, high))
    return Narrowed(changed)


def _known(side: Side, ops: Mapping[str, Op]) -> bool:
    return isinstance(side, int) or side in ops


def _draw(op: Op) -> Op | None:
    inner = op.of if isinstance(op, Nulls) else op
    return inner if isinstance(inner, _DRAWS) and inner.at == Row() else None


def _bounds(op: Op, facts: Callable[[Op], Facts]) -> tuple[int | None, int | None]:
    known = facts(op)
    return known.low, known.high


def _propagate(found: list[Atom], bounds: dict[str, tuple[int | None, int | None]], drawn: Mapping[str, Op]) -> bool:
    """Carry the constants along the comparisons; False when they go round in a circle that cannot hold, and never settle."""
    for _ in range(len(bounds) + 1):
        before = dict(bounds)
        for atom in found:
            low, high = _end(atom.left, bounds, 0), _end(atom.right, bounds, 1)
            if isinstance(atom.left, str) and atom.left in drawn and high is not None:
                own = bounds[atom.left]
                bounds[atom.left] = (own[0], high - atom.gap if own[1] is None else min(own[1], high - atom.gap))
            if isinstance(atom.right, str) and atom.right in drawn and low is not None:
                own = bounds[atom.right]
                bounds[atom.right] = (low + atom.gap if own[0] is None else max(own[0], low + atom.gap), own[1])
        if bounds == before:
            return True
    return False


def _end(side: Side, bounds: Mapping[str, tuple[int | None, int | None]], which: int) -> int | None:
    return side if isinstance(side, int) else bounds[side][which]


def _none_left(low: int | None, high: int | None) -> bool:
    return low is not None and high is not None and low > high


def _surely(found: list[Atom], name: str, own: tuple[int | None, int | None]) -> bool:
    """Whether constants alone leave nothing: other columns may be null, and null fails no condition."""
    low, high = own
    for atom in found:
        if atom.left == name and isinstance(atom.right, int):
            high = atom.right - atom.gap if high is None else min(high, atom.right - atom.gap)
        if atom.right == name and isinstance(atom.left, int):
            low = atom.left + atom.gap if low is None else max(low, atom.left + atom.gap)
    return _none_left(low, high)


_Others = dict[str, list[tuple[str, int]]]


def _between_columns(
    found: list[Atom],
    bounds: Mapping[str, tuple[int | None, int | None]],
    drawn: Mapping[str, Op],
    reads: Callable[[str], set[str]],
) -> tuple[_Others, _Others]:
    """Which columns take others as their lower and upper bounds, without ever going in a circle."""
    lows: _Others = {}
    highs: _Others = {}

    def above(name: str) -> set[str]:
        seen, left = set[str](), [name]
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                left += [*reads(one), *(n for n, _ in (*lows.get(one, ()), *highs.get(one, ())))]
        return seen

    for atom in found:
        left, right = atom.left, atom.right
        if isinstance(left, int) or isinstance(right, int) or _always(bounds[left][1], atom.gap, bounds[right][0]):
            continue
        if _follows(right, drawn) and right not in above(left):
            lows.setdefault(right, []).append((left, atom.gap))
        elif _follows(left, drawn) and left not in above(right):
            highs.setdefault(left, []).append((right, atom.gap))
    return lows, highs


def _always(high: int | None, gap: int, low: int | None) -> bool:
    return high is not None and low is not None and high + gap <= low


def _follows(name: str, drawn: Mapping[str, Op]) -> bool:
    return isinstance(drawn.get(name), Uniform | UniformBetween)


def _other(name: str, gap: int, op: Op, facts: Callable[[Op], Facts], instead: int | None) -> Op:
    """Another column's value as a bound; where it is null, this column's own bound."""
    value = add(Column(name), gap)
    return Call("coalesce", (value, Const(instead))) if facts(op).nullable and instead is not None else value


def _redrawn(draw: Op, bounds: tuple[int | None, int | None], low: list[Op], high: list[Op]) -> Op:
    if isinstance(draw, Shaped) or (isinstance(draw, Uniform) and not low and not high):
        assert bounds[0] is not None and bounds[1] is not None
        return replace(draw, lo=bounds[0], hi=bounds[1])
    if isinstance(draw, Uniform):
        draw = UniformBetween(draw.key, Const(draw.lo), Const(draw.hi), draw.at)
    assert isinstance(draw, UniformBetween)
    return replace(draw, lo=_bound(draw.lo, bounds[0], low, larger), hi=_bound(draw.hi, bounds[1], high, smaller))


def _bound(own: Op, constant: int | None, others: list[Op], join: Callable[[Op, Op], Op]) -> Op:
    found = own
    if constant is not None:
        found = Const(constant) if isinstance(own, Const) else join(own, Const(constant))
    for other in others:
        found = join(found, other)
    return found


def _replaced(op: Op, draw: Op) -> Op:
    return replace(op, of=draw) if isinstance(op, Nulls) else draw
