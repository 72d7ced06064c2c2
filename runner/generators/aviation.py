"""Aviation: the airline of a row, its airports and its aircraft, with their codes."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import add, digits, divide, equal, if_else, join, modulo
from runner.generators.entities import Draw, claim_of, draw
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import record
from runner.generators.registry import Claim, Made, Make, Parameter, generator
from runner.ops import Op, Permute, PoolIndex, Take, Uniform, Values
from runner.types import INT, STRING, Type, decimal

_AIRLINE, _AIRPORT, _AIRCRAFT = "aviation/airline", "aviation/airport", "aviation/aircraft"
_ROLE = Parameter(
    "role",
    "string",
    "Which airport of the row: any, or where a flight begins or ends",
    "any",
    choices=("any", "origin", "destination"),
)
_ENDS = ("origin", "destination")
_NUMBERS = 9_999  # of an airline's flights
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I, no O


@generator("aviation.airline", "An airline", aliases=("airline_name",), keywords=("carrier",), version=2)
def airline(make: Make) -> Made:
    """By size, roughly."""
    return record(make, "airline", _AIRLINE, "name")


@generator(
    "aviation.airline_iata", "The IATA code of the row's airline", aliases=("airline_code",), keywords=("carrier",), version=2
)
def airline_iata(make: Make) -> Made:
    """Two characters."""
    return record(make, "airline", _AIRLINE, "iata")


@generator("aviation.airline_icao", "The ICAO code of the row's airline", keywords=("carrier",), version=2)
def airline_icao(make: Make) -> Made:
    """Three letters."""
    return record(make, "airline", _AIRLINE, "icao")


@generator("aviation.flight_number", "A flight number of the row's airline", aliases=("flight",), keywords=("iata",), version=2)
def flight_number(make: Make) -> Made:
    """The airline's code and a number up to 9999, low ones more often."""
    size = pools.pool(_AIRLINE).size * _NUMBERS
    if not make.unique:
        limit = Values((100, 1_000, 3_000, _NUMBERS), Uniform(make.key("length"), 0, 3, make.at))
        number = add(modulo(Uniform(make.key("number"), 0, _NUMBERS - 1, make.at), limit), 1)
        return Made(_flight(draw(make, "airline", _AIRLINE), number), STRING, size)
    drawn = draw(make, "airline", _AIRLINE, claim_of(make, "airline", _AIRLINE, "iata", _NUMBERS))
    return Made(_flight(drawn, add(drawn.rest, 1)), STRING, size, unique=True, claims=drawn.claims)


def _flight(airline: Draw, number: Op) -> Op:
    return join(airline.field("iata"), digits(number))


def of_airport(make: Make, role: str, field: str, kind: Type = STRING) -> Made:
    """A field of the row's airport in a role: any, or an end of its flight."""
    if role == "any":
        return record(make, "airport", _AIRPORT, field, kind)
    claim = claim_of(make, role, _AIRPORT, field)
    pool, ends = flight_ends(make, claim)
    size = pools.pool(pool if claim else pools.distinct(pool, field)).size
    if claim:
        make.require(size)
    return Made(Take(pool, field, ends[role]), kind, size, unique=make.unique, claims=(claim,) if claim else ())


def flight_ends(make: Make, claim: Claim | None = None) -> tuple[str, dict[str, Op]]:
    """The airports where the row's flight begins and ends: never the same one.

    The one that is unique keeps its draw, and the other goes one airport on where they meet; of two unique
    ones the destination is always as far on in the list.
    """
    asked = {c for c in make.claims if c.entity in _ENDS and c.group == make.group} | ({claim} if claim else set())
    pool = _AIRPORT
    for field in sorted({c.field for c in asked}):
        pool = pools.distinct(pool, field)
    size, unique = pools.pool(pool).size, {c.entity: c.at for c in asked}
    origin, target = (
        Permute(make.entity_key(end), size, unique[end]) if end in unique else PoolIndex(make.entity_key(end), pool, make.row)
        for end in _ENDS
    )
    if len(set(unique.values())) == 2:  # distinct together: the destination is counted from the origin
        return pool, {"origin": origin, "destination": modulo(add(add(origin, target), 1), size)}
    if len(unique) == 2:
        return pool, {"origin": origin, "destination": modulo(add(origin, size // 3), size)}
    kept, moved = (target, origin) if "destination" in unique else (origin, target)
    apart = if_else(equal(moved, kept), modulo(add(moved, 1), size), moved)
    return pool, {"origin": apart, "destination": kept} if kept is target else {"origin": kept, "destination": apart}


@generator("aviation.airport", "An airport", aliases=("airport_name",), parameters=(_ROLE,), keywords=("aerodrome",), version=2)
def airport(make: Make, role: str) -> Made:
    """Half of the draws are large airports."""
    return of_airport(make, role, "name")


@generator(
    "aviation.airport_iata",
    "The IATA code of the row's airport",
    aliases=("airport_code",),
    parameters=(_ROLE,),
    keywords=("iata",),
    version=2,
)
def airport_iata(make: Make, role: str) -> Made:
    """Three letters."""
    return of_airport(make, role, "iata")


@generator("aviation.airport_icao", "The ICAO code of the row's airport", parameters=(_ROLE,), keywords=("icao",), version=2)
def airport_icao(make: Make, role: str) -> Made:
    """Four characters."""
    return of_airport(make, role, "icao")


@generator("aviation.airport_city", "The city of the row's airport", parameters=(_ROLE,), keywords=("town",), version=2)
def airport_city(make: Make, role: str) -> Made:
    """The city that the airport serves."""
    return of_airport(make, role, "city")


@generator(
    "aviation.airport_country",
    "The country of the row's airport, in English",
    parameters=(_ROLE,),
    keywords=("nation",),
    version=2,
)
def airport_country(make: Make, role: str) -> Made:
    """The country's name."""
    return of_airport(make, role, "country_name")


@generator(
    "aviation.airport_latitude",
    "Degrees north of the row's airport",
    output="decimal(9,6)",
    parameters=(_ROLE,),
    keywords=("lat",),
    version=2,
)
def airport_latitude(make: Make, role: str) -> Made:
    """Microdegrees."""
    return of_airport(make, role, "latitude", decimal(9, 6))


@generator(
    "aviation.airport_longitude",
    "Degrees east of the row's airport",
    output="decimal(9,6)",
    parameters=(_ROLE,),
    keywords=("lon",),
    version=2,
)
def airport_longitude(make: Make, role: str) -> Made:
    """Microdegrees."""
    return of_airport(make, role, "longitude", decimal(9, 6))


@generator(
    "aviation.aircraft", "A type of airliner", aliases=("aircraft_type", "airplane"), keywords=("plane", "model"), version=2
)
def aircraft(make: Make) -> Made:
    """By how many fly, roughly."""
    return record(make, "aircraft", _AIRCRAFT, "name")


@generator(
    "aviation.aircraft_icao",
    "The ICAO designator of the row's aircraft",
    aliases=("aircraft_code",),
    keywords=("plane",),
    version=2,
)
def aircraft_icao(make: Make) -> Made:
    """ICAO Doc 8643."""
    return record(make, "aircraft", _AIRCRAFT, "icao")


@generator(
    "aviation.aircraft_seats",
    "Seats of the row's aircraft",
    output="int",
    aliases=("seat_capacity",),
    keywords=("capacity",),
    version=2,
)
def aircraft_seats(make: Make) -> Made:
    """A usual number of seats for the type."""
    return record(make, "aircraft", _AIRCRAFT, "seats", INT)


@generator(
    "aviation.seat",
    "A seat in a cabin with six seats a row",
    aliases=("seat_number",),
    keywords=("cabin",),
    parameters=(Parameter("rows", "int", "Rows of the cabin", 32, minimum=1, maximum=99),),
)
def seat(make: Make, rows: int) -> Made:
    """A row number and a letter from A to F."""
    index = make.index(rows * 6)
    return Made(
        join(digits(add(divide(index, 6), 1)), Values(tuple("ABCDEF"), modulo(index, 6))), STRING, rows * 6, unique=make.unique
    )


@generator(
    "aviation.pnr",
    "A booking reference",
    aliases=("record_locator", "booking_reference", "booking_code"),
    keywords=("reservation",),
)
def pnr(make: Make) -> Made:
    """Six letters and digits without 0, 1, I and O; the first is a letter."""
    alphabets = (_LETTERS, *[_LETTERS + "23456789"] * 5)
    return Made(drawn_pattern(make, alphabets), STRING, 24 * 32**5, unique=make.unique)


@generator(
    "aviation.tail_number",
    "The registration of an aircraft",
    aliases=("aircraft_registration",),
    keywords=("tail", "registration"),
)
def tail_number(make: Make) -> Made:
    """As in the United States: N, three digits that begin with 1-9, two letters."""
    return Made(
        drawn_pattern(make, ("N", "123456789", "0123456789", "0123456789", _LETTERS, _LETTERS)),
        STRING,
        900 * 24 * 24,
        unique=make.unique,
    )


@generator(
    "aviation.airport_region_code",
    "The ISO 3166-2 code of the row's airport's region, or its country's where that is not known",
    parameters=(_ROLE,),
    keywords=("state", "province"),
)
def airport_region_code(make: Make, role: str) -> Made:
    """Such as US-NY."""
    return of_airport(make, role, "region_code")


@generator("aviation.airport_continent", "The continent of the row's airport", parameters=(_ROLE,), keywords=("region",))
def airport_continent(make: Make, role: str) -> Made:
    """One of seven."""
    return of_airport(make, role, "continent")
