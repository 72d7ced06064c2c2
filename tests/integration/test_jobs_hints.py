"""Wake-ups between processes, over a real PostgreSQL and a real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from services.common.jobs import hints as hints_module
from services.common.jobs.hints import Carrier, Hints, PostgresCarrier, RedisCarrier, carrier_for
from services.common.jobs.wakeups import Wakeups
from services.common.settings import Settings


@pytest.fixture(params=["postgresql", "redis"])
def carrier(request: pytest.FixtureRequest) -> Any:
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        return lambda: RedisCarrier(url)
    url = request.getfixturevalue("postgres_url")
    return lambda: carrier_for(Settings(jobs_url=url))


class Side:
    """A process: its wake-ups, and what its supervisor is told."""

    def __init__(self, carrier: Carrier) -> None:
        self.wakeups, self.told = Wakeups(), list[tuple[str, bool]]()
        self.hints = Hints(carrier, self.wakeups, lambda job_id, waits: self.told.append((job_id, waits)))

    async def until(self, done: Any, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def sides(make: Any) -> AsyncIterator[tuple[Side, Side]]:
    one, two = Side(make()), Side(make())
    for side in (one, two):
        await side.hints.start()
    try:
        for side in (one, two):
            await side.until(lambda side=side: side.wakeups.carried)
        yield one, two
    finally:
        for side in (one, two):
            await side.hints.stop()


async def test_a_change_in_one_process_wakes_those_who_follow_in_another(carrier: Any) -> None:
    async with sides(carrier) as (one, two):
        with two.wakeups.listen("gen_a") as sleeper:
            began = time.monotonic()
            one.wakeups.notify("gen_a")
            async with asyncio.timeout(5):
                await sleeper.wait()
            assert time.monotonic() - began < 2
        one.wakeups.notify("gen_b", waits=True)
        await two.until(lambda: ("gen_b", True) in two.told)
        assert two.told == [("gen_a", False), ("gen_b", True)]
        assert one.told == []  # nobody is told what he said himself


async def test_many_changes_of_a_job_are_few_hints(carrier: Any) -> None:
    async with sides(carrier) as (one, two):
        for _ in range(500):
            one.wakeups.notify("gen_a")
        one.wakeups.notify("gen_b")
        await two.until(lambda: ("gen_b", False) in two.told)
        assert len(two.told) == 2


async def test_a_carrier_that_goes_away_is_found_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints_module, "AGAIN_SECONDS", 0.05)
    async with sides(lambda: PostgresCarrier(postgres_url)) as (one, two):
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
            ours = "datname = current_database() AND pid <> pg_backend_pid()"
            await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
        await two.until(lambda: not two.wakeups.carried)
        await two.until(lambda: two.wakeups.carried)

        def heard() -> bool:
            one.wakeups.notify("gen_c", waits=True)
            return ("gen_c", True) in two.told

        await two.until(heard)


def test_a_store_in_a_file_needs_no_carrier_but_takes_redis(tmp_path: Any) -> None:
    assert carrier_for(Settings(data_dir=tmp_path)) is None
    assert isinstance(carrier_for(Settings(data_dir=tmp_path, redis_url="redis://127.0.0.1:1/0")), RedisCarrier)
