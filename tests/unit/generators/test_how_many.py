"""How many generators there are that are worth the name: 50 values or more, or a list that is no longer in the world."""

from __future__ import annotations

from runner.generators import Make, build, catalogue
from runner.values import AS_OF, generate_values, home_locale, needed

ENOUGH, WANTED, ROWS = 50, 350, 400
SHORT = {
    "what there is of it in the world": "datetime.am_pm datetime.day_of_month datetime.day_of_week datetime.hour datetime.month "
    "datetime.month_name datetime.quarter datetime.season datetime.zodiac_sign datetime.timezone_region datetime.utc_offset "
    "geo.continent aviation.airport_continent geo.direction address.street_prefix science.planet science.moon_planet "
    "science.element_block science.element_group science.element_period science.amino_acid science.amino_acid_code "
    "science.amino_acid_letter text.vowel text.consonant text.nato_phonetic color.safe_color game.coin game.dice boolean.bool "
    "health.abo_group health.rhesus_factor health.blood_type music.key finance.stock_sector finance.crypto_symbol "
    "health.icd10_chapter health.disease_chapter",
    "kinds and states that everybody names alike": "aviation.cabin_class aviation.fare_class aviation.flight_status "
    "aviation.meal_code commerce.order_status commerce.shirt_size company.employment_type finance.account_type finance.bank_type "
    "finance.payment_method finance.payment_terms finance.transaction_status finance.transaction_type health.admission_type "
    "health.allergy_kind health.allergy_severity health.discharge_disposition health.encounter_type health.insurance_plan "
    "health.lab_flag health.patient_sex health.triage_level internet.http_method internet.http_status internet.http_version "
    "person.gender person.marital_status person.race person.suffix technology.log_level technology.stage text.answer text.level "
    "vehicle.fuel_type vehicle.transmission vehicle.car_type technology.ram_type technology.cpu_generation education.grade "
    "datetime.periodicity file.path_root file.file_kind finance.card_brand business.legal_form person.prefix",
}


def values_of(name: str) -> int:
    """How many values the generator has by its own word, else how many of 400 rows are different."""
    found = catalogue()[name]
    make = Make(seed=7, table="t", column="c", rows=3_000, as_of=AS_OF, locale=home_locale(found))
    stated = build(found, needed(found), make).distinct
    if stated is not None:
        return stated
    return len({str(value) for value in generate_values(name, ROWS, 1, home_locale(found), needed(found))[1]})


def test_there_are_enough_generators() -> None:
    every = {name for name, found in catalogue().items() if not found.slow and found.module.startswith("runner.generators.")}
    short = {name for names in SHORT.values() for name in names.split()}
    assert short <= every
    large = {name for name in every if values_of(name) >= ENOUGH}
    assert large & short == set()
    counted = large | short
    print(f"{len(counted)} generators: {len(large)} of {ENOUGH} values or more, {len(short)} short lists")
    assert len(large) >= WANTED
    assert len({catalogue()[name].description for name in counted}) == len(counted)
