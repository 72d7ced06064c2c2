"""Answers that were made of a schema's content, kept under that content's mark: a cache that cannot be stale.

The mark is read from the store each time, so that after a write no replica asks for what was made before it; nothing
has to be invalidated. Answers live in Redis when the settings name one, else in this process.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from services.common.redaction import redact
from services.common.settings import Settings
from services.schemas.store.model import Mark, Record

if TYPE_CHECKING:
    from redis import Redis

    from services.schemas.store import SchemaStore

logger = structlog.get_logger("schemas")

BYTES: Final = 64 * 2**20
"""What one process keeps, at most."""
LARGEST_SHARE: Final = 8
"""An answer of more than one part in so many is not kept."""
KEPT_SECONDS: Final = 24 * 3600
WAIT_SECONDS: Final = 0.5
"""Longest wait for Redis."""
REST_SECONDS: Final = 5.0
"""After a failure Redis is left alone so long."""
SAY_SECONDS: Final = 60.0
"""Between two lines in the log about failures."""


class Cache(Protocol):
    """Bytes by key, kept for a while or not at all. Never raises."""

    def get(self, key: str) -> bytes | None:
        """What is kept under the key."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""

    def close(self) -> None:
        """Let go of everything."""


class ProcessCache:
    """In this process: the answers used last, of at most `most` bytes together."""

    def __init__(self, most: int = BYTES) -> None:
        self._most, self._bytes = most, 0
        self._values: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        """See `Cache.put`."""
        if _size(key, value) * LARGEST_SHARE > self._most:
            return
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self._bytes += _size(key, value)
            while self._bytes > self._most:
                self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        value = self._values.pop(key, None)
        self._bytes -= 0 if value is None else _size(key, value)

    def close(self) -> None:
        """See `Cache.close`."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes that are kept now, keys included."""
        return self._bytes


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value)


class RedisCache:
    """In Redis, for all replicas. When it fails, reads go on without it; that is logged once a minute."""

    def __init__(self, client: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._resting_until = self._silent_until = -1.0

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        found = self._asked(lambda: self._client.get(key))
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes) -> None:
        """See `Cache.put`."""
        self._asked(lambda: self._client.set(key, value, ex=KEPT_SECONDS))

    def _asked(self, question: Callable[[], object]) -> object:
        from redis.exceptions import RedisError

        if self._clock() < self._resting_until:
            return None
        try:
            return question()
        except (RedisError, OSError, ValueError) as error:
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        now = self._clock()
        self._resting_until = now + REST_SECONDS
        if now >= self._silent_until:
            self._silent_until = now + SAY_SECONDS
            logger.warning("answers about schemas are not cached", reason=redact(str(error)))

    def close(self) -> None:
        """See `Cache.close`."""
        self._client.close()


def open_cache(settings: Settings) -> Cache:
    """The cache that the settings ask for; Redis is not connected yet."""
    url = settings.redis_url.get_secret_value()
    return RedisCache(_client(url)) if url else ProcessCache()


def _client(url: str) -> Redis:
    """A client that waits little, and tries once more: a connection may have been closed while nobody used it."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS, retry=Retry(NoBackoff(), 1))


def key_of(mark: Mark, *kind: str) -> str:
    """The key of an answer of a kind (`sql`, `mysql`) about a content, by this version of the program."""
    return ":".join(("mockcraft", version("mockcraft"), "schema", mark.id, str(mark.revision), mark.stamp, *kind))


def answer(cache: Cache, store: SchemaStore, schema_id: str, kind: tuple[str, ...], make: Callable[[Record], bytes]) -> bytes:
    """The answer of a kind about a schema as it is stored now: kept, or made of the record and kept.

    `make` must depend on nothing but the record. Raises SCHEMA_NOT_FOUND, DATABASE_ERROR and what `make` raises.
    """
    kept = cache.get(key_of(store.mark(schema_id), *kind))
    if kept is not None:
        return kept
    record = store.get(schema_id)
    made = make(record)
    cache.put(key_of(record.mark, *kind), made)
    return made
