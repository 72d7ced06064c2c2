"""Goods: the product of a row has a name, a category and a price that fit each other."""

from __future__ import annotations

from decimal import Decimal

from runner import pools
from runner.generators.compose import add, divide, join, modulo, multiply, subtract
from runner.generators.entities import Draw, claim_of, draw
from runner.generators.identifier import drawn_pattern
from runner.generators.number import bounds
from runner.generators.patterns import parse_template, size_of
from runner.generators.picks import record
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.shapes import Shape, drawn
from runner.ops import Digits, Op, Take, Uniform, UniformBetween, Values, Weighted
from runner.types import STRING, decimal

_PRODUCT, _ADJECTIVE = "commerce/product", "commerce/adjective"
_PRICE = decimal(12, 2)


_NAMES = ("commerce.product_name", "commerce.product_category")


def product(make: Make) -> Draw:
    """The row's product."""
    return draw(make, "product", _PRODUCT)


@generator(
    "commerce.product_name",
    "A product such as a shop sells",
    aliases=("product",),
    keywords=("item", "article", "goods"),
    version=2,
)
def product_name(make: Make) -> Made:
    """Two different qualities and a thing, such as Compact Wooden Lamp."""
    things, qualities = pools.pool(_PRODUCT).size, pools.pool(_ADJECTIVE).size
    pairs = qualities * (qualities - 1)
    if not make.unique:
        pair = Uniform(make.entity_key("product qualities"), 0, pairs - 1, make.row)
        return Made(_named(pair, product(make)), STRING, None)
    drawn = draw(make, "product", _PRODUCT, claim_of(make, "product", _PRODUCT, "name", pairs))
    return Made(_named(drawn.rest, drawn), STRING, things * pairs, unique=True, claims=drawn.claims)


def _named(pair: Op, thing: Draw) -> Op:
    """The thing with the two qualities that the number of a pair tells: the second is 1 or more places after the first."""
    qualities = pools.pool(_ADJECTIVE).size
    one = divide(pair, qualities - 1)
    two = modulo(add(add(one, modulo(pair, qualities - 1)), 1), qualities)
    return join(Take(_ADJECTIVE, "name", one), " ", Take(_ADJECTIVE, "name", two), " ", thing.field("name"))


@generator(
    "commerce.product_category",
    "The category of the row's product",
    aliases=("product_department",),
    keywords=("section", "kind"),
)
def product_category(make: Make) -> Made:
    """One of about thirty."""
    return record(make, "product", _PRODUCT, "category")


@generator(
    "commerce.price",
    "A price; in the range of the row's product unless a range is given",
    output="decimal(12,2)",
    parameters=(
        Parameter("min", "decimal", "Smallest", minimum=0),
        Parameter("max", "decimal", "Largest", minimum=0),
    ),
    keywords=("cost", "amount", "money"),
)
def price(make: Make, min: Decimal | None, max: Decimal | None) -> Made:
    """In cents."""
    if min is None and max is None and (not make.unique or any(b.generator in _NAMES for b in make.beside)):
        low, high = (multiply(product(make).field(end), 100) for end in ("low", "high"))
        if make.unique:
            return _own_price(make, low)
        return Made(UniformBetween(make.entity_key("product price"), low, high, make.row), _PRICE, None)
    lo, hi = bounds(Decimal(1) if min is None else min, Decimal(1000) if max is None else max, 2)
    return Made(drawn(make, lo, hi, Shape("uniform", 2)), _PRICE, hi - lo + 1, unique=make.unique)


def _own_price(make: Make, low: Op) -> Made:
    """In the product's range and distinct: of the cents from the lowest on, the one with the row's own remainder."""
    products = pools.pool(_PRODUCT)
    ranges = zip(products.field("low").to_pylist(), products.field("high").to_pylist(), strict=True)
    window = min((highest - lowest) * 100 + 1 for lowest, highest in ranges)
    ahead = modulo(subtract(make.index(window), modulo(low, window)), window)
    return Made(add(low, ahead), _PRICE, window, unique=True)


@generator(
    "commerce.sku",
    "A stock keeping unit",
    parameters=(Parameter("template", "string", "As in `identifier.pattern`", "???-#####"),),
    keywords=("article number", "part number"),
)
def sku(make: Make, template: str) -> Made:
    """Letters and digits by a template."""
    alphabets = parse_template(template)
    return Made(drawn_pattern(make, alphabets), STRING, size_of(alphabets), unique=make.unique)


@generator(
    "commerce.barcode",
    "An EAN-13 article number with a valid check digit",
    aliases=("ean", "ean13", "gtin"),
    keywords=("upc", "article"),
)
def barcode(make: Make) -> Made:
    """Twelve digits and the check digit of GS1: weights 1 and 3 in turn from the left."""
    number = make.index(10**12)
    total: Op = modulo(number, 10)
    total = multiply(total, 3)
    for place in range(1, 12):
        digit = modulo(divide(number, 10**place), 10)
        total = add(total, digit if place % 2 else multiply(digit, 3))
    check = modulo(multiply(total, 9), 10)
    return Made(Digits(add(multiply(number, 10), check), 13), STRING, 10**12, unique=make.unique)


@generator("commerce.order_status", "How far an order is, by how common it is", keywords=("state",))
def order_status(make: Make) -> Made:
    """Mostly delivered."""
    states = ("delivered", "shipped", "processing", "pending", "cancelled", "returned", "refunded")
    index = make.index(len(states)) if make.unique else Weighted(make.key("index"), (60, 12, 9, 7, 6, 4, 2), make.at)
    return Made(Values(states, index), STRING, len(states), unique=make.unique)
