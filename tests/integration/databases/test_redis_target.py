"""Redis as a target of loads, on a real server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import redis

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
    connect,
)
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
from tests.servers import run_redis

CANARY = "canary-7f3e"


@pytest.fixture
def target(redis_url: str) -> Iterator[Target]:
    opened = open_target(redis_url)
    yield opened
    opened.close()


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url) as opened:
        yield opened


def test_every_type_comes_back_equal(target: Target) -> None:
    table, batch = every_type()
    entries = prepared(target, table)
    load(target, table, batch, 0, entries["every", 0])
    (read,) = list(target.read(table, batch.schema.names))
    assert read.schema == batch.schema
    assert sorted(read.to_pylist(), key=lambda row: row["id"]) == batch.to_pylist()


def test_rows_are_hashes_under_their_keys_and_nulls_are_left_out(target: Target, client: Any) -> None:
    entries = prepared(target, PAIRS)
    load(target, PAIRS, pairs(1, 6), 0, entries["pairs", 0])
    assert client.hgetall("pairs:1") == {b"id": b"1", b"word": b"word 1"}
    assert client.hgetall("pairs:3") == {b"id": b"3"}
    assert client.smembers("pairs:ids") == {b"1", b"2", b"3", b"4", b"5"}
    assert target.count(PAIRS) == 5


def test_what_the_engine_makes_comes_back(target: Target) -> None:
    plan = plan_of(users="20K")
    entries = prepared(target, *plan.tables)
    engine = Engine(plan, 65_536)
    for table in plan.tables:
        batch = engine.batch(table.name, 0, table.rows)
        load(target, table, batch, 0, entries[table.name, 0])
        assert target.count(table) == table.rows
        assert rows_of(target, table) == sorted(batch.to_pylist(), key=lambda row: str(row["id"]).rjust(30))


def test_hostile_names_and_keys_mean_themselves(redis_url: str, client: Any) -> None:
    target = open_target(f"{redis_url}?key=app%2F{{table}}:{{pk}}")
    table = table_of("a\r\n*1\r\n$8\r\nFLUSHALL", {"k\0 é": Type("text"), "b:%": Type("text")}, ("k\0 é", "b:%"))
    names = [c.name for c in table.written]
    batch = pa.RecordBatch.from_arrays([pa.array(["a:b", "a", "\r\n"]), pa.array(["c", "b:c", ""])], names=names)
    client.set("witness", 1)
    load(target, table, batch, 0, prepared(target, table)[table.name, 0])
    assert sorted(r[names[0]] for r in rows_of(target, table)) == ["\r\n", "a", "a:b"]
    assert client.exists("witness") and client.exists(f"app/{table.name}:a%3Ab:c")
    assert target.delete(table, batch.slice(0, 2)) == 2 and target.count(table) == 1
    target.close()


def test_rows_without_a_primary_key_are_kept_and_deleted_one_for_one(target: Target) -> None:
    table = table_of("free", {"a": Type("int"), "b": Type("text")}, ())
    rows = pa.RecordBatch.from_arrays([pa.array([1, 1, None, 2]), pa.array(["x", "x", None, "y"])], names=["a", "b"])
    load(target, table, rows, 0, prepared(target, table)["free", 0])
    assert target.count(table) == 4 and len(rows_of(target, table)) == 4
    assert target.delete(table, rows.slice(1, 2)) == 2
    assert [r["b"] for r in rows_of(target, table)] == ["x", "y"]


def test_blocks_of_several_steps_go_in_as_a_whole(target: Target) -> None:
    entries = prepared(target, PAIRS)
    load(target, PAIRS, pairs(0, 20_000), 0, entries["pairs", 0])
    assert target.count(PAIRS) == 20_000
    assert sum(r["id"] for r in rows_of(target, PAIRS)) == sum(range(20_000))


# modes


def test_append_refuses_keys_that_are_there_before_it_writes(target: Target, client: Any) -> None:
    client.set("pairs:1500", "someone's")
    entries = prepared(target, PAIRS)
    entry = load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    with pytest.raises(DatabaseError) as refused:
        load(target, PAIRS, pairs(1000, 2000), 1000, entry)
    assert (refused.value.code, refused.value.retryable) == ("TARGET_CONFLICT", False)
    assert target.count(PAIRS) == 1000 and client.get("pairs:1500") == b"someone's"


def test_append_counts_the_rows_that_were_there(target: Target) -> None:
    load(target, PAIRS, pairs(0, 10), 0, prepared(target, PAIRS)["pairs", 0])
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later)
    assert (entries["pairs", 0].rows_before, entries["pairs", 0].created) == (10, 0)
    load(target, PAIRS, pairs(10, 20), 0, entries["pairs", 0], later)
    assert target.count(PAIRS) == 20


@pytest.mark.parametrize("mode", ["truncate", "replace"])
def test_truncate_and_replace_take_away_the_tables_rows_and_nothing_else(target: Target, client: Any, mode: str) -> None:
    load(target, PAIRS, pairs(0, 9000), 0, prepared(target, PAIRS)["pairs", 0])
    client.set("pairs:mine", 1)
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later, mode=mode)
    assert target.count(PAIRS) == 0 and client.get("pairs:mine") == b"1" and not client.exists("pairs:5")
    load(target, PAIRS, pairs(0, 5, "new"), 0, entries["pairs", 0], later, mode)
    assert [r["word"] for r in rows_of(target, PAIRS)] == ["new 0", "new 1", "new 2", None, "new 4"]


def test_upsert_writes_rows_anew_and_keeps_the_others(target: Target) -> None:
    load(target, PAIRS, pairs(0, 12), 0, prepared(target, PAIRS)["pairs", 0])
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later, mode="upsert")
    load(target, PAIRS, pairs(10, 18, "new"), 0, entries["pairs", 0], later, "upsert")
    words = {r["id"]: r["word"] for r in rows_of(target, PAIRS)}
    assert len(words) == 18 and words[9] == "word 4" and words[10] is None and words[11] == "new 1"


def test_upsert_refuses_keys_that_hold_no_row_of_the_table(target: Target, client: Any) -> None:
    load(target, PAIRS, pairs(0, 12), 0, prepared(target, PAIRS)["pairs", 0])
    client.set("pairs:15", "precious")
    client.hset("pairs:16", "theirs", "precious")
    later = Mark("other", "seed_2", 1)
    entries = prepared(target, PAIRS, mark=later, mode="upsert")
    with pytest.raises(DatabaseError, match="2 keys of rows hold something else") as refused:
        load(target, PAIRS, pairs(10, 18, "new"), 0, entries["pairs", 0], later, "upsert")
    assert (refused.value.code, refused.value.retryable) == ("TARGET_CONFLICT", False)
    assert client.get("pairs:15") == b"precious" and client.hget("pairs:11", "word") == b"word 1"
    load(target, PAIRS, pairs(10, 15, "new"), 0, entries["pairs", 0], later, "upsert")
    assert target.count(PAIRS) == 15


# names that are the same


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{table}{pk}", ("t", "t1")),
        ("app:{table}{pk}", ("t1", "t")),
        ("{table}{pk}:x", ("b", "t", "t1")),
        ("{table}:{pk}", ("t", "t:1")),
        ("{table}-{pk}", ("t", "t-1", "t--")),
        ("_mockcraft{table}{pk}", ("_check",)),
        ("{table}{pk}", ("_",)),
    ],
)
def test_tables_whose_keys_could_be_the_same_are_refused(redis_url: str, template: str, names: tuple[str, ...]) -> None:
    target = open_target(f"{redis_url}?key={template}")
    with pytest.raises(DatabaseError, match="could be") as refused:
        prepared(target, *(table_of(name, {"id": Type("int")}, ("id",)) for name in names))
    assert (refused.value.code, refused.value.retryable) == ("TARGET_INVALID", False)
    target.close()


@pytest.mark.parametrize(("template", "names"), [("{table}{pk}", ("t", "u1")), ("{table}:{pk}", ("t", "t1", "t1a"))])
def test_tables_whose_keys_differ_are_loaded(redis_url: str, template: str, names: tuple[str, ...]) -> None:
    target = open_target(f"{redis_url}?key={template}")
    prepared(target, *(table_of(name, {"id": Type("int")}, ("id",)) for name in names))
    target.close()


# exactly once


def test_a_block_and_its_checkpoint_are_in_together(target: Target) -> None:
    entry = load(target, PAIRS, pairs(0, 1000), 0, prepared(target, PAIRS)["pairs", 0])
    found = target.claim(SECOND)
    assert found["pairs", 0] == entry and entry.next_row == 1000 and entry.bytes > 10_000
    assert found["", 0] == Entry("")


def test_a_connection_lost_before_the_commit_leaves_nothing(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = open_target(redis_url)
    entries = prepared(target, PAIRS)
    with monkeypatch.context() as patched:
        patched.setattr("services.common.databases.redis.target.failpoint", _dying_at("loader.before_commit"))
        with pytest.raises(KeyboardInterrupt):
            load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    target.close()
    again = open_target(redis_url)
    found = again.claim(SECOND)
    assert (found["pairs", 0].next_row, again.count(PAIRS)) == (0, 0)
    load(again, PAIRS, pairs(0, 1000), 0, found["pairs", 0], SECOND)
    assert again.count(PAIRS) == 1000
    again.close()


def _dying_at(name: str) -> Any:
    def passing(at: str) -> None:
        if at == name:
            raise KeyboardInterrupt

    return passing


def test_a_stale_attempt_writes_nothing(redis_url: str, target: Target) -> None:
    entries = prepared(target, PAIRS)
    newer = open_target(redis_url)
    newer.claim(SECOND)
    with pytest.raises(StaleAttemptError):
        load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    with pytest.raises(StaleAttemptError):
        target.claim(FIRST)
    assert target.count(PAIRS) == 0
    newer.close()


def test_an_attempt_that_becomes_stale_within_a_block_writes_nothing(
    redis_url: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = prepared(target, PAIRS)
    newer = open_target(redis_url)
    monkeypatch.setattr(
        "services.common.databases.redis.target.failpoint",
        lambda name: newer.claim(SECOND) if name == "loader.before_commit" else None,
    )
    with pytest.raises(StaleAttemptError):
        load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    assert target.count(PAIRS) == 0
    newer.close()


def test_lanes_do_not_disturb_each_other(redis_url: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    assert target.claim(FIRST) == {}
    lanes = target.prepare(FIRST, plan_of_tables(PAIRS), "append", [Entry("pairs", 0), Entry("pairs", 1, next_row=500)])
    other = open_target(redis_url)
    within = {"loader.before_commit": lambda: load(other, PAIRS, pairs(500, 600), 500, lanes["pairs", 1])}
    monkeypatch.setattr("services.common.databases.redis.target.failpoint", lambda name: within.pop(name, lambda: None)())
    load(target, PAIRS, pairs(0, 100), 0, lanes["pairs", 0])
    assert target.count(PAIRS) == 200
    assert {lane: e.next_row for (_, lane), e in target.claim(SECOND).items()} == {0: 100, 1: 600}
    other.close()


def test_forgetting_a_load_leaves_its_rows(target: Target, client: Any) -> None:
    load(target, PAIRS, pairs(0, 10), 0, prepared(target, PAIRS)["pairs", 0])
    target.forget(FIRST.load)
    assert client.keys("_mockcraft*") == [] and target.count(PAIRS) == 10


def test_delete_takes_only_rows_of_the_table(target: Target, client: Any) -> None:
    load(target, PAIRS, pairs(0, 10), 0, prepared(target, PAIRS)["pairs", 0])
    client.set("pairs:12", "mine")
    assert target.delete(PAIRS, pairs(5, 15)) == 5
    assert target.count(PAIRS) == 5 and client.get("pairs:12") == b"mine" and not client.exists("pairs:7")


# what goes wrong


def test_a_full_memory_is_said_plainly(target: Target, client: Any) -> None:
    entries = prepared(target, PAIRS)
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(DatabaseError) as full:
            load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    finally:
        client.config_set("maxmemory", 0)
    assert full.value.code == "DISK_FULL" and "memory" in str(full.value)
    load(target, PAIRS, pairs(0, 1000), 0, entries["pairs", 0])
    assert target.count(PAIRS) == 1000


def test_a_set_that_is_none_and_a_key_that_means_the_set_are_refused(target: Target, client: Any) -> None:
    client.set("pairs:ids", 1)
    with pytest.raises(DatabaseError, match="something else") as wrong:
        prepared(target, PAIRS)
    assert wrong.value.code == "TARGET_MISMATCH"
    table = table_of("t", {"k": Type("text")}, ("k",))
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "ids"])], names=["k"])
    with pytest.raises(DatabaseError) as refused:
        load(target, table, batch, 0, prepared(target, table)["t", 0])
    assert refused.value.code == "UNENCODABLE_VALUE" and target.count(table) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [(("secret", CANARY), "TARGET_AUTH_FAILED"), (("/0", "/99"), "TARGET_NOT_FOUND"), ((":secret@", ""), "TARGET_AUTH_FAILED")],
)
def test_what_the_server_refuses_is_said_without_secrets(redis_url: str, change: tuple[str, str], code: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        open_target(redis_url.replace(*change)).claim(FIRST)
    assert (refused.value.code, refused.value.retryable) == (code, False)
    assert CANARY not in str(refused.value) and CANARY not in repr(refused.value.__cause__)


def test_a_server_that_dies_is_worth_another_attempt() -> None:
    with run_redis() as server:
        target = open_target(server.url())
        entries = prepared(target, PAIRS)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(DatabaseError) as lost:
            load(target, PAIRS, pairs(0, 10_000), 0, entries["pairs", 0])
        assert (lost.value.code, lost.value.retryable) == ("TARGET_UNAVAILABLE", True)
        target.close()
        with pytest.raises(DatabaseError) as gone:
            open_target(server.url())
        assert (gone.value.code, gone.value.retryable) == ("TARGET_UNAVAILABLE", True)


# URLs


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("redis://192.0.2.1/0", "TARGET_NOT_ALLOWED"),
        ("redis://localhost/0?unix_socket_path=/x", "TARGET_NOT_ALLOWED"),
        ("redis://localhost/0?connection_class=x", "TARGET_NOT_ALLOWED"),
        ("redis:///0", "TARGET_NOT_ALLOWED"),
        ("rediss://localhost/0?ssl_ca_certs=/etc/passwd", "TARGET_NOT_ALLOWED"),
        ("redis://localhost/0?ssl_cert_reqs=none", "TARGET_NOT_ALLOWED"),
        ("rediss://localhost/0?ssl_cert_reqs=whatever", "TARGET_INVALID"),
        ("redis://localhost/zero", "TARGET_INVALID"),
        ("redis://localhost/0?key={pk}", "TARGET_INVALID"),
        ("redis://localhost/0?key={table}:{other}:{pk}", "TARGET_INVALID"),
        ("redis://localhost/0?socket_timeout=0", "TARGET_INVALID"),
    ],
)
def test_urls_that_are_refused(url: str, code: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_target(url.replace("://", f"://:{CANARY}@"), Rules(Path("/nowhere"), inside=True))
    assert refused.value.code == code
    assert CANARY not in str(refused.value) + refused.value.details


def test_urls_are_checked_without_a_connection() -> None:
    """No server listens there."""
    checked = check_target("rediss://u:p%40@127.0.0.1:1/3?key=app:{table}:{pk}&ssl_ca_certs=/no/ca.pem", RULES)
    assert checked.startswith("rediss://u:p%40@127.0.0.1:1/3?") and "hostaddr=127.0.0.1" in checked
    assert check_target(checked, RULES) == checked
    with pytest.raises(DatabaseError) as absent:
        connect(checked)
    assert (absent.value.code, absent.value.retryable) == ("TARGET_UNAVAILABLE", True)
