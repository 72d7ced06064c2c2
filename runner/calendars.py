"""Weights of the calendar: months, weekdays and hours that come more often than others, exactly and between any bounds.

Days run from 1600-01-01 to 2400-12-31. Moments are counted by the weight that lies before them, so that
an even draw of that weight, turned back into a moment, follows the weights. Only whole numbers are used.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from runner.draws import I64

FIRST_DAY, LAST_DAY = -135_140, 157_419
"""1600-01-01 and 2400-12-31, in days since 1970-01-01."""
LARGEST = 400
"""The largest weight: with it the weight of all seconds stays below 2^63."""
DAY, HOUR = 86_400, 3_600
Weights = tuple[int, ...]


class _Days(NamedTuple):
    """The weight of each day, and of all days before it (one entry more)."""

    weight: I64
    before: I64


class _Hours(NamedTuple):
    """The weight of each hour, of all hours before it, and the hour that owns each unit of weight."""

    weight: I64
    before: I64
    owner: I64


@lru_cache(maxsize=32)
def _days(months: Weights, weekdays: Weights) -> _Days:
    day = np.arange(FIRST_DAY, LAST_DAY + 1, dtype=np.int64)
    month = day.view("datetime64[D]").astype("datetime64[M]").view(np.int64) % 12
    weight = np.array(months, np.int64)[month] * np.array(weekdays, np.int64)[(day + 3) % 7]
    return _Days(weight, np.concatenate((np.zeros(1, np.int64), np.cumsum(weight))))


@lru_cache(maxsize=32)
def _hours(hours: Weights) -> _Hours:
    weight = np.array(hours, np.int64)
    return _Hours(weight, np.concatenate((np.zeros(1, np.int64), np.cumsum(weight))), np.repeat(np.arange(24), weight))


def weight_before(moment: I64, months: Weights, weekdays: Weights, hours: Weights) -> I64:
    """The weight of all moments before these (seconds, or days without hours); moments outside the years count as their ends."""
    days = _days(months, weekdays)
    if not hours:
        before: I64 = days.before[np.clip(moment - FIRST_DAY, 0, LAST_DAY + 1 - FIRST_DAY)]
        return before
    table, moment = _hours(hours), np.clip(moment, FIRST_DAY * DAY, (LAST_DAY + 1) * DAY - 1)
    day = moment // DAY
    second = moment - day * DAY
    hour = second // HOUR
    inside = table.before[hour] * HOUR + table.weight[hour] * (second - hour * HOUR)
    day -= FIRST_DAY
    whole: I64 = days.before[day] * (table.before[24] * HOUR) + days.weight[day] * inside
    return whole


def moment_at(unit: I64, months: Weights, weekdays: Weights, hours: Weights) -> I64:
    """The moment that has a unit of weight: units beyond the last one belong to the last moment."""
    if not len(unit):
        return unit
    days = _days(months, weekdays)
    if not hours:
        return _owner(days, np.clip(unit, 0, days.before[-1] - 1)) + FIRST_DAY
    table = _hours(hours)
    whole = table.before[24] * HOUR
    unit = np.clip(unit, 0, days.before[-1] * whole - 1)
    day = _owner(days, unit // whole)
    inside = (unit - days.before[day] * whole) // days.weight[day]
    hour = table.owner[inside // HOUR]
    second = (inside - table.before[hour] * HOUR) // table.weight[hour]
    found: I64 = (day + FIRST_DAY) * DAY + hour * HOUR + second
    return found


def _owner(days: _Days, unit: I64) -> I64:
    """The days that own units of weight, searched for among those that can be."""
    low = int(np.searchsorted(days.before, unit.min(), side="right")) - 1
    high = int(np.searchsorted(days.before, unit.max(), side="right"))
    found: I64 = np.searchsorted(days.before[low : high + 1], unit, side="right") - 1 + low
    return found
