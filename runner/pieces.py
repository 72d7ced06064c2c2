"""Rows of text as pieces, and the one kernel that joins them.

A row is the same sequence of parts for every row of a batch. A part is constant bytes or a
`Pool`: some texts and, for each row, which one. All pools are laid end to end as one Arrow
array, the choices of all rows interleaved as one index vector, and a single `take` copies every
byte once into its final place: about 6 ns a part and row, where a join of columns costs twice that.

Constants are baked into the texts of a neighbouring pool when it is small against the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.vectors import Array, Mask

I32 = npt.NDArray[np.int32]
_STEP = 8_192  # rows gathered at once, so that index and text stay in the cache
_LARGEST = 1 << 30  # bytes of one gather; offsets are 32 bits
_BAKED = 1_000_000  # bytes that baking may add to a constant set of texts
_SPARE = 8  # a pool is small when it has this many times fewer texts than there are rows


@dataclass(frozen=True, eq=False)
class Pool:
    """Texts (`pa.binary()`, no nulls) and the choice of each row.

    `index` None means that row i has text i. `table` names a text set that never changes, so that
    baking it is done once per process.
    """

    texts: Array
    index: I32 | None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The identity of a constant set of texts: hashable name and parameters."""

    name: str
    prefix: bytes = b""
    suffix: bytes = b""


Part = bytes | Pool


def binary(array: Array) -> Array:
    """Text as `pa.binary()`, without a copy."""
    return array if array.type == pa.binary() else array.cast(pa.binary())


def texts_of(values: Sequence[bytes]) -> Array:
    """A text set from a few byte strings."""
    return pa.array(values, pa.binary())


def constant(value: bytes, n: int) -> Pool:
    """The same text on n rows."""
    return Pool(texts_of([value]), np.zeros(n, np.int32))


def affixed(texts: Array, prefix: bytes, suffix: bytes) -> Array:
    """Every text with `prefix` before and `suffix` after it."""
    parts = [pa.scalar(prefix, pa.binary())] * bool(prefix) + [texts] + [pa.scalar(suffix, pa.binary())] * bool(suffix)
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary())) if len(parts) > 1 else texts


class _Known:
    """A constant set of texts with its name as the key of the cache."""

    def __init__(self, table: Table, texts: Array) -> None:
        self.table, self.texts = table, texts

    def __hash__(self) -> int:
        return hash(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.table == other.table


@lru_cache(maxsize=128)
def _affixed_table(known: _Known, prefix: bytes, suffix: bytes) -> Array:
    return affixed(known.texts, prefix, suffix)


def _bakeable(pool: Pool, constant: bytes, n: int) -> bool:
    """Whether longer texts cost less than a part of its own."""
    if pool.index is None:
        return False
    if pool.table is not None:
        return len(pool.texts) * len(constant) <= _BAKED
    return len(pool.texts) * _SPARE <= n


def _bake(pool: Pool, prefix: bytes, suffix: bytes) -> Pool:
    if pool.table is None:
        return Pool(affixed(pool.texts, prefix, suffix), pool.index)
    texts = _affixed_table(_Known(pool.table, pool.texts), prefix, suffix)
    name = Table(pool.table.name, prefix + pool.table.prefix, pool.table.suffix + suffix)
    return Pool(texts, pool.index, name)


def merged(parts: Sequence[Part], n: int) -> list[Part]:
    """The parts with neighbouring constants joined and baked into the smaller pool beside them where that is cheap."""
    rest = _joined(parts)
    result: list[Part] = []
    for at, part in enumerate(rest):
        if isinstance(part, Pool):
            result.append(part)
            continue
        before, after = (result[-1] if result else b""), (rest[at + 1] if at + 1 < len(rest) else b"")
        pool = _cheaper(before, after, part, n)
        if pool is None:
            result.append(part)
        elif pool is before:
            result[-1] = _bake(pool, b"", part)
        else:
            rest[at + 1] = _bake(pool, part, b"")
    return result


def _cheaper(before: Part, after: Part, constant: bytes, n: int) -> Pool | None:
    """The neighbour to bake the constant into, if it is cheap with either."""
    pools = [part for part in (before, after) if isinstance(part, Pool) and _bakeable(part, constant, n)]
    return min(pools, key=lambda pool: len(pool.texts), default=None)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """The parts with neighbouring constants as one and empty ones left out."""
    result: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += part
        elif part != b"":
            result.append(part)
    return result


def nullable(parts: Sequence[Part], null: Mask | None, text: bytes) -> list[Part]:
    """The parts of a cell, but only `text` where the mask is true."""
    if null is None:
        return list(parts)
    n = len(null)
    instead = [text] + [b""] * (len(parts) - 1)
    return [_or_else(part, null, other, n) for part, other in zip(merged(parts, n) or [b""], instead, strict=False)]


def _or_else(part: Part, null: Mask, other: bytes, n: int) -> Pool:
    pool = constant(part, n) if isinstance(part, bytes) else part
    index = np.arange(n, dtype=np.int32) if pool.index is None else pool.index
    return Pool(pa.concat_arrays([pool.texts, texts_of([other])]), np.where(null, np.int32(len(pool.texts)), index))


def gather(parts: Sequence[Part], n: int) -> list[pa.Buffer]:
    """The n rows, one after another, as buffers that follow each other."""
    return [data for data, _ in _steps(parts, n)]


def joined(parts: Sequence[Part], n: int) -> Array:
    """The parts of each row as one text (`pa.string()`)."""
    if not n:
        return pa.array([], pa.string())
    return pa.concat_arrays([_texts(data, offsets) for data, offsets in _steps(parts, n)])


def _texts(data: pa.Buffer, offsets: I32) -> Array:
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), data])


def _steps(parts: Sequence[Part], n: int) -> Iterator[tuple[pa.Buffer, I32]]:
    """The bytes of the rows, a cacheful at a time, and where each row begins and the last one ends."""
    pools = [constant(p, n) if isinstance(p, bytes) else p for p in merged(parts, n)]
    step = _fitting(pools)
    for at in range(0, n, step):
        yield _gather([_rows(p, at, min(at + step, n)) for p in pools], min(step, n - at))


def _rows(pool: Pool, start: int, stop: int) -> Pool:
    if pool.index is None:
        return Pool(pool.texts.slice(start, stop - start), None)
    return Pool(pool.texts, pool.index[start:stop])


def _gather(pools: Sequence[Pool], n: int) -> tuple[pa.Buffer, I32]:
    index = np.empty((n, len(pools)), dtype=np.int32)
    rows = np.arange(n, dtype=np.int32)
    base = 0
    for k, pool in enumerate(pools):
        np.add(rows if pool.index is None else pool.index, np.int32(base), out=index[:, k])
        base += len(pool.texts)
    every = pa.concat_arrays([pool.texts for pool in pools])
    taken = pc.take(every, pa.array(index.reshape(-1)), boundscheck=False)
    _, offsets, data = taken.buffers()
    rows_at = np.frombuffer(offsets, np.int32, len(taken) + 1)[:: len(pools)].copy()
    return data.slice(0, int(rows_at[-1])), rows_at


def lengths(texts: Array) -> I32:
    """Bytes of each text."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.diff(offsets)


def _widest(pools: Sequence[Pool]) -> int:
    """A bound of the bytes of one row."""
    return sum(int(lengths(p.texts).max(initial=0)) for p in pools)


def _fitting(pools: Sequence[Pool]) -> int:
    """How many rows can be gathered at once: a cacheful, or fewer when texts are huge."""
    return max(1, min(_STEP, _LARGEST // max(1, _widest(pools))))
