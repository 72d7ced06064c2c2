"""Deleting as many copies of a row as are staged, where equal rows of others may be there: MySQL numbers no rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.common.databases.mysql.columns import Field
from services.common.databases.mysql.script import quoted, quoted_list
from services.common.databases.mysql.session import Session
from services.common.databases.mysql.stage import HASH, STAGE, add_hash, hash_of

GROUPS: Final = "_mockcraft_groups"
KEY, COPIES = "_mockcraft_key", "_mockcraft_copies"


def delete(session: Session, table: str, fields: Sequence[Field]) -> int:
    """Delete one row of the table for each staged one that it equals; how many there were.

    Rows of which the table has no more copies than are staged go by one statement, others by a limited one each.
    """
    add_hash(session, fields)
    _collapse(session, fields)
    rows = 0
    for key, copies in _more_than_staged(session, table, fields):
        rows += _delete_some(session, table, fields, int(key), int(copies))
    sql = f"DELETE t FROM {quoted(table)} AS t STRAIGHT_JOIN {quoted(STAGE)} AS s ON {_same('t', fields)}"
    return rows + int(session.run(sql).affected_rows)


def _same(alias: str, fields: Sequence[Field]) -> str:
    equal = (f"{alias}.{quoted(field.name)} <=> s.{quoted(field.name)}" for field in fields)
    return " AND ".join((f"s.{HASH} = {hash_of(alias, fields)}", *equal))


def _collapse(session: Session, fields: Sequence[Field]) -> None:
    """One staged row of each kind, with how many there were."""
    stage, groups = quoted(STAGE), quoted(GROUPS)
    by = quoted_list([HASH, *(field.name for field in fields)])
    session.run(
        f"ALTER TABLE {stage} ADD COLUMN {KEY} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
        f" ADD COLUMN {COPIES} BIGINT NOT NULL DEFAULT 0"
    )
    session.run(f"DROP TEMPORARY TABLE IF EXISTS {groups}")
    session.run(
        f"CREATE TEMPORARY TABLE {groups} (PRIMARY KEY (k)) AS"  # noqa: S608 - quoted
        f" SELECT MIN({KEY}) AS k, COUNT(*) AS n FROM {stage} GROUP BY {by}"
    )
    session.run(f"UPDATE {stage} AS s JOIN {groups} AS g ON g.k = s.{KEY} SET s.{COPIES} = g.n")  # noqa: S608 - quoted
    session.run(f"DELETE FROM {stage} WHERE {COPIES} = 0")  # noqa: S608 - quoted
    session.run(f"DROP TEMPORARY TABLE {groups}")


def _more_than_staged(session: Session, table: str, fields: Sequence[Field]) -> list[tuple[int, int]]:
    return session.query(
        f"SELECT s.{KEY}, s.{COPIES} FROM {quoted(table)} AS t STRAIGHT_JOIN {quoted(STAGE)} AS s"  # noqa: S608 - quoted
        f" ON {_same('t', fields)} GROUP BY s.{KEY}, s.{COPIES} HAVING COUNT(*) > s.{COPIES}"
    )


def _delete_some(session: Session, table: str, fields: Sequence[Field], key: int, copies: int) -> int:
    same = _same(quoted(table), fields)
    found = f"EXISTS (SELECT 1 FROM {quoted(STAGE)} AS s WHERE s.{KEY} = {key} AND {same})"  # noqa: S608 - quoted
    done = session.run(f"DELETE FROM {quoted(table)} WHERE {found} LIMIT {copies}")  # noqa: S608 - quoted
    session.run(f"DELETE FROM {quoted(STAGE)} WHERE {KEY} = {key}")  # noqa: S608 - quoted
    return int(done.affected_rows)
