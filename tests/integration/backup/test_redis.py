"""Backups of Redis: every type with its expiry, restored into a copy and swapped in, whatever kills whom."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis import Redis as Client

from services.backup.archive import Archive, ArchiveWriter
from services.backup.work import VerificationFailedError, restore, verify
from services.common.databases import DatabaseError, _dump_redis, _redis_reading, _redis_writing
from services.common.databases._claims import Claim
from services.common.databases._dump_redis import MARK, RedisDumping
from services.common.databases._redis_records import MAGIC, Frame, Reading
from services.common.databases.redis.wire import Wire
from tests.integration.backup.document_backups import (
    close_all,
    closing_later,
    found_in_copy,
    made,
    opened,
    put_back,
    quiet,
    state,
    verified,
    work,
)
from tests.servers import Redis

LATER = 4_000_000_000_123  # milliseconds since 1970
ODD = bytes(range(256))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()


def at(url: str, number: int = 0) -> Any:
    return closing_later(Client.from_url(url.rpartition("/")[0] + f"/{number}"))


def fill(client: Any) -> None:
    run = client.execute_command
    client.set("text", "é")
    client.set(ODD, ODD)
    client.set("", "")
    client.set("number", 12345678901)
    client.set("soon", "x", pxat=LATER)
    client.setbit("bits", 100, 1)
    client.pfadd("guess", *range(100))
    client.rpush("list", "a", "", "a", ODD)
    client.rpush("long list", *(f"item {i}" for i in range(2000)))
    client.sadd("set", "a", "", ODD)
    client.sadd("ints", *range(600))
    client.zadd("zset", {"a": 0.1, "b": -0.0, "c": float("inf"), "d": 5e-324, "e": 1.7976931348623157e308, ODD: float("-inf")})
    client.zadd("floats", {f"m{i}": i / 7 for i in range(500)})
    client.hset("hash", mapping={"f": "v", "": "", ODD: ODD})
    client.hset("wide", mapping={f"field {i}": "x" * 100 for i in range(1000)})
    client.pexpireat("wide", LATER)
    for i in range(1, 6):
        run("XADD", "stream", f"{i}-1", "n", i, ODD, "")
    run("XDEL", "stream", "5-1", "2-1")
    run("XGROUP", "CREATE", "stream", "readers", "0")
    run("XREADGROUP", "GROUP", "readers", "alice", "COUNT", 2, "STREAMS", "stream", ">")
    run("XCLAIM", "stream", "readers", "bob", 0, "3-1", "RETRYCOUNT", 7)
    run("XGROUP", "CREATECONSUMER", "stream", "readers", "idle")
    run("XGROUP", "CREATE", "stream", "others", "$")
    run("XGROUP", "CREATE", "bare", "g", "0", "MKSTREAM")
    client.set("_mockcraft_checkpoints:x", "1")


@pytest.fixture
def shop(redis_url: str) -> str:
    fill(at(redis_url))
    return redis_url


def contents(client: Any) -> dict[bytes, Any]:
    """All keys but ours as the server itself serialises them, streams as they answer, with expiry."""
    found: dict[bytes, Any] = {}
    for key in client.scan_iter():
        if key.startswith(b"_mockcraft_"):
            continue
        kind = client.type(key)
        found[key] = (kind, client.execute_command("PEXPIRETIME", key), VALUES[kind](client, key))
    return found


def stream(client: Any, key: bytes) -> Any:
    info = client.xinfo_stream(key)
    told = {name: info[name] for name in ("last-generated-id", "max-deleted-entry-id", "entries-added", "length")}
    groups = [
        (g, client.xpending_range(key, g["name"], "-", "+", 100), [c["name"] for c in client.xinfo_consumers(key, g["name"])])
        for g in client.xinfo_groups(key)
    ]
    for _, pending, _ in groups:
        for entry in pending:
            entry["time_since_delivered"] //= 60_000
    return told, client.execute_command("XRANGE", key, "-", "+"), groups


VALUES: dict[bytes, Callable[[Any, bytes], Any]] = {
    b"string": lambda c, k: c.get(k),
    b"list": lambda c, k: c.lrange(k, 0, -1),
    b"set": lambda c, k: c.smembers(k),
    b"zset": lambda c, k: c.zrange(k, 0, -1, withscores=True),
    b"hash": lambda c, k: c.hgetall(k),
    b"stream": stream,
}


def used(url: str) -> set[str]:
    return {name for name in at(url).info("keyspace") if name.startswith("db")}


ROWS = {"hash": 2, "list": 2, "set": 2, "stream": 2, "string": 7, "zset": 2}


def test_a_backup_verifies_and_leaves_nothing_behind(shop: str, tmp_path: Path) -> None:
    manifest = made(shop, tmp_path / "a")
    assert {t.name: t.rows for t in manifest.tables} == ROWS
    assert (manifest.snapshot, manifest.source.dialect) == ("none", "redis")
    told = verified(tmp_path / "a", shop)
    assert {f"table {name}" for name in ROWS} <= set(told)
    assert used(shop) == {"db0"}


@pytest.mark.parametrize("small", [True, False])
def test_everything_comes_back_as_it_was(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool) -> None:
    """Read at once, or window by window as large keys are."""
    if not small:
        monkeypatch.setattr(_redis_reading, "SMALL", 0)
        monkeypatch.setattr(_redis_reading, "WINDOW", 100)
    before, whole = contents(at(shop)), state(shop)
    made(shop, tmp_path / "a")
    assert put_back(tmp_path / "a", shop.replace("/0", "/1")) == {"tables": 6, "rows": 17}
    assert contents(at(shop, 1)) == before
    assert state(shop.replace("/0", "/1")) == whole
    assert used(shop) == {"db0", "db1"}
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "a", shop.replace("/0", "/1"))
    assert refused.value.code == "TARGET_NOT_EMPTY"
    at(shop, 1).delete("hash")
    at(shop, 1).set("more", 1)
    put_back(tmp_path / "a", shop.replace("/0", "/1"), force=True)
    assert contents(at(shop, 1)) == before
    assert used(shop) == {"db0", "db1"}


def test_digests_do_not_depend_on_windows(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = state(shop)
    monkeypatch.setattr(_redis_reading, "SMALL", 0)
    monkeypatch.setattr(_redis_reading, "WINDOW", 64)
    assert state(shop) == whole


def test_keys_that_expire_meanwhile_are_no_false_alarm(redis_url: str, tmp_path: Path) -> None:
    client = at(redis_url)
    client.set("kept", 1)
    client.set("gone", 1, px=300)
    client.hset("gone too", "a", "b")
    client.pexpire("gone too", 300)
    assert {t.name: t.rows for t in made(redis_url, tmp_path / "a").tables} == {"hash": 1, "string": 2}
    time.sleep(0.4)
    verified(tmp_path / "a", redis_url)
    assert put_back(tmp_path / "a", redis_url, force=True) == {"tables": 2, "rows": 3}
    assert client.keys() == [b"kept"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.delete("text"), "table string: has 6 rows instead of 7"),
        (lambda c: c.set("text", "e"), "table string: holds other values"),
        (lambda c: c.setbit(ODD, 2005, 1), "table string: holds other values"),
        (lambda c: c.persist("soon"), "table string: holds other values"),
        (lambda c: c.expire("text", 10**9), "table string: holds other values"),
        (lambda c: c.rename("text", "words"), "table string: holds other values"),
        (lambda c: c.lset("list", 1, "b"), "table list: holds other values"),
        (lambda c: (c.lset("list", 0, ""), c.lset("list", 1, "a")), "table list: holds other values"),
        (lambda c: c.rpush("long list", "more"), "table list: holds other values"),
        (lambda c: (c.srem("set", "a"), c.sadd("set", "b")), "table set: holds other values"),
        (lambda c: c.zadd("zset", {"a": 0.10000000000000002}), "table zset: holds other values"),
        (lambda c: c.hset("hash", "f", "w"), "table hash: holds other values"),
        (lambda c: c.hdel("wide", "field 77"), "table hash: holds other values"),
        (lambda c: c.xadd("stream", {"a": 1}), "table stream: holds other values"),
        (lambda c: c.xack("stream", "readers", "1-1"), "table stream: holds other values"),
        (lambda c: c.xgroup_delconsumer("stream", "readers", "idle"), "table stream: holds other values"),
        (lambda c: c.xgroup_setid("stream", "others", "1-1"), "table stream: holds other values"),
        (lambda c: c.delete("zset", "floats"), "table zset: is missing"),
        (lambda c: c.set("more", 1), "table string: has 8 rows instead of 7"),
    ],
)
def test_a_changed_copy_is_found_and_named(shop: str, tmp_path: Path, change: Callable[[Any], None], told: str) -> None:
    made(shop, tmp_path / "a")
    results = found_in_copy(tmp_path / "a", shop, lambda copy: change(at(shop, int(copy._url.path))))  # type: ignore[attr-defined]
    assert len(results) == 1
    assert results[0].startswith(told)


def test_an_empty_database_is_not_called_verified(redis_url: str, tmp_path: Path) -> None:
    at(redis_url).set("_mockcraft_checkpoints:x", 1)
    assert opened(redis_url).is_empty()
    made(redis_url, tmp_path / "a")
    with pytest.raises(VerificationFailedError, match="nothing was compared"):
        verified(tmp_path / "a", redis_url)


def test_a_forged_dump_with_right_checksums_is_found_by_restoring(shop: str, tmp_path: Path) -> None:
    manifest = made(shop, tmp_path / "a")
    at(shop).set("text", "forged")
    writer = ArchiveWriter(tmp_path / "b")
    opened(shop).dump(writer, quiet)
    writer.finish(manifest)
    with Archive(tmp_path / "b") as archive:
        verify(archive, "RESTORED", lambda: opened(shop), quiet)
        with pytest.raises(VerificationFailedError, match="table string: holds other values"):
            verify(archive, "RESTORED_CHECKSUMMED", lambda: opened(shop), quiet)


def test_a_damaged_backup_names_its_part_and_does_not_touch_the_target(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    whole = bytearray((tmp_path / "a").read_bytes())
    whole[200] ^= 4
    (tmp_path / "a").write_bytes(whole)
    before = contents(at(shop))
    with pytest.raises(VerificationFailedError, match="part keys"):
        put_back(tmp_path / "a", shop, force=True)
    assert contents(at(shop)) == before


def forged(tmp_path: Path, content: Callable[[bytes], bytes]) -> None:
    """An archive whose part was changed, with the right checksums."""
    writer = ArchiveWriter(tmp_path / "b")
    with Archive(tmp_path / "a") as archive:
        with writer.part("keys") as part:
            part.write(content(b"".join(archive.read("keys"))))
        writer.finish(archive.manifest)


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: whole[:-1],
        lambda whole: whole + b"x",
        lambda whole: b"",
        lambda whole: whole[:-1] + b"8",
        lambda whole: MAGIC + Frame(b"E", [b"x"]).encoded() + Frame(b"Z", [b"0"]).encoded(),
        lambda whole: MAGIC + Frame(b"K", [b"zset", b"k", b""]).encoded() + Frame(b"E", [b"m", b"1.5"]).encoded(),
        lambda whole: MAGIC + Frame(b"K", [b"string", b"_mockcraft_scratch", b""]).encoded(),
        lambda whole: MAGIC + Frame(b"K", [b"other", b"k", b""]).encoded(),
        lambda whole: MAGIC + b"K\xff\xff\xff\xff",
        lambda whole: MAGIC + b"Z\0\0\0\1\xff\xff\xff\xff",
    ],
)
def test_strange_parts_are_refused_and_nothing_is_touched(shop: str, tmp_path: Path, content: Callable[[bytes], bytes]) -> None:
    made(shop, tmp_path / "a")
    forged(tmp_path, content)
    before = contents(at(shop))
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "b", shop, force=True)
    assert refused.value.code == "TARGET_MISMATCH"
    assert (contents(at(shop)), used(shop)) == (before, {"db0"})


def test_frames_are_read_back_whatever_pieces_they_come_in() -> None:
    frames = [Frame(b"K", [b"set", ODD, b""]), Frame(b"E", [b"", b"x" * 500]), Frame(b"."), Frame(b"Z", [b"1"])]
    whole = MAGIC + b"".join(frame.encoded() for frame in frames)
    for size in (1, 7, len(whole)):
        found = list(Reading(whole[i : i + size] for i in range(0, len(whole), size)).frames())
        assert [(f.kind, list(f.words)) for f in found] == [(f.kind, list(f.words)) for f in frames]


def test_cancelling_leaves_nothing(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    before, target = contents(at(shop)), opened(shop)

    def cancelling(phase: str, _done: int, _total: int) -> None:
        target.cancel()

    with Archive(tmp_path / "a") as archive, pytest.raises(DatabaseError) as stopped:
        restore(archive, target, True, cancelling)
    assert (stopped.value.code, contents(at(shop)), used(shop)) == ("CANCELLED", before, {"db0"})


def test_types_of_modules_are_refused(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at(redis_url).set("document", 1)
    source = opened(redis_url)
    assert isinstance(source, RedisDumping)
    plain = source._wire.commands
    answer = lambda commands: [b"ReJSON-RL" if c[0] == "TYPE" else r for c, r in zip(commands, plain(commands), strict=True)]  # noqa: E731
    monkeypatch.setattr(source._wire, "commands", answer)
    for digests in (True, False):
        with pytest.raises(DatabaseError, match="ReJSON-RL") as refused:
            source.state(quiet, digests)
        assert refused.value.code == "TARGET_UNSUPPORTED"


def test_older_servers_are_read_by_what_they_know(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Redis 7 there is no PEXPIRETIME, and streams tell less: the digests are the same."""
    before, whole = contents(at(shop)), state(shop)
    monkeypatch.setattr(_redis_reading.Reader, "_known", set())
    assert state(shop) == whole
    made(shop, tmp_path / "a")
    verified(tmp_path / "a", shop)
    put_back(tmp_path / "a", shop, force=True)
    after = contents(at(shop))
    assert after.keys() == before.keys()
    assert after[b"wide"][2] == before[b"wide"][2]
    assert abs(after[b"wide"][1] - LATER) < 1000


def test_a_server_without_an_empty_database_is_told(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    for number in range(1, 16):
        at(shop, number).set("taken", number)
    before = contents(at(shop))
    with pytest.raises(DatabaseError, match="empty logical database") as refused:
        put_back(tmp_path / "a", shop, force=True)
    assert (refused.value.code, contents(at(shop))) == ("TARGET_UNSUPPORTED", before)
    assert [at(shop, n).get("taken") for n in range(1, 16)] == [b"%d" % n for n in range(1, 16)]


def test_databases_of_dead_processes_are_flushed_and_no_others(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    now = int(time.time())
    dead, other = {**Claim().to_json(), "pid": 2**22 + 1}, {**Claim().to_json(), "host": "elsewhere"}
    for number, record in {3: {**dead, "at": now}, 4: {**Claim().to_json(), "at": now}, 5: {**other, "at": now}}.items():
        at(shop, number).mset({MARK: orjson.dumps(record), "x": 1})
    at(shop, 6).mset({MARK: orjson.dumps({**other, "at": now - 10_000}), "x": 1})
    at(shop, 7).set("x", 1)
    verified(tmp_path / "a", shop)
    assert used(shop) == {"db0", "db4", "db5", "db7"}


def test_a_copy_that_lost_keys_is_not_swapped_in(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(shop, tmp_path / "a")
    before = contents(at(shop))
    plain = _dump_redis.RedisDumping._counted

    def evicted(self: RedisDumping, tell: Any) -> Any:
        self._wire.command("DEL", "text")
        return plain(self, tell)

    monkeypatch.setattr(_dump_redis.RedisDumping, "_counted", evicted)
    with pytest.raises(DatabaseError, match="evict"):
        put_back(tmp_path / "a", shop, force=True)
    assert (contents(at(shop)), used(shop)) == (before, {"db0"})


def test_a_worker_killed_while_dumping(shop: str, tmp_path: Path) -> None:
    assert work(tmp_path / "j", "backup", shop, failpoint="backup.mid_part")[0] == -9
    assert not (tmp_path / "j" / "shop.mcb").exists()
    status, events = work(tmp_path / "j", "backup", shop, level="RESTORED_CHECKSUMMED")
    assert (status, events[-1]["type"], events[-1]["data"]["level"]) == (0, "complete", "RESTORED_CHECKSUMMED")
    assert used(shop) == {"db0"}


def test_a_worker_killed_at_any_point_of_a_restore(shop: str, tmp_path: Path) -> None:
    folder, new = tmp_path / "j", contents(at(shop))
    made(shop, tmp_path / "a")
    folder.mkdir()
    (tmp_path / "a").rename(folder / "shop.mcb")
    ends = []
    for nth in range(1, 20):
        target = at(shop, 1)
        target.flushdb()
        target.set("old", 1)
        status, _ = work(folder, "restore", shop.replace("/0", "/1"), force=True, failpoint=f"backup.mid_restore:{nth}")
        if status == 0:
            break
        assert status == -9
        now = contents(target)
        assert now == new or list(now) == [b"old"]
        ends.append(now == new)
        assert len(used(shop)) == 3
        assert work(folder, "restore", shop.replace("/0", "/1"), force=True)[0] == 0
        assert (contents(target), used(shop)) == (new, {"db0", "db1"})
    assert ends == sorted(ends)
    assert set(ends) == {False, True}


def test_writers_do_not_break_a_backup(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_redis_reading, "SMALL", 2000)
    client, stop = at(shop), threading.Event()
    with client.pipeline(transaction=False) as pipe:
        for i in range(6_000):
            pipe.set(f"key {i}", i)
        pipe.execute()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            pipe = client.pipeline(transaction=False)
            pipe.rpush("long list", n).lpop("long list").hset("wide", f"field {n % 2000}", n).sadd("ints", n)
            pipe.delete(f"key {n % 6_000}").hset(f"key {n % 6_000}", "now", "a hash").set(f"more {n}", n)
            pipe.xadd("stream", {"n": n}, maxlen=1000).zadd("floats", {f"m{n % 900}": n}).execute()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        digests = {made(shop, tmp_path / f"a{n}").tables[0].digest for n in range(3)}
    finally:
        stop.set()
        writer.join()
    assert len(digests) > 1
    for n in range(3):
        verified(tmp_path / f"a{n}", shop)


def test_each_key_is_written_once_though_scan_tells_it_twice(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, source = state(shop), opened(shop)
    assert isinstance(source, RedisDumping)
    plain = source._wire.command

    def twice(*words: Any) -> Any:
        reply = plain(*words)
        return [reply[0], reply[1] * 2] if words[0] in ("SCAN", "HSCAN", "SSCAN", "ZSCAN") else reply

    monkeypatch.setattr(_redis_reading, "SMALL", 0)
    monkeypatch.setattr(source._wire, "command", twice)
    assert source.state(quiet) == whole


def test_memory_is_flat_however_large_a_key_is(redis_url: str, tmp_path: Path) -> None:
    client = at(redis_url)
    for start in range(0, 20_000, 5_000):
        client.hset("hash", mapping={f"field {i}": "x" * 500 for i in range(start, start + 5_000)})
        client.rpush("list", *("y" * 500 for _ in range(5_000)))
    client.set("string", "z" * (30 << 20))
    tracemalloc.start()
    try:
        made(redis_url, tmp_path / "a")
        verified(tmp_path / "a", redis_url)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 25 << 20  # of 50 MB; the largest is a frame of the archive, 4 MB, and what is made of it


def test_fields_of_hashes_that_expire(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server knows none: what Redis 7.4 does is acted, by field."""
    expiries = {b"f": LATER}
    plain = Wire.answers

    def answered(words: Any) -> Any:
        if words[0] == "HPEXPIREAT":
            assert words[3:5] == ("FIELDS", 1)
            expiries[words[5]] = words[2]
            return [1]
        return [expiries.get(name, -1) for name in words[4:]] if words[0] == "HPEXPIRETIME" else None

    def answers(self: Wire, commands: Any) -> list[Any]:
        given = list(commands)
        acted = [answered(words) for words in given]
        real = iter(plain(self, [words for words, reply in zip(given, acted, strict=True) if reply is None]))
        return [next(real) if reply is None else reply for reply in acted]

    before = state(shop)
    monkeypatch.setattr(_redis_reading.Reader, "_known", {"PEXPIRETIME", "HPEXPIRETIME"})
    monkeypatch.setattr(Wire, "answers", answers)
    monkeypatch.setattr(Wire, "commands", answers)
    monkeypatch.setattr(Wire, "command", lambda self, *words: answers(self, [words])[0])
    assert [t.name for t, u in zip(state(shop).tables, before.tables, strict=True) if t != u] == ["hash"]
    made(shop, tmp_path / "a")
    put_back(tmp_path / "a", shop, force=True)
    assert expiries == {b"f": LATER}
    monkeypatch.setattr(_redis_reading.Reader, "_known", {"PEXPIRETIME"})
    with pytest.raises(DatabaseError, match="which this server does not know"):
        put_back(tmp_path / "a", shop, force=True)


def test_expiries_beyond_the_latest_stay_far_off(redis_url: str, tmp_path: Path) -> None:
    client = at(redis_url)
    client.set("far", 1, pxat=_redis_reading.LATEST * 2)
    made(redis_url, tmp_path / "a")
    verified(tmp_path / "a", redis_url)
    put_back(tmp_path / "a", redis_url, force=True)
    assert client.execute_command("PEXPIRETIME", "far") == _redis_reading.LATEST - 1
    assert _redis_writing.SHIFT == _redis_reading.LATEST


def test_a_password_is_in_no_record_of_a_restore(shop: str, redis_server: Redis, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    assert b"secret" not in (tmp_path / "a").read_bytes()
    with pytest.raises(DatabaseError) as refused:
        opened(redis_server.url().replace("secret", "canary"))
    assert (refused.value.code, "canary" in str(refused.value)) == ("TARGET_AUTH_FAILED", False)
