"""Whole numbers, decimals and floats as parts: groups of four digits looked up, not converted one by one."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64
from runner.pieces import I32, Part, Pool, Table, binary, texts_of
from runner.vectors import Array, fixed_width_text

_GROUP = 10_000  # four digits a look-up
_RANGE = 8_192  # neighbouring numbers that are looked up whole
_FEW = 1_024  # neighbouring decimals that are looked up whole
_MOST_GROUPS = 2  # beyond these Arrow's own conversion is as fast


def whole(values: I64) -> list[Part]:
    """Whole numbers as people write them."""
    if not len(values):
        return [b""]
    low, high = int(values.min()), int(values.max())
    if high - low < _RANGE:
        return [_neighbours(values, low, high, blank_zero=False)]
    if low < 0 or high // _GROUP**_MOST_GROUPS - low // _GROUP**_MOST_GROUPS >= _RANGE:
        return [Pool(_cast(values), None)]
    return _groups(values, 0)


def whole_or_blank(values: I64) -> list[Part]:
    """Whole numbers >= 0 as people write them, 0 as nothing."""
    return _head(values) if len(values) else [b""]


def fixed_point(values: I64, scale: int) -> list[Part]:
    """Numbers given as counts of the digit `scale` after the point, with all `scale` digits after it.

    |value| must be below 2^63, the scale at most 18.
    """
    if scale == 0 or not len(values):
        return whole(values)
    low, high = int(values.min()), int(values.max())
    if low < 0:
        sign = Pool(texts_of([b"", b"-"]), (values < 0).astype(np.int32))
        return [sign, *fixed_point(np.abs(values), scale)]
    if scale <= 4 and high - low < _FEW:
        return [Pool(_fixed_points(np.arange(low, high + 1), scale), (values - low).astype(np.int32))]
    if scale <= 4:
        return _groups(values, scale)
    wholes, fraction = split(values, 10**scale)
    return [*whole(wholes), b".", *_digits(fraction, scale)]


def _fixed_points(values: I64, scale: int) -> Array:
    wholes, fraction = split(values, 10**scale)
    return pc.binary_join_element_wise(_cast(wholes), padded(scale).take(pa.array(fraction)), b".")


def _neighbours(values: I64, low: int, high: int, blank_zero: bool) -> Part:
    if low == high:
        return b"" if blank_zero and not low else str(low).encode()
    texts = _cast(low + np.arange(high - low + 1))
    if blank_zero and low == 0:
        texts = pa.concat_arrays([texts_of([b""]), texts[1:]])
    return Pool(texts, (values - low).astype(np.int32))


def _cast(values: I64) -> Array:
    return binary(pa.array(values).cast(pa.string()))


def _groups(values: I64, scale: int) -> list[Part]:
    """Numbers >= 0: everything above the last four digits, blank if 0, and the last four with the point among them."""
    above, last = split(values, _GROUP)
    return [*_head(above), Pool(_last_four(scale), _shortened(last, above), Table(f"last four {scale}"))]


def split(values: I64, size: int) -> tuple[I64, I64]:
    """Floor quotient and remainder; faster than `np.divmod`."""
    above = values // size
    return above, values - above * size


def _shortened(last: I64, above: I64) -> I32:
    """The index of the last four digits: without leading zeros where nothing stands above."""
    index = last.astype(np.int32)
    if not above.all():
        index += (above == 0).astype(np.int32) * np.int32(_GROUP)
    return index


def _head(values: I64) -> list[Part]:
    low, high = int(values.min()), int(values.max())
    if high - low < _RANGE:
        return [_neighbours(values, low, high, blank_zero=True)]
    above, last = split(values, _GROUP)
    if int(above.max()) - int(above.min()) >= _RANGE:
        return [Pool(pc.if_else(pa.array(values == 0), pa.scalar(b"", pa.binary()), _cast(values)), None)]
    return [*_head(above), Pool(_last_four_or_blank(), _shortened(last, above), Table("last four or blank"))]


@cache
def _last_four(scale: int) -> Array:
    """0000..9999 and then 0..9999 without leading zeros, with the point before the last `scale` digits."""
    numbers = np.arange(_GROUP)
    fraction = padded(scale).take(pa.array(numbers % 10**scale)) if scale else None
    wholes = numbers // 10**scale
    heads = padded(4 - scale).take(pa.array(wholes)) if scale < 4 else pa.array([b""] * _GROUP)
    return pa.concat_arrays([_pointed(head, fraction) for head in (heads, _cast(wholes))])


def _pointed(heads: Array, fraction: Array | None) -> Array:
    return heads if fraction is None else pc.binary_join_element_wise(heads, fraction, b".")


@cache
def _last_four_or_blank() -> Array:
    texts = _last_four(0)
    return pa.concat_arrays([texts[:_GROUP], texts_of([b""]), texts[_GROUP + 1 :]])


def _digits(values: I64, width: int) -> list[Part]:
    """Numbers below 10^width with leading zeros."""
    parts: list[Part] = []
    while width:
        size = min(4, width)
        values, last = split(values, 10**size)
        parts.append(Pool(padded(size), last.astype(np.int32), Table(f"padded {size}")))
        width -= size
    return parts[::-1]


@cache
def padded(width: int) -> Array:
    """The texts of 0 .. 10^width - 1 with leading zeros, 1 to 4 digits wide."""
    numbers = np.arange(10**width)[:, None]
    digits = numbers // 10 ** np.arange(width - 1, -1, -1) % 10 + ord("0")
    return binary(fixed_width_text(digits.astype(np.uint8)))


def decimal(array: Array) -> list[Part]:
    """decimal128 values (nulls are any number): by groups of digits where 64 bits hold them, else by text."""
    n, scale = len(array), array.type.scale
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)[array.offset : array.offset + n]
    low = words[:, 0]
    if scale > 18 or (array.type.precision > 18 and not ((words[:, 1] == low >> 63) & (low != np.iinfo(np.int64).min)).all()):
        return [Pool(_wide(array), None)]
    return fixed_point(low, scale)


def _wide(array: Array) -> Array:
    """The digits of the unscaled number with the point put in."""
    scale = array.type.scale
    unscaled = pa.Array.from_buffers(pa.decimal128(38, 0), len(array), [None, array.buffers()[1]], offset=array.offset)
    text = unscaled.cast(pa.string())
    if scale == 0:
        return binary(text)
    digits = pc.utf8_lpad(pc.utf8_ltrim(text, "-"), scale + 1, "0")
    sign = pc.if_else(pc.starts_with(text, "-"), "-", "")
    head, tail = pc.utf8_slice_codeunits(digits, 0, -scale), pc.utf8_slice_codeunits(digits, -scale)
    return binary(pc.binary_join_element_wise(sign, head, ".", tail, ""))


def floating(array: Array, special: tuple[bytes, bytes, bytes]) -> Pool:
    """float64 values in the fewest digits that read back exactly; `special` are not-a-number, infinity and its negative."""
    texts = binary(array.cast(pa.string()))
    if not np.isfinite(array.to_numpy()).all():
        for word, instead in zip((b"nan", b"inf", b"-inf"), special, strict=True):
            texts = pc.if_else(pc.equal(texts, pa.scalar(word)), pa.scalar(instead), texts)
    return Pool(texts, None)
