"""The services as processes: started, killed, frozen, told to stop and started again, always on the same ports."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from services.common.jobs.sql import SqlJobStore
from tests.bench.runs import ROOT
from tests.servers import Postgres, free_port, run_postgres

LEASE, HEARTBEAT, SWEEP = 4.0, 1.0, 1.0
"""Seconds."""
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
SETTINGS: Final = {
    "LEASE_SECONDS": LEASE,
    "HEARTBEAT_SECONDS": HEARTBEAT,
    "SWEEP_SECONDS": SWEEP,
    "RETRY_SECONDS": 0.2,
    "STOP_SECONDS": 5,
    "MAX_ATTEMPTS": 100,
    "MAX_CONCURRENT_JOBS": 8,  # a rescued job need not wait for its turn
    "CHECKPOINT_ROWS": 65_536,
    "BLOCK_ROWS": 16_384,
    "LOG_LEVEL": "warning",
    **{f"RATE_LIMITS__{kind}": 0 for kind in ("READ", "CREATE", "STEER", "COMPUTE", "STREAM", "DOWNLOAD")},
}


@dataclass
class Server:
    """One process that is started again whenever it has gone. `steady` ones are never killed, only frozen."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    port: int
    log: Path
    steady: bool = False
    process: subprocess.Popen[bytes] | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def works(self) -> bool:
        """Whether it runs jobs."""
        return not self.name.startswith("gateway")

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start it and wait until it listens. Raises `RuntimeError` with the end of its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:]}")
            await asyncio.sleep(0.05)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self, seconds: float = STOP_SECONDS) -> int | None:
        """Its exit status; None when it stays longer than that."""
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return self.process.returncode

    async def stop(self) -> int | None:
        """Tell it to stop, and make it when it does not."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        status = await self.ended()
        if status is None:
            self.signal(signal.SIGKILL)
            await self.ended()
        return status

    def children(self) -> list[psutil.Process]:
        """The processes of the jobs that it runs."""
        with suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.pid).children())
        return []


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class House:
    """Everything that runs. `urls` are those of the gateways, the steady one last; `postgres` keeps the jobs, if it does."""

    servers: list[Server]
    urls: tuple[str, ...]
    data: Path
    store_url: str
    postgres: Postgres | None
    store: SqlJobStore

    async def open(self) -> None:
        """Start all of it; the first alone, which makes the tables."""
        await self.servers[0].start()
        await asyncio.gather(*(server.start() for server in self.servers[1:]))
        await self.store.open()

    async def close(self) -> list[int | None]:
        """Tell all to stop; their exit statuses."""
        with suppress(Exception):
            await self.store.close()
        return await asyncio.gather(*(server.stop() for server in self.servers))

    @property
    def working(self) -> list[Server]:
        """Those that run jobs."""
        return [server for server in self.servers if server.works]

    def crash_store(self, away: float) -> None:
        """Kill the server of the job store and start it again."""
        assert self.postgres is not None
        assert self.postgres.crash is not None
        self.postgres.crash(away)

    def orphans(self) -> list[int]:
        """Processes that speak of this house's folder and are none of its servers."""
        own, found = {server.pid for server in self.servers}, []
        for process in psutil.process_iter(["cmdline", "status"]):
            named = str(self.data) in " ".join(process.info["cmdline"] or ())
            if named and process.pid not in own and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        return found


@contextmanager
def house_in(folder: Path, kind: str) -> Iterator[House]:
    """A house that is not started yet. `kind` is that of the job store, sqlite or postgresql."""
    data = folder / "data"
    data.mkdir(parents=True)
    with ExitStack() as stack:
        postgres = stack.enter_context(run_postgres()) if kind == "postgresql" else None
        store_url = postgres.database() if postgres else f"sqlite:///{data / 'jobs.db'}"
        servers, urls = _apart(folder, data, store_url) if postgres else _together(folder, data)
        house = House(servers, urls, data, store_url, postgres, SqlJobStore(store_url))
        try:
            yield house
        finally:
            for server in servers:
                if server.process is not None and server.process.poll() is None:
                    server.process.kill()
                    server.process.wait()


def _environment(**more: object) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOCKCRAFT_")}
    return {**inherited, **{f"MOCKCRAFT_{name.upper()}": str(value) for name, value in {**SETTINGS, **more}.items()}}


def _together(folder: Path, data: Path) -> tuple[list[Server], tuple[str, ...]]:
    """One process with all of it, as on one machine."""
    port, grpc_port = free_port(), free_port()
    command = [sys.executable, "-m", "cli", "server", "--port", str(port), "--grpc-port", str(grpc_port), "--data-dir", str(data)]
    server = Server("server", command, _environment(), port, folder / "server.log")
    return [server], (f"http://127.0.0.1:{port}",)


def _apart(folder: Path, data: Path, store_url: str) -> tuple[list[Server], tuple[str, ...]]:
    """Each service a process of its own, two generators and two gateways, one of each never killed."""
    names = ["generator", "generator-steady", "seeder", "backup"]
    if importlib.util.find_spec("services.datasets.server"):
        names.append("datasets")
    ports = {name: free_port() for name in [*names, "gateway", "gateway-steady"]}
    doors = {f"{name}_address": f"127.0.0.1:{ports[name]}" for name in names if name != "generator-steady"}
    doors = {"generator_address": "", "seeder_address": "", "backup_address": "", "datasets_address": "", **doors}
    shared = {"data_dir": data, "jobs_url": store_url, "schemas_address": "", **doors}

    def made(name: str) -> Server:
        module, steady = name.removesuffix("-steady"), name.endswith("-steady")
        place = "port" if module == "gateway" else "grpc_port"
        environment = _environment(**shared, **{place: ports[name]})
        command = [sys.executable, "-m", f"services.{module}"]
        return Server(name, command, environment, ports[name], folder / f"{name}.log", steady)

    urls = tuple(f"http://127.0.0.1:{ports[name]}" for name in ("gateway", "gateway-steady"))
    return [made(name) for name in ports], urls
