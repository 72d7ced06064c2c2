"""Gateway and services in one event loop, over real gRPC, with real child processes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from cli.stack import Services
from services.common.server import GrpcServer
from services.common.settings import Settings
from services.gateway.backends import BACKENDS
from services.gateway.server import Gateway

SCHEMA = """
mockcraft: 1
seed: 7
tables:
  users:
    rows: 2000
    columns:
      id: sequence
      first_name: first_name
      email: {gen: email, from: [first_name]}
  orders:
    per: {parent: users, count: {min: 0, max: 3}}
    columns:
      id: sequence
      user_id: {ref: users.id}
      total: {gen: decimal, min: 1, max: 99, scale: 2}
"""
YAML = {"Content-Type": "application/yaml"}
TERMINAL = ("complete", "error", "shutdown")


@dataclass(frozen=True)
class Stack:
    """A running server: a client of its gateway, its services, their address, and where its data are."""

    client: ClientSession
    parts: Services
    address: str
    url: str
    data: Path

    async def create(self, schema: Any = SCHEMA, **fields: Any) -> str:
        answer = await self.client.post("/api/v1/generations", json={"schema": schema, **fields})
        body = await answer.json()
        assert answer.status == 202, body
        return str(body["id"])

    async def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await (await self.client.get(f"/api/v1/jobs/{job_id}")).json()
        return found

    async def events(self, job_id: str, after: int = 0) -> list[dict[str, Any]]:
        """All events to the end."""
        async with self.client.get(f"/api/v1/jobs/{job_id}/events?after={after}") as answer:
            assert answer.status == 200
            return [json.loads(line) async for line in answer.content]

    async def reaches(self, job_id: str, *states: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (job := await self.job(job_id))["state"] not in states:
                await asyncio.sleep(0.05)
        return job


@asynccontextmanager
async def stack(data_dir: Path, **fields: Any) -> AsyncIterator[Stack]:
    settings = Settings(data_dir=data_dir, grpc_port=0, port=0, **fields)
    parts = Services(settings)
    await parts.start()
    server = GrpcServer(parts.servicers, settings)
    address = await server.start()
    addresses = dict.fromkeys((f"{each.name}_address" for each in BACKENDS), address)
    gateway = Gateway(settings.model_copy(update=addresses), [parts.schemas.metrics.registry])
    url = await gateway.start()
    try:
        async with ClientSession(url) as client:
            yield Stack(client, parts, address, url, data_dir)
    finally:
        await gateway.stop()
        await server.stop()
        await parts.stop()


@contextmanager
def stack_in_a_thread(data_dir: Path, **fields: Any) -> Iterator[str]:
    """The same for clients that block; its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    context = stack(data_dir, **fields)
    try:
        yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(60).url
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
