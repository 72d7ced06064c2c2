"""Followers of one job share a stream; each still gets every event once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from mockcraft.jobs.v1 import jobs_pb2

from services.gateway import feeds as module
from services.gateway.feeds import Feed, Feeds


def event(number: int, type_: str = "progress") -> jobs_pb2.JobEvent:
    return jobs_pb2.JobEvent(v=1, job_id="gen_a", seq=number, attempt=1, type=type_)


class Stream:
    """Events as they are pushed; stands for the stream from a service."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = False
        self.refusal: grpc.aio.AioRpcError | None = None

    async def open(self) -> bool:
        await asyncio.sleep(0.01)
        if self.refusal is not None:
            raise self.refusal
        return True

    def push(self, *numbers: int) -> None:
        for number in numbers:
            self.queue.put_nowait(event(number))

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (got := await self.queue.get()) is not None:
            yield got

    def close(self) -> None:
        self.closed = True


async def collected(feed: Feed, after: int, into: list[int]) -> None:
    feed.hold(after)
    try:
        async for lines in feed.after(after):
            into += [line.seq for line in lines]
    finally:
        feed.release()


async def test_all_get_what_one_stream_brings() -> None:
    stream = Stream()
    feed = Feed(stream, 3, lambda: None)  # type: ignore[arg-type]
    seen: list[list[int]] = [[] for _ in range(100)]
    followers = [asyncio.create_task(collected(feed, 3, each)) for each in seen]
    stream.push(4, 5)
    await asyncio.sleep(0.05)
    late: list[int] = []
    followers.append(asyncio.create_task(collected(feed, 4, late)))
    stream.push(6)
    stream.queue.put_nowait(None)
    await asyncio.gather(*followers)
    assert seen == [[4, 5, 6]] * 100
    assert (late, feed.done) == ([5, 6], True)


async def test_the_last_one_closes_the_door() -> None:
    stream, gone = Stream(), list[str]()
    feed = Feed(stream, 0, lambda: gone.append("gen_a"))  # type: ignore[arg-type]
    one, two = [asyncio.create_task(collected(feed, 0, [])) for _ in range(2)]
    await asyncio.sleep(0.01)
    one.cancel()
    await asyncio.wait({one})
    assert not stream.closed
    two.cancel()
    await asyncio.wait({two})
    await asyncio.sleep(0.01)
    assert (stream.closed, gone, feed.done) == (True, ["gen_a"], False)


async def test_who_reads_too_slowly_is_told_to_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 4)
    stream = Stream()
    feed = Feed(stream, 0, lambda: None)  # type: ignore[arg-type]
    other = asyncio.create_task(collected(feed, 0, []))
    batches = feed.after(0)
    stream.push(1)
    assert [line.seq for line in await anext(batches)] == [1]
    stream.push(*range(2, 10))
    await asyncio.sleep(0.05)
    assert [lines async for lines in batches] == []
    assert feed.passed(1) and not feed.passed(5)
    other.cancel()
    await asyncio.wait({other})


async def test_a_crowd_is_told_of_several_events_at_a_time_and_of_the_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CROWD", 2)
    monkeypatch.setattr(module, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.3)
    stream = Stream()
    feed = Feed(stream, 0, lambda: None)  # type: ignore[arg-type]
    told: list[tuple[int, ...]] = []

    async def follow() -> None:
        async for lines in feed.after(0):
            told.append(tuple(line.seq for line in lines))

    followers = [asyncio.create_task(follow()) for _ in range(3)]
    await asyncio.sleep(0.05)
    stream.push(1)
    await asyncio.sleep(0.05)
    stream.push(2, 3)
    await asyncio.sleep(0.05)
    assert told == []
    await asyncio.sleep(0.3)
    assert told == [(1, 2, 3)] * 3
    stream.push(4)
    stream.queue.put_nowait(None)
    await asyncio.wait_for(asyncio.gather(*followers), 0.2)
    assert told[3:] == [(4,)] * 3


async def test_nobody_reads_a_long_log_ahead_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 4)
    stream = Stream()
    feed = Feed(stream, 0, lambda: None)  # type: ignore[arg-type]
    stream.push(*range(1, 10))
    stream.queue.put_nowait(None)
    await asyncio.sleep(0.05)
    assert stream.queue.qsize() == 8
    seen: list[int] = []
    await asyncio.wait_for(collected(feed, 0, seen), 5)
    assert seen == list(range(1, 10))


async def test_one_who_stands_still_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 4)
    feeds, stream = Feeds(), Stream()
    still = feeds.follow("gen_a", 0, lambda: stream)  # type: ignore[arg-type, return-value]
    assert still is not None
    stream.push(*range(1, 10))
    await asyncio.sleep(0.05)
    assert stream.queue.qsize() == 7
    feed = feeds.join("gen_a", 8, Stream)  # type: ignore[arg-type]
    assert feed is still
    seen: list[int] = []
    follower = asyncio.create_task(collected(feed, 8, seen))
    await asyncio.sleep(0.05)
    stream.push(10)
    stream.queue.put_nowait(None)
    await asyncio.wait_for(follower, 5)
    assert seen == [9, 10]


async def test_nobody_joins_a_feed_that_may_be_refused() -> None:
    feeds, stream = Feeds(), Stream()
    assert feeds.follow("gen_a", 2, lambda: stream) is not None  # type: ignore[arg-type, return-value]
    assert feeds.join("gen_a", 5, Stream) is None  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    assert feeds.join("gen_a", 5, Stream) is not None  # type: ignore[arg-type]
    feeds.close()


async def test_only_numbers_that_were_handed_out_need_no_question() -> None:
    feeds, stream = Feeds(), Stream()
    feed = feeds.join("gen_a", 2, lambda: stream)  # type: ignore[arg-type, return-value]
    assert feed is not None
    stream.push(3, 4)
    follower = asyncio.create_task(collected(feed, 2, []))
    await asyncio.sleep(0.05)
    assert [feeds.follow("gen_a", number, Stream) is feed for number in (1, 2, 3, 4, 5)] == [False, True, True, True, False]  # type: ignore[arg-type]
    assert feeds.join("gen_a", 0, Stream) is None  # type: ignore[arg-type]
    feeds.close()
    await follower


async def test_all_who_come_at_once_are_let_in_or_refused_by_one_question() -> None:
    feeds, streams = Feeds(), list[Stream]()

    def stream(refusal: grpc.aio.AioRpcError | None) -> Stream:
        streams.append(Stream())
        streams[-1].refusal = refusal
        return streams[-1]

    for refusal in (None, grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), grpc.aio.Metadata())):
        held = [feeds.follow("gen_a", 0, lambda: stream(refusal)) for _ in range(50)]  # type: ignore[arg-type, return-value]  # noqa: B023
        said = await asyncio.gather(*(feed.open() for feed in held if feed), return_exceptions=True)
        assert said == [refusal or True] * 50
        for feed in held:
            assert feed
            feed.release()
    assert len(streams) == 2
    assert all(stream.closed for stream in streams)
    assert feeds.follow("gen_a", 0, Stream) is not held[0]  # type: ignore[arg-type]
    feeds.close()
