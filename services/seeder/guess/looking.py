"""Looking at the rows of a database: a part of each table, counted in memory, none of it kept."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from services.common.databases import Database
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable
from services.seeder.guess.facts import moment
from services.seeder.guess.profiles import ColumnProfile, TableProfile

LOOKED_AT: Final = 20_000
"""Rows of a table that are looked at, those that the database gives first."""
_KINDS: Final = ("int", "bigint", "decimal", "float", "bool", "date", "datetime", "string", "text", "enum")


def look(database: Database, catalog: Catalog) -> dict[str, TableProfile]:
    """What the rows of every table show, by its key. Raises `DatabaseError`."""
    found = {}
    for table in catalog.tables:
        columns = [column for column in table.columns if column.type.kind in _KINDS]
        if columns and table.kind != "partition":
            found[table.key] = _table(database, catalog.dialect, table, columns)
    return found


def _table(database: Database, dialect: str, table: CatalogTable, columns: list[CatalogColumn]) -> TableProfile:
    names = ", ".join(_name(dialect, column.name) for column in columns)
    place = ".".join(_name(dialect, part) for part in (table.schema, table.name) if part)
    rows = database.query(f"SELECT {names} FROM {place} LIMIT {LOOKED_AT}")  # noqa: S608 - quoted
    seen = {column.name: _column([row[n] for row in rows], column) for n, column in enumerate(columns)}
    return TableProfile(len(rows), seen)


def _name(dialect: str, name: str) -> str:
    quote = "`" if dialect == "mysql" else '"'
    return quote + name.replace(quote, quote * 2) + quote


def _column(cells: list[Any], column: CatalogColumn) -> ColumnProfile:
    values = [value for value in (_plain(cell, column) for cell in cells) if value is not None]
    counted = Counter(values)
    low, high = None, None
    if values and column.type.kind not in ("string", "text", "bool", "enum"):
        low, high = min(counted), max(counted)
    return ColumnProfile(len(cells), len(cells) - len(values), len(counted), low, high, tuple(counted.most_common(30)))


def _plain(cell: Any, column: CatalogColumn) -> Any:
    """A cell as a value of its column's kind, None for what is none."""
    if column.type.kind in ("date", "datetime"):
        if isinstance(cell, str):
            cell = moment(cell)
        if isinstance(cell, datetime):
            cell = (cell - (cell.utcoffset() or timedelta(0))).replace(tzinfo=None)
            return cell.date() if column.type.kind == "date" else cell
        return datetime(cell.year, cell.month, cell.day) if type(cell) is date and column.type.kind == "datetime" else cell
    if column.type.kind in ("int", "bigint"):
        return cell if isinstance(cell, int) else None
    if column.type.kind in ("decimal", "float"):
        return Decimal(str(cell)) if isinstance(cell, int | float | Decimal) and cell == cell else None
    return cell if isinstance(cell, bool | str) else None
