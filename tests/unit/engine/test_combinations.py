"""Columns that are distinct together: every combination once, at any size, and nothing kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runner.engine import Engine
from runner.permute import permute_within
from runner.plan import Plan
from runner.schema import check


def planned(schema: str) -> Plan:
    outcome = check(schema)
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def written(plan: Plan, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Engine(plan).batch(table, 0, plan.table(table).rows).to_pylist()
    return found


def assert_distinct(plan: Plan, table: str, *columns: str) -> None:
    rows = [tuple(row[c] for c in columns) for row in written(plan, table)]
    assert len(set(rows)) == len(rows) == plan.table(table).rows


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 64, 100, 999, 70_000])
def test_each_group_has_a_bijection_of_its_own(n: int) -> None:
    group, x = np.repeat(np.arange(5), n), np.tile(np.arange(n), 5)
    y = permute_within(11, n, group, x).reshape(5, n)
    assert (np.sort(y, axis=1) == np.arange(n)).all()
    assert n < 7 or len({tuple(row[:50]) for row in y.tolist()}) == 5


def test_images_within_a_group_are_even() -> None:
    n, groups = 10, 20_000
    y = permute_within(3, n, np.arange(groups), np.zeros(groups, dtype=np.int64))
    counts = np.bincount(y, minlength=n)
    assert (np.abs(counts - groups / n) < 6 * (groups / n) ** 0.5).all()


def test_children_differ_within_their_parent() -> None:
    plan = planned("""\
tables:
  orders: {rows: 800, columns: {id: sequence}}
  items:
    per: {parent: orders, count: {min: 0, max: 9}}
    unique: [[order_id, sku]]
    columns:
      order_id: {ref: orders.id}
      sku: {gen: pattern, template: "S-#"}
      note: {gen: choice, values: [a, b]}
""")
    assert_distinct(plan, "items", "order_id", "sku")
    assert plan.table("items").unique == (("order_id", "sku"),)
    assert len({row["sku"] for row in written(plan, "items")}) == 10


def test_two_references_are_a_pair_once() -> None:
    plan = planned("""\
tables:
  a: {rows: 30, columns: {id: sequence}}
  b: {rows: 40, columns: {id: {gen: sequence, start: 100}, name: {gen: word}}}
  c:
    rows: 1200
    primary_key: [a_id, b_id]
    columns: {a_id: {ref: a.id}, b_id: {ref: b.id}, name: {expr: b_id.name}}
""")
    assert_distinct(plan, "c", "a_id", "b_id")
    names = {row["id"]: row["name"] for row in written(plan, "b")}
    assert all(row["name"] == names[row["b_id"]] for row in written(plan, "c"))


def test_a_parent_and_another_reference_and_a_choice() -> None:
    plan = planned("""\
tables:
  a: {rows: 50, columns: {id: sequence}}
  b: {rows: 4, columns: {x: sequence, y: {expr: x * 2}}, primary_key: [x, y]}
  c:
    per: {parent: a, count: {min: 5, max: 12}}
    unique: [[a_id, b_x, b_y, size]]
    columns: {a_id: {ref: a.id}, b: {ref: [b.x, b.y]}, size: {gen: choice, values: {s: 5, m: 3, l: 1}}}
""")
    assert_distinct(plan, "c", "a_id", "b_x", "b_y", "size")


def test_columns_that_cannot_be_numbered_may_stand_in_a_larger_set() -> None:
    plan = planned("""\
tables:
  t:
    rows: 5000
    unique: [[day, code, note]]
    columns:
      day: {gen: date, start: 2024-01-01, end: 2024-12-31}
      code: {gen: int, min: 1, max: 20, null_rate: 0.1}
      note: {expr: "code * 2"}
""")
    rows = [r for r in written(plan, "t") if r["code"] is not None]
    assert len({(r["day"], r["code"]) for r in rows}) == len(rows)


def test_a_junction_holds_each_pair_once() -> None:
    plan = planned("""\
tables:
  students: {rows: 70, columns: {id: sequence}}
  courses: {rows: 30, columns: {id: sequence, title: {gen: word}}}
  grades:
    per: {parents: [students, courses], density: 0.25}
    columns: {student_id: {ref: students.id}, course_id: {ref: courses.id}, grade: {gen: int, min: 1, max: 6}}
  friends:
    per: {parents: [students, students]}
    rows: 4900
    columns: {id: sequence, one: {ref: students.id}, other: {ref: students.id}}
""")
    assert plan.table("grades").rows == 525
    assert plan.table("grades").primary_key == ("student_id", "course_id")
    assert plan.table("friends").unique == (("one", "other"),)
    assert_distinct(plan, "grades", "student_id", "course_id")
    assert_distinct(plan, "friends", "one", "other")


def test_pairs_beyond_what_a_set_could_hold_are_there_at_once() -> None:
    plan = planned("""\
tables:
  a: {rows: 100M, columns: {id: sequence}}
  b: {rows: 1B, columns: {id: sequence}}
  c: {per: {parents: [a, b], rows: 1000B}, columns: {a_id: {ref: a.id}, b_id: {ref: b.id}}}
""")
    batch = Engine(plan).batch("c", 999_999_000_000, 999_999_001_000).to_pylist()
    assert len({(r["a_id"], r["b_id"]) for r in batch}) == 1000
