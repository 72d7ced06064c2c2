"""Whole numbers and decimals as PostgreSQL's binary numeric: digits of base 10,000, as many for each row of a batch.

Leading zeros are allowed; the server strips them (`numeric_recv`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.draws import I64
from runner.numbers import split
from runner.types import INTEGERS, Type
from runner.vectors import Array, integers
from services.common.databases.postgresql.notbinary import NotBinary

_BASE = 10_000
_NEGATIVE = 0x4000
_LEAST = np.iinfo(np.int64).min


def wholes(array: Array, type_: Type) -> I64:
    """The values of whole numbers; 0 where null. Raises `NotBinary` for others."""
    if type_.kind in INTEGERS:
        return integers(array)
    if type_.kind == "decimal" and type_.scale == 0:
        return unscaled(array)
    raise NotBinary


def unscaled(array: Array) -> I64:
    """Decimals as counts of their last digit, any number where null. Raises `NotBinary` when 64 bits do not hold one."""
    n = len(array)
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)[array.offset : array.offset + n]
    low = np.ascontiguousarray(words[:, 0])
    if array.type.precision > 18:
        fits = (words[:, 1] == low >> 63) & (low != _LEAST)
        if not (fits | array.is_null().to_numpy(zero_copy_only=False)).all():
            raise NotBinary
    return low


def numeric_fields(array: Array, type_: Type) -> list[tuple[str, Any]]:
    """ndigits, weight, sign, dscale and the digits."""
    scale = type_.scale if type_.kind == "decimal" else 0
    values = integers(array) if type_.kind in INTEGERS else unscaled(array)
    lowest = int(values.min(initial=0))
    if lowest == _LEAST:
        raise NotBinary
    sign: Any = 0
    if lowest < 0:
        sign = np.where(values < 0, np.uint16(_NEGATIVE), np.uint16(0))
        values = np.abs(values)
    whole, fraction = _parts(values, scale)
    digits = [*whole, *fraction]
    head = [(">i2", len(digits)), (">i2", len(whole) - 1), (">u2", sign), (">u2", scale)]
    return [*head, *((">i2", digit) for digit in digits)]


def _parts(values: I64, scale: int) -> tuple[list[I64], list[I64]]:
    """The digits before and after the point, from the left."""
    fraction: list[I64] = []
    rest = values
    for size in _sizes(scale):
        rest, low = split(rest, 10**size)
        fraction.insert(0, low * 10 ** (4 - size) if size < 4 else low)
    whole: list[I64] = []
    largest = int(rest.max(initial=0))
    while largest >= _BASE:
        rest, low = split(rest, _BASE)
        whole.insert(0, low)
        largest //= _BASE
    return [rest, *whole], fraction


def _sizes(scale: int) -> list[int]:
    """How many decimals each digit after the point holds, from the right."""
    return [size for size in (scale % 4, *(4,) * (scale // 4)) if size]
