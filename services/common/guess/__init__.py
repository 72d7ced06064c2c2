"""From what a database, a DDL file or a CSV sample demands to a schema that runs: a generator guessed for every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from runner.schema import Checked, Finding
from services.common.databases.catalog import Catalog
from services.common.databases.profiling import TableProfile
from services.common.guess import cycles, family
from services.common.guess.drafts import Body, Draft
from services.common.guess.rows import spread
from services.common.guess.settling import GuessError, settle
from services.common.guess.tables import Making, make_table
from services.common.guess.words import counted
from services.common.guess.writing import Written, write

DEFAULT_ROWS = 10_000
"""Rows of all tables together unless something else is asked for."""

__all__ = ["DEFAULT_ROWS", "GuessError", "Guessed", "Wanted", "guess"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the schema is to be: rows in all, seed, the day that is now, which tables (all when empty), where it comes from.

    `given` are column entries (table, column) that count instead of guesses; `rows` those of single tables. With `rows` and no
    `total_rows` the other tables get as many as go with them. `by` says who makes it.
    """

    total_rows: int = DEFAULT_ROWS
    seed: int = 0
    as_of: date = date(2025, 1, 1)
    tables: Sequence[str] = ()
    source: str = ""
    profiles: Mapping[str, TableProfile] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, Body]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    by: str = "mockcraft init"


@dataclass(frozen=True, slots=True)
class Guessed:
    """A schema as text and its check; `skipped` tables with the reason, `warnings` what cannot be honoured, `rows` in all.

    `tables` are the rows of each table with the reason for so few ("" for none); `refused` says of what was given for columns
    (table, column) why it cannot be, the schema is made without it then.
    """

    text: str
    checked: Checked
    skipped: Mapping[str, str]
    warnings: tuple[str, ...]
    rows: int
    tables: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    refused: Mapping[tuple[str, str], Finding] = field(default_factory=dict)


def guess(catalog: Catalog, wanted: Wanted) -> Guessed:
    """A schema document for a catalog. Raises `GuessError` when there is no table to write, or none can be made valid."""
    draft = Draft()
    for warned in catalog.warnings:
        draft.warn(f"line {warned.line}: {warned.message}" if warned.line else warned.message)
    family.leave_out(catalog, draft)
    _choose(catalog, wanted, draft)
    families = _make(catalog, wanted, draft)
    ordered = cycles.settle(draft)
    total = 0

    def render() -> Written:
        nonlocal total
        ordered[:] = [name for name in ordered if name in draft.tables]
        if not ordered:
            raise GuessError("there is no table that could be filled")
        total = spread(draft, ordered, cycles.broken_links(draft, ordered), families, wanted.total_rows, wanted.rows)
        return write(draft, ordered, _head(wanted), _comments(catalog, wanted, draft, total))

    settled = settle(draft, render)
    tables = {name: (table.rows, table.rows_why) for name, table in draft.tables.items()}
    return Guessed(
        settled.written.text, settled.checked, dict(draft.skipped), tuple(draft.warnings), total, tables, dict(draft.refused)
    )


def _choose(catalog: Catalog, wanted: Wanted, draft: Draft) -> None:
    """Leave out the tables that were not asked for, but none that those refer to."""
    known = {table.key: table for table in catalog.tables}
    for name in wanted.tables:
        if name not in known:
            raise GuessError(f"there is no table {name!r}; there are {', '.join(sorted(known)) or 'none'}")
    if wanted.tables:
        asked = list(dict.fromkeys(wanted.tables))
        for name in asked:
            asked += [k.parent for k in known[name].foreign_keys if k.parent in known and k.parent not in asked]
        for name in known.keys() - set(asked):
            draft.skipped[name] = "not asked for"
        for name in wanted.tables:
            draft.skipped.pop(name, None)
    if not known.keys() - draft.skipped.keys():
        raise GuessError("there is no table to write")


def _make(catalog: Catalog, wanted: Wanted, draft: Draft) -> dict[str, tuple[str, ...]]:
    from services.common.guess.drafts import TableDraft

    kept = [table for table in catalog.tables if table.key not in draft.skipped]
    draft.tables = {table.key: TableDraft(table) for table in kept}
    families = family.members(catalog, draft)
    for table in kept:
        members = families.get(table.key, (table.key,))
        turn = members.index(table.key)
        making = Making(catalog, draft, len(members), turn, wanted.profiles.get(table.key), wanted.given.get(table.key, {}))
        if table.columns:
            draft.tables[table.key] = make_table(family.with_partitions(table, catalog), making)
        if not draft.tables[table.key].entries:
            draft.skipped[table.key] = "none of its columns can be written"
            del draft.tables[table.key]
    if not draft.tables:
        raise GuessError("there is no table to write")
    draft.links = [link for link in draft.links if link.table in draft.tables]
    return families


def _head(wanted: Wanted) -> Body:
    return {"mockcraft": 1, "seed": wanted.seed, "as_of": f"{wanted.as_of.isoformat()}T00:00:00Z"}


def _comments(catalog: Catalog, wanted: Wanted, draft: Draft, total: int) -> list[str]:
    source = wanted.source or catalog.server or catalog.dialect
    found = [f"Made by {wanted.by} from {source}: {counted(len(draft.tables), 'table')}, {counted(total, 'row')}."]
    found += [f"Left out: {name} ({why})" for name, why in sorted(draft.skipped.items()) if why != "not asked for"]
    if total < wanted.total_rows * 0.97:
        found.append(f"{wanted.total_rows:,} rows were asked for; the tables can hold {total:,}.")
    if draft.warnings:
        found += ["", "Cannot be honoured:", *(f"- {' '.join(text.split())}" for text in draft.warnings)]
    return found
