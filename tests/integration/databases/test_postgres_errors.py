"""What goes wrong with PostgreSQL, as codes and sentences without secrets or values."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from runner.logical import arrow_type
from runner.types import Type
from services.common.databases import DatabaseError, Rules, check_target, connect
from services.common.databases.postgresql.database import PostgresDatabase
from tests.servers import Postgres, free_port, missing, run_postgres

CANARY = "canary-2961"


def opened(url: str) -> PostgresDatabase:
    database = connect(check_target(url, Rules(Path("/"))))
    assert isinstance(database, PostgresDatabase)
    return database


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    found = opened(postgres_url)
    yield found
    found.close()


def one(type_: str, *values: Any, name: str = "v") -> tuple[pa.RecordBatch, list[Type]]:
    kind = Type.parse(type_)
    return pa.RecordBatch.from_arrays([pa.array(values, arrow_type(kind))], names=[name]), [kind]


def failure(error: BaseException) -> str:
    """All that an error says, and those behind it."""
    seen = []
    while error is not None:
        seen.append(f"{error!r} {error}")
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return " ".join(seen)


# Connecting


def test_a_wrong_password_user_or_database(postgres_url: str) -> None:
    for url, code in (
        (postgres_url.replace(":secret@", f":{CANARY}@"), "TARGET_AUTH_FAILED"),
        (postgres_url.replace("mockcraft:secret", f"nobody:{CANARY}"), "TARGET_AUTH_FAILED"),
        (postgres_url.replace(":secret@", "@"), "TARGET_AUTH_FAILED"),
    ):
        with pytest.raises(DatabaseError) as failed:
            opened(url)
        assert (failed.value.code, failed.value.retryable) == (code, False)
        assert CANARY not in str(failed.value)
    with pytest.raises(DatabaseError, match="there is no database absent") as failed:
        opened(postgres_url.rpartition("/")[0] + "/absent")
    assert (failed.value.code, failed.value.retryable) == ("TARGET_NOT_FOUND", False)


def test_nobody_listens() -> None:
    with pytest.raises(DatabaseError) as failed:
        opened(f"postgresql://me:{CANARY}@127.0.0.1:{free_port()}/d")
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)
    assert CANARY not in failure(failed.value)


def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(DatabaseError) as failed:
            opened(f"postgresql://me:{CANARY}@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=2")
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)
    assert time.monotonic() - began < 8


def test_a_server_without_tls(postgres_url: str) -> None:
    with pytest.raises(DatabaseError) as failed:
        opened(postgres_url + "?sslmode=require")
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", False)
    assert "TLS" in str(failed.value)


def test_environment_and_password_files_do_not_stand_in(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pass").write_text("*:*:*:*:secret\n")
    (tmp_path / "pass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pass"))
    with pytest.raises(DatabaseError, match="password"):
        opened(postgres_url.replace(":secret@", "@"))


# Losing the connection


def test_a_killed_connection_undoes_its_transaction(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute("CREATE TABLE t (v int)")
    pid = database.query("SELECT pg_backend_pid()")[0][0]
    with pytest.raises(DatabaseError) as failed, database.transaction():
        database.insert("t", *one("int", 1))
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        database.insert("t", *one("int", 2))
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)
    with pytest.raises(DatabaseError) as again:
        database.query("SELECT 1")
    assert (again.value.code, again.value.retryable) == ("TARGET_UNAVAILABLE", True)
    database.close()
    fresh = opened(postgres_url)
    assert fresh.query("SELECT count(*) FROM t") == [(0,)]
    fresh.close()


def test_a_connection_killed_while_rows_are_read(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute("CREATE TABLE t AS SELECT i AS v, repeat('x', 1000) AS w FROM generate_series(1, 100000) i")
    pid = database.query("SELECT pg_backend_pid()")[0][0]
    reader = database.read("t", ["v", "w"], [Type("int"), Type("text")], rows=10)
    next(reader)
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(DatabaseError) as failed:
        list(reader)
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    try:
        with run_postgres() as server:
            yield server
    except FileNotFoundError:
        missing("PostgreSQL")


def test_a_server_that_stops(own_server: Postgres) -> None:
    url = own_server.database()
    database = opened(url)
    database.execute("CREATE TABLE t (v int)")
    with pytest.raises(DatabaseError) as failed, database.transaction():
        database.insert("t", *one("int", 1))
        os.kill(own_server.pid, signal.SIGINT)
        for _ in range(100):
            time.sleep(0.05)
            database.insert("t", *one("int", 2))
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True), failed.value
    with pytest.raises(DatabaseError) as failed:
        opened(url)
    assert (failed.value.code, failed.value.retryable) == ("TARGET_UNAVAILABLE", True)
    database.close()


# Statements


def test_values_that_a_column_refuses(database: PostgresDatabase) -> None:
    database.execute("""
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE t (u int UNIQUE, n int NOT NULL DEFAULT 0, c int CONSTRAINT positive CHECK (c > 0),
            r int REFERENCES parent, s smallint, v varchar(3), d numeric(4,2), a int[], x tsrange,
            e text, j jsonb, p json, k date);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN IF NEW.e = 'stop' THEN RAISE EXCEPTION 'canary-2961'; END IF; RETURN NEW; END$$;
        CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t (u) VALUES (29612961)""")
    cases: list[tuple[str, str, Any, str, str]] = [
        ("u", "int", 29_612_961, "TARGET_CONFLICT", "t_u_key"),
        ("n", "int", None, "TARGET_CONSTRAINT", "column n"),
        ("c", "int", -29_612_961, "TARGET_CONSTRAINT", "positive"),
        ("r", "int", 29_612_961, "TARGET_CONSTRAINT", "t_r_fkey"),
        ("s", "int", 29_612_961, "TARGET_MISMATCH", "column s"),
        ("v", "string", CANARY, "TARGET_MISMATCH", "longer"),
        ("d", "decimal(18,2)", Decimal("29612961.00"), "TARGET_MISMATCH", "range"),
        ("x", "string", CANARY, "TARGET_MISMATCH", "column x"),
        ("k", "string", CANARY, "TARGET_MISMATCH", "column k"),
        ("s", "string", CANARY, "TARGET_MISMATCH", "column s"),
        ("a", "int", 1, "TARGET_MISMATCH", "column a"),
        ("e", "string", f"{CANARY}\0", "UNENCODABLE_VALUE", "column e"),
        ("j", "json", f'"{CANARY}\\u0000"', "UNENCODABLE_VALUE", "U+0000"),
        ("p", "json", CANARY, "TARGET_MISMATCH", "column p"),
        ("e", "string", "stop", "TARGET_CONSTRAINT", "trigger"),
    ]
    for name, type_, value, code, words in cases:
        with pytest.raises(DatabaseError) as failed:
            database.insert("t", *one(type_, value, name=name))
        said = failure(failed.value)
        assert (failed.value.code, failed.value.retryable) == (code, False), (name, said)
        assert words in str(failed.value), (name, said)
        assert CANARY not in str(failed.value) and "29612961" not in str(failed.value), said
    assert database.query("SELECT count(*) FROM t") == [(1,)]
    assert "mode replace" in failure_of(database, one("int", 29_612_961, name="u"))


def failure_of(database: PostgresDatabase, given: tuple[pa.RecordBatch, list[Type]]) -> str:
    with pytest.raises(DatabaseError) as failed:
        database.insert("t", *given)
    return str(failed.value)


def test_characters_that_the_encoding_of_the_server_lacks(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2] + "_latin"
    with psycopg.connect(postgres_url, autocommit=True) as plain:
        plain.execute(f"CREATE DATABASE \"{name}\" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    database = opened(postgres_url.rpartition("/")[0] + f"/{name}")
    database.execute("CREATE TABLE t (v text)")
    database.insert("t", *one("text", "é"))
    assert [b.to_pylist() for b in database.read("t", ["v"], [Type("text")])] == [[{"v": "é"}]]
    with pytest.raises(DatabaseError) as failed:
        database.insert("t", *one("text", "漢"))
    assert failed.value.code == "UNENCODABLE_VALUE"
    database.close()


@pytest.mark.parametrize(
    ("sql", "code", "retryable"),
    [
        ("SELECT * FROM nowhere", "TARGET_MISMATCH", False),
        ("SELECT nothing FROM pg_class", "TARGET_MISMATCH", False),
        ("SELEC 1", "TARGET_MISMATCH", False),
        ("SET transaction_read_only = on; CREATE TABLE x (n int)", "TARGET_READ_ONLY", False),
        ("SET statement_timeout = 20; SELECT pg_sleep(5)", "TARGET_UNAVAILABLE", True),
        ("DO $$BEGIN RAISE SQLSTATE '53100'; END$$", "DISK_FULL", False),
        ("DO $$BEGIN RAISE SQLSTATE '40001'; END$$", "TARGET_BUSY", True),
        ("DO $$BEGIN RAISE SQLSTATE '57P03'; END$$", "TARGET_UNAVAILABLE", True),
        ("DO $$BEGIN RAISE SQLSTATE '53300'; END$$", "TARGET_UNAVAILABLE", True),
        ("DO $$BEGIN RAISE SQLSTATE 'ZZ999'; END$$", "TARGET_FAILED", False),
        ("CREATE TABLE x (n int) PARTITION BY RANGE (n); INSERT INTO x VALUES (1)", "TARGET_CONSTRAINT", False),
    ],
)
def test_states_have_codes(database: PostgresDatabase, sql: str, code: str, retryable: bool) -> None:
    with pytest.raises(DatabaseError) as failed:
        database.execute(sql)
    assert (failed.value.code, failed.value.retryable) == (code, retryable), failed.value


def test_a_table_that_others_hold_is_waited_for_no_longer_than_said(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute("CREATE TABLE t (v int); SET lock_timeout = '50ms'")
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE t")
        with pytest.raises(DatabaseError) as failed:
            database.insert("t", *one("int", 1))
    assert (failed.value.code, failed.value.retryable) == ("TARGET_BUSY", True)


def test_a_deadlock_is_for_another_attempt(database: PostgresDatabase, postgres_url: str) -> None:
    database.execute("CREATE TABLE a (v int); CREATE TABLE b (v int); SET deadlock_timeout = '10ms'")
    held = threading.Event()

    def rival() -> None:
        with contextlib.suppress(psycopg.Error), psycopg.connect(postgres_url) as other:
            other.execute("SET deadlock_timeout = '5s'")
            other.execute("LOCK TABLE b")
            held.set()
            other.execute("LOCK TABLE a")

    thread = threading.Thread(target=rival)
    with pytest.raises(DatabaseError) as failed, database.transaction():
        database.execute("LOCK TABLE a")
        thread.start()
        held.wait(5)
        time.sleep(0.1)
        database.execute("LOCK TABLE b")
    thread.join(10)
    assert (failed.value.code, failed.value.retryable) == ("TARGET_BUSY", True)


def test_a_temporary_table_may_be_forbidden(database: PostgresDatabase, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    user = f"poor_{name}"  # roles are the server's, which other tests use too
    database.execute(f'CREATE TABLE t (v int PRIMARY KEY); REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    database.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'other'; GRANT ALL ON t TO {user}")
    database.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {user}')
    poor = opened(postgres_url.replace("mockcraft:secret", f"{user}:other"))
    try:
        poor.insert("t", *one("int", 1))
        with pytest.raises(DatabaseError) as failed:
            poor.insert("t", *one("int", 1), key=("v",))
        assert failed.value.code == "TARGET_PERMISSION"
    finally:
        poor.close()
        database.execute(f"DROP OWNED BY {user}; DROP ROLE {user}")


def test_a_value_that_the_schema_cannot_hold_is_said(database: PostgresDatabase) -> None:
    database.execute("CREATE TABLE t (v timestamp); INSERT INTO t VALUES ('infinity')")
    with pytest.raises(DatabaseError) as failed:
        list(database.read("t", ["v"], [Type("datetime")]))
    assert failed.value.code == "TARGET_MISMATCH"


def test_the_password_is_on_no_command_line_and_in_no_representation(postgres_url: str) -> None:
    database = opened(postgres_url)
    told = " ".join(Path("/proc/self/cmdline").read_bytes().decode().split("\0"))
    assert "secret@" not in told and "secret" not in repr(database.session.__dict__)
    assert "secret" not in database.session.connection.info.dsn
    database.close()
