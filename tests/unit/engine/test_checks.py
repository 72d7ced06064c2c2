"""Conditions of rows: each holds on every row, and drawing again leaves keys, references and other columns alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runner.engine import Engine, RowError
from runner.plan import Plan
from runner.schema import check

SCHEMA = """\
tables:
  staff: {rows: 40, columns: {id: sequence, grade: {gen: int, min: 1, max: 9}}}
  shifts:
    rows: 5000
    check: CHECKS
    columns:
      id: sequence
      staff_id: {ref: staff.id}
      low: {gen: int, min: 0, max: 100}
      high: {gen: int, min: 0, max: 100, null_rate: 0.1}
      width: {expr: high - low}
      city: city
      state: state
      code: {gen: pattern, template: "A-#####", unique: true}
      kind: {gen: choice, values: {day: 7, night: 3}}
  notes: {rows: 900, columns: {shift_id: {ref: shifts.id}, width: {expr: shift_id.width}}}
"""
CHECKS = '["high - low between_ 5", "kind = \'day\' or width > 20", "low >= staff_id.grade"]'.replace("between_", ">")


def planned(checks: str = CHECKS) -> Plan:
    outcome = check(SCHEMA.replace("CHECKS", checks))
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def written(plan: Plan, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Engine(plan).batch(table, 0, plan.table(table).rows).to_pylist()
    return found


def test_every_row_satisfies_every_check() -> None:
    plan = planned()
    grades = {row["id"]: row["grade"] for row in written(plan, "staff")}
    for row in written(plan, "shifts"):
        assert row["high"] is None or row["high"] - row["low"] > 5
        assert row["kind"] == "day" or row["width"] is None or row["width"] > 20
        assert row["low"] >= grades[row["staff_id"]]


def test_only_what_a_check_reads_is_drawn_again() -> None:
    with_checks, without = written(planned(), "shifts"), written(planned("[]"), "shifts")
    for name in ("id", "staff_id", "city", "state", "code"):
        assert [r[name] for r in with_checks] == [r[name] for r in without], name
    assert [r["high"] is None for r in with_checks] == [r["high"] is None for r in without]
    good = [i for i, r in enumerate(without) if r["high"] is not None and r["high"] - r["low"] > 20 and r["low"] >= 9]
    assert good
    assert all(with_checks[i] == without[i] for i in good)


def test_columns_of_one_draw_are_drawn_again_together() -> None:
    rows, before = written(planned("[\"not starts_with(city, 'S')\"]"), "shifts"), written(planned("[]"), "shifts")
    cities = check("tables: {t: {rows: 100K, columns: {city: city, state: state}}}").plan
    assert cities is not None
    known = {(r["city"], r["state"]) for r in written(cities, "t")}
    changed = [r for r, old in zip(rows, before, strict=True) if r["city"] != old["city"]]
    assert changed
    assert not any(r["city"].startswith("S") for r in rows)
    assert {(r["city"], r["state"]) for r in changed} <= known


def test_any_row_of_it_is_the_same_alone_and_from_elsewhere() -> None:
    plan = planned()
    engine = Engine(plan)
    widths = engine.physical("shifts", "width", np.arange(5000)).to_pylist()
    rows = np.array([4999, 3, 3, 77], dtype=np.int64)
    assert engine.physical("shifts", "width", rows).to_pylist() == [widths[r] for r in rows]
    assert all(n["width"] == widths[n["shift_id"] - 1] for n in written(plan, "notes"))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("low % 2 = 3", "none of 64 draws satisfies 'low % 2 = 3'"),
        ("id < 3", "'id < 3' does not hold, and it reads nothing that could be drawn again"),
        ("staff_id <> 7", "'staff_id <> 7' does not hold, and it reads nothing that could be drawn again"),
    ],
)
def test_what_cannot_be_satisfied_fails_naming_the_row(condition: str, said: str) -> None:
    with pytest.raises(RowError, match=rf"shifts, row [\d,]+: {said}") as raised:
        Engine(planned(f'["{condition}", "kind <> \'late\'"]')).batch("shifts", 0, 5000)
    assert "late" not in str(raised.value), "a condition that holds is not to blame"


def test_plans_with_checks_survive_their_json() -> None:
    plan = planned()
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.table("shifts").checks[0].text == "high - low > 5"


RARE = """\
tables:
  t:
    rows: 20000
    check: ["a % 4 = 0", "b % 4 = 0", "c % 4 = 0", "d % 4 = 0", "e + f <> 3", "f + g <> 3", "id > 0"]
    columns:
      id: sequence
LEFT
"""
NAMES = "abcdefg"


def rare(*left_out: str) -> Plan:
    columns = "\n".join(f"      {n}: {{gen: int, min: 1, max: 100}}" for n in NAMES)
    outcome = check(
        "\n".join(line for line in RARE.replace("LEFT", columns).splitlines() if not line.strip().startswith(left_out))
    )
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def test_conditions_that_share_no_column_are_drawn_again_apart() -> None:
    plan = rare("-")
    rows = written(plan, "t")
    assert all(row[n] % 4 == 0 for row in rows for n in "abcd"), "all four at once would hold in one row of 256"
    assert all(row["e"] + row["f"] != 3 != row["f"] + row["g"] for row in rows)
    assert [c.group for c in plan.table("t").checks] == [0, 1, 2, 3, 4, 4, -7]


def test_drawing_again_for_one_condition_leaves_those_of_others() -> None:
    drawn, good = written(rare("-"), "t"), written(rare("check"), "t")
    for name in "abcd":
        kept = [(d[name], g[name]) for d, g in zip(drawn, good, strict=True) if g[name] % 4 == 0]
        assert len(kept) > 4000
        assert all(d == g for d, g in kept), name


@pytest.mark.parametrize(
    "column",
    [
        "{expr: \"date('9999-12-31') + days(id - 1)\"}",
        "{expr: \"datetime('9999-12-31 23:59:59') + seconds(id - 1)\"}",
        "{expr: \"datetime('9999-12-31 23:59:59.999') + seconds(id - 1)\", type: datetime(3)}",
        "{expr: \"date('0001-01-01') - days(id - 1)\"}",
    ],
)
def test_dates_end_with_the_year_9999(column: str) -> None:
    plan = check(f"tables: {{t: {{rows: 5, columns: {{id: sequence, d: {column}}}}}}}").plan
    assert plan is not None
    assert Engine(plan).batch("t", 0, 1).num_rows == 1
    with pytest.raises(RowError, match=r"t\.d, rows from 1: a date lies outside the years 1 to 9999"):
        Engine(plan).batch("t", 1, 2)
