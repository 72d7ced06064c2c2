"""Columns of type `array(…)`: real arrays where there are any, JSON text elsewhere, the same values everywhere."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from runner.engine import Engine
from runner.formats import open_format
from runner.formats.ddl import create_table_sql
from runner.plan import Plan
from runner.rows import rows
from runner.schema import check
from runner.spec import Output
from runner.types import Type

SCHEMA = r"""
tables:
  t:
    rows: 300
    columns:
      id: sequence
      tags: {array: {of: {gen: choice, values: ["a\"b", "c\\d", "e,f", "{g}", "", "it's", "NULL", ü]}, min: 0, max: 4}, type: array(text)}
      n: {array: {of: {gen: int, min: 1, max: 6, null_rate: 0.3}, min: 2, max: 2}, type: array(int), null_rate: 0.2}
      price: {array: {of: {gen: int, min: 1, max: 9}, max: 2}, type: "array(decimal(6,2))"}
      day: {array: {of: {value: 2024-02-29, type: date}, min: 1, max: 1}, type: array(date)}
      at: {array: {of: {gen: datetime, start: 2024-01-01}, max: 2}, type: array(datetime)}
      yes: {array: {of: true, max: 1}, type: array(bool)}
      none: {array: {of: int, min: 0, max: 0}, type: array(int)}
      doc: {object: {tags: {array: {of: word, max: 2}, type: array(text)}}}
      text: {expr: "concat('<', n, '>')"}
      odd: {array: {of: word, max: 2}, type: array(text), when: id % 2 = 1}
  u:
    per: {parent: t, count: 2}
    columns: {t_id: {ref: t.id}, tags: {expr: parent.tags}, day: {expr: "coalesce(parent.odd, parent.tags)"}}
"""  # noqa: E501


@pytest.fixture(scope="module")
def plan() -> Plan:
    outcome = check(SCHEMA)
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def bytes_of(plan: Plan, **output: Any) -> bytes:
    opened = open_format(plan, Output(**output))
    file = next(f for f in opened.files() if f.table == "t")
    pieces = [p for a, b in file.units() for p in opened.unit(file, Engine(plan, 77), a, b)]
    return b"".join(bytes(memoryview(p)) for p in pieces)


def test_rows_hold_lists(plan: Plan) -> None:
    made = rows(Engine(plan), "t", 0, 300)
    assert {len(row["tags"]) for row in made} == {0, 1, 2, 3, 4}
    assert {len(row["n"]) for row in made if row["n"] is not None} == {2}
    assert {n for row in made for n in row["n"] or ()} == {None, 1, 2, 3, 4, 5, 6}
    assert 30 < sum(row["n"] is None for row in made) < 90
    assert all(row["day"] == ["2024-02-29"] and row["none"] == [] for row in made)
    assert all(row["at"][0].endswith("Z") for row in made)
    assert all((row["odd"] is None) == (row["id"] % 2 == 0) for row in made)
    assert all(isinstance(row["doc"]["tags"], list) for row in made)
    assert {row["text"] for row in made if row["n"] == [1, 1]} == {"<[1,1]>"}
    below = rows(Engine(plan), "u", 0, 600)
    assert all(row["tags"] == made[row["t_id"] - 1]["tags"] for row in below)


def test_blocks_do_not_matter(plan: Plan) -> None:
    whole, parts = Engine(plan).batch("t", 0, 300), [Engine(plan).batch("t", a, a + 50) for a in range(0, 300, 50)]
    assert [row for part in parts for row in part.to_pylist()] == whole.to_pylist()
    assert Plan.from_json(plan.to_json()) == plan


def test_json_lines_and_csv_hold_the_same_arrays(plan: Plan) -> None:
    made = rows(Engine(plan), "t", 0, 300)
    lines = [orjson.loads(line) for line in bytes_of(plan, format="jsonl").splitlines()]
    assert lines == made
    assert orjson.loads(bytes_of(plan, format="json")) == made
    cells = list(csv.DictReader(io.StringIO(bytes_of(plan, format="csv").decode())))
    assert [json.loads(cell["tags"]) for cell in cells] == [row["tags"] for row in made]
    assert [cell["n"] and json.loads(cell["n"]) for cell in cells] == [row["n"] or "" for row in made]


def test_parquet_holds_lists(plan: Plan) -> None:
    table = pq.read_table(io.BytesIO(bytes_of(plan, format="parquet")))
    assert str(table.schema.field("price").type) == "list<element: decimal128(6, 2)>"
    assert table.column("tags").to_pylist() == [row["tags"] for row in rows(Engine(plan), "t", 0, 300)]
    assert set(table.column("price").to_pylist()[0]) <= {Decimal(n) for n in range(1, 10)}
    assert table.column("day").to_pylist()[0] == [date(2024, 2, 29)]


@pytest.mark.parametrize(
    ("dialect", "type_", "written"),
    [("postgresql", "TEXT[]", "'{"), ("mysql", "JSON", "'["), ("sqlite", "TEXT", "'["), ("sqlserver", "NVARCHAR(max)", "N'[")],
)
def test_sql_has_arrays_where_the_database_has(dialect: str, type_: str, written: str, plan: Plan) -> None:
    assert f"tags{'`' if dialect == 'mysql' else ']' if dialect == 'sqlserver' else chr(34)} {type_}" in create_table_sql(
        plan.table("t"), dialect, plan
    )
    assert f"(1, {written}" in bytes_of(plan, format="sql", dialect=dialect).decode()


@pytest.mark.parametrize("text", ["array(int)", "array(decimal(10,2))", "array(string(20))", "array(datetime(3))"])
def test_types_are_read_as_they_are_written(text: str) -> None:
    assert str(Type.parse(text)) == text
    assert Type.parse(text.replace("(", " ( ").replace(")", " ) ").upper()) == Type.parse(text)


@pytest.mark.parametrize("text", ["array", "array()", "array(array(int))", "array(nope)", "array(int", "array(int, int)"])
def test_other_types_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        Type.parse(text)
