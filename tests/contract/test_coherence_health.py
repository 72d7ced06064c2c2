"""Patients, medicines, tests and vital signs fit each other row by row."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
Column = npt.NDArray[Any]


@cache
def table(*names: str, rows: int = ROWS) -> pa.RecordBatch:
    checked = check({"tables": {"t": {"rows": rows, "columns": {name: f"health.{name}" for name in names}}}})
    assert checked.plan, checked.findings
    return Engine(checked.plan).batch("t", 0, rows)


def column(batch: pa.RecordBatch, name: str) -> Column:
    found = batch.column(name)
    if pa.types.is_dictionary(found.type):
        found = found.dictionary_decode()
    if pa.types.is_decimal(found.type):
        found = pa.array(np.round(found.cast(pa.float64()).to_numpy(zero_copy_only=False), 3))
    return np.asarray(found.to_numpy(zero_copy_only=False))


def together(batch: pa.RecordBatch, *names: str) -> set[tuple[Any, ...]]:
    """The different rows of the columns."""
    flat = pa.table({name: column(batch, name) for name in names})
    return set(zip(*flat.group_by(list(names)).aggregate([]).select(list(names)).to_pydict().values(), strict=True))


def records(pool: str, *fields: str) -> set[tuple[Any, ...]]:
    return set(zip(*(pools.pool(pool).field(field).to_pylist() for field in fields), strict=True))


def chi_square(found: Column, weights: dict[str, int]) -> float:
    """The statistic over its degrees of freedom: about 1 where the weights are followed."""
    values, counts = np.unique(found.astype(str), return_counts=True)
    seen = dict(zip(values.tolist(), counts.tolist(), strict=True))
    expected = {name: weight / sum(weights.values()) * len(found) for name, weight in weights.items()}
    assert set(seen) <= set(expected)
    return float(sum((seen.get(n, 0) - e) ** 2 / e for n, e in expected.items())) / (len(expected) - 1)


CARE = (
    "medical_condition", "icd10_code", "icd10_title", "icd10_chapter", "medication", "drug_form", "drug_route", "drug_strength",
    "dose_frequency", "dose", "prescription", "hospital_department", "symptom", "patient_age", "patient_sex",
    "patient_birth_date", "admission_date", "discharge_date", "length_of_stay", "height", "weight", "bmi",
)  # fmt: skip


def test_a_condition_has_its_code_its_medicine_and_its_department() -> None:
    fields = {
        "medical_condition": "name", "icd10_code": "icd10", "icd10_title": "title", "icd10_chapter": "chapter",
        "medication": "medication", "drug_form": "form", "drug_route": "route", "drug_strength": "strength",
        "dose_frequency": "often", "dose": "dose", "prescription": "prescription", "hospital_department": "department",
    }  # fmt: skip
    found = together(table(*CARE), *fields)
    assert found <= records("health/condition", *fields.values())
    assert len({row[0] for row in found}) > 400


def test_symptoms_are_those_of_the_department() -> None:
    condition, symptoms = pools.pool("health/condition"), pools.pool("health/symptom").field("name").to_pylist()
    starts = zip(*(condition.field(f).to_pylist() for f in ("department", "symptom", "symptoms")), strict=True)
    known = {(department, symptoms[i]) for department, first, n in starts for i in range(first, first + n)}
    assert together(table(*CARE), "hospital_department", "symptom") <= known


def test_age_and_sex_fit_the_condition() -> None:
    batch = table(*CARE)
    ranges = {name: (low, high, sex) for name, low, high, sex in records("health/condition", "name", "min_age", "max_age", "sex")}
    for name, age, sex in together(batch, "medical_condition", "patient_age", "patient_sex"):
        low, high, only = ranges[name]
        assert low <= age <= high, name
        assert only == 0 or sex == ("", "Male", "Female")[only], name
    share = float(np.mean(column(batch, "patient_sex") == "Female"))
    assert 0.45 < share < 0.6


def test_conditions_of_one_sex_are_named_so_by_the_classification() -> None:
    """Pregnancy and women's organs for women, men's for men, as the chapters and titles say."""
    women = (
        "ovar",
        " uter",
        "uterine",
        "vagin",
        "menstr",
        "menopaus",
        "pregnan",
        "matern",
        "female",
        "postpartum",
        "delivery",
        "cervix",
    )
    men = ("prostat", "testis", "testic", "epididym", "male erectile", "penis", "scrot", "hydrocele", "phimosis")
    for title, code, sex in records("health/condition", "title", "icd10", "sex"):
        if code[0] == "O":
            assert sex == 2, title
        plain = f" {title.lower()}"
        if any(word in plain for word in men):
            assert sex == 1, title
        elif any(word in plain for word in women) and "(male)" not in plain:
            assert sex == 2, title


def test_birth_dates_give_the_age() -> None:
    batch = table(*CARE)
    born = column(batch, "patient_birth_date").astype("datetime64[D]")
    years, days = born.astype("datetime64[Y]").astype(int) + 1970, (born - born.astype("datetime64[Y]")).astype(int)
    assert np.array_equal(column(batch, "patient_age"), 2025 - years - (days > 0))


def test_stays_begin_after_the_birth_and_end_after_they_begin() -> None:
    batch = table(*CARE)
    born, came, left = (
        column(batch, n).astype("datetime64[D]") for n in ("patient_birth_date", "admission_date", "discharge_date")
    )
    as_of = np.datetime64(dt.date(2025, 1, 1))
    assert (born <= came).all()
    assert ((came < left) | (came == as_of)).all()
    assert (left <= as_of).all()
    assert np.array_equal((left - came).astype(int), column(batch, "length_of_stay"))
    assert 3 <= np.median(column(batch, "length_of_stay")) <= 5


def test_body_mass_index_is_that_of_height_and_weight() -> None:
    batch = table(*CARE)
    tall, heavy, index = (column(batch, name).astype(float) for name in ("height", "weight", "bmi"))
    assert np.abs(heavy / (tall / 100) ** 2 - index).max() < 0.3  # weights are rounded to a tenth: most in infants
    age = column(batch, "patient_age")
    assert tall[age < 2].max() < 100 < 130 < tall[age >= 18].min()
    women = column(batch, "patient_sex") == "Female"
    assert tall[women & (age >= 18)].mean() + 10 < tall[~women & (age >= 18)].mean()


def test_grown_people_where_no_patient_is_shown() -> None:
    batch = table("height", "weight", "bmi")
    tall, heavy, index = (column(batch, name).astype(float) for name in ("height", "weight", "bmi"))
    assert tall.min() >= 145
    assert tall.max() <= 205
    assert np.abs(heavy / (tall / 100) ** 2 - index).max() < 0.05


def test_vital_signs_fit_each_other() -> None:
    names = ("systolic_pressure", "diastolic_pressure", "blood_pressure", "mean_arterial_pressure", "heart_rate",
             "body_temperature", "respiratory_rate")  # fmt: skip
    batch = table(*names)
    high, low = column(batch, "systolic_pressure"), column(batch, "diastolic_pressure")
    assert (high - low >= 15).all()
    text = pc.binary_join_element_wise(pa.array(high.astype(str)), pa.array(low.astype(str)), "/")
    assert text.equals(pa.array(column(batch, "blood_pressure").astype(str)))
    assert np.array_equal(column(batch, "mean_arterial_pressure"), low + (high - low) // 3)
    fever, rate = column(batch, "body_temperature") >= 38, column(batch, "heart_rate")
    assert rate[fever].mean() > rate[~fever].mean() + 5
    assert np.corrcoef(high, low)[0, 1] > 0.7


def test_cholesterol_is_the_sum_of_its_parts() -> None:
    batch = table("cholesterol", "ldl", "hdl", "triglycerides")
    parts = column(batch, "ldl") + column(batch, "hdl") + column(batch, "triglycerides") // 5
    assert np.array_equal(parts, column(batch, "cholesterol"))


def test_laboratory_results_have_unit_range_and_flag() -> None:
    batch = table("lab_test", "lab_loinc", "lab_unit", "lab_specimen", "reference_range", "lab_result", "lab_flag")
    fields = ("name", "loinc", "unit", "specimen", "reference")
    assert together(batch, "lab_test", "lab_loinc", "lab_unit", "lab_specimen", "reference_range") <= records(
        "health/lab", *fields
    )
    for test, unit, reference, result, flag in together(
        batch, "lab_test", "lab_unit", "reference_range", "lab_result", "lab_flag"
    ):
        low, high = map(float, reference.removesuffix(unit).strip().split("-"))
        assert flag == ("L" if result < low else "H" if result > high else "N"), test
        assert result >= 0
    assert 0.75 < float(np.mean(column(batch, "lab_flag") == "N")) < 0.87


def test_allergies_have_reactions_of_their_kind() -> None:
    batch = table("allergy", "allergy_kind", "allergy_reaction", "allergy_severity")
    fields = ("name", "kind", "reaction", "severity")
    found = together(batch, "allergy", "allergy_kind", "allergy_reaction", "allergy_severity")
    assert found <= records("health/allergy", *fields)
    assert {row[3] for row in found if row[2] == "anaphylaxis"} == {"severe"}


def test_blood_types_come_by_their_frequencies() -> None:
    batch = table("blood_type", "abo_group", "rhesus_factor")
    pool = pools.pool("health/blood")
    weights = dict(zip(pool.field("name").to_pylist(), pool.field("weight").to_pylist(), strict=True))
    assert chi_square(column(batch, "blood_type"), weights) < 3.5
    for name, group, factor in together(batch, "blood_type", "abo_group", "rhesus_factor"):
        assert name == group + {"positive": "+", "negative": "-"}[factor]


def test_conditions_come_by_their_weights() -> None:
    pool = pools.pool("health/condition")
    weights: dict[str, int] = {}
    for name, weight in zip(pool.field("name").to_pylist(), pool.field("weight").to_pylist(), strict=True):
        weights[name] = weights.get(name, 0) + weight
    assert chi_square(column(table(*CARE), "medical_condition"), weights) < 1.4


def test_diseases_are_whole_records() -> None:
    batch = table("disease_code", "disease_title", "disease_chapter")
    assert together(batch, "disease_code", "disease_title", "disease_chapter") <= records(
        "health/disease", "code", "name", "chapter"
    )


def test_codes_and_titles_are_those_of_the_classification() -> None:
    icd = pytest.importorskip("simple_icd_10_cm", reason="scripts/pools/requirements.txt is not installed")
    pairs = records("health/condition", "icd10", "title") | records("health/disease", "code", "name")
    assert len(pairs) > 10_000
    for code, title in pairs:
        assert icd.is_leaf(code), code
        assert icd.get_description(code) == title
    assert len(records("health/condition", "name")) == len(records("health/condition", "icd10"))


def test_medicines_are_in_the_open_list() -> None:
    pytest.importorskip("drug_named_entity_recognition", reason="scripts/pools/requirements.txt is not installed")
    from scripts.pools.care import medicines

    names = {name for (name,) in records("health/condition", "medication") | records("health/medication", "name")}
    assert len(names) > 1_000
    assert {name.lower() for name in names} <= set(medicines())
    assert records("health/condition", "medication") <= records("health/medication", "name")


def test_admissions_begin_within_the_days_asked_for() -> None:
    columns: dict[str, Any] = {"a": {"gen": "admission_date", "days": 30}, "b": "discharge_date", "c": "length_of_stay"}
    plan = check({"tables": {"t": {"rows": 2_000, "columns": columns}}}).plan
    assert plan
    for row in Engine(plan).batch("t", 0, 2_000).to_pylist():
        assert dt.date(2024, 12, 2) <= row["a"] < row["b"] <= dt.date(2025, 1, 1)
        assert (row["b"] - row["a"]).days == row["c"]


def test_conditions_fit_the_person_beside() -> None:
    """A table of people with their own columns of sex and age: each has a condition that such people have."""
    ages = {"min_age": 0, "max_age": 99}
    columns: dict[str, Any] = {
        "full_name": "full_name", "gender": "gender", "age": {"gen": "age", **ages}, "birth_date": {"gen": "birth_date", **ages},
        **{name: name for name in ("medical_condition", "icd10_code", "medication", "patient_sex", "patient_age")},
    }  # fmt: skip
    plan = check({"tables": {"t": {"rows": ROWS, "columns": columns}}}).plan
    assert plan
    batch = Engine(plan).batch("t", 0, ROWS)
    assert np.array_equal(column(batch, "patient_sex"), column(batch, "gender"))
    assert np.array_equal(column(batch, "patient_age"), column(batch, "age"))
    ranges = {name: (low, high, sex) for name, low, high, sex in records("health/condition", "name", "min_age", "max_age", "sex")}
    for name, age, sex in together(batch, "medical_condition", "age", "gender"):
        low, high, only = ranges[name]
        assert low <= min(age, 95) <= high, name
        assert only == 0 or sex == ("", "Male", "Female")[only], name
    names = together(batch, "medical_condition", "icd10_code", "medication")
    assert names <= records("health/condition", "name", "icd10", "medication")
    assert len({row[0] for row in names}) > 400


@pytest.mark.parametrize("locale", ["en_US", "id_ID", "pl_PL"])
def test_conditions_fit_the_gender_in_every_locale(locale: str) -> None:
    columns = {name: {"gen": name, "locale": locale} for name in ("first_name", "gender")} | {"c": {"gen": "medical_condition"}}
    plan = check({"tables": {"t": {"rows": 20_000, "columns": columns}}}).plan
    assert plan
    sexes = dict(records("health/condition", "name", "sex"))
    for name, gender in together(Engine(plan).batch("t", 0, 20_000), "c", "gender"):
        assert sexes[name] == 0 or gender == ("", "Male", "Female")[sexes[name]], name
