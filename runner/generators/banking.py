"""Banks and international account numbers. The bank of a row is one draw: name, BIC and account number show the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from runner import pools
from runner.generators.account_checks import Account, rule_of
from runner.generators.compose import add, digits, join, modulo, multiply, subtract
from runner.generators.countries import country_of, home
from runner.generators.entities import Draw, claim_of, draw, shown
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Op, Uniform
from runner.types import STRING

_BANK = "finance/bank"
_OF_BANK = ("finance.iban", "finance.bic", "finance.bank_name")
_DEFAULT, _DEFAULT_IBAN = "US", "DE"  # for locales of no country; for countries that have no IBANs
_COUNTRY = Parameter(
    "country",
    "string",
    "The bank's country as two letters; by default that of the row's other bank columns or of the locale",
)
_IBAN_COUNTRY = Parameter("country", "string", f"{_COUNTRY.description}; {_DEFAULT_IBAN} where that country has no IBANs")


@dataclass(frozen=True)
class Banks:
    """The banks of one country."""

    country: str
    pool: str

    @property
    def width(self) -> int:
        """How many digits of an account are drawn; 0 where the country has no IBANs."""
        return int(pools.pool(self.pool).field("account_digits")[0].as_py())

    @property
    def tail(self) -> str:
        """What the country's account numbers end in."""
        return str(pools.pool(self.pool).field("tail")[0].as_py())

    def draw(self, make: Make, field: str = "") -> Draw:
        """The row's bank; a unique column names the field that it shows of it."""
        entity = f"bank {self.country}"
        return draw(make, entity, self.pool, claim_of(make, entity, self.pool, field) if field else None)


def _banks(make: Make, country: str | None) -> Banks:
    """Those of the country asked for here or by the columns beside, of the locale's, or of the row's."""
    asked = country or make.agreed("country", *_OF_BANK)
    wanted = (asked or country_of(make.locale) or home(make) or _DEFAULT).strip().upper()
    found = _of_country(wanted)
    if found is None and country:
        known = ", ".join(sorted(set(pools.pool(_BANK).field("country").to_pylist())))
        raise ParameterError(f"`country` must be one of {known}, not {country!r}", "country")
    found = found or _of_country(country_of(make.locale)) or _of_country(_DEFAULT)
    assert found is not None
    with_iban = not found.width and any(b.generator == "finance.iban" for b in make.beside)
    return _of_country(_DEFAULT_IBAN) or found if with_iban else found


@lru_cache(maxsize=256)
def _of_country(country: str) -> Banks | None:
    """The country's banks, if it has any."""
    codes = pools.pool(_BANK).field("country").to_pylist()
    if country not in codes:
        return None
    number = pools.pool(_BANK).field("country_number")[codes.index(country)].as_py()
    return Banks(country, f"{_BANK}?country_number={number}")


@generator(
    "finance.iban",
    "An international bank account number with valid check digits, at the row's bank",
    parameters=(_IBAN_COUNTRY,),
    keywords=("bank account", "sepa"),
    version=3,
)
def iban(make: Make, country: str | None) -> Made:
    """Country, check digits (98 minus the remainder by 97, ISO 13616), bank and account."""
    banks = _banks(make, country)
    if country and (_of_country(country.strip().upper()) or banks).width == 0:
        raise ParameterError(f"{country} has no IBANs", "country")
    banks = banks if banks.width else _of_country(_DEFAULT_IBAN) or banks
    bank, rule = banks.draw(make), rule_of(banks.country)
    numbers = rule.size(banks.width)
    index = make.index(numbers) if make.unique else Uniform(make.key("account"), 0, numbers - 1, make.at)
    account = rule.write(bank.field("national"), index, banks.width)
    size = numbers if make.unique else pools.pool(banks.pool).size * numbers
    return Made(_written(banks, bank, account), STRING, size, unique=make.unique)


def _written(banks: Banks, bank: Draw, account: Account) -> Op:
    """The whole number: each part adds its value, moved to its place, to the remainder by 97."""
    total = bank.field("residue")
    behind = sum(2 if letter.isalpha() else 1 for letter in banks.tail) + 6
    for value, place in account.terms:
        total = add(total, multiply(modulo(value, 97), 10 ** (place + behind) % 97))
    two = digits(subtract(98, modulo(total, 97)), 2)
    return join(banks.country, two, *account.before, bank.field("code"), *account.after, banks.tail)


@generator(
    "finance.bic", "The BIC of the row's bank (ISO 9362)", parameters=(_COUNTRY,), keywords=("swift", "bank code"), version=3
)
def bic(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bank_name`; one for tests (ISO 9362) where that of the bank is not known."""
    return shown(make, _banks(make, country).draw(make, "bic"), "bic")


@generator("finance.bank_name", "The name of the row's bank", aliases=("bank",), parameters=(_COUNTRY,), version=3)
def bank_name(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bic`."""
    return shown(make, _banks(make, country).draw(make, "name"), "name")
