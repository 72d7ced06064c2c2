"""One stream from a service for all who follow a job here: read once, turned into JSON once, handed to everybody.

Whoever begins far back replays by a stream of his own and joins the others when he has caught up. What has been handed out
lately is kept, so that a slow reader slows only himself; one who falls behind that replays again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import grpc
import orjson
from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.common.statuses import from_rpc
from services.gateway.events import EventStream, watch_request
from services.gateway.json_out import to_json
from services.gateway.keys import CHANNELS, REQUEST_ID
from services.gateway.links import shown
from services.gateway.problems import ExpiredLog
from services.gateway.rules import method_named

GET: Final = method_named("GetJob")
KEPT: Final = 2048
"""Events that are kept for those who follow."""
AT_ONCE: Final = 64
"""The most events that are handed to a follower together."""
CROWD: Final = 50
"""More followers than these are told of several events at a time, so that a crowd costs the job nothing:"""
WAIT_SECONDS: Final = 0.001
"""they wait so long for each of them,"""
LONGEST_WAIT_SECONDS: Final = 1.0
"""and never longer than this. The end is told at once."""
CAUGHT_UP_SECONDS: Final = 0.02
"""A replay that has nothing more for this long has come to the newest event."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event: its number and its JSON."""

    seq: int
    json: bytes


Lines = tuple[Line, ...]


def line_of(event: Any) -> Line:
    """The line of a `JobEvent`."""
    return Line(event.seq, orjson.dumps(to_json(event)))


class Feed:
    """The events of a job after a number, for any number of followers. Lives as long as somebody holds it."""

    def __init__(self, stream: EventStream, after: int, gone: Callable[[], None]) -> None:
        self._stream, self._start, self._gone = stream, after, gone
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Event] = set()
        self._opened, self._room = asyncio.Event(), asyncio.Event()
        self._furthest, self._held = after, 0
        self._accepted = self._more = self._ended = self.done = False
        self._error: grpc.aio.AioRpcError | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._pump = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        try:
            self._more = await self._stream.open()
            self._accepted = True
            self._opened.set()
            async for event in self._stream:
                self._lines.append(line_of(event))
                self._start = self._lines[0].seq - 1
                self._wake_soon()
                await self._keep_pace()
            self.done = True
        except grpc.aio.AioRpcError as error:
            self._error = error
        finally:
            self._end()

    async def _keep_pace(self) -> None:
        """Read on when the fastest follower is near: a long log is not run through before anybody has taken it."""
        while self._lines[-1].seq - self._furthest >= KEPT // 2:
            self._room.clear()
            self._wake()
            await self._room.wait()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._gone()
        self._opened.set()
        self._wake()

    def _wake_soon(self) -> None:
        if len(self._waiting) <= CROWD:
            self._wake()
        elif self._waking is None:
            wait = min(len(self._waiting) * WAIT_SECONDS, LONGEST_WAIT_SECONDS)
            self._waking = asyncio.get_running_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
        for waiting in self._waiting:
            waiting.set()

    async def open(self) -> bool:
        """Whether anything is to come. Raises `AioRpcError` when the service refuses."""
        await self._opened.wait()
        if self._error is not None and not self._accepted:
            raise self._error
        return self._more

    def covers(self, after: int) -> bool:
        """Whether everything after that number will come from here."""
        return not self._ended and not self.passed(after)

    def passed(self, after: int) -> bool:
        """Whether something after that number is not kept here any more."""
        return after < self._start

    def reached(self, after: int) -> bool:
        """Whether that number was handed out here, so that it is surely one of the job's."""
        return self.covers(after) and (after == self._start or (bool(self._lines) and after <= self._lines[-1].seq))

    def takes(self, after: int) -> bool:
        """Whether a follower with everything up to that number may join: a feed that may yet be refused takes only its own."""
        return self.covers(after) and (self._accepted or after == self._start)

    async def after(self, number: int) -> AsyncGenerator[Lines, None]:
        """The events after that number, some at a time; ends after the terminal one (`done`), or where they are not kept here
        any more.

        Raises `AioRpcError` when the service stays away.
        """
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            while not self.passed(number):
                waiting.clear()
                while lines := self._since(number):
                    number = lines[-1].seq
                    self._took(number)
                    yield lines
                if waiting.is_set():
                    continue
                if self._ended:
                    if self._error is not None:
                        raise self._error
                    return
                await waiting.wait()
        finally:
            self._waiting.discard(waiting)

    def _since(self, number: int) -> Lines:
        if not self._lines or self.passed(number):
            return ()
        first = max(number + 1 - self._lines[0].seq, 0)
        return tuple(islice(self._lines, first, first + AT_ONCE))

    def _took(self, number: int) -> None:
        if number > self._furthest:
            self._furthest = number
            self._room.set()

    def hold(self, after: int) -> Feed:
        """One more follower, who has everything up to that number."""
        self._held += 1
        self._took(after)
        return self

    def release(self) -> None:
        """One follower less."""
        self._held -= 1
        if not self._held:
            self.close()

    def close(self) -> None:
        """Let go of the service."""
        self._end()
        self._pump.cancel()
        self._stream.close()


class Feeds:
    """The feeds of the jobs that are followed through this gateway. Whoever is given one holds it, and releases it."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}

    def follow(self, job_id: str, after: int, stream: Callable[[], EventStream]) -> Feed | None:
        """The feed of a job, made where there is none; None when that number may not be one of its job's, or is long past."""
        feed = self._feed(job_id, after, stream)
        return feed.hold(after) if feed.reached(after) else None

    def join(self, job_id: str, after: int, stream: Callable[[], EventStream]) -> Feed | None:
        """The same after a number that is surely one of the job's; None when the feed has gone past it."""
        feed = self._feed(job_id, after, stream)
        return feed.hold(after) if feed.takes(after) else None

    def _feed(self, job_id: str, after: int, stream: Callable[[], EventStream]) -> Feed:
        if job_id not in self._feeds:
            self._feeds[job_id] = Feed(stream(), after, lambda: self._forget(job_id))
        return self._feeds[job_id]

    def _forget(self, job_id: str) -> None:
        self._feeds.pop(job_id, None)

    def close(self) -> None:
        """Let go of all."""
        for feed in tuple(self._feeds.values()):
            feed.close()


FEEDS: Final = web.AppKey("feeds", Feeds)


class Follower:
    """The events of one job for one client, each once and in order. Open it, iterate it, close it."""

    def __init__(self, request: web.Request) -> None:
        """Raises 400 for what is no place in a log."""
        watch: Any = watch_request(request)
        self._watch = watch
        self._feeds, self._channels, self._name = request.app[FEEDS], request.app[CHANNELS], request[REQUEST_ID]
        self._after = int(watch.after_sequence)
        self._feed = self._feeds.follow(watch.id, self._after, lambda: self._stream(self._after))
        self._own: EventStream | None = None if self._feed else self._stream(self._after)

    def _stream(self, after: int) -> EventStream:
        watch: Any = type(self._watch)()
        watch.CopyFrom(self._watch)
        watch.after_sequence = after
        return EventStream(self._channels, watch, self._name)

    async def open(self) -> bool:
        """Whether anything is to come. Raises `AioRpcError` when the service refuses."""
        first = self._feed or self._own
        assert first is not None
        return await first.open()

    async def __aiter__(self) -> AsyncIterator[Lines]:
        """The events, some at a time; ends after the terminal one. Raises `AioRpcError` when the service stays away."""
        while True:
            if self._feed is None:
                async for line in self._replay():
                    yield (line,)
                if self._feed is None:
                    return
            feed = self._feed
            async with aclosing(feed.after(self._after)) as batches:
                async for lines in batches:
                    self._after = lines[-1].seq
                    yield lines
            if feed.done and not feed.passed(self._after):
                return
            self._let_go()

    async def _replay(self) -> AsyncIterator[Line]:
        """By a stream of one's own, until there is a feed that goes on from here."""
        stream = self._own = self._own or self._stream(self._after)
        if await self._joined(stream):
            return
        async for event in stream:
            line = line_of(event)
            self._after = line.seq
            yield line
            if await self._joined(stream):
                return

    async def _joined(self, stream: EventStream) -> bool:
        if not await stream.idle(CAUGHT_UP_SECONDS):
            return False
        self._feed = self._feeds.join(self._watch.id, self._after, lambda: self._stream(self._after))
        if self._feed is not None:
            stream.close()
            self._own = None
        return self._feed is not None

    def _let_go(self) -> None:
        if self._feed is not None:
            self._feed.release()
            self._feed = None

    def close(self) -> None:
        """Let go of the service."""
        self._let_go()
        if self._own is not None:
            self._own.close()


async def open_stream(request: web.Request) -> tuple[Follower, bool]:
    """The events a request asks for, and whether anything is to come. Raises before the answer has begun."""
    follower = Follower(request)
    try:
        return follower, await follower.open()
    except grpc.aio.AioRpcError as error:
        follower.close()
        told = from_rpc(error)
        if told.code == "EVENTS_EXPIRED":
            raise ExpiredLog(told, await _snapshot(request)) from None
        raise
    except BaseException:
        follower.close()
        raise


async def _snapshot(request: web.Request) -> dict[str, Any]:
    """The job as it is now, for who cannot be told how it came there."""
    message: Any = GetMessageClass(GET.input_type)(id=request.match_info["id"])
    job: dict[str, Any] = shown(request, await request.app[CHANNELS].unary(GET, message, request[REQUEST_ID]))
    return job
