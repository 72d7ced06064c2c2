"""MongoDB as a target of loads, on a server that speaks its protocol."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from pymongo import MongoClient

from runner.engine import Engine
from runner.types import Type
from services.common.databases import (
    DatabaseError,
    Entry,
    Mark,
    Rules,
    StaleAttemptError,
    Target,
    TargetRefusedError,
    check_target,
)
from services.common.databases.mongodb.errors import meaning
from tests.integration.databases.document_targets import (
    FIRST,
    PAIRS,
    RULES,
    SECOND,
    every_type,
    load,
    open_target,
    pairs,
    plan_of_tables,
    prepared,
    rows_of,
    table_of,
)
from tests.integration.loads import plan_of
from tests.servers import run_mongodb

CANARY = "canary-7f3e"
PLACE = "services.common.databases.mongodb.target.failpoint"


@pytest.fixture
def target(mongodb_url: str) -> Iterator[Target]:
    opened = open_target(mongodb_url)
    yield opened
    opened.close()


@pytest.fixture
def database(mongodb_url: str) -> Iterator[Any]:
    parts = urlsplit(mongodb_url)
    with MongoClient[dict[str, Any]](parts.hostname, parts.port) as client:
        yield client[parts.path.lstrip("/")]


class Died(BaseException):
    """Stands for a kill."""


def dying_at(name: str, nth: int = 1) -> Callable[[str], None]:
    left = [nth]

    def passing(at: str) -> None:
        left[0] -= at == name
        if at == name and not left[0]:
            raise Died

    return passing


def test_every_type_comes_back_equal(target: Target) -> None:
    table, batch = every_type()
    load(target, table, batch, 0, prepared(target, table)["every", 0])
    (read,) = list(target.read(table, batch.schema.names))
    assert read.schema == batch.schema
    assert sorted(read.to_pylist(), key=lambda row: row["id"]) == batch.to_pylist()


def test_documents_are_what_people_expect(target: Target, database: Any) -> None:
    table, batch = every_type()
    load(target, table, batch, 0, prepared(target, table)["every", 0])
    first, last = database.every.find_one({"_id": 1}), database.every.find_one({"_id": 4})
    assert first["json"] == {"a": [1, 2.5, None, {"b": "é"}], "c": True} and first["id"] == 1
    assert first["date"].isoformat() == "0001-01-01T00:00:00" and first["datetime(3)"].microsecond == 4000
    assert first["array(text)"] == ["a", None, 'b"\\,{}'] and first["datetime(6)"] == "2020-02-29T01:02:03.000004Z"
    assert last == {"_id": 4, "id": 4}


def test_what_the_engine_makes_comes_back_with_its_indexes(target: Target, database: Any) -> None:
    plan = plan_of(users="3K")
    entries = prepared(target, *plan.tables)
    engine = Engine(plan, 65_536)
    for table in plan.tables:
        batch = engine.batch(table.name, 0, table.rows)
        after = load(target, table, batch, 0, entries[table.name, 0])
        target.index(FIRST, table, after)
        assert target.count(table) == table.rows
        assert rows_of(target, table) == sorted(batch.to_pylist(), key=lambda row: str(row["id"]).rjust(30))
    found = {tuple(k for k, _ in i["key"]): i.get("unique", False) for i in database.users.index_information().values()}
    assert found == {("_id",): False, ("email",): True, ("last_name", "first_name"): False}


def test_composite_keys_are_texts_and_rows_without_a_key_are_numbered(target: Target, database: Any) -> None:
    table = table_of("stock", {"a": Type("text"), "b": Type("int"), "n": Type("int")}, ("a", "b"))
    batch = pa.RecordBatch.from_arrays([pa.array(["x:1", "x"]), pa.array([2, 12]), pa.array([1, None])], names=["a", "b", "n"])
    free = table_of("free", {"a": Type("int"), "b": Type("text")}, ())
    rows = pa.RecordBatch.from_arrays([pa.array([1, 1, None, 2]), pa.array(["x", "x", None, "y"])], names=["a", "b"])
    entries = prepared(target, table, free)
    load(target, table, batch, 0, entries["stock", 0])
    load(target, free, rows, 0, entries["free", 0])
    assert {d["_id"] for d in database.stock.find()} == {"x%3A1:2", "x:12"}
    assert [d["_id"][16:] for d in database.free.find()] == [f"-00000000000{i}" for i in range(4)]
    assert target.delete(free, rows.slice(1, 2)) == 2 and [r["b"] for r in rows_of(target, free)] == ["x", "y"]
    assert target.delete(table, batch.slice(0, 1)) == 1 and target.count(table) == 1


def test_hostile_names_mean_themselves(target: Target) -> None:
    table = table_of("t", {"id": Type("int"), "a\"b'`]; é": Type("text")}, ("id",))
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array(["$where\0"])], names=[c.name for c in table.written])
    load(target, table, batch, 0, prepared(target, table)["t", 0])
    assert rows_of(target, table) == batch.to_pylist()


@pytest.mark.parametrize(
    ("table", "column", "code"),
    [
        ("t", "$set", "IDENTIFIER_INVALID"),
        ("t", "a.b", "IDENTIFIER_INVALID"),
        ("t", "a\0", "IDENTIFIER_INVALID"),
        ("a$b", "a", "IDENTIFIER_INVALID"),
        ("system.users", "a", "IDENTIFIER_INVALID"),
        (".hidden", "a", "IDENTIFIER_INVALID"),
        ("a..b", "a", "IDENTIFIER_INVALID"),
        ("_mockcraft_checkpoints", "a", "IDENTIFIER_INVALID"),
        ("t", "_id", "TARGET_MISMATCH"),
    ],
)
def test_names_that_mean_something_to_the_server_are_refused(target: Target, table: str, column: str, code: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        prepared(target, table_of(table, {"id": Type("int"), column: Type("int")}, ("id",)))
    assert refused.value.code == code


# modes


def test_append_refuses_ids_that_are_there(target: Target, database: Any) -> None:
    database.pairs.insert_one({"_id": 1500, "mine": True})
    entries = prepared(target, PAIRS)
    assert entries["pairs", 0].rows_before == 1
    entry = load(target, PAIRS, pairs(0, 100), 0, entries["pairs", 0])
    with pytest.raises(DatabaseError) as refused:
        load(target, PAIRS, pairs(1450, 1550), 100, entry)
    assert (refused.value.code, refused.value.retryable) == ("TARGET_CONFLICT", False)
    assert database.pairs.count_documents({}) == 101 and database.pairs.find_one({"_id": 1500}) == {"_id": 1500, "mine": True}
    with pytest.raises(DatabaseError) as still:  # the block is noted now, but the document is not ours
        load(target, PAIRS, pairs(1450, 1550), 100, entry)
    assert still.value.code == "TARGET_CONFLICT"


def test_an_id_that_appears_meanwhile_is_a_conflict(target: Target, database: Any) -> None:
    entries = prepared(target, PAIRS)
    database.pairs.insert_one({"_id": 5, "id": 5, "word": "word 0"})
    with pytest.raises(DatabaseError) as refused:
        load(target, PAIRS, pairs(0, 100), 0, entries["pairs", 0])
    assert refused.value.code == "TARGET_CONFLICT"


@pytest.mark.parametrize("mode", ["truncate", "replace"])
def test_truncate_and_replace_take_away_the_documents_that_were_there(target: Target, database: Any, mode: str) -> None:
    load(target, PAIRS, pairs(0, 100), 0, prepared(target, PAIRS)["pairs", 0])
    database.mine.insert_one({"_id": 1})
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later, mode=mode)
    assert target.count(PAIRS) == 0 and database.mine.count_documents({}) == 1
    load(target, PAIRS, pairs(0, 5, "new"), 0, entries["pairs", 0], later, mode)
    assert [r["word"] for r in rows_of(target, PAIRS)] == ["new 0", "new 1", "new 2", None, "new 4"]


def test_upsert_writes_documents_anew_and_keeps_the_others(target: Target) -> None:
    load(target, PAIRS, pairs(0, 12), 0, prepared(target, PAIRS)["pairs", 0])
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later, mode="upsert")
    for _ in range(2):
        load(target, PAIRS, pairs(10, 18, "new"), 0, entries["pairs", 0], later, "upsert")
    words = {r["id"]: r["word"] for r in rows_of(target, PAIRS)}
    assert len(words) == 18 and words[9] == "word 4" and words[10] is None and words[11] == "new 1"


# exactly once


@pytest.mark.parametrize("place", [("loader.mid_block", 1), ("loader.mid_block", 2), ("loader.before_commit", 1)])
def test_a_block_that_is_repeated_after_a_crash_is_exact(
    target: Target, mongodb_url: str, monkeypatch: pytest.MonkeyPatch, place: tuple[str, int]
) -> None:
    monkeypatch.setattr("services.common.databases.mongodb.target.STEP", 400)
    entry = load(target, PAIRS, pairs(0, 1000), 0, prepared(target, PAIRS)["pairs", 0])
    with monkeypatch.context() as patched:
        patched.setattr(PLACE, dying_at(*place))
        with pytest.raises(Died):
            load(target, PAIRS, pairs(1000, 2000), 1000, entry)
    assert target.count(PAIRS) in (1400, 1800, 2000)
    again = open_target(mongodb_url)
    found = again.claim(SECOND)["pairs", 0]
    assert found.next_row == 1000
    found = load(again, PAIRS, pairs(1000, 2000), 1000, found, SECOND)
    with pytest.raises(DatabaseError, match="there already"):  # documents of another block are no leftovers
        load(again, PAIRS, pairs(0, 1000), 2000, found, SECOND)
    assert again.count(PAIRS) == 2000
    assert [r["id"] for r in rows_of(again, PAIRS)] == list(range(2000))
    again.close()


def test_leftovers_that_somebody_changed_are_a_conflict(target: Target, database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = prepared(target, PAIRS)
    with monkeypatch.context() as patched:
        patched.setattr(PLACE, dying_at("loader.before_commit"))
        with pytest.raises(Died):
            load(target, PAIRS, pairs(0, 50), 0, entries["pairs", 0])
    database.pairs.update_one({"_id": 7}, {"$set": {"word": "changed"}})
    with pytest.raises(DatabaseError) as refused:
        load(target, PAIRS, pairs(0, 50), 0, target.claim(SECOND)["pairs", 0], SECOND)
    assert refused.value.code == "TARGET_CONFLICT"


def test_a_prepared_load_is_prepared_as_a_whole(target: Target, mongodb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert target.claim(FIRST) == {}
    with monkeypatch.context() as patched:
        patched.setattr("services.common.databases.mongodb.ledger.Ledger._change", dying_at("never"))
        with pytest.raises(TypeError):
            target.prepare(FIRST, plan_of_tables(PAIRS), "append", [Entry(""), Entry("pairs")])
    again = open_target(mongodb_url)
    assert again.claim(SECOND) == {}
    assert set(again.prepare(SECOND, plan_of_tables(PAIRS), "append", [Entry(""), Entry("pairs")])) == {("", 0), ("pairs", 0)}
    assert set(again.claim(SECOND)) == {("", 0), ("pairs", 0)}
    again.close()


def test_a_stale_attempt_writes_nothing(target: Target, mongodb_url: str) -> None:
    entries = prepared(target, PAIRS)
    newer = open_target(mongodb_url)
    newer.claim(SECOND)
    with pytest.raises(StaleAttemptError):
        load(target, PAIRS, pairs(0, 100), 0, entries["pairs", 0])
    with pytest.raises(StaleAttemptError):
        target.claim(FIRST)
    with pytest.raises(StaleAttemptError):
        target.prepare(FIRST, plan_of_tables(PAIRS), "truncate", [])
    assert newer.count(PAIRS) == 0
    newer.close()


def test_an_attempt_that_becomes_stale_within_a_block_does_not_disturb(
    target: Target, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer one finds its own rows of that block, goes on, and the older one's checkpoint is refused."""
    entries = prepared(target, PAIRS)
    newer = open_target(mongodb_url)
    found: dict[tuple[str, int], Entry] = {}
    claims = {"loader.mid_block": lambda: found.update(newer.claim(SECOND))}
    with monkeypatch.context() as patched:
        patched.setattr(PLACE, lambda name: claims.pop(name, lambda: None)())
        with pytest.raises(StaleAttemptError):
            load(target, PAIRS, pairs(0, 100), 0, entries["pairs", 0])
    after = load(newer, PAIRS, pairs(0, 100), 0, found["pairs", 0], SECOND)
    load(newer, PAIRS, pairs(100, 200), 100, after, SECOND)
    assert [r["id"] for r in rows_of(newer, PAIRS)] == list(range(200))
    newer.close()


def test_forgetting_a_load_leaves_its_rows(target: Target, database: Any) -> None:
    load(target, PAIRS, pairs(0, 10), 0, prepared(target, PAIRS)["pairs", 0])
    target.forget(FIRST.load)
    assert database["_mockcraft_checkpoints"].count_documents({}) == 0 and target.count(PAIRS) == 10


def test_a_validation_or_another_unique_index_refuses_rows_without_showing_them(target: Target, database: Any) -> None:
    database.pairs.create_index("word", unique=True)
    with pytest.raises(DatabaseError) as refused:
        load(target, PAIRS, pairs(0, 100, CANARY), 0, prepared(target, PAIRS)["pairs", 0])
    assert refused.value.code == "TARGET_CONFLICT" and CANARY not in str(refused.value)


def test_a_server_that_dies_is_worth_another_attempt() -> None:
    with run_mongodb() as server:
        url = server.database() + "?serverSelectionTimeoutMS=500"
        target = open_target(url)
        entries = prepared(target, PAIRS)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(DatabaseError) as lost:
            load(target, PAIRS, pairs(0, 100), 0, entries["pairs", 0])
        assert (lost.value.code, lost.value.retryable) == ("TARGET_UNAVAILABLE", True)
        target.close()
        with pytest.raises(DatabaseError) as gone:
            open_target(url.replace("mongodb://", f"mongodb://u:{CANARY}@"))
        assert (gone.value.code, gone.value.retryable) == ("TARGET_UNAVAILABLE", True)
        assert CANARY not in str(gone.value)


def test_a_user_that_the_server_cannot_check_is_refused_without_secrets(mongodb_url: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        open_target(mongodb_url.replace("mongodb://", f"mongodb://u:{CANARY}@"))
    assert refused.value.code == "TARGET_AUTH_FAILED" and CANARY not in str(refused.value)


# URLs


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mongodb://192.0.2.1/shop", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost,192.0.2.1/shop", "TARGET_NOT_ALLOWED"),
        ("mongodb+srv://localhost/shop", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost/shop?tlsCAFile=/etc/passwd", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost/shop?tlsCertificateKeyFile=/x", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost/shop?proxyHost=192.0.2.1", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost/shop?authMechanism=GSSAPI", "TARGET_INVALID"),
        ("mongodb://localhost/shop?w=0", "TARGET_INVALID"),
        ("mongodb://%2Ftmp%2Fmongodb.sock/shop", "TARGET_NOT_ALLOWED"),
        ("mongodb://localhost/", "TARGET_INVALID"),
        ("mongodb://localhost/a.b", "TARGET_INVALID"),
    ],
)
def test_urls_that_are_refused(url: str, code: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_target(url.replace("://", f"://u:{CANARY}@"), Rules(Path("/nowhere"), inside=True))
    assert refused.value.code == code
    assert CANARY not in str(refused.value) + refused.value.details


def test_urls_are_checked_without_a_connection() -> None:
    """No server listens there."""
    checked = check_target("mongodb://u:p%40@127.0.0.1:1/shop?replicaSet=rs0&tls=true&authSource=admin", RULES)
    assert checked.startswith("mongodb://u:p%40@127.0.0.1:1/shop?") and "hostaddr=127.0.0.1" in checked
    assert check_target(checked, RULES) == checked
    remote = Rules(Path("/nowhere"), remote=True)
    assert check_target("mongodb+srv://cluster.example/shop", remote) == "mongodb+srv://cluster.example/shop"
    assert check_target("mongodb://a.example,b.example:1/shop", remote) == "mongodb://a.example,b.example:1/shop"


@pytest.mark.parametrize("name", ["a`b", "a'b", 'a"b', "a%b"])
def test_what_the_server_says_of_a_name_is_told_with_the_name(target: Target, name: str) -> None:
    """Servers that only speak the protocol take fewer names than MongoDB, and answer without codes."""
    collection = table_of(name, {"id": Type("int")}, ("id",))
    batch = pa.RecordBatch.from_arrays([pa.array([1])], names=["id"])
    with pytest.raises(DatabaseError, match="refused a command: Invalid identifier …: must contain only") as refused:
        load(target, collection, batch, 0, prepared(target, collection)[name, 0])
    assert str(refused.value).startswith(f"{name}: ") and refused.value.code == "TARGET_FAILED"


def test_what_the_server_says_of_an_index_is_told_with_its_members(target: Target) -> None:
    table = replace(table_of("t", {"id": Type("int"), "a`b": Type("int")}, ("id",)), indexes=(("a`b",),))
    entry = prepared(target, table)["t", 0]
    with pytest.raises(DatabaseError, match=r"^t, indexes of a`b: MongoDB refused a command: Invalid identifier"):
        target.index(FIRST, table, entry)


def test_values_in_what_the_server_says_are_not_repeated() -> None:
    said = "Document \"jo@example.org\" failed { password: 'hunter2' }\nmore"
    assert str(meaning(99999, "t", said)) == "t: MongoDB refused a command (code 99999): Document … failed"
    assert str(meaning(None, "t", "no login, password=hunter2\nmore")) == "t: MongoDB refused a command: no login, password=***"
