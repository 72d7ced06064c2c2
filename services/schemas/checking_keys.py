"""What is wrong with the foreign keys of a drawing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

from rapidfuzz import process

from services.schemas import names, types
from services.schemas.drawing import ACTIONS, Column, Dialect, Drawing, Finding, ForeignKey, Table
from services.schemas.types import DataType

BROKEN: Final = "FOREIGN_KEY_ERROR"
_INVALID: Final = "VALIDATION_ERROR"
_MISSING: Final = "MISSING_REQUIRED_FIELD"
_ALIKE: Final = {"CHAR": "VARCHAR", "TEXT": "VARCHAR"}
_NO_KEYS: Final = frozenset({"ENUM", "JSON", "ARRAY"})


def check_foreign_keys(drawing: Drawing, dialect: Dialect | None) -> Iterator[Finding]:
    """All findings of all foreign keys."""
    tables = {table.id: table for table in drawing.tables}
    seen: set[tuple[str, frozenset[tuple[str, str]], str]] = set()
    ids: set[str] = set()
    for number, key in enumerate(drawing.foreign_keys):
        pointer = f"/foreignKeys/{number}"
        if key.id in ids:
            yield Finding(f"{pointer}/id", _INVALID, f"There are two foreign keys with the id {key.id[:80]}.")
        ids.add(key.id)
        same = (key.source_table, frozenset(zip(key.source_columns, key.target_columns, strict=False)), key.target_table)
        if same in seen:
            yield Finding(pointer, BROKEN, "The same foreign key is there already.")
        seen.add(same)
        yield from _key(pointer, key, tables, dialect)


def changed_by_keys(drawing: Drawing, table: Table) -> frozenset[str]:
    """The names of a table's columns that foreign keys may change: MySQL lets no CHECK name them."""
    keys = (key for key in drawing.foreign_keys if key.source_table == table.id)
    found = {column for key in keys if changes(key.on_delete, key.on_update) for column in key.source_columns}
    return frozenset(column.name for column in table.columns if column.id in found)


def changes(on_delete: str, on_update: str) -> bool:
    """Whether what a foreign key does changes the columns that refer."""
    return on_delete in ("SET NULL", "SET DEFAULT") or on_update in ("CASCADE", "SET NULL", "SET DEFAULT")


def _key(pointer: str, key: ForeignKey, tables: dict[str, Table], dialect: Dialect | None) -> Iterator[Finding]:
    if fault := names.label_fault(key.name, "foreign key"):
        yield Finding(f"{pointer}/name", _INVALID, fault)
    yield from _actions(pointer, key, dialect)
    source, target = tables.get(key.source_table), tables.get(key.target_table)
    yield from _no_table(f"{pointer}/sourceTableId", key.source_table, source, tables)
    yield from _no_table(f"{pointer}/targetTableId", key.target_table, target, tables)
    sources = yield from _columns(pointer, "source", key.source_columns, source)
    targets = yield from _columns(pointer, "target", key.target_columns, target)
    if len(key.source_columns) != len(key.target_columns):
        counts = f"{len(key.source_columns)} columns to {len(key.target_columns)}"
        yield Finding(f"{pointer}/targetColumnIds", BROKEN, f"The foreign key refers {counts}; both sides need as many.")
    elif source and target and sources and targets:
        yield from _pairs(pointer, key, sources, targets)
        yield from _not_unique(pointer, key, target)
        yield from _left(pointer, key, sources)


def _no_table(pointer: str, asked: str, table: Table | None, tables: dict[str, Table]) -> Iterator[Finding]:
    if not asked:
        yield Finding(pointer, _MISSING, "The foreign key does not say which table.")
    elif table is None:
        close = process.extractOne(asked, list(tables), score_cutoff=70)
        yield Finding(pointer, BROKEN, f"There is no table with the id {asked[:80]}.", str(close[0]) if close else "")


def _columns(pointer: str, side: str, asked: tuple[str, ...], table: Table | None) -> Generator[Finding, None, list[Column]]:
    """The columns of a side (returned), all of them or none."""
    if not any(asked):
        yield Finding(f"{pointer}/{side}ColumnId", _MISSING, "The foreign key does not say which column.")
        return []
    known = {column.id: column for column in table.columns} if table else {}
    for number, key in enumerate(asked):
        place = f"{pointer}/{side}ColumnIds/{number}" if len(asked) > 1 else f"{pointer}/{side}ColumnId"
        if table is not None and key not in known:
            close = process.extractOne(key, list(known), score_cutoff=70)
            message = f"The table {table.name[:80]} has no column with the id {key[:80]}."
            yield Finding(place, BROKEN, message, str(close[0]) if close else "")
        elif key in asked[:number]:
            yield Finding(place, BROKEN, "The foreign key names a column twice.")
    return [known[key] for key in asked] if all(key in known for key in asked) and len(set(asked)) == len(asked) else []


def _pairs(pointer: str, key: ForeignKey, sources: list[Column], targets: list[Column]) -> Iterator[Finding]:
    for number, (source, target) in enumerate(zip(sources, targets, strict=True)):
        place = f"{pointer}/sourceColumnIds/{number}" if len(sources) > 1 else f"{pointer}/sourceColumnId"
        left, right = _kind(source), _kind(target)
        if left is None or right is None:
            continue
        if left.name in _NO_KEYS:
            yield Finding(place, BROKEN, f"A column of the type {left.name} cannot refer to another in all databases.", "VARCHAR")
        elif _sort(left) != _sort(right):
            message = f"{source.name[:80]} is a {left}, {target.name[:80]} a {right}; they have to be the same."
            yield Finding(place, BROKEN, message, str(right))
        if source.auto_increment or left.auto:
            yield Finding(place, BROKEN, f"{source.name[:80]} refers to another column and cannot be numbered by the database.")


def _kind(column: Column) -> DataType | None:
    try:
        return types.canonical(column)
    except types.TypeRefusedError:
        return None


def _sort(kind: DataType) -> tuple[str, int | None, int | None]:
    """What has to be the same on both sides; lengths of texts may differ."""
    decimal = kind.name == "DECIMAL"
    return _ALIKE.get(kind.name, kind.name), kind.precision if decimal else None, kind.scale


def _not_unique(pointer: str, key: ForeignKey, target: Table) -> Iterator[Finding]:
    wanted = set(key.target_columns)
    groups = [{column.id for column in target.primary_key}, *({column.id} for column in target.columns if column.unique)]
    groups += [set(unique.columns) for unique in target.uniques]
    if wanted not in groups:
        listed = ", ".join(target.column(column).name[:80] for column in key.target_columns)
        primary = ", ".join(column.name for column in target.primary_key)
        message = f"{listed} of {target.name[:80]} is neither its primary key nor unique, so nothing can refer to it."
        place = f"{pointer}/targetColumnIds" if len(wanted) > 1 else f"{pointer}/targetColumnId"
        yield Finding(place, BROKEN, message, primary)


def _actions(pointer: str, key: ForeignKey, dialect: Dialect | None) -> Iterator[Finding]:
    for field, action in (("onDelete", key.on_delete), ("onUpdate", key.on_update)):
        if action not in ACTIONS:
            close = process.extractOne(action.upper().replace("_", " "), ACTIONS, score_cutoff=60)
            message = f"There is no action {action[:40]}; there are {', '.join(ACTIONS)}."
            yield Finding(f"{pointer}/{field}", _INVALID, message, str(close[0]) if close else "")
        elif dialect == "mysql" and action == "SET DEFAULT":
            yield Finding(f"{pointer}/{field}", BROKEN, "MySQL does not do SET DEFAULT.", "SET NULL")


def _left(pointer: str, key: ForeignKey, sources: list[Column]) -> Iterator[Finding]:
    """Actions that would leave columns with what they cannot hold."""
    for field, action in (("onDelete", key.on_delete), ("onUpdate", key.on_update)):
        for column in sources:
            required = column.primary_key or not column.nullable
            if action == "SET NULL" and required:
                yield Finding(
                    f"{pointer}/{field}", BROKEN, f"SET NULL is not possible: {column.name[:80]} cannot be null.", "CASCADE"
                )
            elif action == "SET DEFAULT" and required and column.default_value is None:
                yield Finding(f"{pointer}/{field}", BROKEN, f"SET DEFAULT is not possible: {column.name[:80]} has no default.")
