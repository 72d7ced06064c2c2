"""VAT numbers of companies in European countries, with the check digits of each country's rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.generators.checked import places, weighted_sum
from runner.generators.compose import add, digits, divide, equal, if_else, join, modulo, multiply, subtract
from runner.generators.countries import country_of, home
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Call, Op, Values
from runner.types import STRING

_DEFAULT = "NL"
_BAD = -1  # in a table of check digits: there is none for that remainder
_IRISH = tuple("WABCDEFGHIJKLMNOPQRSTUV")
Write = Callable[[Op], tuple[str | Op, ...]]


@dataclass(frozen=True)
class Rule:
    """How a country writes the numbers from `low` to `high` (without); the parts stand behind its two letters."""

    low: int
    high: int
    write: Write
    prefix: str = ""


def _sum(number: Op, weights: Sequence[int], base: int) -> Op:
    return modulo(weighted_sum(places(number, len(weights)), weights), base)


def _tabled(weights: Sequence[int], table: Sequence[int], before: str = "", after: str = "") -> Write:
    """A number and the digit that the table has for the remainder of its weighted sum.

    Where some remainders have none, the number's last digit is 0, and 1 for these: that makes it another remainder.
    """
    base, last = len(table), weights[-1]
    told = tuple(table[(rest + last) % base] if digit == _BAD else digit for rest, digit in enumerate(table))
    moved = tuple(int(digit == _BAD) for digit in table)

    def write(number: Op) -> tuple[str | Op, ...]:
        spare = multiply(number, 10) if any(moved) else number
        rest = _sum(spare, weights, base)
        whole = add(spare, Values(moved, rest)) if any(moved) else spare
        return before, digits(whole, len(weights)), digits(Values(told, rest)), after

    return write


def _closing(base: int, ten: int = _BAD) -> tuple[int, ...]:
    """What is missing to a multiple of the base; `ten` stands for 10."""
    return tuple(ten if (-rest) % base == 10 else (-rest) % base for rest in range(base))


def _austrian(number: Op) -> tuple[str | Op, ...]:
    """U, and the Luhn digit less 4."""
    return "U", digits(number, 7), digits(modulo(add(Call("luhn", (multiply(number, 10),)), 6), 10))


def _luhn(width: int, before: str = "", after: str = "") -> Write:
    return lambda number: (before, digits(number, width), digits(Call("luhn", (number,))), after)


def _belgian(number: Op) -> tuple[str | Op, ...]:
    return digits(number, 8), digits(subtract(97, modulo(number, 97)), 2)


def _luxembourgish(number: Op) -> tuple[str | Op, ...]:
    return digits(number, 6), digits(modulo(number, 89), 2)


def _mod11_10(width: int) -> Write:
    """ISO 7064 MOD 11,10 (Germany, Croatia)."""
    doubled = tuple((2 * (n or 10)) % 11 for n in range(10))

    def write(number: Op) -> tuple[str | Op, ...]:
        first, *others = places(number, width)
        rest: Op = Values(doubled, first)  # 10 and the first digit, modulo 10, is the digit
        for digit in others:
            rest = Values(doubled, modulo(add(digit, rest), 10))
        return digits(number, width), digits(modulo(subtract(11, rest), 10))

    return write


def _french(number: Op) -> tuple[str | Op, ...]:
    """Two digits of the number by 97, and the SIREN with its Luhn digit."""
    siren = add(multiply(number, 10), Call("luhn", (number,)))
    return digits(modulo(add(12, multiply(3, modulo(siren, 97))), 97), 2), digits(siren, 9)


def _british(number: Op) -> tuple[str | Op, ...]:
    """Seven digits and two that make the weighted sum a multiple of 97."""
    return digits(number, 7), digits(subtract(97, _sum(number, range(8, 1, -1), 97)), 2)


def _irish(number: Op) -> tuple[str | Op, ...]:
    return digits(number, 7), Values(_IRISH, _sum(number, range(8, 1, -1), 23))


def _italian(number: Op) -> tuple[str | Op, ...]:
    """Seven digits, the office of a province (001 to 100) and the Luhn digit."""
    whole = add(multiply(divide(number, 100), 1000), add(modulo(number, 100), 1))
    return digits(whole, 10), digits(Call("luhn", (whole,)))


def _slovak(number: Op) -> tuple[str | Op, ...]:
    """Ten digits that 11 divides, the third of them 2."""
    nine = add(multiply(add(multiply(divide(number, 10**5), 10), 2), 10**6), multiply(modulo(number, 10**5), 10))
    bad = equal(modulo(nine, 11), 10)
    nine = if_else(bad, add(nine, 1), nine)
    return digits(nine, 9), digits(modulo(nine, 11))


_DIRECT = (*range(10), _BAD)  # the remainder itself
_RULES: dict[str, Rule] = {
    "AT": Rule(10**6, 10**7, _austrian),
    "BE": Rule(2 * 10**6, 10**7, _belgian),
    "BG": Rule(10**6, 10**7, _tabled(range(1, 9), _DIRECT)),
    "CH": Rule(10**6, 10**7, _tabled((5, 4, 3, 2, 7, 6, 5, 4), _closing(11), "E", "MWST")),
    "CZ": Rule(10**5, 9 * 10**5, _tabled(range(8, 1, -1), tuple(((-rest) % 11 or 1) % 10 for rest in range(11)))),
    "DE": Rule(10**7, 10**8, _mod11_10(8)),
    "DK": Rule(10**5, 10**6, _tabled((2, 7, 6, 5, 4, 3, 2), _closing(11))),
    "EE": Rule(10**7, 10**8, _tabled((3, 7, 1, 3, 7, 1, 3, 7), _closing(10))),
    "ES": Rule(10**5, 10**7, _luhn(7, "B")),
    "FI": Rule(10**5, 10**6, _tabled((7, 9, 10, 5, 8, 4, 2), _closing(11))),
    "FR": Rule(10**7, 10**8, _french),
    "GB": Rule(10**6, 10**7, _british),
    "GR": Rule(10**7, 10**8, _tabled([2**p for p in range(8, 0, -1)], (*range(10), 0)), "EL"),
    "HR": Rule(10**9, 10**10, _mod11_10(10)),
    "HU": Rule(10**6, 10**7, _tabled((9, 7, 3, 1, 9, 7, 3), _closing(10))),
    "IE": Rule(10**6, 10**7, _irish),
    "IT": Rule(10**8, 10**9, _italian),
    "LU": Rule(10**5, 10**6, _luxembourgish),
    "NL": Rule(10**6, 10**7, _tabled(range(9, 1, -1), _DIRECT, after="B01")),
    "NO": Rule(8 * 10**6, 10**7, _tabled((3, 2, 7, 6, 5, 4, 3, 2), _closing(11), after="MVA")),
    "PL": Rule(10**7, 10**8, _tabled((6, 5, 7, 2, 3, 4, 5, 6, 7), _DIRECT)),
    "PT": Rule(5 * 10**7, 6 * 10**7, _tabled(range(9, 1, -1), _closing(11, 0))),
    "RO": Rule(10**8, 10**9, _tabled((7, 5, 3, 2, 1, 7, 5, 3, 2), tuple(10 * rest % 11 % 10 for rest in range(11)))),
    "SE": Rule(2 * 10**8, 10**9, _luhn(9, after="01")),
    "SI": Rule(10**5, 10**6, _tabled(range(8, 1, -1), (_BAD, *((11 - rest) % 10 for rest in range(1, 11))))),
    "SK": Rule(10**6, 10**7, _slovak),
}
_COUNTRY = Parameter(
    "country",
    "string",
    f"The country as two letters; by default that of the locale, of the row's places, or {_DEFAULT}: one of {', '.join(_RULES)}",
)


@generator(
    "business.vat_id",
    "A VAT number such as companies have, with its check digits",
    aliases=("vat_number", "vat"),
    parameters=(_COUNTRY,),
    keywords=("tax", "company"),
)
def vat_id(make: Make, country: str | None) -> Made:
    """The country's two letters (EL for Greece), and what its rule asks for."""
    wanted = (country or country_of(make.locale) or home(make)).strip().upper()
    if country and wanted not in _RULES:
        raise ParameterError(f"`country` must be one of {', '.join(_RULES)}, not {country!r}", "country")
    code = wanted if wanted in _RULES else _DEFAULT
    rule = _RULES[code]
    size = rule.high - rule.low
    parts = rule.write(add(make.index(size), rule.low))
    return Made(join(rule.prefix or code, *(part for part in parts if part != "")), STRING, size, unique=make.unique)
