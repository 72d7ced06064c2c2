"""Mermaid `erDiagram`, for documents and wikis. Written only: it has no words for most of a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.schemas.drawing import Column, Definition, Drawing, ForeignKey, Table

MEDIA_TYPE: Final = "text/vnd.mermaid"
EXTENSION: Final = "mmd"
_LOST: Final = ("ids, places, generators, defaults, lengths, checks, indexes and actions: a diagram for looking at",)


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The diagram; it cannot be read back."""
    drawing = definition.drawing
    numbers = {table.id: f"t{number}" for number, table in enumerate(drawing.tables, 1)}
    lines = ["---", f"title: {_title(name)}", "---"] if name else []
    lines.append("erDiagram")
    for table in drawing.tables:
        lines += _table(table, numbers[table.id], drawing)
    lines += [_relation(key, drawing, numbers) for key in drawing.foreign_keys]
    return "\n".join(lines) + "\n", _LOST


def _table(table: Table, number: str, drawing: Drawing) -> Iterator[str]:
    """Entities have plain names of their own and show the table's: those may hold anything."""
    if not table.columns:
        yield f'    {number}["{_shown(table.name)}"]'
        return
    yield f'    {number}["{_shown(table.name)}"] {{'
    for column in table.columns:
        said = [_word(column.data_type), _word(column.name), ", ".join(_marks(table, column, drawing))]
        note = column.comment if _word(column.name) == column.name else f"{column.name}: {column.comment}".removesuffix(": ")
        yield "        " + " ".join(part for part in said if part) + (f' "{_shown(note)}"' if note else "")
    yield "    }"


def _marks(table: Table, column: Column, drawing: Drawing) -> Iterator[str]:
    if column.primary_key:
        yield "PK"
    if any(key.source_table == table.id and column.id in key.source_columns for key in drawing.foreign_keys):
        yield "FK"
    if column.unique or any(unique.columns == (column.id,) for unique in table.uniques):
        yield "UK"


def _relation(key: ForeignKey, drawing: Drawing, numbers: dict[str, str]) -> str:
    """The parent, exactly one or perhaps none, and how many children it may have."""
    table = drawing.table(key.source_table)
    columns = [table.column(column) for column in key.source_columns]
    parent = "|o" if any(column.nullable for column in columns) else "||"
    child = "o|" if _alone(table, key.source_columns) else "o{"
    label = _shown(", ".join(column.name for column in columns))
    return f'    {numbers[key.target_table]} {parent}--{child} {numbers[key.source_table]} : "{label}"'


def _alone(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether no two rows share these columns."""
    keys = [{column.id for column in table.primary_key}, *({column.id} for column in table.columns if column.unique)]
    return set(columns) in [*keys, *(set(unique.columns) for unique in table.uniques)]


def _word(text: str) -> str:
    """A text as Mermaid takes the names of attributes."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return word if word[:1].isalpha() else f"c_{word}".rstrip("_")


def _shown(text: str) -> str:
    """A text between double quotes, which cannot hold one; `#` begins an entity."""
    return " ".join(text.replace("#", "#35;").replace('"', "#quot;").split())


def _title(text: str) -> str:
    return '"' + " ".join(text.replace("\\", "\\\\").replace('"', '\\"').split()) + '"'
