"""A drawing as DBML text, as far as DBML has words for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.schemas.drawing import ACTIONS, Column, Drawing, ForeignKey, Table
from services.schemas.formats._dbml.tokens import name, quoted

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,30})(\.\d{1,30})?")
_CALL: Final = re.compile(r"current_(timestamp|date|time)(\(\d?\))?|now\(\)|localtime(stamp)?|gen_random_uuid\(\)|uuid\(\)", re.I)
_PLAIN_TYPE: Final = re.compile(r"[A-Za-z_]\w*")


def written(drawing: Drawing, title: str) -> str:
    """The text, without what is kept beside it."""
    lines = [f"Project {name(title)} {{", "}", ""] if title else []
    enums = _enum_names(drawing)
    for table in drawing.tables:
        for column in table.columns:
            if column.enum_values:
                lines += [f"Enum {name(enums[table.id, column.id])} {{", *(f"  {name(v)}" for v in column.enum_values), "}", ""]
        lines += [*_table(table, enums), ""]
    lines += [_reference(key, drawing) for key in drawing.foreign_keys if key.source_columns and key.target_columns]
    return "\n".join(lines).rstrip("\n") + "\n"


def _enum_names(drawing: Drawing) -> dict[tuple[str, str], str]:
    """What the enums are called: after their columns, with a number where that is taken, also by a type."""
    taken, found = {column.data_type for table in drawing.tables for column in table.columns}, dict[tuple[str, str], str]()
    for table in drawing.tables:
        for column in table.columns:
            if column.enum_values:
                wish = called = f"{table.name}_{column.name}".replace(".", "_")
                number = 1
                while called in taken:
                    number += 1
                    called = f"{wish}_{number}"
                taken.add(called)
                found[table.id, column.id] = called
    return found


def _table(table: Table, enums: dict[tuple[str, str], str]) -> Iterator[str]:
    note = f" [note: {_text(table.comment)}]" if table.comment else ""
    yield f"Table {name(table.name)}{note} {{"
    key = table.primary_key
    for column in table.columns:
        settings = ", ".join(_settings(column, len(key) == 1))
        kind = name(enums[table.id, column.id]) if column.enum_values else _type(column)
        yield f"  {name(column.name)} {kind}" + (f" [{settings}]" if settings else "")
    yield from _indexes(table)
    if table.checks:
        yield "  checks {"
        for check in table.checks:
            expression = " ".join(check.expression.replace("`", "'").split())
            yield f"    `{expression}`" + (f" [name: {_text(check.name)}]" if check.name else "")
        yield "  }"
    yield "}"


def _indexes(table: Table) -> Iterator[str]:
    names = {column.id: name(column.name) for column in table.columns}

    def over(columns: tuple[str, ...]) -> str:
        return f"    ({', '.join(names[c] for c in columns if c in names)})"

    key = table.primary_key
    rules = [*((u.name, u.columns, ["unique"]) for u in table.uniques), *((i.name, i.columns, []) for i in table.indexes)]
    if len(key) < 2 and not rules:
        return
    yield "  indexes {"
    if len(key) > 1:
        yield f"{over(tuple(column.id for column in key))} [pk]"
    for called, columns, words in rules:
        settings = ", ".join([*words, f"name: {_text(called)}"] if called else words)
        yield over(columns) + (f" [{settings}]" if settings else "")
    yield "  }"


def _settings(column: Column, alone: bool) -> Iterator[str]:
    """What stands between a column's brackets. `alone`: it is the whole primary key."""
    if column.primary_key and alone:
        yield "pk"
    if not column.nullable and not column.primary_key:
        yield "not null"
    if column.auto_increment:
        yield "increment"
    if column.unique:
        yield "unique"
    if column.default_value is not None:
        yield f"default: {_default(column.default_value)}"
    if column.comment:
        yield f"note: {_text(column.comment)}"


def _default(text: str) -> str:
    if _NUMBER.fullmatch(text) or text in ("true", "false"):
        return text
    return f"`{text}`" if _CALL.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    return quoted(text, "'")


def _type(column: Column) -> str:
    base = column.data_type if _PLAIN_TYPE.fullmatch(column.data_type) else quoted(column.data_type, '"')
    numbers = [n for n in (column.precision, column.scale) if n is not None] if column.length is None else [column.length]
    return f"{base}({', '.join(map(str, numbers))})" if numbers else base


def _reference(key: ForeignKey, drawing: Drawing) -> str:
    on = [("delete", key.on_delete), ("update", key.on_update)]
    settings = ", ".join(f"{word}: {action.lower()}" for word, action in on if action != ACTIONS[0])
    ends = _end(drawing, key.source_table, key.source_columns), _end(drawing, key.target_table, key.target_columns)
    called = f"Ref {name(key.name)}" if key.name else "Ref"
    return f"{called}: {ends[0]} > {ends[1]}" + (f" [{settings}]" if settings else "")


def _end(drawing: Drawing, table_id: str, columns: tuple[str, ...]) -> str:
    table = drawing.table(table_id)
    names = [name(table.column(column).name) for column in columns]
    together = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return f"{name(table.name)}.{together}"
