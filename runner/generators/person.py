"""People. All columns of one person in a row come from one draw, so they agree with each other."""

from __future__ import annotations

from dataclasses import replace

from runner import pools
from runner.generators.compose import add, choose, equal, if_else, join, modulo
from runner.generators.moments import DAY, days
from runner.generators.names import names_claim, pairs
from runner.generators.people import Person, birth, birth_claim, birth_range, years_between
from runner.generators.registry import Bound, Made, Make, Parameter, generator
from runner.ops import Call, Const, Op, PoolIndex, Take, Values
from runner.types import DATE, INT, STRING

GENDER = Parameter("gender", "string", "Only names of that gender", choices=("male", "female", "any"))


@generator("person.first_name", "A first name; agrees with the row's gender", parameters=(GENDER,), keywords=("given",))
def first_name(make: Make, gender: str | None) -> Made:
    """A first name by its frequency."""
    return _name(make, Person.of(make, gender, "first"), "first")


@generator(
    "person.last_name", "A last name; in languages with forms it agrees with the row's gender", keywords=("family",), version=2
)
def last_name(make: Make) -> Made:
    """A last name by its frequency."""
    return _name(make, Person.of(make, unique="last"), "last")


def _name(make: Make, person: Person, half: str) -> Made:
    """The row's name; for a unique column the whole person has another one on every row."""
    pool, op = (person.first_pool, person.first("name")) if half == "first" else (person.last_pool, person.last("name"))
    size = pools.pool(pools.distinct(pool, "name")).size
    return Made(op, STRING, size, unique=make.unique, claims=names_claim(make, person.first_pool, half))


@generator(
    "person.full_name",
    "First and last name in the order of the language",
    parameters=(GENDER,),
    keywords=("fullname", "person"),
    version=2,
)
def full_name(make: Make, gender: str | None) -> Made:
    """The row's first and last name."""
    person = Person.of(make, gender, "full")
    full = person.full(person.first("name"), person.last("name"))
    if not make.unique:
        return Made(full, STRING, None)
    both = pairs(person.first_pool, person.last_pool, person.gendered)
    certain = not any(person.ambiguous(pair.first, pair.last) for pair in both)
    size = sum(pair.size for pair in both)
    return Made(full, STRING, size, unique=certain, claims=names_claim(make, person.first_pool, "full"))


@generator("person.middle_name", "A middle name, or a patronymic where the language has them, of the row's gender", version=2)
def middle_name(make: Make) -> Made:
    """Another name than the first."""
    return middle_of(make, make.locale)


def middle_of(make: Make, locale: str) -> Made:
    """A middle name of a locale, of the row's gender."""
    person = Person.of(make)
    own = "person_middle" in pools.facts(locale)["pools"]
    base = f"{locale}/person_{'middle' if own else 'first'}"
    options = [_other(make, p, person.first("name")) for p in (f"{base}?female={n}" for n in (0, 1))]
    return Made(if_else(equal(person.female, 1), options[1], options[0]), STRING, pools.pool(base).size)


def _other(make: Make, pool: str, than: Op) -> Op:
    """A name of the pool; the next one where it would be that name."""
    index = PoolIndex(make.key(pool), pool, make.at)
    name, following = (Take(pool, "name", modulo(add(index, step), pools.pool(pool).size)) for step in (0, 1))
    return if_else(equal(name, than), following, name)


@generator(
    "person.gender",
    "Male or female, in agreement with the row's names",
    parameters=(
        Parameter("style", "string", "Male and Female, M and F, or ♂ and ♀", "word", choices=("word", "letter", "symbol")),
    ),
)
def gender(make: Make, style: str) -> Made:
    """The gender of the row's first name."""
    words = {"word": ("Male", "Female"), "letter": ("M", "F"), "symbol": ("♂", "♀")}
    return Made(Values(words[style], Person.of(make).female), STRING, 2)


@generator(
    "person.prefix", "A form of address such as Mr. or Dr., of the row's gender", keywords=("title", "honorific"), version=2
)
def prefix(make: Make) -> Made:
    """A title."""
    female = Person.of(make).female
    base = pools.find_pool(make.locale, "person_prefix")
    men, women = (Take(p, "name", PoolIndex(make.key(p), p, make.at)) for p in (f"{base}?female={n}" for n in (0, 1)))
    return Made(choose(female, men, women), STRING, pools.pool(base).size)


@generator("person.initials", "The initials of the row's names in Latin letters", version=2)
def initials(make: Make) -> Made:
    """Two capital letters."""
    person = Person.of(make)
    parts = [Call("upper", (Call("substring", (op, Const(0), Const(1))),)) for op in (person.first("slug"), person.last("slug"))]
    return Made(join(*parts), STRING, 26 * 26)


@generator(
    "person.username",
    "A user name made of the row's names and a number; distinct on every row",
    keywords=("login", "handle"),
    version=2,
)
def username(make: Make) -> Made:
    """`first_last123`."""
    return Made(Person.of(make).handle("_"), STRING, None, unique=True, apart=True)


_AGES = (
    Parameter("min_age", "int", "Youngest age in whole years at `as_of`", 18, minimum=0, maximum=150),
    Parameter("max_age", "int", "Oldest age in whole years at `as_of`", 90, minimum=0, maximum=150),
)


@generator(
    "person.birth_date",
    "A date of birth within a range of ages",
    output="date",
    parameters=_AGES,
    keywords=("birthday", "born"),
    version=2,
)
def birth_date(make: Make, min_age: int, max_age: int) -> Made:
    """Days, evenly within the ages."""
    low, high = birth_range(make, min_age, max_age)
    if make.unique:
        make.require(high - low + 1)
        claim = birth_claim(make, min_age, max_age)
        made = birth(replace(make, claims=(*make.claims, claim)), min_age, max_age)
        return Made(made, DATE, high - low + 1, unique=True, claims=(claim,))
    return Made(birth(make, min_age, max_age), DATE, high - low + 1)


@generator(
    "person.age",
    "An age in whole years at `as_of`, in agreement with the row's date of birth",
    output="int",
    parameters=(
        *_AGES,
        Parameter("from", "date", "The column with the date of birth; by default the row's own"),
    ),
)
def age(make: Make, min_age: int, max_age: int, from_: Bound | None) -> Made:
    """Whole years between the date of birth and `as_of`."""
    born = birth(make, min_age, max_age) if from_ is None else days(from_)
    return Made(years_between(born, make.as_of // DAY), INT, max_age - min_age + 1 if from_ is None else None)
