"""Money by currency, and payments: the merchant, its category, the amount and the currency of a row fit each other."""

from __future__ import annotations

from decimal import Decimal

from runner import pools
from runner.generators.compose import add, digits, divide, equal, if_else, join, multiply, subtract
from runner.generators.countries import country_of, has_country, home
from runner.generators.currencies import currency_facts
from runner.generators.entities import Draw, draw
from runner.generators.finance import row_currency
from runner.generators.number import bounds
from runner.generators.picks import field
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.shapes import Shape, drawn
from runner.ops import Call, Op, PoolIndex, Take, Text, Uniform, Values, Weighted
from runner.types import STRING, decimal

_MERCHANT, _NAMES = "market/merchant", "en_US/person_last"
_PARTS = 1_000  # steps of each of the two draws whose product is an amount: small ones are common
_AMOUNT = decimal(16, 2)
_ROUND = 500  # from so many units to the US dollar on, nobody pays in hundredths

field(
    "finance.merchant_category_code",
    "The category code of the row's merchant (ISO 18245)",
    "merchant",
    _MERCHANT,
    "code",
    aliases=("mcc",),
    keywords=("card", "payment"),
)
field(
    "finance.merchant_category",
    "What the row's merchant category code stands for",
    "merchant",
    _MERCHANT,
    "category",
    keywords=("card", "payment"),
)


def _merchant(make: Make) -> Draw:
    return draw(make, "merchant", _MERCHANT)


def _name(make: Make) -> Op:
    owner = Take(_NAMES, "name", PoolIndex(make.entity_key("merchant name"), _NAMES, make.row))
    return join(owner, " ", _merchant(make).field("noun"))


@generator("finance.merchant", "The name of a shop or another merchant", aliases=("merchant_name",), keywords=("payee", "store"))
def merchant(make: Make) -> Made:
    """A made-up owner, and what shops of the row's category are called."""
    return Made(_name(make), STRING, None)


@generator(
    "finance.transaction_amount",
    "What the row's merchant was paid, in the currency of the row",
    output="decimal(16,2)",
    aliases=("payment_amount",),
    keywords=("payment", "purchase", "money"),
)
def transaction_amount(make: Make) -> Made:
    """Within what such shops are usually paid, mostly in the lower part; US dollars where no column tells a currency."""
    low, high = (multiply(_merchant(make).field(end), 100) for end in ("low", "high"))
    parts = [Uniform(make.entity_key(f"payment {part}"), 0, _PARTS, make.row) for part in ("one", "two")]
    dollars = add(low, divide(multiply(subtract(high, low), multiply(*parts)), _PARTS**2))
    if not _tells_currency(make):
        return Made(dollars, _AMOUNT, None)
    currency = row_currency(make)
    amount = multiply(dollars, currency("units"))
    return Made(if_else(equal(currency("digits"), 0), multiply(divide(amount, 100), 100), amount), _AMOUNT, None)


def _tells_currency(make: Make) -> bool:
    return has_country(make) or any(b.generator.startswith("finance.currency_") for b in make.beside)


@generator(
    "finance.transaction_description",
    "A line of a bank statement for the row's payment",
    keywords=("statement", "memo", "payment"),
)
def transaction_description(make: Make) -> Made:
    """A kind of payment, the row's merchant in capitals and a reference."""
    kinds = ("CARD PAYMENT", "CONTACTLESS", "ONLINE PURCHASE", "DIRECT DEBIT")
    kind = Values(kinds, Weighted(make.key("kind"), (45, 30, 20, 5), make.at))
    reference = digits(Uniform(make.key("reference"), 0, 10**8 - 1, make.at), 8)
    return Made(join(kind, " ", Call("upper", (_name(make),)), " REF ", reference), STRING, None)


@generator("finance.transaction_status", "How far a payment is, by how common it is", keywords=("payment", "state"))
def transaction_status(make: Make) -> Made:
    """Mostly completed."""
    states, weights = ("completed", "pending", "declined", "refunded", "reversed", "disputed"), (88, 5, 3, 2, 1, 1)
    index = make.index(len(states)) if make.unique else Weighted(make.key("index"), weights, make.at)
    return Made(Values(states, index), STRING, len(states), unique=make.unique)


@generator(
    "finance.money",
    "An amount of money with the decimal digits and the usual size of its currency",
    output="decimal(18,2)",
    parameters=(
        Parameter("currency", "string", "The currency's code; by default that of the locale's country"),
        Parameter("min", "decimal", "Smallest; by default what a US dollar buys", minimum=0),
        Parameter("max", "decimal", "Largest; by default what 5,000 US dollars buy", minimum=0),
        Parameter(
            "style", "string", "A number, or text with the code or the symbol before it", "number", ("number", "code", "symbol")
        ),
    ),
    keywords=("amount", "price", "currency", "cash"),
)
def money(make: Make, currency: str | None, min: Decimal | None, max: Decimal | None, style: str) -> Made:
    """Small amounts are more common than large ones, unless a range is given."""
    known = currency_facts(currency or _of_country(country_of(make.locale) or home(make)))
    scale, units = known["digits"], known["units"]
    low, high = Decimal(units) if min is None else min, Decimal(units * 5_000) if max is None else max
    lo, hi = bounds(low, high, scale)
    step = 10**scale if units >= _ROUND and min is None and max is None else 1
    free = make.unique or min is not None or max is not None
    shape = Shape("uniform", scale) if free else Shape("lognormal", scale, median=Decimal(units * 60), sigma=Decimal("1.1"))
    op, kind = drawn(make, lo, hi, shape, step), decimal(18, scale)
    size = (hi - lo) // step + 1
    if style == "number":
        return Made(op, kind, size, unique=make.unique)
    before = f"{known['code']} " if style == "code" else str(known["symbol"])
    return Made(join(before, Text(op, kind)), STRING, size, unique=make.unique)


def _of_country(code: str) -> str:
    countries = pools.pool("geo/country")
    codes = countries.field("alpha2").to_pylist()
    return str(countries.field("currency")[codes.index(code)]) if code in codes else ""
