"""Rows into PostgreSQL and back: every type, in the columns we make and in those of others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from runner.logical import arrow_type
from runner.types import Type
from services.common.databases import DatabaseError, Rules, check_target, connect
from services.common.databases.postgresql import reading, texts
from services.common.databases.postgresql.database import PostgresDatabase

TEXTS = [
    "",
    "a",
    'O\'Hara "x"',
    "tab\tcr\rlf\ncrlf\r\n",
    "\\N",
    "\\",
    "\\.",
    "NULL",
    "é漢🙂\u200d\U0010ffff",
    "x" * 300_000,
    " ",
    "a,b;c|d",
    None,
]
INSTANTS = [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59), dt.datetime(1969, 12, 31, 23, 59, 59), None]
FRACTIONS = [dt.datetime(1, 1, 1, 0, 0, 0, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), dt.datetime(2000, 1, 1), None]
TIMES = [dt.time(0), dt.time(23, 59, 59), None]
BIG = 2**63


def decimals(texts: str) -> list[Any]:
    return [*map(Decimal, texts.split()), None]


CASES: dict[str, tuple[str, str, list[Any]]] = {
    "int": ("int", "integer", [0, 1, -1, 2**31 - 1, -(2**31), None]),
    "bigint": ("bigint", "bigint", [0, BIG - 1, -BIG, None]),
    "float": ("float", "double precision", [0.0, -1.5, 1e308, 5e-324, 0.1, float("inf"), float("-inf"), None]),
    "decimal": ("decimal(12,2)", "numeric(12,2)", decimals("0.00 0.01 -0.01 9999999999.99 -9999999999.99 10000.00")),
    "decimal5": ("decimal(18,5)", "numeric(18,5)", decimals("0.00001 -1234567890123.12345 0.00000 10.10000")),
    "decimal18": ("decimal(18,18)", "numeric(18,18)", [Decimal("0.999999999999999999"), Decimal("-0.000000000000000001"), None]),
    "decimal0": ("decimal(10,0)", "numeric(10,0)", [Decimal(9_999_999_999), Decimal(-1), None]),
    "wide": ("decimal(38,10)", "numeric(38,10)", decimals("1234567890123456789012345678.0123456789 -0.0000000001")),
    "wide small": ("decimal(38,10)", "numeric", [Decimal("12345678.0123456789"), Decimal("-1.0000000000"), None]),
    "string": ("string", "text", TEXTS),
    "string(40)": ("string(40)", "varchar(40)", ["", "a b ", "é" * 40, None]),
    "text": ("text", "text", TEXTS),
    "bool": ("bool", "boolean", [True, False, None]),
    "date": ("date", "date", [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1999, 12, 31), dt.date(2000, 1, 1), None]),
    "time": ("time", "time(0)", TIMES),
    "time3": ("time(3)", "time(3)", [dt.time(1, 2, 3, 4000), *TIMES]),
    "time6": ("time(6)", "time(6)", [dt.time(1, 2, 3, 4), *TIMES]),
    "datetime": ("datetime", "timestamp(0)", INSTANTS),
    "datetime3": ("datetime(3)", "timestamp(3)", [dt.datetime(2020, 2, 29, 1, 2, 3, 4000), *INSTANTS]),
    "datetime6": ("datetime(6)", "timestamp", FRACTIONS),
    "with zone": ("datetime(6)", "timestamptz", FRACTIONS),
    "uuid": ("uuid", "uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-fedcba987654", None]),
    "uuid text": ("uuid", "char(36)", ["ffffffff-ffff-4fff-bfff-fedcba987654", None]),
    "json": ("json", "json", ['{"b":1,"a":[1, 2]}', '"\\u00e9"', "null", "{}", None]),
    "jsonb": ("json", "jsonb", ['{"a": [1, 2]}', "null", '"é"', None]),
    "json text": ("json", "text", ['{"b":1}', None]),
    "bytes": ("bytes", "bytea", [b"", b"\0\xff\n\\x", bytes(range(256)), None]),
    "array(int)": ("array(int)", "integer[]", [[], [1, None, -3], [2**31 - 1], None]),
    "array(bigint)": ("array(bigint)", "bigint[]", [[BIG - 1, -BIG], None]),
    "array(text)": ("array(text)", "text[]", [[], ["", None, 'a"b', "c,d", "{}", "NULL", "\\", "é\n"], None]),
    "array(string)": ("array(string)", "varchar(5)[]", [["", "abcde"], None]),
    "array(float)": ("array(float)", "float8[]", [[0.1, None, 1e300], None]),
    "array(decimal)": ("array(decimal(9,3))", "numeric(9,3)[]", [[Decimal("1.250"), None, Decimal("-0.001")], [], None]),
    "array(bool)": ("array(bool)", "boolean[]", [[True, None, False], None]),
    "array(date)": ("array(date)", "date[]", [[dt.date(2020, 2, 29), None], None]),
    "array(time)": ("array(time(3))", "time[]", [[dt.time(1, 2, 3, 4000), None], None]),
    "array(datetime)": ("array(datetime(3))", "timestamptz[]", [[dt.datetime(2020, 2, 29, 1, 2, 3, 4000), None], None]),
    "array(uuid)": ("array(uuid)", "uuid[]", [["ffffffff-ffff-4fff-bfff-fedcba987654", None], None]),
    "array(bytes)": ("array(bytes)", "bytea[]", [[b"", b"\0\xff", None], None]),
    "array(json)": ("array(json)", "jsonb[]", [['{"a": 1}', "null", None], None]),
    "array as jsonb": ("array(int)", "jsonb", [[1, 2], [], None]),
    "array as text": ("array(text)", "text", [["a", 'b"'], [], None]),
    "smallint": ("int", "smallint", [32_767, -32_768, None]),
    "int as numeric": ("bigint", "numeric(20)", [BIG - 1, 0, -10_000, None]),
    "int as float": ("int", "real", [1, -2, None]),
    "int as text": ("int", "text", [1, -2, None]),
    "bool as int": ("bool", "smallint", [True, False, None]),
    "decimal as int": ("decimal(5,0)", "integer", [Decimal(5), None]),
    "decimal as float": ("decimal(5,2)", "float8", [Decimal("5.25"), None]),
    "decimal as money": ("decimal(5,2)", "money", [Decimal("5.25"), None]),
    "float as numeric": ("float", "numeric", [0.1, -2.5, None]),
    "real": ("float", "real", [0.5, -2.25, None]),
    "char": ("string", "char(3)", ["abc", None]),
    "name": ("string", "name", ["abc", None]),
    "inet": ("string", "inet", ["10.0.0.1", "::1", None]),
    "cidr": ("string", "cidr", ["10.0.0.0/8", None]),
    "macaddr": ("string", "macaddr", ["08:00:2b:01:02:03", None]),
    "tsvector": ("text", "tsvector", ["'a' 'b'", None]),
    "interval": ("string", "interval", ["1 day", None]),
    "range": ("string", "int4range", ["[1,5)", "empty", None]),
    "xml": ("text", "text", ["<a/>", None]),
    "bit": ("string", "bit(3)", ["101", None]),
    "point": ("string", "point", ["(1,2)", None]),
    "date as timestamp": ("date", "timestamptz", [dt.date(1999, 12, 31), None]),
    "date as text": ("date", "text", [dt.date(1999, 12, 31), None]),
    "uuid in odd form": ("string", "uuid", ["ffffffff-ffff-4fff-bfff-fedcba987654", None]),
    "timetz": ("time", "timetz", []),
    "int2vector": ("string", "int2vector", ["1 2", None]),
    "oid": ("int", "oid", [7, None]),
}  # fmt: skip


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    opened = connect(check_target(postgres_url, Rules(Path("/"))))
    assert isinstance(opened, PostgresDatabase)
    yield opened
    opened.close()


def batch_of(types: dict[str, str], values: dict[str, list[Any]]) -> tuple[pa.RecordBatch, list[Type]]:
    kinds = [Type.parse(t) for t in types.values()]
    arrays = [pa.array(values[name], arrow_type(kind)) for name, kind in zip(types, kinds, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(types)), kinds


def everything(database: PostgresDatabase, table: str, batch: pa.RecordBatch, kinds: list[Type]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for part in database.read(table, batch.schema.names, kinds):
        assert [f.type for f in part.schema] == [arrow_type(k) for k in kinds]
        rows += part.to_pylist()
    return rows


def by_n(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["n"])


AS_TEXT = {
    "wide", "int as text", "decimal as float", "decimal as money", "float as numeric", "inet", "cidr", "macaddr", "tsvector",
    "interval", "range", "bit", "point", "date as text", "timetz", "int2vector", "oid",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values_come_back_as_they_went(database: PostgresDatabase, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_, declared, values = CASES[case]
    if case not in AS_TEXT:
        monkeypatch.setattr(texts, "rendered", None)
    for given in (values, [v for v in values if v is not None], [None, None], []):
        database.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (n bigint PRIMARY KEY, v {declared})")
        batch, kinds = batch_of({"n": "bigint", "v": type_}, {"n": list(range(len(given))), "v": given})
        with database.transaction():
            database.insert("t", batch, kinds)
        assert by_n(everything(database, "t", batch, kinds)) == batch.to_pylist()


def test_a_not_a_number_comes_back(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (v float8)")
    batch, kinds = batch_of({"v": "float"}, {"v": [float("nan")]})
    database.insert("t", batch, kinds)
    assert str(everything(database, "t", batch, kinds)[0]["v"]) == "nan"


def test_all_types_side_by_side_in_binary_and_in_text(database: PostgresDatabase) -> None:
    """The same rows by both ways; an inet column makes a batch go as text."""
    chosen = {
        c: v
        for c, v in CASES.items()
        if c not in ("wide", "point", "range", "interval", "bit", "timetz")
        and v[2]
        and not c.startswith(("inet", "cidr", "mac", "tsv", "int2v", "oid"))
    }
    for extra in ("", ", z inet"):
        columns = ", ".join(f'"{case}" {declared}' for case, (_, declared, _) in chosen.items())
        database.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (n int{extra}, {columns})")
        types = {"n": "int"} | ({"z": "string"} if extra else {}) | {case: t for case, (t, _, _) in chosen.items()}
        values: dict[str, list[Any]] = {case: [v[i % len(v)] for i in range(40)] for case, (_, _, v) in chosen.items()}
        batch, kinds = batch_of(types, {"n": list(range(40)), "z": ["10.0.0.1"] * 40, **values})
        database.insert("t", batch, kinds)
        assert by_n(everything(database, "t", batch, kinds)) == batch.to_pylist()


def test_pool_columns_sliced_batches_and_pieces(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (n int, a text, b jsonb, c bytea, d uuid, e numeric(12,2), f int[])")
    n = 20_000
    words = [None if i % 7 == 0 else f"word {i % 50}" for i in range(n)]
    ids = [f"{i % 99:08x}-0000-4000-8000-000000000000" for i in range(n)]
    kinds = [Type.parse(t) for t in ("int", "string", "json", "bytes", "uuid", "decimal(12,2)", "array(int)")]
    arrays = [
        pa.array(range(n), pa.int64()),
        pa.array(words).dictionary_encode(),
        pa.array([f'{{"k": {i % 9}}}' for i in range(n)]).dictionary_encode(),
        pa.array([None if w is None else w.encode() for w in words], pa.binary()).dictionary_encode(),
        pa.array(ids).dictionary_encode(),
        pa.array([None if i % 3 == 0 else Decimal(i - 9000) / 100 for i in range(n)], pa.decimal128(12, 2)),
        pa.array([None if i % 11 == 0 else list(range(i % 4)) for i in range(n)], pa.list_(pa.int64())),
    ]
    batch = pa.RecordBatch.from_arrays(arrays, names=list("nabcdef"))
    part = batch.slice(777, 18_001)
    assert database.insert("t", part, kinds) > 18_001 * 60
    rows: list[dict[str, Any]] = []
    for some in database.read("t", list("nabcdef"), kinds, rows=5_000):
        assert some.num_rows <= 5_000
        rows += some.to_pylist()
    assert by_n(rows) == part.to_pylist()


def test_dictionaries_with_nulls_in_them_or_larger_than_the_batch(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (n int, a text)")
    kinds = [Type("int"), Type("string")]
    large = pa.DictionaryArray.from_arrays(pa.array([3, None, 999], pa.int32()), pa.array([f"w{i}" for i in range(1000)]))
    holed = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int32()), pa.array(["x", None]))
    for at, array in enumerate((large, holed)):
        numbers = pa.array([at * 3, at * 3 + 1, at * 3 + 2], pa.int64())
        database.insert("t", pa.RecordBatch.from_arrays([numbers, array], names=["n", "a"]), kinds)
    assert database.query("SELECT a FROM t ORDER BY n") == [("w3",), (None,), ("w999",), ("x",), (None,), ("x",)]


def test_a_slice_that_only_text_can_hold_goes_as_text_between_the_others(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (n int, v numeric)")
    values = [Decimal(10) ** 30 if i == 40_000 else Decimal(i) for i in range(100_000)]
    batch, kinds = batch_of({"n": "int", "v": "decimal(38,0)"}, {"n": list(range(100_000)), "v": values})
    database.insert("t", batch, kinds)
    assert by_n(everything(database, "t", batch, kinds)) == batch.to_pylist()


def test_long_texts_are_read_a_few_at_a_time(database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LARGEST", 1 << 20)
    monkeypatch.setattr(reading, "_STEP", 2)
    database.execute("CREATE TABLE t (n int, v text)")
    batch, kinds = batch_of({"n": "int", "v": "text"}, {"n": list(range(12)), "v": ["é\n" * 600_000] * 12})
    database.insert("t", batch, kinds)
    assert by_n(everything(database, "t", batch, kinds)) == batch.to_pylist()


def test_reading_can_end_early(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t AS SELECT i AS n FROM generate_series(1, 200000) i")
    reader = database.read("t", ["n"], [Type("int")], rows=100)
    assert next(reader).num_rows == 100
    reader.close()  # type: ignore[attr-defined]
    assert database.query("SELECT count(*) FROM t") == [(200_000,)]


# Columns of others


def test_enums_domains_and_their_arrays(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"');
        CREATE DOMAIN small AS smallint CHECK (VALUE > 0);
        CREATE DOMAIN tiny AS small CHECK (VALUE < 100);
        CREATE DOMAIN label AS varchar(5) NOT NULL DEFAULT 'x';
        CREATE TABLE t (n int, a mood, b tiny, c label, d mood[], e small[])""")
    types = {"n": "int", "a": "string", "b": "int", "c": "string", "d": "array(string)", "e": "array(int)"}
    values = {
        "n": [1, 2],
        "a": ['it\'s "ok"', None],
        "b": [99, None],
        "c": ["abcde", ""],
        "d": [["sad", None], None],
        "e": [[3], []],
    }
    batch, kinds = batch_of(types, values)
    database.insert("t", batch, kinds)
    assert by_n(everything(database, "t", batch, kinds)) == batch.to_pylist()
    assert [c.required for c in database.columns("t")] == [False] * 6
    for name, type_, value, code in (
        ("b", "int", 100, "TARGET_CONSTRAINT"),
        ("a", "string", "glad", "TARGET_MISMATCH"),
        ("c", "string", "abcdef", "TARGET_MISMATCH"),
    ):
        with pytest.raises(DatabaseError) as failed:
            wrong, one = batch_of({"n": "int", "c": "string", name: type_}, {"n": [3], "c": ["a"], name: [value]})
            database.insert("t", wrong, one)
        assert failed.value.code == code, failed.value


def test_identity_generated_default_and_required_columns(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, net numeric(8,2) NOT NULL,
            gross numeric GENERATED ALWAYS AS (net * 2) STORED, at timestamptz NOT NULL DEFAULT now(), note text, s serial)""")
    assert [(c.name, c.required) for c in database.columns("t")] == [
        ("id", False), ("net", True), ("at", False), ("note", False), ("s", False),
    ]  # fmt: skip
    assert [c.declared for c in database.columns("t")][:3] == ["bigint", "numeric(8,2)", "timestamp with time zone"]
    batch, kinds = batch_of({"id": "bigint", "net": "decimal(8,2)"}, {"id": [7, 9], "net": [Decimal(1), Decimal("2.50")]})
    database.insert("t", batch, kinds)
    assert database.query("SELECT id, gross, s FROM t ORDER BY 1") == [(7, Decimal("2.00"), 1), (9, Decimal("5.00"), 2)]


def test_what_a_trigger_fills_is_not_required(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE t (a text NOT NULL, words tsvector NOT NULL, stamp int NOT NULL, other int NOT NULL);
        CREATE TRIGGER w BEFORE INSERT OR UPDATE ON t FOR EACH ROW
            EXECUTE FUNCTION tsvector_update_trigger('words', 'pg_catalog.english', 'a');
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.Stamp = 7; RETURN NEW; END$$;
        CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM NEW.other; RETURN NULL; END$$;
        CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()""")
    assert [c.name for c in database.columns("t") if c.required] == ["other"]
    database.insert("t", *batch_of({"a": "text", "other": "int"}, {"a": ["cats"], "other": [1]}))
    assert database.query("SELECT words::text, stamp FROM t") == [("'cat':1", 7)]


def test_hostile_names_are_names(database: PostgresDatabase) -> None:
    table, column = "a\";DROP TABLE x;--'%s$1?", "b\"'`]?%"
    quoted = [name.replace('"', '""') for name in (table, column)]
    database.execute(f'CREATE TABLE "{quoted[0]}" ("{quoted[1]}" int PRIMARY KEY, "B" text, b text)')
    batch, kinds = batch_of({column: "int", "b": "string", "B": "string"}, {column: [1], "b": ["small"], "B": ["large"]})
    for key in ((), (column,)):
        database.insert(table, batch, kinds, key)
    assert everything(database, table, batch, kinds) == batch.to_pylist()
    assert database.delete(table, batch.select([column]), kinds[:1]) == 1
    database.empty([table])
    assert [c.name for c in database.columns(table)] == [column, "B", "b"]
    assert database.move_counters([table]) == []
    with pytest.raises(DatabaseError):
        database.columns("a\0b")


def test_names_are_found_on_the_search_path_then_in_the_schema_they_name(database: PostgresDatabase) -> None:
    database.execute('CREATE SCHEMA s; CREATE TABLE s.t (a int); CREATE TABLE "s.u" (b int); CREATE TABLE s.u (c int)')
    assert [c.name for c in database.columns("s.t")] == ["a"]
    assert [c.name for c in database.columns("s.u")] == ["b"]
    assert database.columns("t") == () == database.columns("nowhere.t")
    with pytest.raises(DatabaseError) as failed:
        database.insert("t", *batch_of({"a": "int"}, {"a": [1]}))
    assert failed.value.code == "TARGET_MISMATCH"


def test_a_column_that_differs_in_case_only_is_found(database: PostgresDatabase) -> None:
    database.execute('CREATE TABLE t ("Id" int)')
    database.insert("t", *batch_of({"ID": "int"}, {"ID": [1]}))
    assert database.query('SELECT "Id" FROM t') == [(1,)]
    with pytest.raises(DatabaseError, match="no column other"):
        database.insert("t", *batch_of({"other": "int"}, {"other": [1]}))


def test_partitions_take_rows_of_their_parent_and_inheritance_children_keep_theirs(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE p (n int) PARTITION BY RANGE (n);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        CREATE TABLE i (n int); CREATE TABLE j (m int) INHERITS (i); INSERT INTO j VALUES (99, 1)""")
    batch, kinds = batch_of({"n": "int"}, {"n": [5, 15]})
    for table in ("p", "i"):
        database.insert(table, batch, kinds)
        assert by_n(everything(database, table, batch, kinds)) == batch.to_pylist()
        assert database.query(f"SELECT count(*) FROM {database.source(table)}") == [(2,)]
    assert database.query("SELECT count(*) FROM p2") == [(1,)]
    with pytest.raises(DatabaseError) as failed:
        database.insert("p", *batch_of({"n": "int"}, {"n": [99]}))
    assert failed.value.code == "TARGET_CONSTRAINT"
    database.empty(["i", "p"])
    assert database.query("SELECT (SELECT count(*) FROM i), (SELECT count(*) FROM p)") == [(1, 0)]


def test_triggers_fire(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE t (n int, twice int);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.twice = NEW.n * 2; RETURN NEW; END$$;
        CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()""")
    database.insert("t", *batch_of({"n": "int"}, {"n": [4]}))
    assert database.query("SELECT twice FROM t") == [(8,)]
