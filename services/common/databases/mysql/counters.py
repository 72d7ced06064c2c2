"""Auto-increments, and the sequences of MariaDB that columns take their default from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from services.common.databases import Counter
from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import Session

_COLUMNS: Final = (
    "SELECT c.COLUMN_NAME, c.EXTRA, c.COLUMN_DEFAULT, t.AUTO_INCREMENT FROM information_schema.COLUMNS AS c"
    " JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME"
    " WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ?"
)
_SEQUENCE: Final = re.compile(r"nextval\(\s*(?P<name>(?:`(?:[^`]|``)+`\.)?`(?:[^`]|``)+`)\s*\)", re.IGNORECASE)


def move(session: Session, tables: Sequence[str]) -> list[Counter]:
    """Set the counters of these tables past their largest keys, never back; where they are now."""
    return [counter for table in tables for counter in _of_table(session, table)]


def _of_table(session: Session, table: str) -> list[Counter]:
    found = []
    for column, extra, default, following in session.query(_COLUMNS, (table,)):
        sequence = _SEQUENCE.search(str(default or ""))
        if "auto_increment" in str(extra).lower():
            found.append(Counter(table, column, _moved(session, table, column, int(following or 1))))
        elif sequence:
            found.append(Counter(table, column, _advanced(session, table, column, sequence["name"])))
    return found


def _largest(session: Session, table: str, column: str) -> int:
    """The largest key; 0 when there is none."""
    sql = f"SELECT COALESCE(MAX({quoted(column)}), 0) FROM {quoted(table)}"  # noqa: S608 - quoted
    return int(session.query(sql)[0][0])


def _moved(session: Session, table: str, column: str, following: int) -> int:
    wanted = _largest(session, table, column) + 1
    if wanted <= following:
        return following
    session.run(f"ALTER TABLE {quoted(table)} AUTO_INCREMENT = {wanted}")
    return wanted


def _advanced(session: Session, table: str, column: str, sequence: str) -> int:
    """SETVAL never moves a sequence back. The sequence's own cache makes the next value visible only there."""
    session.query(f"SELECT SETVAL({sequence}, {_largest(session, table, column)}, 1)")
    return int(session.query(f"SELECT next_not_cached_value FROM {sequence}")[0][0])  # noqa: S608 - quoted by the server
