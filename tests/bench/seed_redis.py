"""The peer of loading Redis: `redis-cli --pipe` of a ready file of the same commands."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from runner.engine import Engine
from runner.plan import Plan
from services.common.databases._hosts import read_url
from services.common.databases._texts import row_keys
from services.common.databases.redis.resp import Naming, hashes, key_parts, steps, variadic
from services.common.databases.redis.wire import Wire
from tests.servers import Redis

BLOCK = 65_536


def write(plan: Plan, path: Path) -> None:
    """The commands that make the users table."""
    (table,) = plan.tables
    naming = Naming("{table}:{pk}")
    with path.open("wb") as file:
        for start, batch in zip(range(0, table.rows, BLOCK), Engine(plan, BLOCK).batches(table.name, 0, table.rows), strict=True):
            keys = row_keys(table, batch, "", start)
            for at, n in steps(batch.num_rows):
                names = key_parts(keys[at : at + n], *naming.around(table.name))
                data, _ = hashes(table, batch.slice(at, n), names)
                added = variadic(b"SADD", naming.ids(table.name), key_parts(keys[at : at + n], b"", b""), n)
                file.writelines([*data, *added])


def piped(server: Redis, ready: Path) -> float:
    """Seconds of `redis-cli --pipe`."""
    began = time.perf_counter()
    with ready.open("rb") as file:
        command = ["redis-cli", "-p", str(server.port), "--pipe"]
        done = subprocess.run(command, stdin=file, env={"REDISCLI_AUTH": "secret"}, capture_output=True, check=True)
    assert b"errors: 0" in done.stdout, done.stdout
    return time.perf_counter() - began


def empty(server: Redis) -> None:
    """Take everything away and give the memory back, so that both begin with the same."""
    read(server, "FLUSHALL", "SYNC")
    read(server, "MEMORY", "PURGE")


def read(server: Redis, *words: str) -> object:
    """The reply of one command."""
    wire = Wire(read_url(server.url()))
    try:
        return wire.command(*words)
    finally:
        wire.close()
