"""Patients and their care. A patient's age, sex and name fit the row's `medical_condition`."""

from __future__ import annotations

from runner.generators.checked import add, digits, divide, mark, modulo, numbered, places, weighted_sum, written
from runner.generators.compose import equal, if_else, join, subtract
from runner.generators.moments import DAY
from runner.generators.people import Person, years_between
from runner.generators.picks import listed, pick, word
from runner.generators.registry import Made, Make, generator
from runner.ops import Call, Const, Op, PoolIndex, Shaped, Take, Uniform, UniformBetween, Values, Weighted
from runner.types import DATE, INT, STRING, Type, decimal

_CONDITION = "health/condition"
_OLDEST = 95
listed("health.symptom", "A symptom", "complaint", "sign", pool="care/symptom")
listed("health.specialty", "A medical specialty", "doctor", "department", pool="care/specialty", aliases=("medical_specialty",))
listed("health.procedure", "A medical procedure", "surgery", "operation", pool="care/procedure", aliases=("medical_procedure",))
listed("health.body_part", "A part of the body", "anatomy", "organ", pool="care/body_part")
listed("health.vaccine", "A vaccine", "immunisation", pool="care/vaccine", aliases=("immunization",))
listed("health.insurer", "A health insurance company", "payer", pool="care/insurer", aliases=("insurance_company",))


def _condition(make: Make, field: str) -> Op:
    return Take(_CONDITION, field, PoolIndex(make.entity_key("condition"), _CONDITION, make.row))


def patient_born(make: Make) -> Op:
    """The patient's day of birth: not younger than the condition's lowest age, below 96 at `as_of`."""
    today = make.as_of // DAY
    age = UniformBetween(make.entity_key("patient age"), _condition(make, "min_age"), Const(_OLDEST), make.row)
    last = Call("add_months", (Const(today), Call("multiply", (age, Const(-12)))))  # the youngest of that age
    return subtract(last, Uniform(make.entity_key("patient day"), 0, 364, make.row))


def patient_female(make: Make) -> Op:
    """1 for a woman: as the condition asks, else by a draw."""
    sex = _condition(make, "sex")  # 0 any, 1 men, 2 women
    drawn = Uniform(make.entity_key("patient sex"), 0, 1, make.row)
    return if_else(equal(sex, 0), drawn, subtract(sex, 1))


@generator("health.patient_age", "A patient's age in years that fits the row's condition", output="int", keywords=("patient",))
def patient_age(make: Make) -> Made:
    """Whole years up to 95."""
    return Made(years_between(patient_born(make), make.as_of // DAY), INT, _OLDEST + 1)


@generator(
    "health.patient_birth_date",
    "A patient's date of birth that fits the row's condition",
    output="date",
    keywords=("patient", "dob"),
)
def patient_birth_date(make: Make) -> Made:
    """`as_of` less the age."""
    return Made(patient_born(make), DATE, None)


@generator("health.patient_sex", "A patient's sex that fits the row's condition", keywords=("patient", "gender"))
def patient_sex(make: Make) -> Made:
    """Male or Female."""
    return Made(Values(("Male", "Female"), patient_female(make)), STRING, 2)


@generator("health.patient_name", "A patient's full name, of the sex that fits the row's condition", keywords=("patient",))
def patient_name(make: Make) -> Made:
    """A man's or a woman's name of the locale."""
    men, women = (Person.of(make, gender) for gender in ("male", "female"))
    names = [person.full(person.first("name"), person.last("name")) for person in (women, men)]
    return Made(if_else(equal(patient_female(make), 1), names[0], names[1]), STRING, None)


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


@generator("health.drug_route", "How a medicine is given", aliases=("administration_route",), keywords=("medication",))
def drug_route(make: Make) -> Made:
    """The usual ones."""
    return _few(
        make,
        (
            "oral",
            "intravenous",
            "intramuscular",
            "subcutaneous",
            "topical",
            "inhalation",
            "sublingual",
            "rectal",
            "ophthalmic",
            "otic",
            "nasal",
            "transdermal",
            "buccal",
            "vaginal",
            "intradermal",
            "epidural",
        ),
    )


@generator("health.drug_form", "The form of a medicine", aliases=("dosage_form",), keywords=("medication",))
def drug_form(make: Make) -> Made:
    """The usual ones."""
    return _few(
        make,
        (
            "tablet",
            "capsule",
            "solution",
            "suspension",
            "syrup",
            "injection",
            "cream",
            "ointment",
            "gel",
            "lotion",
            "patch",
            "suppository",
            "drops",
            "spray",
            "inhaler",
            "powder",
            "lozenge",
            "film",
            "implant",
            "foam",
        ),
    )


@generator("health.allergy_reaction", "A reaction to an allergen", aliases=("reaction",), keywords=("allergy",))
def allergy_reaction(make: Make) -> Made:
    """Mostly of the skin."""
    return _few(
        make,
        (
            "hives",
            "rash",
            "itching",
            "swelling",
            "sneezing",
            "runny nose",
            "watery eyes",
            "wheezing",
            "nausea",
            "vomiting",
            "diarrhoea",
            "dizziness",
            "shortness of breath",
            "anaphylaxis",
        ),
        (20, 20, 15, 10, 8, 8, 7, 6, 5, 4, 3, 3, 3, 1),
    )


@generator("health.allergy_kind", "What kind of thing an allergy is to", keywords=("allergen",))
def allergy_kind(make: Make) -> Made:
    """Food, drugs, pollen and others."""
    return pick(make, "health/allergy", "kind")


def _vital(make: Make, low: int, high: int, mean: str, deviation: str, kind: Type) -> Made:
    if make.unique:
        return Made(add(make.index(high - low + 1), low), kind, high - low + 1, unique=True)
    return Made(Shaped(make.key("value"), "normal", low, high, mean, deviation, make.at), kind, high - low + 1)


@generator("health.respiratory_rate", "Breaths a minute", output="int", keywords=("vital",))
def respiratory_rate(make: Make) -> Made:
    """Normal around 16."""
    return _vital(make, 8, 40, "16", "3", INT)


@generator("health.oxygen_saturation", "Oxygen saturation in percent", output="int", aliases=("spo2",), keywords=("vital",))
def oxygen_saturation(make: Make) -> Made:
    """Mostly 95 to 99."""
    return _vital(make, 80, 100, "97", "2", INT)


@generator("health.glucose", "Blood glucose in mg/dL", output="int", aliases=("blood_sugar",), keywords=("lab",))
def glucose(make: Make) -> Made:
    """Normal around 105."""
    return _vital(make, 50, 400, "105", "30", INT)


@generator("health.cholesterol", "Total cholesterol in mg/dL", output="int", keywords=("lab", "lipid"))
def cholesterol(make: Make) -> Made:
    """Normal around 190."""
    return _vital(make, 90, 350, "190", "38", INT)


@generator(
    "health.weight", "A grown person's weight in kilograms", output="decimal(5,1)", aliases=("body_weight",), keywords=("body",)
)
def weight(make: Make) -> Made:
    """Normal around 76."""
    return _vital(make, 380, 1_800, "760", "150", decimal(5, 1))


@generator("health.bmi", "A body mass index", output="decimal(4,1)", aliases=("body_mass_index",), keywords=("body",))
def bmi(make: Make) -> Made:
    """Normal around 26.5."""
    return _vital(make, 140, 550, "265", "50", decimal(4, 1))
