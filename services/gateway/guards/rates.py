"""Requests a minute for each client and kind of route, counted in memory, or in Redis for several gateways."""

from __future__ import annotations

import math
import time
from typing import Any, Final

import grpc
import structlog
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from services.common.settings import Settings
from services.gateway.keys import CLIENT
from services.gateway.problems import Handler, Refusal
from services.gateway.routing import Kind, kind_of

_SECONDS: Final = 1.0
"""Longest wait for Redis."""

_log = structlog.get_logger("gateway")


class Rates:
    """The limits in force. When Redis does not answer, requests pass: a limit must not become an outage."""

    def __init__(self, settings: Settings) -> None:
        url = settings.redis_url.get_secret_value()
        self._pool = _pool(url) if url else None
        self._limiter = SlidingWindowCounterRateLimiter(_shared(url, self._pool) if url else MemoryStorage())
        self._limits: dict[Kind, RateLimitItemPerMinute] = {
            kind: RateLimitItemPerMinute(getattr(settings.rate_limits, kind))
            for kind in Kind
            if kind is not Kind.OPEN and getattr(settings.rate_limits, kind)
        }

    async def wait(self, kind: Kind, client: str) -> int:
        """Count one request. 0 when it may pass, else how many seconds to wait."""
        limit = self._limits.get(kind)
        if limit is None:
            return 0
        try:
            if await self._limiter.hit(limit, kind, client):
                return 0
            window = await self._limiter.get_window_stats(limit, kind, client)
        except StorageError as error:
            _log.warning("rate limits are not counted", reason=str(error.storage_error))
            return 0
        return max(1, math.ceil(window.reset_time - time.time()))

    async def close(self) -> None:
        """Let go of Redis."""
        if self._pool is not None:
            await self._pool.disconnect()


RATES: Final = web.AppKey("rates", Rates)


def _pool(url: str) -> Any:
    try:
        from redis.asyncio import ConnectionPool
    except ImportError:
        raise RuntimeError("redis_url is set, but its client is missing: pip install 'mockcraft[gateway]'") from None
    return ConnectionPool.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)


def _shared(url: str, pool: Any) -> Storage:
    return RedisStorage(f"async+{url}", implementation="redispy", wrap_exceptions=True, connection_pool=pool)


@web.middleware
async def rates(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raises 429 `RATE_LIMITED` with `Retry-After`."""
    kind = kind_of(request)
    seconds = await request.app[RATES].wait(kind, request[CLIENT])
    if seconds:
        message = f"Too many requests of this kind ({kind}); wait {seconds} s."
        raise Refusal("RATE_LIMITED", message, grpc.StatusCode.RESOURCE_EXHAUSTED, Retry_After=str(seconds))
    return await handler(request)
