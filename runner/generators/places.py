"""The place of a row: what its address columns share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner import pools
from runner.generators.compose import add, digits, join
from runner.generators.entities import Draw, claim_of, draw
from runner.generators.patterns import parse_template, size_of
from runner.generators.registry import Make
from runner.ops import Op, Pattern, PoolIndex, Shaped, Take, Uniform, UniformBetween

_PART = re.compile(r"\{(\w+)\}")
_SUFFIXES = ("street_suffixes", "street_suffixes_short")
_PREFIXES = ("street_prefixes", "street_prefixes_short")
_NAMES = ("streets", "street_titles", "towns")


@dataclass(frozen=True)
class Place:
    """One draw of a city of the locale's country, by population."""

    locale: str
    draw: Draw
    make: Make

    @classmethod
    def of(cls, make: Make, field: str = "") -> Place:
        """The row's place; a unique column names the field that it shows of it."""
        pool = pools.find_pool(make.locale, "city")
        return cls(make.locale, draw(make, "place", pool, claim_of(make, "place", pool, field) if field else None), make)

    def has(self, field: str) -> bool:
        """Whether the field is known of the cities."""
        return field in pools.pool(self.draw.pool).fields

    def field(self, name: str) -> Op:
        """A field of the city."""
        return self.draw.field(name)

    def region(self, field: str) -> Op:
        """The city's region; where it is not known, any of the country's (the same in all columns of the row)."""
        return self.field(field) if self.has(field) else self.drawn_region().field("name")

    def drawn_region(self, unique: bool = False) -> Draw:
        """Any region of the country."""
        pool = pools.find_pool(self.locale, "state")
        return draw(self.make, "region", pool, claim_of(self.make, "region", pool, "name") if unique else None)

    def postcode(self) -> Op:
        """One of the city's own, or by the country's pattern where these are not known."""
        key, at = self.make.entity_key("postcode"), self.make.row
        if not self.has("posts"):
            return self._by_pattern(key, parse_template(str(pools.facts(self.locale)["postcode"])))
        pool, first = f"{self.draw.pool.partition('/')[0]}/postcode", self.field("post_at")
        code = Take(pool, "code", UniformBetween(key, first, add(first, add(self.field("posts"), -1)), at))
        tail = tuple(pools.facts(self.locale)["postcode_tail"])
        return join(code, self._by_pattern(self.make.entity_key("postcode tail"), tail)) if tail else code

    def _by_pattern(self, key: int, alphabets: tuple[str, ...]) -> Op:
        return Pattern(alphabets, Uniform(key, 0, size_of(alphabets) - 1, self.make.row))

    def number(self) -> Op:
        """A house number as text: half of them below 60."""
        return digits(Shaped(self.make.entity_key("building number"), "lognormal", 1, 9_999, "60", "1.4", self.make.row))

    def street(self) -> Op:
        """A street's name in the words of the locale."""
        return self._filled(str(pools.facts(self.locale)["street"]))

    def line(self) -> Op:
        """House number and street."""
        return self._filled(str(pools.facts(self.locale)["street_address"]))

    def whole(self) -> Op:
        """The whole address in one line."""
        return self._filled(str(pools.facts(self.locale)["address"]))

    def _filled(self, template: str) -> Op:
        pieces = _PART.split(template)
        return join(*(self._part(piece) if number % 2 else piece for number, piece in enumerate(pieces) if piece))

    def _part(self, name: str) -> Op:
        match name:
            case "number":
                return self.number()
            case "street":
                return self.street()
            case "line":
                return self.line()
            case "city":
                return self.field("name")
            case "region" | "region_code":
                return self.region(name)
            case "postcode":
                return self.postcode()
        return self._street_word(name)

    def _street_word(self, name: str) -> Op:
        """A word of a street's name: a person's name, or one of the locale's own lists."""
        lists = {"suffix": _SUFFIXES, "prefix": _PREFIXES, "name": _NAMES}.get(name, (f"person_{name}",))
        pool = next(
            (f"{self.locale}/{kind}" for kind in lists if kind in pools.facts(self.locale)["pools"]), f"{self.locale}/person_last"
        )
        return Take(pool, "name", PoolIndex(self.make.entity_key(f"street {name}"), pool, self.make.row))
