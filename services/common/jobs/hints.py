"""Wake-ups from process to process: NOTIFY of the PostgreSQL job store, or Redis where it is set. Only hints.

What is sent is `SENDER:ID`, with `+` before the id when the job waits for a process to work on it. Nothing depends on
a hint: a carrier that is away only makes everybody poll again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing, suppress
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import make_url

from services.common.jobs.wakeups import Wakeups
from services.common.redaction import redact
from services.common.settings import Settings

CHANNEL: Final = "mockcraft_jobs"
FLUSH_SECONDS: Final = 0.02
AGAIN_SECONDS: Final = 2.0
MOST_AT_ONCE: Final = 500
WAITS: Final = "+"

logger = structlog.get_logger("jobs")


class Carrier(Protocol):
    """Takes hints to other processes. Every error is an `Exception`; then it is opened anew."""

    async def publish(self, hints: Collection[str]) -> None:
        """Send some."""

    def receive(self) -> AsyncIterator[str]:
        """Those that others (and we) send, from the moment of the first, empty one on."""

    async def close(self) -> None:
        """Let go of connections."""


class Hints:
    """Relays the wake-ups of this process to others, and theirs to it.

    `look` is told of each job that changed elsewhere, and whether it waits for a process to work on it.
    """

    def __init__(self, carrier: Carrier, wakeups: Wakeups, look: Callable[[str, bool], None]) -> None:
        self._carrier, self._wakeups, self._look = carrier, wakeups, look
        self._sender = secrets.token_hex(4)
        self._outgoing: set[str] = set()
        self._there_are = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        wakeups.relay(self._take)

    async def start(self) -> None:
        """Begin to send and to listen."""
        self._tasks = [asyncio.create_task(self._forever(step), name=step.__name__) for step in (self._send, self._listen)]

    async def stop(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._wakeups.carried = False
        await self._carrier.close()

    def _take(self, job_id: str, waits: bool) -> None:
        if len(self._outgoing) < MOST_AT_ONCE:
            self._outgoing.add(f"{self._sender}:{WAITS if waits else ''}{job_id}")
        self._there_are.set()

    async def _forever(self, step: Callable[[], Any]) -> None:
        while True:
            try:
                await step()
            except Exception as error:
                logger.warning("wake-ups are not carried; others poll", reason=redact(str(error))[:300])
            self._wakeups.carried = False
            await asyncio.sleep(AGAIN_SECONDS)

    async def _send(self) -> None:
        while True:
            await self._there_are.wait()
            await asyncio.sleep(FLUSH_SECONDS)  # many changes of one job are one hint
            self._there_are.clear()
            hints, self._outgoing = self._outgoing, set()
            await self._carrier.publish(hints)

    async def _listen(self) -> None:
        async with aclosing(self._carrier.receive()) as incoming:  # type: ignore[type-var]  # they are generators
            async for hint in incoming:
                self._wakeups.carried = True
                sender, _, said = hint.partition(":")
                if said and sender != self._sender:
                    job_id = said.removeprefix(WAITS)
                    self._wakeups.wake(job_id)
                    self._look(job_id, said.startswith(WAITS))


class PostgresCarrier:
    """NOTIFY and LISTEN on connections of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sender: Any = None

    async def publish(self, hints: Collection[str]) -> None:
        """See `Carrier`."""
        if self._sender is None or self._sender.closed:
            self._sender = await self._connect()
        try:
            await self._sender.execute("SELECT pg_notify(%s, hint) FROM unnest(%s::text[]) AS hint", (CHANNEL, list(hints)))
        except Exception:
            await self.close()
            raise

    async def receive(self) -> AsyncIterator[str]:
        """See `Carrier`."""
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            yield ""
            async for notify in connection.notifies():
                yield notify.payload

    async def _connect(self) -> Any:
        from psycopg import AsyncConnection

        return await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=10)

    async def close(self) -> None:
        """See `Carrier`."""
        if self._sender is not None:
            with suppress(Exception):
                await self._sender.close()
            self._sender = None


class RedisCarrier:
    """A channel of Redis."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self._redis = Redis.from_url(url, socket_connect_timeout=5, health_check_interval=10, decode_responses=True)

    async def publish(self, hints: Collection[str]) -> None:
        """See `Carrier`."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for hint in hints:
                pipe.publish(CHANNEL, hint)
            await pipe.execute()

    async def receive(self) -> AsyncIterator[str]:
        """See `Carrier`."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            yield ""
            async for message in channel.listen():
                yield str(message["data"])

    async def close(self) -> None:
        """See `Carrier`."""
        await self._redis.aclose()


def carrier_for(settings: Settings) -> Carrier | None:
    """What carries hints under these settings: the PostgreSQL job store, else Redis, else nothing (everybody polls)."""
    url = settings.jobs_store_url
    if not url.startswith("sqlite"):
        return PostgresCarrier(plain_url(url))
    redis = settings.redis_url.get_secret_value()
    return RedisCarrier(redis) if redis else None


def plain_url(url: str) -> str:
    """The URL of a PostgreSQL store as its own library takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
