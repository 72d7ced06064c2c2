"""Care and those who give and pay it: hospitals, numbers of providers, encounters, insurance."""

from __future__ import annotations

from runner.generators.checked import add, digits, divide, join, mark, modulo, multiply, numbered, places, weighted_sum, written
from runner.generators.identifier import drawn_pattern
from runner.generators.patterns import parse_template
from runner.generators.picks import listed, word
from runner.generators.registry import Made, Make, generator
from runner.ops import Call, Digits, Values, Weighted
from runner.types import INT, STRING

listed("health.specialty", "A medical specialty", "doctor", "department", pool="care/specialty", aliases=("medical_specialty",))
listed("health.procedure", "A medical procedure", "surgery", "operation", pool="care/procedure", aliases=("medical_procedure",))
listed("health.body_part", "A part of the body", "anatomy", "organ", pool="care/body_part")
listed("health.vaccine", "A vaccine", "immunisation", pool="care/vaccine", aliases=("immunization",))
listed("health.insurer", "A health insurance company", "payer", pool="care/insurer", aliases=("insurance_company",))


@generator("health.hospital", "The name of a hospital", aliases=("hospital_name",), keywords=("clinic", "facility"))
def hospital(make: Make) -> Made:
    """A name and what the house is called."""
    kinds = ("Hospital", "Medical Center", "Clinic", "General Hospital", "Health Center", "Infirmary")
    kind = Values(kinds, Weighted(make.key("kind"), (40, 30, 12, 6, 10, 2), make.at))
    return Made(join(word(make, "care/hospital_name", "name", "name"), " ", kind), STRING, None)


@generator("health.dea_number", "A prescriber's DEA number with its check digit", keywords=("doctor", "prescription"))
def dea_number(make: Make) -> Made:
    """Two letters, six digits, and the last digit of odd places plus twice the even ones."""
    index = make.index(4 * 26 * 10**6)
    letters, number = divide(index, 10**6), modulo(index, 10**6)
    check = modulo(weighted_sum(places(number, 6), (1, 2) * 3), 10)
    return written(
        make,
        104 * 10**6,
        mark(divide(letters, 26), "ABFM"),
        mark(modulo(letters, 26), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        digits(number, 6),
        digits(check),
    )


@generator(
    "health.ndc", "A number in the shape of the US National Drug Code", aliases=("ndc_code",), keywords=("drug", "package")
)
def ndc(make: Make) -> Made:
    """Labeler, product and package: 5-4-2."""
    number, size = numbered(make, 0, 10**11)
    parts = (divide(number, 10**6), 5), (modulo(divide(number, 100), 10**4), 4), (modulo(number, 100), 2)
    texts = [digits(op, width) for op, width in parts]
    return written(make, size, texts[0], "-", texts[1], "-", texts[2])


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("health.encounter_type", "A kind of encounter, by how common it is", aliases=("visit_type",), keywords=("admission",))
def encounter_type(make: Make) -> Made:
    """Mostly ambulatory (the classes of HL7)."""
    return _few(
        make,
        ("ambulatory", "emergency", "inpatient", "observation", "virtual", "home health", "short stay"),
        (55, 14, 12, 4, 10, 3, 2),
    )


@generator("health.triage_level", "An emergency severity index from 1 (at once) to 5", output="int", keywords=("emergency",))
def triage_level(make: Make) -> Made:
    """Mostly 3 and 4."""
    index = make.index(5) if make.unique else Weighted(make.key("index"), (1, 15, 45, 30, 9), make.at)
    return Made(add(index, 1), INT, 5, unique=make.unique)


@generator("health.admission_type", "How a patient came to be admitted, by how common it is", keywords=("encounter",))
def admission_type(make: Make) -> Made:
    """The types of UB-04."""
    return _few(make, ("emergency", "urgent", "elective", "newborn", "trauma"), (48, 20, 24, 6, 2))


@generator("health.discharge_disposition", "Where a patient goes after a stay, by how common it is", keywords=("encounter",))
def discharge_disposition(make: Make) -> Made:
    """Mostly home."""
    places = (
        "home", "home with home health care", "skilled nursing facility", "rehabilitation facility", "another hospital",
        "long-term care", "hospice", "left against medical advice", "died",
    )  # fmt: skip
    return _few(make, places, (66, 13, 9, 4, 3, 1, 2, 1, 2))


@generator("health.encounter_id", "The number of an encounter", keywords=("visit", "admission"), aliases=("visit_id",))
def encounter_id(make: Make) -> Made:
    """ENC and nine digits."""
    return written(make, 10**9, "ENC", digits(make.index(10**9), 9))


@generator("health.insurance_plan", "A kind of health insurance plan, by how common it is", keywords=("coverage", "payer"))
def insurance_plan(make: Make) -> Made:
    """Those of employers in the United States."""
    return _few(make, ("PPO", "HDHP", "HMO", "POS", "EPO", "Indemnity"), (47, 27, 13, 10, 2, 1))


@generator("health.insurance_group", "The number of a group in a health insurance", keywords=("coverage", "employer"))
def insurance_group(make: Make) -> Made:
    """GRP and six digits."""
    return written(make, 10**6, "GRP", digits(make.index(10**6), 6))


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


@generator(
    "health.insurance",
    "A health insurance plan's number",
    aliases=("insurance_number", "policy_number"),
    keywords=("coverage", "member"),
)
def insurance(make: Make) -> Made:
    """Three letters and nine digits."""
    return Made(drawn_pattern(make, parse_template("???#########")), STRING, 26**3 * 10**9, unique=make.unique)
