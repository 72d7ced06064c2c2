"""API keys, compared in constant time; for streams and files of a job also a signed ticket."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import grpc
from aiohttp import hdrs, web

from services.common.caller import MOST_URGENT, parse_priority, set_caller, set_priority
from services.common.errors import invalid
from services.gateway.keys import CLIENT, SETTINGS
from services.gateway.links import TICKETS
from services.gateway.problems import Handler, Refusal
from services.gateway.routing import Kind, kind_of

TICKETED: Final = (Kind.STREAM, Kind.DOWNLOAD)


@web.middleware
async def api_keys(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request pass that carries a key, or needs none. Raises 401 `KEY_MISSING` or `KEY_INVALID`."""
    keys = [key.get_secret_value() for key in request.app[SETTINGS].auth.api_keys]
    set_caller(request[CLIENT])
    set_priority(_priority(request))
    if not keys or kind_of(request) is Kind.OPEN or _has_ticket(request):
        return await handler(request)
    given = given_key(request)
    if not given:
        raise _refusal(
            "KEY_MISSING", "This server wants an API key.", "Send `Authorization: Bearer <key>` or `X-API-Key: <key>`."
        )
    if not is_known(given, keys):
        raise _refusal("KEY_INVALID", "This API key is not known here.")
    set_caller(fingerprint(given))
    return await handler(request)


def fingerprint(key: str) -> str:
    """What may be known of a key: twelve hexadecimal digits of its SHA-256."""
    return f"key:{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def _priority(request: web.Request) -> int:
    number = parse_priority(request.headers.get("X-Priority", ""))
    if number is None:
        raise invalid("PRIORITY_INVALID", f"X-Priority is a whole number from -{MOST_URGENT} to {MOST_URGENT}.")
    return number


def given_key(request: web.Request) -> str:
    """The key in the headers, or nothing."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")


def is_known(given: str, keys: Sequence[str]) -> bool:
    """Whether the key is one of ours; takes the same time whichever it is, and whatever its length."""
    digest = sha256(given.encode("utf-8", "surrogateescape")).digest()
    return sum(hmac.compare_digest(digest, sha256(key.encode()).digest()) for key in keys) > 0


def _has_ticket(request: web.Request) -> bool:
    job_id = request.match_info.get("id", "")
    return kind_of(request) in TICKETED and request.app[TICKETS].opens(request.query.get("ticket", ""), job_id)


def _refusal(code: str, message: str, details: str = "") -> Refusal:
    return Refusal(code, message, grpc.StatusCode.UNAUTHENTICATED, details, WWW_Authenticate='Bearer realm="mockcraft"')
