"""Which texts hold bytes that need care: a raw scan of the whole buffer, then of single texts only if it hits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runner.vectors import Array, Mask

U8 = npt.NDArray[np.uint8]
_BLANK = 32
_CHUNK = 1 << 18  # bytes compared at once, so that the comparison stays in the cache


def raw(texts: Array) -> U8:
    """The bytes of all texts, end to end, without a copy."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)
    return np.frombuffer(data, np.uint8)[ends[texts.offset] : ends[texts.offset + len(texts)]]


def holds_any(texts: Array, special: bytes) -> bool:
    """Whether any byte of `special` (in ascending order) occurs."""
    data = raw(texts)
    return any(_hit(data[at : at + _CHUNK], special) for at in range(0, len(data), _CHUNK))


def _hit(chunk: U8, special: bytes) -> bool:
    least = int(chunk.min())  # rules out all control characters, often everything, in the fastest pass there is
    return least in special or any(bool((chunk == byte).any()) for byte in special if byte > least)


def rows_holding(texts: Array, special: bytes) -> Mask:
    """Which texts hold any byte of `special`."""
    data = raw(texts)
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    holding = np.zeros(len(texts), np.bool_)
    for byte in special:
        places = np.flatnonzero(data == byte) + ends[0]
        holding[np.searchsorted(ends, places, side="right") - 1] = True
    return holding


def found(texts: Array, special: bytes) -> bytes:
    """Those bytes of `special` that occur."""
    data = raw(texts)
    present = np.zeros(256, np.bool_)
    present[data[data < _BLANK]] = True  # control characters are few, so this is far faster than all bytes at once
    return bytes(b for b in special if (present[b] if b < _BLANK else (data == b).any()))
