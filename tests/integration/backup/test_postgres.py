"""Backups of PostgreSQL: one snapshot, verified by restoring, compared object by object, restored in one transaction."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.backup.archive import Archive, ArchiveWriter
from services.backup.work import VerificationFailedError, verify
from services.common.databases import DatabaseError, _digester
from services.common.databases import _pg_dump as tools
from services.common.databases._dump_postgresql import PART
from tests.integration.backup.conftest import Scratches
from tests.integration.backup.document_backups import close_all, found_in_copy, made, opened, put_back, quiet, state, verified
from tests.integration.backup.postgres_odd import load_odd, odd_named
from tests.integration.databases.sakila import load_postgres
from tests.servers import Postgres

SHOP = """
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, weight float8, balance numeric(9,2) DEFAULT 1);
CREATE TABLE orders (id int PRIMARY KEY, user_id int CONSTRAINT of_user REFERENCES users, at timestamptz DEFAULT now());
CREATE INDEX by_name ON users (name);
CREATE VIEW names AS SELECT name FROM users;
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT i * 2';
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER kept BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION same();
CREATE TYPE mood AS ENUM ('sad', 'fine');
INSERT INTO users (name, weight) SELECT 'user ' || i, i / 7.0 FROM generate_series(1, 1000) i;
INSERT INTO orders SELECT i, 1 + i % 1000, '2024-01-01' FROM generate_series(1, 3000) i;
"""


def change(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode()).fetchall()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def shop(postgres_url: str) -> str:
    change(postgres_url, SHOP)
    return postgres_url


def test_a_backup_verifies_and_leaves_nothing_behind(shop: str, tmp_path: Path, postgres_scratches: Scratches) -> None:
    manifest = made(shop, tmp_path / "a")
    assert [(t.name, t.rows) for t in manifest.tables] == [("public.orders", 3000), ("public.users", 1000)]
    assert manifest.counters == {"public.users_id_seq": 1001}
    assert manifest.snapshot == "exported"
    assert "table public.users" in verified(tmp_path / "a", shop)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert postgres_scratches() == []


@pytest.mark.parametrize("load", [load_postgres, load_odd])
def test_what_is_restored_is_equal(load: object, postgres: Postgres, tmp_path: Path) -> None:
    source, target = postgres.database(), postgres.database()
    assert callable(load)
    load(source)
    manifest = made(source, tmp_path / "a")
    verified(tmp_path / "a", source)
    before = state(source)
    assert {t.name: (t.rows, t.digest) for t in before.tables} == {t.name: (t.rows, t.digest) for t in manifest.tables}
    assert dict(before.counters) == manifest.counters
    put_back(tmp_path / "a", target)
    assert state(target) == before
    change(target, "DROP SCHEMA public CASCADE; CREATE SCHEMA other; CREATE TABLE other.x AS SELECT 1; SELECT lo_create(0)")
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "a", target)
    assert refused.value.code == "TARGET_NOT_EMPTY"
    for _ in range(2):
        put_back(tmp_path / "a", target, force=True)
    assert state(target) == before


def test_counts_without_digests_are_of_the_same_objects(postgres: Postgres) -> None:
    url = postgres.database()
    load_odd(url)
    whole, counted = state(url), opened(url).state(quiet, digests=False)
    assert [(t.name, t.rows) for t in counted.tables] == [(t.name, t.rows) for t in whole.tables]
    assert (counted.counters, counted.schema) == (whole.counters, whole.schema)
    assert whole.counters["public.later"] == 35
    assert whole.counters["public.user"] == 2**63
    assert {t.name: t.rows for t in whole.tables}["public.nothing"] == 2


def test_digests_are_of_the_lines_that_copy_writes(postgres: Postgres) -> None:
    import hashlib

    url = postgres.database()
    load_odd(url)
    found = {t.name: t.digest for t in state(url).tables}
    forms = "SET timezone = 'UTC'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1"
    for name in ("tens", "wide", "empty_texts", "types", "nothing", "made"):
        with psycopg.connect(url) as connection:
            connection.execute(forms)
            with connection.cursor().copy(f"COPY {name} TO STDOUT".encode()) as copy:
                lines = b"".join(bytes(row) for row in copy).split(b"\n")[:-1]
        sums = sum(int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "big") for line in lines)
        assert found[f"public.{name}"] == f"{sums % 2**128:032x}", name


ROWS_CHANGED = {
    "DELETE FROM orders WHERE id = 2": "table public.orders: has 2,999 rows instead of 3,000",
    "UPDATE users SET weight = weight + 1e-13 WHERE id = 1000": "table public.users: holds other values",
    "CREATE TABLE more ()": "table public.more: was not in the backup",
    "SELECT setval('users_id_seq', 7)": "counter public.users_id_seq: its next value is another one",
    "ALTER TYPE mood ADD VALUE 'glad'": "schema type public.mood: its definition",
}
DEFINITIONS_CHANGED = {
    "ALTER TABLE users ALTER balance SET DEFAULT 2": "schema table public.users: its definition",
    "DROP INDEX by_name; CREATE INDEX by_name ON users (lower(name))": "schema index public.by_name: its definition",
    "CREATE OR REPLACE VIEW names AS SELECT upper(name) AS name FROM users": "schema view public.names: its definition",
    "CREATE OR REPLACE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS ''": "schema function public.twice(i integer): its",
    "ALTER TABLE users DISABLE TRIGGER kept": "schema trigger public.users.kept: its definition",
    "ALTER TABLE orders ALTER CONSTRAINT of_user DEFERRABLE": "schema constraint public.orders.of_user: its definition",
    "ALTER SEQUENCE users_id_seq INCREMENT 2": "schema sequence public.users_id_seq: its definition",
    "UPDATE orders SET at = at + interval '1 microsecond' WHERE id = 9": "table public.orders: holds other values",
}
DROPPED = {
    "DROP TABLE orders": "table public.orders: is missing",
    "DROP INDEX by_name": "schema index public.by_name: is missing",
    "DROP VIEW names": "schema view public.names: is missing",
    "DROP FUNCTION twice": "schema function public.twice(i integer): is missing",
    "DROP TRIGGER kept ON users": "schema trigger public.users.kept: is missing",
    "ALTER TABLE users DROP CONSTRAINT users_pkey": "schema constraint public.users.users_pkey: is missing",
    "DROP TYPE mood": "schema type public.mood: is missing",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY": "schema table public.users: its definition",
    "UPDATE users SET name = '' WHERE id = 1": "table public.users: holds other values",
}


@pytest.mark.parametrize("changes", [ROWS_CHANGED, DEFINITIONS_CHANGED, DROPPED], ids=["rows", "definitions", "dropped"])
def test_a_changed_copy_is_found_and_named(shop: str, tmp_path: Path, changes: dict[str, str]) -> None:
    made(shop, tmp_path / "a")

    def changed(copy: Any) -> None:
        for sql in ("SET search_path = public", *changes, "SET search_path = ''"):
            copy._session.execute(sql.replace("sql AS ''", "sql AS 'SELECT 1'"))

    found = found_in_copy(tmp_path / "a", shop, changed)
    for sql, told in changes.items():
        assert any(text.startswith(told) for text in found), (sql, found)


def test_an_unchanged_copy_is_found_unchanged(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    assert found_in_copy(tmp_path / "a", shop, lambda _: None) == []


@pytest.mark.parametrize(
    ("sql", "caught"),
    [("UPDATE users SET name = 'forged' WHERE id = 7", "RESTORED_CHECKSUMMED"), ("DELETE FROM users WHERE id = 7", "RESTORED")],
)
def test_a_forged_dump_with_right_checksums_is_found_by_restoring(shop: str, tmp_path: Path, sql: str, caught: str) -> None:
    manifest = made(shop, tmp_path / "a")
    change(
        shop,
        f"ALTER TABLE orders DROP CONSTRAINT of_user; {sql}; "
        "ALTER TABLE orders ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users NOT VALID",
    )
    writer = ArchiveWriter(tmp_path / "b")
    opened(shop).dump(writer, quiet)
    writer.finish(manifest.model_copy(update={"objects": {}, "parts": ()}))
    told = {}
    with Archive(tmp_path / "b") as archive:
        for level in ("FILES", "RESTORED", "RESTORED_CHECKSUMMED"):
            try:
                verify(archive, level, lambda: opened(shop), quiet)
                told[level] = ""
            except VerificationFailedError as error:
                told[level] = "; ".join(f"{r.name}: {r.problem}" for r in error.results if r.kind == "table" and r.problem)
    assert told["FILES"] == ""
    assert told["RESTORED"].startswith("public.users: has 999 rows") is (caught == "RESTORED")
    assert told["RESTORED_CHECKSUMMED"].startswith("public.users: ")


def test_an_empty_database_is_not_called_verified(postgres_url: str, tmp_path: Path) -> None:
    made(postgres_url, tmp_path / "a")
    with pytest.raises(VerificationFailedError, match="nothing was compared"):
        verified(tmp_path / "a", postgres_url)


def test_a_damaged_backup_does_not_touch_the_target(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    whole = bytearray((tmp_path / "a").read_bytes())
    whole[2000] ^= 4
    (tmp_path / "a").write_bytes(whole)
    before = state(shop)
    with pytest.raises(VerificationFailedError, match=re.escape(PART)):
        put_back(tmp_path / "a", shop, force=True)
    assert state(shop) == before


def test_a_dump_that_does_not_run_changes_nothing(shop: str, postgres: Postgres, tmp_path: Path) -> None:
    """psql gives up in the middle, with much of the dump still to come."""
    change(
        shop,
        "CREATE TABLE z AS SELECT 1; CREATE FUNCTION z() RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.z)'",
    )
    change(shop, "CREATE TABLE b (i int CHECK (z())); INSERT INTO b VALUES (1)")
    change(shop, "CREATE TABLE c_long AS SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i")
    made(shop, tmp_path / "a")
    target = postgres.database()
    change(target, "CREATE TABLE mine AS SELECT 1")
    before = state(target)
    with pytest.raises(DatabaseError, match="psql failed"):
        put_back(tmp_path / "a", target, force=True)
    assert state(target) == before


def test_a_database_with_a_name_like_a_connection(postgres: Postgres, tmp_path: Path) -> None:
    url = odd_named(postgres)
    change(url, "CREATE TABLE t AS SELECT 1 AS one")
    made(url + "?schema=public", tmp_path / "a")
    assert "table public.t" in verified(tmp_path / "a", url)
    put_back(tmp_path / "a", url, force=True)
    assert rows(url, "SELECT one FROM t") == [(1,)]


def test_what_is_not_compared_is_named(postgres_url: str, tmp_path: Path) -> None:
    load_odd(postgres_url)
    assert made(postgres_url, tmp_path / "a").details["notCompared"] == ["1 large objects"]


def test_owners_stay_when_their_roles_are_there(shop: str, postgres: Postgres, tmp_path: Path) -> None:
    role = f"r_{shop.rpartition('/')[2]}"
    change(shop, f"CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}; GRANT SELECT ON orders TO {role}")
    assert role in made(shop, tmp_path / "a").details["roles"]
    owner = "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'users'"
    first, second = postgres.database(), postgres.database()
    put_back(tmp_path / "a", first)
    assert rows(first, owner) == [(role,)]
    for url in (first, shop):
        change(url, f"REASSIGN OWNED BY {role} TO mockcraft; DROP OWNED BY {role}")
    change(shop, f"DROP ROLE {role}")
    put_back(tmp_path / "a", second)
    assert rows(second, owner) == [("mockcraft",)]


def test_an_account_that_owns_the_database_only(postgres: Postgres, shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    url = postgres.database()
    name = url.rpartition("/")[2]
    change(shop, f"CREATE ROLE o_{name} LOGIN CREATEDB PASSWORD 'secret'; ALTER DATABASE {name} OWNER TO o_{name}")
    mine = url.replace("mockcraft:", f"o_{name}:")
    for _ in range(2):
        put_back(tmp_path / "a", mine, force=True)
    verified(tmp_path / "a", mine)
    assert rows(mine, "SELECT count(*) FROM users") == [(1000,)]
    made(mine, tmp_path / "b")


def test_an_account_without_rights_is_told_so(shop: str, tmp_path: Path) -> None:
    name = f"n_{shop.rpartition('/')[2]}"
    change(shop, f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    with pytest.raises(DatabaseError) as refused:
        made(shop.replace("mockcraft:", f"{name}:"), tmp_path / "a")
    assert refused.value.code == "TARGET_PERMISSION"
    assert list(tmp_path.iterdir()) == []


def test_an_older_pg_dump_is_refused(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 11.9'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent))
    monkeypatch.setattr(tools, "FOLDERS", ())
    with pytest.raises(
        DatabaseError, match=r"pg_dump is of version 11\.9, the server of \d+: install postgresql-client"
    ) as refused:
        made(shop, tmp_path / "a")
    assert refused.value.code == "TOOL_MISSING"


def test_cancelling_leaves_nothing(shop: str, tmp_path: Path) -> None:
    from services.backup.work import back_up

    source = opened(shop)
    with pytest.raises(DatabaseError) as stopped:
        back_up(source, "shop", tmp_path / "a", None, lambda *_: source.cancel())
    assert stopped.value.code == "CANCELLED"
    assert list(tmp_path.iterdir()) == []


def test_the_digester_refuses_what_it_does_not_know() -> None:
    command = [sys.executable, "-I", str(_digester.__file__), "--pgdump"]
    for text in (b"", b"PGDMP", b"PGDMP\x01\x63\x00\x04\x08\x01\x00", b"hello, world"):
        done = subprocess.run(command, input=text, capture_output=True)
        assert done.returncode == 1
        assert b"the dump cannot be read" in done.stderr, done.stderr
