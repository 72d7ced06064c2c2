"""Text made by table look-up: digits, patterns and UUIDs as byte matrices, never row by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64, bits, derive_key
from runner.vectors import Array, fixed_width_text

Bytes = npt.NDArray[np.uint8]
_GROUP = 10_000  # largest look-up table of a pattern


class Piece(NamedTuple):
    """Neighbouring characters looked up together: first byte, and the bytes for each index as one scalar type."""

    start: int
    table: npt.NDArray[Any]

    @property
    def size(self) -> int:
        """How many index values it has."""
        return len(self.table)


def as_scalars(rows: Bytes) -> npt.NDArray[Any]:
    """A (size, width) byte table as a vector of scalars of that width, which NumPy takes and stores in one move."""
    width = rows.shape[1]
    kind = {1: "u1", 2: "u2", 4: "u4", 8: "u8"}.get(width, f"V{width}")
    return np.ascontiguousarray(rows).view(kind).ravel()


def assemble(n: int, template: bytes, pieces: Sequence[tuple[Piece, npt.NDArray[Any]]]) -> Array:
    """n texts like the template, with each piece looked up at its indices and stored at its place."""
    width = len(template)
    out = np.empty((n, width), dtype=np.uint8)
    if sum(piece.table.dtype.itemsize for piece, _ in pieces) < width:
        out[:] = np.frombuffer(template, dtype=np.uint8)
    for piece, index in pieces:
        kind = np.dtype({"names": ["p"], "formats": [piece.table.dtype], "offsets": [piece.start], "itemsize": width})
        out.view(kind)["p"][:, 0] = piece.table.take(index)
    return fixed_width_text(out)


@lru_cache(maxsize=8)
def _digit_table(width: int) -> npt.NDArray[Any]:
    numbers = np.arange(10**width)
    return as_scalars(np.stack([(numbers // 10**p % 10 + 48).astype(np.uint8) for p in range(width - 1, -1, -1)], axis=1))


def fixed_digits(values: I64, width: int) -> Array:
    """Decimal digits with leading zeros; values in [0, 10^width)."""
    pieces, end = [], width
    while end:
        step = 4 if end >= 4 else 2 if end >= 2 else 1
        values, low = np.divmod(values, 10**step) if end > step else (values, values)
        pieces.append((Piece(end - step, _digit_table(step)), low))
        end -= step
    return assemble(len(values), b"0" * width, pieces)


def digits(values: I64, width: int, blank_zero: bool) -> Array:
    """Whole numbers >= 0 as text of at least `width` digits; `blank_zero` makes 0 the empty text."""
    largest = int(values.max()) if len(values) else 0
    if width > 1 and largest < 10**width:
        text = fixed_digits(values, width)
    else:
        text = pc.cast(pa.array(values), pa.string())
        if width > 1:
            text = pc.utf8_lpad(text, width=width, padding="0")
    return pc.if_else(pa.array(values == 0), "", text) if blank_zero else text


@lru_cache(maxsize=256)
def _pieces(alphabets: tuple[str, ...]) -> tuple[bytes, tuple[Piece, ...]]:
    """The constant bytes of a text and the pieces from left to right. ASCII only."""
    pieces: list[Piece] = []
    start, rows = 0, np.empty((1, 0), dtype=np.uint8)
    for position, alphabet in enumerate((*alphabets, "")):
        size = len(alphabet)
        full = len(rows) * size > _GROUP or rows.shape[1] == 4
        if len(rows) > 1 and (size <= 1 or full):
            pieces.append(Piece(start, as_scalars(rows)))
        if size <= 1 or full or len(rows) == 1:
            start, rows = position + (size <= 1), np.empty((1, 0), dtype=np.uint8)
        if size > 1:
            letters = np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)
            rows = np.hstack((np.repeat(rows, size, axis=0), np.tile(letters, len(rows))[:, None]))
    return "".join(a[0] for a in alphabets).encode("ascii"), tuple(pieces)


def pattern(alphabets: tuple[str, ...], index: I64) -> Array:
    """Mixed-radix text, the last position varying fastest."""
    if not all(a.isascii() for a in alphabets):
        return _unicode_pattern(alphabets, index)
    template, pieces = _pieces(alphabets)
    n, filled = len(index), []
    for number, piece in enumerate(reversed(pieces)):
        last = number == len(pieces) - 1
        index, low = (index, index) if last else np.divmod(index, piece.size)
        filled.append((piece, low))
    return assemble(n, template, filled)


def _unicode_pattern(alphabets: tuple[str, ...], index: I64) -> Array:
    parts: list[Array] = []
    for alphabet in reversed(alphabets):
        index, low = np.divmod(index, len(alphabet))
        parts.append(pa.array(list(alphabet)).take(pa.array(low)))
    return pc.binary_join_element_wise(*reversed(parts), "")


@lru_cache(maxsize=1)
def _hex_table() -> npt.NDArray[Any]:
    """Four hexadecimal digits for each 16-bit number."""
    digit = (np.arange(65_536)[:, None] >> np.array([12, 8, 4, 0])) & 15
    return as_scalars(np.frombuffer(b"0123456789abcdef", dtype=np.uint8)[digit])


_UUID = b"00000000-0000-0000-0000-000000000000"
_UUID_STARTS = (14, 9, 4, 0, 32, 28, 24, 19)  # of the 16-bit groups in little-endian memory order


def uuid4(key: int, at: I64) -> Array:
    """Version 4 UUIDs (RFC 9562 section 5.4): 122 bits of two draws, in big-endian order."""
    words = np.empty((len(at), 2), dtype=np.dtype("<u8"))
    words[:, 0] = (bits(derive_key(key, "high"), at) & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x4000)
    words[:, 1] = (bits(derive_key(key, "low"), at) & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    groups = words.view(np.dtype("<u2"))
    return assemble(len(at), _UUID, [(Piece(start, _hex_table()), groups[:, i]) for i, start in enumerate(_UUID_STARTS)])
