"""Tables that are there already: keys, duplicates, references, counters, and names that try to break out."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from runner.plan import Reference
from runner.types import INT, STRING
from services.common.databases import Broken, Counter, DatabaseError, Suspension
from services.common.databases.mysql import fast
from services.common.databases.mysql.database import MysqlDatabase
from tests.integration.databases.mysql_targets import batch, opened, stored

LOADS = pytest.mark.parametrize("local", [True, False], ids=["load data", "insert"])
FAMILY = """
CREATE TABLE parents (id INT PRIMARY KEY, v INT) ENGINE=InnoDB;
CREATE TABLE children (id INT PRIMARY KEY AUTO_INCREMENT, parent_id INT NULL,
  CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES parents (id) ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE selves (id INT PRIMARY KEY, next INT NOT NULL, FOREIGN KEY (next) REFERENCES selves (id));
"""


@pytest.fixture
def database(mariadb_url: str) -> Iterator[MysqlDatabase]:
    with opened(mariadb_url) as found:
        yield found


def refused(database: MysqlDatabase, table: str, **columns: tuple[str, list[object]]) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        database.insert(table, *batch(columns))
    return caught.value


@LOADS
def test_rows_are_refused_not_skipped_or_bent(local: bool, database: MysqlDatabase) -> None:
    database._session.local = local
    database.execute(
        "CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(4) UNIQUE, n INT NOT NULL, e ENUM('a'), y TINYINT UNSIGNED,"
        " d DECIMAL(6,2), at DATETIME, doc JSON, c INT, CONSTRAINT small CHECK (c < 5))"
    )
    database.insert("t", *batch({"id": ("int", [1]), "n": ("int", [1]), "u": ("string", ["k"])}))
    cases = [
        ("TARGET_CONFLICT", "PRIMARY", {"id": ("int", [7, 1])}),
        ("TARGET_CONFLICT", "u", {"u": ("string", ["l", "k"])}),
        ("TARGET_CONSTRAINT", "column u", {"u": ("string", ["abcde", "x"])}),
        ("TARGET_CONSTRAINT", "column n", {"n": ("int", [1, None])}),
        ("TARGET_CONSTRAINT", "column e", {"e": ("string", ["a", "secret-b"])}),
        ("TARGET_CONSTRAINT", "column y", {"y": ("int", [1, 256])}),
        ("TARGET_CONSTRAINT", "column y", {"y": ("string", ["1", "2x"])}),
        ("TARGET_CONSTRAINT", "column d", {"d": ("string", ["1.10", "1.111"])}),
        ("TARGET_CONSTRAINT", "column at", {"at": ("string", ["2024-01-01", "2024-02-30 secret"])}),
        ("TARGET_CONSTRAINT", "t.doc", {"doc": ("json", ["{}", "{secret"])}),
        ("TARGET_CONSTRAINT", "small", {"c": ("int", [4, 5])}),
    ]
    for code, name, column in cases:
        error = refused(database, "t", **{"id": ("int", [7, 8]), "n": ("int", [1, 1]), **column})
        assert (error.code, error.retryable) == (code, False), error
        assert name in str(error)
        assert "secret" not in str(error)
        assert database.query("SELECT id FROM t") == [(1,)]


@LOADS
def test_references_are_refused(local: bool, database: MysqlDatabase) -> None:
    database._session.local = local
    database.run_script(FAMILY)
    error = refused(database, "children", id=("int", [1, 2]), parent_id=("int", [None, 9]))
    assert error.code == "TARGET_CONSTRAINT"
    assert "fk_parent" in str(error) or "reference" in str(error)
    assert database.query("SELECT COUNT(*) FROM children") == [(0,)]


def test_hostile_names_mean_themselves(database: MysqlDatabase) -> None:
    table, column, other = "t`; DROP TABLE x; -- ?%s", "c`),(?'\"%(x)s\\", "{v} @a"
    database.execute("CREATE TABLE x (id INT)")
    database.execute(f"CREATE TABLE `{table.replace('`', '``')}` (`{column.replace('`', '``')}` INT PRIMARY KEY, `{other}` BLOB)")
    rows, types = batch({column: ("int", [1, 2]), other: ("bytes", [b"\0a", None])})
    for local in (True, False):
        database._session.local = local
        database.insert(table, rows, types)
        assert stored(database, table, [column, other], types) == rows.to_pylist()
        database.insert(table, rows, types, key=[column])
        assert database.delete(table, rows.select([column]), [INT]) == 2
    assert database.move_counters([table]) == []
    database.empty([table])
    assert database.query("SELECT COUNT(*) FROM x") == [(0,)]


def test_placeholders_and_scripts_respect_quotes(database: MysqlDatabase) -> None:
    database.run_script(
        "-- only a remark; with an end\nCREATE TABLE t (id INT, v TEXT COMMENT 'a;\nb ? \\' ''');\n"
        "INSERT INTO t VALUES (1, ';\n'); # end;\n/* more; */ INSERT INTO t VALUES (2, '100%');\n-- nothing\n"
    )
    found = database.query(
        "SELECT id, '?', `v` AS `?`, /* ? */ ? -- ?\n FROM t WHERE v LIKE '%\\%' AND id % ? = 0", ("it's %s ?", 2)
    )
    assert found == [(2, "?", "100%", "it's %s ?")]
    values = ("\\' OR 1=1 -- ", b"\0'", 1.5, None, True)
    assert database.query("SELECT ?, ?, ?, ?, ?", values) == [("\\' OR 1=1 -- ", b"\0'", 1.5, None, 1)]
    with pytest.raises(ValueError, match="places"):
        database.query("SELECT ?, ?", (1,))


@LOADS
def test_upsert_overwrites_by_key_and_nothing_else(local: bool, database: MysqlDatabase) -> None:
    database._session.local = local
    database.run_script(FAMILY)
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, v TEXT, kept INT DEFAULT 7)")
    database.insert("t", *batch({"id": ("int", [1, 2]), "u": ("int", [10, 20]), "v": ("text", ["old", "old"])}))
    database.execute("UPDATE t SET kept = 8")
    database.insert("t", *batch({"id": ("int", [2, 3]), "u": ("int", [21, 30]), "v": ("text", ["new", None])}), key=["id"])
    assert database.query("SELECT * FROM t ORDER BY id") == [(1, 10, "old", 8), (2, 21, "new", 8), (3, 30, None, 7)]
    with pytest.raises(DatabaseError) as caught:  # another row holds this unique value: not ours to change
        database.insert("t", *batch({"id": ("int", [9]), "u": ("int", [10]), "v": ("text", ["x"])}), key=["id"])
    assert caught.value.code == "TARGET_CONFLICT"
    with pytest.raises(DatabaseError) as caught:
        database.insert("t", *batch({"id": ("int", [9]), "v": ("text", ["x"])}), key=["v"])
    assert caught.value.code == "TARGET_MISMATCH"
    database.execute("INSERT INTO parents VALUES (1, 1)")
    database.execute("INSERT INTO children VALUES (1, 1)")
    database.insert("parents", *batch({"id": ("int", [1]), "v": ("int", [2])}), key=["id"])
    assert database.query("SELECT id, v FROM parents") == [(1, 2)]
    assert database.query("SELECT COUNT(*) FROM children") == [(1,)]  # REPLACE would have cascaded
    assert len(database.query("SELECT * FROM t")) == 3


@pytest.mark.parametrize("key", ["PRIMARY KEY (id)", "KEY (v(5))", ""])
def test_delete_takes_rows_that_equal_nulls_too(key: str, database: MysqlDatabase) -> None:
    database.execute(f"CREATE TABLE t (id INT NOT NULL, v VARCHAR(20) NULL, b BLOB, at DATETIME(6){', ' if key else ''}{key})")
    rows, types = batch({
        "id": ("int", [1, 2, 3, 4]), "v": ("string", ["a", None, "c\t", "d"]), "b": ("bytes", [b"\0", None, b"", b"x"]),
        "at": ("datetime(6)", [None, None, None, None]),
    })  # fmt: skip
    database.insert("t", rows, types)
    assert database.delete("t", rows.slice(1, 2), types) == 2
    assert database.delete("t", rows.slice(1, 2), types) == 0
    assert database.query("SELECT id FROM t ORDER BY id") == [(1,), (4,)]
    with database.transaction():
        assert database.delete("t", rows.select(["v"]).slice(3, 1), [STRING]) == 1
    assert database.query("SELECT id FROM t") == [(1,)]


def test_empty_empties_these_and_no_other(database: MysqlDatabase) -> None:
    database.run_script(FAMILY)
    database.run_script("INSERT INTO parents VALUES (1, 1);\nINSERT INTO children VALUES (1, 1), (2, NULL);\n")
    database.run_script("SET foreign_key_checks = 0;\nINSERT INTO selves VALUES (1, 2), (2, 1);\nSET foreign_key_checks = 1;\n")
    with pytest.raises(DatabaseError, match="children") as caught:
        database.empty(["parents"])
    assert caught.value.code == "TARGET_CONFLICT"
    assert database.query("SELECT COUNT(*) FROM children") == [(2,)]
    with pytest.raises(RuntimeError), database.transaction():
        database.empty(["selves", "parents", "children"])
        assert database.query("SELECT COUNT(*) FROM parents") == [(0,)]
        raise RuntimeError
    assert database.query("SELECT COUNT(*) FROM parents") == [(1,)]  # undone: nothing was committed on the way
    database.execute("DELETE FROM children WHERE parent_id IS NOT NULL")
    database.empty(["parents", "selves"])
    counts = [database.query(f"SELECT COUNT(*) FROM {t}")[0][0] for t in ("parents", "selves", "children")]
    assert counts == [0, 0, 1]
    assert database.query("SELECT @@SESSION.foreign_key_checks") == [(1,)]


def test_suspended_references_are_found_broken_afterwards(database: MysqlDatabase) -> None:
    database.run_script(FAMILY)
    reference = Reference(("parent_id",), "parents", ("id",))
    off, on = "SET SESSION foreign_key_checks = 0;\n", "SET SESSION foreign_key_checks = 1;\n"
    assert database.suspension("children", reference) == Suspension("children", "fk_parent", off, on)
    assert database.suspension("children", Reference(("id",), "parents", ("id",))) is None
    assert database.suspension("children", Reference(("x",), "parents", ("id",), True, "fk_parent")) is not None
    database.run_script(off)
    database.insert("children", *batch({"id": ("int", [1, 2, 3]), "parent_id": ("int", [5, None, 6])}))
    database.run_script(on)
    assert database.broken_references() == [Broken("children", "parents", 2)]
    database.execute("INSERT INTO parents VALUES (5, 0), (6, 0)")
    assert database.broken_references() == []


def test_counters_go_past_the_largest_key_and_never_back(database: MysqlDatabase) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)")
    database.run_script("CREATE SEQUENCE s;\nCREATE TABLE u (id INT PRIMARY KEY DEFAULT (NEXT VALUE FOR s), v INT);\n")
    assert database.move_counters(["t", "u"])[0] == Counter("t", "id", 1)
    rows, types = batch({"id": ("int", [0, 41, -3]), "v": ("int", [1, 2, 3])})
    for table in ("t", "u"):
        database.insert(table, rows, types)
    assert database.query("SELECT id FROM t ORDER BY id") == [(-3,), (0,), (41,)]
    assert database.move_counters(["t", "u"]) == [Counter("t", "id", 42), Counter("u", "id", 42)]
    database.run_script("INSERT INTO t (v) VALUES (9);\nINSERT INTO u (v) VALUES (9);\n")
    assert [database.query(f"SELECT id FROM {t} WHERE v = 9") for t in ("t", "u")] == [[(42,)], [(42,)]]
    database.run_script("DELETE FROM t;\nDELETE FROM u;\n")
    assert [c.next >= 43 for c in database.move_counters(["t", "u"])] == [True, True]


def test_two_connections_load_ranges_of_one_table(mariadb_url: str, database: MysqlDatabase) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, u VARCHAR(20) UNIQUE, v INT, KEY (v))")
    errors: list[BaseException] = []

    def lane(first: int) -> None:
        try:
            with opened(mariadb_url) as mine:
                for start in range(first, first + 20_000, 5_000):
                    ids = np.arange(start, start + 5_000)
                    columns = {"id": ("int", ids), "u": ("string", [f"u{i % 7}-{i}" for i in ids]), "v": ("int", ids % 50)}
                    with mine.transaction():
                        mine.insert("t", *batch(columns))
        except BaseException as error:
            errors.append(error)

    lanes = [threading.Thread(target=lane, args=(first,)) for first in (1, 20_001)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    assert errors == []
    assert database.query("SELECT COUNT(*), MIN(id), MAX(id), COUNT(DISTINCT u) FROM t") == [(40_000, 1, 40_000, 40_000)]


def lines(database: MysqlDatabase) -> list[str]:
    return [line.rstrip(",") for line in database.query("SHOW CREATE TABLE t")[0][1].split("\n")]


def test_secondary_indexes_go_and_come_back_as_they_were(database: MysqlDatabase) -> None:
    database.run_script(FAMILY)
    database.execute(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(20), b INT, p INT, UNIQUE KEY u (b),"
        " KEY `x``y` (a(5), b DESC) COMMENT 'it''s; KEY',"
        " FULLTEXT KEY f (a), KEY kp (p), CONSTRAINT fp FOREIGN KEY (p) REFERENCES parents (id))"
    )
    before = lines(database)
    found = fast.without_indexes(database, ["t", "parents"])
    assert [s.constraint for s in found] == ["x`y, f"]
    for suspension in [*fast.without_checks(), *found]:
        database.run_script(suspension.before)
    assert "FULLTEXT" not in database.query("SHOW CREATE TABLE t")[0][1]
    assert database.query("SELECT @@unique_checks, @@foreign_key_checks") == [(0, 0)]
    for suspension in [*found, *fast.without_checks()]:
        database.run_script(suspension.after)
    assert sorted(lines(database)) == sorted(before)
    assert database.query("SELECT @@unique_checks, @@foreign_key_checks") == [(1, 1)]


def test_reading_stops_early_and_beside_other_statements(database: MysqlDatabase) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    database.insert("t", *batch({"id": ("int", np.arange(50_000))}))
    parts = database.read("t", ["id"], [INT], rows=1_000)
    assert next(parts).num_rows == 1_000
    assert database.query("SELECT COUNT(*) FROM t") == [(50_000,)]
    assert sum(part.num_rows for part in parts) == 49_000
    with database.transaction():
        database.execute("DELETE FROM t WHERE id >= 1000")
        parts = database.read("t", ["id"], [INT], rows=100)
        next(parts)
        parts.close()  # type: ignore[attr-defined]
        assert sum(part.num_rows for part in database.read("t", ["id"], [INT])) == 1_000
    with pytest.raises(DatabaseError, match="no column gone") as caught:
        database.read("t", ["gone"], [INT])
    assert caught.value.code == "TARGET_MISMATCH"
