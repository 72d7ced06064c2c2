"""Rows as COPY BINARY (PostgreSQL, "COPY", File Formats), whole columns at once.

A row is the number of its columns and, for each, the length of its bytes and the bytes; -1 is the length of a
null. Neighbouring fields of fixed width, among them the lengths of texts, are one matrix of bytes a batch; texts of
a pool carry their length in the pool, a null being one more text; then one `gather` copies every byte into its place.
What has no binary form here raises `NotBinary`: such a batch goes as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.formats.text.instants import ticks
from runner.formats.text.strings import valid_text
from runner.jsontexts import lists
from runner.pieces import Part, Pool, affixed, binary, gather, joined, lengths, nullable, texts_of
from runner.types import INTEGERS, Type
from runner.vectors import Array, Mask, integers, null_mask, plain
from services.common.databases.postgresql.decimals import numeric_fields, wholes
from services.common.databases.postgresql.hexes import uuid_bytes
from services.common.databases.postgresql.notbinary import NotBinary
from services.common.databases.postgresql.tables import PgType
from services.common.databases.postgresql.values import suited

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
_EPOCH_DAYS = 10_957  # 2000-01-01, where PostgreSQL counts from
_DAY = 86_400_000_000  # microseconds
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_TEXTS = frozenset({"textrecv", "varcharrecv", "bpcharrecv", "namerecv", "citextrecv", "enum_recv", "json_recv"})
_WHOLE = {"int2recv": ">i2", "int4recv": ">i4", "int8recv": ">i8"}
_FLOAT = {"float4recv": ">f4", "float8recv": ">f8"}
_MOMENTS = frozenset({"timestamp_recv", "timestamptz_recv"})
Field = tuple[str, Any]
"""A fixed-width field: its NumPy type (big-endian) and its value on each row, or on all."""


def rendered(arrays: Sequence[Array], types: Sequence[Type], to: Sequence[PgType], n: int) -> list[pa.Buffer]:
    """n rows of COPY BINARY without header and trailer, as buffers that follow each other. Raises `NotBinary`."""
    row = _Row(n)
    row.fixed((">i2", len(arrays)))
    for array, type_, kind in zip(arrays, types, to, strict=True):
        _column(row, array, type_, kind)
    return gather(row.parts(), n)


@dataclass
class _Row:
    """The parts of n rows so far; fixed fields are kept together until a text follows."""

    n: int
    _parts: list[Part] = field(default_factory=list)
    _fixed: list[Field] = field(default_factory=list)

    def fixed(self, *fields: Field) -> None:
        self._fixed += fields

    def add(self, *parts: Part) -> None:
        self._flush()
        self._parts += parts

    def parts(self) -> list[Part]:
        self._flush()
        return self._parts

    def _flush(self) -> None:
        if self._fixed:
            self._parts.append(matrix(self._fixed, self.n))
            self._fixed = []


def matrix(fields: Sequence[Field], n: int) -> Part:
    """Fixed-width fields side by side; constant bytes when none of them varies."""
    if all(np.ndim(value) == 0 for _, value in fields):
        return b"".join(np.array(value, kind).tobytes() for kind, value in fields)
    out = np.empty(n, np.dtype([(f"f{i}", kind) for i, (kind, _) in enumerate(fields)]))
    for i, (_, value) in enumerate(fields):
        out[f"f{i}"] = value
    width = out.dtype.itemsize
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return Pool(pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets), pa.py_buffer(out)]), None)


def _column(row: _Row, array: Array, type_: Type, to: PgType) -> None:
    array, type_ = suited(array, type_, to)
    if isinstance(array, pa.DictionaryArray) and (array.dictionary.null_count or len(array.dictionary) > row.n):
        array = plain(array)
    null = null_mask(array)
    if null is not None and null.all():
        row.add(NULL)
    elif type_.kind in ("string", "text", "json", "uuid", "bytes") and to.receive != "uuid_recv":
        _text_column(row, array, type_, to, null)
    elif type_.kind == "array":
        _bytes_column(row, _list_bodies(array, type_, to), null)
    else:
        _fixed_column(row, _fields(array, type_, to), null)


def _fixed_column(row: _Row, fields: list[Field], null: Mask | None) -> None:
    width = sum(np.dtype(kind).itemsize for kind, _ in fields)
    fields = [(">i4", width), *fields]
    if null is None:
        row.fixed(*fields)
    else:
        row.add(*nullable([matrix(fields, row.n)], null, NULL))


# fixed width


def _fields(array: Array, type_: Type, to: PgType) -> list[Field]:
    """The bytes of each value; where it is null any will do."""
    receive, kind = to.receive, type_.kind
    if receive in _WHOLE:
        return [_whole(wholes(array, type_), _WHOLE[receive])]
    if receive == "numeric_recv" and kind in (*INTEGERS, "decimal"):
        return numeric_fields(array, type_)
    if receive in _FLOAT and kind in ("float", *INTEGERS):
        return [(_FLOAT[receive], _float(array, _FLOAT[receive]))]
    if receive == "boolrecv" and kind == "bool":
        return [("u1", (array.fill_null(False) if array.null_count else array).cast(pa.uint8()).to_numpy())]
    if receive == "uuid_recv":
        return uuid_bytes(array)
    if receive == "date_recv" and kind == "date":
        return [(">i4", ticks(array) - _EPOCH_DAYS)]
    if receive in _MOMENTS and kind in ("date", "datetime"):
        return [(">i8", _microseconds(array) - _EPOCH_DAYS * _DAY)]
    if receive == "time_recv" and kind == "time":
        return [(">i8", _microseconds(array))]
    raise NotBinary


def _whole(values: npt.NDArray[np.int64], kind: str) -> Field:
    limits = np.iinfo(kind)
    if len(values) and (values.min() < limits.min or values.max() > limits.max):
        raise NotBinary  # the server says so
    return kind, values


def _float(array: Array, kind: str) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = pc.cast(array, pa.float64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
    if kind == ">f4" and (np.abs(values[np.isfinite(values)]) > np.finfo(np.float32).max).any():
        raise NotBinary
    return values


def _microseconds(array: Array) -> npt.NDArray[np.int64]:
    if pa.types.is_date(array.type):
        return ticks(array) * _DAY
    factor = _MICROSECONDS[array.type.unit]
    return ticks(array) * factor if factor > 1 else ticks(array)


# texts and bytes


def _text_column(row: _Row, array: Array, type_: Type, to: PgType, null: Mask | None) -> None:
    if (to.receive == "bytearecv") != (type_.kind == "bytes") or to.receive not in (*_TEXTS, "bytearecv", "jsonb_recv"):
        raise NotBinary
    before = b"\1" if to.receive == "jsonb_recv" else b""  # the version of jsonb's binary form
    if isinstance(array, pa.DictionaryArray):
        row.add(_pool_column(array, before, null))
    else:
        texts = valid_text(array)
        _bytes_column(row, affixed(texts, before, b"") if before else texts, null)


def _pool_column(array: Array, before: bytes, null: Mask | None) -> Pool:
    texts = valid_text(array.dictionary)
    texts = affixed(texts, before, b"") if before else texts
    sized = pa.concat_arrays([prefixed(texts), texts_of([NULL])])
    index = array.indices.cast(pa.int32())
    return Pool(sized, (index.fill_null(len(texts)) if null is not None else index).to_numpy())


def prefixed(texts: Array) -> Array:
    """Texts with their lengths before them."""
    sizes = matrix([(">i4", lengths(texts))], len(texts)) if len(texts) else b""
    return pc.binary_join_element_wise(sizes.texts, texts, b"") if isinstance(sizes, Pool) else texts


def _bytes_column(row: _Row, texts: Array, null: Mask | None) -> None:
    sizes = lengths(texts)
    if null is None:
        row.fixed((">i4", sizes))
        row.add(Pool(texts, None))
    else:
        row.fixed((">i4", np.where(null, np.int32(-1), sizes)))
        row.add(*nullable([Pool(texts, None)], null, b""))


# arrays


def _list_bodies(array: Array, type_: Type, to: PgType) -> Array:
    """One-dimensional arrays: dimensions, whether there may be nulls, the items' type, length and first index, the items."""
    assert type_.item is not None
    if to.item is None or not to.item.receive:
        raise NotBinary
    sizes = integers(pc.cast(pc.list_value_length(array), pa.int64()))
    items = pc.list_flatten(array)
    inner = _Row(len(items))
    _column(inner, items, type_.item, to.item)
    bodies = lists(sizes, binary(joined(inner.parts(), len(items))))
    head = matrix([(">i4", 1), (">i4", 1), (">u4", to.item.oid), (">i4", sizes), (">i4", 1)], len(sizes))
    none = np.array([0, 0, to.item.oid], ">u4").tobytes()
    assert isinstance(head, Pool)
    heads = pc.if_else(pa.array(sizes == 0), pa.scalar(none, pa.binary()), head.texts)
    return pc.binary_join_element_wise(heads, pc.binary_join(bodies, b""), b"")
