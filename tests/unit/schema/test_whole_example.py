"""A schema with everything at once: users, their orders with totals, and order lines that differ within their order."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from runner.engine import Engine
from runner.schema import check

SCHEMA = """\
mockcraft: 1
seed: 42
as_of: 2025-01-01T00:00:00Z
locale: en_US
options: {users: 10K}
tables:
  users:
    rows: ${users}
    columns:
      id: {gen: sequence, start: 1}
      first_name: first_name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      plan: {gen: choice, values: {free: 80, pro: 15, elite: 5}}
      phone: {gen: phone_number, null_rate: 0.10}
      signup_at: {gen: datetime, start: 2022-01-01, end: as_of}
      manager_id: {ref: users.id, pick: earlier, null_rate: 0.05}
  orders:
    per: {parent: users, count: {min: 0, max: 8}}
    columns:
      id: sequence
      user_id: {ref: users.id}
      ordered_at: {gen: datetime, after: parent.signup_at, end: as_of}
      total: {rollup: sum(order_items.line_total), type: "decimal(12,2)"}
  order_items:
    per: {parent: orders, count: {min: 1, max: 5}}
    unique: [[order_id, sku]]
    columns:
      order_id: {ref: orders.id}
      sku: {gen: pattern, template: "SKU-####"}
      qty: {gen: int, min: 1, max: 5}
      unit_price: {gen: decimal, min: 3, max: 200, scale: 2, dist: lognormal}
      line_total: {expr: "qty * unit_price"}
      __note: {gen: sentence}
"""


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    outcome = check(SCHEMA, options={"users": "1500"})
    assert outcome.findings == ()
    assert outcome.plan is not None
    engine = Engine(outcome.plan)
    return {t.name: engine.batch(t.name, 0, t.rows).to_pylist() for t in outcome.plan.tables}


def test_totals_are_the_sums_of_their_lines(tables: dict[str, list[dict[str, Any]]]) -> None:
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for line in tables["order_items"]:
        assert line["line_total"] == line["qty"] * line["unit_price"]
        totals[line["order_id"]] += line["line_total"]
    assert {o["id"]: o["total"] for o in tables["orders"]} == dict(totals)


def test_what_must_be_distinct_is(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert len({u["email"] for u in tables["users"]}) == 1500
    lines = tables["order_items"]
    assert len({(i["order_id"], i["sku"]) for i in lines}) == len(lines)


def test_orders_come_after_the_signup_of_their_user(tables: dict[str, list[dict[str, Any]]]) -> None:
    signup = {u["id"]: u["signup_at"] for u in tables["users"]}
    assert all(signup[o["user_id"]] <= o["ordered_at"] for o in tables["orders"])
    assert "__note" not in tables["order_items"][0]
