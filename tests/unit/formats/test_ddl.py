"""DDL: types by dialect, keys, uniques, indexes and foreign keys, names of any kind."""

from __future__ import annotations

import sqlite3

import pytest

from runner.formats.common.dialects import DIALECTS
from runner.formats.ddl import constraints_sql, create_table_sql, indexes_sql, quote
from runner.ops import Row
from runner.plan import ColumnPlan, Plan, Reference, TablePlan
from runner.types import Type
from tests.unit.formats.samples import plan_of


def column(name: str, kind: str, nullable: bool = False, unique: bool = False) -> ColumnPlan:
    return ColumnPlan(name, Type.parse(kind), Row(), nullable=nullable, unique=unique)


KINDS = (
    "int", "bigint", "float", "decimal(12,2)", "string", "string(40)", "string(20000)", "text", "bool", "date", "time", "time(3)",
    "datetime", "datetime(6)", "uuid", "json", "bytes",
)  # fmt: skip
EXPECTED = {
    "postgresql": "INTEGER BIGINT DOUBLE PRECISION|NUMERIC(12, 2)|TEXT VARCHAR(40) VARCHAR(20000) TEXT BOOLEAN DATE "
    "TIME(0) WITHOUT TIME ZONE|TIME(3) WITHOUT TIME ZONE|TIMESTAMP(0) WITHOUT TIME ZONE|TIMESTAMP(6) WITHOUT TIME ZONE|"
    "UUID JSONB BYTEA",
    "mysql": "INTEGER BIGINT DOUBLE|NUMERIC(12, 2)|TEXT VARCHAR(40) LONGTEXT LONGTEXT BOOL DATE TIME|TIME(3)|DATETIME|"
    "DATETIME(6)|CHAR(36) JSON LONGBLOB",
    "sqlite": "INTEGER INTEGER DOUBLE|NUMERIC(12, 2)|TEXT VARCHAR(40) VARCHAR(20000) TEXT BOOLEAN DATE TIME|TIME|DATETIME|"
    "DATETIME|CHAR(36) TEXT BLOB",
    "sqlserver": "INTEGER BIGINT DOUBLE PRECISION|NUMERIC(12, 2)|NVARCHAR(max) NVARCHAR(40) NVARCHAR(max) NVARCHAR(max) BIT DATE "
    "TIME(0)|TIME(3)|DATETIME2(0)|DATETIME2(6)|UNIQUEIDENTIFIER NVARCHAR(max) VARBINARY(max)",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_types(dialect: str) -> None:
    table = TablePlan("t", 1, tuple(column(f"c{i}", kind) for i, kind in enumerate(KINDS)))
    lines = [line.strip().rstrip(",") for line in create_table_sql(table, dialect, plan_of(table)).split("\n")[1:-2]]
    assert " ".join(line.split(" ", 1)[1].removesuffix(" NOT NULL") for line in lines) == EXPECTED[dialect].replace("|", " ")


def shop() -> Plan:
    users = TablePlan(
        "users",
        1,
        (column("id", "bigint"), column("email", "string", nullable=True, unique=True), column("boss", "bigint", nullable=True)),
        primary_key=("id",),
        references=(Reference(("boss",), "users", ("id",)), Reference(("email",), "orders", ("note",))),
    )
    orders = TablePlan(
        "orders",
        1,
        (column("id", "bigint"), column("user_id", "bigint"), column("note", "string"), column("line", "int")),
        primary_key=("id", "line"),
        unique=(("user_id", "note"), ("id", "line")),
        indexes=(("user_id",), ("note", "line")),
        references=(Reference(("user_id",), "users", ("id",)),),
    )
    return plan_of(users, orders)


def test_keys_and_indexes() -> None:
    plan = shop()
    orders = create_table_sql(plan.table("orders"), "postgresql", plan)
    assert 'PRIMARY KEY ("id", "line"),\n\tCONSTRAINT "uq_orders_user_id_note" UNIQUE ("user_id", "note")\n)' in orders
    assert "FOREIGN KEY" not in orders and orders.count("UNIQUE") == 1
    assert indexes_sql(plan.table("orders"), "mysql", plan) == (
        "CREATE INDEX `ix_orders_note_line` ON `orders` (`note`, `line`);\n"
        "CREATE INDEX `ix_orders_user_id` ON `orders` (`user_id`);\n"
    )
    assert "`email` VARCHAR(255)," in create_table_sql(plan.table("users"), "mysql", plan)
    users = indexes_sql(plan.table("users"), "sqlserver", plan)
    assert users == "CREATE UNIQUE INDEX [uq_users_email] ON [users] ([email]) WHERE [email] IS NOT NULL;\n"


def test_foreign_keys_come_after_with_cycles_last() -> None:
    lines = constraints_sql(shop(), "postgresql").strip().split("\n")
    assert [line.split('"')[3] for line in lines] == ["fk_orders_user_id", "fk_users_boss"]


def test_sqlite_has_them_inline_and_defers_cycles() -> None:
    plan = shop()
    assert constraints_sql(plan, "sqlite") == ""
    text = create_table_sql(plan.table("users"), "sqlite", plan)
    assert 'FOREIGN KEY("boss") REFERENCES "users" ("id") DEFERRABLE INITIALLY DEFERRED' in text
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(text + create_table_sql(plan.table("orders"), "sqlite", plan))
        keys = connection.execute("PRAGMA foreign_key_list(orders)").fetchall()
    connection.close()
    assert [(k[2], k[3], k[4]) for k in keys] == [("users", "user_id", "id")]


@pytest.mark.parametrize(
    ("dialect", "quoted"), [("postgres", '"a""b%s"'), ("mysql", '`a"b%s`'), ("sqlite", '"a""b%s"'), ("mssql", '[a"b%s]')]
)
def test_quoting(dialect: str, quoted: str) -> None:
    assert quote('a"b%s', dialect) == quoted
    assert quote("a]b", "mssql") == "[a]]b]" and quote("a`b", "mysql") == "`a``b`"


def test_long_names_of_constraints_are_cut_and_stay_apart() -> None:
    columns = tuple(column(f"{'x' * 40}_{i}", "int", unique=True) for i in range(2))
    table = TablePlan("t" * 40, 1, columns)
    text = create_table_sql(table, "postgresql", plan_of(table))
    names = [line.split('"')[1] for line in text.split("\n") if "CONSTRAINT" in line]
    assert len(set(names)) == 2 and all(len(name) == 60 for name in names)
