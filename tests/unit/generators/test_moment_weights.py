"""Dates and times: weights of months, weekdays and hours, distances from columns, patterns of text, durations."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from runner.calendars import LARGEST, LAST_DAY, moment_at, weight_before
from runner.generators import ParameterError
from runner.generators.durations import microseconds
from runner.schema import check
from tests.unit.generators.made import one, table, values_of

ROWS = 100_000
YEARS = {"start": "2021-01-01", "end": "2024-12-31"}  # four whole years, 1,461 days


def shares(found: list[Any], of: Callable[[Any], int], size: int) -> Any:
    return np.bincount([of(value) for value in found], minlength=size)


def chi_square(found: Any, expected: Any) -> None:
    expected = np.array(expected, float) / sum(expected) * found.sum()
    assert (found[expected == 0] == 0).all()
    seen = expected > 0
    assert ((found[seen] - expected[seen]) ** 2 / expected[seen]).sum() < seen.sum() + 4 * (2 * seen.sum()) ** 0.5 + 8


def days_by(weight: Callable[[dt.date], float], of: Callable[[dt.date], int], size: int) -> list[float]:
    """The exact weight of each category over the four years."""
    found = [0.0] * size
    for number in range(1_461):
        day = dt.date(2021, 1, 1) + dt.timedelta(days=number)
        found[of(day)] += weight(day)
    return found


def test_months_and_weekdays_have_their_weights_together() -> None:
    found = values_of("date", {**YEARS, "months": {"dec": 3, "jul": 0}, "weekdays": {"sat": 2, "sun": "0.5"}}, rows=ROWS)

    def weight(day: dt.date) -> float:
        return {12: 3, 7: 0}.get(day.month, 1) * {5: 2, 6: 0.5}.get(day.weekday(), 1)

    chi_square(shares(found, lambda d: d.month - 1, 12), days_by(weight, lambda d: d.month - 1, 12))
    chi_square(shares(found, lambda d: d.weekday(), 7), days_by(weight, lambda d: d.weekday(), 7))
    chi_square(shares(found, lambda d: (d - dt.date(2021, 1, 1)).days, 1_461),
               days_by(weight, lambda d: (d - dt.date(2021, 1, 1)).days, 1_461))  # fmt: skip


@pytest.mark.parametrize("precision", ["s", "ms", "us"])
def test_hours_have_their_weights_and_ranges_are_kept(precision: str) -> None:
    params = {"start": "2024-03-01T10:30:00", "end": "2024-03-03T16:00:00", "hours": {"9-17": 4, "0-6": 0, 12: 1}}
    found = values_of("datetime", {**params, "precision": precision}, rows=ROWS)
    low, high = dt.datetime(2024, 3, 1, 10, 30), dt.datetime(2024, 3, 3, 16)
    assert low <= min(found) and max(found) <= high
    expected = [0.0] * 24
    for second in range(int((high - low).total_seconds()) + 1):
        hour = (low + dt.timedelta(seconds=second)).hour
        expected[hour] += 0 if hour < 6 else 4 if 9 <= hour < 17 and hour != 12 else 1
    chi_square(shares(found, lambda m: m.hour, 24), expected)
    assert len({m.microsecond for m in found}) > (900 if precision != "s" else 0)


WAYS: list[Any] = [
    "business",
    ["mon", "tue", "wed", "thu", "fri"],
    "mon,tue,wed,thu,fri",
    [1, 2, 3, 4, 5],
    [1, 1, 1, 1, 1, 0, 0],
    {"sat": 0, "Sunday": 0},
    '{"sat": 0, "sun": 0}',
    "sat:0,sun:0",
]


@pytest.mark.parametrize("given", WAYS)
def test_weekdays_are_written_in_many_ways(given: Any) -> None:
    assert values_of("date", {"weekdays": given}) == values_of("business_day")
    assert max(day.weekday() for day in values_of("date", {"weekdays": given})) == 4


def test_distinct_business_days_are_all_of_them() -> None:
    year = {"start": "2024-01-01", "end": "2024-12-31", "weekdays": "business"}
    found = values_of("date", year, rows=262, unique=True)
    assert len(set(found)) == 262
    with pytest.raises(ParameterError, match="262") as refused:
        one("date", year, rows=263, unique=True)
    assert refused.value.code == "UNIQUE_IMPOSSIBLE"
    with pytest.raises(ParameterError, match="weights"):
        one("date", {"weekdays": {"mon": 2}}, unique=True)


def test_weights_hold_between_columns_too() -> None:
    columns = {
        "a": ("datetime", {"start": "2024-01-01", "end": "2024-06-30"}),
        "b": ("datetime", {"after": "a", "within": "21d", "weekdays": "business", "hours": "9-17"}),
    }
    rows = table(columns, ROWS // 2).to_pylist()
    for row in rows:
        assert dt.timedelta(0) <= row["b"] - row["a"] <= dt.timedelta(days=21)
        assert row["b"].weekday() < 5
        assert 9 <= row["b"].hour < 17
    chi_square(shares([row["b"] for row in rows], lambda m: m.hour, 24), [0] * 9 + [1] * 8 + [0] * 7)


def test_where_nothing_is_allowed_between_columns_the_next_allowed_moment_comes() -> None:
    columns = {"a": ("date", {"weekdays": ["sat"]}), "b": ("date", {"after": "a", "within": "1d", "weekdays": "business"})}
    rows = table(columns, 500).to_pylist()
    assert {row["b"] - row["a"] for row in rows} == {dt.timedelta(days=2)}


@pytest.mark.parametrize("hours", [(), (1,) * 24, (0, 3, *(1,) * 20, 7, LARGEST)])
def test_weights_and_moments_are_inverse(hours: tuple[int, ...]) -> None:
    months, weekdays = (1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11, LARGEST), (1, 0, 2, 3, 4, 5, LARGEST)
    scale = 86_400 if hours else 1
    moments = np.random.default_rng(1).integers(-100_000 * scale, 100_000 * scale, 50_000)
    before = weight_before(moments, months, weekdays, hours)
    counted = weight_before(moments + 1, months, weekdays, hours) > before
    assert counted.mean() > 0.5
    assert (moment_at(before, months, weekdays, hours)[counted] == moments[counted]).all()
    assert (np.diff(weight_before(np.sort(moments), months, weekdays, hours)) >= 0).all()


def test_the_weight_of_all_seconds_fits_64_bits() -> None:
    most = weight_before(np.array([LAST_DAY * 86_400]), (LARGEST,) * 12, (LARGEST,) * 7, (LARGEST,) * 24)
    assert 0 < int(most[0]) < 2**62


def test_distances_from_columns() -> None:
    columns = {
        "a": ("datetime", {}),
        "b": ("datetime", {"start": "a + 36h", "within": "0s"}),
        "c": ("date", {"start": "a + 1mo", "within": "0d"}),
        "d": ("date", {"start": "c - 1y", "end": "c - 1y"}),
        "e": ("datetime", {"start": "a - 1mo", "within": "0s"}),
    }
    for row in table(columns, 2_000).to_pylist():
        assert row["b"] - row["a"] == dt.timedelta(hours=36)
        months = row["c"].year * 12 + row["c"].month - row["a"].year * 12 - row["a"].month
        assert months == 1 and row["c"].day in (row["a"].day, 28, 29, 30)
        assert row["c"].year - row["d"].year == 1 and row["d"].month == row["c"].month
        assert row["e"].time() == row["a"].time() and row["e"] < row["a"]


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%d.%m.%y", "%a %A %b %B", "%j|%u|%w", "%G-W%V-%u", "100%% %F %D", "%Y%m%d"])
def test_days_are_written_as_the_library_writes_them(pattern: str) -> None:
    params = {"start": "1901-01-01", "end": "2099-12-31"}
    assert values_of("date", {**params, "pattern": pattern}) == [d.strftime(pattern) for d in values_of("date", params)]


@pytest.mark.parametrize("pattern", ["%Y-%m-%dT%H:%M:%S", "%I:%M %p", "%H%M%S.%f", "%F %T", "%R"])
def test_moments_are_written_as_the_library_writes_them(pattern: str) -> None:
    params = {"start": "1969-01-01", "precision": "us"}
    assert values_of("datetime", {**params, "pattern": pattern}) == [m.strftime(pattern) for m in values_of("datetime", params)]


def test_codes_of_our_own() -> None:
    params = {"start": "1969-01-01", "end": "1971-12-31", "precision": "ms"}
    found = values_of("datetime", {**params, "pattern": "%s %L q%q %e"})
    for text, moment in zip(found, values_of("datetime", params), strict=True):
        seconds = int((moment - dt.datetime(1970, 1, 1)) // dt.timedelta(seconds=1))
        assert text == f"{seconds} {moment.microsecond // 1000:03} q{(moment.month + 2) // 3} {moment.day}"
    assert values_of("time", {"pattern": "%H:%M:%S"}) == [f"{clock:%H:%M:%S}" for clock in values_of("time")]


def test_text_of_distinct_moments_is_distinct_or_refused() -> None:
    found = values_of("date", {"pattern": "%d/%m/%Y"}, rows=1_800, unique=True)
    assert len(set(found)) == 1_800
    with pytest.raises(ParameterError, match="same text") as refused:
        one("date", {"pattern": "%m/%Y"}, unique=True)
    assert refused.value.code == "UNIQUE_IMPOSSIBLE"


def test_unix_times_have_units() -> None:
    seconds, thousandths = values_of("unix_time"), values_of("unix_time", {"unit": "ms"})
    assert [len(str(value)) for value in (seconds[0], thousandths[0])] == [10, 13]
    assert len({value % 1_000 for value in thousandths}) > 500


def test_timestamps_rise_by_steps_within_their_jitter() -> None:
    start = dt.datetime(2024, 1, 1)
    found = values_of("timestamps", {"start": "2024-01-01", "every": "5m", "jitter": "30s"}, rows=5_000, unique=True)
    apart = [moment - start - number * dt.timedelta(minutes=5) for number, moment in enumerate(found)]
    assert max(apart) == dt.timedelta(seconds=30) and min(apart) == dt.timedelta(seconds=-30)
    assert sorted(set(found)) == found
    assert values_of("timestamps", {"every": "1h"}, rows=3)[-1] == dt.datetime(2025, 1, 1)
    assert values_of("timestamps", {"every": "250ms", "start": "2024-01-01"}, rows=2)[1].microsecond == 250_000
    with pytest.raises(ParameterError, match="jitter"):
        one("timestamps", {"every": "1m", "jitter": "30s"}, unique=True)


def test_timestamps_of_children_are_counted_by_their_ordinal() -> None:
    columns = {
        "device": {"ref": "devices.id"}, "line": "ordinal",
        "at": {"gen": "timestamps", "start": "parent.since", "every": "10m", "number": "line"},
    }  # fmt: skip
    tables = {
        "devices": {"rows": 20, "columns": {"id": "sequence", "since": "datetime"}},
        "readings": {"per": {"parent": "devices", "count": 4}, "columns": columns},
    }
    outcome = check({"tables": tables})
    assert outcome.plan, outcome.findings
    from runner.engine import Engine

    engine = Engine(outcome.plan)
    since = {row["id"]: row["since"] for row in engine.batch("devices", 0, 20).to_pylist()}
    for row in engine.batch("readings", 0, 80).to_pylist():
        assert row["at"] - since[row["device"]] == row["line"] * dt.timedelta(minutes=10)


def test_durations() -> None:
    found = values_of("duration", {"min": "5s", "max": "65s", "step": "20s", "style": "seconds"}, rows=4, unique=True)
    assert sorted(map(int, found)) == [5, 25, 45, 65]
    assert set(values_of("duration", {"min": "1h", "max": "1h30m", "step": "30m"})) == {"PT1H0M0S", "PT1H30M0S"}
    assert set(values_of("duration", {"min": "1h", "max": "1h30m", "step": "30m", "style": "clock"})) == {"01:00:00", "01:30:00"}
    written = {"90": 90, "1.5m": 90, "1h30m": 5_400, "2 days": 172_800, "week": 604_800, "1d 12h": 129_600}
    assert {text: microseconds(text, "x") // 10**6 for text in written} == written


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("date", {"weekdays": {"mo": 2}}, "weekdays", ""),
    ("date", {"weekdays": {"frday": 2}}, "weekdays", "friday"),
    ("date", {"weekdays": [0] * 7}, "weekdays", ""),
    ("date", {"weekdays": {}}, "weekdays", ""),
    ("date", {"weekdays": {"mon": -1}}, "weekdays", ""),
    ("date", {"months": {"13": 1}}, "months", ""),
    ("date", {"months": 5.5}, "months", ""),
    ("date", {"start": "1500-01-01", "weekdays": "business"}, "", ""),
    ("date", {"start": "2024-06-01", "end": "2024-06-02", "weekdays": "business"}, "", ""),
    ("date", {"within": "5d"}, "within", ""),
    ("date", {"start": "2024-01-01", "within": "5h"}, "within", ""),
    ("date", {"start": "2024-01-01", "within": "soon"}, "within", ""),
    ("date", {"pattern": "%H"}, "pattern", ""),
    ("date", {"pattern": "day"}, "pattern", ""),
    ("time", {"pattern": "%Y"}, "pattern", ""),
    ("time", {"pattern": "%s"}, "pattern", ""),
    ("datetime", {"hours": "25"}, "hours", ""),
    ("datetime", {"hours": {"9-9": 1}}, "hours", ""),
    ("duration", {"min": "2h", "max": "1h"}, "min", ""),
    ("duration", {"step": "0s"}, "step", ""),
    ("timestamps", {"every": "0s"}, "every", ""),
    ("timestamps", {"every": "5ms", "precision": "s"}, "every", ""),
]


@pytest.mark.parametrize(("name", "params", "parameter", "suggestion"), BAD)
def test_bad_parameters_are_refused_at_their_place(name: str, params: dict[str, Any], parameter: str, suggestion: str) -> None:
    with pytest.raises(ParameterError) as refused:
        one(name, params)
    assert (refused.value.parameter, refused.value.suggestion) == (parameter, suggestion)


def test_findings_have_their_line_and_column() -> None:
    columns = "      d: {gen: date, weekdays: {frday: 2}}\n      n: {gen: int, dist: poison}\n"
    text = f"tables:\n  t:\n    rows: 3\n    columns:\n{columns}"
    found = [(f.line, f.path.rpartition(".")[2], f.code, f.suggestion) for f in check(text).findings]
    assert found == [(5, "weekdays", "PARAMETER_INVALID", "friday"), (6, "dist", "PARAMETER_INVALID", "poisson")]


def test_hours_of_a_year_are_all_reached() -> None:
    found = Counter(moment.hour for moment in values_of("datetime", {"hours": "22-6"}, rows=20_000))
    assert sorted(found) == [0, 1, 2, 3, 4, 5, 22, 23]
