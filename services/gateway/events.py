"""A job's events from a service: replayed, followed, and taken up again when the service restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
from aiohttp import web
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.common.errors import MockcraftError, invalid
from services.gateway.backends import END, UNARY_SECONDS, Channels
from services.gateway.bodies import query_values
from services.gateway.json_in import Filler
from services.gateway.rules import method_named
from services.gateway.transcoder import TICKET, refuse

WATCH: Final = method_named("WatchJob")
PATIENCE_SECONDS: Final = 30.0
"""A service that restarts has this long to come back before its streams end."""
_PAUSE: Final = (0.2, 2.0)
_PASSING: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
"""How a service that stops ends its streams."""


class EventStream:
    """The events of one job after a sequence number, each once and in order. Open it, iterate it, close it."""

    def __init__(self, channels: Channels, watch: Any, request_id: str) -> None:
        self._channels, self._watch, self._request_id = channels, watch, request_id
        self._connect()

    def _connect(self) -> None:
        self._call = self._channels.stream(WATCH, self._watch, self._request_id)
        self._next: asyncio.Future[Any] = asyncio.ensure_future(self._call.read())

    async def open(self) -> bool:
        """Whether anything is to come. Raises `AioRpcError` when the service refuses: unknown job, number out of range.

        A service that accepts sends its headers at once; a refusal has its status right behind them, an end the same.
        """
        accepted = asyncio.ensure_future(self._call.initial_metadata())
        await asyncio.wait({accepted, self._next}, timeout=UNARY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        accepted.cancel()
        await asyncio.wait({self._next}, timeout=0.05)
        return not self._next.done() or self._next.result() is not END

    async def __aiter__(self) -> AsyncIterator[Message]:
        """The events; ends after the terminal one. Raises `AioRpcError` when the service stays away."""
        lost_at, pause = 0.0, _PAUSE[0]
        while True:
            try:
                event = await self._next
            except grpc.aio.AioRpcError as error:
                now = asyncio.get_running_loop().time()
                lost_at = lost_at or now
                if error.code() not in _PASSING or now - lost_at > PATIENCE_SECONDS:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSE[1])
                self._connect()
                continue
            if event is END:
                return
            lost_at, pause, self._watch.after_sequence = 0.0, _PAUSE[0], event.seq
            self._next = asyncio.ensure_future(self._call.read())
            yield event

    async def idle(self, seconds: float) -> bool:
        """Whether nothing more comes for so long."""
        await asyncio.wait({self._next}, timeout=seconds)
        return not self._next.done()

    def close(self) -> None:
        """Let go of the service."""
        self._next.cancel()
        self._call.cancel()


def watch_request(request: web.Request) -> Message:
    """`{id}` and `after=N`; a `Last-Event-ID` counts more than `after`. Raises 400."""
    values = {key: value for key, value in query_values(request).items() if key != TICKET}
    written: dict[str, str] = {}
    if "after" in values:
        values["after_sequence"], written["after_sequence"] = values.pop("after"), "after"
    if request.headers.get("Last-Event-ID"):
        values["after_sequence"], written["after_sequence"] = request.headers["Last-Event-ID"], "Last-Event-ID"
    message: Message = GetMessageClass(WATCH.input_type)()
    filler = Filler(written=written)
    filler.fill(message, values | {"id": request.match_info["id"]})
    refuse(filler)
    return message


async def write_within(request: web.Request, work: Any, seconds: float) -> None:
    """Await one write. A client that takes nothing for `seconds` is cut off (`ConnectionResetError`)."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client stopped reading") from None


async def first_of(*work: Any) -> None:
    """Run several coroutines until the first ends; cancel the rest. Raises what that one raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def upgrade_required() -> MockcraftError:
    """This address speaks WebSocket only."""
    return invalid("UPGRADE_REQUIRED", "This address speaks WebSocket.", "Without it, read `/events` beside it.")
