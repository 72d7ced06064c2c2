"""Columns under conditions, and texts with other columns in them."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engine import Engine
from runner.schema import check

SCHEMA = """\
tables:
  p: {rows: 30, columns: {id: sequence, land: {gen: choice, values: [ID, US, DE]}}}
  t:
    per: {parent: p, count: 9}
    columns:
      age: {gen: int, min: 10, max: 40, null_rate: 0.2}
      land: {expr: parent.land}
      COLUMN
"""


def made(column: str) -> list[dict[str, Any]]:
    outcome = check(SCHEMA.replace("COLUMN", f"x: {column}"))
    assert outcome.plan is not None, outcome.findings
    found: list[dict[str, Any]] = Engine(outcome.plan).batch("t", 0, 270).to_pylist()
    assert outcome.plan.table("t").column("x").nullable or all(row["x"] is not None for row in found)
    return found


def test_a_generator_under_a_condition_makes_null_elsewhere() -> None:
    rows = made("{gen: pattern, template: 'K-##', when: {parent.land: ID}}")
    assert {r["x"] is not None for r in rows if r["land"] == "ID"} == {True}
    assert {r["x"] for r in rows if r["land"] != "ID"} == {None}


def test_else_is_a_column_as_well() -> None:
    rows = made("{gen: int, min: 1, max: 5, when: 'age > 20', else: {expr: -age}, type: bigint}")
    for row in rows:
        age = row["age"]
        assert 1 <= row["x"] <= 5 if age is not None and age > 20 else row["x"] == (None if age is None else -age)


def test_the_first_case_that_holds_counts() -> None:
    rows = made("{case: [{when: age < 18, then: {value: minor}}, {when: {land: [US, DE]}, then: {expr: land}}], else: word}")
    for row in rows:
        if row["age"] is not None and row["age"] < 18:
            assert row["x"] == "minor"
        elif row["land"] != "ID":
            assert row["x"] == row["land"]
        else:
            assert row["x"] not in ("minor", "ID", None)


def test_mappings_take_numbers_and_null() -> None:
    rows = made("{case: [{when: {age: null}, then: 1}, {when: {age: 20, land: US}, then: 2}], else: 3}")
    for row in rows:
        expected = 1 if row["age"] is None else 2 if row["age"] == 20 and row["land"] == "US" else 3
        assert row["x"] == expected


def test_templates_hold_columns_expressions_and_braces() -> None:
    for row in made("{template: '{{{land}}}-{lpad(coalesce(age, 0), 3, \"0\")}!'}"):
        assert row["x"] == f"{{{row['land']}}}-{row['age'] or 0:03}!"


@pytest.mark.parametrize(
    ("column", "code", "at"),
    [
        ("{template: 'a {lnad}'}", "COLUMN_NOT_FOUND", 25),
        ("{template: 'a {land'}", "EXPR_SYNTAX", 24),
        ("{template: 3}", "TYPE_INVALID", 21),
        ("{gen: int, when: lnad = 'x'}", "COLUMN_NOT_FOUND", 27),
        ("{gen: int, when: land}", "EXPR_TYPE", 27),
        ("{gen: int, when: 3}", "TYPE_INVALID", 27),
        ("{gen: int, else: 3}", "FIELD_CONFLICT", 21),
        ("{case: []}", "TYPE_INVALID", 17),
        ("{case: [{when: age > 3}]}", "MISSING_FIELD", 18),
        ("{case: [{when: age > 3, then: {ref: p.id}}]}", "REF_INVALID", 40),
        ("{case: [{when: age > 3, then: firstname_}, {when: age > 4, then: 5}]}", "EXPR_TYPE", 17),
        ("{case: [{when: age > 3, then: frstname_}]}", "GENERATOR_NOT_FOUND", 40),
        ("{case: [{when: age > 3, then: 5}], unique: true}", "UNIQUE_UNSUPPORTED", 45),
    ],
)
def test_mistakes_are_told_with_their_place(column: str, code: str, at: int) -> None:
    found = check(SCHEMA.replace("COLUMN", f"x: {column}")).errors
    assert [(f.code, f.line, f.column) for f in found] == [(code, 8, at)]
