"""SQLite targets: which URLs are opened, how values are stored, and what errors say."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from runner.types import Type
from services.common.databases import DatabaseError, Rules, TargetRefusedError, check_target, connect, display, schemes
from services.common.databases._sqlite_values import affinity
from services.common.databases.sqlite import SqliteDatabase, upsert_sql


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    made = connect(f"sqlite:///{tmp_path}/deep/test.db")
    assert isinstance(made, SqliteDatabase)
    yield made
    made.close()


def batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def types(*names: str) -> list[Type]:
    return [Type.parse(name) for name in names]


# URLs


def test_relative_files_start_at_the_base(tmp_path: Path) -> None:
    assert check_target("sqlite:///a/b.db", Rules(tmp_path)) == f"sqlite:///{tmp_path}/a/b.db"
    assert check_target(f"sqlite:///{tmp_path}/c.db", Rules(Path("/elsewhere"))) == f"sqlite:///{tmp_path}/c.db"
    assert check_target("SQLITE+PYSQLITE:///x.db", Rules(tmp_path)) == f"sqlite:///{tmp_path}/x.db"
    assert set(schemes()) >= {"sqlite"}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:///../out.db", "TARGET_NOT_ALLOWED"),
        ("sqlite:////etc/out.db", "TARGET_NOT_ALLOWED"),
        ("sqlite:///link/out.db", "TARGET_NOT_ALLOWED"),
        ("sqlite:///jobs.db", "TARGET_NOT_ALLOWED"),
        ("sqlite:///x.db?mode=memory", "TARGET_NOT_ALLOWED"),
        ("oracle://u:secret@h/x", "TARGET_NOT_ALLOWED"),
        ("sqlite+pysqlcipher:///x.db", "TARGET_NOT_ALLOWED"),
        ("sqlite://", "TARGET_INVALID"),
        ("sqlite://host/x.db", "TARGET_INVALID"),
        ("sqlite:///", "TARGET_INVALID"),
        ("sqlite:///:memory:", "TARGET_INVALID"),
        ("sqlite:///file:x.db", "TARGET_INVALID"),
        ("sqlite:///a\0b.db", "TARGET_INVALID"),
        ("shop.db", "TARGET_INVALID"),
        ("", "TARGET_INVALID"),
    ],
)
def test_other_urls_are_refused_without_showing_them(tmp_path: Path, url: str, code: str) -> None:
    (tmp_path / "link").symlink_to("/tmp")
    with pytest.raises(TargetRefusedError) as raised:
        check_target(url, Rules(tmp_path, inside=True, reserved=(tmp_path / "jobs.db",)))
    assert raised.value.code == code
    assert "secret" not in str(raised.value)


def test_a_displayed_url_holds_no_secret() -> None:
    assert display("postgresql://me:secret@host:5432/db?password=secret") == "postgresql://host:5432/db"
    assert display("sqlite:////data/shop.db") == "sqlite:////data/shop.db"


# Values

VALUES: list[tuple[str, str, pa.Array, list[Any], list[str]]] = [
    ("int", "INTEGER", pa.array([1, -(2**63), None]), [1, -(2**63), None], ["integer", "integer", "null"]),
    ("float", "REAL", pa.array([0.1, 2.0, None]), [0.1, 2.0, None], ["real", "real", "null"]),
    ("bool", "BOOLEAN", pa.array([True, False, None]), [1, 0, None], ["integer", "integer", "null"]),
    ("date", "DATE", pa.array([datetime.date(2024, 2, 29), None]), ["2024-02-29", None], ["text", "null"]),
    ("datetime", "DATETIME", pa.array([1_700_000_000, None], pa.timestamp("s")), ["2023-11-14 22:13:20", None], ["text", "null"]),
    ("datetime(3)", "DATETIME", pa.array([1_700_000_000_007], pa.timestamp("ms")), ["2023-11-14 22:13:20.007"], ["text"]),
    ("time", "TIME", pa.array([3661, None], pa.time32("s")), ["01:01:01", None], ["text", "null"]),
    ("uuid", "CHAR(36)", pa.array(["12345678-1234-4234-8234-123456789012"]), ["12345678-1234-4234-8234-123456789012"], ["text"]),
    ("bytes", "BLOB", pa.array([b"\0\xff", b""]), [b"\0\xff", b""], ["blob", "blob"]),
    (
        "string",
        "TEXT",
        pa.array(["007", "", "ü\0'\"\n", None]).dictionary_encode(),
        ["007", "", "ü\0'\"\n", None],
        ["text"] * 3 + ["null"],
    ),
    ("json", "TEXT", pa.array(['{"a": [1]}']), ['{"a": [1]}'], ["text"]),
    (
        "decimal(12,2)",
        "NUMERIC(12, 2)",
        pa.array([Decimal("9.90"), Decimal("-10.00"), None], pa.decimal128(12, 2)),
        [9.9, -10, None],
        ["real", "integer", "null"],
    ),
    ("decimal(12,2)", "TEXT", pa.array([Decimal("9.90"), None], pa.decimal128(12, 2)), ["9.90", None], ["text", "null"]),
    ("decimal(30,2)", "NUMERIC", pa.array([Decimal("9.50")], pa.decimal128(30, 2)), [9.5], ["real"]),
]


@pytest.mark.parametrize(("kind", "declared", "array", "values", "storage"), VALUES, ids=[f"{v[0]} in {v[1]}" for v in VALUES])
def test_values_are_stored_as_documented(
    database: SqliteDatabase, kind: str, declared: str, array: pa.Array, values: list[Any], storage: list[str]
) -> None:
    database.execute(f"CREATE TABLE t (n INTEGER PRIMARY KEY, v {declared})")
    numbers = pa.array(range(1, len(array) + 1))
    database.insert("t", batch(n=numbers, v=array), types("int", kind))
    with sqlite3.connect(database.path) as reader:
        rows = reader.execute("SELECT v, typeof(v) FROM t ORDER BY n").fetchall()
    reader.close()
    assert rows == list(zip(values, storage, strict=True))


def test_a_slice_of_a_batch_stores_its_own_rows(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (v NUMERIC)")
    whole = batch(v=pa.array([Decimal(i) / 4 for i in range(10)], pa.decimal128(9, 2)))
    database.insert("t", whole.slice(3, 4), types("decimal(9,2)"))
    assert database.query("SELECT v FROM t") == [(0.75,), (1,), (1.25,), (1.5,)]


def test_sums_and_comparisons_of_decimals_are_right(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (v NUMERIC(12, 2))")
    cents = [(i * 7919) % 1_000_000 for i in range(20_000)]
    database.insert("t", batch(v=pa.array([Decimal(c).scaleb(-2) for c in cents], pa.decimal128(12, 2))), types("decimal(12,2)"))
    ((total, most, below),) = database.query("SELECT round(sum(v), 2), max(v), sum(v < 9.5) FROM t")
    assert Decimal(str(total)) == Decimal(sum(cents)).scaleb(-2)
    assert most == max(cents) / 100
    assert below == sum(c < 950 for c in cents)


def test_hostile_names_are_only_names(database: SqliteDatabase) -> None:
    table, column = 'we"ird; DROP TABLE x', "a\"b];\n'--"
    quoted = [n.replace('"', '""') for n in (table, column)]
    database.execute(f'CREATE TABLE "{quoted[0]}" ("{quoted[1]}" INTEGER PRIMARY KEY, v TEXT)')
    rows = batch(**{column: pa.array([1, 2]), "v": pa.array(["x", "y"])})
    database.insert(table, rows, types("int", "string"))
    database.insert(table, rows, types("int", "string"), key=(column,))
    assert [c.name for c in database.columns(table)] == [column, "v"]
    assert database.query(f'SELECT count(*) FROM "{quoted[0]}"') == [(2,)]


def test_an_upsert_overwrites_by_key_and_adds_the_rest(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, kept TEXT DEFAULT 'k')")
    database.execute("INSERT INTO t VALUES (1, 'old', 'mine'), (5, 'other', 'mine')")
    database.insert("t", batch(id=pa.array([1, 2]), v=pa.array(["new", "two"])), types("int", "string"), key=("id",))
    assert database.query("SELECT * FROM t ORDER BY id") == [(1, "new", "mine"), (2, "two", "k"), (5, "other", "mine")]
    assert upsert_sql("t", ["a", "b"], ["a", "b"]).endswith("DO NOTHING")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [("INT", "INTEGER"), ("BIGINT UNSIGNED", "INTEGER"), ("VARCHAR(9)", "TEXT"), ("CLOB", "TEXT"), ("", "BLOB"),
     ("DOUBLE", "REAL"), ("FLOATING POINT", "INTEGER"),
     ("DECIMAL(10,5)", "NUMERIC"), ("DATETIME", "NUMERIC"), ("CHARINT", "INTEGER")],
)  # fmt: skip
def test_affinity_is_sqlites(declared: str, expected: str) -> None:
    assert affinity(declared) == expected


# Transactions and errors


def test_a_transaction_that_fails_leaves_nothing(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (v INTEGER UNIQUE)")
    with pytest.raises(DatabaseError) as raised, database.transaction():
        database.insert("t", batch(v=pa.array([1, 2])), types("int"))
        database.execute("CREATE TABLE other (x)")
        database.insert("t", batch(v=pa.array([2])), types("int"))
    assert raised.value.code == "TARGET_CONFLICT"
    assert database.query("SELECT count(*) FROM t") == [(0,)]
    assert database.columns("other") == ()
    with database.transaction():
        assert database.update("INSERT INTO t VALUES (7)") == 1
    assert database.query("SELECT v FROM t") == [(7,)]


def test_a_script_runs_statement_by_statement_whatever_the_names_hold(database: SqliteDatabase) -> None:
    database.run_script('CREATE TABLE "a;\nb" (\n\tx INTEGER\n);\nCREATE INDEX i ON "a;\nb" (x);\n')
    assert database.query("SELECT type, name FROM sqlite_master") == [("table", "a;\nb"), ("index", "i")]


def test_broken_references_are_counted_by_table_and_parent(database: SqliteDatabase) -> None:
    database.run_script("CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p_id INTEGER REFERENCES p (id));\n")
    database.insert("p", batch(id=pa.array([1])), types("int"))
    database.insert("c", batch(p_id=pa.array([1, 2, 3, None])), types("int"))
    assert [(b.table, b.parent, b.rows) for b in database.broken_references()] == [("c", "p", 2)]


def test_a_busy_database_is_worth_another_attempt(database: SqliteDatabase) -> None:
    database.execute("PRAGMA busy_timeout = 50")
    other = SqliteDatabase(database.path)
    with other.transaction(), pytest.raises(DatabaseError) as raised:
        database.execute("BEGIN IMMEDIATE")
    other.close()
    assert (raised.value.code, raised.value.retryable) == ("TARGET_BUSY", True)


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("hello " * 1000)
    with pytest.raises(DatabaseError) as raised:
        connect(f"sqlite:///{tmp_path}/x.db")
    assert (raised.value.code, raised.value.retryable) == ("TARGET_INVALID", False)
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError) as raised:
        connect(f"sqlite:///{tmp_path}/file/x.db")
    assert raised.value.code == "TARGET_UNAVAILABLE"


# Reading back, deleting, counters


@pytest.mark.parametrize(("kind", "declared", "array"), [v[:3] for v in VALUES if v[0] != "decimal(30,2)"])
def test_what_was_inserted_comes_back_equal(database: SqliteDatabase, kind: str, declared: str, array: pa.Array) -> None:
    database.execute(f"CREATE TABLE t (v {declared})")
    database.insert("t", batch(v=array), types(kind))
    plain = array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array
    assert pa.concat_arrays([b.column("v") for b in database.read("t", ["v"], types(kind), 1)]).equals(plain)


def test_rows_that_begin_with_nulls_are_read_all_the_same(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (v TEXT)")
    database.insert("t", batch(v=pa.array([None] * 3000 + ["x"])), types("string"))
    read = pa.concat_arrays([b.column("v") for b in database.read("t", ["v"], types("string"), 1000)])
    assert (len(read), read.null_count, read[-1].as_py()) == (3001, 3000, "x")


def test_rows_are_deleted_by_their_columns_nulls_alike(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (n INTEGER, v NUMERIC)")
    values = pa.array([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(9, 2))
    rows = batch(n=pa.array([1, 2, 3]), v=values)
    database.insert("t", rows, types("int", "decimal(9,2)"))
    assert database.delete("t", rows.slice(0, 2), types("int", "decimal(9,2)")) == 2
    assert database.query("SELECT n FROM t") == [(3,)]


def test_counters_are_told_and_never_go_back(database: SqliteDatabase) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    database.execute("CREATE TABLE u (id INTEGER PRIMARY KEY)")
    database.insert("t", batch(id=pa.array([7])), types("int"))
    database.empty(["t"])
    ((table, column, following),) = [(c.table, c.column, c.next) for c in database.move_counters(["t", "u"])]
    assert (table, column, following) == ("t", "id", 8)
