"""Banks and international account numbers. The bank of a row is one draw: name, BIC and account number show the same."""

from __future__ import annotations

from dataclasses import dataclass

from runner import pools
from runner.generators.account_checks import NationalCheck, national_check
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
    def have_ibans(self) -> bool:
        """Whether the country is in the registry of IBANs."""
        return bool(pools.pool(self.pool).field("account_digits")[0].as_py())

    def draw(self, make: Make, field: str = "") -> Draw:
        """The row's bank; a unique column names the field that it shows of it."""
        entity = f"bank {self.country}"
        return draw(make, entity, self.pool, claim_of(make, entity, self.pool, field) if field else None)


def _banks(make: Make, country: str | None) -> Banks:
    """Those of the country asked for here or by the columns beside, of the locale's, or of the row's."""
    asked = country or make.agreed("country", *_OF_BANK)
    wanted = (asked or country_of(make.locale) or home(make) or _DEFAULT).strip().upper()
    found = _of_country(make, wanted)
    if found is None and country:
        known = ", ".join(sorted(set(pools.pool(_BANK).field("country").to_pylist())))
        raise ParameterError(f"`country` must be one of {known}, not {country!r}", "country")
    found = found or _of_country(make, country_of(make.locale)) or _of_country(make, _DEFAULT)
    assert found is not None
    return found


def _of_country(make: Make, country: str) -> Banks | None:
    """Well-known banks of the country, or those that are made up for its locale."""
    codes = pools.pool(_BANK).field("country").to_pylist()
    if country in codes:
        number = pools.pool(_BANK).field("country_number")[codes.index(country)].as_py()
        return Banks(country, f"{_BANK}?country_number={number}")
    for locale in (make.locale, *pools.locales()):
        if locale.partition("_")[2] == country and "bank" in pools.facts(locale)["pools"]:
            return Banks(country, f"{locale}/bank")
    return None


@generator(
    "finance.iban",
    "An international bank account number with valid check digits, at the row's bank",
    parameters=(_IBAN_COUNTRY,),
    keywords=("bank account", "sepa"),
    version=2,
)
def iban(make: Make, country: str | None) -> Made:
    """Country, check digits (98 minus the remainder by 97, ISO 13616), bank and account."""
    banks = _banks(make, country)
    if not banks.have_ibans and country:
        raise ParameterError(f"{banks.country} has no IBANs", "country")
    banks = banks if banks.have_ibans else _of_country(make, _DEFAULT_IBAN) or banks
    bank, width = banks.draw(make), pools.pool(banks.pool).field("account_digits")[0].as_py()
    numbers = min(10**width, 10**17)
    account = make.index(numbers) if make.unique else Uniform(make.key("account"), 0, numbers - 1, make.at)
    check = national_check(banks.country, bank.field("national"), account, width)
    size = numbers if make.unique else pools.pool(banks.pool).size * numbers
    return Made(_written(banks.country, bank, account, width, check), STRING, size, unique=make.unique)


def _written(country: str, bank: Draw, account: Op, width: int, check: NationalCheck) -> Op:
    """The whole number: each part adds its value, moved to its place, to the remainder by 97."""
    total = add(bank.field("residue"), multiply(modulo(account, 97), 10 ** (check.behind_digits + 6) % 97))
    for value, place in check.terms:
        total = add(total, multiply(value, 10 ** (place + 6) % 97))
    two = digits(subtract(98, modulo(total, 97)), 2)
    return join(country, two, *check.before, bank.field("code"), *check.between, digits(account, width), *check.behind)


@generator(
    "finance.bic", "The BIC of the row's bank (ISO 9362)", parameters=(_COUNTRY,), keywords=("swift", "bank code"), version=2
)
def bic(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bank_name`."""
    return shown(make, _banks(make, country).draw(make, "bic"), "bic")


@generator("finance.bank_name", "The name of the row's bank", aliases=("bank",), parameters=(_COUNTRY,), version=2)
def bank_name(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bic`; made up where no banks of the country are known."""
    return shown(make, _banks(make, country).draw(make, "name"), "name")
