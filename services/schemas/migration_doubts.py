"""What the rows of a database may be that a migration stops at: said before anybody runs it, for no drawing tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.schemas import ddl
from services.schemas.drawing import Dialect, Drawing, Table
from services.schemas.migration_steps import Match, lost_values
from services.schemas.types import TEXTS, DataType, canonical

_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_EASY: Final = frozenset({"BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ"})
_INTO: Final = frozenset({"REAL", "DOUBLE", "BOOLEAN"})


def doubts(match: Match, dialect: Dialect) -> Iterator[str]:
    """A sentence for each new rule that rows may break, in the order of the new drawing."""
    for table in match.new.tables:
        if table.id in match.tables:
            old = match.tables[table.id][0]
            yield from _alike(old, table)
            yield from _values(match, table, dialect)
            yield from _checks(old, table)
    yield from _references(match)


def _alike(old: Table, new: Table) -> Iterator[str]:
    """What becomes unique, or unique in fewer columns."""
    before = _groups(old)
    for group in sorted(_groups(new), key=sorted):
        if not any(known <= group for known in before):
            names = ", ".join(column.name for column in new.columns if column.id in group)
            yield f"{new.name}: rows that are alike in {names}, which become unique, stop the migration."


def _groups(table: Table) -> set[frozenset[str]]:
    primary = frozenset(column.id for column in table.primary_key)
    return {frozenset(columns) for _, columns in ddl.unique_groups(table)} | ({primary} if primary else set())


def _values(match: Match, table: Table, dialect: Dialect) -> Iterator[str]:
    for old, new in match.columns[table.id].values():
        before, after = canonical(old), canonical(new)
        if before != after and not _fits(before, after, dialect) and not lost_values(before, after):
            yield f"{table.name}.{new.name}: values that are no {after} stop the migration."


def _fits(before: DataType, after: DataType, dialect: Dialect) -> bool:
    """Whether every value of one type is one of the other; SQLite holds any value in any column but an ENUM's."""
    if dialect == "sqlite":
        return after.name != "ENUM" or before.name == "ENUM"
    if after.name in TEXTS:
        long = None if after.name == "TEXT" else after.length
        return long is None or (before.name in TEXTS and before.length is not None and before.length <= long)
    if before.name in _WHOLE and after.name in _WHOLE:
        return _WHOLE.index(before.name) <= _WHOLE.index(after.name)
    if before.name == after.name == "DECIMAL":
        return _whole_digits(before) <= _whole_digits(after)
    if before.name == after.name:
        return (before.length or 0) <= (after.length or 0)
    if before.name in {*TEXTS, "ENUM"}:
        return False
    return before.name in _EASY or after.name in _INTO


def _whole_digits(kind: DataType) -> int:
    return (kind.precision or 0) - (kind.scale or 0)


def _checks(old: Table, new: Table) -> Iterator[str]:
    names = {column.id: column.name for column in old.columns}
    renamed = any(names.get(column.id, column.name) != column.name for column in new.columns)
    before = {item.expression for item in old.checks}
    for item in new.checks:
        if not renamed and item.expression not in before:
            yield f"{new.name}: rows against the check {item.expression} stop the migration."


def _references(match: Match) -> Iterator[str]:
    before = {_ends(match.old, number) for number in range(len(match.old.foreign_keys))}
    for number, key in enumerate(match.new.foreign_keys):
        if _ends(match.new, number) not in before and key.source_table in match.tables:
            source, target = match.new.table(key.source_table), match.new.table(key.target_table)
            names = ", ".join(source.column(column).name for column in key.source_columns)
            yield f"{source.name}: rows whose {names} refer to nothing in {target.name} stop the migration, or break its key."


def _ends(drawing: Drawing, number: int) -> tuple[str, str, frozenset[tuple[str, str]]]:
    key = drawing.foreign_keys[number]
    return key.source_table, key.target_table, frozenset(zip(key.source_columns, key.target_columns, strict=True))
