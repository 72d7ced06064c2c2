"""Flights: what belongs to the row's airline and to its airports of departure and arrival (`role` origin and destination)."""

from __future__ import annotations

from runner.generators.aviation import flight_ends, of_airport
from runner.generators.checked import add, digits, divide, join, mark, modulo, multiply, subtract, written
from runner.generators.compose import choose, smaller
from runner.generators.picks import field, record
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Op, Take, ToFloat, ToInteger, Uniform, Values, Weighted
from runner.types import DATETIME, INT, STRING

_ARC = "flight/arc"
_ROLE = Parameter("role", "string", "Which airport of the row", "any", choices=("any", "origin", "destination"))
_MINUTE = 60
_CABINS = {"economy": "YBHKMLVSNQOGTXU", "premium economy": "WRE", "business": "JCDIZ", "first": "FAP"}


def _of_airport(name: str, description: str, of: str, output: str, keyword: str) -> None:
    register = generator(f"aviation.{name}", description, output=output, parameters=(_ROLE,), keywords=(keyword, "airport"))
    kind = INT if output == "int" else STRING
    register(lambda make, role: of_airport(make, role, of, kind))


_of_airport("airport_timezone", "The time zone of the row's airport", "timezone", "string", "iana")
_of_airport("airport_elevation", "Feet above the sea of the row's airport", "elevation", "int", "altitude")
_of_airport("airport_region", "The state or province of the row's airport", "region", "string", "state")
_of_airport("airport_country_code", "The country of the row's airport as an ISO 3166-1 code", "country", "string", "iso")
field(
    "aviation.airline_country",
    "The country of the row's airline as an ISO 3166-1 code",
    "airline",
    "aviation/airline",
    "country",
    keywords=("carrier",),
)
field(
    "aviation.aircraft_maker",
    "The maker of the row's aircraft",
    "aircraft",
    "aviation/aircraft",
    "maker",
    aliases=("aircraft_manufacturer",),
    keywords=("plane",),
)
field(
    "aviation.aircraft_iata",
    "The IATA code of the row's type of aircraft",
    "aircraft",
    "aviation/aircraft",
    "iata",
    keywords=("plane",),
)


def distance(make: Make) -> Op:
    """Kilometres from the row's origin to its destination, by the chord between them on the sphere, to about 1 km."""
    pool, ends = flight_ends(make)
    squares: list[Op] = []
    for axis in "xyz":
        apart = subtract(*(Take(pool, axis, ends[end]) for end in ("origin", "destination")))
        squares.append(multiply(apart, apart))
    chord = ToInteger(Call("sqrt", (ToFloat(add(add(squares[0], squares[1]), squares[2])),)))  # 0 to 2 * 10^6
    return Take(_ARC, "km", smaller(divide(chord, 100), 20_000))


def minutes(make: Make) -> Op:
    """Minutes from gate to gate: half an hour, and the distance at 13 km a minute."""
    return add(divide(distance(make), 13), 30)


@generator(
    "aviation.flight_distance", "Kilometres between the row's origin and destination", output="int", keywords=("great circle",)
)
def flight_distance(make: Make) -> Made:
    """Along the great circle."""
    return Made(distance(make), INT, None)


@generator("aviation.flight_duration", "Minutes that the row's flight takes", output="int", keywords=("block time",))
def flight_duration(make: Make) -> Made:
    """As far as the distance asks."""
    return Made(minutes(make), INT, None)


def _departure(make: Make) -> Op:
    """Within a year from `as_of`, in steps of five minutes."""
    return add(multiply(Uniform(make.entity_key("departure"), 0, 365 * 288 - 1, make.row), 5 * _MINUTE), make.as_of)


@generator(
    "aviation.departure_time",
    "When the row's flight leaves (UTC)",
    output="datetime",
    aliases=("flight_departure_time",),
    keywords=("schedule",),
)
def departure_time(make: Make) -> Made:
    """Within a year from `as_of`."""
    return Made(_departure(make), DATETIME, 365 * 288)


@generator(
    "aviation.arrival_time",
    "When the row's flight lands (UTC): its duration after the departure",
    output="datetime",
    aliases=("flight_arrival_time",),
    keywords=("schedule",),
)
def arrival_time(make: Make) -> Made:
    """Departure and duration."""
    return Made(add(_departure(make), multiply(minutes(make), _MINUTE)), DATETIME, None)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    """One of a list that is short in the world, too."""
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("aviation.flight_status", "How a flight stands, by how common it is", keywords=("delay",))
def flight_status(make: Make) -> Made:
    """Mostly on time."""
    return _few(
        make, ("on time", "delayed", "boarding", "departed", "landed", "cancelled", "diverted"), (50, 14, 6, 12, 15, 2, 1)
    )


@generator("aviation.cabin_class", "A class of travel, by how common it is", keywords=("seat", "travel class"))
def cabin_class(make: Make) -> Made:
    """Mostly economy."""
    return Made(Values(tuple(_CABINS), _cabin(make)), STRING, len(_CABINS))


def _cabin(make: Make) -> Op:
    """The row's cabin, by how common it is."""
    return Weighted(make.entity_key("cabin"), (82, 8, 8, 2), make.row)


@generator("aviation.fare_class", "A booking class of the row's cabin, one letter", aliases=("booking_class",), keywords=("rbd",))
def fare_class(make: Make) -> Made:
    """Those that airlines use."""
    options = [Values(tuple(fares), Uniform(make.key(cabin), 0, len(fares) - 1, make.at)) for cabin, fares in _CABINS.items()]
    return Made(choose(_cabin(make), *options), STRING, 26)


@generator("aviation.gate", "A gate of an airport", keywords=("boarding", "terminal"))
def gate(make: Make) -> Made:
    """A letter and a number to 60."""
    index = make.index(8 * 60)
    return written(make, 480, mark(divide(index, 60), "ABCDEFGH"), digits(add(modulo(index, 60), 1)))


@generator("aviation.runway", "A runway by its direction", keywords=("airport",))
def runway(make: Make) -> Made:
    """01 to 36, and which of the parallel ones."""
    index = make.index(36 * 4)
    return written(make, 144, digits(add(divide(index, 4), 1), 2), Values(("", "L", "C", "R"), modulo(index, 4)))


@generator("aviation.squawk", "A transponder code", keywords=("radar",))
def squawk(make: Make) -> Made:
    """Four octal digits."""
    index = make.index(4096)
    return written(make, 4096, *(digits(modulo(divide(index, 8**p), 8)) for p in (3, 2, 1, 0)))


@generator("aviation.flight_level", "A flight level in hundreds of feet", output="int", keywords=("altitude", "cruise"))
def flight_level(make: Make) -> Made:
    """Tens from 250 to 430."""
    return Made(multiply(add(make.index(19), 25), 10), INT, 19, unique=make.unique)


@generator("aviation.ticket_number", "A ticket's number with its check digit", aliases=("e_ticket",), keywords=("booking",))
def ticket_number(make: Make) -> Made:
    """Three digits of the airline, ten of the form and serial number, and their remainder by 7."""
    index = make.index(900 * 10**10)
    number = add(index, 100 * 10**10)
    return written(
        make, 900 * 10**10, digits(divide(number, 10**10), 3), "-", digits(modulo(number, 10**10), 10), digits(modulo(number, 7))
    )


@generator("aviation.baggage_tag", "A number of checked baggage", aliases=("bag_tag",), keywords=("luggage",))
def baggage_tag(make: Make) -> Made:
    """0, three digits of the airline and six more (IATA resolution 740)."""
    return written(make, 10**9, "0", digits(make.index(10**9), 9))


@generator("aviation.frequent_flyer", "A frequent flyer's number", aliases=("loyalty_number",), keywords=("member",))
def frequent_flyer(make: Make) -> Made:
    """The row's airline and nine digits."""
    airline = record(make, "airline", "aviation/airline", "iata").op
    return Made(
        join("FF", digits(make.index(10**9), 9)) if make.unique else join(airline, digits(make.index(10**9), 9)),
        STRING,
        None,
        unique=make.unique,
    )


@generator("aviation.meal_code", "A special meal by its IATA code", keywords=("catering",))
def meal_code(make: Make) -> Made:
    """Those of IATA."""
    codes = "AVML BBML BLML CHML CNML DBML FPML GFML HNML KSML LCML LFML LSML MOML NLML RVML SFML SPML VGML VJML VLML VOML"
    return _few(make, tuple(codes.split()))
