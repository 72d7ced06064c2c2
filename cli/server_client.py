"""Jobs of a server, over its REST gateway."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import orjson

from cli.failure import FAILED, USAGE, CommandError, finding_lines

API_KEY = "MOCKCRAFT_API_KEY"
"""The key sent to the server, where it wants one."""


class ServerJobs:
    """A client of one gateway. Use it as an async context; each method raises `CommandError` with the server's own words."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") if "://" in url else f"http://{url.rstrip('/')}"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        key = os.environ.get(API_KEY)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        self._session = aiohttp.ClientSession(headers=headers, timeout=timeout)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        if self._session:
            await self._session.close()

    async def list(self, state: str, kind: str, limit: int) -> list[dict[str, Any]]:
        """The newest jobs, as the API writes them."""
        query = {"pageSize": str(limit), "state": state, "kind": kind}
        answer = await self._call("GET", "/api/v1/jobs", {k: v for k, v in query.items() if v})
        found: list[dict[str, Any]] = answer["jobs"]
        return found

    async def summary(self) -> Sequence[dict[str, Any]]:
        """How many jobs there are of each kind in each state."""
        found: Sequence[dict[str, Any]] = (await self._call("GET", "/api/v1/jobs:summary"))["counts"]
        return found

    async def get(self, job_id: str) -> dict[str, Any]:
        """One job."""
        return await self._call("GET", _path(job_id))

    async def pause(self, job_id: str) -> dict[str, Any]:
        """Ask it to pause."""
        return await self._call("POST", f"{_path(job_id)}:pause")

    async def resume(self, job_id: str) -> dict[str, Any]:
        """Ask it to go on."""
        return await self._call("POST", f"{_path(job_id)}:resume")

    async def cancel(self, job_id: str) -> dict[str, Any]:
        """Ask it to stop for good."""
        return await self._call("POST", f"{_path(job_id)}:cancel")

    async def watch(self, job_id: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Its events after sequence number `after`, to the terminal one."""
        headers = {"Accept": "application/x-ndjson"}
        async with self.request("GET", f"{_path(job_id)}/events", {"after": str(after)}, headers) as answer:
            async for line in answer.content:
                if line.strip():
                    yield orjson.loads(line)

    async def create_generation(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Start a generation job (`POST /api/v1/generations`)."""
        return await self._call("POST", "/api/v1/generations", body=request)

    async def download(self, path: str) -> AsyncIterator[bytes]:
        """The bytes behind a path of the server, in pieces."""
        async with self.request("GET", path) as answer:
            async for piece in answer.content.iter_chunked(1 << 20):
                yield piece

    async def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        async with self.request(method, path, query, body=body) as answer:
            document: dict[str, Any] = orjson.loads(await answer.read())
            return document

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer of the server; a body is JSON. Raises `CommandError` for a refusal, with the server's own words."""
        assert self._session is not None, "used outside its context"
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        headers = {**(headers or {}), **({"Content-Type": "application/json"} if body is not None else {})}
        try:
            async with self._session.request(method, self.url + path, params=query, headers=headers, data=data) as answer:
                if answer.status >= 400:
                    raise _refusal(answer.status, await answer.read())
                yield answer
        except aiohttp.ClientError as error:
            raise CommandError(f"no answer from {self.url}: {_reason(error)}", code="SERVER_UNREACHABLE") from error


def _reason(error: aiohttp.ClientError) -> str:
    """Why there is no answer, in the system's words where it has some."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__


def _path(job_id: str) -> str:
    return f"/api/v1/jobs/{quote(job_id, safe='')}"


def _refusal(status: int, body: bytes) -> CommandError:
    try:
        problem = orjson.loads(body)
        places = finding_lines(problem.get("findings", ()))
        hint = "\n  ".join(([problem["details"]] if problem.get("details") else []) + places)
        return CommandError(problem["message"], code=problem["code"], hint=hint, status=USAGE if status == 400 else FAILED)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return CommandError(f"the server answered {status}", code="SERVER_ERROR")
