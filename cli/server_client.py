"""Jobs of a server, over its REST gateway."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import aiohttp
import orjson

from cli.documents import ENDED, terminal
from cli.failure import FAILED, USAGE, CommandError, finding_lines, say

API_KEY = "MOCKCRAFT_API_KEY"
"""The key sent to the server, where it wants one."""
UNREACHABLE: Final = "SERVER_UNREACHABLE"
NOBODY_THERE: Final = "start one with: mockcraft server; or leave out --server for the jobs of this machine"
NO_ANSWER: Final = frozenset({502, 503, 504})
"""Statuses that say that the service behind does not answer just now."""
HINTS: Final[Mapping[str, str]] = {
    "KEY_MISSING": f"set {API_KEY} to a key of this server",
    "KEY_INVALID": f"{API_KEY} is not a key of this server",
}
"""What helps at a command line, where the server's own words are for programs."""
FIRST_WAIT_SECONDS: Final = 0.2
LONGEST_WAIT_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 30.0
"""How long a server that has answered before may be silent."""


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

    async def remove(self, job_id: str) -> None:
        """Remove one that has ended, with its files."""
        async with self.request("DELETE", _path(job_id)):
            pass

    async def watch(self, job_id: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Its events after sequence number `after`, to the terminal one. A connection that breaks is made again.

        Events that are no longer kept are left out, which is said; where none is left of a job that has ended, it says no more.
        Raises `CommandError` for a refusal, and SERVER_UNREACHABLE when nobody has answered for long.
        """
        patience, began = Patience(self.url, job_id), after
        while True:
            try:
                async for event in self._events(job_id, after, patience.answered):
                    patience.refreshed()
                    if event["seq"] <= after:
                        continue
                    after = event["seq"]
                    yield event
                    if terminal(event):
                        return
                if await self._is_over(job_id, after):
                    return
            except NoAnswerError as error:
                patience.spend(error, after)
            except EventsExpiredError as error:
                patience.answered()
                if error.gone > after:
                    say(f"mockcraft: the events {after + 1:,} to {error.gone:,} of {job_id} are no longer kept: skipped")
                    after = error.gone
                elif after > began and error.ended:
                    return
                else:
                    raise
            await patience.rest()

    async def _is_over(self, job_id: str, after: int) -> bool:
        """Whether the job has ended, and has said nothing after that number."""
        job = await self.get(job_id)
        return job["state"] in ENDED and job["lastSequence"] <= after

    async def _events(self, job_id: str, after: int, opened: Callable[[], None]) -> AsyncIterator[dict[str, Any]]:
        """What one connection brings; `opened` is called when there is one."""
        headers = {"Accept": "application/x-ndjson"}
        async with self.request("GET", f"{_path(job_id)}/events", {"after": str(after)}, headers) as answer:
            opened()
            async for line in answer.content:
                if line.endswith(b"\n") and line.strip():  # a line cut short comes again
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
            hint = NOBODY_THERE if getattr(error, "errno", None) == errno.ECONNREFUSED else ""
            raise NoAnswerError(f"no answer from {self.url}: {_reason(error)}", code=UNREACHABLE, hint=hint) from error


class NoAnswerError(CommandError):
    """The server, or what is behind it, does not answer; it may soon."""


class EventsExpiredError(CommandError):
    """Events of a job are no longer kept: those up to number `gone`, or all of one that has `ended`."""

    def __init__(self, message: str, job: Mapping[str, Any], **more: Any) -> None:
        super().__init__(message, **more)
        self.gone, self.ended = int(job.get("firstSequence", 0)) - 1, job.get("state") in ENDED


class Patience:
    """How long, and how often, a server that gives no answer is asked again for the events of a job."""

    def __init__(self, url: str, job_id: str) -> None:
        self._url, self._job_id = url, job_id
        self._wait, self._since = FIRST_WAIT_SECONDS, 0.0
        self._ever = False

    def answered(self) -> None:
        """There was an answer."""
        self._ever, self._since = True, 0.0

    def refreshed(self) -> None:
        """There was an event: ask again at once when the next one stays away."""
        self._wait = FIRST_WAIT_SECONDS

    def spend(self, error: NoAnswerError, after: int) -> None:
        """Bear a try without an answer. Raises the error where nobody ever answered, and with how to go on after long."""
        if not self._ever:
            raise error
        if not self._since:
            say(f"mockcraft: no answer from {self._url}; trying again")
            self._since = time.monotonic()
        elif time.monotonic() - self._since > PATIENCE_SECONDS:
            again = f"go on with: mockcraft jobs watch {self._job_id} --after {after} --server {self._url}"
            raise CommandError(error.message, code=UNREACHABLE, hint=again) from error

    async def rest(self) -> None:
        """Wait, each time twice as long."""
        await asyncio.sleep(self._wait)
        self._wait = min(2 * self._wait, LONGEST_WAIT_SECONDS)


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
    kind = NoAnswerError if status in NO_ANSWER else CommandError
    try:
        problem = orjson.loads(body)
        places = finding_lines(problem.get("findings", ()))
        details = HINTS.get(problem["code"], problem.get("details"))
        hint = "\n  ".join(([details] if details else []) + places)
        known = {"code": problem["code"], "hint": hint, "status": USAGE if status == 400 else FAILED}
        if problem["code"] == "EVENTS_EXPIRED":
            return EventsExpiredError(problem["message"], problem.get("job", {}), **known)
        return kind(problem["message"], **known)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return kind(f"the server answered {status}", code="SERVER_ERROR")
