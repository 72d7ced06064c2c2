"""What stands in the way of a load, looked at before anything is changed: tables that refer to ours, engines, logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from runner.formats.ddl import quote
from services.common.databases import Database, DatabaseError

_SQLITE: Final = """SELECT m.name || '/' || f.id, '', m.name, f."table", f."from", 0
    FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' ORDER BY 1"""
_MYSQL: Final = """SELECT CONCAT(CONSTRAINT_SCHEMA, '/', TABLE_NAME, '/', CONSTRAINT_NAME),
    CASE WHEN TABLE_SCHEMA = DATABASE() THEN '' ELSE TABLE_SCHEMA END, TABLE_NAME, REFERENCED_TABLE_NAME, COLUMN_NAME, 0
    FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = DATABASE() ORDER BY 1"""
_POSTGRESQL: Final = """
WITH RECURSIVE own(oid, root) AS (
    SELECT o, o FROM unnest(?::oid[]) AS o
    UNION SELECT i.inhrelid, own.root FROM own JOIN pg_class c ON c.oid = own.oid AND c.relkind = 'p'
          JOIN pg_inherits i ON i.inhparent = own.oid
)
SELECT f.oid::bigint, n.nspname, c.relname, own.root::bigint, a.attname, c.relkind = 'r'
FROM pg_constraint f JOIN own ON own.oid = f.confrelid JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey)
WHERE f.contype = 'f' AND f.conrelid NOT IN (SELECT oid FROM own) ORDER BY 1"""
"""Name of the key, schema, table, what it refers to, column, whether the table's own rows are read alone."""
_NO_TRANSACTIONS: Final = """SELECT e.ENGINE FROM information_schema.ENGINES AS e
    WHERE COALESCE(e.TRANSACTIONS, 'NO') <> 'YES' AND e.ENGINE = """
_ENGINES: Final = f"""SELECT t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES AS t
    WHERE t.TABLE_SCHEMA = DATABASE() AND EXISTS ({_NO_TRANSACTIONS} t.ENGINE) ORDER BY 1"""  # noqa: S608 - constants
_DEFAULT: Final = f"{_NO_TRANSACTIONS} @@SESSION.default_storage_engine"
_UNLOGGED: Final = "SELECT 1 FROM pg_class WHERE oid = ? AND relpersistence = 'u'"


@dataclass(frozen=True, slots=True)
class Outside:
    """`child` refers to `parent`, one of ours, and is none of ours; `rows` asks for one of its rows that does."""

    child: str
    parent: str
    rows: str


def refuse_replacing(database: Database, tables: Sequence[str]) -> None:
    """Raise `DatabaseError` (TARGET_CONFLICT) when another table refers to one of these, rows or none."""
    for it in _outside(database, tables):
        message = (
            f"{it.parent} cannot be replaced: {it.child} refers to it and is not in the schema; mode truncate keeps the tables"
        )
        raise DatabaseError("TARGET_CONFLICT", message)


def refuse_emptying(database: Database, tables: Sequence[str]) -> None:
    """Raise `DatabaseError` (TARGET_CONFLICT) when rows of another table refer to one of these: they would be lost or broken."""
    for it in _outside(database, tables):
        if database.query(it.rows):
            message = f"{it.parent} cannot be emptied: rows of {it.child} refer to it, and {it.child} is not in the schema"
            raise DatabaseError("TARGET_CONFLICT", message)


def _outside(database: Database, tables: Sequence[str]) -> Iterator[Outside]:
    rows, ours = _of_postgresql(database, tables) if database.dialect == "postgresql" else _by_name(database, tables)
    for _, group in groupby(rows, key=lambda row: row[0]):
        found = [*group]
        _, schema, child, parent, _, alone = found[0]
        here = "public" if database.dialect == "postgresql" else ""
        given = " AND ".join(f"{quote(column, database.dialect)} IS NOT NULL" for *_, column, _ in found)
        place = ".".join(quote(part, database.dialect) for part in (schema, child) if part)
        sql = f"SELECT 1 FROM {'ONLY ' if alone else ''}{place} WHERE {given} LIMIT 1"  # noqa: S608 - quoted
        yield Outside(child if schema == here else f"{schema}.{child}", ours[parent], sql)


def _of_postgresql(database: Database, tables: Sequence[str]) -> tuple[list[tuple[Any, ...]], dict[Any, str]]:
    ours = _oids(database, tables)
    return database.query(_POSTGRESQL, (list(ours),)), dict(ours)


def _oids(database: Database, tables: Sequence[str]) -> dict[int, str]:
    from services.common.databases.postgresql.tables import find  # drivers are imported when they are needed

    return {found.oid: name for name in tables if (found := find(database.query, name))}


def _by_name(database: Database, tables: Sequence[str]) -> tuple[list[tuple[Any, ...]], dict[Any, str]]:
    """Names of one database, whatever their case; a table of that name in another one is not ours."""
    ours = {name.lower(): name for name in tables}
    sql = _SQLITE if database.dialect == "sqlite" else _MYSQL
    found = [
        (key, schema, child, parent.lower(), column, alone)
        for key, schema, child, parent, column, alone in database.query(sql)
        if parent.lower() in ours and (schema or child.lower() not in ours)
    ]
    return found, dict(ours)


def refuse_engines(database: Database, kept: Sequence[str], made: Sequence[str]) -> None:
    """Raise `DatabaseError` (TARGET_MISMATCH) for tables of MySQL whose engine undoes nothing (MyISAM, Aria, MEMORY …)."""
    if database.dialect != "mysql":
        return
    engines = {str(name).lower(): str(engine) for name, engine in database.query(_ENGINES)}
    found = [(name, engines[name.lower()]) for name in kept if name.lower() in engines]
    if made and not found:
        found = [(made[0], str(engine)) for (engine,) in database.query(_DEFAULT)]
    for name, engine in found:
        message = (
            f"the table {name} has the engine {engine}, without transactions: its rows could be doubled or lost; InnoDB has them"
        )
        raise DatabaseError("TARGET_MISMATCH", message)


def unlogged(database: Database, tables: Sequence[str]) -> list[str]:
    """Warnings of tables that a crash of the server empties."""
    if database.dialect != "postgresql":
        return []
    names = [name for oid, name in _oids(database, tables).items() if database.query(_UNLOGGED, (oid,))]
    return [f"the table {name} is UNLOGGED: a crash of the server empties it, and a load under way then fails" for name in names]
