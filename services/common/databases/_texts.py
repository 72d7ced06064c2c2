"""Values as texts for databases that keep texts, and back: what was written comes back equal.

Numbers as people write them, truths `true` and `false`, dates `YYYY-MM-DD`, times `HH:MM:SS[.ffffff]`, datetimes
`YYYY-MM-DDTHH:MM:SS[.ffffff]Z` with as many digits as the type has, arrays as JSON, bytes, json and text as they are.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import derive_key
from runner.formats.text.cells import Style, cell
from runner.formats.text.strings import valid_text
from runner.logical import UNITS, arrow_type
from runner.pieces import Part, Pool, binary, joined
from runner.plan import TablePlan
from runner.types import Type
from runner.vectors import Array, plain


def _as_is(texts: Array) -> Array:
    return texts


STYLE: Final = Style(null=b"", escape=_as_is, bytes_text=_as_is, json=_as_is, between=b"T", zone=b"Z")
"""The words of these texts; a null is no text."""


def text_pool(array: Array, type_: Type) -> Pool:
    """The texts of a column and which one each row has; any text where the value is null."""
    if isinstance(array, pa.DictionaryArray) and not array.dictionary.null_count and len(array.dictionary):
        index = array.indices.fill_null(0) if array.indices.null_count else array.indices
        return Pool(valid_text(array.dictionary), index.to_numpy().astype(np.int32, copy=False))
    if isinstance(array, pa.DictionaryArray):
        array = plain(array)
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        return Pool(valid_text(array), None)
    if pa.types.is_boolean(array.type):
        (pool,) = cell(array.fill_null(False), type_, STYLE)
        assert isinstance(pool, Pool)
        return pool
    return Pool(binary(joined(cell(array, type_, STYLE), len(array))), None)


def logical(texts: Array, type_: Type) -> Array:
    """The values that were written as these texts (`pa.binary()`; null stays null). Raises `pyarrow.ArrowInvalid`."""
    if type_.kind == "bytes":
        return texts
    words = texts.cast(pa.string())
    match type_.kind:
        case "bool":
            return pc.equal(words, "true")
        case "datetime":
            return pc.cast(pc.utf8_rtrim(words, characters="Z"), arrow_type(type_))
        case "time":
            moments = pc.binary_join_element_wise("1970-01-01T", words, "")
            return pc.cast(pc.cast(moments, pa.timestamp(UNITS[type_.precision])), arrow_type(type_))
        case "array":
            return _lists(words, type_)
    return words if type_.kind in ("string", "text", "uuid", "json") else pc.cast(words, arrow_type(type_))


def _lists(texts: Array, type_: Type) -> Array:
    """JSON arrays as lists: the items as texts again."""
    assert type_.item is not None
    rows = [None if text is None else _items(text, type_.item) for text in texts.to_pylist()]
    items = logical(pa.array([item for row in rows if row for item in row], pa.binary()), type_.item)
    return list_array([None if row is None else len(row) for row in rows], items)


def list_array(sizes: Sequence[int | None], items: Array) -> Array:
    """Items cut into lists of these sizes, null where the size is None."""
    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum([size or 0 for size in sizes], out=offsets[1:])
    mask = pa.array([size is None for size in sizes], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=mask)


def _items(text: str, item: Type) -> list[bytes | None]:
    """The texts of the items of a JSON array; numbers keep every digit."""
    if item.kind == "json":
        return [orjson.dumps(value) for value in orjson.loads(text)]
    values: list[Any] = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    return [_item(value, item) for value in values]


def _item(value: str | bool | None, item: Type) -> bytes | None:
    match value:
        case None:
            return None
        case bool():
            return b"true" if value else b"false"
    return base64.b64decode(value) if item.kind == "bytes" else value.encode()


def row_keys(table: TablePlan, batch: pa.RecordBatch, load: str, first_row: int) -> Array:
    """The text that identifies each row of a table, `pa.binary()`.

    The primary key's text; of several columns the texts joined by `:`, in each of them `%` and `:` written `%25`
    and `%3A`. Without a primary key it is `<16 hexadecimal digits of the load and table>-<row number, 12 digits>`.
    """
    types = {column.name: column.type for column in table.written}
    if not table.primary_key:
        return _row_numbers(load, table.name, first_row, batch.num_rows)
    keys = [(batch.column(name), types[name]) for name in table.primary_key]
    if len(keys) == 1:
        return _spelled(*keys[0])
    parts: list[Part] = []
    for array, type_ in keys:
        parts += [b":", Pool(_escaped(_spelled(array, type_)), None)]
    return binary(joined(parts[1:], batch.num_rows))


def _spelled(array: Array, type_: Type) -> Array:
    pool = text_pool(array, type_)
    return pool.texts if pool.index is None else pool.texts.take(pa.array(pool.index))


def _escaped(texts: Array) -> Array:
    return pc.replace_substring(pc.replace_substring(texts, b"%", b"%25"), b":", b"%3A")


def _row_numbers(load: str, table: str, first_row: int, n: int) -> Array:
    prefix = b"%016x-" % derive_key(0, load, table)
    numbers = pc.utf8_lpad(pc.cast(pa.array(np.arange(first_row, first_row + n)), pa.string()), width=12, padding="0")
    return binary(joined([prefix, Pool(binary(numbers), None)], n))
