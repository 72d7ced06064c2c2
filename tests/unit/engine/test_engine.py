"""The engine on a plan made by hand: purity, block independence, keys, nulls and arithmetic."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runner.engine import Engine, RowError
from runner.ops import Call, Const, Row, Uniform
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.rows import rows
from runner.types import INT, decimal
from tests.unit.engine.plans import USERS, shop

PLAN = shop()
ENGINE = Engine(PLAN)


def table(name: str, engine: Engine = ENGINE) -> pa.Table:
    return pa.Table.from_batches(list(engine.batches(name, 0, engine.table(name).rows))).unify_dictionaries()


USERS_TABLE, ORDERS = table("users"), table("orders")


def test_plan_survives_json() -> None:
    assert Plan.from_json(PLAN.to_json()) == PLAN
    assert Plan.from_json(PLAN.to_json()).digest == PLAN.digest


@pytest.mark.parametrize("block", [1_000, 4_096, 30_000])
@pytest.mark.parametrize("name", ["users", "orders"])
def test_block_size_does_not_matter(name: str, block: int) -> None:
    other = table(name, Engine(PLAN, block))
    for column in other.column_names:
        assert other[column].to_pylist() == (USERS_TABLE if name == "users" else ORDERS)[column].to_pylist(), column


def test_any_rows_at_once_equal_the_same_rows_in_sequence() -> None:
    asked = np.array([29_999, 0, 17, 17, 5_000], dtype=np.int64)
    for column in ORDERS.column_names:
        got = ENGINE.physical("orders", column, asked)
        whole = ENGINE.physical("orders", column, np.arange(30_000))
        assert got.to_pylist() == whole.take(pa.array(asked)).to_pylist(), column


def test_a_column_added_changes_no_other() -> None:
    users, orders = PLAN.tables
    wider = replace(users, columns=(ColumnPlan("new", INT, Uniform(1, 0, 9)), *reversed(users.columns)))
    batch = Engine(replace(PLAN, tables=(wider, orders))).batch("users", 100, 200)
    before = ENGINE.batch("users", 100, 200)
    for column in before.schema.names:
        assert batch.column(column).to_pylist() == before.column(column).to_pylist()


def test_foreign_keys_hold_and_children_see_their_parent() -> None:
    parent = {i: (s, p) for i, s, p in zip(*(USERS_TABLE[c].to_pylist() for c in ("id", "signup_at", "plan")), strict=True)}
    for user, at, signup, plan in zip(
        *(ORDERS[c].to_pylist() for c in ("user_id", "ordered_at", "user_signup", "user_plan")), strict=True
    ):
        assert parent[user] == (signup, plan)
        assert at >= signup
    assert set(ORDERS["seller"].to_pylist()) <= parent.keys()


def test_skewed_picks_are_skewed() -> None:
    counts = np.sort(np.bincount(ORDERS["seller"].to_numpy(), minlength=USERS + 1))[::-1]
    assert counts[0] > 20 * counts[99] > 0


def test_children_are_numbered_within_their_parent() -> None:
    numbers = ORDERS["number"].to_numpy()
    user = ORDERS["user_id"].to_numpy()
    same = user[1:] == user[:-1]
    assert numbers[0] == 1
    assert (numbers[1:][same] == numbers[:-1][same] + 1).all()
    assert (numbers[1:][~same] == 1).all()


def test_self_reference_points_strictly_before() -> None:
    manager, own = USERS_TABLE["manager"].to_pylist(), USERS_TABLE["id"].to_pylist()
    assert manager[0] is None
    assert all(m is None or m < i for m, i in zip(manager, own, strict=True))


def test_unique_columns_are_distinct() -> None:
    for column in ("id", "uid", "code"):
        assert pc.count_distinct(USERS_TABLE[column]).as_py() == USERS


def test_null_rate_is_followed_and_reaches_through_references() -> None:
    assert USERS_TABLE["phone"].null_count / USERS == pytest.approx(0.1, abs=0.01)
    assert ORDERS["boss_phone"].null_count / len(ORDERS) == pytest.approx(0.1, abs=0.01)


def test_decimal_arithmetic_is_exact_and_rounds_half_away_from_zero() -> None:
    for total, tax, rounded in zip(*(ORDERS[c].to_pylist() for c in ("total", "tax", "rounded")), strict=True):
        assert tax == (total * Decimal("0.19")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert rounded == int(total.quantize(Decimal(1), ROUND_HALF_UP))


def test_text_of_values_is_what_people_write() -> None:
    row = rows(ENGINE, "users", 3, 1)[0]
    assert row["label"] == f"{Decimal(str(row['balance'])):.2f} {row['signup_at']}"


def test_hidden_columns_are_not_written() -> None:
    assert "__secret" not in ORDERS.column_names


def test_rows_are_json_safe_and_end_with_the_table() -> None:
    got = rows(ENGINE, "users", USERS - 2, 10)
    assert [r["id"] for r in got] == [USERS - 1, USERS]
    assert got[0]["signup_at"].endswith("Z")


def test_a_value_out_of_range_names_table_column_and_rows() -> None:
    tables = (
        TablePlan("t", 10, (ColumnPlan("big", INT, Call("multiply", (Call("add", (Row(), Const(2**61))), Const(8)))),)),
        TablePlan("u", 10, (ColumnPlan("wide", decimal(4, 2), Const(10_000)),)),
    )
    engine = Engine(Plan(0, "", "", tables))
    with pytest.raises(RowError, match=r"t\.big, rows from 0: .*64 bits"):
        engine.batch("t", 0, 5)
    with pytest.raises(RowError, match=r"u\.wide, rows from 0: .*decimal\(4,2\)"):
        engine.batch("u", 0, 5)
