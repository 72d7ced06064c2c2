"""The outermost middleware: request id, who calls, access log, metrics; and the headers every answer carries."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import hdrs, web

from services.gateway.guards.clients import Network, client_address
from services.gateway.guards.origins import cors_headers
from services.gateway.keys import CLIENT, REQUEST_ID
from services.gateway.metrics import METRICS
from services.gateway.problems import Handler
from services.gateway.routing import kind_of, route_name

TRUSTED: Final = web.AppKey("trusted", Sequence[Network])
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TICKET: Final = re.compile(r"(?i)([?&]ticket=)[^&#]*")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_log = structlog.get_logger("gateway.access")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Name the request, pass it on, and write one line about it."""
    asked = request.headers.get("X-Request-ID", "")
    request[REQUEST_ID] = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
    forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
    request[CLIENT] = client_address(request.remote, forwarded, request.app[TRUSTED])
    kind, route, began, status = kind_of(request), route_name(request), time.perf_counter(), 499
    request.app[METRICS].began(kind)
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        seconds = time.perf_counter() - began
        request.app[METRICS].ended(request.method, route, kind, status, seconds)
        _write_line(request, status, seconds)


def _write_line(request: web.Request, status: int, seconds: float) -> None:
    _log.info(
        "request",
        method=request.method,
        path=redacted(request.path_qs),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        client=request[CLIENT],
        request_id=request[REQUEST_ID],
        user_agent=request.headers.get(hdrs.USER_AGENT, "")[:200],
    )


def redacted(path: str) -> str:
    """A path and query without the ticket that may be in it."""
    return _TICKET.sub(r"\1***", path)


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer carries: request id, security headers, CORS where allowed."""
    response.headers["X-Request-ID"] = request.get(REQUEST_ID, "")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.update(cors_headers(request))
