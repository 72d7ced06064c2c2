"""Example plug-ins: three ways to write a generator of your own.

MOCKCRAFT_GENERATORS_DIR=examples/generators mockcraft generate acme.badge --prefix=ZX
"""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt

from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Values
from runner.plugins import each_block, each_value
from runner.types import STRING


@each_value(
    "acme.badge",
    "A badge of the Acme works",
    parameters=(Parameter("prefix", "string", "What it begins with", "AC"),),
    aliases=("works_badge",),
)
def badge(random: Random, prefix: str) -> str:
    """A call per value: any Python will do; about 200,000 values a second."""
    return f"{prefix}-{random.randrange(1_000, 10_000)}"


@each_block("acme.temperature", "Degrees Celsius in the hall", output="float")
def temperature(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """A call per block: the random bits of every row at once; millions of values a second."""
    return 18 + (bits >> np.uint64(54)).astype(np.float64) / 128


SHIFTS = ("early", "late", "night")


@generator("acme.shift", "A shift of the Acme works")
def shift(make: Make) -> Made:
    """Operations only, as MockCraft's own generators: as fast, and distinct values where they are asked for."""
    return Made(Values(SHIFTS, make.index(len(SHIFTS))), STRING, len(SHIFTS), unique=make.unique)
