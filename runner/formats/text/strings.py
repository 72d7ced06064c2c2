"""Escaping and encoding of text and bytes, whole columns at once. Arrays are `pa.binary()` without nulls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.formats.text.scan import U8, found, holds_any, raw, rows_holding
from runner.pieces import binary, lengths
from runner.vectors import Array, Mask

Replacement = tuple[bytes, bytes]


def mended(texts: Array, rows: Mask, mend: Callable[[Array], Array]) -> Array:
    """The texts with those of the marked rows passed through `mend`."""
    if not rows.any():
        return texts
    mask = pa.array(rows)
    return pc.replace_with_mask(texts, mask, mend(texts.filter(mask)))


def escaping(*replacements: Replacement) -> Callable[[Array], Array]:
    """A function that replaces every occurrence of the single bytes on the left by the bytes on the right, in order.

    A byte must not occur in the right side of a pair before its own.
    """
    special = bytes(sorted(left[0] for left, _ in replacements))

    def escape(texts: Array) -> Array:
        if not holds_any(texts, special):
            return texts
        return mended(texts, rows_holding(texts, found(texts, special)), lambda some: _replaced(some, replacements))

    return escape


def _replaced(texts: Array, replacements: Sequence[Replacement]) -> Array:
    present = found(texts, bytes(left[0] for left, _ in replacements))
    for left, right in replacements:
        if left[0] in present:
            texts = pc.replace_substring(texts, pattern=left, replacement=right)
    return texts


def hexadecimal(values: Array) -> Array:
    """Two upper-case hexadecimal digits a byte."""
    digits = _hex_table()[raw(values)]
    return _with_lengths(digits.view(np.uint8), lengths(values) * 2)


@cache
def _hex_table() -> npt.NDArray[np.uint16]:
    return np.frombuffer(bytes(range(256)).hex().upper().encode(), np.uint16)


_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)


def base64(values: Array) -> Array:
    """RFC 4648 section 4, padded."""
    sizes = lengths(values).astype(np.int64)
    groups = -(-sizes // 3)
    octets = np.zeros(int(groups.sum()) * 3, np.uint8)
    starts = (np.cumsum(groups) - groups) * 3
    octets[np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))] = raw(values)
    a, b, c = octets.reshape(-1, 3).T
    sixes = np.stack([a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63], axis=1).reshape(-1)
    letters = _ALPHABET[sixes]
    ends, missing = np.cumsum(groups) * 4, groups * 3 - sizes
    letters[ends[missing >= 1] - 1] = ord("=")
    letters[ends[missing == 2] - 2] = ord("=")
    return _with_lengths(letters, groups * 4)


def _with_lengths(data: U8, sizes: npt.NDArray[Any]) -> Array:
    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    return pa.Array.from_buffers(pa.binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def valid_text(array: Array) -> Array:
    """Text or bytes as `pa.binary()` without nulls; where there was one stands any text."""
    if not array.null_count:
        return binary(array)
    _, offsets, data = array.buffers()
    return pa.Array.from_buffers(pa.binary(), len(array), [None, offsets, data], offset=array.offset)
