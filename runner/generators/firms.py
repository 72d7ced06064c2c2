"""The company of a row: its name, the legal form in it and the domain made of it are one draw."""

from __future__ import annotations

from dataclasses import dataclass

from runner import pools
from runner.generators.compose import choose, digits, join
from runner.generators.entities import Draw, counter, draw
from runner.generators.registry import Claim, Made, Make
from runner.ops import Decade, Op, PoolIndex, Take, Weighted
from runner.types import STRING

ENTITY = "business"
FORM = f"{ENTITY} form"
_WITHOUT_SPACES = frozenset({"ja_JP", "zh_CN", "zh_TW", "ko_KR"})
_SHARES = (60, 20, 20)  # one family name, two joined, two one after another


@dataclass(frozen=True)
class Firm:
    """The company of the row in the locale of the column."""

    make: Make

    @property
    def forms(self) -> tuple[str, bool]:
        """The pool of legal forms (or of what else companies are called), and whether these come first."""
        own = pools.facts(self.make.locale)["pools"]
        if "company_suffixes" in own:
            return f"{self.make.locale}/company_suffixes", False
        return (f"{self.make.locale}/company_prefixes", True) if "company_prefixes" in own else ("en_US/company_suffixes", False)

    @property
    def form(self) -> Draw:
        """The row's legal form."""
        return draw(self.make, FORM, self.forms[0])

    def _family(self, field: str, which: str) -> Op:
        pool = f"{self.make.locale}/person_last"
        return Take(pool, field, PoolIndex(self.make.entity_key(f"{ENTITY} {which}"), pool, self.make.row))

    def _shape(self) -> Op:
        return Weighted(self.make.entity_key(f"{ENTITY} shape"), _SHARES, self.make.row)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What a unique column asks of the company: a number that no other row's has."""
        return (Claim(ENTITY, self.make.group, "", at=self.make.at),) if self.make.unique else ()

    @property
    def number(self) -> tuple[Op, ...]:
        """The company's own number, where a column of it is unique."""
        asked = {c for c in self.make.claims if (c.entity, c.group) == (ENTITY, self.make.group)} | set(self.claims)
        return (digits(Decade(self.make.entity_key(f"{ENTITY} number"), counter(self.make, asked))),) if asked else ()

    def made(self, *parts: str | Op) -> Made:
        """A text of the parts, distinct in a unique column as the parts hold the number."""
        return Made(join(*parts), STRING, None, unique=self.make.unique, claims=self.claims)

    @property
    def name(self) -> Op:
        """Family names and the legal form; the number behind them, if the company has one."""
        form, space = self.form.field("name"), "" if self.make.locale in _WITHOUT_SPACES else " "
        one, two = self._family("name", "first"), self._family("name", "second")
        number: tuple[str | Op, ...] = (" ", *self.number) if self.number else ()
        if self.forms[1]:
            return join(form, space, one, *number)
        names = choose(self._shape(), one, join(one, "-", two), join(one, space, two))
        return join(names, space, form, *number)

    @property
    def domain(self) -> Op:
        """The names and the number as a domain that nobody can own (RFC 2606)."""
        one, two = self._family("slug", "first"), self._family("slug", "second")
        names = one if self.forms[1] else choose(self._shape(), one, join(one, "-", two), join(one, two))
        return join(names, *self.number, ".example")
