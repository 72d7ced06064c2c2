"""The sciences: elements, units, the sky, minerals, and sequences of life. The element and the unit of a row are records."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, join, modulo, multiply
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field, listed
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op
from runner.types import INT, STRING, decimal

_ELEMENT, _UNIT = "element/element", "element/unit"
field(
    "science.element", "A chemical element", "element", _ELEMENT, aliases=("chemical_element",), keywords=("atom",), version=2,
)  # fmt: skip
field("science.element_symbol", "The symbol of the row's element", "element", _ELEMENT, "symbol", keywords=("atom",), version=2)
field(
    "science.atomic_number", "The atomic number of the row's element", "element", _ELEMENT, "number", kind=INT,
    keywords=("proton",), version=2,
)  # fmt: skip
field(
    "science.atomic_mass", "The relative atomic mass of the row's element", "element", _ELEMENT, "mass", kind=decimal(8, 4),
    keywords=("weight",), version=2,
)  # fmt: skip
field(
    "science.element_group", "What kind of element the row's is, such as noble gas", "element", _ELEMENT, "kind",
    keywords=("metal",), version=2,
)  # fmt: skip
field("science.element_period", "The period of the row's element", "element", _ELEMENT, "period", kind=INT, keywords=("table",))
field(
    "science.element_block", "The block of the row's element: s, p, d or f", "element", _ELEMENT, "block", keywords=("orbital",)
)
field(
    "science.electron_configuration", "How the electrons of the row's element are arranged", "element", _ELEMENT, "electrons",
    keywords=("orbital", "shell"),
)  # fmt: skip
field("science.element_cas", "The CAS registry number of the row's element", "element", _ELEMENT, "cas", keywords=("substance",))
field(
    "science.unit", "A unit of measurement", "unit", _UNIT, keywords=("si", "measure"), aliases=("measurement_unit",), version=2,
)  # fmt: skip
field("science.unit_symbol", "The symbol of the row's unit", "unit", _UNIT, "symbol", keywords=("si", "measure"), version=2)
field("science.quantity", "What the row's unit measures", "unit", _UNIT, "quantity", keywords=("dimension",), version=2)
field(
    "science.constellation", "A constellation of the International Astronomical Union", "constellation", "sky/constellation",
    keywords=("astronomy", "sky"), version=2,
)  # fmt: skip
field(
    "science.constellation_symbol", "The three letters of the row's constellation", "constellation", "sky/constellation",
    "symbol",
    keywords=("astronomy", "iau"),
)  # fmt: skip
field("science.star", "A star with a name of its own", "star", "sky/star", keywords=("astronomy", "sky"), version=2)
field(
    "science.hipparcos_number", "The number of the row's star in the Hipparcos catalogue", "star", "sky/star", "hipparcos",
    kind=INT, keywords=("astronomy",),
)  # fmt: skip
field("science.moon", "A moon of the solar system", "moon", "sky/moon", keywords=("astronomy", "satellite"), version=2)
field("science.moon_planet", "The planet of the row's moon", "moon", "sky/moon", "planet", keywords=("astronomy",))
field("science.mineral", "A mineral", "mineral", "mineral/mineral", keywords=("geology", "gem"), version=2)
field("science.mineral_group", "The group of the row's mineral", "mineral", "mineral/mineral", "group", keywords=("geology",))
field(
    "science.amino_acid", "An amino acid of the genetic code", "amino acid", "protein/amino_acid",
    keywords=("protein", "biology"), version=2,
)  # fmt: skip
field(
    "science.amino_acid_code", "The three letters of the row's amino acid", "amino acid", "protein/amino_acid", "short",
    keywords=("protein", "biology"),
)  # fmt: skip
field(
    "science.amino_acid_letter", "The letter of the row's amino acid (IUPAC)", "amino acid", "protein/amino_acid", "letter",
    keywords=("protein", "biology"),
)  # fmt: skip
listed("science.planet", "A planet of the solar system", "astronomy")
listed("science.rock", "A kind of rock", "geology", "stone")
listed("science.field", "A field of science", "discipline", aliases=("scientific_field",))
listed("science.scientist", "A scientist of the past", "famous", "researcher")
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
