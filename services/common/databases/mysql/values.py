"""Rows as the server packs them, taken apart into logical Arrow arrays by vector code."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.logical import arrow_type
from runner.types import TEXTS, Type
from runner.vectors import Array

_NULL, _TWO, _THREE, _EIGHT = 0xFB, 0xFC, 0xFD, 0xFE
_PADDING: Final = bytes(9)
_BYTES = 1 << 25  # of rows taken apart at once


def blocks(rows: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """Rows in lists of at most `most`, fewer when they are large."""
    block: list[bytes] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row)
        if len(block) == most or size >= _BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def batch_of(rows: Sequence[bytes], names: Sequence[str], types: Sequence[Type]) -> pa.RecordBatch:
    """A block of rows as logical arrays of these types. Raises `pyarrow.ArrowInvalid` for a value that is none."""
    cells = unpacked(rows, len(names))
    arrays = [logical(texts, type_) for texts, type_ in zip(cells, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def unpacked(rows: Sequence[bytes], columns: int) -> Iterator[Array]:
    """The cells of each column as `pa.binary()`: in a row each is its length and then its bytes."""
    whole = b"".join((*rows, _PADDING))
    data = np.frombuffer(whole, np.uint8)
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    at = np.cumsum(sizes) - sizes
    for _ in range(columns):
        head, size, null = _length(data, at)
        start = at + head
        at = start + size
        yield _cells(whole, start, at, null)


def _length(data: npt.NDArray[np.uint8], at: I64) -> tuple[I64, I64, npt.NDArray[np.bool_]]:
    """Bytes of the length, the length, and whether the cell is null (MySQL: length-encoded integer)."""
    first = data[at]
    size, head, null = first.astype(np.int64), np.ones(len(at), np.int64), first == _NULL
    size[null] = 0
    for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
        wide = np.flatnonzero(first == mark)
        if len(wide):
            octets = data[at[wide][:, None] + np.arange(1, width + 1)].astype(np.int64)
            size[wide] = (octets << (8 * np.arange(width))).sum(axis=1)
            head[wide] = 1 + width
    return head, size, null


def _cells(whole: bytes, start: I64, stop: I64, null: npt.NDArray[np.bool_]) -> Array:
    """Every other text of an array whose texts are the cells and what stands between them."""
    n = len(start)
    edges = np.empty(2 * n, np.int32)
    edges[0::2], edges[1::2] = start, stop
    every = pa.Array.from_buffers(pa.binary(), max(0, 2 * n - 1), [None, pa.py_buffer(edges), pa.py_buffer(whole)])
    index = pa.array(np.arange(0, 2 * n, 2, dtype=np.int32), mask=null if null.any() else None)
    return every.take(index)


def logical(texts: Array, type_: Type) -> Array:
    """Cells as `shown` selects them, as a logical array."""
    target = arrow_type(type_)
    if type_.kind == "bytes":
        return texts
    words = texts.cast(pa.string())
    if type_.kind in TEXTS:
        return words
    if type_.kind == "bool":
        return pc.not_equal(words.cast(pa.int64()), 0)
    if type_.kind == "array":
        return _lists(words, type_)
    if type_.kind == "time":
        moments = pc.binary_join_element_wise("1970-01-01", words, " ")  # Arrow reads no times
        return moments.cast(pa.timestamp(target.unit)).cast(target)
    return words.cast(target)


def _lists(words: Array, type_: Type) -> Array:
    """JSON arrays as lists; a loop over rows, for arrays are small and rare."""
    assert type_.item is not None
    item, unit = type_.item, arrow_type(type_.item)
    read = _ITEMS.get(item.kind, _same)
    number = Decimal if item.kind == "decimal" else float
    lists = [
        None if text is None else [None if value is None else read(value) for value in json.loads(text, parse_float=number)]
        for text in words.to_pylist()
    ]
    if item.kind == "decimal":
        step = Decimal(1).scaleb(-item.scale)
        lists = [a if a is None else [v if v is None else Decimal(v).quantize(step) for v in a] for a in lists]
    return pa.array(lists, pa.list_(unit))


def _same(value: Any) -> Any:
    return value


_ITEMS: Final[dict[str, Callable[[Any], Any]]] = {
    "float": float,
    "bytes": base64.b64decode,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "datetime": lambda value: datetime.datetime.fromisoformat(value.removesuffix("Z")),
    "json": lambda value: json.dumps(value, ensure_ascii=False),
    "bool": bool,
}
