"""Sequences with gaps, as in systems that hand out keys in blocks."""

from __future__ import annotations

from runner.generators.compose import add, divide, modulo, multiply
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.types import BIGINT


@generator("identifier.sparse_sequence", "Rising numbers: of every `span` the first `used`", output="bigint", parameters=(
    Parameter("start", "int", "The first value", 1, minimum=-(2**62), maximum=2**62),
    Parameter("used", "int", "How many of a span are used", 8, minimum=1, maximum=2**20),
    Parameter("span", "int", "How far apart the spans begin", 32, minimum=1, maximum=2**20),
), keywords=("gaps", "order key", "tpc-h"))  # fmt: skip
def sparse_sequence(make: Make, start: int, used: int, span: int) -> Made:
    """start + row div used * span + row mod used, distinct as long as used <= span."""
    if used > span:
        raise ParameterError(f"`used` is {used}, more than the `span` of {span}", "used")
    value = add(add(multiply(divide(make.at, used), span), modulo(make.at, used)), start)
    return Made(value, BIGINT, None, unique=True)
