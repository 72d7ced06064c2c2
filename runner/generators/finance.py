"""Money: currencies, payment cards, accounts. The card of a row is one draw, and its currency is that of its country."""

from __future__ import annotations

from collections.abc import Callable

from runner import pools
from runner.generators.compose import add, digits, divide, equal, if_else, join, modulo, multiply
from runner.generators.countries import draw_country, has_country
from runner.generators.currencies import CURRENCY
from runner.generators.entities import draw
from runner.generators.moments import DAY
from runner.generators.picks import record
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Const, Digits, Op, Take, Uniform, Values
from runner.types import STRING

_CARD, _BRANDS = "finance/card", "finance/brand"
_NAMES = {"amex": "americanexpress", "diners": "dinersclub", "mc": "mastercard"}
_BRAND = Parameter(
    "brand",
    "string",
    "Only cards of that brand",
    choices=(
        "any",
        "visa",
        "mastercard",
        "amex",
        "discover",
        "jcb",
        "unionpay",
        "diners",
        "maestro",
        "american express",
        "diners club",
    ),
)
_REST = 10**10  # numbers after a card's first digits


def _cards(make: Make, brand: str | None = None) -> str:
    """The cards of the brand, or of the one that the columns beside ask for."""
    wanted = brand or make.agreed("brand", "finance.credit_card", "finance.card_cvv")
    folded = wanted.casefold().replace(" ", "")
    known = [name.casefold().replace(" ", "") for name in pools.pool(_BRANDS).field("name").to_pylist()]
    name = _NAMES.get(folded, folded)
    return f"{_CARD}?brand={known.index(name)}" if name in known else _CARD


@generator(
    "finance.credit_card",
    "A payment card number with a valid check digit",
    aliases=("card_number", "credit_card_no"),
    parameters=(_BRAND,),
    keywords=("debit", "pan", "luhn"),
    version=2,
)
def credit_card(make: Make, brand: str | None) -> Made:
    """First digits of the brand, ten drawn ones, and the Luhn digit (ISO/IEC 7812-1)."""
    pool = _cards(make, brand)
    rest = make.index(_REST) if make.unique else Uniform(make.entity_key("card number"), 0, _REST - 1, make.row)
    payload = add(draw(make, "card", pool).field("base"), rest)  # bases end in ten zeros: distinct rests are distinct cards
    size = _REST if make.unique else pools.pool(pool).size * _REST
    return Made(Digits(add(multiply(payload, 10), Call("luhn", (payload,)))), STRING, size, unique=make.unique)


@generator(
    "finance.card_brand",
    "The brand of the row's payment card",
    aliases=("credit_card_type", "card_type"),
    keywords=("visa", "mastercard"),
    version=2,
)
def card_brand(make: Make) -> Made:
    """One of eight, by how common it is."""
    return record(make, "card", _cards(make), "brand_name")


@generator(
    "finance.card_expiry",
    "The month in which the row's payment card expires, MM/YY, within five years of `as_of`",
    aliases=("credit_card_expiry",),
    keywords=("expiration", "valid until"),
)
def card_expiry(make: Make) -> Made:
    """One of sixty months, evenly."""
    ahead = Uniform(make.entity_key("card expiry"), 1, 60, make.row)
    day = Call("add_months", (Const(make.as_of // DAY), ahead))
    month, year = Call("month", (day,)), modulo(Call("year", (day,)), 100)
    return Made(join(digits(month, 2), "/", digits(year, 2)), STRING, 60)


@generator(
    "finance.card_cvv",
    "The security code of the row's payment card",
    aliases=("cvv", "cvc", "security_code"),
    parameters=(_BRAND,),
    keywords=("verification",),
    version=2,
)
def card_cvv(make: Make, brand: str | None) -> Made:
    """Three digits; four for American Express."""
    pool = _cards(make, brand)
    number = Uniform(make.entity_key("card cvv"), 0, 9_999, make.row)
    three, four = digits(divide(number, 10), 3), digits(number, 4)
    length = draw(make, "card", pool).field("code")
    return Made(if_else(equal(length, 4), four, three), STRING, 11_000)


@generator(
    "finance.currency_code",
    "An ISO 4217 currency code; that of the row's country, where other columns tell it",
    aliases=("currency",),
    keywords=("money", "iso 4217"),
)
def currency_code(make: Make) -> Made:
    """Of the currencies of today's countries, evenly, where nothing tells the row's country."""
    return _currency(make, "code")


@generator("finance.currency_name", "The name of the row's currency", keywords=("money",))
def currency_name(make: Make) -> Made:
    """In English."""
    return _currency(make, "name")


@generator("finance.currency_symbol", "The symbol of the row's currency", keywords=("money", "sign"))
def currency_symbol(make: Make) -> Made:
    """As English texts write it; the code where there is no symbol."""
    return _currency(make, "symbol")


@generator("finance.currency_number", "The three digits of the row's currency (ISO 4217)", keywords=("money", "numeric code"))
def currency_number(make: Make) -> Made:
    """Leading zeros included."""
    return _currency(make, "number")


def _currency(make: Make, field: str) -> Made:
    if not has_country(make):
        return record(make, "currency", CURRENCY, field)
    country = draw_country(make, None, "currency_number")
    names = pools.pool(pools.distinct(CURRENCY, field)).size
    size = country.size if make.unique else names
    op = Take(CURRENCY, field, country.field("currency_number"))
    return Made(op, STRING, size, unique=make.unique and _one_each(field), claims=country.claims)


def row_currency(make: Make) -> Callable[[str], Op]:
    """The fields of the row's currency: that of its country where other columns tell it."""
    if not has_country(make):
        return draw(make, "currency", CURRENCY).field
    number = draw_country(make, None).field("currency_number")
    return lambda name: Take(CURRENCY, name, number)


def _one_each(field: str) -> bool:
    return pools.distinct(CURRENCY, field) == CURRENCY


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
