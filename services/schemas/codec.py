"""Definitions as JSON: what a front end sends and gets, read with all its mistakes at once, written exactly.

A definition is `{tables, foreignKeys, version, exportedAt}`, flat in its resource or under `schemaDefinition`. Reading
what was written gives the same definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from runner.schema.findings import did_you_mean
from services.schemas.drawing import (
    ACTIONS,
    Check,
    Column,
    Definition,
    Drawing,
    Finding,
    ForeignKey,
    Index,
    Position,
    Table,
    Unique,
)
from services.schemas.fields import INVALID, MISSING, Notes, Object, described, plain, short, step, text

MAX_TABLES: Final = 1_000
MAX_COLUMNS: Final = 2_000
"""Columns of a table."""
MAX_PARTS: Final = 50_000
"""Columns, uniques, indexes and checks of all tables together."""
MAX_KEYS: Final = 10_000
MAX_RULES: Final = 1_000
"""Uniques, indexes and checks of a table, each."""
MAX_TOGETHER: Final = 64
"""Columns of a key or index."""
MAX_ENUM: Final = 1_000
ID, NAME, TYPE, COMMENT, VALUE, EXPRESSION, VERSION = 255, 255, 255, 4_000, 4_000, 10_000, 255
"""The most characters of a text."""
LARGEST: Final = 2**31 - 1

UNDER: Final = "schemaDefinition"
DEFINITION: Final = ("tables", "foreignKeys", "version", "exportedAt")
RESOURCE: Final = (
    "id", "name", "description", "databaseName", "status", "revision", "createdAt", "updatedAt", "deletedAt", "damaged",
    "error", "tableCount", "columnCount", "createDatabase", "format",
)  # fmt: skip
"""Fields of a resource that stand beside a definition and are not its own."""
_TABLE: Final = ("id", "name", "position", "columns", "primaryKey", "uniques", "indexes", "checks", "comment")
_COLUMN: Final = (
    "id", "name", "dataType", "length", "precision", "scale", "nullable", "primaryKey", "autoIncrement", "unique",
    "defaultValue", "generator", "enumValues", "comment",
)  # fmt: skip
_KEY: Final = (
    "id", "name", "sourceTableId", "sourceColumnId", "sourceColumnIds", "targetTableId", "targetColumnId", "targetColumnIds",
    "onDelete", "onUpdate",
)  # fmt: skip
_NO_ACTION: Final = "NO ACTION"
_T = TypeVar("_T", Unique, Index, Check)


def definition_from(value: Any, beside: Iterable[str] = RESOURCE) -> tuple[Definition, tuple[Finding, ...]]:
    """The definition that a JSON value holds, and all that is wrong with it; `beside` are other fields it may have.

    Never raises. With findings the definition is what could be read; tables, columns and keys keep their numbers then,
    so that pointers into it are pointers into `value`. Missing ids are made from names.
    """
    notes = Notes()
    top = Object(value, "", notes, (*DEFINITION, UNDER, *beside))
    inner = top
    if top.has(UNDER):
        for key in DEFINITION:
            if top.has(key):
                notes.add(top.at(key), INVALID, f"{key} stands both here and under {UNDER}")
        inner = Object(top.raw(UNDER), top.at(UNDER), notes, DEFINITION)
    drawn = () if _too_much(inner) else inner.many("tables", MAX_TABLES)
    tables = tuple(_table(item, step(inner.at("tables"), n), notes) for n, item in enumerate(drawn))
    keys = (_key(item, step(inner.at("foreignKeys"), n), notes) for n, item in enumerate(inner.many("foreignKeys", MAX_KEYS)))
    drawing = with_ids(Drawing(tables, tuple(keys)))
    return Definition(drawing, inner.text("version", VERSION), _moment(inner)), notes.found


def base(value: Any) -> str:
    """Where in a JSON value its definition stands: "" or `/schemaDefinition`."""
    return f"/{UNDER}" if isinstance(value, Mapping) and value.get(UNDER) is not None else ""


def merged(first: Sequence[Finding], second: Sequence[Finding], at: str = "") -> tuple[Finding, ...]:
    """Findings of the form, then those of the meaning (their pointers put below `at`) wherever the form was not at fault."""
    faulty = {finding.pointer for finding in first}
    moved = (replace(finding, pointer=at + finding.pointer) for finding in second)
    return (*first, *(finding for finding in moved if not _within(finding.pointer, faulty)))


def _within(pointer: str, faulty: set[str]) -> bool:
    """Whether one of the faulty pointers is this one or above it."""
    parts = pointer.split("/")
    return any("/".join(parts[:n]) in faulty for n in range(1, len(parts) + 1))


def _too_much(inner: Object) -> bool:
    """Whether the tables together have more parts than are worth reading."""
    tables = inner.raw("tables")
    drawn = [table for table in tables if isinstance(table, Mapping)] if isinstance(tables, list | tuple) else []
    parts = (table.get(key) for table in drawn[:MAX_TABLES] for key in ("columns", "uniques", "indexes", "checks"))
    number = sum(len(part) for part in parts if isinstance(part, list | tuple))
    if number > MAX_PARTS:
        message = (
            f"the tables have {number:,} columns, uniques, indexes and checks together; no more than {MAX_PARTS:,} are taken"
        )
        inner.notes.add(inner.at("tables"), INVALID, message)
    return number > MAX_PARTS


def _moment(inner: Object) -> str:
    found = inner.text("exportedAt", 64)
    try:
        return found if not found or datetime.fromisoformat(found) else ""
    except ValueError:
        inner.notes.add(inner.at("exportedAt"), INVALID, f"{short(found)!r} is no time such as 2025-01-01T00:00:00Z")
        return ""


def _table(value: Any, pointer: str, notes: Notes) -> Table:
    found = Object(value, pointer, notes, _TABLE)
    columns = (_column(item, step(found.at("columns"), n), notes) for n, item in enumerate(found.many("columns", MAX_COLUMNS)))
    return Table(
        id=found.text("id", ID),
        name=found.needed("name", NAME),
        columns=tuple(columns),
        position=_position(found),
        key_order=found.texts("primaryKey", MAX_TOGETHER, ID),
        uniques=_rules(found, "uniques", ("id", "name", "columnIds"), _unique),
        indexes=_rules(found, "indexes", ("id", "name", "columnIds"), _index),
        checks=_rules(found, "checks", ("id", "name", "expression"), _check),
        comment=found.text("comment", COMMENT),
    )


def _position(found: Object) -> Position:
    if not found.has("position"):
        return Position()
    place = Object(found.raw("position"), found.at("position"), found.notes, ("x", "y"))
    return Position(place.number("x"), place.number("y"))


def _rules(found: Object, key: str, known: tuple[str, ...], make: Callable[[Object], _T]) -> tuple[_T, ...]:
    pointer = found.at(key)
    return tuple(make(Object(item, step(pointer, n), found.notes, known)) for n, item in enumerate(found.many(key, MAX_RULES)))


def _unique(found: Object) -> Unique:
    return Unique(_together(found), found.text("name", NAME), found.text("id", ID))


def _index(found: Object) -> Index:
    return Index(_together(found), found.text("name", NAME), found.text("id", ID))


def _check(found: Object) -> Check:
    return Check(found.needed("expression", EXPRESSION), found.text("name", NAME), found.text("id", ID))


def _together(found: Object) -> tuple[str, ...]:
    columns = found.texts("columnIds", MAX_TOGETHER, ID)
    if found.whole and not columns and not found.raw("columnIds"):
        found.notes.add(found.at("columnIds"), MISSING, "columnIds names no column")
    return columns


def _column(value: Any, pointer: str, notes: Notes) -> Column:
    found = Object(value, pointer, notes, _COLUMN)
    key = found.flag("primaryKey")
    return Column(
        id=found.text("id", ID),
        name=found.needed("name", NAME),
        data_type=found.needed("dataType", TYPE),
        length=found.whole_number("length", LARGEST),
        precision=found.whole_number("precision", 1_000),
        scale=found.whole_number("scale", 1_000),
        nullable=found.flag("nullable", not key),
        primary_key=key,
        auto_increment=found.flag("autoIncrement"),
        unique=found.flag("unique"),
        default_value=_default(found),
        generator=_generator(found),
        enum_values=found.texts("enumValues", MAX_ENUM, NAME),
        comment=found.text("comment", COMMENT),
    )


def _default(found: Object) -> str | None:
    """A default as text: numbers and booleans may come as such."""
    value = found.raw("defaultValue")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < 10**40:
        return str(value)
    if value is None or isinstance(value, str):
        return None if value is None else text(value, found.at("defaultValue"), VALUE, found.notes)
    found.notes.add(found.at("defaultValue"), INVALID, f"this must be a text, a number or a boolean, not {described(value)}")
    return None


def _generator(found: Object) -> Mapping[str, Any] | None:
    """An entry of the schema language; a text is short for its type."""
    value, at = found.raw("generator"), found.at("generator")
    if value is None:
        return None
    if isinstance(value, str):
        name = found.needed("generator", NAME)
        return {"type": name} if name else None
    if isinstance(value, Mapping):
        return dict(value) if plain(value, at, found.notes, VALUE) else None
    found.notes.add(at, INVALID, f"this must be the name of a generator or an object, not {described(value)}")
    return None


def _key(value: Any, pointer: str, notes: Notes) -> ForeignKey:
    found = Object(value, pointer, notes, _KEY)
    source_table, source = found.needed("sourceTableId", ID), _ends(found, "sourceColumnId")
    target_table, target = found.needed("targetTableId", ID), _ends(found, "targetColumnId")
    on_delete, on_update = _action(found, "onDelete"), _action(found, "onUpdate")
    name = found.text("name", NAME)
    return ForeignKey(found.text("id", ID), source_table, source, target_table, target, on_delete, on_update, name)


def _ends(found: Object, one: str) -> tuple[str, ...]:
    """The columns of one end: `sourceColumnIds`, or `sourceColumnId` alone, which else is the first of them."""
    several = found.texts(f"{one}s", MAX_TOGETHER, ID)
    if not several:
        single = found.needed(one, ID)
        return (single,) if single else ()
    if found.has(one) and found.text(one, ID) not in ("", several[0]):
        found.notes.add(found.at(one), INVALID, f"{one} is not the first of {one}s", several[0])
    return several


def _action(found: Object, key: str) -> str:
    said = found.text(key, NAME)
    action = " ".join(said.replace("_", " ").upper().split()) or _NO_ACTION
    if action in ACTIONS:
        return action
    message = f"{short(said)!r} is no action; there are {', '.join(ACTIONS)}"
    found.notes.add(found.at(key), INVALID, message, did_you_mean(action, ACTIONS))
    return _NO_ACTION


class _Ids:
    """Ids that are taken, and new ones made from names."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken, self._last = set(taken), dict[str, int]()

    def of(self, given: str, wish: str) -> str:
        """The id that was given, else the wish, with a number behind it where that is taken."""
        if given:
            return given
        found = wish = wish[: ID - 8]
        while found in self._taken:
            self._last[wish] = self._last.get(wish, 1) + 1
            found = f"{wish}-{self._last[wish]}"
        self._taken.add(found)
        return found


def with_ids(drawing: Drawing) -> Drawing:
    """The drawing with an id wherever there was none: `patients`, `patients.name`, `patients.unique`, `visits.key`.

    Deterministic; ids that are there stay.
    """
    ids = _Ids(_given(drawing))
    tables = tuple(_table_with_ids(table, ids) for table in drawing.tables)
    keys = tuple(replace(key, id=ids.of(key.id, f"{key.source_table}.key")) for key in drawing.foreign_keys)
    return Drawing(tables, keys)


def _given(drawing: Drawing) -> Iterable[str]:
    yield from (key.id for key in drawing.foreign_keys)
    for table in drawing.tables:
        yield table.id
        yield from (column.id for column in table.columns)
        yield from (rule.id for rules in (table.uniques, table.indexes, table.checks) for rule in rules)


def _table_with_ids(table: Table, ids: _Ids) -> Table:
    key = ids.of(table.id, table.name or "table")
    return replace(
        table,
        id=key,
        columns=tuple(replace(c, id=ids.of(c.id, f"{key}.{c.name or 'column'}")) for c in table.columns),
        uniques=tuple(replace(u, id=ids.of(u.id, f"{key}.{u.name or 'unique'}")) for u in table.uniques),
        indexes=tuple(replace(i, id=ids.of(i.id, f"{key}.{i.name or 'index'}")) for i in table.indexes),
        checks=tuple(replace(c, id=ids.of(c.id, f"{key}.{c.name or 'check'}")) for c in table.checks),
    )


def definition_json(definition: Definition) -> dict[str, Any]:
    """The definition as JSON values: the inverse of `definition_from`. What is not set is left out."""
    drawing = definition.drawing
    found: dict[str, Any] = {"version": definition.version}
    if definition.exported_at:
        found["exportedAt"] = definition.exported_at
    found["tables"] = [_table_json(table) for table in drawing.tables]
    found["foreignKeys"] = [_key_json(key) for key in drawing.foreign_keys]
    return found


def _table_json(table: Table) -> dict[str, Any]:
    place = table.position
    always = {
        "id": table.id,
        "name": table.name,
        "position": {"x": _number(place.x), "y": _number(place.y)},
        "columns": [_column_json(column) for column in table.columns],
    }
    return always | _set(
        primaryKey=list(table.key_order),
        uniques=[_rule_json(rule, columnIds=list(rule.columns)) for rule in table.uniques],
        indexes=[_rule_json(rule, columnIds=list(rule.columns)) for rule in table.indexes],
        checks=[_rule_json(rule, expression=rule.expression) for rule in table.checks],
        comment=table.comment,
    )


def _column_json(column: Column) -> dict[str, Any]:
    numbers = {"length": column.length, "precision": column.precision, "scale": column.scale}
    found: dict[str, Any] = {"id": column.id, "name": column.name, "dataType": column.data_type}
    found |= {key: value for key, value in numbers.items() if value is not None}
    found |= {"nullable": column.nullable, "primaryKey": column.primary_key}
    found |= {"autoIncrement": column.auto_increment, "unique": column.unique}
    if column.default_value is not None:
        found["defaultValue"] = column.default_value
    if column.generator is not None:
        found["generator"] = dict(column.generator)
    return found | _set(enumValues=list(column.enum_values), comment=column.comment)


def _rule_json(rule: Unique | Index | Check, **own: Any) -> dict[str, Any]:
    return _set(id=rule.id, name=rule.name) | own


def _key_json(key: ForeignKey) -> dict[str, Any]:
    found: dict[str, Any] = _set(id=key.id, name=key.name) | {"sourceTableId": key.source_table}
    found |= _ends_json("sourceColumnId", key.source_columns) | {"targetTableId": key.target_table}
    return found | _ends_json("targetColumnId", key.target_columns) | {"onDelete": key.on_delete, "onUpdate": key.on_update}


def _ends_json(one: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """`sourceColumnId` always, `sourceColumnIds` too where there are several."""
    found: dict[str, Any] = {one: columns[0] if columns else ""}
    return found | {f"{one}s": list(columns)} if len(columns) > 1 else found


def _set(**fields: Any) -> dict[str, Any]:
    """Those fields that hold something."""
    return {key: value for key, value in fields.items() if value}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value
