"""Money: currencies, payment cards, bank accounts. The card and the bank of a row are one draw each."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import add, digits, divide, equal, if_else, join, modulo, multiply, subtract
from runner.generators.moments import DAY
from runner.generators.picks import record, take
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.plan import Call, Const, Digits, Op, PoolIndex, Take, Uniform, Values
from runner.types import STRING

BRANDS = ("visa", "mastercard", "amex", "discover")
_CARD = "finance/card"
_BRAND = Parameter("brand", "string", "Only cards of that brand", choices=("any", *BRANDS))
_REST = 10**10  # numbers after a card's first digits
_AMEX = 2


def _cards(brand: str | None) -> str:
    return _CARD if brand in (None, "any") else f"{_CARD}?brand={BRANDS.index(brand)}"


@generator(
    "finance.credit_card",
    "A payment card number with a valid check digit",
    aliases=("card_number", "credit_card_no"),
    parameters=(_BRAND,),
    keywords=("debit", "pan", "luhn"),
)
def credit_card(make: Make, brand: str | None) -> Made:
    """First digits of the brand, ten drawn ones, and the Luhn digit (ISO/IEC 7812-1)."""
    pool = _cards(brand)
    size = pools.pool(pool).size * _REST
    if make.unique:
        index = make.index(size)
        start, rest = divide(index, _REST), modulo(index, _REST)
    else:
        start, rest = (
            PoolIndex(make.entity_key("card"), pool, make.at),
            Uniform(make.entity_key("card number"), 0, _REST - 1, make.at),
        )
    payload = add(Take(pool, "base", start), rest)
    return Made(Digits(add(multiply(payload, 10), Call("luhn", (payload,)))), STRING, size, unique=make.unique)


@generator(
    "finance.card_brand",
    "The brand of the row's payment card",
    aliases=("credit_card_type", "card_type"),
    keywords=("visa", "mastercard"),
)
def card_brand(make: Make) -> Made:
    """Visa, Mastercard, American Express or Discover."""
    return record(make, "card", _CARD, "brand_name")


@generator(
    "finance.card_expiry",
    "The month in which the row's payment card expires, MM/YY, within five years of `as_of`",
    aliases=("credit_card_expiry",),
    keywords=("expiration", "valid until"),
)
def card_expiry(make: Make) -> Made:
    """One of sixty months, evenly."""
    ahead = Uniform(make.entity_key("card expiry"), 1, 60, make.at)
    day = Call("add_months", (Const(make.as_of // DAY), ahead))
    month, year = Call("month", (day,)), modulo(Call("year", (day,)), 100)
    return Made(join(digits(month, 2), "/", digits(year, 2)), STRING, 60)


@generator(
    "finance.card_cvv",
    "The security code of the row's payment card",
    aliases=("cvv", "cvc", "security_code"),
    parameters=(_BRAND,),
    keywords=("verification",),
)
def card_cvv(make: Make, brand: str | None) -> Made:
    """Three digits; four for American Express."""
    pool = _cards(brand)
    number = Uniform(make.entity_key("card cvv"), 0, 9_999, make.at)
    three, four = digits(divide(number, 10), 3), digits(number, 4)
    kind = Take(pool, "brand", PoolIndex(make.entity_key("card"), pool, make.at))
    return Made(if_else(equal(kind, _AMEX), four, three), STRING, 11_000)


@generator("finance.currency_code", "An ISO 4217 currency code", aliases=("currency",), keywords=("money", "iso 4217"))
def currency_code(make: Make) -> Made:
    """Of the currencies of today's countries, evenly."""
    return record(make, "currency", "finance/currency", "code")


@generator("finance.currency_name", "The name of the row's currency", keywords=("money",))
def currency_name(make: Make) -> Made:
    """In English."""
    return record(make, "currency", "finance/currency", "name")


@generator("finance.currency_symbol", "The symbol of the row's currency", keywords=("money", "sign"))
def currency_symbol(make: Make) -> Made:
    """As English texts write it; the code where there is no symbol."""
    return record(make, "currency", "finance/currency", "symbol")


_BANK = "finance/bank"
_COUNTRY = Parameter("country", "string", "The bank's country as two letters; by default the locale's, else DE")


def _banks(make: Make, country: str | None) -> tuple[str, str]:
    """The country and the pool of its banks."""
    bank = pools.pool(_BANK)
    codes = bank.field("country").to_pylist()
    known = sorted(set(codes))
    wanted = (country or make.locale.partition("_")[2]).strip().upper()
    if wanted not in known:
        if country:
            raise ParameterError(f"`country` must be one of {', '.join(known)}, not {country!r}", "country")
        wanted = "DE"
    number = bank.field("country_number")[codes.index(wanted)].as_py()
    return wanted, f"{_BANK}?country_number={number}"


@generator(
    "finance.iban",
    "An international bank account number with valid check digits",
    parameters=(_COUNTRY,),
    keywords=("bank account", "sepa"),
)
def iban(make: Make, country: str | None) -> Made:
    """Country, check digits (98 minus the remainder by 97, ISO 13616), bank and account."""
    code, pool = _banks(make, country)
    width = pools.pool(pool).field("account_digits")[0].as_py()
    numbers = min(10**width, 10**17)
    if make.unique:
        index = make.index(pools.pool(pool).size * numbers)
        bank, account = divide(index, numbers), modulo(index, numbers)
    else:
        bank, account = _bank_index(make, code, pool), Uniform(make.key("account"), 0, numbers - 1, make.at)
    remainder = modulo(add(Take(pool, "residue", bank), multiply(modulo(account, 97), 10**6 % 97)), 97)
    check = digits(subtract(98, remainder), 2)
    return Made(
        join(code, check, Take(pool, "code", bank), digits(account, width)),
        STRING,
        pools.pool(pool).size * numbers,
        unique=make.unique,
    )


@generator("finance.bic", "The BIC of the row's bank (ISO 9362)", parameters=(_COUNTRY,), keywords=("swift", "bank code"))
def bic(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bank_name`."""
    return _of_bank(make, country, "bic")


@generator("finance.bank_name", "The name of the row's bank", aliases=("bank",), parameters=(_COUNTRY,))
def bank_name(make: Make, country: str | None) -> Made:
    """Of the same bank as `iban` and `bic`."""
    return _of_bank(make, country, "name")


def _of_bank(make: Make, country: str | None, field: str) -> Made:
    code, pool = _banks(make, country)
    return take(make, pool, field, _bank_index(make, code, pool))


def _bank_index(make: Make, country: str, pool: str) -> Op:
    return PoolIndex(make.entity_key(f"bank {country}"), pool, make.at)


@generator(
    "finance.account_number",
    "A bank account number",
    parameters=(Parameter("length", "int", "Digits", 10, minimum=1, maximum=18),),
    keywords=("bank account",),
)
def account_number(make: Make, length: int) -> Made:
    """Digits, leading zeros included."""
    return Made(digits(make.index(10**length), length), STRING, 10**length, unique=make.unique)


@generator("finance.transaction_type", "What kind of bank transaction", keywords=("payment", "transfer"))
def transaction_type(make: Make) -> Made:
    """Evenly."""
    kinds = (
        "card payment",
        "cash withdrawal",
        "deposit",
        "direct debit",
        "fee",
        "interest",
        "invoice",
        "refund",
        "salary",
        "standing order",
        "transfer",
    )
    return Made(Values(kinds, make.index(len(kinds))), STRING, len(kinds), unique=make.unique)
