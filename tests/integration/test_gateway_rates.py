"""Several gateways that count requests together in Redis."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator

import pytest

from services.common.settings import RateLimits, Settings
from services.gateway.guards.rates import Rates
from services.gateway.routing import Kind
from tests.servers import free_port, missing, running, server_folder, server_user


@pytest.fixture
async def redis_url() -> AsyncIterator[str]:
    program = shutil.which("redis-server")  # unresolved: the program looks at its own name
    if program is None:
        missing("Redis")
        return
    user, port = server_user(), free_port()
    with server_folder(user) as folder, running([program, "--port", str(port), "--save", ""], folder, user):
        await _listens(port)
        yield f"redis://127.0.0.1:{port}/0"


async def _listens(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            await asyncio.sleep(0.05)


async def test_two_gateways_share_one_allowance(redis_url):
    settings = Settings(redis_url=redis_url, rate_limits=RateLimits(read=5, compute=1))
    first, second = Rates(settings), Rates(settings)
    waits = [await rates.wait(Kind.READ, "1.1.1.1") for rates in (first, second) * 4]
    assert waits[:5] == [0] * 5 and all(1 <= wait <= 60 for wait in waits[5:])
    assert await second.wait(Kind.READ, "2.2.2.2") == 0 and await second.wait(Kind.COMPUTE, "1.1.1.1") == 0
    await first.close()
    await second.close()
