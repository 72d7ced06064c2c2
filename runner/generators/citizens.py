"""Numbers of citizens that hold the day of birth and the sex of the row's person, with their check digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.generators.checked import (
    add,
    complement,
    digits,
    divide,
    join,
    mark,
    modulo,
    multiply,
    places,
    subtract,
    weighted_sum,
)
from runner.generators.compose import choose, equal, if_else, less
from runner.generators.people import Person, birth
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Const, Op, Uniform, Values
from runner.types import STRING

_AGES = (
    Parameter("min_age", "int", "As in the row's `birth_date`", 18, minimum=0, maximum=99),
    Parameter("max_age", "int", "As in the row's `birth_date`", 90, minimum=0, maximum=99),
)
_CHINESE_AREAS = (
    110101, 110102, 120101, 120102, 140121, 140122, 150121, 150122, 210224, 210321, 222401, 222402, 230722, 232721, 310101,
    310104, 330122, 330127, 340121, 340421, 350121, 360121, 422822, 422823, 430121, 430321, 510121, 510321, 520203, 522323,
    530124, 532322, 540121, 540122, 610323, 610324, 620121, 620122, 632221, 632222, 640121, 640122, 650121, 652323,
)  # fmt: skip


@dataclass(frozen=True)
class Citizen:
    """What the numbers tell: parts of the date of birth, and the sex."""

    make: Make
    year: Op
    month: Op
    day: Op
    female: Op

    @classmethod
    def of(cls, make: Make, min_age: int, max_age: int) -> Citizen:
        """The row's person with the row's day of birth."""
        born = birth(make, min_age, max_age)
        year, month, day = (Call(part, (born,)) for part in ("year", "month", "day"))
        return cls(make, year, month, day, Person.of(make).female)

    @property
    def later(self) -> Op:
        """1 for the births of this century, else 0."""
        return divide(self.year, 2_000)

    @property
    def short_year(self) -> Op:
        """The year within its century."""
        return modulo(self.year, 100)

    def draw(self, low: int, high: int, purpose: str = "serial") -> Op:
        """A serial number in [low, high]."""
        return Uniform(self.make.key(purpose), low, high, self.make.at)

    def serial(self, low: int, high: int, women: int = 0) -> Op:
        """A serial number that is even for women and odd for men, or the other way round, within [low, high)."""
        sex = self.female if women else subtract(1, self.female)
        return add(multiply(self.draw(-(-low // 2), high // 2 - 1), 2), sex)

    def ymd(self, month_more: int = 0) -> Op:
        """yymmdd as a number, with more added to the month for the births of this century."""
        month = add(self.month, multiply(self.later, month_more))
        return add(multiply(add(multiply(self.short_year, 100), month), 100), self.day)

    def dmy(self) -> Op:
        """ddmmyy as a number."""
        return add(multiply(add(multiply(self.day, 100), self.month), 100), self.short_year)

    def century(self, first: int) -> Op:
        """A digit for century and sex: men, women, and the same of this century, from the first on."""
        return add(add(self.female, multiply(self.later, 2)), first)


Write = Callable[[Citizen], Op]


def _register(name: str, description: str, *keywords: str, aliases: tuple[str, ...] = ()) -> Callable[[Write], Write]:
    """Register a function of a citizen that gives the text."""

    def register(write: Write) -> Write:
        def function(make: Make, min_age: int, max_age: int) -> Made:
            return Made(write(Citizen.of(make, min_age, max_age)), STRING, None)

        generator(name, description, keywords=(*keywords, "national id"), aliases=aliases, parameters=_AGES, module=__name__)(
            function
        )
        return write

    return register


def _followed(head: Op, width: int, tail: Op) -> Op:
    """A number with so many digits of another one after it."""
    return add(multiply(head, 10**width), tail)


@_register("government.pesel", "A Polish identity number of the row's person", "poland")
def pesel(citizen: Citizen) -> Op:
    """yymmdd (month + 20 after 1999), four digits of which the last is odd for men, and a check digit."""
    ten = _followed(citizen.ymd(20), 4, citizen.serial(0, 10_000))
    return join(digits(ten, 10), digits(complement(weighted_sum(places(ten, 10), (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)), 10)))


@_register("government.cnp", "A Romanian identity number of the row's person", "romania")
def cnp(citizen: Citizen) -> Op:
    """Century and sex, yymmdd, county, three digits and a check digit."""
    century = add(add(citizen.female, 1), multiply(citizen.later, 4))
    dated = _followed(_followed(century, 6, citizen.ymd()), 2, citizen.draw(1, 46, "county"))
    twelve = _followed(dated, 3, citizen.draw(1, 999))
    rest = modulo(weighted_sum(places(twelve, 12), (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)), 11)
    return join(digits(twelve, 12), digits(if_else(equal(rest, 10), Const(1), rest)))


@_register("government.egn", "A Bulgarian identity number of the row's person", "bulgaria")
def egn(citizen: Citizen) -> Op:
    """yymmdd (month + 40 after 1999), three digits of which the last is even for men, and a check digit."""
    nine = _followed(citizen.ymd(40), 3, citizen.serial(0, 1_000, women=1))
    return join(digits(nine, 9), digits(modulo(modulo(weighted_sum(places(nine, 9), (2, 4, 8, 5, 10, 9, 7, 3, 6)), 11), 10)))


@_register("government.hetu", "A Finnish identity code of the row's person", "finland", aliases=("henkilotunnus",))
def hetu(citizen: Citizen) -> Op:
    """ddmmyy, a sign of the century, a number from 002 to 899 that is odd for men, and a check character."""
    serial = citizen.serial(2, 900)
    check = mark(modulo(_followed(citizen.dmy(), 3, serial), 31), "0123456789ABCDEFHJKLMNPRSTUVWXY")
    return join(digits(citizen.dmy(), 6), mark(citizen.later, "-A"), digits(serial, 3), check)


@_register("government.personnummer", "A Swedish identity number of the row's person", "sweden")
def personnummer(citizen: Citizen) -> Op:
    """yymmdd, a hyphen, three digits of which the last is odd for men, and the Luhn digit."""
    serial = citizen.serial(1, 1_000)
    check = Call("luhn", (_followed(citizen.ymd(), 3, serial),))
    return join(digits(citizen.ymd(), 6), "-", digits(serial, 3), digits(check))


def _baltic(citizen: Citizen) -> Op:
    """Century and sex, yymmdd, three digits and the check digit of two rounds."""
    ten = _followed(_followed(citizen.century(3), 6, citizen.ymd()), 3, citizen.draw(1, 999))
    first, second = (modulo(weighted_sum(places(ten, 10), w), 11) for w in ((*range(1, 10), 1), (*range(3, 10), 1, 2, 3)))
    check = if_else(equal(first, 10), modulo(second, 10), first)
    return join(digits(ten, 10), digits(check))


@_register("government.isikukood", "An Estonian identity code of the row's person", "estonia")
def isikukood(citizen: Citizen) -> Op:
    """Eleven digits."""
    return _baltic(citizen)


@_register("government.asmens_kodas", "A Lithuanian identity code of the row's person", "lithuania")
def asmens_kodas(citizen: Citizen) -> Op:
    """Eleven digits."""
    return _baltic(citizen)


@_register("government.rrn", "A South Korean resident registration number of the row's person", "korea")
def rrn(citizen: Citizen) -> Op:
    """yymmdd, a hyphen, century and sex, place of birth and three digits, and a check digit."""
    tail = _followed(citizen.century(1), 5, add(multiply(citizen.draw(0, 95, "place"), 1_000), citizen.draw(0, 999)))
    twelve = _followed(citizen.ymd(), 6, tail)
    rest = modulo(weighted_sum(places(twelve, 12), (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)), 11)
    return join(digits(citizen.ymd(), 6), "-", digits(tail, 6), digits(modulo(subtract(11, rest), 10)))


@_register(
    "government.resident_identity", "A Chinese resident identity number of the row's person", "china", aliases=("shenfenzheng",)
)
def resident_identity(citizen: Citizen) -> Op:
    """Area, yyyymmdd, three digits of which the last is odd for men, and the check character of ISO 7064."""
    area = Values(_CHINESE_AREAS, citizen.draw(0, len(_CHINESE_AREAS) - 1, "area"))
    date = add(multiply(citizen.year, 10_000), add(multiply(citizen.month, 100), citizen.day))
    number = _followed(_followed(area, 8, date), 3, citizen.serial(0, 1_000))
    total = weighted_sum(places(number, 17), (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return join(digits(number, 17), mark(modulo(total, 11), "10X98765432"))


@_register("government.south_african_id", "A South African identity number of the row's person", "south africa")
def south_african_id(citizen: Citizen) -> Op:
    """yymmdd, 0000-4999 for women and 5000-9999 for men, citizen, 8, and the Luhn digit."""
    serial = add(citizen.draw(0, 4_999), multiply(subtract(1, citizen.female), 5_000))
    twelve = add(multiply(_followed(citizen.ymd(), 4, serial), 100), 8)
    return join(digits(twelve, 12), digits(Call("luhn", (twelve,))))


@_register("government.nir", "A French social security number of the row's person", "france", aliases=("insee_number",))
def nir(citizen: Citizen) -> Op:
    """Sex, yymm, department, commune, three digits, and the key of modulo 97."""
    department = citizen.draw(1, 94, "department")
    department = if_else(equal(department, 20), Const(95), department)  # Corsica has letters
    place = _followed(department, 3, citizen.draw(1, 899, "commune"))
    month = _followed(_followed(add(citizen.female, 1), 2, citizen.short_year), 2, citizen.month)
    number = _followed(_followed(month, 5, place), 3, citizen.draw(1, 999))
    return join(digits(number, 13), digits(subtract(97, modulo(number, 97)), 2))


@_register("government.rijksregister", "A Belgian national number of the row's person", "belgium", aliases=("registre_national",))
def rijksregister(citizen: Citizen) -> Op:
    """yymmdd, a number from 001 to 997 that is odd for men, and the key of modulo 97 (with a 2 before it after 1999)."""
    nine = _followed(citizen.ymd(), 3, citizen.serial(2, 996))
    keyed = add(nine, multiply(citizen.later, 2 * 10**9))
    return join(digits(nine, 9), digits(subtract(97, modulo(keyed, 97)), 2))


@_register("government.amka", "A Greek social security number of the row's person", "greece")
def amka(citizen: Citizen) -> Op:
    """ddmmyy, four digits of which the last is odd for men, and the Luhn digit."""
    ten = _followed(citizen.dmy(), 4, citizen.serial(0, 10_000))
    return join(digits(ten, 10), digits(Call("luhn", (ten,))))


@_register("government.mykad", "A Malaysian identity card number of the row's person", "malaysia", aliases=("nric_malaysia",))
def mykad(citizen: Citizen) -> Op:
    """yymmdd, the state of birth 01 to 16, and four digits of which the last is odd for men."""
    return join(digits(citizen.ymd(), 6), "-", digits(citizen.draw(1, 16, "state"), 2), "-", digits(citizen.serial(0, 10_000), 4))


@_register("government.cpr", "A Danish identity number of the row's person", "denmark")
def cpr(citizen: Citizen) -> Op:
    """ddmmyy, a hyphen, and four digits that tell the century, odd for men."""
    old, new = citizen.serial(0, 4_000), citizen.serial(4_000, 10_000)
    new = if_else(less(new, 5_000), new, add(modulo(new, 1_000), 4_000))
    return join(digits(citizen.dmy(), 6), "-", digits(choose(citizen.later, old, new), 4))
