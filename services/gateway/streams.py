"""Job events over plain HTTP: Server-Sent Events where asked for, else one JSON object a line.

Each write is awaited, so that a slow reader slows only itself; one that reads nothing at all is cut off.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import grpc
from aiohttp import web

from services.gateway.events import first_of, write_within
from services.gateway.feeds import Follower, Line, open_stream
from services.gateway.keys import SETTINGS, STOPPING

KEEP_ALIVE_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 3.0
"""A write finds at once that its client has gone; this is for quiet jobs."""
_SSE: Final = "text/event-stream"


async def events(request: web.Request) -> web.StreamResponse:
    """Replay, follow, end after the terminal event. 204 tells an EventSource that comes back after the end to stay away."""
    sse = _SSE in request.headers.get("Accept", "")
    stream, more = await open_stream(request)
    try:
        if sse and not more and "Last-Event-ID" in request.headers:
            return web.Response(status=204)
        return await _respond(request, stream, sse)
    finally:
        stream.close()


async def _respond(request: web.Request, stream: Follower, sse: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
    response.content_type = _SSE if sse else "application/x-ndjson"
    response.charset = "utf-8"
    await response.prepare(request)
    writer = _Writer(request, response, sse)
    try:
        await first_of(writer.send_all(stream), writer.keep_alive(), left(request))
    except grpc.aio.AioRpcError:  # the service stays away: a broken stream tells the client to come back
        if request.transport is not None:
            request.transport.abort()
    except ConnectionResetError:  # the client has left, or was cut off
        pass
    return response


class _Writer:
    """Writes events as they come, and a comment when there is nothing else to say."""

    def __init__(self, request: web.Request, response: web.StreamResponse, sse: bool) -> None:
        self._request, self._response, self._sse = request, response, sse
        self._lock = asyncio.Lock()

    async def send_all(self, stream: Follower) -> None:
        async for lines in stream:
            await self._write(b"".join(encode(line, self._sse) for line in lines))
        await self._response.write_eof()

    async def keep_alive(self) -> None:
        """Comments keep proxies from closing a quiet stream; lines of JSON have no comments."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            if self._sse:
                await self._write(b": keep-alive\n\n")

    async def _write(self, data: bytes) -> None:
        async with self._lock:
            await write_within(self._request, self._response.write(data), self._request.app[SETTINGS].write_timeout_seconds)


def encode(line: Line, sse: bool) -> bytes:
    """An event as a Server-Sent Event (`id:` is its number, no `event:`, so that `onmessage` fires) or as a line."""
    return b"id: %d\ndata: %b\n\n" % (line.seq, line.json) if sse else line.json + b"\n"


async def left(request: web.Request) -> None:
    """Return when the client has gone or the server stops."""
    stopping = request.app[STOPPING]
    while request.transport is not None and not request.transport.is_closing():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _LOOK_SECONDS)
            return
