"""Who may ask next: few at a time, and whoever stands first in the plan before the others.

Without it what is asked again (a repair, a second try) would wait behind all that was asked ahead, and records that are
long answered would wait for it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turnstile:
    """Lets at most `room()` through at a time, lowest places first."""

    def __init__(self, room: Callable[[], int]) -> None:
        self._room, self._inside = room, 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = 0

    @asynccontextmanager
    async def passed(self, place: int) -> AsyncIterator[None]:
        """Wait for the turn of a place; leave at the end of the context."""
        if self._waiting or self._inside >= self._room():
            await self._wait(place)
        else:
            self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._admit()

    async def _wait(self, place: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        heapq.heappush(self._waiting, (place, self._arrivals, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # let through and cancelled at once
                self._inside -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._inside < self._room():
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
