"""Every type into MariaDB and back, by LOAD DATA and by INSERT, into tables of ours and of others."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from runner.formats.ddl import create_table_sql
from runner.types import INT, STRING, Type
from services.common.databases import DatabaseError
from services.common.databases.mysql.database import MysqlDatabase
from tests.integration.databases.mysql_targets import EXTREMES, batch, opened, stored
from tests.integration.loads import plan_of

LOADS = pytest.mark.parametrize("local", [True, False], ids=["load data", "insert"])


def declared(type_: str) -> str:
    """The column type that our own DDL gives a type."""
    from sqlalchemy.dialects import mysql

    from runner.formats.ddl.types import sql_type

    return str(sql_type(Type.parse(type_), "mysql", key=False).compile(dialect=mysql.dialect()))


def put(database: MysqlDatabase, table: str, columns: dict[str, tuple[str, Any]]) -> list[Type]:
    rows, types = batch(columns)
    with database.transaction():
        assert database.insert(table, rows, types) > 0
    return types


@LOADS
@pytest.mark.parametrize("type_", EXTREMES)
def test_values_come_back_as_they_went_in(type_: str, local: bool, mariadb_url: str) -> None:
    values = [None, *EXTREMES[type_], None]
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute(f"CREATE TABLE t (id INT PRIMARY KEY, v {declared(type_)} NULL) CHARACTER SET utf8mb4")
        types = put(database, "t", {"id": ("int", range(len(values))), "v": (type_, values)})
        assert [row["v"] for row in stored(database, "t", ["id", "v"], types, rows=3)] == values
        assert database._session.local is local


@LOADS
def test_rows_are_one_line_each_however_few_columns(local: bool, mariadb_url: str) -> None:
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute("CREATE TABLE t (v TEXT NULL)")
        put(database, "t", {"v": ("text", ["", None, "a", ""])})
        rows = database.query("SELECT v, COUNT(*) FROM t GROUP BY v ORDER BY v")
        assert rows == [(None, 1), ("", 2), ("a", 1)]


def test_pools_and_nulls_in_them(mariadb_url: str) -> None:
    indices = pa.array([0, 1, None, 1], pa.int32())
    rows = pa.RecordBatch.from_arrays(
        [pa.array([1, 2, 3, 4]), pa.DictionaryArray.from_arrays(indices, pa.array(["a\tb", "c\\d"]))], names=["id", "v"]
    )
    with opened(mariadb_url) as database:
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, v TEXT)")
        database.insert("t", rows, [INT, STRING])
        assert database.query("SELECT v FROM t ORDER BY id") == [("a\tb",), ("c\\d",), (None,), ("c\\d",)]


@LOADS
def test_columns_of_other_designs(local: bool, mariadb_url: str) -> None:
    ddl = """CREATE TABLE t (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, small TINYINT UNSIGNED, flag TINYINT(1), bits BIT(10),
        truth BIT(1), made YEAR, size ENUM('s', 'm', 'l''x'), tags SET('a', 'b', 'c'), doc JSON, key16 BINARY(16), ip INET6,
        place POINT NOT NULL, area GEOMETRY, raw POINT, amount DECIMAL(20, 4), at TIMESTAMP(3) NULL, fixed CHAR(5),
        twice INT AS (small * 2) VIRTUAL, thrice INT AS (small * 3) STORED, ratio FLOAT)"""
    wkb = bytes.fromhex("0101000000000000000000F03F0000000000000040")
    columns: dict[str, tuple[str, Any]] = {
        "id": ("bigint", [0, 5]),
        "small": ("int", [255, None]),
        "flag": ("bool", [True, None]),
        "bits": ("int", [1023, None]),
        "truth": ("bool", [False, True]),
        "made": ("int", [2024, 0]),
        "size": ("string", ["l'x", None]),
        "tags": ("string", ["a,c", ""]),
        "doc": ("json", ['{"a": "\\n"}', None]),
        "key16": ("uuid", ["00112233-4455-6677-8899-aabbccddeeff", None]),
        "ip": ("string", ["::1", None]),
        "place": ("string", ["POINT(1 2)", wkb.hex()]),
        "area": ("string", ["POLYGON((0 0,1 0,1 1,0 0))", None]),
        "raw": ("bytes", [wkb, None]),
        "amount": ("decimal(20,4)", [Decimal("1234567890123456.7891"), None]),
        "at": ("datetime(3)", [datetime.datetime(2024, 3, 31, 2, 30, 0, 123_000), None]),
        "fixed": ("string", ["ab", None]),
        "ratio": ("float", [0.1, None]),
    }
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute(ddl)
        assert [c.name for c in database.columns("t")] == list(columns)
        assert [c.name for c in database.columns("t") if c.required] == ["place"]
        types = put(database, "t", columns)
        found = stored(database, "t", list(columns), types)
        expected = [dict(zip(columns, row, strict=True)) for row in zip(*(v for _, v in columns.values()), strict=True)]
        expected[1]["place"] = "POINT(1 2)"
        assert found == expected
        assert database.query("SELECT HEX(key16), twice, thrice, bits + 0 FROM t WHERE id = 0") == [
            ("00112233445566778899AABBCCDDEEFF", 510, 765, 1023)
        ]
        bits = next(database.read("t", ["bits"], [STRING])).to_pylist()
        assert {row["bits"] for row in bits} == {"1111111111", None}


@LOADS
def test_texts_that_are_no_geometry_are_refused(local: bool, mariadb_url: str) -> None:
    rows, types = batch({"id": ("int", [1, 2]), "g": ("string", ["POINT(1 2)", "POINT(nowhere)"])})
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY NULL)")
        with pytest.raises(DatabaseError, match="geometry") as caught:
            database.insert("t", rows, types)
        assert caught.value.code == "TARGET_CONSTRAINT"
        assert database.query("SELECT COUNT(*) FROM t") == [(0,)]


@LOADS
def test_numbers_that_are_none_are_refused_by_name(local: bool, mariadb_url: str) -> None:
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, ratio DOUBLE)")
        for bad in (float("nan"), float("inf")):
            rows, types = batch({"id": ("int", [1, 2]), "ratio": ("float", [1.5, bad])})
            with pytest.raises(DatabaseError, match="ratio") as caught:
                database.insert("t", rows, types)
            assert caught.value.code == "UNENCODABLE_VALUE"
        assert database.query("SELECT COUNT(*) FROM t") == [(0,)]  # and the connection goes on


@LOADS
def test_fractions_of_a_second_are_not_cut(local: bool, mariadb_url: str) -> None:
    moments = [datetime.datetime(2024, 1, 2, 3, 4, 5), None, datetime.datetime(2024, 1, 2, 3, 4, 5, 120_000)]
    with opened(mariadb_url) as database:
        database._session.local = local
        database.execute("CREATE TABLE t (id INT, at DATETIME(3), short TIMESTAMP(1) NULL, clock TIME)")
        for column, rows, ok in (("at", 3, True), ("short", 2, True), ("short", 3, False), ("clock", 3, False)):
            type_ = "time(3)" if column == "clock" else "datetime(6)"
            values = [m.time() if m and column == "clock" else m for m in moments[:rows]]
            if ok:
                put(database, "t", {column: (type_, values)})
                continue
            with pytest.raises(DatabaseError, match=column) as caught:
                put(database, "t", {column: (type_, values)})
            assert caught.value.code == "TARGET_CONSTRAINT"
        assert database.query("SELECT COUNT(*) FROM t") == [(5,)]


def test_a_table_that_our_ddl_makes_takes_a_plan(mariadb_url: str) -> None:
    from runner.engine import Engine

    plan = plan_of(users="3K")
    engine = Engine(plan)
    with opened(mariadb_url) as database:
        for table in plan.tables:
            database.run_script(create_table_sql(table, "mysql", plan))
            types, names = [c.type for c in table.written], [c.name for c in table.written]
            made = pa.Table.from_batches(list(engine.batches(table.name, 0, table.rows)))
            for part in made.combine_chunks().to_batches():
                database.insert(table.name, part, types)
            back = pa.Table.from_batches(list(database.read(table.name, names, types, 1000))).sort_by("id")
            plain = pa.table({n: pa.chunked_array([made[n].combine_chunks().cast(back[n].type)]) for n in names})
            assert back.num_rows == table.rows
            assert back.to_pylist() == plain.sort_by("id").to_pylist()


def test_long_cells_and_many_rows_are_taken_apart(mariadb_url: str) -> None:
    sizes = [0, 250, 251, 65_535, 65_536, 1 << 24, (1 << 24) + 70_000]
    with opened(mariadb_url) as database:
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB, w INT)")
        for number, size in enumerate(sizes):
            database.execute("INSERT INTO t VALUES (?, REPEAT('x', ?), ?)", (number, min(size, 1 << 23), number))
            if size > 1 << 23:
                database.execute("SET SESSION sql_mode = ''")
                database.execute(
                    "UPDATE t SET v = CONCAT(v, REPEAT('y', ?)) WHERE id = ?", (min(size - (1 << 23), 1 << 22), number)
                )
        found = stored(database, "t", ["id", "v", "w"], [INT, Type("bytes"), INT], rows=2)
        lengths = dict(database.query("SELECT id, LENGTH(v) FROM t"))
        assert {row["id"]: len(row["v"]) for row in found} == lengths
        assert [row["w"] for row in found] == list(range(len(sizes)))


def test_statements_stay_below_the_largest_packet(mariadb_url: str) -> None:
    rows, types = batch({"id": ("int", np.arange(3000)), "v": ("text", ["x" * 1000] * 3000)})
    with opened(mariadb_url) as database:
        database._session.local, database._session.packet = False, 20_000
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, v TEXT)")
        assert database.insert("t", rows, types) > 3_000_000
        assert database.query("SELECT COUNT(*), SUM(LENGTH(v)) FROM t") == [(3000, 3_000_000)]
        database._session.packet = 1_500
        with pytest.raises(DatabaseError, match="max_allowed_packet"):
            database.insert("t", rows, types)
