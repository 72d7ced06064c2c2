"""Remarks: short free text of a length in characters, as in the comment columns of benchmarks."""

from __future__ import annotations

from runner.generators.compose import Take, Uniform, join
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Op
from runner.types import STRING

_POOL, _EACH = "remark/half", 64


@generator("text.remark", "A remark of a length in characters", parameters=(
    Parameter("min", "int", "Shortest", 20, minimum=3, maximum=201),
    Parameter("max", "int", "Longest", 80, minimum=3, maximum=201),
), keywords=("comment", "note", "tpc-h"))  # fmt: skip
def remark(make: Make, min: int, max: int) -> Made:
    """Two halves of drawn length with a space between; lengths near the middle are the most frequent."""
    if min > max:
        raise ParameterError(f"`min` is {min}, more than `max`, {max}", "min")
    first, last = (min - 1) // 2, (max - 1) // 2
    parts = _half(make, "first", first, last), _half(make, "second", min - 1 - first, max - 1 - last)
    return Made(join(parts[0], " ", parts[1]), STRING)


def _half(make: Make, purpose: str, shortest: int, longest: int) -> Op:
    """Any half of a length in the range: the pool holds 64 of each length, shortest first."""
    return Take(_POOL, "name", Uniform(make.key(purpose), (shortest - 1) * _EACH, longest * _EACH - 1, make.at))
