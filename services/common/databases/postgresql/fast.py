"""Faster loads that give up a guard for their time, only when asked: indexes built afterwards, triggers and foreign keys
off, tables without a write-ahead log.

Each function answers with what to do before and after, so that a loader can record both before it begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.common.databases import DatabaseError, Suspension
from services.common.databases.postgresql.database import PostgresDatabase
from services.common.databases.postgresql.references import literal
from services.common.databases.postgresql.tables import known, quoted


def without_indexes(database: PostgresDatabase, table: str) -> list[Suspension]:
    """The table's indexes dropped and made again: all but those behind constraints, foreign keys and replication."""
    found = known(database.query, table)
    return [
        Suspension(table, name, f"DROP INDEX {quoted(schema)}.{quoted(name)};\n", _made(schema, name, definition, comment))
        for schema, name, definition, comment in database.query(_INDEXES, (found.oid,))
    ]


def _made(schema: str, name: str, definition: str, comment: str | None) -> str:
    said = f"COMMENT ON INDEX {quoted(schema)}.{quoted(name)} IS {literal(comment)};\n" if comment is not None else ""
    return f"{definition};\n{said}"


def without_triggers(database: PostgresDatabase) -> Suspension:
    """Triggers and foreign keys off for this connection (`session_replication_role`); to be said on each connection.

    Raises `DatabaseError` TARGET_PERMISSION when the user is no superuser and was not granted this parameter.
    """
    allowed = "SELECT current_setting('is_superuser') = 'on'"
    if database.session.connection.info.server_version >= 150_000:
        allowed += " OR has_parameter_privilege('session_replication_role', 'SET')"
    if not database.query(allowed)[0][0]:
        raise DatabaseError("TARGET_PERMISSION", "only a superuser may switch triggers and foreign keys off in PostgreSQL")
    name = "session_replication_role"
    return Suspension("", name, f"SET {name} = replica;\n", f"SET {name} = origin;\n")


def unlogged(database: PostgresDatabase, tables: Sequence[str]) -> list[Suspension]:
    """Tables without a write-ahead log, in an order that keeps logged tables from referring to unlogged ones.

    Undo them in reverse. A crash of the server empties such a table, so a load must begin anew then. Tables
    that are partitioned, unlogged already, or referred to by logged tables beyond these stay as they are.
    """
    oids = {known(database.query, name).oid: name for name in tables}
    ready = [oid for (oid,) in database.query(_PERMANENT, (list(oids),))]
    referring = database.query(_REFERRING, (ready,))
    chosen: list[int] = []
    while True:
        able = [oid for oid in ready if oid not in chosen and all(by in chosen for to, by in referring if to == oid)]
        if not able:
            break
        chosen += able
    return [_unlogged(oids[oid], known(database.query, oids[oid]).name) for oid in chosen]


def _unlogged(table: str, name: str) -> Suspension:
    return Suspension(table, "", f"ALTER TABLE {name} SET UNLOGGED;\n", f"ALTER TABLE {name} SET LOGGED;\n")


_INDEXES = """
SELECT n.nspname, c.relname, pg_get_indexdef(c.oid), obj_description(c.oid, 'pg_class')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = ? AND NOT i.indisprimary AND NOT i.indisreplident AND NOT i.indisclustered
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)
ORDER BY c.relname"""

_PERMANENT = """
SELECT c.oid::bigint FROM pg_class c
WHERE c.oid = ANY (?::oid[]) AND c.relkind = 'r' AND c.relpersistence = 'p' ORDER BY c.oid"""

_REFERRING = """
SELECT f.confrelid::bigint, f.conrelid::bigint FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
WHERE f.contype = 'f' AND f.confrelid = ANY (?::oid[]) AND f.conrelid <> f.confrelid AND c.relpersistence = 'p'"""
