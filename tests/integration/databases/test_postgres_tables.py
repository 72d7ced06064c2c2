"""What the loader does to PostgreSQL's tables beside filling them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from runner.logical import arrow_type
from runner.plan import Reference
from runner.types import Type
from services.common.databases import Broken, Counter, DatabaseError, Rules, check_target, connect
from services.common.databases.postgresql import fast
from services.common.databases.postgresql.database import PostgresDatabase


def opened(url: str) -> PostgresDatabase:
    database = connect(check_target(url, Rules(Path("/"))))
    assert isinstance(database, PostgresDatabase)
    return database


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    found = opened(postgres_url)
    yield found
    found.close()


def batch_of(**columns: tuple[str, list[Any]]) -> tuple[pa.RecordBatch, list[Type]]:
    kinds = [Type.parse(t) for t, _ in columns.values()]
    arrays = [pa.array(v, arrow_type(k)) for (_, v), k in zip(columns.values(), kinds, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns)), kinds


# Statements


def test_placeholders_stand_outside_of_quotes(database: PostgresDatabase) -> None:
    assert database.query("SELECT '?', ?::int AS \"?\", 'it''s ?', ?::text", (5, "%s")) == [("?", 5, "it's ?", "%s")]
    assert database.query("SELECT '{\"a\": 1}'::jsonb ? 'a', '%s'") == [(True, "%s")]
    database.run_script("CREATE TABLE t (n int);\nINSERT INTO t VALUES (1), (2);\n")
    database.run_script("")
    assert database.update("UPDATE t SET n = n + ?", (1,)) == 2


def test_a_transaction_happens_or_does_not(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (n int)")
    with database.transaction():
        database.insert("t", *batch_of(n=("int", [1])))
    with pytest.raises(KeyError), database.transaction():
        database.insert("t", *batch_of(n=("int", [2])))
        raise KeyError
    with pytest.raises(DatabaseError), database.transaction():
        database.insert("t", *batch_of(n=("int", [3])))
        database.execute("SELECT 1/0")
    assert database.query("SELECT n FROM t") == [(1,)]


# Upsert, delete, empty


def test_upsert_overwrites_by_key_alone(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (a int, b text, v text, kept text DEFAULT 'k', PRIMARY KEY (a, b))")
    database.execute("INSERT INTO t VALUES (1, 'x', 'old', 'mine'), (2, 'x', 'old', 'mine')")
    batch, kinds = batch_of(a=("int", [1, 3]), b=("string", ["x", "x"]), v=("string", ["new", None]))
    for _ in range(2):
        assert database.insert("t", batch, kinds, ("a", "b")) > 0
    assert database.query("SELECT * FROM t ORDER BY a") == [
        (1, "x", "new", "mine"), (2, "x", "old", "mine"), (3, "x", None, "k"),
    ]  # fmt: skip


def test_upsert_in_a_transaction_several_times(database: PostgresDatabase) -> None:
    database.execute(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, other int GENERATED ALWAYS AS (id) STORED)"
    )
    with database.transaction():
        for _ in range(3):
            database.insert("t", *batch_of(id=("int", [4, 5])), key=("id",))
    assert database.query("SELECT * FROM t") == [(4, 4), (5, 5)]


def test_upsert_needs_a_unique_key_and_each_key_once(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (a int UNIQUE, b int)")
    for key, values, code in (("b", [1], "TARGET_MISMATCH"), ("a", [1, 1], "TARGET_CONFLICT")):
        with pytest.raises(DatabaseError) as failed:
            database.insert("t", *batch_of(a=("int", values), b=("int", values)), key=(key,))
        assert failed.value.code == code


def test_delete_takes_the_rows_of_the_keys_nulls_alike(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (a int, b text, c json, d numeric(9,2))")
    rows = "(1, 'x', '{}', 1), (1, NULL, '{}', 1), (NULL, NULL, NULL, NULL), (2, 'x', '[]', 1.5), (2, 'x', '[1]', 1.5)"
    database.execute(f"INSERT INTO t VALUES {rows}")
    batch, kinds = batch_of(a=("int", [1, 2, 7]), b=("string", [None, "x", None]))
    assert database.delete("t", batch, kinds) == 2  # of two rows that equal one key, one
    every = {"a": ("int", [1, None]), "b": ("string", ["x", None]), "c": ("json", ["{}", None]), "d": ("decimal(9,2)", [1, None])}
    assert database.delete("t", *batch_of(**every)) == 2
    assert database.query("SELECT a, b FROM t") == [(2, "x")]


def test_delete_of_keys_full_of_nulls_is_no_nested_loop(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (a int); INSERT INTO t SELECT nullif(i, 1) FROM generate_series(1, 60000) i; ANALYZE t")
    batch, kinds = batch_of(a=("int", [None, *range(2, 40_001)]))
    database.execute("SET statement_timeout = '10s'")
    assert database.delete("t", batch, kinds) == 40_000


def test_empty_empties_these_tables_and_no_other(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE a (id serial PRIMARY KEY, n int); CREATE TABLE b (a int REFERENCES a); CREATE TABLE other (n int);
        CREATE TABLE heir () INHERITS (a); INSERT INTO heir VALUES (50, 0);
        INSERT INTO a (n) VALUES (1), (2); INSERT INTO b VALUES (1); INSERT INTO other VALUES (1)""")
    database.empty([])
    database.empty(["b", "a"])
    counts = [database.query(f"SELECT count(*) FROM {table}")[0][0] for table in ("ONLY a", "b", "other", "heir")]
    assert counts == [0, 0, 1, 1]
    assert database.query("INSERT INTO a (n) VALUES (1) RETURNING id") == [(3,)]


def test_empty_deletes_where_others_refer_to_the_tables(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE outside (a int REFERENCES a);
        INSERT INTO a VALUES (1), (2); INSERT INTO outside VALUES (NULL)""")
    database.empty(["a"])
    assert database.query("SELECT count(*) FROM a") == [(0,)]
    database.execute("INSERT INTO a VALUES (1); INSERT INTO outside VALUES (1)")
    with pytest.raises(DatabaseError) as failed:
        database.empty(["a"])
    assert failed.value.code == "TARGET_CONSTRAINT" and "outside_a_fkey" in str(failed.value)
    assert database.query("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM outside)") == [(1, 2)]


# Constraints


CIRCLE = """
CREATE TABLE shop (id int PRIMARY KEY, head int NOT NULL, twin int);
CREATE TABLE "staff ""x" (id int PRIMARY KEY, shop int NOT NULL REFERENCES shop ON DELETE CASCADE, boss int);
ALTER TABLE shop ADD CONSTRAINT "head; of" FOREIGN KEY (head) REFERENCES "staff ""x" MATCH FULL ON UPDATE CASCADE
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE shop ADD FOREIGN KEY (twin) REFERENCES shop NOT VALID;
COMMENT ON CONSTRAINT "head; of" ON shop IS 'who''s head';"""
DEFINITIONS = """
SELECT conname, pg_get_constraintdef(oid), condeferrable, convalidated, obj_description(oid)
FROM pg_constraint WHERE contype = 'f' ORDER BY 1"""


def test_a_suspended_constraint_comes_back_as_it_was(database: PostgresDatabase) -> None:
    database.execute(CIRCLE)
    before = database.query(DEFINITIONS)
    references = {
        "head; of": Reference(("head",), 'staff "x', ("id",), constraint="head; of"),
        "shop_twin_fkey": Reference(("twin",), "shop", ("id",)),
    }
    for name, reference in references.items():
        suspended = database.suspension("shop", reference)
        assert suspended is not None and (suspended.table, suspended.constraint) == ("shop", name)
        database.run_script(suspended.before)
        assert name not in [row[0] for row in database.query(DEFINITIONS)]
        assert database.suspension("shop", reference) is None
        head = [1] if reference.columns == ("head",) else []
        database.insert("shop", *batch_of(id=("int", head), head=("int", head)))
        database.execute("DELETE FROM shop")
        database.run_script(suspended.after)
    assert database.query(DEFINITIONS) == before
    assert database.suspension("shop", Reference(("id",), "shop", ("id",))) is None
    assert database.suspension("nowhere", references["head; of"]) is None


def test_a_constraint_over_several_columns_is_found_whatever_their_order(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE c (x int, y int, z int,
        CONSTRAINT one FOREIGN KEY (x, y) REFERENCES p (a, b), CONSTRAINT two FOREIGN KEY (y, z) REFERENCES p (a, b))""")
    found = database.suspension("c", Reference(("z", "y"), "p", ("b", "a")))
    assert found is not None and found.constraint == "two"


def test_broken_references_are_counted_whatever_let_them_in(database: PostgresDatabase) -> None:
    assert database.broken_references() == []
    database.execute("""
        CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
        CREATE TABLE simple (x int, y int, FOREIGN KEY (x, y) REFERENCES p (a, b));
        CREATE TABLE "Full" (x int, y int, FOREIGN KEY (x, y) REFERENCES p (a, b) MATCH FULL);
        CREATE TABLE self (id int PRIMARY KEY, up int REFERENCES self);
        CREATE TABLE parts (id int, up int REFERENCES self) PARTITION BY RANGE (id);
        CREATE TABLE part PARTITION OF parts DEFAULT;
        CREATE TABLE late (up int); INSERT INTO late VALUES (1), (2);
        ALTER TABLE late ADD FOREIGN KEY (up) REFERENCES self NOT VALID;
        CREATE SCHEMA far; CREATE TABLE far.t (up int REFERENCES self);
        SET session_replication_role = replica;
        INSERT INTO simple VALUES (1, 1), (1, NULL), (1, 2), (2, 2);
        INSERT INTO "Full" VALUES (1, 1), (NULL, NULL), (1, NULL), (1, 2);
        INSERT INTO self VALUES (2, NULL), (3, 9); INSERT INTO parts VALUES (1, 2), (1, 8); INSERT INTO far.t VALUES (77)""")
    assert database.broken_references() == [
        Broken("Full", "p", 2), Broken("late", "self", 1), Broken("parts", "self", 1), Broken("self", "self", 1),
        Broken("simple", "p", 2),
    ]  # fmt: skip


# Counters


def test_counters_move_past_the_largest_key_and_never_back(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE SEQUENCE "free; one";
        CREATE TABLE t (a serial, b int GENERATED ALWAYS AS IDENTITY, c int GENERATED BY DEFAULT AS IDENTITY (INCREMENT 10),
            d bigint DEFAULT nextval('"free; one"'::regclass), e int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1),
            f text DEFAULT 'x' || nextval('"free; one"'));
        SELECT setval('t_b_seq', 500)""")
    assert [(c.column, c.next) for c in database.move_counters(["t"])] == [("a", 1), ("b", 501), ("c", 1), ("d", 1), ("e", -1)]
    batch, kinds = batch_of(**{name: ("int", [7, 40]) for name in "abcd"}, e=("int", [-7, -40]))
    database.insert("t", batch, kinds)
    expected = [Counter("t", *pair) for pair in (("a", 41), ("b", 501), ("c", 50), ("d", 41), ("e", -41))]
    for _ in range(2):
        assert database.move_counters(["t"]) == expected
    assert database.query("INSERT INTO t DEFAULT VALUES RETURNING a, b, c, d, e") == [(41, 501, 50, 41, -41)]


def test_a_counter_stops_at_its_end(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 10))")
    database.insert("t", *batch_of(a=("int", [99])))
    assert database.move_counters(["t"]) == [Counter("t", "a", 11)]


def test_a_counter_shared_by_a_family_passes_the_keys_of_all(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE up (a serial); CREATE TABLE down () INHERITS (up); INSERT INTO down VALUES (70)")
    assert database.move_counters(["up", "down"]) == [Counter("up", "a", 71), Counter("down", "a", 71)]


# The fast path


def test_indexes_are_dropped_and_made_again(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE, c text, d int);
        CREATE INDEX "by ""c" ON t (lower(c) DESC) WHERE c <> 'x'; CREATE UNIQUE INDEX ud ON t (d);
        CREATE UNIQUE INDEX uc ON t (c);
        CREATE TABLE child (d int REFERENCES t (d)); COMMENT ON INDEX uc IS 'it''s'""")
    listing = "SELECT indexdef, obj_description(indexname::regclass) FROM pg_indexes"
    listing += " WHERE tablename = 't' AND indexname <> 'by \"c' ORDER BY 1"
    count = "SELECT count(*) FROM pg_indexes WHERE tablename = 't'"
    before = database.query(listing)
    found = fast.without_indexes(database, "t")
    assert [s.constraint for s in found] == ['by "c', "uc"]
    for one in found:
        database.run_script(one.before)
    assert database.query(count) == [(3,)]
    for one in found:
        database.run_script(one.after)
    assert database.query(listing) == before and database.query(count) == [(5,)]


def test_triggers_go_off_for_a_superuser_only(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p); GRANT ALL ON p, c TO PUBLIC")
    off = fast.without_triggers(database)
    database.run_script(off.before)
    database.insert("c", *batch_of(p=("int", [1])))
    database.run_script(off.after)
    with pytest.raises(DatabaseError):
        database.insert("c", *batch_of(p=("int", [1])))
    user = f"plain_{postgres_url.rpartition('/')[2]}"  # roles are the server's, which other tests use too
    database.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'other'")
    other = opened(postgres_url.replace("mockcraft:secret", f"{user}:other"))
    try:
        with pytest.raises(DatabaseError, match="superuser") as failed:
            fast.without_triggers(other)
        assert failed.value.code == "TARGET_PERMISSION"
        with pytest.raises(DatabaseError) as failed:
            other.execute("CREATE TABLE pg_catalog.x (n int)")
        assert failed.value.code == "TARGET_PERMISSION"
    finally:
        other.close()
        database.execute(f"DROP OWNED BY {user}; DROP ROLE {user}")


def test_tables_go_unlogged_where_nothing_logged_refers_to_them(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE p (id int PRIMARY KEY, up int REFERENCES p); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p);
        CREATE TABLE q (id int PRIMARY KEY); CREATE TABLE outside (q int REFERENCES q);
        CREATE TABLE parts (id int) PARTITION BY RANGE (id)""")
    found = fast.unlogged(database, ["p", "q", "c", "parts"])
    assert [s.table for s in found] == ["c", "p"]
    persistence = "SELECT relname, relpersistence::text FROM pg_class WHERE relname IN ('p', 'c') ORDER BY 1"
    for one in found:
        database.run_script(one.before)
    assert database.query(persistence) == [("c", "u"), ("p", "u")]
    for one in reversed(found):
        database.run_script(one.after)
    assert database.query(persistence) == [("c", "p"), ("p", "p")]


# The session


def test_the_schema_of_the_url_is_where_names_live(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute('CREATE SCHEMA "my one"; CREATE TABLE t (public int); CREATE TABLE "my one".t (mine int)')
    there = opened(postgres_url + "?schema=my%20one")
    try:
        assert [c.name for c in there.columns("t")] == ["mine"]
        there.execute("CREATE TABLE new (n int)")
        assert there.query('SELECT count(*) FROM "my one".new') == [(0,)]
    finally:
        there.close()
    with pytest.raises(DatabaseError, match="no schema nowhere") as failed:
        opened(postgres_url + "?schema=nowhere")
    assert failed.value.code == "TARGET_NOT_FOUND"


def test_the_session_is_set_whatever_the_database_says(database: PostgresDatabase, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    for setting in ("TimeZone = 'Asia/Kolkata'", "DateStyle = 'German'", "bytea_output = 'escape'", "statement_timeout = '1s'"):
        database.execute(f'ALTER DATABASE "{name}" SET {setting}')
    there = opened(postgres_url + "?statement_timeout=77&application_name=a%20b")
    try:
        settings = (
            "TimeZone",
            "DateStyle",
            "bytea_output",
            "statement_timeout",
            "lock_timeout",
            "application_name",
            "client_encoding",
        )
        found = [there.query("SELECT current_setting(?)", (s,))[0][0] for s in settings]
        assert found == ["UTC", "ISO, YMD", "hex", "77s", "1min", "a b", "UTF8"]
    finally:
        there.close()
    with psycopg.connect(postgres_url) as plain:
        assert plain.execute("SHOW TimeZone").fetchone() == ("Asia/Kolkata",)
