"""The columns of a dataset: which fields records of some kinds have, and records as an Arrow table of them.

A cell is null where a record has no such field. A value of a user's JSON Schema that is no text, whole number, number
or truth is held as JSON text, its column marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from runner.datasets.spec import METADATA
from runner.formats.common.base import UnencodableValue

FIELDS: Mapping[str, tuple[str, ...]] = {
    "instruction": ("instruction", "input", "output"),
    "qa": ("question", "context", "answer"),
    "chat": ("messages",),
    "classification": ("text", "label"),
    "summarization": ("document", "summary"),
    "preference": ("prompt", "chosen", "rejected"),
    "text": ("text",),
}
"""The fields of each kind of record, in the order in which they are written; those of `custom` are its schema's."""
MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
_JSON = {b"mockcraft": b"json"}
_PLAIN = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


def schema_of(kinds: Sequence[str], record_schema: Mapping[str, Any] | None = None, metadata: bool = True) -> pa.Schema:
    """The columns of records of these kinds; those of a user's own schema have no metadata. Raises `KeyError`."""
    fields = [field for kind in dict.fromkeys(kinds) for field in _fields(kind, record_schema or {})]
    shown = METADATA if metadata and "custom" not in kinds else ()
    known = [pa.field(name, pa.int64() if name == "id" else pa.string()) for name in shown]
    return pa.schema(list({field.name: field for field in [*known, *fields]}.values()))


def _fields(kind: str, record_schema: Mapping[str, Any]) -> list[pa.Field]:
    if kind == "custom":
        return [_property(name, about) for name, about in record_schema.get("properties", {}).items()]
    return [pa.field(name, MESSAGES if name == "messages" else pa.string()) for name in FIELDS[kind]]


def _property(name: str, about: Any) -> pa.Field:
    """The column of a property: of a plain type where its schema names exactly one, else JSON text."""
    kind = about.get("type") if isinstance(about, Mapping) else None
    if isinstance(kind, str) and kind in _PLAIN:
        return pa.field(name, _PLAIN[kind])
    return pa.field(name, pa.string(), metadata=_JSON)


def is_json(field: pa.Field) -> bool:
    """Whether the column's texts are JSON."""
    return bool(field.metadata and field.metadata.get(b"mockcraft") == b"json")


def table_of(records: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Records as a table; fields that the schema does not have are left out. Raises `UnencodableValue`."""
    return pa.Table.from_arrays([_column(records, field) for field in schema], schema=schema)


def _column(records: Sequence[Mapping[str, Any]], field: pa.Field) -> pa.Array:
    values: list[Any] = [record.get(field.name) for record in records]
    if is_json(field):
        pairs = zip(records, values, strict=True)
        values = [orjson.dumps(value).decode() if field.name in record else None for record, value in pairs]
    if field.type == pa.int64():  # 3.0 is a whole number to JSON Schema
        values = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, UnicodeError) as error:
        raise UnencodableValue(f"{field.name}: {str(error).splitlines()[0]}") from None


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table of finished records with exactly the schema's columns, each one array; absent ones are null."""
    return pa.Table.from_arrays([_cast(table, field) for field in schema], schema=schema)


def _cast(table: pa.Table, field: pa.Field) -> pa.Array:
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    column = table.column(field.name).combine_chunks()
    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    return array if array.type == field.type else array.cast(field.type)
