"""The catalogue: every generator, found by any spelling of its name, and built into operations.

One module per family; a module of this folder is loaded when the catalogue is first asked for.
"""

from runner.generators.building import build
from runner.generators.lookup import UnknownGenerator, catalogue, collisions, everything, find, suggestions
from runner.generators.registry import Bound, Generator, Made, Make, Parameter, ParameterError, generator

__all__ = [
    "Bound", "Generator", "Made", "Make", "Parameter", "ParameterError", "UnknownGenerator",
    "build", "catalogue", "collisions", "everything", "find", "generator", "suggestions",
]  # fmt: skip
