"""Operations that compute with values: functions, conversions and nulls."""

from __future__ import annotations

from dataclasses import dataclass

from runner.ops.base import Op


@dataclass(frozen=True)
class Call(Op):
    """A function of the closed list in `runner.operations.FUNCTIONS` over the arguments."""

    function: str
    args: tuple[Op, ...]


@dataclass(frozen=True)
class Rescale(Op):
    """A physical integer from one number of decimal digits to another, rounding half away from zero."""

    of: Op
    digits_from: int
    digits_to: int


@dataclass(frozen=True)
class ToFloat(Op):
    """A physical integer with `digits` decimal digits as float64."""

    of: Op
    digits: int = 0


@dataclass(frozen=True)
class ToInteger(Op):
    """A float64 as a physical integer with `digits` decimal digits, rounding half away from zero."""

    of: Op
    digits: int = 0


@dataclass(frozen=True)
class Nulls(Op):
    """`of`, null on about `per_billion` of 10^9 rows."""

    key: int
    per_billion: int
    of: Op
