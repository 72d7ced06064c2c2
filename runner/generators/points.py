"""Points on the map: in a box, in a circle, near the cities of a country, or at the row's place.

All columns of a point in a row (and group) show the same one; it is enough that one of them says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from runner import pools
from runner.generators.address import latitude, longitude
from runner.generators.building import closest
from runner.generators.compose import add, divide, join, modulo, multiply, smaller, subtract
from runner.generators.countries import country_of
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Op, Pattern, PoolIndex, Take, Text, Uniform, UniformBetween, Values, Weighted
from runner.spheres import MICRO, POLE, TURN, Bands, box, cap
from runner.types import JSON, STRING, decimal

_DEGREES = decimal(9, 6)
_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_NAMES = tuple(
    f"geo.{name}" for name in ("point", "point_latitude", "point_longitude", "point_wkt", "point_geojson", "point_geohash")
)
_WHERE = (
    Parameter("box", "any", "South, west, north and east in degrees; west above east crosses the 180th meridian"),
    Parameter("center", "any", "Latitude and longitude of the middle of a circle"),
    Parameter("radius", "string", "The circle's radius, such as 5km, 300m or 10mi; a bare number is kilometres"),
    Parameter("country", "string", "Two letters: near the cities of that country, by population"),
)
_METRES = {"km": Decimal(1_000), "m": Decimal(1), "mi": Decimal("1609.344"), "": Decimal(1_000)}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(km|m|mi|)")
_LARGEST_RADIUS = 20_015_000  # metres: half the way around
_NEAR = 40_000  # microdegrees around a city


@dataclass(frozen=True)
class Point:
    """Latitude and longitude in microdegrees."""

    latitude: Op
    longitude: Op

    @property
    def texts(self) -> tuple[Op, Op]:
        """Both with six digits after the point."""
        return Text(self.latitude, _DEGREES), Text(self.longitude, _DEGREES)


def _point(make: Make, given: dict[str, Any]) -> Point:
    """The row's point, by what this column or one beside says of it. Raises `ParameterError`."""
    where = _agreed(make, given)
    if ("center" in where) != ("radius" in where):
        missing = "radius" if "center" in where else "center"
        raise ParameterError(f"a circle needs `center` and `radius`: `{missing}` is missing", missing)
    if sum(name in where for name in ("box", "center", "country")) > 1:
        raise ParameterError("a point lies in a `box`, in a circle or in a `country`: give one of them", next(iter(given), ""))
    if "box" in where:
        return _in_box(make, where["box"])
    if "center" in where:
        return _in_circle(make, where["center"], str(where["radius"]))
    if "country" in where:
        return _in_country(make, str(where["country"]))
    return Point(latitude(make).op, longitude(make).op)


def _agreed(make: Make, given: dict[str, Any]) -> dict[str, Any]:
    """What is said of the point here or beside; two columns of one point must not say different things."""
    found = dict[str, Any]()
    for name, value in given.items():
        said = {dict(b.params)[name] for b in make.beside if b.generator in _NAMES and name in dict(b.params)}
        if value is not None:
            said.add(_plain(value))
        if len(said) > 1:
            message = f"columns of one point say different things of `{name}`; give those of another point a `group` of their own"
            raise ParameterError(message, name)
        if said:
            found[name] = value if value is not None else said.pop()
    return found


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _degrees(given: Any, parameter: str, size: int) -> list[int]:
    """So many angles in microdegrees."""
    if isinstance(given, str):
        given = [part for part in re.split(r"[,\s]+", given.strip().strip("[]()")) if part]
    message = f"`{parameter}` must be {size} numbers of degrees, not {given!r}"
    if not isinstance(given, list | tuple) or len(given) != size:
        raise ParameterError(message, parameter)
    try:
        found = [Decimal(str(part)) for part in given]
    except InvalidOperation:
        raise ParameterError(message, parameter) from None
    for number, degrees in enumerate(found):
        limit = 90 if number % 2 == 0 else 180
        if not degrees.is_finite() or abs(degrees) > limit:
            what = "latitude" if number % 2 == 0 else "longitude"
            raise ParameterError(f"`{parameter}`: a {what} is from -{limit} to {limit}, not {degrees}", parameter)
    return [int((degrees * MICRO).to_integral_value()) for degrees in found]


def _in_box(make: Make, given: Any) -> Point:
    south, west, north, east = _degrees(given, "box", 4)
    if south > north:
        raise ParameterError("`box` is south, west, north and east, but its south lies north of its north", "box")
    width = (east - west) % TURN if east != west + TURN else TURN - 1
    bands = box(south, north, width)
    wide = Uniform(make.entity_key("point longitude"), 0, width, make.row)
    return Point(_latitude(make, bands, _band(make, bands)), _around(add(wide, west)))


def _in_circle(make: Make, centre: Any, radius: str) -> Point:
    middle, meridian = _degrees(centre, "center", 2)
    bands = cap(middle, _metres(radius))
    band = _band(make, bands)
    half = Values(bands.half, band)
    wide = UniformBetween(make.entity_key("point longitude"), subtract(0, half), half, make.row)
    return Point(_latitude(make, bands, band), _around(add(wide, meridian)))


def _metres(radius: str) -> int:
    match = _LENGTH.fullmatch(radius.strip().casefold())
    metres = int(Decimal(match[1]) * _METRES[match[2]]) if match else 0
    if not 0 < metres <= _LARGEST_RADIUS:
        raise ParameterError(f"`radius` must be a length such as 5km, 300m or 10mi, at most 20,015km, not {radius!r}", "radius")
    return metres


def _band(make: Make, bands: Bands) -> Op:
    return Weighted(make.entity_key("point band"), bands.weights, make.row)


def _latitude(make: Make, bands: Bands, band: Op) -> Op:
    low, high = Values(bands.first, band), Values(bands.last, band)
    return UniformBetween(make.entity_key("point latitude"), low, high, make.row)


def _around(degrees: Op) -> Op:
    """From -180 up to 180 degrees."""
    return subtract(modulo(add(degrees, TURN // 2), TURN), TURN // 2)


def _in_country(make: Make, country: str) -> Point:
    pool = _cities(country, make.locale)
    city = PoolIndex(make.entity_key("point city"), pool, make.row)
    near = {
        field: Uniform(make.entity_key(f"point near {field}"), -_NEAR, _NEAR, make.row) for field in ("latitude", "longitude")
    }
    return Point(*(add(Take(pool, field, city), near[field]) for field in ("latitude", "longitude")))


def _cities(country: str, locale: str) -> str:
    """The pool of cities of a country, that of the locale where it is its own. Raises `ParameterError`."""
    known: dict[str, str] = {}
    for name in (locale, *pools.locales()):
        pool = f"{name}/city"
        if "city" in pools.facts(name)["pools"] and {"latitude", "longitude"} <= set(pools.pool(pool).fields):
            known.setdefault(country_of(name), pool)
    found = known.get(country.strip().upper())
    if not found or not country.strip():
        codes = sorted(code for code in known if code)
        message = f"there are no cities of the country {country!r}; there are those of {', '.join(codes)}"
        raise ParameterError(message, "country", closest(country, codes))
    return found


def _register(name: str, description: str, shown: Callable[[Point], Made], **more: Any) -> None:
    register = generator(f"geo.{name}", description, parameters=_WHERE, module=__name__, **more)
    register(lambda make, **where: shown(_point(make, where)))


_register(
    "point", "Latitude and longitude of a point in a box, a circle or a country, with a comma between",
    lambda point: Made(join(point.texts[0], ", ", point.texts[1]), STRING),
    keywords=("coordinates", "gps", "location", "bounding box", "radius"),
)  # fmt: skip
_register(
    "point_latitude", "Degrees north of the row's point", lambda point: Made(point.latitude, _DEGREES),
    output=str(_DEGREES), keywords=("lat", "gps", "bounding box", "radius"),
)  # fmt: skip
_register(
    "point_longitude", "Degrees east of the row's point", lambda point: Made(point.longitude, _DEGREES),
    output=str(_DEGREES), keywords=("lon", "lng", "gps", "bounding box", "radius"),
)  # fmt: skip
_register(
    "point_wkt", "The row's point as well-known text (ISO 19125): longitude first",
    lambda point: Made(join("POINT (", point.texts[1], " ", point.texts[0], ")"), STRING),
    aliases=("wkt", "well_known_text"), keywords=("postgis", "geometry", "spatial"),
)  # fmt: skip
_register(
    "point_geojson", "The row's point as GeoJSON (RFC 7946): longitude first",
    lambda point: Made(join('{"type":"Point","coordinates":[', point.texts[1], ",", point.texts[0], "]}"), JSON),
    output="json", aliases=("geojson", "geo_json"), keywords=("geometry", "spatial", "feature"),
)  # fmt: skip


@generator(
    "geo.point_geohash",
    "The geohash of the row's point",
    parameters=(*_WHERE, Parameter("length", "int", "Characters", 9, minimum=1, maximum=12)),
    keywords=("location", "gps"),
)
def point_geohash(make: Make, length: int, **where: Any) -> Made:
    """Niemeyer's (2008): bits of longitude and latitude by turns, longitude first, five to a character of base 32."""
    point = _point(make, where)
    high = (5 * length + 1) // 2
    low = 5 * length - high
    east = _cell(add(point.longitude, TURN // 2), TURN, high)
    north = _cell(add(point.latitude, POLE), 2 * POLE, low)
    even, odd = _spread(east, high), _spread(north, low)
    bits = add(multiply(even, 2), odd) if high == low else add(even, multiply(odd, 2))  # the last bit is the latitude's, or not
    return Made(Pattern((_ALPHABET,) * length, bits), STRING)


def _cell(place: Op, size: int, bits: int) -> Op:
    """Which of 2^bits equal parts of [0, size] it is in."""
    return smaller(divide(multiply(place, 2**bits), size), 2**bits - 1)


_SPREAD = tuple(sum((byte >> bit & 1) << 2 * bit for bit in range(8)) for byte in range(256))


def _spread(value: Op, bits: int) -> Op:
    """The bits with a 0 before each, a byte at a time."""
    found: Op | None = None
    for byte in range((bits + 7) // 8):
        part = Values(_SPREAD, modulo(divide(value, 2 ** (8 * byte)), 256))
        moved = multiply(part, 2 ** (16 * byte))
        found = moved if found is None else add(found, moved)
    assert found is not None
    return found
