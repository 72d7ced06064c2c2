"""The catalog of an SQLite file: what its PRAGMAs tell, and the rest from the statements it keeps in `sqlite_master`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.common.databases import Database
from services.common.databases._catalog_ddl import read as read_statements
from services.common.databases._sqltext import Cursor, statements
from services.common.databases.catalog import (
    Catalog,
    CatalogColumn,
    CatalogTable,
    ForeignKey,
    Index,
    Unique,
    Warned,
    ours,
)

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


def read(database: Database) -> Catalog:
    """Read it. Raises `DatabaseError`."""
    objects = [row for row in database.query(f"{_OBJECTS} ORDER BY rowid") if not ours(row[2]) and row[0] != "view"]
    kinds = _kinds(database)
    shadows = {name for name, kind in kinds.items() if kind == "shadow"}
    text = "".join(f"{row[3]}\n;\n" for row in objects if row[2] not in shadows)
    written = read_statements(text, "sqlite")
    estimates = _estimates(database)
    tables = tuple(_asked(database, table, estimates.get(table.name)) for table in written.tables)
    version = database.query("SELECT sqlite_version()")[0][0]
    warnings = tuple(Warned(w.message) for w in written.warnings)
    return replace(written, server=f"SQLite {version}", tables=tables, warnings=warnings)


def _kinds(database: Database) -> dict[str, str]:
    """table, view, shadow or virtual, by name; SQLite tells since 3.37."""
    if tuple(int(n) for n in database.query("SELECT sqlite_version()")[0][0].split(".")[:2]) < (3, 37):
        return {}
    return {row[0]: row[1] for row in database.query("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")}


def _estimates(database: Database) -> dict[str, int]:
    """Rows by table as ANALYZE last saw them."""
    if not database.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
        return {}
    rows = database.query("SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl")
    return {name: int(count) for name, count in rows if count is not None}


def _asked(database: Database, table: CatalogTable, estimate: int | None) -> CatalogTable:
    """The table with what the PRAGMAs know better than the text: nullability, defaults, keys and indexes."""
    info = database.query('SELECT name, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)', (table.name,))
    facts = {row[0]: row for row in info}
    columns = tuple(_column(column, facts[column.name]) for column in table.columns if column.name in facts)
    primary = tuple(row[0] for row in sorted((r for r in info if r[3]), key=lambda r: r[3]))
    uniques, indexes = _indexes(database, table)
    keys = _keys(database, table)
    return replace(
        table, columns=columns, primary_key=primary, foreign_keys=keys, uniques=uniques, indexes=indexes, rows=estimate
    )


def _column(column: CatalogColumn, fact: Sequence[Any]) -> CatalogColumn:
    _, required, default, _, hidden = fact
    text = "" if default is None or str(default).upper() == "NULL" else str(default)
    return replace(column, nullable=not required and column.nullable, default=text, stored=hidden == 3)


def _keys(database: Database, table: CatalogTable) -> tuple[ForeignKey, ...]:
    """Foreign keys; their names and whether they can wait are in the text alone."""
    rows = database.query(
        'SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq',
        (table.name,),
    )
    groups: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    named = {key.columns: key for key in table.foreign_keys}
    return tuple(_key(group, named) for group in groups.values())


def _key(group: Sequence[Sequence[Any]], named: dict[tuple[str, ...], ForeignKey]) -> ForeignKey:
    _, parent, _, _, on_update, on_delete = group[0]
    columns = tuple(row[2] for row in group)
    parents = tuple(row[3] for row in group if row[3])
    known = named.get(columns, ForeignKey("", columns, parent, parents))
    return replace(
        known,
        parent=known.parent or parent,
        parent_columns=parents or known.parent_columns,
        on_update=on_update,
        on_delete=on_delete,
    )


def _indexes(database: Database, table: CatalogTable) -> tuple[tuple[Unique, ...], tuple[Index, ...]]:
    """Unique constraints and indexes, plain indexes; expressions and conditions come from the text."""
    texts = dict(database.query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (table.name,)))
    names = {u.columns: u.name for u in table.uniques if u.constraint}
    written = {u.name: u for u in table.uniques}
    plain = {index.name: index for index in table.indexes}
    uniques: list[Unique] = []
    indexes: list[Index] = []
    for _, name, unique, origin, *_ in sorted(database.query("SELECT * FROM pragma_index_list(?)", (table.name,)), reverse=True):
        columns = tuple(row[2] for row in database.query("SELECT * FROM pragma_index_info(?)", (name,)) if row[2] is not None)
        if origin == "u":
            uniques.append(Unique(names.get(columns, ""), columns))
        elif origin == "c" and unique:
            uniques.append(
                replace(written.get(name, Unique(name, columns, False)), columns=columns, where=_where(texts.get(name)))
            )
        elif origin == "c":
            indexes.append(replace(plain.get(name, Index(name, columns)), columns=columns))
    return tuple(uniques), tuple(indexes)


def _where(sql: str | None) -> str:
    """The condition of a partial index."""
    for statement in statements(sql or "", "sqlite"):
        cursor = Cursor(statement.tokens, statement.source)
        cursor.until("WHERE")
        if cursor.accept("WHERE"):
            return cursor.text(cursor.rest())
    return ""
