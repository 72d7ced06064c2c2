"""One finished file of a job: Range, ETag (its SHA-256), HEAD; piece by piece from the service, never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from aiohttp import hdrs, web
from google.protobuf.message_factory import GetMessageClass

from services.common.errors import not_found
from services.gateway.events import write_within
from services.gateway.keys import CHANNELS, REQUEST_ID
from services.gateway.ranges import Span, matches, span
from services.gateway.rules import method_named

GET_JOB: Final = method_named("GetJob")
READ: Final = method_named("ReadArtifact")
WRITE_SECONDS: Final = 60.0
"""Longest wait for a downloading client to take one piece."""
PIECE: Final = 256 * 1024


async def get_job(request: web.Request, job_id: str) -> Any:
    """The job message. Raises `AioRpcError`."""
    message = GetMessageClass(GET_JOB.input_type)(id=job_id)
    return await request.app[CHANNELS].unary(GET_JOB, message, request[REQUEST_ID])


def open_pieces(request: web.Request, job_id: str, name: str, offset: int = 0, limit: int = 0) -> Any:
    """The call that streams the bytes [offset, offset + limit) of an artifact; `limit` 0 for all that follow."""
    message = GetMessageClass(READ.input_type)(id=job_id, name=name, offset=offset, limit=limit)
    return request.app[CHANNELS].stream(READ, message, request[REQUEST_ID])


async def read_pieces(
    request: web.Request, job_id: str, name: str, offset: int = 0, limit: int = 0
) -> AsyncGenerator[bytes, None]:
    """The bytes of an artifact, piece by piece. Raises `AioRpcError`."""
    call = open_pieces(request, job_id, name, offset, limit)
    try:
        async for answer in call:
            yield answer.data
    finally:
        call.cancel()


async def artifact(request: web.Request) -> web.StreamResponse:
    """`GET` and `HEAD` of one file by its flat name."""
    return await send_file(request, request.match_info["id"], request.match_info["name"])


async def send_file(request: web.Request, job_id: str, name: str) -> web.StreamResponse:
    """The file, or the part of it that is asked for. Raises the service's reason when there is none."""
    found = next((each for each in (await get_job(request, job_id)).artifacts if each.name == name), None)
    if found is None:
        raise await why_not(request, job_id)
    etag = f'"{found.sha256}"'
    if matches(request.headers.get(hdrs.IF_NONE_MATCH, ""), etag):
        return web.Response(status=304, headers={hdrs.ETAG: etag})
    part = span(_range_header(request, etag), found.bytes)
    if part is None:
        return web.Response(status=416, headers={hdrs.CONTENT_RANGE: f"bytes */{found.bytes}", hdrs.ETAG: etag})
    return await _send(request, job_id, found, part, etag)


async def why_not(request: web.Request, job_id: str) -> Exception:
    """Why the files of a job cannot be had: the service says whether it is unfinished, expired, or has no such file."""
    async with aclosing(read_pieces(request, job_id, "")) as pieces:
        async for _ in pieces:
            break
    return not_found("ARTIFACT_NOT_FOUND", "This job has no such file.", "Its `artifacts` name the files there are.")


def _range_header(request: web.Request, etag: str) -> str:
    """The Range header, unless an If-Range says that the file is another one by now."""
    if request.headers.get(hdrs.IF_RANGE, etag) != etag or request.method != hdrs.METH_GET:
        return ""
    return request.headers.get(hdrs.RANGE, "")


async def _send(request: web.Request, job_id: str, found: Any, part: Span, etag: str) -> web.StreamResponse:
    response = web.StreamResponse(status=206 if part.partial else 200)
    response.headers[hdrs.CONTENT_TYPE] = found.content_type or "application/octet-stream"
    response.content_length = part.length
    response.headers.update({hdrs.ETAG: etag, hdrs.ACCEPT_RANGES: "bytes", hdrs.CONTENT_DISPOSITION: disposition(found.name)})
    if part.partial:
        response.headers[hdrs.CONTENT_RANGE] = part.content_range
    if request.method == hdrs.METH_HEAD or not part.length:
        await response.prepare(request)
        return response
    async with aclosing(read_pieces(request, job_id, found.name, part.start, part.length)) as pieces:
        await stream_body(request, response, pieces)
    return response


async def stream_body(request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> None:
    """Send pieces as they come. Errors before the first become a problem; later ones cut the connection."""
    first = await anext(pieces, b"")
    await response.prepare(request)
    try:
        await _write(request, response, first)
        async for piece in pieces:
            await _write(request, response, piece)
        await response.write_eof()
    except BaseException:
        if request.transport is not None:
            request.transport.abort()
        raise


async def _write(request: web.Request, response: web.StreamResponse, piece: bytes) -> None:
    view = memoryview(piece)
    for at in range(0, len(view), PIECE):
        await write_within(request, response.write(view[at : at + PIECE]), WRITE_SECONDS)


def disposition(name: str) -> str:
    """`attachment` with the file's name, also where it is not ASCII (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
