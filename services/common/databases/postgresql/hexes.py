"""Texts of hexadecimal digits as bytes, by table look-up of two digits at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from runner.formats.text.scan import raw
from runner.formats.text.strings import valid_text
from runner.pieces import lengths
from runner.vectors import Array, null_mask, plain
from services.common.databases.postgresql.notbinary import NotBinary

_WIDTH = 36
_GROUPS = ((0, 8), (9, 13), (14, 18), (19, 23), (24, 36))
_HYPHENS = (8, 13, 18, 23)
U8 = npt.NDArray[np.uint8]


@cache
def _pairs() -> npt.NDArray[np.int16]:
    """The byte of each two characters in memory order; -1 when they are no hexadecimal digits."""
    table = np.full(1 << 16, -1, np.int16)
    for value in range(256):
        for text in {f"{value:02x}", f"{value:02X}", f"{value:02x}".capitalize(), f"{value:02X}"[0] + f"{value:02x}"[1]}:
            table[int.from_bytes(text.encode(), "little")] = value
        mixed = f"{value:02x}"[0] + f"{value:02X}"[1]
        table[int.from_bytes(mixed.encode(), "little")] = value
    return table


def uuid_bytes(array: Array) -> list[tuple[str, Any]]:
    """The 16 bytes of UUIDs in their usual form, as fixed fields; anything where null. Raises `NotBinary` for other forms."""
    mask, array = null_mask(array), plain(array)
    texts = valid_text(array if mask is None else array.fill_null("0" * 8 + "-0000-0000-0000-" + "0" * 12))
    if (lengths(texts) != _WIDTH).any():
        raise NotBinary
    rows = raw(texts).reshape(-1, _WIDTH)
    if not all((rows[:, at] == ord("-")).all() for at in _HYPHENS):
        raise NotBinary
    return [(f"V{(stop - start) // 2}", _group(rows, start, stop)) for start, stop in _GROUPS]


def _group(rows: U8, start: int, stop: int) -> Any:
    found = _pairs()[np.ascontiguousarray(rows[:, start:stop]).view("<u2")]
    if len(found) and found.min() < 0:
        raise NotBinary
    return found.astype(np.uint8).view(f"V{(stop - start) // 2}")[:, 0]


def unhexed(texts: Array) -> Array:
    """Bytes from texts of hexadecimal digits (`encode(…, 'hex')`); null stays null."""
    plain_texts = texts.fill_null("")
    data = _pairs()[raw(plain_texts).view("<u2")].astype(np.uint8)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(lengths(plain_texts) // 2, out=offsets[1:])
    mask = null_mask(texts)
    validity = None if mask is None else pa.py_buffer(np.packbits(~mask, bitorder="little"))
    return pa.Array.from_buffers(pa.binary(), len(texts), [validity, pa.py_buffer(offsets), pa.py_buffer(data)])
