"""A backend and a client of a gateway before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.unit.gateway.backend import Backend, gateway


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
async def client(backend: Backend) -> AsyncIterator[TestClient[Any, Any]]:
    async with gateway(backend) as client:
        yield client
