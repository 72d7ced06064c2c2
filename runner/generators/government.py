"""Numbers that governments give to people; Indonesia's in full."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, join, modulo, multiply, subtract
from runner.generators.identifier import drawn_pattern
from runner.generators.moments import DAY
from runner.generators.patterns import parse_template, size_of
from runner.generators.people import CODES, Person, birth
from runner.generators.places import Place
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Call, Op, Permute
from runner.types import STRING

_SERIALS = 9_999
_ISSUED = 3_652  # days
_AGES = (
    Parameter("min_age", "int", "As in the row's `birth_date`", 18, minimum=0, maximum=150),
    Parameter("max_age", "int", "As in the row's `birth_date`", 90, minimum=0, maximum=150),
)


@generator(
    "government.nik",
    "An Indonesian identity number: it holds the row's regency, date of birth and gender; distinct on every row",
    aliases=("ktp", "ktp_number", "nomor_ktp", "no_ktp"),
    keywords=("identity card", "national id", "indonesia"),
    locales=("id_ID",),
    parameters=_AGES,
)
def nik(make: Make, min_age: int, max_age: int) -> Made:
    """Regency (4), district (2), day (+ 40 for women), month and year of birth (6), serial number (4).

    The district and the serial number are a permutation of the row's number within `CODES`; rows that share
    them have different dates of birth (see `birth`), so that numbers never meet.
    """
    born = birth(make, min_age, max_age)
    code = Permute(make.key("code"), CODES, modulo(make.at, CODES))
    day = add(Call("day", (born,)), multiply(Person.of(make).female, 40))
    date = add(add(multiply(day, 10_000), multiply(Call("month", (born,)), 100)), modulo(Call("year", (born,)), 100))
    parts: tuple[tuple[Op, int], ...] = (
        (_regency(make, "a NIK"), 4),
        (add(divide(code, _SERIALS), 1), 2),
        (date, 6),
        (add(modulo(code, _SERIALS), 1), 4),
    )
    return Made(join(*(digits(op, width) for op, width in parts)), STRING, None, unique=True)


def _regency(make: Make, what: str) -> Op:
    if make.locale != "id_ID":
        raise ParameterError(f"{what} needs the locale id_ID, not {make.locale}", "locale", "id_ID", "LOCALE_UNKNOWN")
    return Place.of(make).field("code")


@generator("government.npwp", "An Indonesian taxpayer number", aliases=("tax_number_id",), keywords=("tax", "indonesia"))
def npwp(make: Make) -> Made:
    """Fifteen digits as 99.999.999.9-999.999."""
    return _written(make, "##.###.###.#-###.###")


@generator(
    "government.family_card",
    "The number of an Indonesian family card: it holds the row's regency and the day on which the card was issued",
    aliases=("kk_number", "nomor_kk", "kartu_keluarga"),
    keywords=("household", "indonesia"),
    locales=("id_ID",),
    version=2,
)
def family_card(make: Make) -> Made:
    """Regency (4), district (2), day, month and year of issue (6; within ten years before `as_of`), serial number (4)."""
    code = make.index(CODES * _ISSUED)
    place, issued = modulo(code, CODES), subtract(make.as_of // DAY, divide(code, CODES))
    date = add(multiply(Call("day", (issued,)), 10_000), multiply(Call("month", (issued,)), 100))
    parts: tuple[tuple[Op, int], ...] = (
        (_regency(make, "a family card"), 4),
        (add(divide(place, _SERIALS), 1), 2),
        (add(date, modulo(Call("year", (issued,)), 100)), 6),
        (add(modulo(place, _SERIALS), 1), 4),
    )
    return Made(
        join(*(digits(op, width) for op, width in parts)), STRING, CODES * _ISSUED if make.unique else None, unique=make.unique
    )


@generator(
    "government.ssn", "A number such as a US Social Security number that was never issued", keywords=("social security", "tax id")
)
def ssn(make: Make) -> Made:
    """Area numbers 900 to 999 are never given out."""
    return _written(make, "9##-##-####")


@generator("government.passport_number", "A passport number", aliases=("passport",), keywords=("travel document",))
def passport_number(make: Make) -> Made:
    """A letter and eight digits."""
    return _written(make, "?########")


def _written(make: Make, template: str) -> Made:
    alphabets = parse_template(template)
    return Made(drawn_pattern(make, alphabets), STRING, size_of(alphabets), unique=make.unique)
