"""Compressed bodies: decoded here, whole, so that what cannot be decoded is said as a problem.

The server runs with `auto_decompress` off: aiohttp answers such bodies with 500 or its own text, and takes truncated ones.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Final

from aiohttp import StreamReader, hdrs, web

from services.common.errors import MockcraftError, invalid
from services.gateway.keys import SETTINGS
from services.gateway.problems import Handler

_WINDOWS: Final = {"gzip": (31,), "deflate": (15, -15)}
"""`deflate` is zlib's format; some send the bare stream."""


@web.middleware
async def encodings(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hand on the decoded body. Raises 415 `ENCODING_UNSUPPORTED`, 400 `BODY_UNDECODABLE`, 413."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower()
    if encoding in ("", "identity") or not request.can_read_body:
        return await handler(request)
    if encoding not in _WINDOWS:
        message = f"A body in the encoding `{encoding[:40]}` is not taken here."
        raise MockcraftError("ENCODING_UNSUPPORTED", message, details="Send it as it is, or with gzip or deflate.")
    _replace(request, decoded(await request.read(), encoding, request.app[SETTINGS].body_limit))
    return await handler(request)


def decoded(raw: bytes, encoding: str, limit: int) -> bytes:
    """The body itself. Raises 400 `BODY_UNDECODABLE` (truncated ones too), and 413 beyond `limit` bytes."""
    for window in _WINDOWS[encoding]:
        decoder = zlib.decompressobj(window)
        try:
            data = decoder.decompress(raw, limit + 1)
        except zlib.error:
            continue
        if len(data) > limit:
            raise web.HTTPRequestEntityTooLarge(limit, len(data))
        if decoder.eof and not decoder.unused_data:
            return data
    raise invalid("BODY_UNDECODABLE", f"The body is not whole, valid {encoding} data.")


def _replace(request: web.Request, data: bytes) -> None:
    """Put the decoded body where all readers, of forms too, look for it."""
    body = StreamReader(request.protocol, max(len(data), 1), loop=asyncio.get_running_loop())
    body.feed_data(data)
    body.feed_eof()
    request._payload, request._read_bytes = body, None
