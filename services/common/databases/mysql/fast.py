"""What makes loads faster at a price, only for those who ask: checks off, secondary indexes made after the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from services.common.databases import Suspension
from services.common.databases.mysql.script import quoted

_KEY: Final = re.compile(r"\s*(?:FULLTEXT |SPATIAL )?KEY (?P<name>`(?:[^`]|``)+`) .*?,?", re.DOTALL)
_NEEDED: Final = (
    "SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"
    " AND REFERENCED_TABLE_NAME IS NOT NULL"
    " UNION SELECT REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE"
    " WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ?"
    " UNION SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"
    " AND EXTRA LIKE '%auto_increment%'"
)
_FIRST: Final = (
    "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND SEQ_IN_INDEX = 1"
)


class _Asked(Protocol):
    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""


def without_checks() -> list[Suspension]:
    """References and unique secondary keys unchecked in this session: duplicates may get in unseen."""
    off, on = (f"SET SESSION unique_checks = {n}, foreign_key_checks = {n};\n" for n in (0, 1))
    return [Suspension("", "", off, on)]


def without_indexes(database: _Asked, tables: Sequence[str]) -> list[Suspension]:
    """The tables without their secondary indexes, but for unique ones and those that references or counters need.

    `constraint` names the indexes. Dropping and making them commits.
    """
    found = [_of_table(database, table) for table in tables]
    return [suspension for suspension in found if suspension is not None]


def _of_table(database: _Asked, table: str) -> Suspension | None:
    keys = _droppable(database, table)
    if not keys:
        return None
    drops = ", ".join(f"DROP INDEX {quoted(name)}" for name in keys)
    adds = [f"ALTER TABLE {quoted(table)} ADD {text};\n" for text in keys.values() if text.startswith("FULLTEXT")]
    plain = ", ".join(f"ADD {text}" for text in keys.values() if not text.startswith("FULLTEXT"))
    if plain:
        adds.insert(0, f"ALTER TABLE {quoted(table)} {plain};\n")
    return Suspension(table, ", ".join(keys), f"ALTER TABLE {quoted(table)} {drops};\n", "".join(adds))


def _droppable(database: _Asked, table: str) -> dict[str, str]:
    """Definitions of the indexes that may go, by name, as the server writes them."""
    needed = {str(row[0]).lower() for row in database.query(_NEEDED, (table, table, table))}
    first = {name: str(column or "").lower() for name, column in database.query(_FIRST, (table,))}
    lines = database.query(f"SHOW CREATE TABLE {quoted(table)}")[0][1].split("\n")
    keys = {}
    for match in filter(None, map(_KEY.fullmatch, lines)):
        name = match["name"][1:-1].replace("``", "`")
        if name in first and first[name] not in needed:
            keys[name] = match[0].strip().removesuffix(",")
    return keys
