"""The examples hold what they promise: sizes, keys, references, and the specification of TPC-H."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner.engine import Engine
from runner.plan import Plan
from runner.schema import check
from tests.golden.digests import ROOT, SCHEMAS, plan


@cache
def tables(schema: str) -> Mapping[str, pa.Table]:
    engine = Engine(plan(schema))
    return {t.name: pa.Table.from_batches(list(engine.batches(t.name, 0, t.rows))) for t in plan(schema).tables}


def column(schema: str, table: str, name: str) -> pa.Array:
    array = tables(schema)[table][name].combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def full_size(schema: str, **options: str) -> Plan:
    checked = check((ROOT / "examples" / f"{schema}.yaml").read_bytes(), options=options)
    assert checked.plan, checked.findings
    assert checked.findings == ()
    return checked.plan


@pytest.mark.parametrize("schema", SCHEMAS)
def test_valid_without_a_warning_at_full_size(schema: str) -> None:
    assert full_size(schema).total_rows >= 50_000


def test_the_shop_has_more_than_a_million_rows() -> None:
    assert full_size("shop").total_rows > 1_000_000


@pytest.mark.parametrize("schema", SCHEMAS)
def test_keys_are_distinct_and_references_lead_to_a_row(schema: str) -> None:
    checked = 0
    for table in plan(schema).tables:
        for unique in [(c.name,) for c in table.columns if c.unique and not c.hidden] + [table.primary_key] * bool(
            table.primary_key
        ):
            rows = tables(schema)[table.name].select(list(unique))
            assert rows.group_by(list(unique)).aggregate([]).num_rows == table.rows, (table.name, unique)
        for ref in table.references:
            own, parent = column(schema, table.name, ref.columns[0]), column(schema, ref.parent, ref.parent_columns[0])
            assert pc.all(pc.is_in(own.drop_null(), value_set=parent)).as_py(), (table.name, ref)
            checked += 1
    assert checked or schema == "people_id"


def test_orders_and_reviews_come_after_their_user_signed_up() -> None:
    signed_up = column("shop", "users", "signup_at").to_numpy()
    for table, moment in (("orders", "ordered_at"), ("reviews", "written_at")):
        users = column("shop", table, "user_id").to_numpy() - 1
        assert (column("shop", table, moment).to_numpy() >= signed_up[users]).all()


def test_lines_of_an_order_cost_their_product() -> None:
    prices = column("shop", "products", "price").take(pa.array(column("shop", "order_items", "product_id").to_numpy() - 1))
    assert column("shop", "order_items", "unit_price").equals(prices)
    rows = tables("shop")["order_items"].select(["qty", "unit_price", "line_total"]).slice(0, 2000).to_pylist()
    assert all(row["line_total"] == row["qty"] * row["unit_price"] for row in rows)


def test_an_indonesian_identity_number_tells_the_birth_date_and_gender() -> None:
    people = tables("people_id")["people"].select(["nik", "birth_date", "gender"]).slice(0, 200).to_pylist()
    for person in people:
        day = person["birth_date"].day + (40 if person["gender"] == "Female" else 0)
        assert person["nik"][6:12] == f"{day:02}{person['birth_date']:%m%y}"


def test_tpch_has_the_row_counts_of_the_specification() -> None:
    counts = {t.name: t.rows for t in full_size("tpch").tables}
    lines = counts.pop("lineitem")
    fixed = {"region": 5, "nation": 25, "supplier": 10_000, "part": 200_000, "partsupp": 800_000}
    assert counts == {**fixed, "customer": 150_000, "orders": 1_500_000}
    assert abs(lines / 6_001_215 - 1) < 0.001
    ten = {t.name: t.rows for t in full_size("tpch", sf="10").tables}
    assert ten["orders"] == 15_000_000
    assert ten["nation"] == 25


def test_tpch_nations_are_where_the_specification_has_them() -> None:
    found = {(r["n_nationkey"], r["n_name"]): r["n_regionkey"] for r in tables("tpch")["nation"].to_pylist()}
    some = {(0, "ALGERIA"): 0, (6, "FRANCE"): 3, (8, "INDIA"): 2, (20, "SAUDI ARABIA"): 4, (24, "UNITED STATES"): 1}
    assert {key: found[key] for key in some} == some
    assert {key for key, _ in found} == set(range(25))


def test_tpch_keys_of_orders_use_eight_of_every_32() -> None:
    keys = column("tpch", "orders", "o_orderkey").to_numpy()
    assert keys[:9].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 33]
    assert ((keys - 1) % 32 < 8).all()


def test_tpch_prices_follow_from_the_part() -> None:
    part = column("tpch", "part", "p_partkey").to_numpy()
    cents = 90_000 + part // 10 % 20_001 + 100 * (part % 1000)
    assert [int(price * 100) for price in column("tpch", "part", "p_retailprice").to_pylist()] == cents.tolist()


def test_tpch_parts_have_four_suppliers_each_and_lines_name_one_of_them() -> None:
    engine = Engine(full_size("tpch", sf="0.01"))
    offered = engine.batch("partsupp", 0, 8000)
    pairs = set(zip(offered["ps_partkey"].to_pylist(), offered["ps_suppkey"].to_pylist(), strict=True))
    assert len(pairs) == 8000
    assert {supplier for _, supplier in pairs} == set(range(1, 101))
    line = engine.batch("lineitem", 0, 20_000)
    assert set(zip(line["l_partkey"].to_pylist(), line["l_suppkey"].to_pylist(), strict=True)) <= pairs


def test_tpch_lines_have_the_domains_of_the_specification() -> None:
    line = {name: column("tpch", "lineitem", name) for name in tables("tpch")["lineitem"].column_names}
    day = {name: line[name].cast(pa.int32()).to_numpy() for name in ("l_shipdate", "l_commitdate", "l_receiptdate")}
    orders = dict(zip(*(column("tpch", "orders", c).to_pylist() for c in ("o_orderkey", "o_orderdate")), strict=True))
    ordered = pa.array([orders[key] for key in line["l_orderkey"].to_pylist()]).cast(pa.int32()).to_numpy()
    current = int(np.datetime64("1995-06-17").astype(int))
    assert_between(day["l_shipdate"] - ordered, 1, 121)
    assert_between(day["l_commitdate"] - ordered, 30, 90)
    assert_between(day["l_receiptdate"] - day["l_shipdate"], 1, 30)
    assert_between(line["l_linenumber"].to_numpy(), 1, 7)
    assert_between(line["l_discount"].cast(pa.float64()).to_numpy(), 0, 0.10)
    assert_between(line["l_tax"].cast(pa.float64()).to_numpy(), 0, 0.08)
    assert_between(line["l_quantity"].cast(pa.float64()).to_numpy(), 1, 50)
    assert ((day["l_shipdate"] > current) == (np.array(line["l_linestatus"].to_pylist()) == "O")).all()
    assert ((day["l_receiptdate"] > current) == (np.array(line["l_returnflag"].to_pylist()) == "N")).all()
    lengths = pc.utf8_length(line["l_comment"]).to_numpy()
    assert_between(lengths, 10, 43)
    assert abs(np.mean(np.unique(line["l_orderkey"].to_numpy(), return_counts=True)[1]) - 4) < 0.1


def assert_between(values: np.ndarray, low: float, high: float) -> None:
    """All within the range, and both ends reached."""
    assert values.min() == pytest.approx(low)
    assert values.max() == pytest.approx(high)
