"""Good schemas: what the plan says, and that the values of the engine keep what the language promises."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from runner.engine import Engine
from runner.ops import Lookup, ParentRow
from runner.plan import Plan
from runner.schema import Checked, check

ROOT = Path(__file__).resolve().parents[3]


def planned(text: str | dict[str, Any], **given: Any) -> Plan:
    outcome = check(text, **given)
    assert outcome.plan is not None, [(f.path, f.message) for f in outcome.findings]
    assert Plan.from_json(outcome.plan.to_json()) == outcome.plan
    return outcome.plan


def rows(plan: Plan, table: str, count: int | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Engine(plan).batch(table, 0, plan.table(table).rows if count is None else count).to_pylist()
    return found


CONTRACT = """\
mockcraft: 1                       # language version
seed: 42                           # default 0: deterministic unless asked otherwise
as_of: 2025-01-01T00:00:00Z        # what "now" means
locale: en_US
options: {users: 10K}              # ${users} below; CLI --set users=1M
tables:
  users:
    rows: ${users}                 # exact; 10K / 5M / 1B accepted
    columns:
      id: {gen: sequence, start: 1}
      first_name: first_name       # shorthand: a generator's name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      plan: {gen: choice, values: {free: 80, pro: 15, elite: 5}}
      phone: {gen: phone_number, null_rate: 0.10}
      signup_at: {gen: datetime, start: 2022-01-01, end: as_of}
      manager_id: {ref: users.id, pick: earlier, null_rate: 0.05}
  orders:
    per: {parent: users, count: {min: 0, max: 8}}        # or a distribution
    columns:
      id: sequence
      user_id: {ref: users.id}
      ordered_at: {gen: datetime, after: parent.signup_at, end: as_of}
  order_items:
    per: {parent: orders, count: {min: 1, max: 5}}
    columns:
      order_id: {ref: orders.id}
      sku: {gen: pattern, template: "SKU-####"}
      qty: {gen: int, min: 1, max: 5}
      unit_price: {gen: decimal, min: 3, max: 200, scale: 2, dist: lognormal}
      line_total: {expr: "qty * unit_price"}
      __note: {gen: sentence}      # leading __ : computed, usable in expr, never written out
"""


def test_the_example_of_the_language_holds_what_it_says() -> None:
    plan = planned(CONTRACT, options={"users": "500"})
    assert [t.name for t in plan.tables] == ["users", "orders", "order_items"]
    users, orders, items = (rows(plan, name) for name in ("users", "orders", "order_items"))
    assert len(users) == 500
    assert len({u["email"] for u in users}) == 500
    signup = {u["id"]: u["signup_at"] for u in users}
    assert all(o["ordered_at"] >= signup[o["user_id"]] for o in orders)
    assert set(Counter(o["user_id"] for o in orders).values()) <= set(range(1, 9))
    counts = Counter(i["order_id"] for i in items)
    assert set(counts) == {o["id"] for o in orders}
    assert set(counts.values()) <= set(range(1, 6))
    assert all(i["line_total"] == i["qty"] * i["unit_price"] for i in items)
    assert list(items[0]) == ["order_id", "sku", "qty", "unit_price", "line_total"]
    assert all(u["manager_id"] is None or u["manager_id"] < u["id"] for u in users)


def test_the_plan_knows_keys_nulls_and_types() -> None:
    plan = planned(CONTRACT)
    users, orders, items = plan.tables
    assert users.rows == 10_000
    assert (users.primary_key, users.unique) == (("id",), (("email",),))
    assert {c.name for c in users.columns if c.nullable} == {"phone", "manager_id"}
    assert [(r.columns, r.parent, r.parent_columns) for r in orders.references] == [(("user_id",), "users", ("id",))]
    assert orders.column("user_id").op == Lookup("users", "id", ParentRow())
    assert str(items.column("line_total").type).startswith("decimal(")
    assert items.column("line_total").type.scale == 2
    assert items.column("__note").hidden
    assert plan.as_of == "2025-01-01T00:00:00Z"


def test_a_column_more_changes_no_other() -> None:
    more = CONTRACT.replace(
        "      last_name: last_name\n", "      last_name: last_name\n      extra: {gen: int, min: 1, max: 9}\n"
    )
    before, after = planned(CONTRACT), planned(more)
    for table in before.tables:
        assert all(after.table(table.name).column(c.name) == c for c in table.columns)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.name)
def test_every_example_is_valid(path: Path) -> None:
    if "\ntables:" not in path.read_text():
        pytest.skip("not a schema")
    planned(path.read_text())


PARENT = """\
tables:
  p:
    rows: 20
    columns: {id: sequence, code: {gen: pattern, template: 'P###', unique: true}, born: {gen: date}}
"""


def table(columns: str, rows_: int = 100, more: str = "") -> str:
    lines = "".join(f"      {line}\n" for line in columns.splitlines())
    return f"{PARENT}  t:\n    rows: {rows_}\n{more}    columns:\n{lines}"


def test_constants_and_types() -> None:
    plan = planned(
        table(
            "a: 1\nb: 2.50\nc: true\nd: ~\ne: {value: active}\n"
            "f: {value: 2024-01-31, type: date}\ng: {value: 7, type: 'decimal(5,2)'}"
        )
    )
    assert [str(c.type) for c in plan.table("t").columns] == [
        "int",
        "decimal(3,2)",
        "bool",
        "text",
        "string",
        "date",
        "decimal(5,2)",
    ]
    assert [str(v) for v in rows(plan, "t", 1)[0].values()] == ["1", "2.50", "True", "None", "active", "2024-01-31", "7.00"]


@pytest.mark.parametrize(
    ("column", "type_", "value"),
    [
        ("{gen: pattern, template: '####', type: int}", "int", int),
        ("{gen: int, min: 1, max: 9, type: string}", "string", str),
        ("{gen: decimal, min: 1, max: 9, scale: 3, type: 'decimal(9,1)'}", "decimal(9,1)", None),
        ("{gen: datetime, type: date}", "date", date),
        ("{gen: date, type: datetime}", "datetime", None),
        ("{expr: 1 / 3, type: 'decimal(8,4)'}", "decimal(8,4)", None),
        ("{gen: first_name, type: string(3)}", "string(3)", str),
        ("{gen: bool, type: int}", "int", int),
        ("{gen: choice, values: [2024-01-01, 2024-02-01], type: date}", "date", date),
    ],
)  # fmt: skip
def test_types_are_converted(column: str, type_: str, value: type | None) -> None:
    plan = planned(table(f"a: {column}"))
    assert str(plan.table("t").column("a").type) == type_
    found = {r["a"] for r in rows(plan, "t")}
    assert value is None or all(isinstance(v, value) for v in found)
    assert type_ != "string(3)" or max(map(len, found)) == 3


def test_picks() -> None:
    plan = planned(
        table(
            "u: {ref: p.id}\nz: {ref: p.id, pick: zipf(1.5)}\n"
            "s: {ref: p.id, pick: sequential}\no: {ref: p.id, mode: orphan}\nn: {ref: p.id, null_rate: 0.5}"
        )
    )
    found = rows(plan, "t")
    keys = {r["id"] for r in rows(plan, "p")}
    assert {r["u"] for r in found} <= keys
    assert Counter(r["z"] for r in found).most_common(1)[0][1] > 20
    assert [r["s"] for r in found] == [*range(1, 21)] * 5
    assert not {r["o"] for r in found} & keys
    assert 25 < sum(r["n"] is None for r in found) < 75
    assert [r.columns for r in plan.table("t").references] == [("u",), ("z",), ("s",), ("n",)]


def test_composite_references_agree_and_their_parent_can_be_asked() -> None:
    plan = planned(table("k: {ref: [p.id, p.code]}\nx: {ref: [p.id, p.code], as: [x_id, x_code]}\nborn: {expr: k.born}", 50))
    parents = {r["id"]: r for r in rows(plan, "p")}
    for row in rows(plan, "t"):
        assert parents[row["k_id"]]["code"] == row["k_code"]
        assert parents[row["x_id"]]["code"] == row["x_code"]
        assert parents[row["k_id"]]["born"] == row["born"]
    assert plan.table("t").references == ()  # (id, code) is no declared key of p
    assert {f.code for f in check(table("k: {ref: [p.id, p.code]}")).findings} == {"REF_NOT_KEY"}


def test_unique_references_use_each_parent_once() -> None:
    plan = planned(table("p_id: {ref: p.id, unique: true}", 20))
    assert sorted(r["p_id"] for r in rows(plan, "t")) == list(range(1, 21))


@pytest.mark.parametrize(
    "columns",
    [
        "{id: {ref: p.id}}",
        "{p_id: {ref: p.id, unique: true, null_rate: 0.3}}",
        "{p_id: {ref: p.id, unique: true, pick: sequential}}",
    ],
)
def test_one_row_for_a_parent_can_be_a_key(columns: str) -> None:
    size = "per: {parent: p, count: {min: 0, max: 1}}" if "id: {ref: p.id}" in columns else "rows: 60"
    plan = planned(f"tables: {{p: {{rows: 60, columns: {{id: sequence}}}}, c: {{{size}, columns: {columns}}}}}")
    (name,) = (c.name for c in plan.table("c").columns)
    given = [r[name] for r in rows(plan, "c") if r[name] is not None]
    assert len(set(given)) == len(given) > 5
    assert plan.table("c").column(name).unique


def test_a_reference_to_what_is_never_written_declares_no_foreign_key() -> None:
    text = """\
tables:
  p: {rows: 5, columns: {id: sequence, __k: {expr: id * 2, unique: true}}}
  c: {rows: 5, columns: {x: {ref: p.__k}}}
"""
    outcome = check(text)
    assert [f.code for f in outcome.findings] == ["REF_NOT_KEY"]
    assert outcome.plan is not None
    assert {r["x"] for r in rows(outcome.plan, "c")} <= {2, 4, 6, 8, 10}


def test_ordinals_count_from_one_within_the_parent_and_make_a_key() -> None:
    text = """\
tables:
  p: {rows: 30, columns: {id: sequence}}
  c:
    per: {parent: p, count: {min: 2, max: 4}}
    primary_key: [p_id, n]
    columns: {p_id: {ref: p.id}, n: ordinal}
"""
    plan = planned(text)
    seen: Counter[int] = Counter()
    for row in rows(plan, "c"):
        seen[row["p_id"]] += 1
        assert row["n"] == seen[row["p_id"]]
    assert set(seen.values()) <= {2, 3, 4}
    assert plan.table("c").primary_key == ("p_id", "n")


def test_bounds_may_be_columns_of_the_row_and_of_parents() -> None:
    text = """\
tables:
  p: {rows: 40, columns: {id: sequence, from_: {gen: date, start: 2020-01-01, end: 2020-06-30}}}
  c:
    rows: 200
    columns:
      p_id: {ref: p.id}
      begins: {gen: date, after: p_id.from_, end: 2021-12-31}
      ends: {gen: date, after: begins, end: 2022-12-31}
      seen: {gen: datetime, after: begins, before: ends}
"""
    plan = planned(text)
    starts = {r["id"]: r["from_"] for r in rows(plan, "p")}
    for row in rows(plan, "c"):
        assert starts[row["p_id"]] <= row["begins"] <= row["ends"]
        assert row["begins"] <= row["seen"].date() <= row["ends"]


def test_an_offset_from_today_beyond_the_calendar_is_a_finding() -> None:
    text = "tables: {t: {rows: 5, columns: {d: {gen: date, end: today + 999999y}}}}"
    (found,) = check(text, today=date(2026, 3, 4)).findings
    assert (found.code, found.path) == ("PARAMETER_INVALID", "tables.t.columns.d.end")


def test_today_is_what_the_caller_says() -> None:
    text = "as_of: today\ntables: {t: {rows: 50, columns: {d: {gen: date, start: today - 7d, end: today}, e: {expr: as_of}}}}"
    plan = planned(text, today=date(2026, 3, 4))
    assert plan.as_of == "2026-03-04T00:00:00Z"
    found = {r["d"] for r in rows(plan, "t")}
    assert (min(found), max(found)) == (date(2026, 2, 25), date(2026, 3, 4))


def test_seed_and_rows_can_be_overridden() -> None:
    text = "seed: 1\ntables: {t: {rows: 5, columns: {a: {gen: int, min: 1, max: 1000000}}}}"
    plan = planned(text, seed=2, rows={"t": "2K"})
    assert (plan.seed, plan.table("t").rows) == (2, 2_000)
    assert rows(plan, "t", 5) != rows(planned(text), "t", 5)
    assert rows(plan, "t", 5) == rows(planned(text.replace("seed: 1", "seed: 2")), "t", 5)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rows": {"q": "5"}}, "TABLE_NOT_FOUND"), ({"rows": {"p": "many"}}, "ROWS_INVALID"),
        ({"rows": {"p": "-1"}}, "ROWS_INVALID"),
        ({"rows": {"c": "5"}}, "ROWS_INVALID"), ({"options": {"nn": "5"}}, "OPTION_NOT_FOUND"),
        ({"seed": 2**64}, "NUMBER_INVALID"),
    ],
)  # fmt: skip
def test_overrides_that_do_not_fit(given: dict[str, Any], code: str) -> None:
    text = "options: {n: 3}\ntables: {p: {rows: 3, columns: {id: sequence}}, c: {per: {parent: p, count: 2}, columns: {a: 1}}}"
    assert [f.code for f in check(text, **given).errors] == [code]


def test_options_and_arithmetic_over_them() -> None:
    text = """\
options: {sf: 0.01, name: Bob, n: 2K, d: 2024-02-01}
tables:
  t:
    rows: ${sf * 150000}
    columns:
      a: {value: "Hi ${name}, $${x}"}
      b: {gen: int, min: "${n / 2}", max: "${n + 5}"}
      c: {gen: date, start: "${d}", end: "${d}"}
"""
    plan = planned(text)
    assert plan.table("t").rows == 1_500
    found = rows(plan, "t", 200)
    assert found[0]["a"] == "Hi Bob, ${x}"
    assert all(1_000 <= r["b"] <= 2_005 for r in found)
    assert found[0]["c"] == date(2024, 2, 1)
    assert planned(text, options={"sf": "0.1"}).table("t").rows == 15_000


def test_primary_keys_are_unique_even_when_drawn() -> None:
    text = "tables: {t: {rows: 1000, columns: {id: {gen: int, min: 1, max: 1000}, k: {gen: int, min: 1, max: 9}}}}"
    plan = planned(text)
    assert sorted(r["id"] for r in rows(plan, "t")) == list(range(1, 1_001))
    assert planned(text.replace("rows: 1000,", "rows: 1000, primary_key: [],")).table("t").primary_key == ()


def test_values_derived_from_a_unique_one_are_unique() -> None:
    columns = """\
id: sequence
code: {expr: "concat('C-', lpad(id, 4, '0'))"}
n: {expr: id * 2 + 1, unique: true}
c: {expr: "'U' + text(id)", unique: true}"""
    plan = planned(table(columns))
    assert len({r["c"] for r in rows(plan, "t")}) == 100
    assert not plan.table("t").column("code").unique


def test_tables_with_no_rows_and_no_children_are_fine() -> None:
    text = """\
tables:
  p: {rows: 0, columns: {id: sequence}}
  c: {per: {parent: p, count: 3}, columns: {p_id: {ref: p.id}}}
  d: {rows: 0, columns: {p_id: {ref: p.id}}}
"""
    plan = planned(text)
    assert [t.rows for t in plan.tables] == [0, 0, 0]
    assert rows(plan, "d") == []


def test_tables_are_ordered_parents_first() -> None:
    text = """\
tables:
  c: {rows: 1, columns: {b_id: {ref: b.id}}}
  b: {per: {parent: a, count: 1}, columns: {id: sequence}}
  a: {rows: 1, columns: {id: sequence}}
"""
    assert [t.name for t in planned(text).tables] == ["a", "b", "c"]


def test_long_chains_of_tables_are_ordered_without_recursion() -> None:
    names = [f"t{i}" for i in range(400)]
    tables: dict[str, Any] = {"t0": {"rows": 1, "columns": {"id": "sequence"}}}
    tables |= {n: {"rows": 1, "columns": {"id": "sequence", "r": {"ref": f"{m}.id"}}} for m, n in pairwise(names)}
    assert [t.name for t in planned({"tables": dict(reversed(tables.items()))}).tables] == names


def test_locales_are_taken_from_the_nearest_place() -> None:
    text = """\
locale: de_DE
tables:
  t: {rows: 30, locale: id_ID, columns: {a: first_name, b: {gen: first_name, locale: en-us}}}
  u: {rows: 30, columns: {a: first_name}}
"""
    plan = planned(text)
    assert "id_ID" in str(plan.table("t").column("a").op)
    assert "en_US" in str(plan.table("t").column("b").op)
    assert "de_DE" in str(plan.table("u").column("a").op)


def test_a_locale_nobody_has_matters_only_where_it_is_used() -> None:
    text = "locale: xx_YY\ntables: {t: {rows: 3, columns: {id: sequence, n: {gen: int}}}}"
    planned(text)
    assert [f.code for f in check(text.replace("{gen: int}", "first_name")).errors] == ["LOCALE_UNKNOWN"]


def test_objects_are_schemas_too() -> None:
    document = {"tables": {"t": {"rows": "1K", "columns": {"id": "sequence", "x": 3, "y": {"gen": "int", "min": 1, "max": 2}}}}}
    assert planned(document).table("t").rows == 1_000


def test_nothing_makes_it_raise() -> None:
    for source in (None, 3, [], b"", object()):
        outcome = check(source)  # type: ignore[arg-type]  # whatever a caller may pass
        assert isinstance(outcome, Checked)
        assert not outcome.valid
