"""The names of a row's person where a column of names is unique: all columns of the person keep to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from runner import pools
from runner.generators.compose import add, divide, equal, if_else, less, modulo, subtract
from runner.generators.entities import counter
from runner.generators.registry import Claim, Make, ParameterError
from runner.ops import Const, Decade, Op, Permute, PoolIndex, Take

Half = tuple[tuple[str, Op], ...]
"""Pool and index of a name: one for everybody, or one for men and one for women."""


@dataclass(frozen=True)
class Chosen:
    """The row's names, 1 for a woman and 0 for a man, and a number that no other row has."""

    first: Half
    last: Half
    female: Op
    number: Op

    def read(self, half: Half, field: str) -> Op:
        """A field of a name, of the row's gender."""
        options = [Take(pool, field, index) for pool, index in half]
        return options[0] if len(options) == 1 else if_else(equal(self.female, 1), options[1], options[0])


def names_claim(make: Make, first_pool: str, half: str) -> tuple[Claim, ...]:
    """What a unique column of names asks: another `first`, `last` or `full` name on every row."""
    return (Claim("person", make.group, first_pool, half, at=make.at),) if make.unique else ()


class Pair(NamedTuple):
    """First and last names that go together, each once, and how many pairs they make."""

    first: str
    last: str
    size: int


def pairs(first: str, last: str, gendered: bool) -> list[Pair]:
    """The pools of men and of women where last names have forms, else those of everybody."""
    ends = [f"?female={n}" for n in (0, 1)] if gendered else [""]
    named = [(pools.distinct(f"{first}{end}", "name"), pools.distinct(f"{last}{end}", "name")) for end in ends]
    return [Pair(a, b, pools.pool(a).size * pools.pool(b).size) for a, b in named]


def full_names(first: str, last: str, gendered: bool) -> int:
    """How many full names there are."""
    return sum(pair.size for pair in pairs(first, last, gendered))


def choose_names(make: Make, first: str, last: str, gendered: bool, unique: str) -> Chosen | None:
    """The row's names, when a column of names is unique. Raises `ParameterError` when there are not enough of them."""
    own = names_claim(make, first, unique) if unique else ()
    claims = [c for c in (*make.claims, *own) if (c.entity, c.group, c.pool) == ("person", make.group, first)]
    asked = {c.field: c.at for c in claims}
    if not asked:
        return None
    if own:
        sizes = {"full": full_names(first, last, gendered)}
        sizes |= {half: pools.pool(pools.distinct(pool, "name")).size for half, pool in (("first", first), ("last", last))}
        make.require(min(sizes[half] for half in asked))
    number = Decade(make.entity_key("person number"), make.row)
    if set(asked) == {"full"}:
        return _pairs(make, pairs(first, last, gendered), asked["full"], number)
    if "full" in asked:
        counter(make, set(claims))
    if gendered and {"first", "last"} <= set(asked):
        message = "first and last names of the same people cannot both be unique where last names have forms for men and women"
        raise ParameterError(message, code="UNIQUE_IMPOSSIBLE")
    return _halves(make, first, last, gendered, asked, number)


def _halves(make: Make, first: str, last: str, gendered: bool, asked: dict[str, Op], number: Op) -> Chosen:
    """First names, last names or both that come once; the other name by its frequency, in the form that fits."""
    female: Op | None = None
    halves: list[Half] = []
    for half, pool in (("first", first), ("last", last)):
        if half in asked:
            names = pools.distinct(pool, "name")
            index: Op = Permute(make.entity_key(f"person {half}"), pools.pool(names).size, asked[half])
            halves.append(((names, index),))
            female = Take(names, "female", index) if gendered or half == "first" else female
        else:
            named = [f"{pool}?female={n}" for n in (0, 1)] if gendered else [pool]
            halves.append(tuple((p, PoolIndex(make.entity_key(f"person {half}"), p, make.row)) for p in named))
    ((names, index), *_) = halves[0]
    return Chosen(halves[0], halves[1], Take(names, "female", index) if female is None else female, number)


def _pairs(make: Make, both: list[Pair], at: Op, number: Op) -> Chosen:
    """Every pair once: first the men's, then the women's, where last names have forms."""
    row = Permute(make.entity_key("person"), sum(pair.size for pair in both), at)
    firsts, lasts = [], []
    for turn, pair in enumerate(both):
        place = modulo(row if turn == 0 else add(subtract(row, both[0].size), both[0].size * pair.size), pair.size)
        size = pools.pool(pair.last).size
        firsts.append((pair.first, divide(place, size)))
        lasts.append((pair.last, modulo(place, size)))
    woman = if_else(less(row, both[0].size), Const(0), Const(1)) if len(both) == 2 else Take(firsts[0][0], "female", firsts[0][1])
    return Chosen(tuple(firsts), tuple(lasts), woman, number)
