"""True or false."""

from __future__ import annotations

from decimal import Decimal

from runner.generators.compose import equal, less
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Uniform
from runner.types import BOOL

_BILLION = 10**9


@generator(
    "boolean.bool",
    "True or false",
    output="bool",
    parameters=(Parameter("probability", "decimal", "How often it is true, 0 to 1", Decimal("0.5"), minimum=0, maximum=1),),
    keywords=("yes no", "flag", "coin"),
)
def bool_(make: Make, probability: Decimal) -> Made:
    """True on about that part of the rows, to a billionth."""
    if make.unique:
        return Made(equal(make.index(2), 1), BOOL, 2, unique=True)
    return Made(less(Uniform(make.key("value"), 0, _BILLION - 1, make.at), int(probability * _BILLION)), BOOL, 2)
