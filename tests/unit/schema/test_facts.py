"""What is said of operations without running them holds when they run: ranges, nulls, lengths."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner.engine import Engine
from runner.generators import catalogue
from runner.plan import Plan
from runner.schema import check
from runner.schema.bounds import Facts
from runner.schema.facts import Analysis

ROWS = 3_000
SCHEMA = """\
tables:
  p:
    rows: 40
    columns: {id: sequence, day: {gen: date, null_rate: 0.2}, n: {gen: int, min: -5, max: 9}, word: {gen: word}}
  t:
    per: {parent: p, count: {min: 0, max: 7}}
    columns:
      p_id: {ref: p.id}
      other: {ref: p.id, pick: zipf(1), null_rate: 0.1}
      k: ordinal
      a: {expr: "(k - 3) * parent.n"}
      b: {expr: "abs(a) + max(k, parent.n) - min(a, 2)"}
      c: {expr: "-a % 4 + a // 3"}
      d: {expr: "a / k", type: "decimal(12,3)"}
      e: {expr: "k / a", type: "decimal(12,3)"}
      f: {expr: "concat(parent.word, ' ', other, lpad(a, 12, '.'))"}
      g: {expr: "if(a > 0, parent.day, parent.day + 30)"}
      h: {expr: "coalesce(other, 0) + round(k * 1.257, 1)"}
      i: {expr: "left(parent.word, 3) + right(f, 5) + text(h) + text(g)"}
      j: {expr: "year(g) * 100 + month(g)"}
      l: {gen: datetime, after: parent.day, end: as_of}
      m: {expr: "seconds_between(l, as_of) // 86400"}
      o: {gen: decimal, min: -3.5, max: 12, scale: 2, dist: normal}
      q: {expr: "floor(o) * ceil(o)"}
"""


def holds(facts: Facts, values: pa.Array) -> list[str]:
    """What of the facts is not true of physical values."""
    wrong = []
    if values.null_count and not facts.nullable:
        wrong.append("nullable")
    given = values.drop_null()
    given = given.dictionary_decode() if pa.types.is_dictionary(given.type) else given
    if not len(given):
        return wrong
    if pa.types.is_integer(given.type):
        ends = pc.min_max(given).as_py()
        wrong += ["low"] if facts.low is not None and ends["min"] < facts.low else []
        wrong += ["high"] if facts.high is not None and ends["max"] > facts.high else []
    if pa.types.is_string(given.type) or pa.types.is_large_string(given.type):
        wrong += ["length"] if facts.length is not None and pc.max(pc.utf8_length(given)).as_py() > facts.length else []
    return wrong


def said(plan: Plan, table: str, column: str) -> Facts:
    """The facts of a planned column, worked out from the plan alone."""
    found = plan.table(table)
    parents = plan.table(found.layout.parent).rows if found.layout else 1
    most = max(found.layout.counts) if found.layout else 1
    analysis = Analysis(found.rows, lambda other, name: said(plan, other or table, name), parents, most)
    return analysis.facts(found.column(column).op)


@pytest.mark.parametrize("name", sorted(catalogue()))
@pytest.mark.parametrize("unique", [False, True], ids=["plain", "unique"])
def test_generators_stay_within_what_is_known_of_them(name: str, unique: bool) -> None:
    words = [1, 3, 11] if name == "number.empirical" else ["one", "three", "eleven"]
    values = {"values": words} if any(p.name == "values" for p in catalogue()[name].parameters) else {}
    locale = "id_ID" if catalogue()[name].locales == ("id_ID",) else "en_US"
    column = {"gen": name, "unique": unique, "null_rate": 0.1, "locale": locale, **values}
    plan = check({"tables": {"t": {"rows": 30 if unique else ROWS, "columns": {"a": column}}}}).plan
    if plan is None:
        assert unique
        return
    table = plan.table("t")
    array = Engine(plan).physical("t", "a", np.arange(table.rows))
    assert holds(said(plan, "t", "a"), array) == []
    assert table.column("a").nullable


def test_expressions_stay_within_what_is_known_of_them() -> None:
    plan = check(SCHEMA).plan
    assert plan is not None
    engine, table = Engine(plan), plan.table("t")
    for column in table.columns:
        array = engine.physical("t", column.name, np.arange(table.rows))
        assert holds(said(plan, "t", column.name), array) == [], column.name
        assert column.nullable or not array.null_count


def test_nulls_are_told_exactly_where_they_can_be_known() -> None:
    plan = check(SCHEMA).plan
    assert plan is not None
    nullable = {c.name for c in plan.table("t").columns if c.nullable}
    assert nullable == {"other", "e", "f", "g", "i", "j", "l", "m"}


def test_what_is_proven_is_used() -> None:
    plan = check(SCHEMA).plan
    assert plan is not None
    assert (said(plan, "t", "k").low, said(plan, "t", "k").high) == (1, 7)
    assert (said(plan, "t", "a").low, said(plan, "t", "a").high) == (-20, 36)
    assert said(plan, "t", "f").length is not None
