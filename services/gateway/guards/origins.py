"""Pages of which origins may call (CORS). Others are refused, not only hidden from: a refused page changes nothing."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import grpc
from aiohttp import hdrs, web

from services.gateway.keys import SETTINGS
from services.gateway.problems import Handler, Refusal

ALLOWED_ORIGIN: Final = web.RequestKey("allowed_origin", str)
_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Range, X-API-Key, X-Request-ID"
)
_EXPOSED: Final = "Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Retry-After, X-Lost, X-Request-ID"


@web.middleware
async def origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflights and refuse foreign pages. Raises 403 `ORIGIN_NOT_ALLOWED`, without CORS headers."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return await handler(request)
    settings = request.app[SETTINGS]
    if origin in settings.cors_origins or "*" in settings.cors_origins:
        request[ALLOWED_ORIGIN] = origin
    elif not is_same(origin, request.host, any_name=bool(settings.auth.api_keys)):
        message = "Pages of this origin may not call this server."
        raise Refusal("ORIGIN_NOT_ALLOWED", message, grpc.StatusCode.PERMISSION_DENIED, "`cors_origins` lists those that may.")
    if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
        return web.Response(status=204)
    return await handler(request)


def is_same(origin: str, host: str, any_name: bool) -> bool:
    """Whether a page comes from this server itself.

    Without keys only under `localhost` or an IP address: a name could be an attacker's that resolves to us.
    """
    try:
        parts = urlsplit(origin)
        name = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower() and (any_name or _is_local(name))


def _is_local(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return name == "localhost"
    return True


def cors_headers(request: web.Request) -> dict[str, str]:
    """The headers that let an allowed page read the answer; nothing for others."""
    origin = request.get(ALLOWED_ORIGIN)
    if origin is None:
        return {}
    shared: dict[str, str] = {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
        hdrs.VARY: hdrs.ORIGIN,
        hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: _EXPOSED,
    }
    if request.method != hdrs.METH_OPTIONS:
        return shared
    preflight = (hdrs.ACCESS_CONTROL_ALLOW_METHODS, hdrs.ACCESS_CONTROL_ALLOW_HEADERS, hdrs.ACCESS_CONTROL_MAX_AGE)
    return shared | dict(zip(preflight, (_METHODS, _HEADERS, "600"), strict=True))
