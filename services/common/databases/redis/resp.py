"""Record batches as Redis commands in their wire form (RESP arrays of bulk strings), rendered by vector code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.pieces import Part, Pool, gather, lengths, nullable, texts_of
from runner.plan import TablePlan
from runner.types import Type
from runner.vectors import Array, null_mask
from services.common.databases._texts import text_pool

IDS: Final = b"ids"
"""What stands for the row's key in the name of a table's set of keys."""
STEP: Final = 8_192
"""Rows rendered and sent at once; also the members of one SADD."""
_SPARE = 8  # texts that occur this often are framed once each
_LONGEST = 65_536  # lengths up to this are looked up


@dataclass(frozen=True, slots=True)
class Naming:
    """Names of keys in Redis, from the template of the URL."""

    template: str

    def around(self, table: str) -> tuple[bytes, bytes]:
        """What stands before and after a row's key."""
        before, _, after = self.template.partition("{pk}")
        return before.replace("{table}", table).encode(), after.encode()

    def key(self, table: str, row_key: bytes) -> bytes:
        """The name of a row's hash."""
        before, after = self.around(table)
        return before + row_key + after

    def ids(self, table: str) -> bytes:
        """The name of the set of a table's row keys."""
        return self.key(table, IDS)


def bulk(text: bytes) -> bytes:
    """A bulk string."""
    return b"$%d\r\n%b\r\n" % (len(text), text)


def steps(n: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows to render at once: start and length."""
    return ((at, min(STEP, n - at)) for at in range(0, n, STEP))


def key_parts(keys: Array, before: bytes, after: bytes) -> list[Part]:
    """The names of rows' hashes as bulk strings."""
    return _bulks(Pool(keys, None), before, after)


def variadic(command: bytes, first: bytes | None, parts: Sequence[Part], n: int) -> list[Any]:
    """One command whose arguments are those of n rows, after `first`."""
    head = [command] if first is None else [command, first]
    return [b"*%d\r\n" % (len(head) + n) + b"".join(map(bulk, head)), *gather(parts, n)]


def hashes(table: TablePlan, batch: pa.RecordBatch, names: Sequence[Part]) -> tuple[list[Any], int]:
    """One HSET for each row with the columns that are not null, and how many there are: rows of nulls alone have none."""
    n = batch.num_rows
    fields = np.zeros(n, np.int32)
    body: list[Part] = []
    for array, column in zip(batch.columns, table.written, strict=True):
        null = null_mask(array)
        fields += 1 if null is None else ~null
        body += nullable([bulk(column.name.encode()), *_value(array, column.type)], null, b"")
    heads = [_head(count) for count in range(len(table.written) + 1)]
    row = [Pool(texts_of(heads), fields), *nullable(names, _none(fields), b""), *body]
    return gather(row, n), int(np.count_nonzero(fields))


def _none(fields: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_] | None:
    mask = fields == 0
    return mask if mask.any() else None


def _head(fields: int) -> bytes:
    return b"*%d\r\n" % (2 + 2 * fields) + bulk(b"HSET") if fields else b""


def _value(array: Array, type_: Type) -> list[Part]:
    return _bulks(text_pool(array, type_), b"", b"")


def _bulks(pool: Pool, before: bytes, after: bytes) -> list[Part]:
    """The pool's texts between `before` and `after` as bulk strings."""
    sizes = lengths(pool.texts)
    if pool.index is not None and len(pool.texts) * _SPARE <= len(pool.index):
        return [Pool(_framed(pool.texts, before, after), pool.index)]
    more = len(before) + len(after)
    if pool.index is not None:
        sizes = sizes[pool.index]
    return [*_sizes(sizes, more), before, pool, after + b"\r\n"]


def _framed(texts: Array, before: bytes, after: bytes) -> Array:
    whole = pc.binary_join_element_wise(*_scalars(before), texts, *_scalars(after), pa.scalar(b"", pa.binary()))
    counts = pc.cast(pc.cast(pc.binary_length(whole), pa.string()), pa.binary())
    line = pa.scalar(b"\r\n", pa.binary())
    return pc.binary_join_element_wise(pa.scalar(b"$", pa.binary()), counts, line, whole, line, pa.scalar(b"", pa.binary()))


def _scalars(text: bytes) -> list[Any]:
    return [pa.scalar(text, pa.binary())] if text else []


def _sizes(sizes: npt.NDArray[np.int32], more: int) -> list[Part]:
    """`$<length>` and a line break for each row."""
    high = int(sizes.max(initial=0))
    if not len(sizes) or int(sizes.min()) == high:
        return [b"$%d\r\n" % (high + more)]
    if high <= _LONGEST:
        texts = texts_of([b"$%d\r\n" % (size + more) for size in range(high + 1)])
        return [Pool(texts, sizes)]
    return [b"$", Pool(pc.cast(pc.cast(pa.array(sizes + more), pa.string()), pa.binary()), None), b"\r\n"]
