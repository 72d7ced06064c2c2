"""Unique columns of generators that draw once for their column: the draw becomes a permutation of its domain."""

from __future__ import annotations

import dataclasses
from typing import Any

from runner.generators.compose import add
from runner.generators.registry import Made, Make
from runner.ops import Op, Permute, Shaped, Uniform, Weighted, Zipf


def permuted(made: Made, make: Make) -> Made:
    """What was made, distinct on every row where its one own draw has as many outcomes as it says it has values.

    Generators that see to it themselves, that state no number, or that show what other columns show as well, stay as
    they are. Raises `ParameterError` (code UNIQUE_IMPOSSIBLE) where the table has more rows.
    """
    if not make.unique or made.unique or made.distinct is None:
        return made
    draws = {op for op in _nodes(made.op) if hasattr(op, "key")}
    draw = draws.pop() if len(draws) == 1 else None
    if isinstance(draw, Permute) and draw.n == made.distinct and draw.of == make.at:
        return dataclasses.replace(made, unique=True)
    domain = _domain(draw)
    if draw is None or domain is None or domain[1] != made.distinct or not _own(draw, make):
        return made
    low, size = domain
    return dataclasses.replace(made, op=_replaced(made.op, draw, add(make.index(size), low)), unique=True)


def _own(draw: Any, make: Make) -> bool:
    """Whether the draw belongs to the column alone."""
    return draw.at == make.at and draw.key in {make.key(purpose) for purpose in ("value", "index")}


def _domain(draw: Op | None) -> tuple[int, int] | None:
    """The smallest outcome and how many there are, all of them possible."""
    match draw:
        case Uniform(lo=lo, hi=hi) | Shaped(lo=lo, hi=hi):
            return lo, hi - lo + 1
        case Weighted(weights=weights):
            return (0, len(weights)) if all(weights) else None
        case Zipf(n=n):
            return 0, n
    return None


def _nodes(op: Op) -> set[Op]:
    """The operation and all below it."""
    found = {op}
    for field in dataclasses.fields(op):
        value = getattr(op, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Op):
                found |= _nodes(part)
    return found


def _replaced(op: Op, old: Op, new: Op) -> Op:
    """The tree with every `old` replaced."""
    if op == old:
        return new
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(op):
        value = getattr(op, field.name)
        if isinstance(value, Op):
            changes[field.name] = _replaced(value, old, new)
        elif isinstance(value, tuple) and any(isinstance(part, Op) for part in value):
            changes[field.name] = tuple(_replaced(part, old, new) if isinstance(part, Op) else part for part in value)
    return dataclasses.replace(op, **changes) if changes else op
