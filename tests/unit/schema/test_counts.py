"""Children per parent: the weights, the exact totals, and their shapes."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engine import Engine
from runner.plan import Layout
from runner.schema import check


def layout(count: Any, parents: int = 4096) -> tuple[Layout, int]:
    parent = {"rows": parents, "columns": {"id": "sequence"}}
    child = {"per": {"parent": "p", "count": count}, "columns": {"p_id": {"ref": "p.id"}}}
    plan = check({"tables": {"p": parent, "c": child}}).plan
    assert plan is not None
    found = plan.table("c")
    assert found.layout is not None
    return found.layout, found.rows


def test_a_number_is_exactly_that() -> None:
    found, total = layout(3, 1_000)
    assert (found.counts, total) == ((3,), 3_000)


def test_a_range_is_even() -> None:
    found, total = layout({"min": 1, "max": 4})
    assert (found.counts, set(found.weights)) == ((1, 2, 3, 4), {1})
    assert total == 4_096 * 5 // 2


def test_listed_counts_keep_their_weights() -> None:
    for form in (
        {"1": 70, "2": 25, "5": 5},
        {"weights": {"1": 70, "2": 25, "5": 5}},
        {"dist": "weights", "weights": {"1": 0.7, "2": 0.25, "5": 0.05}},
    ):
        found, total = layout(form)
        assert found.counts == (1, 2, 5)
        assert [w * 100 // sum(found.weights) for w in found.weights] == [70, 25, 5]
        assert total == pytest.approx(4_096 * 1.45, rel=0.001)


def test_poisson_has_its_mean_and_its_limit() -> None:
    found, total = layout({"dist": "poisson", "mean": 3, "max": 20})
    assert max(found.counts) <= 20
    assert total == pytest.approx(4_096 * 3, rel=0.005)
    assert found.weights[0] / sum(found.weights) == pytest.approx(0.0498, abs=0.0002)  # e^-3


def test_geometric_has_its_mean_and_its_least() -> None:
    found, total = layout({"dist": "geometric", "mean": 3, "min": 1})
    assert min(found.counts) == 1
    assert total == pytest.approx(4_096 * 3, rel=0.01)
    assert found.weights[0] / found.weights[1] == pytest.approx(1.5)


def test_zipf_falls_with_the_rank() -> None:
    found, total = layout({"dist": "zipf", "min": 1, "max": 4})
    assert [round(found.weights[0] / weight) for weight in found.weights] == [1, 2, 3, 4]
    assert total == pytest.approx(4_096 * 4 / (1 + 1 / 2 + 1 / 3 + 1 / 4), rel=0.001)
    steep, _ = layout({"dist": "zipf", "s": 2, "max": 3})
    assert [round(steep.weights[0] / weight) for weight in steep.weights] == [1, 4, 9, 16]


def test_weights_are_computed_exactly() -> None:
    """The same whole numbers on every machine."""
    found, _ = layout({"dist": "poisson", "mean": 0.5, "max": 4})
    assert found.weights == (606530659713, 303265329856, 75816332464, 12636055411, 1579506926)


def test_the_layout_keeps_the_counts_row_by_row() -> None:
    text = """\
tables:
  p: {rows: 50, columns: {id: sequence}}
  c: {per: {parent: p, count: {min: 2, max: 3}}, columns: {p_id: {ref: p.id}}}
"""
    plan = check(text).plan
    assert plan is not None
    found = Engine(plan).batch("c", 0, plan.table("c").rows).column("p_id").to_pylist()
    assert {found.count(i) for i in range(1, 51)} <= {2, 3}
    assert found == sorted(found)


def test_a_count_rarer_than_a_run_is_a_warning() -> None:
    text = "tables: {p: {rows: 9, columns: {id: sequence}}, c: {per: {parent: p, count: {0: 1000000, 7: 1}}, columns: {a: 1}}}"
    outcome = check(text)
    assert outcome.valid
    assert [(f.code, f.severity) for f in outcome.findings] == [("COUNT_WEIGHT_RARE", "warning")]


def test_more_children_than_a_table_can_have_are_refused_at_any_size() -> None:
    """Also far beyond the limit, where one row was counted instead; the tables below it are not told of as well."""
    schema = """
tables:
  p: {rows: 100B, columns: {id: sequence}}
  c: {per: {parent: p, count: 1000000}, columns: {id: sequence, pid: {ref: p.id}}}
  d: {per: {parent: c, count: 1000000}, columns: {cid: {ref: c.id}}}
"""
    (finding,) = check(schema).findings
    assert (finding.code, finding.path) == ("ROWS_INVALID", "tables.c.per")
    assert "100,000,000,000,000,000 rows" in finding.message
