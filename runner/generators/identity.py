"""Further names and groups of people: patronymics, names of Europe, genders and races as forms ask for them."""

from __future__ import annotations

from runner.generators.compose import choose
from runner.generators.person import middle_of
from runner.generators.picks import listed
from runner.generators.registry import Made, Make, generator
from runner.ops import PoolIndex, Take, Uniform, Values, Weighted
from runner.types import STRING

_EUROPE = ("da_DK", "de_DE", "es_ES", "fi_FI", "fr_FR", "hu_HU", "it_IT", "nl_NL", "no_NO", "pl_PL", "pt_PT", "sv_SE")
_PATRONYMICS = ("ru_RU", "uk_UA")
# The shares of the census of 2020, per thousand.
_RACES = {
    "White": 616, "Black or African American": 124, "Two or More Races": 102, "Some Other Race": 84, "Asian": 60,
    "American Indian and Alaska Native": 11, "Native Hawaiian and Other Pacific Islander": 2,
}  # fmt: skip

listed("person.gender_identity", "A gender as people themselves name it", "sex", "lgbt", pool="words/gender_identity")


@generator(
    "person.race", "A race by the categories of the US census, by how common it is (2020)", keywords=("ethnicity", "census")
)
def race(make: Make) -> Made:
    """The census's shares; evenly in a unique column."""
    index = make.index(len(_RACES)) if make.unique else Weighted(make.key("index"), tuple(_RACES.values()), make.at)
    return Made(Values(tuple(_RACES), index), STRING, len(_RACES), unique=make.unique)


@generator(
    "person.patronymic", "A patronymic of the row's gender; a Russian one where the language has none", keywords=("father",)
)
def patronymic(make: Make) -> Made:
    """As `person.middle_name` gives it where there are patronymics."""
    return middle_of(make, make.locale if make.locale in _PATRONYMICS else "ru_RU")


@generator("person.european_first_name", "A first name of one of twelve countries of Europe", keywords=("given name", "forename"))
def european_first_name(make: Make) -> Made:
    """Each country as often as the others; the names as often as there."""
    names = [Take(f"{it}/person_first", "name", PoolIndex(make.key(it), f"{it}/person_first", make.at)) for it in _EUROPE]
    return Made(choose(Uniform(make.key("country"), 0, len(_EUROPE) - 1, make.at), *names), STRING, None)
