"""Answers about schemas: kept by content, so that no replica tells yesterday's; and never in the way of a read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from redis import Redis

from services.common.errors import MockcraftError
from services.common.settings import Settings
from services.schemas import cache as caches
from services.schemas.cache import Cache, ProcessCache, RedisCache, answer, key_of, open_cache
from services.schemas.store import Mark, Record, SchemaStore
from tests.integration.schema_stores import clinic
from tests.servers import free_port

KIND = ("sql", "mysql")


def described(record: Record) -> bytes:
    return f"{record.revision} {record.description}".encode()


@pytest.fixture(params=["sqlite, in process", "postgresql, redis"])
def replicas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[tuple[SchemaStore, Cache]]]:
    """Two replicas: stores of their own over one database, caches of their own (over one Redis)."""
    if request.param.startswith("sqlite"):
        url, settings = f"sqlite:///{tmp_path / 's.db'}", Settings()
    else:
        url, settings = (
            request.getfixturevalue("postgres_url"),
            Settings(redis_url=SecretStr(request.getfixturevalue("redis_url"))),
        )
    made = [(SchemaStore(url), open_cache(settings)) for _ in range(2)]
    yield made
    for store, cache in made:
        cache.close()
        store.close()


def test_after_a_write_returned_no_replica_tells_what_was_before(replicas: list[tuple[SchemaStore, Cache]]) -> None:
    """One writes and notes what it wrote once that returned; others read all the time and must not be behind the note."""
    (store, cache), _ = replicas
    made = store.create(Record("Clinic", clinic(), "0"))
    noted, stop = [0], threading.Event()
    answer(cache, store, made.id, KIND, described)

    def read(number: int) -> int:
        mine, own = replicas[number % 2]
        count = 0
        while not stop.is_set():
            least = noted[0]
            told = int(answer(own, mine, made.id, KIND, described).split()[1])
            assert told >= least, f"told {told} after {least} was written"
            count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number) for number in range(4)]
        try:
            for number in range(1, 60):
                replicas[number % 2][0].update(made.id, description=str(number))
                noted[0] = number
        finally:
            stop.set()
        assert min(reader.result() for reader in readers) > 10


def test_what_was_made_is_made_once(replicas: list[tuple[SchemaStore, Cache]]) -> None:
    (store, cache), (other, _) = replicas
    made = store.create(Record("Clinic", clinic(), "x"))
    count = [0]

    def make(record: Record) -> bytes:
        count[0] += 1
        return described(record)

    assert [answer(cache, store, made.id, KIND, make) for _ in range(5)] == [b"1 x"] * 5
    assert count[0] == 1
    assert answer(cache, store, made.id, ("sql", "sqlite"), make) == b"1 x"
    other.update(made.id, description="y")
    assert [answer(cache, store, made.id, KIND, make) for _ in range(5)] == [b"2 y"] * 5
    assert count[0] == 3
    other.delete(made.id)
    with pytest.raises(MockcraftError) as caught:
        answer(cache, store, made.id, KIND, make)
    assert caught.value.code == "SCHEMA_NOT_FOUND"


def test_a_store_put_back_from_a_backup_does_not_meet_answers_from_after_it(tmp_path: Path) -> None:
    file, cache = tmp_path / "s.db", ProcessCache()
    store = SchemaStore(f"sqlite:///{file}")
    made = store.create(Record("Clinic", description="first"))
    store.close()
    backup = file.read_bytes()
    store.update(made.id, description="lost")
    assert answer(cache, store, made.id, KIND, described) == b"2 lost"
    store.close()
    file.write_bytes(backup)
    store.update(made.id, description="anew")
    assert answer(cache, store, made.id, KIND, described) == b"2 anew"
    store.close()


def test_a_process_keeps_what_was_used_last_within_its_bytes() -> None:
    cache = ProcessCache(1000)
    for number in range(20):
        cache.put(f"key{number:02d}", b"x" * 95)
        cache.get("key00")
        assert cache.bytes <= 1000
    assert [n for n in range(20) if cache.get(f"key{n:02d}")] == [0, *range(11, 20)]
    cache.put("large", b"x" * 126)
    assert cache.get("large") is None
    cache.put("key19", b"short")
    assert (cache.get("key19"), cache.bytes) == (b"short", 9 * 100 + 10)
    cache.close()
    assert (cache.get("key19"), cache.bytes) == (None, 0)


def test_keys_differ_by_everything_that_an_answer_depends_on() -> None:
    marks = [Mark("a", 1, "s"), Mark("b", 1, "s"), Mark("a", 2, "s"), Mark("a", 1, "t")]
    keys = {key_of(mark, *kind) for mark in marks for kind in (("sql", "mysql"), ("sql", "sqlite"), ("json",))}
    assert len(keys) == 12


def told(logs: list[structlog.typing.EventDict]) -> int:
    return len([line for line in logs if line["event"] == "answers about schemas are not cached"])


def test_a_redis_that_is_away_costs_one_wait_and_one_line_a_minute() -> None:
    now = [0.0]
    cache = RedisCache(caches._client(f"redis://:hunter2@127.0.0.1:{free_port()}/0"), clock=lambda: now[0])
    begun = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        for _ in range(100):
            assert cache.get("k") is None
            cache.put("k", b"v")
        assert told(logs) == 1
        now[0] = 59.0
        cache.get("k")
        assert told(logs) == 1
        now[0] = 65.0
        cache.get("k")
        assert told(logs) == 2
    assert "hunter2" not in repr(logs)
    assert time.monotonic() - begun < 5
    cache.close()


def test_a_redis_that_does_not_answer_is_left_alone_after_one_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(caches, "WAIT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        cache = open_cache(Settings(redis_url=SecretStr(url)))
        begun = time.monotonic()
        with structlog.testing.capture_logs():
            for _ in range(50):
                assert cache.get("k") is None
        assert time.monotonic() - begun < 5
        cache.close()


def test_a_redis_that_comes_back_is_used_again(redis_url: str) -> None:
    now = [0.0]
    client = Redis.from_url(redis_url)
    cache = RedisCache(client, clock=lambda: now[0])
    real: Callable[..., object] = client.get

    def broken(_key: str) -> bytes:
        raise ConnectionError("away")

    client.get = broken  # type: ignore[assignment, method-assign]
    with structlog.testing.capture_logs():
        assert cache.get("k") is None
    client.get = real  # type: ignore[assignment, method-assign]
    cache.put("k", b"v")
    assert cache.get("k") is None, "it rests"
    now[0] = 6.0
    cache.put("k", b"v")
    assert cache.get("k") == b"v"
    assert 0 < client.ttl("k") <= 24 * 3600  # type: ignore[operator]
    cache.close()
