"""Series over time: base, trend, seasons and noise are those that were asked for, at any moment."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from runner.engine import Engine
from runner.generators import ParameterError
from runner.schema import check
from tests.unit.generators.made import one, table, values_of

START = {"start": "2024-01-01"}
WEEK = {"period": "7d", "amplitude": 10}


def floats(params: dict[str, Any], rows: int = 1_000, column: str = "c") -> Any:
    return np.array([float(value) for value in values_of("series", params, rows=rows, column=column)])


def test_a_trend_rises_by_its_rate() -> None:
    assert values_of("series", {**START, "trend": "0.1/day"}, rows=3) == [Decimal("100.00"), Decimal("100.10"), Decimal("100.20")]
    assert values_of("series", {**START, "trend": "-7/week", "every": "1h", "scale": 4}, rows=25)[-1] == Decimal(99)
    assert values_of("series", {**START, "trend": "2", "base": -5, "scale": 0}, rows=3) == [-5, -3, -1]
    assert values_of("series", {**START, "trend": "60 per hour", "every": "500ms", "scale": 3}, rows=3)[2] == Decimal("100.016")


def test_a_season_is_a_sine_with_its_peak_in_a_quarter_of_the_period() -> None:
    found = floats({**START, "season": WEEK, "every": "1h", "scale": 4, "base": 0}, rows=2_000)
    hours = np.arange(2_000)  # 2024-01-01 was a Monday
    assert np.abs(found - 10 * np.sin(2 * np.pi * hours / (7 * 24))).max() < 0.001


def test_a_season_has_its_peak_where_it_was_asked_for() -> None:
    day = {"period": "daily", "amplitude": 5, "peak": "14h"}
    found = floats({**START, "season": day, "every": "15m", "base": 20}, rows=96)
    assert int(found.argmax()) == 14 * 4
    assert found.max() == 25
    assert found.min() == 15
    year = floats({**START, "season": {"period": "year", "amplitude": 8, "peak": "200d"}, "base": 0}, rows=366)
    assert abs(int(year.argmax()) - 200) <= 1


def test_seasons_add_up() -> None:
    several = [WEEK, {"period": "1d", "amplitude": 3}]
    both = floats({**START, "every": "1h", "base": 0, "season": several})
    parts = [floats({**START, "every": "1h", "base": 0, "season": season}) for season in several]
    assert np.abs(both - parts[0] - parts[1]).max() < 0.011


def test_a_profile_is_followed_in_straight_lines() -> None:
    profile = {"period": "day", "profile": [0, 12, 6, 0]}
    found = floats({**START, "season": profile, "every": "3h", "base": 0}, rows=8)
    assert found.tolist() == [0, 6, 12, 9, 6, 3, 0, 0]


def test_noise_has_its_deviation_and_no_memory() -> None:
    noise = floats({**START, "noise": 2}, rows=100_000) - 100
    assert noise.std() == pytest.approx(2, rel=0.02)
    assert abs(noise.mean()) < 0.03
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.015
    assert abs(np.corrcoef(noise, np.arange(100_000))[0, 1]) < 0.015
    other = floats({**START, "noise": 2}, rows=100_000, column="d") - 100
    assert abs(np.corrcoef(noise, other)[0, 1]) < 0.015


def test_limits_are_kept() -> None:
    found = floats({**START, "noise": 30, "min": 90, "max": 105})
    assert (found.min(), found.max()) == (90, 105)


@pytest.mark.parametrize("kind", ["datetime", "date"])
def test_the_value_follows_the_time_of_the_row(kind: str) -> None:
    columns: dict[str, Any] = {
        "at": (kind, {"start": "1960-01-01", "end": "2030-12-31"}),
        "value": ("series", {**START, "at": "at", "trend": "0.01/day", "season": WEEK, "scale": 3}),
    }
    for row in table(columns, 3_000).to_pylist():
        moment = row["at"] if kind == "datetime" else dt.datetime.combine(row["at"], dt.time())
        days = (moment - dt.datetime(2024, 1, 1)) / dt.timedelta(days=1)
        assert float(row["value"]) == pytest.approx(100 + 0.01 * days + 10 * math.sin(2 * math.pi * days / 7), abs=0.003)


def test_without_a_time_there_is_no_value() -> None:
    text = """
tables:
  t:
    rows: 300
    columns:
      at: {gen: datetime, null_rate: 0.5}
      flat: {gen: series, at: at}
      noisy: {gen: series, at: at, noise: 1}
      rising: {gen: series, at: at, trend: 1/year}
"""
    outcome = check(text)
    assert outcome.plan, outcome.findings
    rows = Engine(outcome.plan).batch("t", 0, 300).to_pylist()
    assert {tuple(value is None for value in row.values()) for row in rows} == {(True,) * 4, (False,) * 4}


def test_columns_of_the_parent_can_be_the_time() -> None:
    text = """
tables:
  devices: {rows: 5, columns: {id: sequence, since: datetime}}
  readings:
    per: {parent: devices, count: 3}
    columns:
      device: {ref: devices.id}
      line: ordinal
      at: {gen: timestamps, start: parent.since, every: 1h, number: line}
      value: {gen: series, at: at, season: {period: 1d, amplitude: 4}}
      level: {gen: series, at: parent.since, trend: 1/year, null_rate: 0.2}
"""
    outcome = check(text)
    assert outcome.plan, outcome.findings


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"trend": "fast"}, "trend", ""),
    ({"trend": "1/parsec"}, "trend", ""),
    ({"trend": "0.000001/year", "scale": 0}, "trend", ""),
    ({"trend": "99999999999/s"}, "trend", ""),
    ({"season": "weekly"}, "season", ""),
    ({"season": {"period": "7d", "amplitud": 3}}, "season", "amplitude"),
    ({"season": {"period": "7d"}}, "season", ""),
    ({"season": {"period": "7x", "amplitude": 1}}, "season", ""),
    ({"season": {"period": "7d", "amplitude": 0}}, "season", ""),
    ({"season": {"period": "7d", "profile": [1]}}, "season", ""),
    ({"season": {"period": "7d", "profile": [1, 2], "amplitude": 3}}, "season", ""),
    ({"noise": -1}, "noise", ""),
    ({"noise": "0.001"}, "noise", ""),
    ({"min": 5, "max": 3}, "min", ""),
    ({"base": 10**15}, "base", ""),
    ({"at": "nowhere"}, "at", ""),
    ({"every": "0s"}, "every", ""),
]


@pytest.mark.parametrize(("params", "parameter", "suggestion"), BAD)
def test_bad_parameters_are_refused_at_their_place(params: dict[str, Any], parameter: str, suggestion: str) -> None:
    with pytest.raises(ParameterError) as refused:
        one("series", params)
    assert (refused.value.parameter, refused.value.suggestion) == (parameter, suggestion)
