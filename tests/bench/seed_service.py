"""The same PostgreSQL load by the command line and through gateway, seeder and generator as processes.

`python -m tests.bench.seed_service [ROWS]`: two million rows of the users table unless said otherwise; what counts is the
loader's own time, and the time from the request to the last event.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp import ClientSession

from tests.bench.floors import Floor, at_most, show, shown
from tests.integration.processes import generators, service
from tests.servers import free_port, run_postgres

SCHEMA = Path(__file__).with_name("users.yaml")
TARGET = 1.3


def by_command_line(url: str, rows: int, folder: Path) -> float:
    """Seconds from the job's start event to its last one."""
    command = [sys.executable, "-m", "cli", "seed", "--config", str(SCHEMA), "--rows", f"users={rows}", "--progress", "json"]
    environment = {**os.environ, "DATABASE_URL": url, "MOCKCRAFT_DATA_DIR": str(folder / "cli")}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return _seconds([json.loads(line) for line in done.stdout.splitlines()], rows)


def _seconds(events: list[dict[str, Any]], rows: int) -> float:
    last = events[-1]
    assert (last["type"], last["data"]["rows"]) == ("complete", rows), last
    return float(last["data"]["durationSeconds"])


async def _over_rest(base: str, url: str, rows: int) -> float:
    body = {"schema": SCHEMA.read_text(), "target": url, "rows": {"users": str(rows)}}
    async with ClientSession(base) as client:
        while True:
            try:
                if (await client.get("/health/ready")).status == 200:
                    break
            except OSError:
                pass
            await asyncio.sleep(0.1)
        answer = await client.post("/api/v1/seedings", json=body)
        job = await answer.json()
        assert answer.status == 202, job
        async with client.get(f"/api/v1/jobs/{job['id']}/events") as stream:
            return _seconds([json.loads(line) async for line in stream.content], rows)


def by_services(url: str, rows: int, folder: Path) -> float:
    """The same through three processes."""
    with (
        generators(folder) as (generator,),
        service("seeder", folder / "seeder", seeder__generators=generator.address) as seeder,
    ):
        port = free_port()
        known = {"PORT": str(port), "MOCKCRAFT_GENERATOR_ADDRESS": generator.address, "MOCKCRAFT_SEEDER_ADDRESS": seeder.address}
        gateway = subprocess.Popen(
            [sys.executable, "-m", "services.gateway"], env={**os.environ, **known}, stderr=subprocess.DEVNULL
        )
        try:
            return asyncio.run(_over_rest(f"http://127.0.0.1:{port}", url, rows))
        finally:
            gateway.terminate()
            gateway.wait()


def service_floors(rows: int = 2_000_000, rounds: int = 3) -> Iterator[Floor]:
    """The medians of rounds taken in turn."""
    pairs = []
    with tempfile.TemporaryDirectory() as folder, run_postgres() as server:
        for i in range(rounds):
            alone = by_command_line(server.database(), rows, Path(folder))
            pairs.append((alone, by_services(server.database(), rows, Path(folder) / str(i))))
    alone, apart = median(a for a, _ in pairs), median(b for _, b in pairs)
    yield shown(f"PostgreSQL, {rows:,} users: command line; gateway, seeder and generator", f"{alone:.2f} s; {apart:.2f} s")
    yield at_most("a load through three processes beside the command line", apart / alone, TARGET, "times")


if __name__ == "__main__":
    sys.exit(not show(service_floors(*map(int, sys.argv[1:])), "services"))
