"""What follows from a catalog's parts, however they were read: kinship of tables, keys left unsaid, conditions of a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from runner.types import JSON
from services.common.databases._checks import both, rename
from services.common.databases._forms import ParsedCheck
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, ForeignKey


def complete(catalog: Catalog) -> Catalog:
    """The catalog with `children` and `kind`s from `inherits_from`, parents' columns from their primary keys, JSON known."""
    children: dict[str, list[str]] = defaultdict(list)
    for table in catalog.tables:
        for parent in table.inherits_from:
            children[parent].append(table.key)
    tables = {table.key: table for table in catalog.tables}
    return replace(catalog, tables=tuple(_completed(table, tables, catalog, children[table.key]) for table in catalog.tables))


def _completed(table: CatalogTable, tables: dict[str, CatalogTable], catalog: Catalog, children: Iterable[str]) -> CatalogTable:
    json = {name for check in table.checks for name in check.parsed.json}
    required = {d.name for d in catalog.domains if not d.nullable}
    columns = tuple(_column(column, json, required) for column in table.columns)
    keys = tuple(_key(key, tables) for key in table.foreign_keys)
    found = tuple(children)
    kind = "parent" if found and table.kind == "table" else table.kind
    return replace(table, columns=columns, foreign_keys=keys, children=found, kind=kind)


def _column(column: CatalogColumn, json: set[str], required: set[str]) -> CatalogColumn:
    """MariaDB's JSON is a longtext with a check, SQLite's a text with one."""
    if column.name in json and column.type.kind in ("text", "string"):
        column = replace(column, type=replace(column.type, kind="json", type=JSON, length=None))
    return replace(column, nullable=False) if column.type.domain in required else column


def _key(key: ForeignKey, tables: dict[str, CatalogTable]) -> ForeignKey:
    parent = tables.get(key.parent) or next((t for t in tables.values() if t.key.casefold() == key.parent.casefold()), None)
    if parent is None:
        return key
    return replace(key, parent=parent.key, parent_columns=key.parent_columns or parent.primary_key)


def conditions(catalog: Catalog, table: CatalogTable) -> ParsedCheck:
    """All that a row of the table must meet: its enforced checks, the checks of its columns' domains, its partition's bounds."""
    parts = [check.parsed for check in table.checks if check.enforced]
    for column in table.columns:
        if column.type.domain:
            parts += [rename(check.parsed, "VALUE", column.name) for check in catalog.domain(column.type.domain).checks]
    if table.partition is not None:
        parts.append(table.partition.parsed)
    return both(*parts)
