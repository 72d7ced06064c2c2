"""Cars: the maker, the model, the body and the VIN of a row belong to each other."""

from __future__ import annotations

from runner import pools
from runner.generators.checked import add, digits, divide, join, modulo, multiply
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field
from runner.generators.registry import Made, Make, generator
from runner.ops import Op, PoolIndex, Shaped, Take, Values, Weighted
from runner.types import INT, STRING, decimal

_MODEL = "vehicle/model"
field(
    "vehicle.car_maker",
    "A maker of cars",
    "vehicle",
    _MODEL,
    "maker",
    aliases=("vehicle_make", "manufacturer", "car_make", "vehicle_maker"),
    keywords=("automotive",),
)
field("vehicle.car_model", "The model of the row's car", "vehicle", _MODEL, aliases=("vehicle_model",), keywords=("automotive",))
field(
    "vehicle.car_type",
    "The body of the row's car",
    "vehicle",
    _MODEL,
    "body",
    aliases=("body_type", "vehicle_type"),
    keywords=("automotive",),
)


def _model(make: Make) -> Op:
    return PoolIndex(make.entity_key("vehicle"), _MODEL, make.row)


def model_year(make: Make) -> Op:
    """2001 to 2025, new ones more often."""
    return Shaped(make.entity_key("vehicle year"), "triangular", 2001, 2025, "2022", "", make.row)


@generator("vehicle.car", "A car: maker and model", keywords=("automotive", "vehicle"))
def car(make: Make) -> Made:
    """The row's car."""
    return Made(
        join(Take(_MODEL, "maker", _model(make)), " ", Take(_MODEL, "name", _model(make))), STRING, pools.pool(_MODEL).size
    )


@generator(
    "vehicle.car_year", "The model year of the row's car", output="int", aliases=("vehicle_year",), keywords=("automotive",)
)
def car_year(make: Make) -> Made:
    """2001 to 2025."""
    return Made(model_year(make), INT, 25)


_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_ATTRIBUTES = "ABCDEFGHJKLMNPRSTUVWXYZ"
_YEARS = "123456789ABCDEFGHJKLMNPRS"  # 2001 to 2025 (ISO 3779 and 49 CFR 565)


@generator(
    "vehicle.vin",
    "A vehicle identification number with its check digit, of the row's car and year",
    keywords=("chassis", "automotive"),
)
def vin(make: Make) -> Made:
    """Maker (3), attributes (5), check digit, year, plant and serial number (49 CFR 565)."""
    size = len(_ATTRIBUTES) ** 5 * 10**6
    index = make.index(size)
    letters, serial = divide(index, 10**6), modulo(index, 10**6)
    wmi = Take(_MODEL, "wmi", _model(make))
    attributes = [modulo(divide(letters, len(_ATTRIBUTES) ** p), len(_ATTRIBUTES)) for p in range(5)]
    year = add(model_year(make), -2001)
    total = add(Take(_MODEL, "wmi_sum", _model(make)), multiply(Values(tuple(_VALUES[c] for c in _YEARS), year), 9))
    worth = tuple(_VALUES[c] for c in _ATTRIBUTES)
    for place, attribute in enumerate(attributes[:4]):
        total = add(total, multiply(Values(worth, attribute), _WEIGHTS[3 + place]))
    total = add(add(total, multiply(Values(worth, attributes[4]), 10)), _VALUES["A"] * 8)
    for place in range(6):
        total = add(total, multiply(modulo(divide(serial, 10 ** (5 - place)), 10), _WEIGHTS[11 + place]))
    marks = [Values(tuple(_ATTRIBUTES), a) for a in attributes]
    check = Values(tuple("0123456789X"), modulo(total, 11))
    return Made(join(wmi, *marks, check, Values(tuple(_YEARS), year), "A", digits(serial, 6)), STRING, None, unique=make.unique)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator(
    "vehicle.fuel_type", "What a car runs on, by how common it is", aliases=("car_fuel_type", "fuel"), keywords=("engine",)
)
def fuel_type(make: Make) -> Made:
    """Mostly petrol."""
    return _few(
        make,
        ("Petrol", "Diesel", "Electric", "Hybrid", "Plug-in hybrid", "LPG", "CNG", "Ethanol", "Hydrogen"),
        (50, 25, 8, 9, 4, 2, 1, 1, 1),
    )


@generator("vehicle.transmission", "A car's transmission", aliases=("car_transmission_type", "gearbox"), keywords=("gear",))
def transmission(make: Make) -> Made:
    """Mostly automatic and manual."""
    return _few(make, ("Automatic", "Manual", "CVT", "Dual-clutch", "Semi-automatic"), (45, 38, 8, 7, 2))


@generator(
    "vehicle.license_plate",
    "A number plate",
    aliases=("number_plate", "vehicle_registration", "vehicle_registration_code"),
    keywords=("registration",),
)
def license_plate(make: Make) -> Made:
    """Three letters and four digits."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    alphabets = (*(letters,) * 3, "-", *("0123456789",) * 4)
    return Made(drawn_pattern(make, alphabets), STRING, 23**3 * 10**4, unique=make.unique)


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
    """0.8 to 6.5."""
    return Made(add(make.index(58), 8), decimal(3, 1), 58, unique=make.unique)


@generator("vehicle.tyre_size", "A size of tyres", aliases=("tire_size",), keywords=("wheel",))
def tyre_size(make: Make) -> Made:
    """Width, profile and rim."""
    index = make.index(17 * 10 * 9)
    width, profile, rim = divide(index, 90), modulo(divide(index, 9), 10), modulo(index, 9)
    text = join(digits(add(multiply(width, 10), 155)), "/", digits(add(multiply(profile, 5), 35)), "R", digits(add(rim, 13)))
    return Made(text, STRING, 17 * 90, unique=make.unique)
