"""The hospital of a row: where it stands and its number; and those who make and sell medicines."""

from __future__ import annotations

from dataclasses import replace

from runner.generators.address import city, postcode, state, street_address
from runner.generators.checked import digits, divide, modulo, written
from runner.generators.clinic import npi
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import listed
from runner.generators.registry import Made, Make, Parameter, generator
from runner.types import STRING

listed("health.brand_drug", "A name that a medicine is sold by", "trademark", "medication", pool="brand/medicine")
listed("health.drug_company", "A company that makes medicines", "pharmaceuticals", "manufacturer", pool="market/drugmaker")


def _elsewhere(make: Make) -> Make:
    """The hospital stands somewhere else than the person of the row lives."""
    return replace(make, group=f"{make.group} hospital")


@generator("health.hospital_city", "The city of the row's hospital", keywords=("clinic", "facility"))
def hospital_city(make: Make) -> Made:
    """By population."""
    return city(_elsewhere(make))


@generator(
    "health.hospital_state", "The state of the row's hospital", keywords=("clinic", "facility"),
    parameters=(Parameter("style", "string", "`name`, or `code` where there is one", "name", choices=("name", "code")),),
)  # fmt: skip
def hospital_state(make: Make, style: str) -> Made:
    """That of its city."""
    return state(_elsewhere(make), style)


@generator("health.hospital_postcode", "The postcode of the row's hospital", keywords=("clinic", "zip"))
def hospital_postcode(make: Make) -> Made:
    """One of its city."""
    return postcode(_elsewhere(make))


@generator("health.hospital_street_address", "House number and street of the row's hospital", keywords=("clinic", "address"))
def hospital_street_address(make: Make) -> Made:
    """In the order of the country."""
    return street_address(_elsewhere(make))


@generator("health.hospital_npi", "The US provider number of the row's hospital, with a valid check digit", keywords=("npi",))
def hospital_npi(make: Make) -> Made:
    """As `health.npi`."""
    return npi(make)


_LETTERS = "ACDEFGHJKMNPQRTUVWXY"  # without S, L, O, I, B, Z
_DIGITS = "0123456789"


@generator(
    "health.medicare_id", "A number in the shape of a US Medicare beneficiary identifier", keywords=("mbi", "insurance", "cms")
)
def medicare_id(make: Make) -> Made:
    """Eleven places as the Centers for Medicare & Medicaid Services define them: 1EG4-TE5-MK73."""
    both = _DIGITS + _LETTERS
    places = ("123456789", _LETTERS, both, _DIGITS, "-", _LETTERS, both, _DIGITS, "-", _LETTERS, _LETTERS, _DIGITS, _DIGITS)
    size = 9 * 20**4 * 30**2 * 10**4
    return Made(drawn_pattern(make, places), STRING, size, unique=make.unique)


@generator(
    "business.duns_number", "A number in the shape of a D-U-N-S number", aliases=("duns",), keywords=("company", "supplier")
)
def duns_number(make: Make) -> Made:
    """Nine digits in groups: 15-048-3782."""
    number = make.index(10**9)
    parts = (digits(divide(number, 10**7), 2), digits(modulo(divide(number, 10**4), 1_000), 3), digits(modulo(number, 10**4), 4))
    return written(make, 10**9, parts[0], "-", parts[1], "-", parts[2])
