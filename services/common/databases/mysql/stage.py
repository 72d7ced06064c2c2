"""Rows that must meet those of a table, in a temporary table with its columns: upserts and deletions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

from services.common.databases import DatabaseError
from services.common.databases.mysql.columns import SPATIAL, Field
from services.common.databases.mysql.script import quoted, quoted_list
from services.common.databases.mysql.session import Session

STAGE: Final = "_mockcraft_stage"
_INDEXES: Final = (
    "SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX"
)


@contextlib.contextmanager
def staged(session: Session, table: str, fields: Sequence[Field]) -> Iterator[str]:
    """An empty temporary table with these columns; neither making nor dropping it commits."""
    names = quoted_list([field.name for field in fields])
    drop = f"DROP TEMPORARY TABLE IF EXISTS {quoted(STAGE)}"
    session.run(drop)
    session.run(f"CREATE TEMPORARY TABLE {quoted(STAGE)} AS SELECT {names} FROM {quoted(table)} LIMIT 0")  # noqa: S608 - quoted
    try:
        yield STAGE
    finally:
        with contextlib.suppress(DatabaseError):
            session.run(drop)


def merge(session: Session, table: str, fields: Sequence[Field], key: Sequence[str]) -> None:
    """Overwrite the rows that are there by the key, add the others.

    Not REPLACE, which deletes rows and what refers to them; not ON DUPLICATE KEY UPDATE, which overwrites
    whatever row holds *any* of the unique values.
    """
    keys = {name.lower() for name in key}
    if keys not in [set(columns) for unique, columns in _indexes(session, table) if unique]:
        raise DatabaseError("TARGET_MISMATCH", f"the table {table} has no unique key of {', '.join(key)}")
    names = [field.name for field in fields]
    same = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in key)
    sets = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in names if name.lower() not in keys)
    if sets:
        session.run(f"UPDATE {quoted(STAGE)} AS s STRAIGHT_JOIN {quoted(table)} AS t ON {same} SET {sets}")  # noqa: S608 - quoted
    session.run(
        f"INSERT INTO {quoted(table)} ({quoted_list(names)}) SELECT {quoted_list(names)} FROM {quoted(STAGE)} AS s"  # noqa: S608 - quoted
        f" WHERE NOT EXISTS (SELECT 1 FROM {quoted(table)} AS t WHERE {same})"
    )


def met(table: str, by: Sequence[Field], fields: Sequence[Field]) -> str:
    """What stands behind FROM to read fields of the rows that equal a staged one."""
    same = " AND ".join(f"t.{quoted(field.name)} = s.{quoted(field.name)}" for field in by)
    names = ", ".join(f"t.{quoted(field.name)}" for field in fields)
    return f"(SELECT {names} FROM {quoted(STAGE)} AS s STRAIGHT_JOIN {quoted(table)} AS t ON {same}) AS r"  # noqa: S608 - quoted


def delete(session: Session, table: str, fields: Sequence[Field]) -> int:
    """Delete the rows of a table that equal a staged one; how many there were."""
    names = [field.name for field in fields]
    same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in names)
    led = {columns[0] for _, columns in _indexes(session, table)}
    if any(name.lower() in led for name in names):
        join = f"{quoted(STAGE)} AS s STRAIGHT_JOIN {quoted(table)} AS t ON {same}"
    else:
        join = _by_hash(session, table, fields, same)
    return int(session.run(f"DELETE t FROM {join}").affected_rows)


def _by_hash(session: Session, table: str, fields: Sequence[Field], same: str) -> str:
    """Without an index to find rows by: one pass over the table, each row looked up among the staged ones."""
    add_hash(session, fields)
    return f"{quoted(table)} AS t STRAIGHT_JOIN {quoted(STAGE)} AS s ON s.{HASH} = {hash_of('t', fields)} AND {same}"


def add_hash(session: Session, fields: Sequence[Field]) -> None:
    """A column and an index of the staged rows' hashes."""
    session.run(f"ALTER TABLE {quoted(STAGE)} ADD COLUMN {HASH} BINARY(16), ADD INDEX ({HASH})")
    session.run(f"UPDATE {quoted(STAGE)} AS s SET {HASH} = {hash_of('s', fields)}")  # noqa: S608 - quoted


HASH: Final = "_mockcraft_hash"
_LOOSE: Final = frozenset({"json", "float"})
"""Kinds whose equal values may differ in their text."""


def hash_of(alias: str, fields: Sequence[Field]) -> str:
    """A digest of a row, of those columns whose equal values have equal bytes."""
    hashed = [field for field in fields if field.kind not in SPATIAL | _LOOSE]
    cells = ", ".join(f"COALESCE(HEX({alias}.{quoted(field.name)}), '-')" for field in hashed)
    return f"UNHEX(MD5(CONCAT_WS(',', {cells or repr('')})))"


def unique(session: Session, table: str, given: set[str]) -> bool:
    """Whether no two rows of a table can be equal in these columns (in lower case), none of which is null."""
    return any(only and all(columns) and set(columns) <= given for only, columns in _indexes(session, table))


def _indexes(session: Session, table: str) -> list[tuple[bool, list[str]]]:
    """Whether it is unique and the columns, of each index, names in lower case."""
    found: dict[str, tuple[bool, list[str]]] = {}
    for name, loose, column in session.query(_INDEXES, (table,)):
        found.setdefault(name, (not loose, []))[1].append((column or "").lower())
    return list(found.values())
