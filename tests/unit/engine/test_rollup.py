"""Totals over children: against plain Python sums, for any rows, in pieces of any size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest

from runner import rollup
from runner.engine import Engine, RowError
from runner.plan import Plan
from runner.schema import check

SCHEMA = """\
tables:
  shops:
    rows: 60
    columns:
      id: sequence
      lines: {rollup: count(items)}
      worth: {rollup: sum(items.price)}
      turnover: {rollup: sum(orders.total)}
      last: {rollup: max(orders.day)}
  orders:
    per: {parent: shops, count: {min: 0, max: 4}}
    columns:
      id: sequence
      shop_id: {ref: shops.id}
      day: {gen: date, null_rate: 0.2}
      total: {rollup: sum(items.price), type: "decimal(12,2)"}
      lines: {rollup: count(items)}
      priced: {rollup: count(items.price)}
      low: {rollup: min(items.price)}
      high: {rollup: max(items.price)}
      mean: {rollup: avg(items.price)}
      gift: {rollup: any(items.gift)}
      weight: {rollup: max(items.weight)}
      note: {expr: "concat(lines, ' of ', total)"}
  items:
    per: {parent: orders, count: {min: 0, max: 6}}
    columns:
      order_id: {ref: orders.id}
      price: {gen: decimal, min: -3, max: 99, scale: 2, null_rate: 0.3}
      gift: {gen: bool, probability: 0.1}
      weight: {gen: float, null_rate: 0.1}
      share: {expr: "parent.lines"}
  reviews:
    rows: 500
    columns: {order_id: {ref: orders.id}, total: {expr: order_id.total}}
"""
ROLLUPS: dict[str, Callable[[list[Any]], Any]] = {
    "total": lambda items: sum((i["price"] for i in items if i["price"] is not None), Decimal(0)),
    "lines": len,
    "priced": lambda items: sum(i["price"] is not None for i in items),
    "low": lambda items: min((i["price"] for i in items if i["price"] is not None), default=None),
    "high": lambda items: max((i["price"] for i in items if i["price"] is not None), default=None),
    "mean": lambda items: _mean([i["price"] for i in items if i["price"] is not None]),
    "gift": lambda items: any(i["gift"] for i in items),
    "weight": lambda items: max((i["weight"] for i in items if i["weight"] is not None), default=None),
}


def _mean(prices: list[Decimal]) -> Decimal | None:
    return (sum(prices, Decimal(0)) / len(prices)).quantize(Decimal("0.0001"), ROUND_HALF_UP) if prices else None


def planned(schema: str = SCHEMA) -> Plan:
    plan = check(schema).plan
    assert plan is not None
    return plan


def written(engine: Engine, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.batch(table, 0, engine.table(table).rows).to_pylist()
    return found


@pytest.fixture(params=[rollup.PIECE, 7, 1])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(rollup, "PIECE", request.param)
    yield Engine(planned())


def test_totals_are_those_of_the_children(engine: Engine) -> None:
    below = defaultdict(list)
    for item in written(engine, "items"):
        below[item["order_id"]].append(item)
    for order in written(engine, "orders"):
        expected = {name: total(below[order["id"]]) for name, total in ROLLUPS.items()}
        assert {name: order[name] for name in expected} == expected
        assert order["note"] == f"{order['lines']} of {order['total']:.2f}"


def test_totals_of_totals_and_of_childrens_children(engine: Engine) -> None:
    orders, items = written(engine, "orders"), written(engine, "items")
    shop_of = {o["id"]: o["shop_id"] for o in orders}
    for shop in written(engine, "shops"):
        mine = [o for o in orders if o["shop_id"] == shop["id"]]
        theirs = [i for i in items if shop_of[i["order_id"]] == shop["id"]]
        assert shop["turnover"] == shop["worth"] == sum((o["total"] for o in mine), Decimal(0))
        assert shop["lines"] == len(theirs)
        assert shop["last"] == max((o["day"] for o in mine if o["day"]), default=None)


def test_a_total_is_the_same_wherever_it_is_asked_for(engine: Engine) -> None:
    totals = engine.physical("orders", "total", np.arange(engine.table("orders").rows)).to_pylist()
    rows = np.array([5, 3, 3, 90, 0, 41], dtype=np.int64)
    assert engine.physical("orders", "total", rows).to_pylist() == [totals[r] for r in rows]
    by_id = {o["id"]: o["total"] for o in written(engine, "orders")}
    assert all(r["total"] == by_id[r["order_id"]] for r in written(engine, "reviews"))
    lines = {o["id"]: o["lines"] for o in written(engine, "orders")}
    assert all(i["share"] == lines[i["order_id"]] for i in written(engine, "items"))


def test_types_and_nulls_are_told() -> None:
    columns = {c.name: (str(c.type), c.nullable) for c in planned().table("orders").columns}
    assert columns["total"] == ("decimal(12,2)", False)
    assert columns["low"] == ("decimal(18,2)", True)
    assert columns["mean"] == ("decimal(18,4)", True)
    assert columns["lines"] == ("int", False)
    assert columns["gift"] == ("bool", False)


def test_a_sum_that_could_not_be_proven_is_watched() -> None:
    schema = """\
tables:
  a: {rows: 3, columns: {id: sequence, s: {rollup: sum(b.n)}}}
  b:
    per: {parent: a, count: 2}
    columns:
      id: {gen: int, min: 4000000000000000000, max: 4600000000000000000}
      n: {expr: "int(sqrt(id)) * 3000000000"}
"""
    plan = planned(schema)
    with pytest.raises(RowError, match=r"a\.s.*does not fit 64 bits"):
        Engine(plan).batch("a", 0, 3)


def test_the_far_end_of_a_billion_rows_is_near() -> None:
    plan = planned(SCHEMA.replace("rows: 60", "rows: 1B"))
    shops = Engine(plan).batch("shops", 999_999_995, 1_000_000_000).to_pylist()
    assert len(shops) == 5
    assert all(s["turnover"] == s["worth"] for s in shops)
