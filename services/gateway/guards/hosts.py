"""Names under which this server may be called: a page of an attacker's name that resolves to us must not reach it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import grpc
from aiohttp import web

from services.common.server import is_loopback
from services.common.settings import Settings
from services.gateway.keys import SETTINGS
from services.gateway.problems import Handler, Refusal

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@web.middleware
async def hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raises 403 `HOST_NOT_ALLOWED`. Only where neither keys nor the network keep others away: no keys, on loopback."""
    if not is_allowed(request.host, request.app[SETTINGS]):
        message = "This server is not called by this name."
        raise Refusal("HOST_NOT_ALLOWED", message, grpc.StatusCode.PERMISSION_DENIED, "`allowed_hosts` lists those that count.")
    return await handler(request)


def is_allowed(host: str, settings: Settings) -> bool:
    """Whether a Host header (any port) names this server."""
    if settings.auth.api_keys or not is_loopback(settings.host) or "*" in settings.allowed_hosts:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in (*_LOCAL, settings.host.strip("[]").lower(), *(each.strip("[]").lower() for each in settings.allowed_hosts))
