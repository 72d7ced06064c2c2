"""Addresses. City, region, postcode and coordinates of a row are one place of the locale's country.

`country` and its codes are the country of these places; in a table without any, each row has any country of the world.
"""

from __future__ import annotations

from runner.generators.compose import add, modulo, subtract
from runner.generators.countries import of_country
from runner.generators.entities import shown
from runner.generators.places import Place
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op, Uniform
from runner.types import STRING, decimal

_SCOPE = Parameter(
    "scope",
    "string",
    "`world` is any country, `locale` the locale's own; by default that of the table's city, state or address columns, else any",
    choices=("world", "locale"),
)
_COORDINATE = decimal(9, 6)


@generator("address.city", "A city of the locale's country, by population", keywords=("town", "place"), version=2)
def city(make: Make) -> Made:
    """The city of the row's place."""
    return shown(make, Place.of(make, "name").draw, "name")


@generator(
    "address.state",
    "A state, province or region; the city's, where that is known",
    keywords=("province", "region", "county"),
    parameters=(
        Parameter("style", "string", "`name`, or `code` where the country has abbreviations", "name", choices=("name", "code")),
    ),
    version=2,
)
def state(make: Make, style: str) -> Made:
    """The region of the row's place."""
    field = "region_code" if style == "code" else "region"
    if Place.of(make).has(field):
        return shown(make, Place.of(make, field).draw, field)
    return shown(make, Place.of(make).drawn_region(make.unique), "name")


@generator(
    "address.postcode",
    "A postcode as the country writes it; of the city's region, where that is known",
    keywords=("zip", "postal"),
    version=2,
)
def postcode(make: Make) -> Made:
    """Digits of the region's range, or of the country's pattern."""
    return Made(Place.of(make).postcode(), STRING, None)


@generator("address.street_name", "The name of a street", keywords=("road", "avenue"), version=2)
def street_name(make: Make) -> Made:
    """A street in the words of the locale."""
    return Made(Place.of(make).street(), STRING, None)


@generator("address.building_number", "The number of a house", keywords=("house number",))
def building_number(make: Make) -> Made:
    """1 to 9999, small ones more often."""
    return Made(Place.of(make).number(), STRING, 9_999)


@generator(
    "address.street_address", "House number and street, in the order of the country", keywords=("street", "line"), version=2
)
def street_address(make: Make) -> Made:
    """The number and the street of the row."""
    return Made(Place.of(make).line(), STRING, None)


@generator(
    "address.address",
    "A whole address in one line; its parts are those of the row's other address columns",
    aliases=("full_address",),
    keywords=("postal address",),
    version=2,
)
def address(make: Make) -> Made:
    """Street, city, region and postcode as the country writes them."""
    return Made(Place.of(make).whole(), STRING, None)


@generator("address.country", "A country, named in the language of the locale", parameters=(_SCOPE,), keywords=("nation",))
def country(make: Make, scope: str | None) -> Made:
    """The row's country."""
    return of_country(make, scope, "name")


@generator(
    "address.country_code",
    "The row's country as an ISO 3166-1 code",
    parameters=(
        _SCOPE,
        Parameter(
            "style", "string", "Two letters, three letters or three digits", "alpha2", choices=("alpha2", "alpha3", "numeric")
        ),
    ),
    keywords=("iso country",),
)
def country_code(make: Make, scope: str | None, style: str) -> Made:
    """The code of the country that `country` names."""
    return of_country(make, scope, style)


@generator("address.capital", "The capital of the row's country", parameters=(_SCOPE,))
def capital(make: Make, scope: str | None) -> Made:
    """In English, as GeoNames has it."""
    return of_country(make, scope, "capital")


@generator(
    "address.calling_code",
    "The telephone code of the row's country, such as +62",
    parameters=(_SCOPE,),
    keywords=("dialing code",),
)
def calling_code(make: Make, scope: str | None) -> Made:
    """With its plus sign."""
    return of_country(make, scope, "calling_code")


@generator(
    "address.latitude",
    "Degrees north; near the row's city, where that is known",
    output="decimal(9,6)",
    keywords=("lat", "geo"),
    version=2,
)
def latitude(make: Make) -> Made:
    """Microdegrees, within about 5 km of the city."""
    return _coordinate(make, "latitude", 90)


@generator(
    "address.longitude",
    "Degrees east; near the row's city, where that is known",
    output="decimal(9,6)",
    keywords=("lon", "lng", "geo"),
    version=2,
)
def longitude(make: Make) -> Made:
    """Microdegrees, within about 5 km of the city."""
    return _coordinate(make, "longitude", 180)


_NEAR = 40_000  # microdegrees
_FAR = 250_000


def _coordinate(make: Make, field: str, limit: int) -> Made:
    place = Place.of(make)
    if not place.has(field):
        index = make.index(2 * limit * 10**6 + 1, field)
        return Made(add(index, -limit * 10**6), _COORDINATE, 2 * limit * 10**6 + 1, unique=make.unique)
    if make.unique:
        return _own_coordinate(make, place.field(field), field)
    near = Uniform(make.entity_key(f"near {field}"), -_NEAR, _NEAR, make.row)
    return Made(add(place.field(field), near), _COORDINATE, None)


def _own_coordinate(make: Make, centre: Op, field: str) -> Made:
    """Near the city and distinct: of the window around it, the only value with the row's own remainder.

    The window reaches about 28 km to each side.
    """
    window = 2 * _FAR + 1
    low = add(centre, -(window // 2))
    ahead = modulo(subtract(make.index(window, field), modulo(low, window)), window)
    return Made(add(low, ahead), _COORDINATE, window, unique=True)
