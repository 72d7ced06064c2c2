"""Record batches as BSON documents (bsonspec.org, version 1.1), whole columns at once.

A document is its length, its members and a zero byte; a member is a byte for its type, its name, a zero byte and its
value. All of it is laid out as parts (`runner.pieces`), so that one gather copies every byte once into its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bson
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.formats.text.cells import cell
from runner.formats.text.strings import valid_text
from runner.jsontexts import lists
from runner.pieces import Part, Pool, Table, binary, joined, lengths, nullable, texts_of
from runner.types import Type
from runner.vectors import Array, Mask, integers, null_mask, plain
from services.common.databases import DatabaseError
from services.common.databases._texts import STYLE

DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, BOOL, DATE, NULL, INT64, DECIMAL = (
    bytes([number]) for number in (0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x09, 0x0A, 0x12, 0x13)
)
MOST_DIGITS = 34
"""Digits of a decimal128."""
_KNOWN_LENGTHS = 4_096  # lengths whose bytes are looked up
_SPARE = 8  # texts that occur this often get their length once each
_DAY = 86_400_000  # milliseconds


@dataclass(frozen=True, eq=False)
class Value:
    """The values of a column: the byte of their type, their bytes as parts, and how many bytes each one has.

    Where the column is null they are any value.
    """

    tag: Part
    parts: list[Part]
    sizes: I64


@dataclass(frozen=True, eq=False)
class Member:
    """A column as members of documents; left out where `null` is true."""

    name: str
    value: Value
    null: Mask | None = None


def documents(members: Sequence[Member], n: int) -> Array:
    """A document for each of n rows, `pa.binary()`."""
    return binary(joined(document(members, n).parts, n))


def document(members: Sequence[Member], n: int) -> Value:
    """The same as a value."""
    sizes = np.full(n, 5, np.int64)
    parts: list[Part] = []
    for member in members:
        name = member.name.encode()
        whole = len(name) + 2 + member.value.sizes
        sizes += whole if member.null is None else np.where(member.null, 0, whole)
        parts += nullable([member.value.tag, name + b"\0", *member.value.parts], member.null, b"")
    return Value(DOCUMENT, [*_lengths(sizes), *parts, b"\0"], sizes)


def value(array: Array, type_: Type, decimals: bool = True) -> Value:
    """The values of a column in logical types. Without `decimals` there is no decimal128."""
    n = len(array)
    match type_.kind:
        case "int" | "bigint":
            return Value(INT64, [_words(integers(array))], _all(n, 8))
        case "float":
            return Value(DOUBLE, [_words((array.fill_null(0.0) if array.null_count else array).to_numpy())], _all(n, 8))
        case "bool":
            index = (array.fill_null(False) if array.null_count else array).cast(pa.int32()).to_numpy()
            return Value(BOOL, [Pool(texts_of([b"\0", b"\1"]), index)], _all(n, 1))
        case "date":
            return Value(DATE, [_words(integers(array.cast(pa.int32()).cast(pa.int64())) * _DAY)], _all(n, 8))
        case "datetime" if type_.precision <= 3:
            return Value(DATE, [_words(integers(array.cast(pa.timestamp("ms")).cast(pa.int64())))], _all(n, 8))
        case "decimal" if decimals and type_.precision <= MOST_DIGITS:
            return Value(DECIMAL, [_fixed(_decimal128(array))], _all(n, 16))
        case "json":
            return _json(plain(array))
        case "array":
            assert type_.item is not None
            return _array(array, value(pc.list_flatten(array), type_.item, decimals))
    if pa.types.is_list(array.type):
        return _array(array, _structs(pc.list_flatten(array), decimals))
    return _text(array, type_)


def true_value(n: int) -> Value:
    """True on n rows."""
    return Value(BOOL, [b"\1"], _all(n, 1))


def _all(n: int, size: int) -> I64:
    return np.full(n, size, np.int64)


def _words(values: npt.NDArray[Any]) -> Part:
    """8 bytes each, little-endian."""
    return _fixed(np.ascontiguousarray(values).view(np.uint8).reshape(len(values), 8))


def _fixed(octets: npt.NDArray[np.uint8]) -> Part:
    """Rows of a byte matrix."""
    n, width = octets.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    data = pa.py_buffer(np.ascontiguousarray(octets))
    return Pool(pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets), data]), None)


def _lengths(sizes: npt.NDArray[Any]) -> list[Part]:
    """int32 each; small ones by look-up, so that constants beside them cost nothing."""
    high = int(sizes.max(initial=0))
    if high > np.iinfo(np.int32).max:
        raise DatabaseError("UNENCODABLE_VALUE", "a value is larger than a document can be")
    if len(sizes) and int(sizes.min()) == high:
        return [high.to_bytes(4, "little")]
    if high < _KNOWN_LENGTHS:
        return [Pool(_int32s(np.arange(_KNOWN_LENGTHS)), sizes.astype(np.int32), Table("int32"))]
    return [Pool(_int32s(sizes), None)]


def _int32s(values: npt.NDArray[Any]) -> Array:
    part = _fixed(np.ascontiguousarray(values.astype("<i4")).view(np.uint8).reshape(len(values), 4))
    assert isinstance(part, Pool)
    return part.texts


# text and bytes


def _text(array: Array, type_: Type) -> Value:
    """Strings, and binary data of subtype 0."""
    if isinstance(array, pa.DictionaryArray) and array.dictionary.null_count:
        array = plain(array)
    if not isinstance(array, pa.DictionaryArray):
        return _sized(_written(array, type_), type_.kind == "bytes")
    texts = valid_text(array.dictionary) if len(array.dictionary) else texts_of([b""])
    index = (array.indices.fill_null(0) if array.indices.null_count else array.indices).to_numpy().astype(np.int32, copy=False)
    every = _sized(texts, type_.kind == "bytes")
    if len(texts) * _SPARE <= len(index):
        return Value(every.tag, [Pool(binary(joined(every.parts, len(texts))), index)], every.sizes[index])
    sizes = lengths(texts)[index]
    return Value(every.tag, _around(Pool(texts, index), sizes, type_.kind == "bytes"), every.sizes[index])


def _written(array: Array, type_: Type) -> Array:
    """The texts of values that BSON has no form for; those that are texts as they are."""
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        return valid_text(array)
    return binary(joined(cell(array, type_, STYLE), len(array)))


def _sized(texts: Array, raw: bool) -> Value:
    sizes = lengths(texts)
    return Value(BINARY if raw else STRING, _around(Pool(texts, None), sizes, raw), sizes.astype(np.int64) + 5)


def _around(pool: Pool, sizes: npt.NDArray[Any], raw: bool) -> list[Part]:
    """Texts with what stands around them: binary data has a byte for its subtype, strings a zero at the end."""
    return [*_lengths(sizes), b"\0", pool] if raw else [*_lengths(sizes + 1), pool, b"\0"]


# decimals: IEEE 754-2008 decimal128 with a binary integer significand


def _decimal128(array: Array) -> npt.NDArray[np.uint8]:
    """16 bytes each: the lower 113 bits are the digits, above them the exponent plus 6176, on top the sign."""
    n, scale = len(array), array.type.scale
    words = np.frombuffer(array.buffers()[1], np.uint64).reshape(-1, 2)[array.offset : array.offset + n]
    low, high = words[:, 0], words[:, 1]
    negative = (high >> np.uint64(63)).astype(bool)
    digits = np.empty((n, 2), np.uint64)
    digits[:, 0] = np.where(negative, ~low + np.uint64(1), low)
    magnitude = np.where(negative, ~high + (low == 0).astype(np.uint64), high)
    exponent = np.uint64((6176 - scale) << 49)
    digits[:, 1] = magnitude & np.uint64((1 << 49) - 1) | exponent | negative.astype(np.uint64) << np.uint64(63)
    return digits.view(np.uint8).reshape(n, 16)


# what is nested


def _json(texts: Array) -> Value:
    """JSON texts as the values they are; each text that occurs is read once."""
    coded = texts.fill_null("null").dictionary_encode()
    tags, bodies = [], []
    for text in coded.dictionary.to_pylist():
        tag, body = _json_value(text)
        tags.append(tag)
        bodies.append(body)
    index = coded.indices.to_numpy().astype(np.int32, copy=False)
    pool = texts_of(bodies or [b""])
    return Value(Pool(texts_of(tags or [NULL]), index), [Pool(pool, index)], lengths(pool)[index].astype(np.int64))


def _json_value(text: str) -> tuple[bytes, bytes]:
    """The byte of its type and its bytes. Raises `DatabaseError`."""
    try:
        written = bson.encode({"": orjson.loads(text)})
    except (ValueError, OverflowError, bson.errors.BSONError) as error:
        raise DatabaseError("UNENCODABLE_VALUE", "a json value has names or numbers that BSON cannot hold") from error
    return written[4:5], written[6:-1]


def _array(array: Array, items: Value) -> Value:
    """Lists of items, which are documents with the names 0, 1, 2 …"""
    counts = integers(pc.cast(pc.list_value_length(array), pa.int64()))
    flat = pc.list_flatten(array)
    total = len(flat)
    ordinals = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    names = Pool(_numbers(int(counts.max(initial=0))), ordinals.astype(np.int32))
    null = null_mask(flat)
    tag: Part = items.tag if null is None else _or_null(items.tag, null)
    whole = joined([tag, names, b"\0", *nullable(items.parts, null, b"")], total)
    rows = binary(pc.binary_join(lists(counts, binary(whole)), b""))
    sizes = lengths(rows).astype(np.int64) + 5
    return Value(ARRAY, [*_lengths(sizes), Pool(rows, None), b"\0"], sizes)


def _or_null(tag: Part, null: Mask) -> Part:
    (part,) = nullable([tag], null, NULL)
    return part


def _numbers(count: int) -> Array:
    return texts_of([b"%d" % number for number in range(max(count, 1))])


def _structs(array: Array, decimals: bool) -> Value:
    """Embedded rows: a struct's fields say of what type they are (`runner.nested`)."""
    members = []
    for number, field in enumerate(array.type):
        column = array.field(number)
        members.append(Member(field.name, _field(column, field, decimals), null_mask(column)))
    return document(members, len(array))


def _field(column: Array, field: pa.Field, decimals: bool) -> Value:
    metadata = field.metadata or {}
    kind = Type.parse(metadata[b"type"].decode()) if b"type" in metadata else Type("text")
    return value(column, kind, decimals)
