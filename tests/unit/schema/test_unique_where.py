"""`unique_where`: distinct on all rows, declared on none, and told in the feasibility."""

from __future__ import annotations

from runner.engine import Engine
from runner.schema import check

SCHEMA = """\
tables:
  p: {rows: 4, columns: {id: sequence}}
  t:
    rows: 900
    unique: [[p_id, d]]
    unique_where: [{columns: [a, b], where: active}, {columns: code, where: active and a > 3}]
    columns:
      id: sequence
      active: bool
      p_id: {ref: p.id}
      a: {gen: int, min: 1, max: 30}
      b: {gen: int, min: 1, max: 30}
      code: {gen: pattern, template: "##-#"}
      d: {gen: int, min: 1, max: 300}
      email: {gen: email, unique_where: "not active", null_rate: 0.1}
      word: word
  c:
    per: {parent: p, count: 5}
    unique: [[p_id, n]]
    columns: {p_id: {ref: p.id}, n: {gen: int, min: 1, max: 7}}
"""


def test_it_holds_on_every_row_and_is_not_declared() -> None:
    plan = check(SCHEMA).plan
    assert plan is not None
    table = plan.table("t")
    rows = Engine(plan).batch("t", 0, 900)
    assert len(set(zip(rows.column("a").to_pylist(), rows.column("b").to_pylist(), strict=True))) == 900
    assert len(set(rows.column("code").to_pylist())) == 900
    emails = [email for email in rows.column("email").to_pylist() if email]
    assert len(set(emails)) == len(emails)
    assert table.unique == (("p_id", "d"),)
    assert [c.name for c in table.columns if c.unique] == ["id"]


def test_what_unique_columns_need_and_have_is_told() -> None:
    found = {(f.table, f.columns): (f.needed, f.possible, f.within) for f in check(SCHEMA).distinct}
    assert found == {
        ("p", ("id",)): (4, None, ""),
        ("t", ("id",)): (900, None, ""),
        ("t", ("code",)): (900, 1000, ""),
        ("t", ("email",)): (810, None, ""),
        ("t", ("p_id", "d")): (900, 1200, ""),
        ("t", ("a", "b")): (900, 900, ""),
        ("c", ("p_id", "n")): (5, 7, "p"),
    }
