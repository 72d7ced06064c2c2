"""Health care: a row's condition, its code and its medication fit each other."""

from __future__ import annotations

from runner.generators.compose import add, digits, divide, join, modulo, multiply
from runner.generators.identifier import drawn_pattern
from runner.generators.patterns import parse_template
from runner.generators.picks import pick, record
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Call, Digits, Shaped, Values, Weighted
from runner.types import INT, STRING, decimal

_CONDITION = "health/condition"
# Frequencies in the United States, per thousand (Stanford Blood Center).
_BLOOD = {"O+": 374, "A+": 357, "B+": 85, "O-": 66, "A-": 63, "AB+": 34, "B-": 15, "AB-": 6}


@generator(
    "health.blood_type",
    "A blood group with its rhesus factor, by real frequencies",
    aliases=("blood_group",),
    keywords=("rhesus",),
)
def blood_type(make: Make) -> Made:
    """One of eight."""
    index = make.index(len(_BLOOD)) if make.unique else Weighted(make.key("index"), tuple(_BLOOD.values()), make.at)
    return Made(Values(tuple(_BLOOD), index), STRING, len(_BLOOD), unique=make.unique)


@generator(
    "health.medical_condition",
    "A disease or complaint, by rough frequency",
    aliases=("condition", "diagnosis", "disease"),
    keywords=("illness", "sickness"),
)
def medical_condition(make: Make) -> Made:
    """The row's condition."""
    return record(make, "condition", _CONDITION, "name")


@generator(
    "health.icd10_code",
    "The ICD-10-CM code of the row's condition",
    aliases=("icd10", "icd_code", "diagnosis_code"),
    keywords=("icd",),
)
def icd10_code(make: Make) -> Made:
    """Of the condition that `medical_condition` names."""
    return record(make, "condition", _CONDITION, "icd10")


@generator("health.prescription", "What is usually prescribed for the row's condition", keywords=("treatment", "drug"))
def prescription(make: Make) -> Made:
    """For the condition that `medical_condition` names."""
    return record(make, "condition", _CONDITION, "medication")


@generator(
    "health.medication", "A medicine by its international name", aliases=("drug", "drug_name", "medicine"), keywords=("pharmacy",)
)
def medication(make: Make) -> Made:
    """Any medicine, by rough frequency; the one for the row's condition is `prescription`."""
    return pick(make, "health/medication")


@generator("health.dose", "A dose of a medicine", aliases=("dosage",), keywords=("mg", "strength"))
def dose(make: Make) -> Made:
    """A usual strength and how often a day."""
    strengths = (
        "2.5 mg",
        "5 mg",
        "10 mg",
        "20 mg",
        "25 mg",
        "40 mg",
        "50 mg",
        "75 mg",
        "100 mg",
        "150 mg",
        "200 mg",
        "250 mg",
        "400 mg",
        "500 mg",
        "1 g",
    )
    times = ("once daily", "twice daily", "three times daily", "every 6 hours", "at bedtime", "as needed")
    index = make.index(len(strengths) * len(times))
    return Made(join(Values(strengths, divide(index, len(times))), " ", Values(times, modulo(index, len(times)))),
                STRING, len(strengths) * len(times), unique=make.unique)  # fmt: skip


@generator("health.allergy", "What somebody is allergic to, by rough frequency", aliases=("allergen",), keywords=("intolerance",))
def allergy(make: Make) -> Made:
    """Food, drugs, pollen and others."""
    return pick(make, "health/allergy")


@generator(
    "health.npi",
    "An identifier such as the US National Provider Identifier, with a valid check digit",
    aliases=("npi_number",),
    keywords=("provider", "physician", "doctor"),
)
def npi(make: Make) -> Made:
    """1 or 2, eight digits, and the Luhn digit of 80840 followed by these nine (45 CFR 162.406)."""
    nine = add(make.index(2 * 10**8), 10**8)
    check = Call("luhn", (add(nine, 80_840 * 10**9),))
    return Made(Digits(add(multiply(nine, 10), check), 10), STRING, 2 * 10**8, unique=make.unique)


@generator("health.medical_record_number", "A patient's number in a hospital", aliases=("mrn", "patient_id"), keywords=("chart",))
def medical_record_number(make: Make) -> Made:
    """MRN and eight digits."""
    return Made(join("MRN", digits(make.index(10**8), 8)), STRING, 10**8, unique=make.unique)


@generator("health.heart_rate", "Heart beats a minute at rest", output="int", aliases=("pulse",), keywords=("vital", "bpm"))
def heart_rate(make: Make) -> Made:
    """Normal around 73."""
    return _vital(make, 45, 130, "73", "10")


@generator("health.systolic_pressure", "Systolic blood pressure in mmHg", output="int", keywords=("vital", "blood pressure"))
def systolic_pressure(make: Make) -> Made:
    """Normal around 122."""
    return _vital(make, 85, 200, "122", "15")


@generator("health.diastolic_pressure", "Diastolic blood pressure in mmHg", output="int", keywords=("vital", "blood pressure"))
def diastolic_pressure(make: Make) -> Made:
    """Normal around 76, and always below the lowest systolic pressure."""
    return _vital(make, 50, 84, "76", "7")


def _vital(make: Make, low: int, high: int, mean: str, deviation: str) -> Made:
    if low > high:
        raise ParameterError(f"`min` ({low}) is above `max` ({high})", "min")
    if make.unique:
        make.index(high - low + 1)  # raises where there are more rows
    return Made(Shaped(make.key("value"), "normal", low, high, mean, deviation, make.at), INT, high - low + 1)


@generator("health.body_temperature", "Body temperature in degrees Celsius", output="decimal(4,1)", keywords=("vital", "fever"))
def body_temperature(make: Make) -> Made:
    """Normal around 36.8."""
    return Made(Shaped(make.key("value"), "normal", 355, 410, "368", "5", make.at), decimal(4, 1), 56)


@generator(
    "health.height",
    "A grown person's height in centimetres",
    output="int",
    keywords=("body", "size"),
    parameters=(
        Parameter("min", "int", "Smallest", 145, minimum=30, maximum=260),
        Parameter("max", "int", "Largest", 205, minimum=30, maximum=260),
    ),
)
def height(make: Make, min: int, max: int) -> Made:
    """Normal around the middle."""
    return _vital(make, min, max, str((min + max) // 2 - 4), "10")


@generator(
    "health.insurance",
    "A health insurance plan's number",
    aliases=("insurance_number", "policy_number"),
    keywords=("coverage", "member"),
)
def insurance(make: Make) -> Made:
    """Three letters and nine digits."""
    return Made(drawn_pattern(make, parse_template("???#########")), STRING, 26**3 * 10**9, unique=make.unique)
