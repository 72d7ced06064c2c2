"""Tables that refer to each other in a circle: broken where a reference may be null, refused elsewhere."""

from __future__ import annotations

from runner.engine import Engine
from runner.formats.ddl import constraints_sql
from runner.schema import check

STORES = """\
tables:
  staff:
    rows: 50
    columns: {id: sequence, store_id: {ref: stores.id STAFF}, town: {expr: store_id.town}}
  stores:
    rows: 8
    columns: {id: {gen: sequence, start: 100}, town: city, manager_id: {ref: staff.id, unique: true STORES}}
  visits: {per: {parent: stores, count: 2}, columns: {store_id: {ref: stores.id}, by: {expr: parent.manager_id.town}}}
"""


def schema(staff: str = "", stores: str = "") -> str:
    return STORES.replace(" STAFF", staff).replace(" STORES", stores)


def test_the_optional_reference_is_the_one_that_waits() -> None:
    by_staff, by_stores = check(schema(staff=", null_rate: 0.2")).plan, check(schema(stores=", nullable: true")).plan
    assert by_staff is not None
    assert by_stores is not None
    assert [t.name for t in by_staff.tables] == ["staff", "stores", "visits"]
    assert [t.name for t in by_stores.tables] == ["stores", "staff", "visits"]


def test_references_hold_both_ways() -> None:
    plan = check(schema(staff=", null_rate: 0.2")).plan
    assert plan is not None
    engine = Engine(plan)
    staff, stores = (engine.batch(t, 0, plan.table(t).rows).to_pylist() for t in ("staff", "stores"))
    towns = {s["id"]: s["town"] for s in stores}
    assert all(s["town"] == towns.get(s["store_id"]) for s in staff)
    assert {s["store_id"] for s in staff} <= {None, *towns}
    assert len({s["manager_id"] for s in stores} & {s["id"] for s in staff}) == 8
    assert constraints_sql(plan, "postgresql").count("FOREIGN KEY") == 3


def test_circles_that_must_hold_everywhere_are_refused() -> None:
    assert [(f.code, f.message) for f in check(schema()).errors] == [
        ("CYCLE", "tables cannot refer to each other in a circle: staff → stores → staff")
    ]


def test_a_circle_of_three_and_one_within() -> None:
    text = """\
tables:
  a: {rows: 9, columns: {id: sequence, b: {ref: b.id}}}
  b: {rows: 9, columns: {id: sequence, c: {ref: c.id}}}
  c: {rows: 9, columns: {id: sequence, a: {ref: a.id, null_rate: 0.5}, b: {ref: b.id, nullable: true}}}
"""
    plan = check(text).plan
    assert plan is not None
    assert [t.name for t in plan.tables] == ["c", "b", "a"]
