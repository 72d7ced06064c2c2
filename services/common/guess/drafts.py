"""A schema in the making: tables of columns, each with the ways it could be made, the best first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from runner.schema import Finding
from services.common.databases.catalog import CatalogTable

Body = dict[str, Any]
"""What stands behind a column's name in the schema; `{"gen": name}` alone is written as the bare name."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One way to make a column, and what it was guessed from.

    `own_type`: it needs no `type` beside it; `helpers`: hidden columns it reads.
    """

    body: Body
    why: str
    own_type: bool = False
    helpers: Body = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """A column of the schema: its ladder of guesses, of which number `step` counts, and fields that stand whatever the guess.

    `covers` are the columns of the database that it fills: several for a reference of several columns, none for a helper.
    `soft`: that it is distinct is our wish, which nobody demands. `given`: the first of the ladder is no guess, somebody said it.
    """

    name: str
    ladder: list[Guess]
    covers: tuple[str, ...]
    extra: Body = field(default_factory=dict)
    step: int = 0
    required: bool = True
    soft: bool = False
    given: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def guess(self) -> Guess:
        """The guess that counts."""
        return self.ladder[self.step]

    @property
    def said(self) -> bool:
        """Whether what counts is what somebody said."""
        return self.given and not self.step

    @property
    def body(self) -> Body:
        """The column as the schema says it."""
        return {**self.guess.body, **self.extra}

    @property
    def why(self) -> str:
        """What stands in its comment."""
        return "; ".join(dict.fromkeys(part for part in (self.guess.why, *self.notes) if part))


@dataclass(frozen=True, slots=True)
class Link:
    """A reference as the schema makes it: entry `entry` of `table` to `parent`; each parent row once where `unique`."""

    table: str
    entry: str
    parent: str
    constraint: str = ""
    nullable: bool = False
    unique: bool = False


@dataclass(slots=True)
class TableDraft:
    """A table of the schema. `name` is what the schema calls it, `rows` how many it gets, `cap` how many it can have.
    `per`: it has one row for each row of that table.
    """

    table: CatalogTable
    entries: dict[str, Entry] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    per: str = ""
    cap: int | None = None
    cap_why: str = ""
    rows: int = 1
    rows_why: str = ""

    @property
    def name(self) -> str:
        """What the schema calls it."""
        return self.table.key

    def of(self, column: str) -> Entry | None:
        """The entry that fills a column."""
        return next((e for e in self.entries.values() if column in e.covers), None)

    def limit(self, rows: int, why: str) -> None:
        """Let the table have no more than so many rows."""
        if self.cap is None or rows < self.cap:
            self.cap, self.cap_why = max(rows, 0), why


@dataclass(slots=True)
class Draft:
    """A schema in the making. `skipped` are tables that are left out, with the reason; `warnings` what cannot be honoured.

    `refused` says of columns (table, name) why what was given for them cannot be.
    """

    tables: dict[str, TableDraft] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    suspended: list[Link] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    refused: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def links_of(self, table: str) -> Iterator[Link]:
        """The references that a table makes."""
        return (link for link in self.links if link.table == table)

    def warn(self, text: str) -> None:
        """Say what cannot be honoured, once."""
        if text not in self.warnings:
            self.warnings.append(text)
