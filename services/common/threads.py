"""A few threads that compute, with a bounded wait for whoever asks; they never keep the process from ending.

`ThreadPoolExecutor` joins its threads when the interpreter ends, however long they still compute: these are daemons.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import grpc

from services.common.errors import MockcraftError

T = TypeVar("T")
DEADLINE_SECONDS: Final = 10.0


class Threads:
    """`count` threads over one queue."""

    def __init__(self, count: int, name: str) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._count, self._closed = count, False
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}_{number}", daemon=True).start()

    async def run(self, work: Callable[[], T], seconds: float | None = None) -> T:
        """The answer of `work`. Raises DEADLINE (504) when it takes longer than `seconds`, the wait for a thread included.

        A thread that is too late goes on to the end of its work; work that no thread has begun is dropped.
        """
        if self._closed:
            raise MockcraftError("STOPPING", "The service stops.", grpc.StatusCode.UNAVAILABLE)
        future: Future[T] = Future()
        self._queue.put((future, work))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
        except TimeoutError:
            raise too_late(seconds or 0) from None

    def close(self) -> None:
        """Take no more work, drop what waits; threads that compute end after it."""
        self._closed = True
        while not self._queue.empty():
            waiting = self._queue.get()
            if waiting is not None:
                waiting[0].cancel()
        for _ in range(self._count):
            self._queue.put(None)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            future, work = item
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del item, future, work  # an idle thread keeps no answer alive


def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
    try:
        answer = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(answer)


def too_late(seconds: float) -> MockcraftError:
    """504: the work was given up."""
    message = f"This takes longer than {seconds:g} s."
    details = "Ask for fewer or shorter values; for many rows start a generation."
    return MockcraftError("DEADLINE", message, grpc.StatusCode.DEADLINE_EXCEEDED, details)
