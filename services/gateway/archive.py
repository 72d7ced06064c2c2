"""All files of a job as one ZIP, made while it is sent.

The ZIP writer pulls, in a thread of its own, from the services' streams on the event loop: nothing is held but the
piece at hand. Text is deflated lightly; what is compressed already is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED

from aiohttp import hdrs, web
from zipstream import ZipStream

from services.gateway.artifacts import disposition, get_job, open_pieces, read_pieces, stream_body, why_not
from services.gateway.backends import END

_LEVEL: Final = 1
_STORED: Final = (".gz", ".zst", ".parquet", ".zip")


async def archive(request: web.Request) -> web.StreamResponse:
    """`GET` and `HEAD` of the ZIP. Raises JOB_NOT_FINISHED before the end, ARTIFACT_EXPIRED when it is gone."""
    return await send_archive(request, request.match_info["id"])


async def send_archive(request: web.Request, job_id: str) -> web.StreamResponse:
    """The ZIP of a job's files."""
    job = await get_job(request, job_id)
    if not job.artifacts:
        raise await why_not(request, job_id)
    response = web.StreamResponse(headers={hdrs.CONTENT_DISPOSITION: disposition(f"{job.id}.zip")})
    response.content_type = "application/zip"
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    await _first_piece(request, job)
    async with aclosing(_zipped(request, job)) as pieces:
        await stream_body(request, response, pieces)
    return response


async def _first_piece(request: web.Request, job: Any) -> None:
    """Raise now what reading would raise, while it can still be said as a problem."""
    async with aclosing(read_pieces(request, job.id, job.artifacts[0].name, 0, 1)) as pieces:
        async for _ in pieces:
            return


async def _zipped(request: web.Request, job: Any) -> AsyncGenerator[bytes, None]:
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, "zip")
    zipped = ZipStream(compress_type=ZIP_DEFLATED, compress_level=_LEVEL)
    pulls = [_Pull(request, job.id, each.name, loop) for each in job.artifacts]
    for each, pull in zip(job.artifacts, pulls, strict=True):
        stored = each.name.endswith(_STORED)
        zipped.add(pull, each.name, size=each.bytes, compress_type=ZIP_STORED if stored else ZIP_DEFLATED)
    pieces = iter(zipped)
    try:
        while (piece := await loop.run_in_executor(thread, next, pieces, None)) is not None:
            yield piece
    finally:
        for pull in pulls:
            pull.cancel()
        thread.shutdown(wait=False, cancel_futures=True)


class _Pull:
    """One artifact's bytes for the ZIP's thread, read on the event loop; opened when the ZIP gets there."""

    def __init__(self, request: web.Request, job_id: str, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._open = partial(open_pieces, request, job_id, name)
        self._call: Any = None
        self._loop, self._cancelled = loop, False

    def __iter__(self) -> Iterator[bytes]:
        while (piece := asyncio.run_coroutine_threadsafe(self._read(), self._loop).result()) is not None:
            yield piece

    async def _read(self) -> bytes | None:
        if self._cancelled:
            raise asyncio.CancelledError
        if self._call is None:
            self._call = self._open()
        answer = await self._call.read()
        return None if answer is END else answer.data

    def cancel(self) -> None:
        """Let go of the stream; the thread, if it waits for a piece, gets a cancellation."""
        self._cancelled = True
        if self._call is not None:
            self._call.cancel()
