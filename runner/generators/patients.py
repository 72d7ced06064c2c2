"""Patients: age, sex and name fit the row's `medical_condition`, and stays in hospital come after the birth."""

from __future__ import annotations

from dataclasses import replace

from runner.generators.compose import add as plus
from runner.generators.compose import equal, if_else, join, larger, number, smaller, subtract
from runner.generators.illness import of_condition, person_beside, person_born
from runner.generators.moments import DAY
from runner.generators.people import Person, years_between
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Const, Op, Shaped, Uniform, UniformBetween, Values
from runner.types import DATE, INT, STRING

_OLDEST = 95
_STAYS = ("health.admission_date", "health.discharge_date", "health.length_of_stay")
_BACK = (Parameter("days", "int", "How many days before `as_of` admissions begin", 730, minimum=1, maximum=36_500),)


def born(make: Make) -> Op:
    """The patient's day of birth: the person's beside, or one of an age at `as_of` at which people have the condition."""
    person = person_beside(make, ages=True)
    if person:
        return person_born(person)
    today = make.as_of // DAY
    low, high = (of_condition(make, field) for field in ("min_age", "max_age"))
    age = UniformBetween(make.entity_key("patient age"), low, high, make.row)
    last = Call("add_months", (Const(today), Call("multiply", (age, Const(-12)))))  # the youngest of that age
    return subtract(last, Uniform(make.entity_key("patient day"), 0, 364, make.row))


def female(make: Make) -> Op:
    """1 for a woman: as the person beside is, or as the condition asks, or by a draw."""
    person = person_beside(make)
    if person:
        return Person.of(person).female
    sex = of_condition(make, "sex")  # 0 any, 1 men, 2 women
    drawn = Uniform(make.entity_key("patient sex"), 0, 1, make.row)
    return if_else(equal(sex, 0), drawn, subtract(sex, 1))


@generator(
    "health.patient_age", "A patient's age in years that fits the row's condition", output="int", keywords=("patient",), version=2
)
def patient_age(make: Make) -> Made:
    """Whole years up to 95."""
    return Made(years_between(born(make), make.as_of // DAY), INT, _OLDEST + 1)


@generator(
    "health.patient_birth_date",
    "A patient's date of birth that fits the row's condition",
    output="date",
    keywords=("patient", "dob"),
    version=2,
)
def patient_birth_date(make: Make) -> Made:
    """`as_of` less the age."""
    return Made(born(make), DATE, None)


@generator("health.patient_sex", "A patient's sex that fits the row's condition", keywords=("patient", "gender"), version=2)
def patient_sex(make: Make) -> Made:
    """Male or Female."""
    return Made(Values(("Male", "Female"), female(make)), STRING, 2)


@generator(
    "health.patient_name", "A patient's full name, of the sex that fits the row's condition", keywords=("patient",), version=2
)
def patient_name(make: Make) -> Made:
    """A man's or a woman's name of the locale: another person than that of the row's `person` columns."""
    own = replace(make, group=f"{make.group} patient", claims=(), beside=())
    men, women = (Person.of(own, gender) for gender in ("male", "female"))
    names = [person.full(person.first("name"), person.last("name")) for person in (women, men)]
    return Made(if_else(equal(female(make), 1), names[0], names[1]), STRING, None)


@generator(
    "health.doctor", "A doctor's name, of another person than the patient", keywords=("provider",),
    aliases=("physician", "doctor_name"),
)  # fmt: skip
def doctor(make: Make) -> Made:
    """Dr. and a full name of the locale."""
    person = Person.of(replace(make, group=f"{make.group}/doctor", claims=(), beside=()))
    return Made(join("Dr. ", person.full(person.first("name"), person.last("name"))), STRING, None)


def _admitted(make: Make, days: int) -> Op:
    """The day of admission: within the days before `as_of`, and not before the patient's birth where it is shown."""
    today = make.as_of // DAY
    shown = any(beside.generator in ("health.patient_birth_date", "health.patient_age") for beside in make.beside)
    first = larger(born(make), today - days) if shown else number(today - days)
    return UniformBetween(make.entity_key("admission"), first, Const(today - 1), make.row)


def _discharged(make: Make, days: int) -> Op:
    """Half of the patients leave within four days, and all by `as_of`."""
    stay = Shaped(make.entity_key("stay"), "lognormal", 1, 90, "4", "0.8", make.row)
    return smaller(plus(_admitted(make, days), stay), make.as_of // DAY)


def _days(make: Make, days: int) -> int:
    """What the other columns of the stay say, so that all see the same one."""
    return int(make.agreed("days", *_STAYS) or days)


@generator(
    "health.admission_date", "The day on which a patient comes to hospital", output="date", keywords=("encounter", "stay"),
    parameters=_BACK,
)  # fmt: skip
def admission_date(make: Make, days: int) -> Made:
    """Evenly over the days before `as_of`."""
    return Made(_admitted(make, _days(make, days)), DATE, days)


@generator(
    "health.discharge_date", "The day on which the row's patient leaves hospital", output="date", keywords=("encounter", "stay"),
    parameters=_BACK,
)  # fmt: skip
def discharge_date(make: Make, days: int) -> Made:
    """Not before the admission, and by `as_of`."""
    return Made(_discharged(make, _days(make, days)), DATE, days)


@generator(
    "health.length_of_stay", "The days between the row's admission and discharge", output="int", keywords=("encounter", "los"),
    parameters=_BACK,
)  # fmt: skip
def length_of_stay(make: Make, days: int) -> Made:
    """1 to 90, half of them up to 4; none for who came on the day of `as_of`."""
    agreed = _days(make, days)
    return Made(subtract(_discharged(make, agreed), _admitted(make, agreed)), INT, 91)
