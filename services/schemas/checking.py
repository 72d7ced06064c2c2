"""All that is wrong with a drawing, found at once: names, types, defaults, keys, checks; each with a JSON pointer.

A drawing without findings can be created in every dialect. `dialect` adds what only that database does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.schemas import conditions, ddl, defaults, names, types
from services.schemas.checking_keys import changed_by_keys, check_foreign_keys
from services.schemas.drawing import Column, Dialect, Drawing, Finding, Index, Table, Unique
from services.schemas.types import INTEGERS, DataType

INVALID: Final = "VALIDATION_ERROR"
MISSING: Final = "MISSING_REQUIRED_FIELD"
UNSUPPORTED: Final = "UNSUPPORTED_DATA_TYPE"

_MOST_TABLES: Final = 1_000
_MOST_COLUMNS: Final = 1_000
_MOST_OF_A_KEY: Final = 16
_LONGEST_COMMENT: Final = 1_024
_KEY_BYTES: Final = 3_072
_ROW_BYTES: Final = 65_535
_POINTER_BYTES: Final = 12
_CHARACTER_BYTES: Final = 4


def check(drawing: Drawing, dialect: Dialect | None = None) -> tuple[Finding, ...]:
    """The findings, in the order of the drawing; none means that it can be created."""
    return tuple(map(_readable, _found(drawing, dialect)))


def _readable(finding: Finding) -> Finding:
    """The finding in characters that every answer can carry."""
    plain = (text.encode(errors="replace").decode() for text in (finding.message, finding.suggestion))
    return Finding(finding.pointer, finding.code, *plain)


def _found(drawing: Drawing, dialect: Dialect | None) -> Iterator[Finding]:
    if len(drawing.tables) > _MOST_TABLES:
        yield Finding("/tables", INVALID, f"A drawing has at most {_MOST_TABLES:,} tables, not {len(drawing.tables):,}.")
        return
    yield from _twice("/tables", "table", [(table.id, table.name) for table in drawing.tables])
    keys = ddl.keyed(drawing)
    for number, table in enumerate(drawing.tables):
        yield from _table(f"/tables/{number}", table, dialect, keys, changed_by_keys(drawing, table))
    yield from check_foreign_keys(drawing, dialect)


def _twice(pointer: str, what: str, items: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Ids and names that come a second time; names that differ in case alone are one in MySQL and SQLite."""
    ids: set[str] = set()
    seen: dict[str, str] = {}
    for number, (key, name) in enumerate(items):
        if key in ids:
            yield Finding(f"{pointer}/{number}/id", INVALID, f"There are two {_plural(what)} with the id {key[:80]}.")
        ids.add(key)
        before = seen.get(names.folded(name))
        if before is not None and name.strip():
            apart = f"The {_plural(what)} {before[:80]} and {name[:80]} differ in case alone, which not all databases tell apart."
            message = f"There are two {_plural(what)} called {name[:80]}." if before == name else apart
            yield Finding(f"{pointer}/{number}/name", INVALID, message)
        seen.setdefault(names.folded(name), name)


def _plural(what: str) -> str:
    return f"{what}es" if what.endswith("x") else f"{what}s"


def _table(
    pointer: str, table: Table, dialect: Dialect | None, keys: frozenset[tuple[str, str]], changed: frozenset[str]
) -> Iterator[Finding]:
    yield from _name(f"{pointer}/name", table.name, "table")
    yield from _comment(f"{pointer}/comment", table.comment)
    if not table.columns:
        yield Finding(f"{pointer}/columns", INVALID, f"The table {table.name[:80]} has no columns.")
    if len(table.columns) > _MOST_COLUMNS:
        yield Finding(f"{pointer}/columns", INVALID, f"A table has at most {_MOST_COLUMNS:,} columns.")
        return
    yield from _twice(f"{pointer}/columns", "column", [(column.id, column.name) for column in table.columns])
    for number, column in enumerate(table.columns):
        yield from _column(f"{pointer}/columns/{number}", column, table)
    yield from _numbering(pointer, table, dialect)
    yield from _key_order(pointer, table)
    yield from _groups(pointer, table)
    yield from _checks(pointer, table, changed)
    if dialect == "mysql":
        yield from _mysql_sizes(pointer, table, keys)


def _name(pointer: str, name: str, what: str) -> Iterator[Finding]:
    if fault := names.fault(name, what):
        yield Finding(pointer, INVALID if name.strip() else MISSING, fault)


def _comment(pointer: str, comment: str) -> Iterator[Finding]:
    if len(comment) > _LONGEST_COMMENT:
        yield Finding(pointer, INVALID, f"A comment has at most {_LONGEST_COMMENT:,} characters, not {len(comment):,}.")
    if any(ord(c) == 0 or 0xD800 <= ord(c) < 0xE000 for c in comment):
        yield Finding(pointer, INVALID, "The comment holds characters that databases do not take.")


# --- columns ------------------------------------------------------------------------------------------------------------


def _column(pointer: str, column: Column, table: Table) -> Iterator[Finding]:
    yield from _name(f"{pointer}/name", column.name, "column")
    yield from _comment(f"{pointer}/comment", column.comment)
    if column.primary_key and column.nullable:
        yield Finding(f"{pointer}/nullable", INVALID, f"{column.name[:80]} is part of the primary key and cannot be nullable.")
    try:
        kind = types.canonical(column)
    except types.TypeRefusedError as error:
        yield _type_finding(pointer, column, error)
        return
    yield from _default(pointer, column, kind)
    if kind.name in ("JSON", "ARRAY") and (column.primary_key or column.unique):
        field = "primaryKey" if column.primary_key else "unique"
        yield Finding(f"{pointer}/{field}", INVALID, f"A column of the type {kind} can be no key: not all databases compare it.")


def _type_finding(pointer: str, column: Column, error: types.TypeRefusedError) -> Finding:
    missing = not column.data_type.strip() or (error.field == "enumValues" and not column.enum_values)
    code = MISSING if missing else UNSUPPORTED if error.unknown else INVALID
    return Finding(f"{pointer}/{error.field}", code, str(error), error.suggestion)


def _default(pointer: str, column: Column, kind: DataType) -> Iterator[Finding]:
    try:
        found = defaults.canonical(column.default_value, kind)
    except defaults.DefaultRefusedError as error:
        yield Finding(f"{pointer}/defaultValue", INVALID, f"{error}.")
        return
    if found is not None and (column.auto_increment or kind.auto):
        yield Finding(f"{pointer}/defaultValue", INVALID, f"{column.name[:80]} is numbered by the database and has a default.")


def _numbering(pointer: str, table: Table, dialect: Dialect | None) -> Iterator[Finding]:
    """What is wrong with columns that the database is to number."""
    primary = table.primary_key
    found = 0
    for number, column in enumerate(table.columns):
        kind = _kind(column)
        if not column.auto_increment and not (kind and kind.auto):
            continue
        found += 1
        place = f"{pointer}/columns/{number}/{'autoIncrement' if column.auto_increment else 'dataType'}"
        if kind is not None and kind.name not in INTEGERS:
            yield Finding(
                place, INVALID, f"{column.name[:80]} is of the type {kind}: only whole numbers are numbered.", "INTEGER"
            )
        elif found > 1:
            yield Finding(
                place, INVALID, f"{column.name[:80]} is the second column of its table that is numbered; MySQL takes one."
            )
        elif not primary or primary[0].id != column.id:
            yield Finding(place, INVALID, f"{column.name[:80]} is numbered and has to begin the primary key.")
        elif dialect == "sqlite" and len(primary) > 1:
            yield Finding(place, INVALID, "SQLite numbers rows only by a primary key of one column.")


def _kind(column: Column) -> DataType | None:
    try:
        return types.canonical(column)
    except types.TypeRefusedError:
        return None


# --- keys, indexes, checks ----------------------------------------------------------------------------------------------


def _key_order(pointer: str, table: Table) -> Iterator[Finding]:
    marked = {column.id for column in table.columns if column.primary_key}
    known = {column.id for column in table.columns}
    seen: set[str] = set()
    for number, key in enumerate(table.key_order):
        place = f"{pointer}/primaryKey/{number}"
        if key not in known:
            yield Finding(place, INVALID, f"The primary key names the column {key[:80]}, which the table does not have.")
        elif key in seen:
            yield Finding(place, INVALID, "The primary key names a column twice.")
        elif key not in marked:
            yield Finding(place, INVALID, f"The primary key names {table.column(key).name[:80]}, which is not marked so.")
        seen.add(key)
    if table.key_order and marked - seen:
        yield Finding(f"{pointer}/primaryKey", INVALID, "The primary key leaves out columns that are marked as part of it.")
    if len(marked) > _MOST_OF_A_KEY:
        yield Finding(f"{pointer}/primaryKey", INVALID, f"A primary key has at most {_MOST_OF_A_KEY} columns.")


def _groups(pointer: str, table: Table) -> Iterator[Finding]:
    yield from _twice(f"{pointer}/uniques", "unique key", [(u.id or f"#{n}", "") for n, u in enumerate(table.uniques)])
    yield from _twice(f"{pointer}/indexes", "index", [(i.id or f"#{n}", "") for n, i in enumerate(table.indexes)])
    yield from _twice(f"{pointer}/checks", "check", [(c.id or f"#{n}", "") for n, c in enumerate(table.checks)])
    for number, unique in enumerate(table.uniques):
        yield from _group(f"{pointer}/uniques/{number}", unique, table, "unique key")
    for number, index in enumerate(table.indexes):
        yield from _group(f"{pointer}/indexes/{number}", index, table, "index")


def _group(pointer: str, group: Unique | Index, table: Table, what: str) -> Iterator[Finding]:
    yield from _given_name(pointer, group.name, what)
    if not group.columns:
        yield Finding(f"{pointer}/columnIds", MISSING, f"The {what} has no columns.")
    if len(group.columns) > _MOST_OF_A_KEY:
        yield Finding(f"{pointer}/columnIds", INVALID, f"The {what} has more than {_MOST_OF_A_KEY} columns.")
    known = {column.id: column for column in table.columns}
    for number, key in enumerate(group.columns):
        place = f"{pointer}/columnIds/{number}"
        if key not in known:
            yield Finding(place, INVALID, f"The {what} names the column {key[:80]}, which the table does not have.")
        elif key in group.columns[:number]:
            yield Finding(place, INVALID, f"The {what} names a column twice.")
        elif (kind := _kind(known[key])) is not None and kind.name in ("JSON", "ARRAY"):
            yield Finding(place, INVALID, f"A column of the type {kind} can be no part of keys and indexes.")


def _given_name(pointer: str, name: str, what: str) -> Iterator[Finding]:
    if fault := names.label_fault(name, what):
        yield Finding(f"{pointer}/name", INVALID, fault)


def _checks(pointer: str, table: Table, changed: frozenset[str]) -> Iterator[Finding]:
    known = ddl.condition_names(table)
    numbered = {column.name for column in table.columns if column.auto_increment or ((kind := _kind(column)) and kind.auto)}
    for number, item in enumerate(table.checks):
        yield from _given_name(f"{pointer}/checks/{number}", item.name, "check")
        place = f"{pointer}/checks/{number}/expression"
        try:
            named = conditions.columns(conditions.parse(item.expression, known))
        except conditions.ConditionError as error:
            yield Finding(place, INVALID if item.expression.strip() else MISSING, f"The condition {error}.")
            continue
        for name in sorted(named & numbered):
            yield Finding(
                place, INVALID, f"The condition names {name[:80]}, which the database numbers; MySQL takes none of those."
            )
        for name in sorted(named & changed):
            message = f"The condition names {name[:80]}, which a foreign key may change (SET NULL, ON UPDATE CASCADE)"
            yield Finding(place, INVALID, f"{message}; MySQL takes none of those.")


# --- MySQL's sizes ------------------------------------------------------------------------------------------------------


def _mysql_sizes(pointer: str, table: Table, keys: frozenset[tuple[str, str]]) -> Iterator[Finding]:
    """Keys and rows that are longer than MySQL takes."""
    sizes = {column.id: _bytes(table, column, keys) for column in table.columns if _kind(column) is not None}
    if sum(sizes.values()) > _ROW_BYTES:
        yield Finding(f"{pointer}/columns", INVALID, f"A row can have {sum(sizes.values()):,} bytes; MySQL takes {_ROW_BYTES:,}.")
    for place, group in _key_groups(pointer, table):
        size = sum(sizes.get(key, 0) for key in group)
        if size > _KEY_BYTES:
            yield Finding(place, INVALID, f"The key can have {size:,} bytes; MySQL takes {_KEY_BYTES:,}. Shorten its columns.")


def _key_groups(pointer: str, table: Table) -> Iterable[tuple[str, tuple[str, ...]]]:
    yield f"{pointer}/primaryKey", tuple(column.id for column in table.primary_key)
    yield from ((f"{pointer}/columns/{n}/unique", (c.id,)) for n, c in enumerate(table.columns) if c.unique)
    yield from ((f"{pointer}/uniques/{n}/columnIds", unique.columns) for n, unique in enumerate(table.uniques))
    yield from ((f"{pointer}/indexes/{n}/columnIds", index.columns) for n, index in enumerate(table.indexes))


def _bytes(table: Table, column: Column, keys: frozenset[tuple[str, str]]) -> int:
    kind = types.settled(ddl.column_type(table, column, "mysql", keys), "mysql")
    if kind.name in ("CHAR", "VARCHAR"):
        return _CHARACTER_BYTES * (kind.length or 0) + 2
    return (kind.length or 0) + 2 if kind.name in ("BINARY", "VARBINARY") else _POINTER_BYTES
