"""What is known of a column when its generator is guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from services.common.databases.catalog import CatalogColumn, CatalogTable, ColumnType
from services.common.guess.facts import Facts
from services.common.guess.names import about_people
from services.common.guess.words import subject, without, words

_PLACES: Final = frozenset("address city country county postal_code postcode street street_address town zip zip_code".split())
"""Columns beside which a state is a region."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A column, the words of its name and of its table's, and what its constraints say. `unique`: alone, on every row."""

    column: CatalogColumn
    name: tuple[str, ...]
    table: tuple[str, ...]
    facts: Facts
    unique: bool = False
    dialect: str = "postgresql"
    beside: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()

    @property
    def type(self) -> ColumnType:
        """Its type."""
        return self.column.type

    @property
    def length(self) -> int | None:
        """The most characters it takes, None where there is no end."""
        known = [n for n in (self._declared, self.facts.longest) if n is not None]
        return min(known) if known else None

    @property
    def _declared(self) -> int | None:
        octets = None if self.type.octets is None else max(self.type.octets // 4, 1)
        known = [n for n in (self.type.length, octets) if n is not None]
        return min(known) if known else None

    @property
    def last(self) -> str:
        """The last word of its name."""
        return self.name[-1] if self.name else ""

    def has(self, *any_of: str) -> bool:
        """Whether one of these words stands in its name."""
        return any(word in self.name for word in any_of)

    @property
    def people(self) -> bool:
        """Whether the table is about people, by its subject or the columns it has."""
        return about_people(self.table, self.beside)

    @property
    def region(self) -> bool:
        """Whether it is called `state` and means a part of a country: a city or the like stands beside it."""
        front = "_".join(self.name[:-1])
        places = {f"{front}_{place}".strip("_") for place in _PLACES}
        return self.last == "state" and bool(places & self.beside)

    def plain(self) -> Asked:
        """The same, not unique."""
        return replace(self, unique=False)


def asked(column: CatalogColumn, table: CatalogTable, facts: Facts, unique: bool, dialect: str) -> Asked:
    """Put together what is known of a column of a table."""
    what = subject(table.name)
    name = words(column.name)
    beside = frozenset("_".join(words(c.name)) for c in table.columns)
    return Asked(
        column,
        without(name, what) or (column.name.lower(),),
        what,
        facts,
        unique,
        dialect,
        beside,
        tuple(c.name for c in table.columns),
    )
