"""Cars: the maker, the model, the year, the body and the VIN of a row belong to each other."""

from __future__ import annotations

from runner.generators.checked import add, digits, divide, join, modulo, multiply
from runner.generators.compose import equal, if_else
from runner.generators.entities import draw
from runner.generators.picks import field
from runner.generators.registry import Made, Make, generator
from runner.ops import Const, Op, Shaped, Values, Weighted
from runner.types import INT, STRING, decimal

_ENTITY, _MODEL = "vehicle", "vehicle/model"
field(
    "vehicle.car_maker",
    "A maker of cars",
    _ENTITY,
    _MODEL,
    "maker",
    aliases=("vehicle_make", "car_make", "vehicle_maker"),
    keywords=("automotive",),
)
field("vehicle.car_model", "The model of the row's car", _ENTITY, _MODEL, aliases=("vehicle_model",), keywords=("automotive",))
field(
    "vehicle.car_type",
    "The body of the row's car",
    _ENTITY,
    _MODEL,
    "body",
    aliases=("body_type", "vehicle_type"),
    keywords=("automotive",),
)
field("vehicle.car", "A car: maker and model", _ENTITY, _MODEL, "car", keywords=("automotive", "vehicle"))
field(
    "vehicle.car_year",
    "A model year of the row's car, 2001 to 2025",
    _ENTITY,
    _MODEL,
    "year",
    kind=INT,
    aliases=("vehicle_year",),
    keywords=("automotive",),
)
field(
    "vehicle.fuel_type",
    "What the row's car runs on",
    _ENTITY,
    _MODEL,
    "fuel",
    aliases=("car_fuel_type", "fuel"),
    keywords=("engine",),
)

_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
_SERIAL = (7, 6, 5, 4, 3, 2)  # weights of the serial number; that of the plant is 8
_PLANTS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_YEARS = "123456789ABCDEFGHJKLMNPRS"  # 2001 to 2025 (ISO 3779 and 49 CFR 565)


@generator(
    "vehicle.vin",
    "A vehicle identification number with its check digit, of the row's car and year",
    keywords=("chassis", "automotive"),
)
def vin(make: Make) -> Made:
    """The maker's three characters, five of the model, check digit, year, plant and serial number (49 CFR 565)."""
    size = len(_PLANTS) * 10**6
    index, car = make.index(size), draw(make, _ENTITY, _MODEL)
    plant, serial = divide(index, 10**6), modulo(index, 10**6)
    total = add(car.field("sum"), multiply(Values(tuple(_VALUES[c] for c in _PLANTS), plant), 8))
    for place, weight in enumerate(_SERIAL):
        total = add(total, multiply(modulo(divide(serial, 10 ** (5 - place)), 10), weight))
    check = Values(tuple("0123456789X"), modulo(total, 11))
    year = Values(tuple(_YEARS), add(car.field("year"), -2001))
    parts = (car.field("wmi"), car.field("vds"), check, year, Values(tuple(_PLANTS), plant), digits(serial, 6))
    return Made(join(*parts), STRING, size if make.unique else None, unique=make.unique)


def _electric(make: Make) -> Op:
    return equal(draw(make, _ENTITY, _MODEL).field("electric"), 1)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("vehicle.transmission", "A car's transmission", aliases=("car_transmission_type", "gearbox"), keywords=("gear",))
def transmission(make: Make) -> Made:
    """Mostly automatic and manual; electric cars have no gears to change."""
    made = _few(make, ("Automatic", "Manual", "CVT", "Dual-clutch", "Semi-automatic"), (45, 38, 8, 7, 2))
    if make.unique:
        return made
    return Made(if_else(_electric(make), Const("Automatic", "string"), made.op), STRING, made.distinct)


@generator("vehicle.mileage", "Kilometres that a car has gone", output="int", aliases=("odometer",), keywords=("distance",))
def mileage(make: Make) -> Made:
    """0 to 400,000, half below 75,000."""
    if make.unique:
        return Made(make.index(400_001), INT, 400_001, unique=True)
    return Made(Shaped(make.key("value"), "lognormal", 0, 400_000, "75000", "0.8", make.at), INT, 400_001)


@generator("vehicle.horsepower", "The power of an engine in horsepower", output="int", keywords=("engine",))
def horsepower(make: Make) -> Made:
    """60 to 800, half below 150."""
    if make.unique:
        return Made(add(make.index(741), 60), INT, 741, unique=True)
    return Made(Shaped(make.key("value"), "lognormal", 60, 800, "150", "0.4", make.at), INT, 741)


@generator(
    "vehicle.engine_size",
    "The displacement of an engine in litres",
    output="decimal(3,1)",
    aliases=("displacement",),
    keywords=("engine",),
)
def engine_size(make: Make) -> Made:
    """0.8 to 6.5; 0 for electric cars where a column beside tells what the row's car runs on."""
    size = add(make.index(58), 8)
    if make.unique or all(b.generator != "vehicle.fuel_type" for b in make.beside):
        return Made(size, decimal(3, 1), 58, unique=make.unique)
    return Made(if_else(_electric(make), Const(0), size), decimal(3, 1), 59)


@generator("vehicle.tyre_size", "A size of tyres", aliases=("tire_size",), keywords=("wheel",))
def tyre_size(make: Make) -> Made:
    """Width, profile and rim."""
    index = make.index(17 * 10 * 9)
    width, profile, rim = divide(index, 90), modulo(divide(index, 9), 10), modulo(index, 9)
    text = join(digits(add(multiply(width, 10), 155)), "/", digits(add(multiply(profile, 5), 35)), "R", digits(add(rim, 13)))
    return Made(text, STRING, 17 * 90, unique=make.unique)
