"""The condition of a row: one draw, which fits the sex and the age of the person whose columns stand beside it."""

from __future__ import annotations

from dataclasses import replace

from runner import pools
from runner.generators.compose import add, choose, multiply, smaller
from runner.generators.entities import claim_of, draw, shown
from runner.generators.moments import DAY
from runner.generators.people import Person, birth, years_between
from runner.generators.registry import Made, Make, generator
from runner.ops import Op, PoolIndex, Take, Values
from runner.types import STRING

CONDITION = "health/condition"
_OLDEST = 150
_SEXED = ("person.gender", "person.first_name", "person.full_name", "person.prefix", "person.middle_name")
_AGED = ("person.birth_date", "person.age")


def of_condition(make: Make, name: str) -> Op:
    """A field of the row's condition."""
    at = _fitting(make)
    return draw(make, "condition", CONDITION).field(name) if at is None else Take(CONDITION, name, at)


def person_beside(make: Make, ages: bool = False) -> Make | None:
    """What makes the person whose sex (or whose age) the columns beside show; None where they show none."""
    wanted = _AGED if ages else (*_SEXED, *_AGED)
    locales = {beside.locale for beside in make.beside if beside.generator in wanted}
    return replace(make, locale=locales.pop()) if len(locales) == 1 else None


def person_born(make: Make) -> Op:
    """The day of birth that the columns beside show."""
    low, high = (make.agreed(name, *_AGED) or usual for name, usual in (("min_age", "18"), ("max_age", "90")))
    return birth(make, int(low), int(high))


def _fitting(make: Make) -> Op | None:
    """The number of a condition that people of the sex and age beside have; None where any will do.

    None too where a column of the condition is unique, since its draw is then a permutation of all.
    """
    person, aged = person_beside(make), person_beside(make, ages=True)
    claimed = any((claim.entity, claim.group) == ("condition", make.group) for claim in make.claims)
    if person is None or claimed:
        return None
    female = Person.of(person).female
    if aged is None:
        return choose(female, _of(make, "men"), _of(make, "women"))
    starts = [int(name[3:]) for name in pools.pool(CONDITION).fields if name.startswith("men") and name != "men"]
    band = Values(_bands(starts), smaller(years_between(person_born(aged), make.as_of // DAY), _OLDEST))
    kinds = [f"{sex}{start}" for start in starts for sex in ("men", "women")]
    return choose(add(multiply(band, 2), female), *(_of(make, kind) for kind in kinds))


def _bands(starts: list[int]) -> tuple[int, ...]:
    """For each age the number of its band."""
    return tuple(sum(start <= age for start in starts) - 1 for age in range(_OLDEST + 1))


def _of(make: Make, kind: str) -> Op:
    """The number of one of the conditions that such people have."""
    pool = f"{CONDITION}?{kind}=1"
    return Take(pool, "at", PoolIndex(make.entity_key("condition"), pool, make.row))


def condition_field(
    name: str, description: str, of: str, *keywords: str, aliases: tuple[str, ...] = (), version: int = 1, module: str
) -> None:
    """Register a generator that is one field of the row's condition."""

    def made(make: Make) -> Made:
        claim = claim_of(make, "condition", CONDITION, of)
        if claim is None and _fitting(make) is not None:
            return Made(of_condition(make, of), STRING, pools.pool(pools.distinct(CONDITION, of)).size)
        return shown(make, draw(make, "condition", CONDITION, claim), of)

    generator(name, description, keywords=keywords, aliases=aliases, version=version, module=module)(made)
