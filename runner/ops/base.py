"""What every operation is, and the simplest ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
