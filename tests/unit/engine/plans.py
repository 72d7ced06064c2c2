"""A plan by hand that uses every operation without pools, for tests of the engine."""

from __future__ import annotations

import string

from runner.draws import derive_key
from runner.layout import total_children
from runner.ops import (
    Below,
    Call,
    Column,
    Const,
    Digits,
    Join,
    Lookup,
    Nulls,
    Ordinal,
    ParentRow,
    Pattern,
    Permute,
    Rescale,
    Row,
    Shaped,
    Text,
    ToFloat,
    ToInteger,
    Uniform,
    UniformBetween,
    Uuid,
    Values,
    Weighted,
    Zipf,
)
from runner.plan import ColumnPlan, Layout, Plan, Reference, TablePlan
from runner.types import BIGINT, BOOL, DATETIME, FLOAT, INT, STRING, UUID, Type, decimal

DIGITS = string.digits
USERS = 30_000


def key(*names: str) -> int:
    return derive_key(42, *names)


def users(rows: int = USERS) -> TablePlan:
    number = Call("add", (Row(), Const(1)))
    return TablePlan(
        "users",
        rows,
        (
            ColumnPlan("id", BIGINT, number, unique=True),
            ColumnPlan("uid", UUID, Uuid(key("uid"))),
            ColumnPlan("plan", STRING, Values(("free", "pro", "elite"), Weighted(key("plan"), (80, 15, 5)))),
            ColumnPlan(
                "phone", STRING, Nulls(key("n"), 10**8, Pattern(("+", *[DIGITS] * 9), Uniform(key("p"), 0, 10**9 - 1))), True
            ),
            ColumnPlan("code", STRING, Pattern((*[string.ascii_uppercase] * 4,), Permute(key("c"), 26**4)), unique=True),
            ColumnPlan("signup_at", DATETIME, Uniform(key("s"), 1_640_995_200, 1_735_689_600)),
            ColumnPlan("balance", decimal(10, 2), Uniform(key("b"), -5_000, 1_000_000)),
            ColumnPlan("active", BOOL, Call("less", (Uniform(key("a"), 0, 99), Const(80)))),
            ColumnPlan("manager", BIGINT, Lookup("users", "id", Below(key("m"))), True),
            ColumnPlan("score", FLOAT, Call("divide", (ToFloat(Column("balance"), 2), ToFloat(Const(7))))),
            ColumnPlan("tag", STRING, Join(("<", Values(("x", "y"), Uniform(key("t"), 0, 1)), "-", Digits(Row(), 6), ">"))),
            ColumnPlan(
                "label", STRING, Join((Text(Column("balance"), decimal(10, 2)), " ", Text(Column("signup_at"), DATETIME)))
            ),
        ),
        primary_key=("id",),
    )


def orders(rows: int = USERS) -> TablePlan:
    layout = Layout(key("layout"), "users", tuple(range(9)), (1,) * 9)
    signup = Lookup("users", "signup_at", ParentRow())
    total = Shaped(key("total"), "lognormal", 300, 2_000_000, "2500", "0.6")
    return TablePlan(
        "orders",
        total_children(layout, rows),
        (
            ColumnPlan("id", BIGINT, Call("add", (Row(), Const(1)))),
            ColumnPlan("user_id", BIGINT, Lookup("users", "id", ParentRow())),
            ColumnPlan("number", INT, Call("add", (Ordinal(), Const(1)))),
            ColumnPlan("ordered_at", DATETIME, UniformBetween(key("at"), signup, Const(1_735_689_600))),
            ColumnPlan("user_signup", DATETIME, signup),
            ColumnPlan("user_plan", STRING, Lookup("users", "plan", ParentRow())),
            ColumnPlan("total", decimal(12, 2), total),
            ColumnPlan("tax", decimal(12, 2), Rescale(Call("multiply", (Column("total"), Const(19))), 4, 2)),
            ColumnPlan("rounded", INT, ToInteger(ToFloat(Column("total"), 2))),
            ColumnPlan("seller", BIGINT, Lookup("users", "id", Permute(key("scatter"), rows, Zipf(key("z"), rows, "1.1")))),
            ColumnPlan("boss_phone", Type("string"), Lookup("users", "phone", Below(key("bp"), Const(rows))), True),
            ColumnPlan("__secret", INT, Uniform(key("h"), 0, 9), hidden=True),
        ),
        primary_key=("id",),
        references=(Reference(("user_id",), "users", ("id",)),),
        layout=layout,
    )


def shop(rows: int = USERS) -> Plan:
    return Plan(42, "2025-01-01T00:00:00Z", "en_US", (users(rows), orders(rows)))
