"""What a schema says beyond rows, in real databases: conditions, comments, arrays, suspended constraints."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from runner.engine import Engine
from runner.formats import open_format
from runner.formats.common.dialects import Dialect
from runner.formats.ddl.checks import check_sql
from runner.ops import Const
from runner.plan import Check, Plan
from runner.schema import check
from runner.spec import Output
from tests.servers import MariaDb

COLUMNS = """\
      id: sequence
      n: {gen: int, min: -3, max: 3, null_rate: 0.2}
      m: {gen: int, min: -3, max: 3}
      big: {gen: int, min: 2147483640, max: 2147483647}
      d: {gen: decimal, min: -1, max: 1, scale: 1, null_rate: 0.1}
      e: {gen: decimal, min: -1, max: 1, scale: 2}
      f: {gen: float, min: 0, max: 2}
      b: {gen: bool, null_rate: 0.2}
      s: {gen: choice, values: [a, A, "a ", "it's", 'x\\\\y', "naïve"], null_rate: 0.1}
      day: {gen: date, start: 2024-01-01, end: 2024-01-05, null_rate: 0.1}
      end: {gen: date, start: 2024-01-01, end: 2024-01-05}
      at: {gen: datetime, start: 2024-01-01, end: 2024-01-02, type: datetime(3)}
"""
CONDITIONS = (
    "n < m", "n = m", "n != m", "not n <= m", "n + m * 2 > 1", "n - m >= -1", "big * big > n", "big + big > 4294967290",
    "n is null or n > 0", "n is not null and not (n > 0)", "n in (1, 2)", "n not in (1, 2)",
    "between(n, -1, 1)", "d < e", "d = e", "d < 0.5", "d * 2 < e + 0.5", "d >= -0.3", "n > 0.5", "f < 0.75", "f > 1",
    "b", "not b", "b = true", "b != false", "b or n > 0", "b and n > 0", "s = 'a'", "s in ('a', 'it''s')", "s != 'a'",
    "not (s = 'a')", "s = 'x\\\\y'", "day < '2024-01-03'", "day >= end", "day = '2024-01-02' or s = 'A'",
    "at < '2024-01-01T12:00:00'",
    "at >= '2024-01-01T06:00:00.500'", "true", "not false",
)  # fmt: skip
LEFT_OUT = (
    "s < 'b'", "n // 2 = 1", "n % 2 = 1", "n / 2 > 0.5", "length(s) > 1", "f * 2 > 1", "year(day) = 2024", "day + 1 > end",
    "s + 'x' = 'ax'", "if(b, n, m) > 0", "n in (1, null)", "day < as_of", "hidden > 1",
)  # fmt: skip
EVERYWHERE: dict[Dialect, set[str]] = {
    "postgresql": set(),
    "sqlite": {"d * 2 < e + 0.5", "d < e", "d < 0.5"},
    "mysql": {"s != 'a'", "not (s = 'a')"},
    "sqlserver": {"d * 2 < e + 0.5", "s != 'a'", "not (s = 'a')"},
}
"""The conditions that a dialect cannot state."""


def plan_of(text: str) -> Plan:
    outcome = check(text)
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def judged() -> Plan:
    """A table with what the engine says of each condition beside its columns."""
    found = "".join(f"      c{i}: {{expr: {condition!r}}}\n" for i, condition in enumerate(CONDITIONS) if "\\" not in condition)
    return plan_of(f"tables:\n  t:\n    rows: 400\n    columns:\n{COLUMNS}{found}")


def dump(plan: Plan, dialect: str, **options: Any) -> bytes:
    opened = open_format(plan, Output(format="sql", dialect=dialect, options=options))
    pieces = [p for f in opened.files() for a, b in f.units() for p in opened.unit(f, Engine(plan), a, b)]
    return b"".join(bytes(memoryview(p)) for p in pieces)


def verdicts(plan: Plan, dialect: Dialect, ask: Callable[[str], list[tuple[Any, Any]]]) -> None:
    """What the database says of each condition is what the engine says, or true where that is not false."""
    table = plan.table("t")
    for i, condition in enumerate(CONDITIONS):
        written = check_sql(Check(condition, Const(True, "bool")), table, dialect)
        assert (written is None) == (condition in EVERYWHERE[dialect]), condition
        if written is None or "\\" in condition:
            continue
        found = ask(f"SELECT c{i}, CASE WHEN {written} THEN 1 WHEN NOT ({written}) THEN 0 END FROM t")
        exact = dialect != "mysql" or "s " not in condition
        assert len(found) == 400
        for engine, database in found:
            ours, theirs = (None if v is None else int(v) for v in (engine, database))
            assert ours == theirs or (not exact and ours != 1 and theirs == 1), (condition, written)


def test_sqlite_judges_as_the_engine_does() -> None:
    plan = judged()
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(dump(plan, "sqlite", create_table=True).decode())
        verdicts(plan, "sqlite", lambda sql: connection.execute(sql).fetchall())
    connection.close()


def test_postgresql_judges_as_the_engine_does(postgres_url: str) -> None:
    import psycopg

    plan = judged()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(dump(plan, "postgresql", create_table=True))
        verdicts(plan, "postgresql", lambda sql: connection.execute(sql.encode()).fetchall())


def test_mariadb_takes_no_less_for_true(mariadb: MariaDb) -> None:
    plan, database = judged(), mariadb.database()
    mariadb.run(dump(plan, "mysql", create_table=True), database)

    def ask(sql: str) -> list[tuple[Any, Any]]:
        lines = mariadb.run(sql, database).decode().splitlines()
        cells = ([None if cell == "NULL" else cell for cell in line.split("\t")] for line in lines)
        return [(a, b) for a, b in cells]

    verdicts(plan, "mysql", ask)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite", "sqlserver"])
def test_what_a_database_would_judge_otherwise_is_left_out(dialect: Dialect) -> None:
    table = judged().table("t")
    assert [c for c in LEFT_OUT if check_sql(Check(c, Const(True, "bool")), table, dialect)] == []
    assert sum(c in EVERYWHERE["sqlserver"] for c in CONDITIONS) == 3


OFFERS = """
tables:
  offers:
    description: "What is on offer\\nat the moment; it's cheap"
    rows: 300
    check: [low < high, "rush = false or high < 50", "length(code) = 3 or\\n low > 5"]
    columns:
      id: {gen: sequence, description: "its number: 100 % sure -- really; 'yes'"}
      low: {gen: int, min: 1, max: 99}
      high: {gen: int, min: 1, max: 99}
      rush: {gen: bool, probability: 0.2}
      code: {gen: pattern, template: "?##"}
      tags: {array: {of: {gen: choice, values: ["a,b", 'c"d', "e\\\\f", "{}", "", "NULL", "it's"]}, min: 0, max: 3}, type: array(text)}
      days: {array: {of: {gen: date, null_rate: 0.3}, max: 2}, type: array(date), null_rate: 0.2}
      prices: {array: {of: {gen: decimal, min: 0, max: 5, scale: 2}}, type: "array(decimal(6,2))"}
      raw: {array: {of: {value: "a b"}}, type: array(string(9))}
      flags: {array: {of: bool}, type: array(bool)}
      moments: {array: {of: {gen: datetime, start: 2024-01-01}}, type: array(datetime(3))}
"""  # noqa: E501


def test_postgresql_has_checks_comments_and_arrays(postgres_url: str) -> None:
    import psycopg

    plan = plan_of(OFFERS)
    text = dump(plan, "postgresql", create_table=True)
    assert b"-- CHECK left out: length(code) = 3 or  low > 5\n" in text
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(text)
        with pytest.raises(psycopg.errors.CheckViolation, match="ck_offers_1"):
            connection.execute("UPDATE offers SET low = high")
        comments = connection.execute("SELECT obj_description('offers'::regclass), col_description('offers'::regclass, 1)")
        assert comments.fetchone() == ("What is on offer at the moment; it's cheap", "its number: 100 % sure -- really; 'yes'")
        arrays = [c.name for c in plan.table("offers").columns if c.type.kind == "array"]
        found = connection.execute(f"SELECT {', '.join(arrays)} FROM offers ORDER BY id").fetchall()
    batch = Engine(plan).batch("offers", 0, 300)
    assert found == [tuple(row.values()) for row in batch.select(arrays).to_pylist()]


def test_mariadb_has_checks_and_comments(mariadb: MariaDb) -> None:
    database = mariadb.database()
    mariadb.run(dump(plan_of(OFFERS), "mysql", create_table=True), database)
    shown = mariadb.run("SHOW CREATE TABLE offers", database).decode()
    assert "CONSTRAINT `ck_offers_2` CHECK" in shown and "100 % sure -- really; ''yes''" in shown
    assert mariadb.run("SELECT COUNT(*) FROM offers WHERE JSON_LENGTH(tags) = 3", database).strip() > b"10"


def test_sqlite_keeps_checks_and_comments() -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(dump(plan_of(OFFERS), "sqlite", create_table=True).decode())
        ((made,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
        assert "-- What is on offer at the moment; it's cheap\n" in made and "-- id: its number: 100 % sure" in made
        with pytest.raises(sqlite3.IntegrityError, match="ck_offers_1"):
            connection.execute("UPDATE offers SET low = high")
    connection.close()


STORES = """
load: {suspend: [{reference: staff.store_id, constraint: works_in}, stores.manager_id]}
tables:
  staff: {rows: 40, columns: {id: sequence, store_id: {ref: stores.id}}}
  stores: {rows: 5, columns: {id: sequence, manager_id: {ref: staff.id}}}
"""
MADE = (
    "CREATE TABLE staff (id INT PRIMARY KEY, store_id INT NOT NULL);"
    "CREATE TABLE stores (id INT PRIMARY KEY, manager_id INT NOT NULL, CONSTRAINT fk_stores_manager_id FOREIGN KEY (manager_id)"
    " REFERENCES staff (id)); ALTER TABLE staff ADD CONSTRAINT works_in FOREIGN KEY (store_id) REFERENCES stores (id);"
)


@pytest.mark.parametrize("create_table", [True, False])
def test_postgresql_loads_a_circle_of_keys_that_hold(create_table: bool, postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS staff, stores CASCADE")
        if not create_table:
            connection.execute(MADE.encode())
        connection.execute(dump(plan_of(STORES), "postgresql", create_table=create_table))
        keys = connection.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND convalidated ORDER BY 1").fetchall()
        assert [name for (name,) in keys] == ["fk_stores_manager_id", "works_in"]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("UPDATE staff SET store_id = 99")
        assert connection.execute("SELECT count(*) FROM staff JOIN stores ON store_id = stores.id").fetchone() == (40,)


@pytest.mark.parametrize("made", ["", MADE, MADE.replace("works_in", "other")])
def test_mariadb_loads_a_circle_of_keys_that_hold(made: str, mariadb: MariaDb) -> None:
    database, plan = mariadb.database(), plan_of(STORES)
    if made:
        mariadb.run(made, database)
    mariadb.run(dump(plan, "mysql", create_table=not made), database)
    names = mariadb.run(
        "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()"
        " AND CONSTRAINT_TYPE = 'FOREIGN KEY'",
        database,
    )
    assert {"fk_stores_manager_id", "works_in"} <= set(names.decode().split())
    assert mariadb.run("SELECT COUNT(*) FROM staff JOIN stores ON store_id = stores.id", database).strip() == b"40"


def test_mariadb_finds_what_a_suspended_key_let_in(mariadb: MariaDb) -> None:
    database, plan = mariadb.database(), plan_of(STORES)
    mariadb.run(MADE, database)
    text = dump(plan, "mysql").decode().replace("(40, ", "(40, 9000 + ", 1)
    assert text.index("9000") > 0
    with pytest.raises(Exception, match="1242"):
        mariadb.run(text.encode(), database)
    assert mariadb.run("SELECT @@SESSION.foreign_key_checks", database).strip() == b"1"


def test_sqlite_loads_a_circle_of_keys_that_hold() -> None:
    text = dump(plan_of(STORES), "sqlite", create_table=True).decode()
    with sqlite3.connect(":memory:") as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(text)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert len(connection.execute("PRAGMA foreign_key_list(staff)").fetchall()) == 1
    connection.close()
    assert text.count("PRAGMA foreign_keys = OFF") == 2 and text.endswith("PRAGMA foreign_key_check;\n")


def test_sqlserver_drops_the_key_and_adds_it_again() -> None:
    text = dump(plan_of(STORES), "sqlserver").decode()
    drop = "IF OBJECT_ID(N'[works_in]', N'F') IS NOT NULL ALTER TABLE [staff] DROP CONSTRAINT [works_in];\n"
    assert 0 < text.index(drop) < text.index("INSERT INTO [staff]") < text.index("ADD CONSTRAINT [works_in] FOREIGN KEY")
