"""What a load takes off for speed, only when asked: indexes, triggers (and foreign keys), the write-ahead log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from services.common.databases import Database, DatabaseError, Suspension


def fast_suspensions(database: Database, words: Sequence[str], tables: Sequence[str], empty: Collection[str]) -> list[Suspension]:
    """What is to be taken off these tables (those there are). Only `empty` ones lose their log, since a crash empties them.

    Raises `DatabaseError` (FAST_UNSUPPORTED) for what the database cannot take off.
    """
    there = [name for name in tables if database.columns(name)]
    if database.dialect == "postgresql":
        return _postgresql(database, words, there, [name for name in there if name in empty])
    if database.dialect == "mysql" and not {"unlogged", "triggers"} & set(words):
        return _mysql(database, there)
    raise DatabaseError("FAST_UNSUPPORTED", f"this database cannot take off {' and '.join(words)} for a load")


def _postgresql(database: Any, words: Sequence[str], tables: Sequence[str], empty: Sequence[str]) -> list[Suspension]:
    from services.common.databases.postgresql import fast

    found: list[Suspension] = []
    if "indexes" in words:
        found += [suspension for name in tables for suspension in fast.without_indexes(database, name)]
    if "triggers" in words:
        found.append(fast.without_triggers(database))
    if "unlogged" in words:
        found += fast.unlogged(database, empty)
    return found


def _mysql(database: Any, tables: Sequence[str]) -> list[Suspension]:
    from services.common.databases.mysql import fast

    return fast.without_indexes(database, tables)
