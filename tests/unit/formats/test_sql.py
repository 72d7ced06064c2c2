"""SQL dumps: layout, statements that break at absolute rows, literals that load exactly into SQLite."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest

from runner.formats import OptionError, UnencodableValue, open_format
from runner.formats.common.dialects import DIALECTS
from runner.spec import Output
from tests.unit.formats.samples import EVERY_TYPE, HOSTILE, one_file, plan_of, table, written


def write(columns: dict[str, tuple[str, list[Any]]], dialect: str = "sqlite", block_rows: int = 65_536, **options: Any) -> str:
    plan, batch = table(columns)
    return one_file(plan_of(plan), batch, block_rows, format="sql", dialect=dialect, options=options).decode()


def test_layout() -> None:
    columns: dict[str, tuple[str, list[Any]]] = {"id": ("int", [1, 2, 3]), "s": ("string", ["a", None, "it's"])}
    assert write(columns, rows_per_statement=2) == (
        'BEGIN;\nINSERT INTO "t" ("id", "s") VALUES\n(1, \'a\'),\n(2, NULL);\n'
        'INSERT INTO "t" ("id", "s") VALUES\n(3, \'it\'\'s\');\nCOMMIT;\n'
    )
    assert write(columns, "mssql", transaction=False).split("\n", 3)[3] == (
        "INSERT INTO [t] ([id], [s]) VALUES\n(1, N'a'),\n(2, NULL),\n(3, N'it''s');\n"
    )
    assert write({"id": ("int", [])}) == "BEGIN;\nCOMMIT;\n"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_statements_break_at_absolute_rows_whatever_the_blocks(dialect: str) -> None:
    n = 140_000
    columns: dict[str, tuple[str, list[Any]]] = {"id": ("int", list(range(n))), "s": ("string*", [f"v{i % 3}" for i in range(n)])}
    text = write(columns, dialect, rows_per_statement=700)
    assert text == write(columns, dialect, 4_096, rows_per_statement=700)
    firsts = [int(m) for m in re.findall(r"VALUES\n\((\d+),", text)]
    assert firsts == list(range(0, n, 700))
    assert len(re.findall(r"^\(\d+, N?'v\d'\)[,;]$", text, re.MULTILINE)) == n
    assert text.count(");\n") == len(firsts)


def test_hostile_texts_and_names_load_into_sqlite() -> None:
    values = [*HOSTILE, "a\0b", "\0", "'\0'"]
    columns: dict[str, tuple[str, list[Any]]] = {
        'k"e%y': ("text", values),
        "p;'": ("text*", values),
        "[n]`": ("int", list(range(len(values)))),
    }
    plan, batch = table(columns, name='o\'dd "name" %s', primary_key=("[n]`",), indexes=(('k"e%y',),))
    text = one_file(plan_of(plan), batch, format="sql", dialect="sqlite", options={"create_table": True}).decode()
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(text)
        found = connection.execute('SELECT * FROM "o\'dd ""name"" %s" ORDER BY 3').fetchall()
        indexes = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchone()
    connection.close()
    assert found == [(v, v, i) for i, v in enumerate(values)]
    assert indexes == (1,)


def test_every_type_loads_into_sqlite() -> None:
    plan, batch = table({k: v for k, v in EVERY_TYPE.items() if k != "w"})
    text = one_file(plan_of(plan), batch, format="sql", dialect="sqlite", options={"create_table": True}).decode()
    connection = sqlite3.connect(":memory:")
    connection.executescript(text)
    found = connection.execute("SELECT * FROM t").fetchall()
    connection.close()
    assert found[0] == (
        1, -(2**63), 0.1, -0.05, "O'Brien", "pool", 1, "2024-02-29", "00:00:00", "2024-02-29 23:59:59",
        "2024-01-01 00:00:00.000001", "261e4f78-e23c-46b8-9c8b-887c79f916a1", '{"a": [1, "x\\"y"]}', b"\x00\xff'\\",
    )  # fmt: skip
    assert found[2][:2] == (-(2**31), 0) and set(found[2][2:5]) == {None, ""}
    assert found[3][4] == 'a,"b"\r\n\\' and found[3][-1] == b"abcd" and found[1][-1] == b""


@pytest.mark.parametrize(
    ("dialect", "literals"),
    [
        ("postgresql", r"('a\''', '\x00FF', true, 'NaN', '2024-01-02 03:04:05.600')"),
        ("mariadb", r"('a\\''', X'00FF', 1, NULL, '2024-01-02 03:04:05.600')"),
        ("sqlite", r"('a\''', X'00FF', 1, NULL, '2024-01-02 03:04:05.600')"),
        ("mssql", r"(N'a\''', 0x00FF, 1, NULL, '2024-01-02T03:04:05.600')"),
    ],
)
def test_literals(dialect: str, literals: str) -> None:
    from datetime import datetime

    columns: dict[str, tuple[str, list[Any]]] = {
        "s": ("string", ["a\\'"]),
        "x": ("bytes", [b"\0\xff"]),
        "t": ("bool", [True]),
        "f": ("float", [float("nan")]),
        "d": ("datetime(3)", [datetime(2024, 1, 2, 3, 4, 5, 600_000)]),
    }
    assert literals in write(columns, dialect)


def test_nul_is_refused_where_the_database_has_none() -> None:
    with pytest.raises(UnencodableValue, match=r"t\.s: PostgreSQL text cannot hold the character U\+0000"):
        write({"s": ("string", ["a\0b"])}, "postgresql")
    assert "N'a'+NCHAR(0)+N'b'" in write({"s": ("string", ["a\0b"])}, "sqlserver")


def test_files_are_numbered_in_load_order() -> None:
    from runner.plan import Reference

    users, _ = table({"id": ("int", [1])}, name="users", primary_key=("id",))
    orders, _ = table({"user_id": ("int", [1])}, name="order items", references=(Reference(("user_id",), "users", ("id",)),))
    names = {d: [f.path for f in open_format(plan_of(users, orders), Output(format="sql", dialect=d)).files()] for d in DIALECTS}
    assert names["postgresql"] == names["mysql"] == ["001_users.sql", "002_order%20items.sql", "constraints.sql"]
    assert names["sqlite"] == ["001_users.sql", "002_order%20items.sql"]


def test_constraints_are_a_file_without_rows() -> None:
    from runner.plan import Reference

    key = Reference(("boss",), "t", ("id",))
    plan, batch = table({"id": ("int", [1]), "boss": ("int", [None])}, primary_key=("id",), references=(key,))
    files = written(plan_of(plan), batch, format="sql", compression="none")
    assert (
        files["constraints.sql"]
        .decode()
        .endswith('ALTER TABLE "t" ADD CONSTRAINT "fk_t_boss" FOREIGN KEY("boss") REFERENCES "t" ("id");\n')
    )


def test_bad_options_are_explained() -> None:
    for dialect, options, message in (
        ("oracle", {}, "known are postgresql, mysql, sqlite, sqlserver"),
        ("postgre", {}, "Did you mean postgresql"),
        ("sqlserver", {"rows_per_statement": 1_001}, "at most 1000 rows"),
        ("sqlite", {"rows_per_statement": 0}, "from 1 to 65536"),
        ("sqlite", {"create_tables": True}, "Did you mean create_table"),
    ):
        with pytest.raises(OptionError, match=message):
            write({"id": ("int", [1])}, dialect, **options)
