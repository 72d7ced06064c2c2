"""Where the loader's blocks come from: a port, and its implementation in this process.

Blocks are pure functions of (plan, table, first row), so a source can begin anywhere and be left anywhere.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import pyarrow as pa

from services.common.jobs.process import Interrupted


class BlockSource(Protocol):
    """Record batches of a table (written columns, logical types), in order."""

    def blocks(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop), cut at absolute multiples of the block size. Raises `Interrupted`.

        Several threads may ask at the same time.
        """

    def close(self) -> None:
        """Let go at once."""


class Batches(Protocol):
    """What a local source needs of the engine."""

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop) block by block."""


class LocalBlocks:
    """Computes blocks in a thread, `AHEAD` of the one being loaded.

    The thread is a daemon and is never waited for: a block that nobody wants any more is dropped.
    """

    AHEAD = 2
    POLL_SECONDS = 0.05

    def __init__(self, engine: Callable[[], Batches], interrupted: threading.Event) -> None:
        self._engine, self._interrupted = engine, interrupted
        self._idle: list[Batches] = []  # engines are not thread-safe: each range has one to itself
        self._closed = threading.Event()

    def blocks(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop), cut at absolute multiples of the block size. Raises `Interrupted`."""
        made: queue.Queue[pa.RecordBatch | Exception | None] = queue.Queue(self.AHEAD)
        maker = threading.Thread(target=self._make, args=(made, table, start, stop), name=f"blocks-{table}", daemon=True)
        maker.start()
        while (block := self._next(made)) is not None:
            if isinstance(block, Exception):
                raise block
            yield block

    def _make(self, made: queue.Queue[pa.RecordBatch | Exception | None], table: str, start: int, stop: int) -> None:
        try:
            engine = self._idle.pop() if self._idle else self._engine()
            for batch in engine.batches(table, start, stop):
                if not self._put(made, batch):
                    return
            self._idle.append(engine)
            self._put(made, None)
        except Exception as error:  # handed to the loader, which says what failed
            self._put(made, error)

    def _put(self, made: queue.Queue[pa.RecordBatch | Exception | None], item: pa.RecordBatch | Exception | None) -> bool:
        while not self._closed.is_set():
            try:
                made.put(item, timeout=self.POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def _next(self, made: queue.Queue[pa.RecordBatch | Exception | None]) -> pa.RecordBatch | Exception | None:
        while True:
            if self._interrupted.is_set():
                raise Interrupted
            try:
                return made.get(timeout=self.POLL_SECONDS)
            except queue.Empty:
                continue

    def close(self) -> None:
        """Let go at once."""
        self._closed.set()


class SourceError(Exception):
    """Blocks that cannot be had: a stable code and a plain sentence; `retryable` when another attempt may help."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable
