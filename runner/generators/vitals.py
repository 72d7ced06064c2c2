"""Measures of a body that fit each other: height, weight and body mass index, pressures, temperature and pulse.

Where the patient's columns stand beside them, height and weight are those of the patient's age and sex.
"""

from __future__ import annotations

from runner.generators.compose import (
    add,
    choose,
    digits,
    divide,
    if_else,
    join,
    larger,
    less,
    multiply,
    number,
    smaller,
    subtract,
)
from runner.generators.moments import DAY
from runner.generators.patients import born, female
from runner.generators.people import years_between
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Op, Shaped, Values
from runner.types import INT, STRING, Type, decimal

_PATIENT = ("health.patient_age", "health.patient_birth_date", "health.patient_sex", "health.patient_name")
_CHILD_HEIGHT = (60, 76, 87, 96, 103, 110, 116, 122, 128, 133, 138, 143, 149, 156, 162, 166, 168, 169)  # cm by age, about
_CHILD_INDEX = (168, 170, 163, 158, 155, 153, 153, 155, 158, 162, 167, 172, 178, 184, 191, 197, 203, 209)  # in tenths
_GROWN = 18
_RANGE = (
    Parameter("min", "int", "Smallest", 145, minimum=30, maximum=260),
    Parameter("max", "int", "Largest", 205, minimum=30, maximum=260),
)


def _of_patient(make: Make) -> bool:
    return any(beside.generator in _PATIENT for beside in make.beside)


def _spread(make: Make, name: str, low: int, high: int, mean: str, deviation: str) -> Op:
    return Shaped(make.entity_key(name), "normal", low, high, mean, deviation, make.row)


def _height(make: Make, low: int, high: int) -> Op:
    """Centimetres: even around the middle, or by the patient's age and sex."""
    if not _of_patient(make):
        return _spread(make, "height", low, high, str((low + high) // 2 - 4), "10")
    age = years_between(born(make), make.as_of // DAY)
    usual = if_else(
        less(age, _GROWN), Values(_CHILD_HEIGHT, smaller(age, _GROWN - 1)), choose(female(make), number(175), number(162))
    )
    return divide(multiply(usual, add(1_000, _spread(make, "stature", -120, 120, "0", "40"))), 1_000)


def _index(make: Make) -> Op:
    """Tenths of kilograms per square metre."""
    grown = _spread(make, "body mass", 160, 480, "265", "48")
    if not _of_patient(make):
        return grown
    age = years_between(born(make), make.as_of // DAY)
    young = divide(multiply(Values(_CHILD_INDEX, smaller(age, _GROWN - 1)), _spread(make, "child", 82, 135, "100", "9")), 100)
    return if_else(less(age, _GROWN), young, grown)


def _agreed_height(make: Make) -> Op:
    """The height that the column beside shows, or the usual one."""
    low, high = (make.agreed(name, "health.height") or str(usual) for name, usual in (("min", 145), ("max", 205)))
    return _height(make, int(low), int(high))


@generator(
    "health.height",
    "A grown person's height in centimetres; a patient's is that of the age and sex",
    output="int",
    keywords=("body", "size"),
    parameters=_RANGE,
    version=2,
)
def height(make: Make, min: int, max: int) -> Made:
    """Normal around the middle."""
    if min > max:
        raise ParameterError(f"`min` ({min}) is above `max` ({max})", "min")
    make.require(max - min + 1)
    return Made(_height(make, min, max), INT, max - min + 1)


@generator(
    "health.weight",
    "A person's weight in kilograms that fits the row's height and body mass index",
    output="decimal(5,1)",
    aliases=("body_weight",),
    keywords=("body",),
    version=2,
)
def weight(make: Make) -> Made:
    """The index times the square of the height."""
    tall = _agreed_height(make)
    return Made(divide(add(multiply(_index(make), multiply(tall, tall)), 5_000), 10_000), decimal(5, 1), None)


@generator(
    "health.bmi",
    "The body mass index of the row's height and weight",
    output="decimal(4,1)",
    aliases=("body_mass_index",),
    keywords=("body",),
    version=2,
)
def bmi(make: Make) -> Made:
    """Normal around 26.5 in grown people."""
    return Made(_index(make), decimal(4, 1), 321)


def _systolic(make: Make) -> Op:
    return _spread(make, "systolic", 85, 200, "122", "15")


def _diastolic(make: Make) -> Op:
    """Three fifths of the systolic pressure and a little."""
    return add(divide(multiply(_systolic(make), 3), 5), _spread(make, "diastolic", -10, 16, "3", "5"))


@generator(
    "health.systolic_pressure",
    "Systolic blood pressure in mmHg",
    output="int",
    keywords=("vital", "blood pressure"),
    version=2,
)
def systolic_pressure(make: Make) -> Made:
    """Normal around 122."""
    return Made(_systolic(make), INT, 116)


@generator(
    "health.diastolic_pressure",
    "Diastolic blood pressure in mmHg that fits the row's systolic one",
    output="int",
    keywords=("vital", "blood pressure"),
    version=2,
)
def diastolic_pressure(make: Make) -> Made:
    """Around 76, and always well below the systolic pressure."""
    return Made(_diastolic(make), INT, 96)


@generator("health.blood_pressure", "The row's blood pressure as people write it, such as 122/76", keywords=("vital", "mmhg"))
def blood_pressure(make: Make) -> Made:
    """Systolic over diastolic."""
    return Made(join(digits(_systolic(make)), "/", digits(_diastolic(make))), STRING, 116 * 27)


@generator(
    "health.mean_arterial_pressure", "The mean of the row's blood pressure in mmHg", output="int", keywords=("vital", "map")
)
def mean_arterial_pressure(make: Make) -> Made:
    """A third of the way from the diastolic to the systolic pressure."""
    low = _diastolic(make)
    return Made(add(low, divide(subtract(_systolic(make), low), 3)), INT, 131)


def _temperature(make: Make) -> Op:
    return _spread(make, "temperature", 355, 410, "368", "5")


@generator(
    "health.body_temperature",
    "Body temperature in degrees Celsius",
    output="decimal(4,1)",
    keywords=("vital", "fever"),
    version=2,
)
def body_temperature(make: Make) -> Made:
    """Normal around 36.8."""
    return Made(_temperature(make), decimal(4, 1), 56)


@generator(
    "health.heart_rate",
    "Heart beats a minute at rest, more with the row's fever",
    output="int",
    aliases=("pulse",),
    keywords=("vital", "bpm"),
    version=2,
)
def heart_rate(make: Make) -> Made:
    """Normal around 73, and nine more for each degree above 37."""
    fever = larger(subtract(_temperature(make), 370), 0)
    return Made(add(_spread(make, "pulse", 45, 130, "73", "10"), divide(multiply(fever, 9), 10)), INT, 122)


@generator("health.respiratory_rate", "Breaths a minute, more with the row's fever", output="int", keywords=("vital",), version=2)
def respiratory_rate(make: Make) -> Made:
    """Normal around 16, and two more for each degree above 37."""
    fever = larger(subtract(_temperature(make), 370), 0)
    return Made(add(_spread(make, "breath", 10, 30, "16", "2"), divide(fever, 5)), INT, 29)


def _alone(make: Make, low: int, high: int, mean: str, deviation: str, kind: Type = INT) -> Made:
    """A measure that nothing else hangs on."""
    size = high - low + 1
    if make.unique:
        return Made(add(make.index(size), low), kind, size, unique=True)
    return Made(Shaped(make.key("value"), "normal", low, high, mean, deviation, make.at), kind, size)


@generator("health.oxygen_saturation", "Oxygen saturation in percent", output="int", aliases=("spo2",), keywords=("vital",))
def oxygen_saturation(make: Make) -> Made:
    """Mostly 95 to 99."""
    return _alone(make, 80, 100, "97", "2")


@generator("health.glucose", "Blood glucose in mg/dL", output="int", aliases=("blood_sugar",), keywords=("lab",))
def glucose(make: Make) -> Made:
    """Normal around 105."""
    return _alone(make, 50, 400, "105", "30")


@generator("health.hba1c", "Glycated haemoglobin in percent", output="decimal(4,1)", keywords=("lab", "diabetes"))
def hba1c(make: Make) -> Made:
    """Normal around 5.6."""
    return _alone(make, 40, 140, "56", "9", decimal(4, 1))


@generator(
    "health.hemoglobin", "Haemoglobin in g/dL", output="decimal(4,1)", keywords=("lab", "blood count"), aliases=("haemoglobin",)
)
def hemoglobin(make: Make) -> Made:
    """Normal around 14."""
    return _alone(make, 60, 200, "140", "15", decimal(4, 1))


@generator(
    "health.white_cell_count", "White blood cells in thousands per microlitre", output="decimal(4,1)", keywords=("lab", "wbc")
)
def white_cell_count(make: Make) -> Made:
    """Normal around 7."""
    return _alone(make, 10, 300, "70", "20", decimal(4, 1))


@generator("health.platelet_count", "Platelets in thousands per microlitre", output="int", keywords=("lab", "thrombocytes"))
def platelet_count(make: Make) -> Made:
    """Normal around 260."""
    return _alone(make, 20, 700, "260", "60")


def _ldl(make: Make) -> Op:
    return _spread(make, "ldl", 40, 230, "112", "32")


def _hdl(make: Make) -> Op:
    return _spread(make, "hdl", 25, 100, "54", "13")


def _triglycerides(make: Make) -> Op:
    return _spread(make, "triglycerides", 45, 390, "130", "50")


@generator(
    "health.ldl", "Low-density cholesterol in mg/dL", output="int", keywords=("lab", "lipid"), aliases=("ldl_cholesterol",)
)
def ldl(make: Make) -> Made:
    """Normal around 112."""
    return Made(_ldl(make), INT, 191)


@generator(
    "health.hdl", "High-density cholesterol in mg/dL", output="int", keywords=("lab", "lipid"), aliases=("hdl_cholesterol",)
)
def hdl(make: Make) -> Made:
    """Normal around 54."""
    return Made(_hdl(make), INT, 76)


@generator("health.triglycerides", "Triglycerides in mg/dL", output="int", keywords=("lab", "lipid"))
def triglycerides(make: Make) -> Made:
    """Normal around 130."""
    return Made(_triglycerides(make), INT, 346)


@generator(
    "health.cholesterol",
    "Total cholesterol in mg/dL: the row's low- and high-density cholesterol and a fifth of the triglycerides",
    output="int",
    keywords=("lab", "lipid"),
    version=2,
)
def cholesterol(make: Make) -> Made:
    """By the formula of Friedewald."""
    return Made(add(add(_ldl(make), _hdl(make)), divide(_triglycerides(make), 5)), INT, None)
