"""Kernels of the text formats against Python's own conversions."""

from __future__ import annotations

import base64 as stdlib_base64
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import numbers, pieces
from runner.formats.text import instants, strings
from runner.formats.text.scan import holds_any
from runner.pieces import Part, Pool, gather, texts_of

INT64 = st.integers(-(2**63), 2**63 - 1)


def lines(parts: list[Part], n: int) -> list[str]:
    """What each row reads."""
    text = b"".join(bytes(b) for b in gather([*parts, b"\n"], n)).decode()
    return text.split("\n")[:-1]


@settings(deadline=None)
@given(st.lists(INT64 | st.integers(0, 10**9) | st.integers(-5, 5), max_size=50))
def test_whole_numbers(values: list[int]) -> None:
    assert lines(numbers.whole(np.array(values, np.int64)), len(values)) == [str(v) for v in values]


@pytest.mark.parametrize("end", [2**63 - 1, -(2**63) + 2])
def test_whole_numbers_at_the_ends_of_64_bits(end: int) -> None:
    assert lines(numbers.whole(np.array([end - 2, end, end - 1])), 3) == [str(end - 2), str(end), str(end - 1)]


@pytest.mark.parametrize("start", [0, 9_990, 10**8 - 5, 10**12 - 7, -3])
@pytest.mark.parametrize("step", [1, 9_973, 10**7 + 1])
def test_runs_of_whole_numbers(start: int, step: int) -> None:
    values = start + step * np.arange(30_000)
    assert lines(numbers.whole(values), len(values)) == [str(v) for v in values.tolist()]


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-200, 20_000), max_size=40), st.integers(0, 18))
def test_fixed_point(values: list[int], scale: int) -> None:
    expected = [format(Decimal(v).scaleb(-scale), f".{scale}f") if v or scale else "0" for v in values]
    assert lines(numbers.fixed_point(np.array(values, np.int64), scale), len(values)) == [
        e.replace("-0.", "-0.") for e in expected
    ]


@settings(deadline=None)
@given(st.lists(st.integers(-(10**38) + 1, 10**38 - 1) | st.integers(-999, 999) | st.none(), max_size=20), st.integers(0, 38))
def test_decimals_of_any_width(values: list[int | None], scale: int) -> None:
    import decimal

    with decimal.localcontext(prec=50):
        exact = [None if v is None else Decimal(v).scaleb(-scale) for v in values]
        array = pa.array(exact, pa.decimal128(38, scale)).fill_null(Decimal(0))
        assert lines(numbers.decimal(array), len(values)) == [format(e or Decimal(0), f".{scale}f") for e in exact]


def test_sliced_decimals() -> None:
    array = pa.array([Decimal(i) / 100 for i in range(100)], pa.decimal128(10, 2))[50:60]
    assert lines(numbers.decimal(array), 10) == [f"0.{i}" for i in range(50, 60)]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_timestamps(unit: str) -> None:
    per_second = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    ticks = np.array(
        [0, -1, 1, 951_782_399 * per_second + per_second - 1, -2_208_988_800 * per_second, 4_102_444_799 * per_second]
    )
    digits = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}[unit]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(epoch + timedelta(**{digits: t})).isoformat("T", digits).replace("+00:00", "Z") for t in ticks.tolist()]
    assert lines(instants.timestamps(ticks, unit, b"T", b"Z"), len(ticks)) == expected


def test_dates_over_ages() -> None:
    days = np.array([-719_162, 2_932_896, 0, 19_782, 0])  # 0001-01-01 and 9999-12-31 at the ends
    expected = [(date(1970, 1, 1) + timedelta(days=d)).isoformat() for d in days.tolist()]
    assert lines(instants.dates(days), len(days)) == expected


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_hexadecimal_and_base64(values: list[bytes]) -> None:
    array = texts_of(values)
    assert strings.hexadecimal(array).to_pylist() == [v.hex().upper().encode() for v in values]
    assert strings.base64(array).to_pylist() == [stdlib_base64.b64encode(v) for v in values]


@given(st.lists(st.binary(max_size=8), max_size=8), st.integers(0, 8), st.sets(st.integers(0, 255), min_size=1))
def test_scan_sees_exactly_the_texts(values: list[bytes], offset: int, special: set[int]) -> None:
    array = texts_of(values)[offset:]
    assert holds_any(array, bytes(sorted(special))) == any(special & set(v) for v in values[offset:])


@pytest.mark.parametrize("n", [1, 7, 100, 40_000])
def test_gather_joins_constants_and_pools_in_order(n: int) -> None:
    rng = np.random.default_rng(1)
    index = rng.integers(0, 3, n).astype(np.int32)
    pool, own = Pool(texts_of([b"a", b"", b"ccc"]), index), Pool(texts_of([b"%d" % i for i in range(n)]), None)
    expected = "".join(f"<{['a', '', 'ccc'][j]}||{i}-{i}{['a', '', 'ccc'][j]}>" for i, j in enumerate(index.tolist()))
    parts: list[Part] = [b"<", pool, b"|", b"|", own, b"-", own, pool, b">"]
    assert b"".join(bytes(b) for b in gather(parts, n)).decode() == expected


def test_baked_tables_are_told_apart() -> None:
    index = np.arange(100, dtype=np.int32)
    table = pieces.Table("padded 2")
    one, other = Pool(numbers.padded(2), index, table), Pool(numbers.padded(2), index, table)
    assert lines([b"a", one, b"b", other, b"c"], 2) == ["a00b00c", "a01b01c"]
    assert lines([b"x", one, b"y", other, b"z"], 2) == ["x00y00z", "x01y01z"]
