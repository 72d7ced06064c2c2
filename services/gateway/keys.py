"""What the parts of the gateway share: keys of the application and of a request, and answers as JSON."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
from aiohttp import web

from services.common.settings import Settings
from services.gateway.backends import Channels
from services.gateway.json_text import JsonText

SETTINGS: Final = web.AppKey("settings", Settings)
CHANNELS: Final = web.AppKey("channels", Channels)
STOPPING: Final = web.AppKey("stopping", asyncio.Event)
"""Set when the server stops: streams end then."""

REQUEST_ID: Final = web.RequestKey("request_id", str)
BODY: Final = web.RequestKey("body", JsonText)
"""The request's JSON body, for the places of what a service finds in it."""

CLIENT: Final = web.RequestKey("client", str)
"""The caller's address, behind trusted proxies the one they report."""


def json_response(value: Any, status: int = 200, content_type: str = "application/json", **headers: str) -> web.Response:
    """An answer in JSON; header names are written with `_` for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return web.Response(body=orjson.dumps(value), status=status, content_type=content_type, headers=named)
