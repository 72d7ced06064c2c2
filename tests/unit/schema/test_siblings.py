"""Rows that follow one another: histories, moments in order, running totals, neighbours, the first and the last child."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, groupby, pairwise
from typing import Any

import numpy as np
import pytest

from runner.engine import Engine
from runner.plan import Plan
from runner.schema import check

MOVES = {"pending": {"paid", "cancelled"}, "paid": {"shipped"}, "shipped": {"delivered", "lost"}, "lost": {"shipped"}}
SCHEMA = """\
tables:
  orders:
    rows: 2000
    columns:
      id: sequence
      placed: {gen: datetime, start: 2024-01-01, end: 2024-06-01}
      state: {rollup: last(events.state)}
      begun: {rollup: first(events.state)}
      balance: {rollup: sum(events.amount)}
  events:
    per: {parent: orders, count: {min: 0, max: 6}}
    primary_key: [order_id, line]
    columns:
      order_id: {ref: orders.id}
      line: ordinal
      state:
        gen: status
        transitions: {pending: {paid: 8, cancelled: 2}, paid: shipped, shipped: [delivered, lost], lost: shipped}
      at: {gen: datetime, after: parent.placed, end: as_of, order: strict}
      day: {gen: date, start: 2024-01-01, end: 2024-01-02, order: ascending}
      tight: {gen: date, start: parent.placed, before: parent.placed, order: strict}
      until: {expr: next.at}
      was: {expr: previous.state}
      amount: {gen: decimal, min: -50, max: 100, null_rate: 0.3}
      sum: {running: sum(amount)}
      least: {running: min(amount)}
      given: {running: count(amount)}
  log:
    rows: 3000
    columns:
      id: sequence
      at: {gen: datetime, start: 2024-01-01, end: 2024-01-02, order: strict}
      gap: {expr: "seconds_between(previous.at, at)"}
      state: {gen: status, states: [new, open, closed], complete: true}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = check(SCHEMA).plan
    assert found is not None
    return found


def rows_of(plan: Plan, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Engine(plan).batch(table, 0, plan.table(table).rows).to_pylist()
    return found


def families(plan: Plan) -> list[list[dict[str, Any]]]:
    return [list(group) for _, group in groupby(rows_of(plan, "events"), lambda row: row["order_id"])]


def test_states_follow_lawfully_and_by_their_weights(plan: Plan) -> None:
    seconds = Counter[str]()
    for events in families(plan):
        assert events[0]["state"] == "pending"
        assert all(b["state"] in MOVES[a["state"]] for a, b in pairwise(events))
        seconds[events[1]["state"] if len(events) == 2 else ""] += 1
    assert 0.7 < seconds["paid"] / (seconds["paid"] + seconds["cancelled"]) < 0.9


def test_moments_ascend_between_their_bounds(plan: Plan) -> None:
    placed = {row["id"]: row["placed"] for row in rows_of(plan, "orders")}
    for events in families(plan):
        assert all(a["at"] < b["at"] and a["day"] <= b["day"] for a, b in pairwise(events))
        assert events[0]["at"] >= placed[events[0]["order_id"]]
        assert events[-1]["at"].isoformat() <= "2025-01-01T00:00:00"
        assert events[-1]["day"].isoformat() <= "2024-01-02"
        assert [(e["tight"] - events[0]["tight"]).days for e in events] == list(range(len(events)))


def test_neighbours_are_the_rows_above_and_below(plan: Plan) -> None:
    for events in families(plan):
        assert [e["until"] for e in events] == [*(e["at"] for e in events[1:]), None]
        assert [e["was"] for e in events] == [None, *(e["state"] for e in events[:-1])]


def test_running_totals_are_those_of_the_rows_above(plan: Plan) -> None:
    for events in families(plan):
        amounts = [e["amount"] for e in events]
        assert [e["sum"] for e in events] == list(accumulate(a or 0 for a in amounts))
        assert [e["given"] for e in events] == list(accumulate(a is not None for a in amounts))
        known = [[a for a in amounts[: n + 1] if a is not None] for n in range(len(amounts))]
        assert [e["least"] for e in events] == [min(k) if k else None for k in known]


def test_parents_know_their_first_and_last_child(plan: Plan) -> None:
    by_order = {events[0]["order_id"]: events for events in families(plan)}
    for order in rows_of(plan, "orders"):
        events = by_order.get(order["id"])
        assert order["begun"] == (events[0]["state"] if events else None)
        assert order["state"] == (events[-1]["state"] if events else None)
        assert order["balance"] == (events[-1]["sum"] if events else 0)


def test_a_table_without_parents_is_one_family(plan: Plan) -> None:
    log = rows_of(plan, "log")
    assert all(a["at"] < b["at"] for a, b in pairwise(log))
    assert log[0]["gap"] is None
    assert all(b["gap"] == (b["at"] - a["at"]).total_seconds() for a, b in pairwise(log))
    assert {row["state"] for row in log} == {"closed"}
    assert (log[-1]["at"] - log[0]["at"]).total_seconds() > 2 * 86_400 * 0.99


@pytest.mark.parametrize("column", ["state", "at", "tight", "until", "was", "sum", "least", "given"])
def test_any_row_is_the_same_alone(plan: Plan, column: str) -> None:
    engine, some = Engine(plan), np.array([5003, 7, 7, 2, 4000], dtype=np.int64)
    whole = engine.physical("events", column, np.arange(plan.table("events").rows)).to_pylist()
    assert engine.physical("events", column, some).to_pylist() == [whole[row] for row in some]


def test_running_totals_go_on_over_pieces(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    columns = [Engine(plan).physical("events", c, np.arange(3000)).to_pylist() for c in ("sum", "least", "given")]
    monkeypatch.setattr("runner.running.PIECE", 7)
    assert [Engine(plan).physical("events", c, np.arange(3000)).to_pylist() for c in ("sum", "least", "given")] == columns


def test_plans_of_them_survive_their_json(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


def test_a_complete_history_ends_in_a_final_state() -> None:
    found = check(
        SCHEMA.replace("lost: shipped}\n", "lost: shipped}\n        complete: true\n").replace("{min: 0, max: 6}", "{4: 3, 6: 2}")
    )
    assert found.plan is not None, found.findings
    finals = {events[-1]["state"] for events in families(found.plan)}
    assert finals == {"delivered"}


def test_families_of_a_thousand_walk_and_sum_in_order() -> None:
    found = check(
        """
tables:
  a: {rows: 3, columns: {id: sequence}}
  b:
    per: {parent: a, count: 1000}
    columns:
      a_id: {ref: a.id}
      on: {gen: status, transitions: {yes: no, no: yes}, start: {yes: 1, no: 1}}
      n: {value: 2}
      sum: {running: sum(n)}
"""
    ).plan
    assert found is not None
    for _, group in groupby(rows_of(found, "b"), lambda row: row["a_id"]):
        rows = list(group)
        assert all(a["on"] != b["on"] for a, b in pairwise(rows))
        assert [row["sum"] for row in rows] == list(range(2, 2001, 2))


TREES = """\
tables:
  topics: {rows: 400, columns: {id: sequence, above: {ref: topics.id, roots: 5}}}
  posts: {rows: 200, columns: {id: sequence}}
  comments:
    per: {parent: posts, count: {min: 0, max: 6}}
    columns:
      id: sequence
      post: {ref: posts.id}
      n: ordinal
      answers: {ref: comments.id, pick: sibling, roots: 2}
      written: {gen: datetime, start: 2024-01-01, end: 2024-12-31, order: ascending}
      after: {expr: "answers.written <= written and answers.post = post"}
"""


def test_trees_have_their_roots_and_grow_upwards() -> None:
    found = check(TREES).plan
    assert found is not None
    above = {row["id"]: row["above"] for row in rows_of(found, "topics")}
    assert [i for i, parent in above.items() if parent is None] == [1, 2, 3, 4, 5]
    assert all(parent < i for i, parent in above.items() if parent is not None)


def test_siblings_answer_siblings() -> None:
    found = check(TREES).plan
    assert found is not None
    comments = rows_of(found, "comments")
    assert all((row["answers"] is None) == (row["n"] <= 2) for row in comments)
    assert {row["after"] for row in comments} == {True, None}
    assert len({row["id"] - row["answers"] for row in comments if row["answers"]}) == 5


def test_a_date_that_waits_for_itself_is_told_how_it_is_done() -> None:
    finding = check("tables: {t: {rows: 9, columns: {id: sequence, up: {ref: t.id}, at: {gen: date, after: up.at}}}}").findings[0]
    assert (finding.code, finding.suggestion) == ("CYCLE", "order: ascending")
