"""A server and a command line over one data folder: neither takes the store away from the other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from services.common.engines import sqlite_engine
from services.common.jobs.ids import new_job_id
from services.common.jobs.model import Job, State
from services.common.jobs.sql import SqlJobStore

OTHER = """
import asyncio, sys
from services.common.jobs.sql import SqlJobStore
async def look():
    store = SqlJobStore(sys.argv[1])
    await store.open()
    assert await store.get(sys.argv[2]) is not None, "not seen"
    await store.close()
asyncio.run(look())
"""


def another_process(url: str, job_id: str) -> None:
    subprocess.run([sys.executable, "-c", OTHER, url, job_id], check=True, timeout=60)


async def made(store: SqlJobStore) -> str:
    return (await store.create(Job(new_job_id("generation"), "generation", State.PENDING, datetime.now(UTC)))).id


async def test_a_second_engine_in_the_process_keeps_the_first_ones_locks(tmp_path: Path) -> None:
    """SQLite's locks are POSIX locks: a descriptor of the same file that this process closes would drop them all."""
    file = tmp_path / "jobs.db"
    store = SqlJobStore(f"sqlite:///{file}")
    await store.open()
    jobs = [await made(store)]
    second = sqlite_engine(str(file), 1)  # saved domains live in the same file
    with second.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS domains (name TEXT)")
    for _ in range(2):
        await asyncio.to_thread(another_process, f"sqlite:///{file}", jobs[-1])
        jobs.append(await made(store))
    assert file.with_name("jobs.db-wal").exists()  # the last one that closes removes it, and these were not the last
    second.dispose()
    await store.close()
    again = SqlJobStore(f"sqlite:///{file}")
    await again.open()
    assert [await again.get(job_id) is not None for job_id in jobs] == [True] * len(jobs)
    await again.close()
