"""Columns of a parent's parent and beyond, along `per` and along references."""

from __future__ import annotations

from typing import Any

from runner.engine import Engine
from runner.plan import Plan
from runner.schema import check

SCHEMA = """\
tables:
  lands: {rows: 5, columns: {id: sequence, name: {gen: country_code}, founded: {gen: date, start: 2000-01-01, end: 2010-01-01}}}
  cities: {rows: 20, columns: {id: sequence, land: {ref: lands.id, null_rate: 0.3}, twin: {ref: cities.id}}}
  shops: {per: {parent: cities, count: {min: 0, max: 3}}, columns: {id: sequence, city_id: {ref: cities.id}}}
  sales:
    per: {parent: shops, count: {min: 0, max: 5}}
    columns:
      id: sequence
      shop_id: {ref: shops.id}
      land: {expr: parent.parent.land.name}
      named: {expr: "coalesce(shop_id.city_id.land.name, '-')"}
      twins: {expr: parent.parent.twin.land.founded}
      day: {gen: date, after: parent.parent.land.founded, end: 2024-12-31}
"""


def planned() -> Plan:
    plan = check(SCHEMA).plan
    assert plan is not None
    return plan


def by_id(engine: Engine, table: str) -> dict[Any, dict[str, Any]]:
    return {row["id"]: row for row in engine.batch(table, 0, engine.table(table).rows).to_pylist()}


def test_values_are_those_of_the_tables_they_come_from() -> None:
    engine = Engine(planned())
    lands, cities, shops, sales = (by_id(engine, t) for t in ("lands", "cities", "shops", "sales"))
    nothing = {"name": None, "founded": None}
    assert sales
    for sale in sales.values():
        city = cities[shops[sale["shop_id"]]["city_id"]]
        land, twin = lands.get(city["land"], nothing), cities.get(city["twin"], {"land": None})
        assert sale["land"] == land["name"]
        assert sale["named"] == (land["name"] or "-")
        assert sale["twins"] == lands.get(twin["land"], nothing)["founded"]
        assert land["founded"] is None or sale["day"] >= land["founded"]


def test_nulls_on_the_way_are_known() -> None:
    nullable = {c.name for c in planned().table("sales").columns if c.nullable}
    assert nullable == {"land", "twins", "day"}


def test_what_is_not_there_is_told() -> None:
    found = check(SCHEMA.replace("parent.parent.land.name", "parent.parent.land.nam")).errors
    assert [(f.code, f.suggestion) for f in found] == [("COLUMN_NOT_FOUND", "parent.parent.land.name")]
    found = check(SCHEMA.replace("shop_id.city_id.land.name", "shop_id.citi_id.land.name")).errors
    assert [(f.code, f.suggestion) for f in found] == [("REF_NOT_FOUND", "city_id")]
