"""The country of a row: any of the world, or the one that the row's other columns are of."""

from __future__ import annotations

from runner import pools
from runner.generators.entities import Draw, claim_of, draw
from runner.generators.registry import Made, Make, ParameterError
from runner.ops import Const, Op, Take
from runner.types import STRING, Type

POOL = "geo/country"
_OF_COUNTRY = tuple(f"address.{name}" for name in ("country", "country_code", "capital", "calling_code"))
_OF_PLACE = tuple(
    f"address.{name}" for name in ("city", "state", "postcode", "address", "street_address", "latitude", "longitude")
)


def country_of(locale: str) -> str:
    """The two letters of the locale's country, nothing for a locale of no country."""
    code = str(pools.facts(locale)["country"]) if locale in pools.locales() else locale.partition("_")[2]
    return code if code in pools.pool(POOL).field("alpha2").to_pylist() else ""


def home(make: Make, scope: str | None = None) -> str:
    """The code of the country that all rows are of, or nothing where each row has its own.

    The scope decides; without one, that of the country columns beside; without these, the place columns
    beside are in the country of their locale. Raises `ParameterError` where a locale has no country.
    """
    scope = scope or make.agreed("scope", *_OF_COUNTRY)
    if scope == "locale":
        code = country_of(make.locale)
        if not code:
            raise ParameterError(f"the locale {make.locale} belongs to no country", "scope")
        return code
    if scope == "world":
        return ""
    locale = next((b.locale for b in make.beside if b.generator in _OF_PLACE), "")
    return country_of(pools.locale_of(locale) or locale)


def has_country(make: Make) -> bool:
    """Whether columns beside tell the row's country."""
    return any(b.generator in _OF_COUNTRY for b in make.beside) or bool(home(make))


def draw_country(make: Make, scope: str | None, field: str = "") -> Draw:
    """The row's country; for a unique column every row has another `field`."""
    code = home(make, scope)
    if not code:
        return draw(make, "country", POOL, claim_of(make, "country", POOL, field))
    make.require(1)
    claim = claim_of(make, "home country", POOL)
    index = Const(pools.pool(POOL).field("alpha2").to_pylist().index(code))
    return Draw(POOL, index, Const(0), 1, (claim,) if claim else ())


def of_country(make: Make, scope: str | None, field: str, kind: Type = STRING) -> Made:
    """A field of the row's country; `name` is in the language of the locale."""
    drawn = draw_country(make, scope, "" if field == "name" else field)
    op = Take(f"{make.locale}/country", "name", number(drawn)) if field == "name" else drawn.field(field)
    fixed = isinstance(drawn.index, Const)
    size = 1 if fixed else drawn.size if make.unique else _distinct(make, field)
    return Made(op, kind, size, unique=make.unique, claims=drawn.claims)


def number(drawn: Draw) -> Op:
    """The country's number among all of them."""
    return drawn.index if drawn.pool == POOL else drawn.field("number")


def _distinct(make: Make, field: str) -> int:
    pool = f"{make.locale}/country" if field == "name" else POOL
    return pools.pool(pools.distinct(pool, field)).size
