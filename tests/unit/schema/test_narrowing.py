"""Conditions met by construction: no row needs a second draw, and what is left to the redraws still holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.draws import I64
from runner.engine import Engine, Frame
from runner.schema import check

SCHEMA = """\
tables:
  p: {rows: 10, columns: {id: sequence, floor: {gen: int, min: 0, max: 20}}}
  t:
    rows: 4000
    check: CHECKS
    columns:
      id: sequence
      p_id: {ref: p.id}
      low: {gen: int, min: 0, max: 100, null_rate: 0.2}
      mid: {gen: int, min: 0, max: 100}
      high: {gen: int, min: 0, max: 100, null_rate: 0.1}
      shaped: {gen: int, min: -100, max: 100, dist: normal, mean: 0, sd: 30}
      price: {gen: decimal, min: 1, max: 100, scale: 2}
      cost: {gen: decimal, min: 1, max: 100, scale: 3}
      begun: {gen: date, start: 2020-01-01, end: 2024-12-31}
      ended: {gen: date, start: 2020-01-01, end: 2024-12-31}
      seen: {gen: datetime, after: begun, end: as_of}
      twice: {expr: mid * 2}
"""


def attempts(*checks: str) -> int:
    """The most draws that a row needed beyond the first, when all its conditions hold."""
    found = check(SCHEMA.replace("CHECKS", repr(list(checks))))
    assert found.plan is not None, found.findings
    engine = Engine(found.plan)
    frame = Frame(engine, found.plan.table("t"), np.arange(4000))
    again = drawn_again(frame)
    assert not frame.failing(engine.checks("t").values()).any()
    return int(again.max())


def drawn_again(frame: Frame) -> I64:
    """How often each row was drawn again, for the condition that needed most."""
    most: I64 = np.max([frame.settle(check.group) for check in frame.table.checks], axis=0)
    return most


@pytest.mark.parametrize(
    "checks",
    [
        ["low < mid"], ["low < mid", "mid < high"], ["mid >= low and high > mid", "low > 10"], ["begun <= ended"],
        ["begun < ended", "ended < '2022-01-01'"], ["price >= 10 and price < 20.5"], ["between(shaped, 5, 40)"],
        ["mid = 7"], ["low <= high", "low <= mid", "mid <= high"], ["cost > 2.5"],
        ["50 > mid", "40 <= mid"], ["low + 5 < high", "5 + mid <= low"], ["begun + days(30) <= ended - 10"], ["high = low"],
    ],
)  # fmt: skip
def test_no_row_is_drawn_again(checks: list[str]) -> None:
    assert attempts(*checks) == 0


@pytest.mark.parametrize(
    "checks",
    [
        ["low < mid or high > 50"],
        ["twice > 30"],
        ["mid >= p_id.floor"],
        ["mid <> 7"],
        ["seen < '2024-12-01T00:00:00'"],
    ],
)
def test_others_are_drawn_again_until_they_hold(checks: list[str]) -> None:
    assert 0 < attempts(*checks) < 64


def test_what_is_narrowed_keeps_its_spread() -> None:
    found = check(SCHEMA.replace("CHECKS", "['mid < 50', 'begun <= ended']")).plan
    assert found is not None
    rows = Engine(found).batch("t", 0, 4000)
    mids = np.bincount(rows.column("mid").to_numpy(), minlength=50)
    assert len(mids) == 50
    assert mids.min() > 40
    assert len(set(rows.column("ended").to_pylist())) > 1000


def test_columns_that_are_drawn_with_others_stay_as_they_are() -> None:
    found = check(SCHEMA.replace("CHECKS", "['id > 0', 'p_id >= 1', 'low <= high']")).plan
    plain = check(SCHEMA.replace("CHECKS", "[]")).plan
    assert found is not None and plain is not None
    for name in ("id", "p_id", "mid", "price"):
        assert Engine(found).batch("t", 0, 500).column(name) == Engine(plain).batch("t", 0, 500).column(name)


@pytest.mark.parametrize(
    "checks",
    [
        ["mid > 100"],
        ["mid > 60", "mid < 50"],
        ["begun < '2019-12-31'"],
        ["price < cost + 1", "mid < 0"],
        ["begun < ended", "ended < begun"],
    ],
)
def test_what_no_value_satisfies_is_refused(checks: list[str]) -> None:
    found = check(SCHEMA.replace("CHECKS", repr(checks)))
    assert [(f.code, f.path) for f in found.findings] == [("CHECK_IMPOSSIBLE", "tables.t.check")]


COMPARISONS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["<", "<=", ">", ">=", "="]), st.sampled_from([*"abcd", "2", "5", "8"])),
    min_size=1,
    max_size=6,
)


@given(COMPARISONS)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_comparisons_are_met_or_refused(comparisons: list[tuple[str, str, str]]) -> None:
    conditions = [f"{left} {sign} {right}" for left, sign, right in comparisons]
    columns = {name: {"gen": "int", "min": 0, "max": 9} for name in "abcd"}
    found = check({"tables": {"t": {"rows": 200, "check": conditions, "columns": columns}}})
    points = np.stack(np.meshgrid(*[np.arange(10)] * 4)).reshape(4, -1)
    values = dict(zip("abcd", points, strict=True)) | {n: np.full(10_000, int(n)) for n in "258"}
    signs = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "=": np.equal}
    possible = np.logical_and.reduce([signs[sign](values[left], values[right]) for left, sign, right in comparisons]).any()
    if not possible and found.plan is None:
        assert {f.code for f in found.findings} == {"CHECK_IMPOSSIBLE"}
        return
    if not possible:
        assert any(left == right for left, _, right in comparisons)  # of one column with itself nothing is known beforehand
        return
    assert found.plan is not None, found.findings
    engine = Engine(found.plan)
    frame = Frame(engine, found.plan.table("t"), np.arange(200))
    again = drawn_again(frame)
    assert not frame.failing(engine.checks("t").values()).any()
    assert not again.any() or "=" in {sign[-1] for _, sign, _ in comparisons}
