"""A column as the parts of its cells, in the words of a format's `Style`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from runner import numbers
from runner.formats.text import instants
from runner.formats.text.strings import valid_text
from runner.jsontexts import json_list
from runner.pieces import Part, Pool, nullable, texts_of
from runner.types import Type
from runner.vectors import Array, null_mask, plain

Escape = Callable[[Array], Array]


@dataclass(frozen=True)
class Style:
    """How a format writes each kind of value. Text between `open` and `close` has gone through `escape`.

    `array` gives the text of arrays, which then is written as JSON is.
    """

    null: bytes
    escape: Escape
    bytes_text: Escape
    json: Escape
    array: Callable[[Array, Type], Array] = json_list
    open: bytes = b""
    close: bytes = b""
    open_bytes: bytes = b""
    close_bytes: bytes = b""
    open_json: bytes = b""
    close_json: bytes = b""
    open_instant: bytes = b""
    close_instant: bytes = b""
    true: bytes = b"true"
    false: bytes = b"false"
    between: bytes = b" "
    zone: bytes = b""
    special_floats: tuple[bytes, bytes, bytes] = (b"nan", b"inf", b"-inf")


def cell(array: Array, kind: Type, style: Style) -> list[Part]:
    """The parts of the column's cells."""
    if isinstance(array, pa.DictionaryArray) and array.dictionary.null_count:
        array = plain(array)
    null = null_mask(array)
    if null is not None and null.all():
        return [style.null]
    return nullable(_valid(array, kind, style), null, style.null)


def _valid(array: Array, kind: Type, style: Style) -> list[Part]:
    """As `cell`, with any text at all where the value is null."""
    match kind.kind:
        case "bytes":
            return _texts(array, style.bytes_text, style.open_bytes, style.close_bytes)
        case "json":
            return _texts(array, style.json, style.open_json, style.close_json)
        case "array":
            return _texts(style.array(array, kind), style.json, style.open_json, style.close_json)
        case "string" | "text" | "uuid":
            return _texts(array, style.escape, style.open, style.close)
        case "date" | "time" | "datetime":
            return [style.open_instant, *_instant(array, style), style.close_instant]
    return _number(array, style)


def _texts(array: Array, escape: Escape, before: bytes, after: bytes) -> list[Part]:
    if not isinstance(array, pa.DictionaryArray):
        return [before, Pool(escape(valid_text(array)), None), after]
    index = array.indices.fill_null(0) if array.indices.null_count else array.indices
    texts = escape(valid_text(array.dictionary))
    if not len(texts):
        texts = texts_of([b""])
    return [before, Pool(texts, index.to_numpy()), after]


def _instant(array: Array, style: Style) -> list[Part]:
    ticks = instants.ticks(array)
    if pa.types.is_date(array.type):
        return instants.dates(ticks)
    if pa.types.is_time(array.type):
        return instants.times(ticks, array.type.unit)
    return instants.timestamps(ticks, array.type.unit, style.between, style.zone)


_ZERO = {pa.bool_().id: False, pa.decimal128(1).id: Decimal(0)}


def _number(array: Array, style: Style) -> list[Part]:
    if array.null_count:
        array = array.fill_null(pa.scalar(_ZERO.get(array.type.id, 0), array.type))
    if pa.types.is_boolean(array.type):
        return [Pool(texts_of([style.false, style.true]), array.cast(pa.int32()).to_numpy())]
    if pa.types.is_integer(array.type):
        return numbers.whole(array.cast(pa.int64()).to_numpy())
    if pa.types.is_decimal(array.type):
        return numbers.decimal(array)
    return [numbers.floating(array, style.special_floats)]
