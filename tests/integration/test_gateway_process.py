"""Gateway and generator as processes of their own: they find each other, survive each other, and stop when told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.integration.stack import SCHEMA
from tests.servers import free_port

LONG = "tables: {t: {rows: 100M, columns: {id: sequence, name: full_name, words: sentence}}}"


@asynccontextmanager
async def process(name: str, data_dir: Path, **settings: object) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {f"MOCKCRAFT_{key.upper()}": str(value) for key, value in (settings | {"data_dir": data_dir}).items()}
    log = (data_dir / f"{name}.log").open("ab")
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", f"services.{name}", env=os.environ | env, stderr=log)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        log.close()


async def ready(client: ClientSession) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await client.get("/health/ready")).status == 200:
                    return
            except OSError:
                pass
            await asyncio.sleep(0.1)


async def stopped(child: asyncio.subprocess.Process) -> tuple[int, float]:
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    return await asyncio.wait_for(child.wait(), 20), time.monotonic() - began


async def test_a_stream_outlives_its_service_and_both_stop_when_told(tmp_path):
    port, grpc_port = free_port(), free_port()
    address = {
        "generator_address": f"127.0.0.1:{grpc_port}",
        "seeder_address": "",
        "backup_address": "",
        "schemas_address": "",
        "datasets_address": "",
    }
    async with (
        process("gateway", tmp_path, port=port, **address) as gateway,
        ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        async with process("generator", tmp_path, grpc_port=grpc_port, checkpoint_rows=65536) as generator:
            await ready(client)
            job_id = (await (await client.post("/api/v1/generations", json={"schema": LONG})).json())["id"]
            events = await client.get(f"/api/v1/jobs/{job_id}/events")
            seen = [json.loads(await events.content.readline())["seq"] for _ in range(3)]
            family = psutil.Process(generator.pid).children(recursive=True)
            code, seconds = await stopped(generator)
            assert (code, seconds < 10) == (0, True) and not [each for each in family if each.is_running()]
        async with process("generator", tmp_path, grpc_port=grpc_port) as generator:
            await ready(client)
            seen += [json.loads(await events.content.readline())["seq"] for _ in range(3)]
            assert (await client.post(f"/api/v1/jobs/{job_id}:cancel")).status == 200
            rest = [json.loads(line) async for line in events.content]
            assert (rest[-1]["type"], rest[-1]["data"]["reason"]) == ("shutdown", "cancel")
            seen += [event["seq"] for event in rest]
            assert seen == list(range(1, len(seen) + 1))
            quick = (await (await client.post("/api/v1/generations", json={"schema": SCHEMA})).json())["id"]
            await (await client.get(f"/api/v1/jobs/{quick}/events")).read()
            paused = (await (await client.post("/api/v1/generations", json={"schema": LONG})).json())["id"]
            ws = await client.ws_connect(f"/api/v1/jobs/{paused}/ws")
            await ws.receive_json()
            (code, seconds), close_code = await asyncio.gather(stopped(gateway), _close_code(ws))
            assert (code, seconds < 10, close_code) == (0, True, 1001)
            assert (await stopped(generator))[0] == 0


async def _close_code(ws: ClientWebSocketResponse) -> int:
    while (message := await ws.receive()).type is WSMsgType.TEXT:
        pass
    return int(message.data)


async def test_settings_that_cannot_be_taken_end_with_2(tmp_path):
    async with process("gateway", tmp_path, host="0.0.0.0", port=0) as open_to_all:
        assert await asyncio.wait_for(open_to_all.wait(), 20) == 2
    assert "no API keys" in (tmp_path / "gateway.log").read_text()
