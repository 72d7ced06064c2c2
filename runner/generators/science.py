"""The sciences: elements, units, the sky, minerals, and sequences of life. The element and the unit of a row are records."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, join, modulo, multiply
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field, listed
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op
from runner.types import INT, STRING, decimal

field("science.element", "A chemical element", "element", "element/element", aliases=("chemical_element",), keywords=("atom",))
field("science.element_symbol", "The symbol of the row's element", "element", "element/element", "symbol", keywords=("atom",))
field(
    "science.atomic_number",
    "The atomic number of the row's element",
    "element",
    "element/element",
    "number",
    kind=INT,
    keywords=("proton",),
)
field(
    "science.atomic_mass",
    "The relative atomic mass of the row's element",
    "element",
    "element/element",
    "mass",
    kind=decimal(8, 4),
    keywords=("weight",),
)
field(
    "science.element_group",
    "What kind of element the row's is, such as noble gas",
    "element",
    "element/element",
    "kind",
    keywords=("metal",),
)
field("science.unit", "A unit of measurement", "unit", "element/unit", keywords=("si", "measure"), aliases=("measurement_unit",))
field("science.unit_symbol", "The symbol of the row's unit", "unit", "element/unit", "symbol", keywords=("si", "measure"))
field("science.quantity", "What the row's unit measures", "unit", "element/unit", "quantity", keywords=("dimension",))
listed("science.constellation", "A constellation of the International Astronomical Union", "astronomy", "sky")
listed("science.star", "A star with a name of its own", "astronomy", "sky")
listed("science.planet", "A planet of the solar system", "astronomy")
listed("science.moon", "A moon of the solar system", "astronomy", "satellite")
listed("science.mineral", "A mineral", "geology", "gem")
listed("science.rock", "A kind of rock", "geology", "stone")
listed("science.field", "A field of science", "discipline", aliases=("scientific_field",))
listed("science.scientist", "A scientist of the past", "famous", "researcher")
listed("science.amino_acid", "An amino acid of the genetic code", "protein", "biology")
listed("science.bacterium", "A species of bacteria", "biology", "microbe", aliases=("bacteria",))

_LENGTH = Parameter("length", "int", "Letters", 20, minimum=1, maximum=400)


def _sequence(make: Make, letters: str, length: int) -> Made:
    return Made(drawn_pattern(make, (letters,) * length), STRING, len(letters) ** length, unique=make.unique)


@generator("science.dna", "A sequence of DNA", aliases=("dna_sequence",), parameters=(_LENGTH,), keywords=("gene", "biology"))
def dna(make: Make, length: int) -> Made:
    """A, C, G and T, evenly."""
    return _sequence(make, "ACGT", length)


@generator("science.rna", "A sequence of RNA", aliases=("rna_sequence",), parameters=(_LENGTH,), keywords=("gene", "biology"))
def rna(make: Make, length: int) -> Made:
    """A, C, G and U, evenly."""
    return _sequence(make, "ACGU", length)


@generator(
    "science.protein", "A sequence of amino acids", aliases=("protein_sequence",), parameters=(_LENGTH,), keywords=("peptide",)
)
def protein(make: Make, length: int) -> Made:
    """One-letter codes of the twenty amino acids (IUPAC), evenly."""
    return _sequence(make, "ACDEFGHIKLMNPQRSTVWY", length)


@generator(
    "science.cas_number", "A CAS registry number with its check digit", aliases=("cas",), keywords=("chemical", "substance")
)
def cas_number(make: Make) -> Made:
    """Two to seven digits, two digits, and the sum of digits times their place from the right, modulo 10."""
    size = 9 * 10**5
    number = add(make.index(size), 10**5)
    total: Op = multiply(modulo(number, 10), 1)
    for place in range(1, 6):
        total = add(total, multiply(modulo(divide(number, 10**place), 10), place + 1))
    head, tail = digits(divide(number, 100)), digits(modulo(number, 100), 2)
    return Made(join(head, "-", tail, "-", digits(modulo(total, 10))), STRING, size, unique=make.unique)
