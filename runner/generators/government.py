"""Numbers that governments give to people; Indonesia's in full."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, if_else, join, less, modulo, multiply, smaller, subtract
from runner.generators.identifier import drawn_pattern
from runner.generators.moments import DAY
from runner.generators.patterns import parse_template, size_of
from runner.generators.people import CODES, Person, birth, years_between
from runner.generators.places import Place
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Call, Const, Op, Permute, Take, Uniform, UniformBetween
from runner.types import STRING

_SERIALS = 9_999
_CENTURY = 99  # years, after which two digits of a year come again
_DISTRICT, _REGENCY = "indonesia/district", "indonesia/regency"
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
    version=2,
)
def nik(make: Make, min_age: int, max_age: int) -> Made:
    """Regency (4), district (2), day (+ 40 for women), month and year of birth (6), serial number (4).

    The serial number and which of two districts it is are a permutation of the row's number within `CODES`; rows that
    share them have different dates of birth (see `birth`), so that numbers never meet.
    """
    born = birth(make, min_age, max_age)
    day = add(Call("day", (born,)), multiply(Person.of(make).female, 40))
    date = add(add(multiply(day, 10_000), multiply(Call("month", (born,)), 100)), modulo(Call("year", (born,)), 100))
    parts: tuple[tuple[Op, int], ...] = (
        (_regency(make, "a NIK"), 4),
        (Take(_DISTRICT, "code", _district(make, "a NIK")), 2),
        (date, 6),
        (add(modulo(_code(make), _SERIALS), 1), 4),
    )
    text = join(*(digits(op, width) for op, width in parts))
    return Made(text, STRING, None, unique=max_age - min_age < _CENTURY)


def _code(make: Make) -> Op:
    return Permute(make.entity_key("nik code"), CODES, modulo(make.row, CODES))


def _district(make: Make, what: str) -> Op:
    """One of the regency's districts: a start that hangs on the serial number alone, and the next one for the other half."""
    regency = _regency(make, what)
    start = Uniform(make.entity_key("nik district"), 0, 2**31, modulo(_code(make), _SERIALS))
    place = modulo(add(start, divide(_code(make), _SERIALS)), Take(_REGENCY, "districts", regency))
    return add(Take(_REGENCY, "first", regency), place)


def _regency(make: Make, what: str) -> Op:
    if make.locale != "id_ID":
        raise ParameterError(f"{what} needs the locale id_ID, not {make.locale}", "locale", "id_ID", "LOCALE_UNKNOWN")
    return Place.of(make).field("code")


@generator(
    "government.kecamatan",
    "The Indonesian district of the row's NIK, within the row's regency",
    aliases=("nama_kecamatan", "subdistrict"),
    keywords=("district", "indonesia"),
    locales=("id_ID",),
)
def kecamatan(make: Make) -> Made:
    """By its name."""
    return Made(Take(_DISTRICT, "name", _district(make, "a kecamatan")), STRING, None)


@generator(
    "government.npwp",
    "An Indonesian taxpayer number with its check digit",
    aliases=("tax_number_id",),
    keywords=("tax", "indonesia"),
    version=2,
)
def npwp(make: Make) -> Made:
    """Fifteen digits as 99.999.999.9-999.999: kind of taxpayer 01 to 09, number, Luhn digit, tax office, branch."""
    size = 9 * 10**6 * 999
    index = make.index(size)
    eight = add(divide(index, 999), 10**6)
    parts = divide(eight, 10**6), modulo(divide(eight, 1_000), 1_000), modulo(eight, 1_000)
    texts = [digits(op, width) for op, width in zip(parts, (2, 3, 3), strict=True)]
    office = digits(add(modulo(index, 999), 1), 3)
    return Made(join(texts[0], ".", texts[1], ".", texts[2], ".", digits(Call("luhn", (eight,))), "-", office, ".000"),
                STRING, size, unique=make.unique)  # fmt: skip


@generator(
    "government.bpjs",
    "The number of an Indonesian health insurance card",
    aliases=("bpjs_kesehatan", "no_bpjs", "jkn_number"),
    keywords=("health insurance", "indonesia"),
)
def bpjs(make: Make) -> Made:
    """Thirteen digits that begin with 000."""
    size = 3 * 10**9
    return Made(join("000", digits(add(make.index(size), 10**8), 10)), STRING, size, unique=make.unique)


@generator(
    "government.nip",
    "The number of an Indonesian civil servant: it holds the row's date of birth and gender",
    keywords=("civil servant", "indonesia"),
    locales=("id_ID",),
    parameters=_AGES,
)
def nip(make: Make, min_age: int, max_age: int) -> Made:
    """Date of birth (8), month of appointment (6; at 18 to 35 years), 1 for men and 2 for women, serial number (3)."""
    born = birth(make, min_age, max_age)
    latest = smaller(multiply(years_between(born, make.as_of // DAY), 12), 35 * 12)
    appointed = Call("add_months", (born, UniformBetween(make.key("appointed"), Const(18 * 12), latest, make.at)))
    month = add(multiply(Call("year", (appointed,)), 100), Call("month", (appointed,)))
    day = add(add(multiply(Call("year", (born,)), 10_000), multiply(Call("month", (born,)), 100)), Call("day", (born,)))
    serial = Uniform(make.key("serial"), 1, 999, make.at)
    return Made(join(digits(day, 8), digits(month, 6), digits(add(Person.of(make).female, 1)), digits(serial, 3)), STRING, None)


@generator(
    "government.family_card",
    "The number of an Indonesian family card: it holds the row's regency and the day on which the card was issued",
    aliases=("kk_number", "nomor_kk", "kartu_keluarga"),
    keywords=("household", "indonesia"),
    locales=("id_ID",),
    version=3,
)
def family_card(make: Make) -> Made:
    """Regency (4), district (2), day, month and year of issue (6; within ten years before `as_of`), serial number (4)."""
    size = _SERIALS * _ISSUED
    code = make.index(size)
    issued = subtract(make.as_of // DAY, divide(code, _SERIALS))
    date = add(multiply(Call("day", (issued,)), 10_000), multiply(Call("month", (issued,)), 100))
    parts: tuple[tuple[Op, int], ...] = (
        (_regency(make, "a family card"), 4),
        (Take(_DISTRICT, "code", _district(make, "a family card")), 2),
        (add(date, modulo(Call("year", (issued,)), 100)), 6),
        (add(modulo(code, _SERIALS), 1), 4),
    )
    text = join(*(digits(op, width) for op, width in parts))
    return Made(text, STRING, size if make.unique else None, unique=make.unique)


@generator(
    "government.ssn",
    "A number such as a US Social Security number: one that was never issued, or of the valid form",
    keywords=("social security", "tax id"),
    parameters=(Parameter("issued", "bool", "Of the numbers that may have been issued, which validators take", False),),
)
def ssn(make: Make, issued: bool) -> Made:
    """Area numbers 900 to 999 are never given out; issued ones have areas 001 to 899 without 666."""
    if not issued:
        return _written(make, "9##-##-####")
    size = 898 * 99 * 9_999
    index = make.index(size)
    area, rest = divide(index, 99 * 9_999), modulo(index, 99 * 9_999)
    area = add(area, if_else(less(area, 665), Const(1), Const(2)))
    group, serial = add(divide(rest, 9_999), 1), add(modulo(rest, 9_999), 1)
    return Made(join(digits(area, 3), "-", digits(group, 2), "-", digits(serial, 4)), STRING, size, unique=make.unique)


@generator("government.passport_number", "A passport number", aliases=("passport",), keywords=("travel document",))
def passport_number(make: Make) -> Made:
    """A letter and eight digits."""
    return _written(make, "?########")


def _written(make: Make, template: str) -> Made:
    alphabets = parse_template(template)
    return Made(drawn_pattern(make, alphabets), STRING, size_of(alphabets), unique=make.unique)
