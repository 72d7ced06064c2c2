"""The person of a row: what its columns share, wherever they stand in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from runner import pools
from runner.generators.compose import add, divide, equal, if_else, join, modulo, multiply, subtract
from runner.generators.moments import DAY, add_months
from runner.generators.names import Chosen, choose_names
from runner.generators.registry import Claim, Make, ParameterError
from runner.ops import Call, Const, Digits, Op, Permute, PersonSlots, Slot, Take, Uniform

CODES = 2 * 9_999  # pairs of district and serial number that tell people of one birthday apart in an identity number
_STEPS = (7_919, 7_907, 7_901)
_POINTS = 1 << 32  # rows with distinct points of the grid; after them the same persons come again with other numbers


@dataclass(frozen=True)
class Person:
    """One draw of (first, last) name slots, read through the pools of a locale.

    Where men's and women's last names differ, the gender of the first name picks the pool. Where a column
    of names is unique, `chosen` are the row's names instead of the slots. In a mix of locales `kin` is how many
    they are, and `place` which of them this one is.
    """

    locale: str
    slots: Op
    turn: Op
    first_pool: str
    last_pool: str
    gendered: bool
    last_first: bool
    separator: str
    chosen: Chosen | None = None
    kin: int = 1
    place: int = 0

    @classmethod
    def of(cls, make: Make, gender: str | None = None, unique: str = "") -> Person:
        """The row's person; with a gender (of this column or those beside), only names of that gender.

        `unique` is the name that no other row has, of a unique column: `first`, `last` or `full`.
        """
        facts = pools.facts(make.locale)
        base, last = f"{make.locale}/person_first", f"{make.locale}/person_last"
        gender = gender or make.agreed("gender", "person.first_name", "person.full_name").casefold()
        number = {"male": 0, "female": 1}.get(gender)
        first_pool = base if number is None else f"{base}?female={number}"
        last_pool = last if number is None or not facts["gendered_last"] else f"{last}?female={number}"
        gendered = facts["gendered_last"] and number is None
        return cls(
            make.locale,
            PersonSlots(make.entity_key("person"), make.row),
            divide(make.row, _POINTS) if make.rows > _POINTS else Const(0),
            first_pool,
            last_pool,
            gendered,
            facts["last_first"],
            facts["separator"],
            choose_names(make, first_pool, last_pool, gendered, unique),
            max(1, len(make.mix)),
            make.mix.index(make.locale) if make.locale in make.mix else 0,
        )

    def _index(self, pool: str, half: Literal["first", "last"], part: Literal["index", "ordinal", "slots"] = "index") -> Op:
        return Slot(pool, half, self.slots, part)

    @property
    def female(self) -> Op:
        """1 for a woman's first name, 0 for a man's."""
        if self.chosen:
            return self.chosen.female
        return Take(self.first_pool, "female", self._index(self.first_pool, "first"))

    def first(self, field: str) -> Op:
        """A field of the first name: `name` or `slug`."""
        if self.chosen:
            return self.chosen.read(self.chosen.first, field)
        return Take(self.first_pool, field, self._index(self.first_pool, "first"))

    def last(self, field: str) -> Op:
        """A field of the last name."""
        if self.chosen:
            return self.chosen.read(self.chosen.last, field)
        return self._by_gender(lambda pool: Take(pool, field, self._index(pool, "last")))

    def _by_gender(self, of: Callable[[str], Op]) -> Op:
        if not self.gendered:
            return of(self.last_pool)
        men, women = (of(f"{self.last_pool}?female={n}") for n in (0, 1))
        return if_else(equal(self.female, 1), women, men)

    def full(self, first: Op, last: Op) -> Op:
        """Both names in the order of the language."""
        return join(last, self.separator, first) if self.last_first else join(first, self.separator, last)

    def ambiguous(self, first_pool: str, last_pool: str) -> bool:
        """Whether two pairs of names of the pools may read the same (`Mary Ann` + `Lee`, `Mary` + `Ann Lee`)."""
        if not self.separator:
            return True
        before, after = (set(pools.pool(p).field("name").to_pylist()) for p in (first_pool, last_pool))
        if self.last_first:
            before, after = after, before
        return any(_overlap(name, self.separator, before, after) for name in before if self.separator in name)

    def number(self) -> Op:
        """How many persons with the same slugs come before: (turn * slots(first) + ordinal) * slots(last) + ordinal.

        Of chosen names, a number that no other row has. In a mix, one that no other locale has.
        """
        alone = self._number()
        return alone if self.kin == 1 else add(multiply(alone, self.kin), self.place)

    def _number(self) -> Op:
        if self.chosen:
            return self.chosen.number
        first = self._index(self.first_pool, "first", "ordinal")
        ahead = (
            first if self.turn == Const(0) else add(multiply(self.turn, self._index(self.first_pool, "first", "slots")), first)
        )
        slots = self._by_gender(lambda pool: self._index(pool, "last", "slots"))
        return add(multiply(ahead, slots), self._by_gender(lambda pool: self._index(pool, "last", "ordinal")))

    def handle(self, separator: str) -> Op:
        """`first<separator>last<number>`, distinct on every row: slugs hold letters only."""
        return join(self.first("slug"), separator, self.last("slug"), Digits(self.number(), 1, blank_zero=True))


def _overlap(name: str, separator: str, before: set[str], after: set[str]) -> bool:
    """Whether a name of several words begins with another one, and the rest of it begins a name that goes on with a third."""
    words = name.split(separator)
    for cut in range(1, len(words)):
        rest = separator.join(words[cut:]) + separator
        if separator.join(words[:cut]) in before and any(n.startswith(rest) and n[len(rest) :] in after for n in after):
            return True
    return False


def birth_range(make: Make, min_age: int, max_age: int) -> tuple[int, int]:
    """The first and last day of birth (days since 1970-01-01) of people of those ages at `as_of`."""
    if min_age > max_age:
        raise ParameterError(f"`min_age` ({min_age}) is above `max_age` ({max_age})", "min_age")
    return add_months(make.as_of, -12 * (max_age + 1)) // DAY + 1, add_months(make.as_of, -12 * min_age) // DAY


def birth_claim(make: Make, min_age: int, max_age: int) -> Claim:
    """What a unique column of days of birth asks: another day on every row."""
    return Claim("birth", make.group, f"{min_age}-{max_age}", at=make.at)


def birth(make: Make, min_age: int, max_age: int) -> Op:
    """The row's day of birth, the same in every column that asks for the same ages.

    Even over the range. Rows that are equal modulo `CODES` have days of their own (up to as many as
    there are days): the draw of the first of them, moved on by a step that meets every day.
    """
    low, high = birth_range(make, min_age, max_age)
    key, days = make.entity_key("birth"), high - low + 1
    claimed = [c.at for c in make.claims if replace(c, at=make.at) == birth_claim(make, min_age, max_age)]
    if claimed:
        return add(Permute(key, days, claimed[0]), low)
    if make.rows <= CODES:
        return Uniform(key, low, high, make.row)
    step = next(prime for prime in _STEPS if days % prime)
    moved = add(Uniform(key, 0, days - 1, modulo(make.row, CODES)), modulo(multiply(divide(make.row, CODES), step), days))
    return add(modulo(moved, days), low)


def years_between(earlier: Op, later: int) -> Op:
    """Whole years from one day to another (both days since 1970-01-01): the difference of yyyymmdd, cut to years."""
    return divide(subtract(_written(Const(later)), _written(earlier)), 10_000)


def _written(days: Op) -> Op:
    year, month, day = (Call(part, (days,)) for part in ("year", "month", "day"))
    return add(add(multiply(year, 10_000), multiply(month, 100)), day)
