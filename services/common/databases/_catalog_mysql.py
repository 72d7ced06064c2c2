"""The catalog of a MySQL or MariaDB database: SHOW CREATE TABLE, which both keep exact, and `information_schema`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from services.common.databases import Database
from services.common.databases._bodies import read_body
from services.common.databases._catalog_ddl import read as read_statements
from services.common.databases._complete import complete
from services.common.databases._ddl_tables import folds
from services.common.databases._types import mysql_type
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, Trigger, Warned, ours

_TABLES: Final = """
    SELECT TABLE_NAME, TABLE_ROWS, TABLE_COMMENT FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME"""
_COLUMNS: Final = """
    SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, COLUMN_COMMENT,
           GENERATION_EXPRESSION
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"""
_TRIGGERS: Final = """
    SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
    ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"""

_Rows = Mapping[str, list[tuple[Any, ...]]]


def read(database: Database) -> Catalog:
    """Read it. Raises `DatabaseError`."""
    version = str(database.query("SELECT VERSION()")[0][0])
    rows = [row for row in database.query(_TABLES) if not ours(_text(row[0]))]
    columns, triggers = _grouped(database.query(_COLUMNS)), _grouped(database.query(_TRIGGERS))
    warnings: list[Warned] = []
    tables = []
    for name, estimate, comment in rows:
        table = _table(database, _text(name), warnings)
        if table is not None:
            facts = tuple(_column(c, columns[table.name]) for c in table.columns)
            own = tuple(_trigger(fact, table.name) for fact in triggers.get(table.name, []))
            guess = None if estimate is None else int(estimate)
            tables.append(replace(table, columns=facts, triggers=own, rows=guess, comment=_text(comment)))
    return complete(Catalog("mysql", _server(version), tuple(tables), warnings=tuple(warnings)))


def _text(value: Any) -> str:
    """Some servers give texts of information_schema as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value or "")


def _server(version: str) -> str:
    number = re.sub(r"^5\.5\.5-", "", version)
    name = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    return f"{name} {number.split('-')[0]}"


def _grouped(rows: Sequence[tuple[Any, ...]]) -> _Rows:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[_text(row[0])].append(row[1:])
    return found


def _table(database: Database, name: str, warnings: list[Warned]) -> CatalogTable | None:
    quoted = name.replace("`", "``")
    statement = _text(database.query(f"SHOW CREATE TABLE `{quoted}`")[0][1])
    written = read_statements(statement, "mysql")
    warnings += [Warned(f"{name}: {w.message}") for w in written.warnings]
    return written.tables[0] if written.tables else None


def _column(column: CatalogColumn, facts: Sequence[Sequence[Any]]) -> CatalogColumn:
    """The column with what information_schema knows better than the statement: its type's full name and its collation."""
    for name, native, nullable, _, extra, collation, comment, generated in facts:
        if _text(name) == column.name:
            words = _text(extra).upper()
            return replace(
                column,
                type=mysql_type(_text(native)),
                nullable=_text(nullable) == "YES",
                collation=_text(collation),
                folded=folds(_text(collation), "mysql"),
                comment=_text(comment),
                generated=column.generated or _text(generated),
                stored="STORED" in words or "PERSISTENT" in words,
                auto="AUTO_INCREMENT" in words,
            )
    return column


def _trigger(fact: Sequence[Any], table: str) -> Trigger:
    name, event, timing, body = map(_text, fact)
    said = read_body(body, "mysql", table, lambda parts: parts[-1])
    return Trigger(name, (event,), timing, said.inserts, said.updates, said.deletes, said.sets, understood=not said.dynamic)
