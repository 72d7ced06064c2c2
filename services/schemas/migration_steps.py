"""What two drawings have in common, and what becomes of values when a column changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.schemas import defaults, types
from services.schemas.drawing import Column, Dialect, Drawing, Table
from services.schemas.types import BINARIES, INTEGERS, TEXTS, DataType, literal

TEMPORARY: Final = "_mockcraft_"
"""How names begin that last no longer than the migration; drawings have none of these."""


@dataclass(frozen=True, slots=True)
class Migration:
    """Statements in order, each without `;`, and sentences about rows that may not go along."""

    statements: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass
class Match:
    """Two drawings: tables kept (old and new, by id) and their columns kept. `warnings` grow as statements are made."""

    old: Drawing
    new: Drawing
    tables: Mapping[str, tuple[Table, Table]]
    columns: Mapping[str, Mapping[str, tuple[Column, Column]]]
    warnings: list[str] = field(default_factory=list)

    def warn(self, sentence: str) -> None:
        """Say it once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def matched(old: Drawing, new: Drawing) -> Match:
    """What is kept. A column whose values cannot become those of its new type is not; that is warned of."""
    before = {table.id: table for table in old.tables}
    tables = {table.id: (before[table.id], table) for table in new.tables if table.id in before}
    match = Match(old, new, tables, {})
    match.columns = {key: _columns(match, *pair) for key, pair in tables.items()}
    gone = [table.name for table in old.tables if table.id not in tables]
    for name in gone:
        match.warn(f"The table {name} goes with all its rows.")
    return match


def _columns(match: Match, old: Table, new: Table) -> dict[str, tuple[Column, Column]]:
    before = {column.id: column for column in old.columns}
    kept = {}
    for column in new.columns:
        if column.id in before:
            source, target = types.canonical(before[column.id]), types.canonical(column)
            if convertible(source, target):
                kept[column.id] = (before[column.id], column)
            else:
                match.warn(f"{new.name}.{column.name}: values of the type {source} cannot become {target}; they are lost.")
    ids = {column.id for column in new.columns}
    for column in old.columns:
        if column.id not in ids:
            match.warn(f"{new.name}.{column.name}: the column goes with its values.")
    return kept


_NUMBERS: Final = frozenset({*INTEGERS, "DECIMAL", "REAL", "DOUBLE"})
_MOMENTS: Final = frozenset({"DATE", "TIMESTAMP", "TIMESTAMPTZ"})
_FROM_TEXT: Final = _NUMBERS | _MOMENTS | {"BOOLEAN", "TIME", "UUID", "JSON", "ENUM"}


def convertible(old: DataType, new: DataType) -> bool:
    """Whether databases have a way from values of one type to the other, though not for every value."""
    if old.name == new.name:
        return old.item == new.item
    for family in (_NUMBERS | {"BOOLEAN"}, _MOMENTS, BINARIES):
        if old.name in family and new.name in family:
            return True
    if old.name in TEXTS or old.name == "ENUM":
        return new.name in TEXTS or new.name in _FROM_TEXT
    return new.name in TEXTS and old.name not in BINARIES | {"ARRAY"}


def lost_values(old: DataType, new: DataType) -> tuple[str, ...]:
    """The values of an ENUM that the new one does not have."""
    return tuple(value for value in old.values if value not in new.values) if old.name == new.name == "ENUM" else ()


def filler(column: Column, kind: DataType, dialect: Dialect) -> str:
    """SQL of what a row without a value gets when the column may no longer be without: its default, or the plainest value."""
    default = defaults.canonical(column.default_value, kind)
    if default is not None:
        return defaults.sql(default, kind, dialect)
    if kind.name in BINARIES:
        return literal("", dialect)
    if kind.name == "ARRAY":
        return literal("{}" if dialect == "postgresql" else "[]", dialect)
    if kind.name == "INTERVAL":
        return literal("0", dialect)
    return defaults.sql(_PLAINEST.get(kind.name) or _plainest(kind), kind, dialect)


_PLAINEST: Final = {
    "BOOLEAN": "false", "DATE": "2000-01-01", "TIME": "00:00:00", "TIMESTAMP": "2000-01-01 00:00:00", "JSON": "null",
    "TIMESTAMPTZ": "2000-01-01 00:00:00", "UUID": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip


def _plainest(kind: DataType) -> str:
    if kind.name == "ENUM":
        return kind.values[0]
    return "0" if kind.name in _NUMBERS else ""
