"""Dates, times and timestamps as parts: days, minutes and seconds looked up."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from runner.draws import I64
from runner.numbers import padded, split
from runner.pieces import Part, Pool, Table, binary
from runner.vectors import Array

_DAY = 86_400
_DIGITS = {"s": 0, "ms": 3, "us": 6}
_RANGE = 40_000  # neighbouring days looked up together


def dates(days: I64) -> list[Part]:
    """Days since 1970-01-01 as YYYY-MM-DD."""
    if not len(days):
        return [b""]
    low, high = int(days.min()), int(days.max())
    if high - low < _RANGE:
        return [Pool(_dates(np.arange(low, high + 1)), (days - low).astype(np.int32))]
    distinct, index = np.unique(days, return_inverse=True)
    return [Pool(_dates(distinct), index.astype(np.int32))]


def _dates(days: I64) -> Array:
    return binary(pa.array(days.astype(np.int32)).cast(pa.date32()).cast(pa.string()))


def times(ticks: I64, unit: str) -> list[Part]:
    """Ticks of `unit` (s, ms or us) since midnight as HH:MM:SS with 0, 3 or 6 digits of fraction."""
    digits = _DIGITS[unit]
    seconds, fraction = split(ticks, 10**digits) if digits else (ticks, ticks)
    minutes, seconds = split(seconds, 60)  # two small tables stay in the cache, one of 86,400 texts would not
    parts: list[Part] = [Pool(_minutes(), minutes.astype(np.int32), Table("minutes of a day"))]
    parts += [b":", Pool(padded(2), seconds.astype(np.int32), Table("padded 2"))]
    if digits:
        parts.append(b".")
    if digits == 6:
        high, fraction = split(fraction, 1000)
        parts.append(Pool(padded(3), high.astype(np.int32), Table("padded 3")))
    if digits:
        parts.append(Pool(padded(3), fraction.astype(np.int32), Table("padded 3")))
    return parts


@cache
def _minutes() -> Array:
    """00:00 .. 23:59."""
    return binary(pa.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(24 * 60)]))


def timestamps(ticks: I64, unit: str, between: bytes, zone: bytes) -> list[Part]:
    """Ticks of `unit` since 1970-01-01T00:00:00 UTC: the date, `between`, the time, `zone`."""
    days, rest = split(ticks, _DAY * 10 ** _DIGITS[unit])
    return [*dates(days), between, *times(rest, unit), zone]


def ticks(array: Array) -> I64:
    """The whole numbers behind a date, time or timestamp array (nulls are any valid number)."""
    whole = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64()).cast(pa.int64())
    values: I64 = (whole.fill_null(0) if whole.null_count else whole).to_numpy()
    return values
