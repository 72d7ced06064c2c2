"""Bad schemas: each gets its code, path, line and column, and the suggestion that helps."""

from __future__ import annotations

import pytest

from runner.schema import CODES, check
from tests.unit.schema.bad_schemas import ALL, Bad


def test_the_mistakes_are_many_and_of_many_kinds() -> None:
    assert len(ALL) >= 200
    assert len({bad.code for bad in ALL}) >= 50


@pytest.mark.parametrize("bad", ALL, ids=[f"{i}-{b.code}" for i, b in enumerate(ALL)])
def test_each_mistake_is_told_with_its_place(bad: Bad) -> None:
    outcome = check(bad.text)
    assert outcome.plan is None
    assert [(f.code, f.path, f.line, f.column) for f in outcome.errors] == [(bad.code, bad.path, bad.line, bad.column)]
    finding = outcome.errors[0]
    assert finding.suggestion == bad.suggestion
    assert finding.message
    assert finding.code in CODES


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    text = """\
seed: x
tables:
  users:
    rows: -1
    columns:
      id: {gen: sequence, strt: 2}
      name: frist_name
      age: {gen: int, min: 9, max: 1, null_rate: 7}
      boss: {ref: user.id}
  orders:
    per: {parent: usres, count: 3}
    columns:
      total: {expr: pric * 2}
"""
    found = check(text).errors
    assert [f.line for f in found] == sorted(f.line for f in found)
    assert [f.code for f in found] == [
        "TYPE_INVALID", "ROWS_INVALID", "PARAMETER_UNKNOWN", "GENERATOR_NOT_FOUND", "PARAMETER_INVALID",
        "NULL_RATE_INVALID", "REF_NOT_FOUND", "TABLE_NOT_FOUND", "COLUMN_NOT_FOUND",
    ]  # fmt: skip


def test_what_depends_on_a_broken_column_says_nothing_more() -> None:
    text = "tables: {t: {rows: 5, columns: {a: nonsense, b: {expr: a + 1}, c: {gen: datetime, after: a}, d: {expr: b}}}}"
    assert [f.path for f in check(text).errors] == ["tables.t.columns.a"]


def test_what_depends_on_a_wrong_per_says_nothing_more() -> None:
    text = """\
tables:
  p: {rows: 5, columns: {id: sequence, n: {rollup: count(c)}, m: {rollup: sum(d.x)}}}
  c:
    per: {parent: p, count: -1}
    embed: {into: p}
    columns:
      id: sequence
      no: ordinal
      x: {gen: int, min: 1, max: 9}
      sum: {running: sum(x)}
      above: {ref: c.id, pick: sibling}
  d: {per: {parent: c, count: 2}, columns: {id: sequence, x: int}}
"""
    assert [f.path for f in check(text).errors] == ["tables.c.per.count"]


def test_quotes_and_other_scripts_are_good_names() -> None:
    text = """tables: {'users"; DROP TABLE x': {rows: 2, columns: {'имя `x`': first_name, "it's": 1}}}"""
    plan = check(text).plan
    assert plan is not None
    assert [c.name for c in plan.tables[0].columns] == ["имя `x`", "it's"]


def test_every_code_is_written_once_in_the_sources() -> None:
    """Codes that generators raise are documented with those of the language."""
    from pathlib import Path
    from re import findall

    root = Path(__file__).resolve().parents[3] / "runner"
    for path in [*(root / "generators").glob("*.py"), *(root / "schema").glob("*.py")]:
        for code in findall(r'code="([A-Z_]+)"', path.read_text()):
            assert code in CODES, f"{path.name}: {code}"
