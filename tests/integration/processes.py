"""Services as processes of their own, on free ports of loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.servers import free_port

START_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """A running process that serves gRPC; `log` is what it writes to standard error."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def service(name: str, data: Path, core: int | None = None, port: int = 0, **settings: object) -> Iterator[Service]:
    """A service of `services.<name>` that answers; pinned to a core where one is given."""
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    known = {"data_dir": data, "grpc_port": port, "log_level": "info"} | settings
    environment = {**os.environ, **{f"MOCKCRAFT_{key.upper()}": str(value) for key, value in known.items()}}
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    log = data / f"{name}-{port}.log"
    with log.open("ab") as errors:
        command = [*pinned, sys.executable, "-m", f"services.{name}"]
        process = subprocess.Popen(command, env=environment, stdout=errors, stderr=errors)
    try:
        _wait(process, f"127.0.0.1:{port}", log)
        yield Service(process, f"127.0.0.1:{port}", log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def generators(data: Path, cores: Sequence[int | None] = (None,), **settings: object) -> Iterator[list[Service]]:
    """Several generators, each with a data folder of its own."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(service("generator", data / f"generator-{i}", core, **settings)) for i, core in enumerate(cores)
        ]


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with grpc.insecure_channel(address) as channel:
            try:
                health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
                return
            except grpc.RpcError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text(errors="replace")) from None
                time.sleep(0.1)
