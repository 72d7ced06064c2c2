"""The world: what belongs to the row's country and place, and names of mountains, waters and sights."""

from __future__ import annotations

from runner import pools
from runner.generators.address import latitude, longitude
from runner.generators.checked import add, digits, divide, join, modulo, written
from runner.generators.countries import of_country
from runner.generators.picks import field, listed, take
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op, Pattern, PoolIndex, Text, Values
from runner.types import BIGINT, INT, STRING, Type

listed("geo.mountain", "A mountain", "peak", "summit", pool="place/mountain")
listed("geo.river", "A river", "water", pool="place/river")
listed("geo.lake", "A lake", "water", pool="place/lake")
listed("geo.island", "An island", pool="place/island")
listed("geo.sea", "A sea or an ocean", "water", pool="place/sea", aliases=("ocean",))
listed("geo.desert", "A desert", pool="place/desert")
listed("geo.landmark", "A sight that tourists visit", "monument", "tourism", pool="place/landmark")
field("person.language", "A language, in English", "language", "language/language", keywords=("speech",))
field(
    "person.language_code",
    "The ISO 639-1 code of the row's language",
    "language",
    "language/language",
    "code",
    aliases=("language_abbreviation",),
    keywords=("iso 639",),
)
listed(
    "geo.locale_code",
    "A language and a country, such as id-ID",
    "bcp 47",
    pool="language/locale",
    aliases=("language_bcp", "locale_name"),
)
listed("person.nationality", "A nationality", "citizenship", "demonym")


def _country_field(
    name: str, description: str, of: str, keyword: str, aliases: tuple[str, ...] = (), kind: Type = STRING
) -> None:
    register = generator(f"geo.{name}", description, output=str(kind), keywords=(keyword, "country"), aliases=aliases)
    register(lambda make: of_country(make, None, of, kind))


_country_field("continent", "The continent of the row's country", "continent", "world")
_country_field("country_flag", "The flag of the row's country as an emoji", "flag", "emoji", ("country_emoji_flag",))
_country_field("country_tld", "The top-level domain of the row's country", "tld", "domain")
_country_field("country_language", "A language of the row's country, in English", "language", "speech")
_country_field("country_population", "How many people live in the row's country", "population", "people", kind=BIGINT)
_country_field("country_area", "Square kilometres of the row's country", "area", "size", kind=BIGINT)


@generator(
    "geo.coordinates",
    "Latitude and longitude of the row's place",
    aliases=("coordinate", "lat_long", "latlng"),
    keywords=("gps",),
)
def coordinates(make: Make) -> Made:
    """Degrees with a comma between."""
    one, two = latitude(make), longitude(make)
    return Made(join(Text(one.op, one.type), ", ", Text(two.op, two.type)), STRING, None)


@generator(
    "geo.geohash",
    "A geohash",
    keywords=("location", "gps"),
    parameters=(Parameter("length", "int", "Characters", 9, minimum=1, maximum=12),),
)
def geohash(make: Make, length: int) -> Made:
    """Base 32 of Niemeyer (2008), anywhere on earth."""
    alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"
    return Made(Pattern((alphabet,) * length, make.index(32**length)), STRING, 32**length, unique=make.unique)


@generator("geo.direction", "A direction of the compass", aliases=("compass_direction",), keywords=("wind", "bearing"))
def direction(make: Make) -> Made:
    """One of sixteen."""
    points = "N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW"
    return Made(Values(tuple(points.split()), make.index(16)), STRING, 16, unique=make.unique)


@generator("geo.altitude", "Metres above the sea", output="int", aliases=("elevation",), keywords=("height",))
def altitude(make: Make) -> Made:
    """-400 to 8,800, evenly."""
    return Made(add(make.index(9_201), -400), INT, 9_201, unique=make.unique)


@generator(
    "address.secondary",
    "A flat or a suite of a house",
    aliases=("secondary_address", "unit_number", "apartment", "street_address_2"),
    keywords=("line 2",),
)
def secondary(make: Make) -> Made:
    """Apt. or Suite and a number to 999."""
    index = make.index(2 * 999)
    return written(make, 1_998, Values(("Apt. ", "Suite "), divide(index, 999)), digits(add(modulo(index, 999), 1)))


@generator("address.street_suffix", "What streets are called in the locale, such as Avenue", keywords=("road",))
def street_suffix(make: Make) -> Made:
    """Of the locale, or of English."""
    return take(make, *_street(make))


def _street(make: Make) -> tuple[str, str, Op]:
    pool = pools.find_pool(make.locale, "street_suffixes")
    return pool, "name", PoolIndex(make.key("index"), pool, make.at)


@generator("address.street_prefix", "A direction before a street's name, such as North", keywords=("road",))
def street_prefix(make: Make) -> Made:
    """The directions and what else streets begin with in English."""
    words = (
        "North",
        "East",
        "South",
        "West",
        "New",
        "Old",
        "Lake",
        "Port",
        "Upper",
        "Lower",
        "Great",
        "Little",
        "Mount",
        "Saint",
    )
    return Made(Values(words, make.index(len(words))), STRING, len(words), unique=make.unique)
