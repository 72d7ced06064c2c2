"""Job events over WebSocket: one event a text frame, close 1000 after the terminal event."""

from __future__ import annotations

from typing import Final

import grpc
from aiohttp import WSCloseCode, WSMsgType, web

from services.gateway.events import first_of, upgrade_required, write_within
from services.gateway.feeds import Follower, Lines, open_stream
from services.gateway.keys import SETTINGS, STOPPING
from services.gateway.streams import left

HEARTBEAT_SECONDS: Final = 20.0
CLOSE_SECONDS: Final = 5.0
MAX_FRAME: Final = 4096
"""Clients have nothing to say here but control frames."""


async def socket(request: web.Request) -> web.StreamResponse:
    """The stream over WebSocket; what can be refused is refused before the upgrade, as a problem."""
    ws = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, max_msg_size=MAX_FRAME, compress=False)
    if not ws.can_prepare(request):
        raise upgrade_required()
    stream, _ = await open_stream(request)
    try:
        await ws.prepare(request)
        await _serve(request, ws, stream)
    finally:
        stream.close()
    return ws


async def _serve(request: web.Request, ws: web.WebSocketResponse, stream: Follower) -> None:
    try:
        await first_of(_send_all(request, ws, stream), _receive(ws), left(request))
        stopping = request.app[STOPPING].is_set()
        await ws.close(code=WSCloseCode.GOING_AWAY if stopping else WSCloseCode.OK)
    except grpc.aio.AioRpcError:
        await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"the service does not answer")
    except ConnectionResetError:
        return


async def _send_all(request: web.Request, ws: web.WebSocketResponse, stream: Follower) -> None:
    async for lines in stream:
        await write_within(request, _send(ws, lines), request.app[SETTINGS].write_timeout_seconds)


async def _send(ws: web.WebSocketResponse, lines: Lines) -> None:
    for line in lines:
        await ws.send_frame(line.json, WSMsgType.TEXT)


async def _receive(ws: web.WebSocketResponse) -> None:
    """Answer pings and notice that the client leaves; what it says is not asked for."""
    async for _ in ws:
        pass
