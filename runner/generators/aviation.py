"""Aviation: the airline of a row, its airports and its aircraft, with their codes."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import add, digits, divide, equal, if_else, join, modulo
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import record, take
from runner.generators.registry import Made, Make, Parameter, generator
from runner.plan import Op, PoolIndex, Take, Uniform, Values
from runner.types import INT, STRING, Type, decimal

_AIRLINE, _AIRPORT, _AIRCRAFT = "aviation/airline", "aviation/airport", "aviation/aircraft"
_ROLE = Parameter(
    "role",
    "string",
    "Which airport of the row: any, or where a flight begins or ends",
    "any",
    choices=("any", "origin", "destination"),
)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I, no O


@generator("aviation.airline", "An airline", aliases=("airline_name",), keywords=("carrier",))
def airline(make: Make) -> Made:
    """By size, roughly."""
    return record(make, "airline", _AIRLINE, "name")


@generator("aviation.airline_iata", "The IATA code of the row's airline", aliases=("airline_code",), keywords=("carrier",))
def airline_iata(make: Make) -> Made:
    """Two characters."""
    return record(make, "airline", _AIRLINE, "iata")


@generator("aviation.airline_icao", "The ICAO code of the row's airline", keywords=("carrier",))
def airline_icao(make: Make) -> Made:
    """Three letters."""
    return record(make, "airline", _AIRLINE, "icao")


@generator("aviation.flight_number", "A flight number of the row's airline", aliases=("flight",), keywords=("iata",))
def flight_number(make: Make) -> Made:
    """The airline's code and a number up to 9999, low ones more often."""
    size = pools.pool(_AIRLINE).size * 9_999
    if make.unique:
        drawn = make.index(size)
        return Made(_flight(divide(drawn, 9_999), add(modulo(drawn, 9_999), 1)), STRING, size, unique=True)
    limit = Values((100, 1_000, 3_000, 9_999), Uniform(make.key("length"), 0, 3, make.at))
    number = add(modulo(Uniform(make.key("number"), 0, 9_998, make.at), limit), 1)
    return Made(_flight(PoolIndex(make.entity_key("airline"), _AIRLINE, make.at), number), STRING, size)


def _flight(airline: Op, number: Op) -> Op:
    return join(Take(_AIRLINE, "iata", airline), digits(number))


def airport_index(make: Make, role: str) -> Op:
    """The row's airport; a destination is never its row's origin."""
    origin = PoolIndex(make.entity_key("airport" if role == "any" else "origin"), _AIRPORT, make.at)
    if role != "destination":
        return origin
    target = PoolIndex(make.entity_key("destination"), _AIRPORT, make.at)
    return if_else(equal(target, origin), modulo(add(target, 1), pools.pool(_AIRPORT).size), target)


def _of_airport(make: Make, role: str, field: str, kind: Type = STRING) -> Made:
    return take(make, _AIRPORT, field, airport_index(make, role), kind)


@generator("aviation.airport", "An airport", aliases=("airport_name",), parameters=(_ROLE,), keywords=("aerodrome",))
def airport(make: Make, role: str) -> Made:
    """Half of the draws are large airports."""
    return _of_airport(make, role, "name")


@generator(
    "aviation.airport_iata",
    "The IATA code of the row's airport",
    aliases=("airport_code",),
    parameters=(_ROLE,),
    keywords=("iata",),
)
def airport_iata(make: Make, role: str) -> Made:
    """Three letters."""
    return _of_airport(make, role, "iata")


@generator("aviation.airport_icao", "The ICAO code of the row's airport", parameters=(_ROLE,), keywords=("icao",))
def airport_icao(make: Make, role: str) -> Made:
    """Four characters."""
    return _of_airport(make, role, "icao")


@generator("aviation.airport_city", "The city of the row's airport", parameters=(_ROLE,), keywords=("town",))
def airport_city(make: Make, role: str) -> Made:
    """The city that the airport serves."""
    return _of_airport(make, role, "city")


@generator("aviation.airport_country", "The country of the row's airport, in English", parameters=(_ROLE,), keywords=("nation",))
def airport_country(make: Make, role: str) -> Made:
    """The country's name."""
    return _of_airport(make, role, "country_name")


@generator(
    "aviation.airport_latitude",
    "Degrees north of the row's airport",
    output="decimal(9,6)",
    parameters=(_ROLE,),
    keywords=("lat",),
)
def airport_latitude(make: Make, role: str) -> Made:
    """Microdegrees."""
    return _of_airport(make, role, "latitude", decimal(9, 6))


@generator(
    "aviation.airport_longitude",
    "Degrees east of the row's airport",
    output="decimal(9,6)",
    parameters=(_ROLE,),
    keywords=("lon",),
)
def airport_longitude(make: Make, role: str) -> Made:
    """Microdegrees."""
    return _of_airport(make, role, "longitude", decimal(9, 6))


@generator("aviation.aircraft", "A type of airliner", aliases=("aircraft_type", "airplane"), keywords=("plane", "model"))
def aircraft(make: Make) -> Made:
    """By how many fly, roughly."""
    return record(make, "aircraft", _AIRCRAFT, "name")


@generator("aviation.aircraft_icao", "The ICAO designator of the row's aircraft", aliases=("aircraft_code",), keywords=("plane",))
def aircraft_icao(make: Make) -> Made:
    """ICAO Doc 8643."""
    return record(make, "aircraft", _AIRCRAFT, "icao")


@generator(
    "aviation.aircraft_seats", "Seats of the row's aircraft", output="int", aliases=("seat_capacity",), keywords=("capacity",)
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
