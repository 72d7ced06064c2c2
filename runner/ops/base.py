"""What every operation is, and the simplest ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Op:
    """An operation: a vector of row numbers in, an Arrow array of the same length out."""

    def __init_subclass__(cls) -> None:
        """Register the operation under its lower-case name."""
        OPERATIONS[cls.__name__.lower()] = cls


OPERATIONS: dict[str, type[Op]] = {}


@dataclass(frozen=True)
class Row(Op):
    """The row's number in its table, from 0 (int64)."""


@dataclass(frozen=True)
class Position(Op):
    """The row's number among all those that references choose from: the stored rows of the table, then its new ones (int64)."""


@dataclass(frozen=True)
class Attempt(Op):
    """The row's number, and 2^48 more for each time the row was drawn again to satisfy the checks of a group."""

    group: int = 0


@dataclass(frozen=True)
class Const(Op):
    """One value on every row. `kind` is int, float, bool, string or null of that type."""

    value: Scalar
    kind: Literal["int", "float", "bool", "string"] = "int"


ROW = Row()
"""The counter of draws, unless said otherwise."""


def parts(op: Op) -> Iterator[Op]:
    """The operations directly below an operation."""
    for value in vars(op).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Op):
                yield part


def nodes(op: Op) -> Iterator[Op]:
    """An operation and all below it."""
    yield op
    for part in parts(op):
        yield from nodes(part)


def changed(op: Op, change: Callable[[Op], Op]) -> Op:
    """The operation with those directly below it replaced."""
    changes: dict[str, Any] = {}
    for name, value in vars(op).items():
        if isinstance(value, Op):
            changes[name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(part, Op) for part in value):
            changes[name] = tuple(change(part) if isinstance(part, Op) else part for part in value)
    changes = {name: value for name, value in changes.items() if value != getattr(op, name)}
    return dataclasses.replace(op, **changes) if changes else op
