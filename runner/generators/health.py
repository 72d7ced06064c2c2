"""Health care: a row's condition, its code, its medicine with dose and route, and its department fit each other."""

from __future__ import annotations

from runner.generators.compose import add, divide, if_else, larger, less, multiply, subtract
from runner.generators.entities import draw
from runner.generators.illness import condition_field, of_condition
from runner.generators.picks import field, listed, take
from runner.generators.registry import Made, Make, generator
from runner.ops import Const, Op, Shaped, UniformBetween, Values
from runner.types import STRING, decimal

_SYMPTOM, _LAB = "health/symptom", "health/lab"


condition_field(
    "health.medical_condition",
    "A disease or complaint, by rough frequency",
    "name",
    "illness",
    "sickness",
    aliases=("condition", "diagnosis", "disease"),
    version=2,
    module=__name__,
)
condition_field(
    "health.icd10_code",
    "The ICD-10-CM code of the row's condition",
    "icd10",
    "icd",
    aliases=("icd10", "icd_code", "diagnosis_code"),
    version=2,
    module=__name__,
)
condition_field(
    "health.icd10_title",
    "The title that ICD-10-CM gives to the row's condition",
    "title",
    "icd",
    "diagnosis",
    aliases=("icd_title", "diagnosis_description"),
    module=__name__,
)
condition_field(
    "health.icd10_chapter",
    "The chapter of ICD-10-CM that the row's condition belongs to",
    "chapter",
    "icd",
    "diagnosis",
    module=__name__,
)
condition_field(
    "health.hospital_department",
    "The department that treats the row's condition",
    "department",
    "ward",
    "clinic",
    aliases=("medical_department",),
    module=__name__,
)
condition_field(
    "health.medication",
    "A medicine that is given for the row's condition, by its international name",
    "medication",
    "pharmacy",
    "treatment",
    aliases=("drug", "drug_name", "medicine"),
    version=2,
    module=__name__,
)
condition_field(
    "health.prescription",
    "What is prescribed for the row's condition: medicine, strength, form and how often",
    "prescription",
    "treatment",
    "drug",
    version=2,
    module=__name__,
)
condition_field(
    "health.dose",
    "The dose of the row's medicine: strength and how often",
    "dose",
    "mg",
    "sig",
    aliases=("dosage",),
    version=2,
    module=__name__,
)
condition_field(
    "health.drug_strength",
    "The strength of the row's medicine",
    "strength",
    "mg",
    "dose",
    module=__name__,
)
condition_field(
    "health.dose_frequency",
    "How often the row's medicine is taken",
    "often",
    "dosage",
    module=__name__,
)
condition_field(
    "health.drug_route",
    "How the row's medicine is given",
    "route",
    "medication",
    aliases=("administration_route",),
    version=2,
    module=__name__,
)
condition_field(
    "health.drug_form",
    "The form of the row's medicine",
    "form",
    "medication",
    aliases=("dosage_form",),
    version=2,
    module=__name__,
)
listed(
    "health.generic_drug", "Any medicine of an open list, by its international name", "pharmacy", "substance",
    pool="health/medication", aliases=("active_ingredient",),
)  # fmt: skip
field(
    "health.disease_code", "Any code of ICD-10-CM, evenly (injuries, births and causes from outside left out)", "disease",
    "health/disease", "code", keywords=("icd",),
)  # fmt: skip
field(
    "health.disease_title", "The title of the row's `disease_code`", "disease", "health/disease", keywords=("icd", "illness"),
)  # fmt: skip
field(
    "health.disease_chapter", "The chapter of the row's `disease_code`", "disease", "health/disease", "chapter",
    keywords=("icd",),
)  # fmt: skip
field(
    "health.blood_type", "A blood group with its rhesus factor, by real frequencies", "blood", "health/blood",
    keywords=("rhesus",), aliases=("blood_group",), version=2,
)  # fmt: skip
field("health.abo_group", "The ABO group of the row's blood type", "blood", "health/blood", "abo", keywords=("blood",))
field(
    "health.rhesus_factor", "The rhesus factor of the row's blood type", "blood", "health/blood", "rhesus", keywords=("blood",),
    aliases=("rh_factor",),
)  # fmt: skip
field(
    "health.allergy", "What somebody is allergic to, by rough frequency", "allergy", "health/allergy",
    keywords=("intolerance",), aliases=("allergen",), version=2,
)  # fmt: skip
field(
    "health.allergy_kind", "What kind of thing the row's allergy is to", "allergy", "health/allergy", "kind",
    keywords=("allergen",), version=2,
)  # fmt: skip
field(
    "health.allergy_reaction", "A reaction to the row's allergen", "allergy", "health/allergy", "reaction",
    keywords=("allergy",), aliases=("reaction",), version=2,
)  # fmt: skip
field(
    "health.allergy_severity", "How severe the row's allergic reaction is", "allergy", "health/allergy", "severity",
    keywords=("allergy",),
)  # fmt: skip
field(
    "health.lab_test", "A laboratory test", "lab", _LAB, keywords=("blood test", "analyte"), aliases=("laboratory_test",),
)  # fmt: skip
field("health.lab_loinc", "The LOINC code of the row's laboratory test", "lab", _LAB, "loinc", aliases=("loinc_code",))
field("health.lab_specimen", "What the row's laboratory test is made on", "lab", _LAB, "specimen", aliases=("specimen",))
field("health.lab_unit", "The unit of the row's laboratory test", "lab", _LAB, "unit", keywords=("measure",))
field(
    "health.reference_range", "The usual range of the row's laboratory test in grown people", "lab", _LAB, "reference",
    keywords=("normal range",), aliases=("lab_reference_range",),
)  # fmt: skip


@generator(
    "health.symptom",
    "A symptom that brings people to the department of the row's condition",
    keywords=("complaint", "sign"),
    version=2,
)
def symptom(make: Make) -> Made:
    """Evenly one of the department's."""
    first, several = of_condition(make, "symptom"), of_condition(make, "symptoms")
    index = UniformBetween(make.key("index"), first, subtract(add(first, several), 1), make.at)
    return take(make, _SYMPTOM, "name", index)


def _measured(make: Make) -> tuple[Op, Op, Op, Op]:
    """The result of the row's test, the ends of its range, and what a unit of these is in thousandths."""
    low, high, scale = (draw(make, "lab", _LAB).field(name) for name in ("low", "high", "scale"))
    place = Shaped(make.entity_key("lab result"), "normal", -600, 1_900, "500", "390", make.row)
    return larger(add(low, divide(multiply(subtract(high, low), place), 1_000)), 0), low, high, scale


@generator(
    "health.lab_result",
    "The result of the row's laboratory test, mostly within its range",
    output="decimal(10,3)",
    keywords=("value",),
    aliases=("lab_value",),
)
def lab_result(make: Make) -> Made:
    """Normal around the middle of the range: four in five within it."""
    value, _, _, scale = _measured(make)
    return Made(multiply(value, scale), decimal(10, 3), None)


@generator(
    "health.lab_flag",
    "Whether the row's laboratory result is low (L), normal (N) or high (H)",
    keywords=("abnormal",),
    aliases=("abnormal_flag",),
)
def lab_flag(make: Make) -> Made:
    """By the ends of the reference range, both within it."""
    value, low, high, _ = _measured(make)
    index = if_else(less(value, low), Const(0), if_else(less(high, value), Const(2), Const(1)))
    return Made(Values(("L", "N", "H"), index), STRING, 3)
