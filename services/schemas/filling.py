"""From a drawing to a schema document of the generator language, which fills its database. Pure.

Columns whose drawing names a generator get that one, all others a guess from names, types and constraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runner.schema import Finding as Wrong
from runner.schema.columns import COMMON, FIELDS, KINDS, REF_ONLY
from runner.schema.fields import MAX_ROWS
from runner.schema.findings import did_you_mean
from services.common.databases.catalog import Catalog, read_ddl
from services.common.guess import DEFAULT_ROWS, Guessed, GuessError, Wanted, guess
from services.schemas import ddl
from services.schemas.drawing import Column, Dialect, Drawing, Finding, ForeignKey
from services.schemas.fields import INVALID, step
from services.schemas.resource import refusal

_WITH_REF: Final = frozenset({"ref", *REF_ONLY, *COMMON}) - {"as", "type"}
"""What may be said of a column that refers to another."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A schema document (YAML), sentences about what it cannot do, and how many rows each table gets."""

    text: str
    notes: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)


def document(
    drawing: Drawing,
    dialect: Dialect,
    rows: Mapping[str, int],
    seed: int,
    total_rows: int = 0,
    catalog: Catalog | None = None,
    name: str = "",
) -> Filled:
    """The schema document that fills the drawing's tables in a database of a dialect, `catalog` where it is there already.

    `rows` are those of single tables, from 1; the other tables get as many as go with them, or as `total_rows` of all tables
    leaves. Without either all tables have 10,000 together. The drawing is one that checking found nothing wrong with.
    Raises `MockcraftError` with all that is wrong: pointers `/rows/<table>`, `/tables/<i>/columns/<j>/generator`.
    """
    catalog = catalog or read_ddl(ddl.script(drawing, dialect), dialect)
    findings = [*_wrong_rows(drawing, rows), *_absent(drawing, catalog)]
    given, refused = _given(drawing)
    findings += refused
    known = {table.key for table in catalog.tables}
    there = [table.name for table in drawing.tables if table.name in known]
    good = {table: number for table, number in rows.items() if table in there and 1 <= number <= MAX_ROWS}
    total = total_rows or (0 if good else DEFAULT_ROWS)
    wanted = Wanted(total, seed, tables=there, source=name or "a drawing", given=given, rows=good, by="mockcraft")
    try:
        made = guess(catalog, wanted)
    except GuessError as error:
        raise refusal([*findings, Finding("/tables", INVALID, f"it cannot be filled: {error}")]) from None
    findings += [*_misfits(drawing, made), *_too_many(made, good)]
    if findings:
        raise refusal(findings)
    skipped = (f"{table} is left out: {why}" for table, why in sorted(made.skipped.items()) if table in there)
    return Filled(made.text, (*skipped, *made.warnings), {table: number for table, (number, _) in made.tables.items()})


def _wrong_rows(drawing: Drawing, rows: Mapping[str, int]) -> Iterator[Finding]:
    known = [table.name for table in drawing.tables]
    for table, number in rows.items():
        if table not in known:
            yield Finding(step("/rows", table), INVALID, f"there is no table {table[:60]!r}", did_you_mean(table, known))
        elif not 1 <= number <= MAX_ROWS:
            yield Finding(step("/rows", table), INVALID, f"a table gets 1 to {MAX_ROWS:,} rows, not {number:,}")


def _absent(drawing: Drawing, catalog: Catalog) -> Iterator[Finding]:
    """Tables that the database has not, or by another name."""
    known = {table.key for table in catalog.tables}
    for number, table in enumerate(drawing.tables):
        if table.name not in known:
            message = f"the database has no table {table.name!r}: it has drifted from the drawing"
            yield Finding(f"/tables/{number}", INVALID, message, did_you_mean(table.name, known))


def _given(drawing: Drawing) -> tuple[dict[str, dict[str, dict[str, Any]]], list[Finding]]:
    """Column entries of the schema language for all columns that name a generator, by table and column."""
    found, findings = dict[str, dict[str, dict[str, Any]]](), list[Finding]()
    keys = {(key.source_table, column): key for key in drawing.foreign_keys for column in key.source_columns}
    for i, table in enumerate(drawing.tables):
        for j, column in enumerate(table.columns):
            if column.generator is None:
                continue
            at = f"/tables/{i}/columns/{j}/generator"
            entry, wrong = _entry(column, keys.get((table.id, column.id)), at)
            if wrong is not None:
                findings.append(wrong)
            else:
                found.setdefault(table.name, {})[column.name] = entry
    return found, findings


def _entry(column: Column, key: ForeignKey | None, at: str) -> tuple[dict[str, Any], Finding | None]:
    """What a drawing says of a column, as an entry of the schema language: `{"type": "email"}` means `{"gen": "email"}`."""
    entry = dict(column.generator or {})
    if key is not None:
        return entry, _wrong_reference(entry, key, at)
    if column.nullable is False and entry.get("null_rate"):
        return entry, Finding(f"{at}/null_rate", INVALID, f"the column {column.name!r} takes no null")
    if not any(kind in entry for kind in KINDS):
        if not isinstance(entry.get("type"), str):
            return entry, Finding(at, INVALID, 'it names no generator; write its name, or {"type": "email", …}', "type")
        entry = {"gen": entry.pop("type"), **entry}
    return entry, None


def _wrong_reference(entry: Mapping[str, Any], key: ForeignKey, at: str) -> Finding | None:
    """A column of a foreign key has its parents' values: only how they are picked can be said, for a key of one column."""
    other = next((field for field in entry if field not in _WITH_REF), "")
    if not other and len(key.source_columns) == 1:
        return None
    message = "the column belongs to a foreign key: its values are those of the rows it refers to"
    return Finding(step(at, other) if other else at, INVALID, message, "pick" if other and other not in FIELDS else "")


def _misfits(drawing: Drawing, made: Guessed) -> Iterator[Finding]:
    """Generators that do not fit their column, in the words of the schema language's check."""
    places = {
        (table.name, column.name): f"/tables/{i}/columns/{j}/generator"
        for i, table in enumerate(drawing.tables)
        for j, column in enumerate(table.columns)
    }
    for place, wrong in made.refused.items():
        yield Finding(_within(places[place], wrong), INVALID, f"{wrong.message} ({wrong.code})", wrong.suggestion)


def _within(pointer: str, wrong: Wrong) -> str:
    """The pointer to the part of a column's entry that a path such as `tables.users.columns.email.max` ends with."""
    last = wrong.path.rpartition(".")[2]
    return step(pointer, last) if wrong.code.startswith("PARAMETER_") and last.isidentifier() else pointer


def _too_many(made: Guessed, rows: Mapping[str, int]) -> Iterator[Finding]:
    for table, number in rows.items():
        if table not in made.tables:
            why = made.skipped.get(table, "none of its columns can be made")
            yield Finding(step("/rows", table), INVALID, f"the table {table!r} cannot be filled: {why}")
        elif made.tables[table][0] != number:
            possible, why = made.tables[table]
            reason = f" ({why})" if why else ", as many as there are rows it refers to"
            yield Finding(step("/rows", table), INVALID, f"{number:,} rows are asked for; {possible:,} are possible{reason}")
