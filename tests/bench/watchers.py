"""Progress reaches an SSE, a WebSocket and a gRPC client at once, and one that joins late."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp

from examples.main_job import stack
from tests.bench.floors import Floor
from tests.bench.rest import generation
from tests.bench.runs import HERE, MEMORY, folder

Events = list[dict[str, Any]]


async def sse(session: aiohttp.ClientSession, url: str, job: str) -> Events:
    """Server-sent events until the stream ends."""
    headers = {"Accept": "text/event-stream"}
    async with session.get(f"{url}/api/v1/jobs/{job}/events", headers=headers) as answer:
        return [json.loads(line[5:]) async for line in answer.content if line.startswith(b"data:")]


async def ndjson(session: aiohttp.ClientSession, url: str, job: str) -> Events:
    """The same, a line each."""
    async with session.get(f"{url}/api/v1/jobs/{job}/events") as answer:
        return [json.loads(line) async for line in answer.content if line.strip()]


async def websocket(session: aiohttp.ClientSession, url: str, job: str) -> Events:
    """The same over WebSocket, one event a frame."""
    async with session.ws_connect(f"{url.replace('http', 'ws')}/api/v1/jobs/{job}/ws") as socket:
        return [json.loads(message.data) async for message in socket]


async def rpc(address: str, job: str) -> Events:
    """The same from the generator service itself."""
    import grpc
    from google.protobuf.json_format import MessageToDict
    from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

    async def told() -> AsyncIterator[Any]:
        async with grpc.aio.insecure_channel(address) as channel:
            stub: Any = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
            async for event in stub.WatchJob(jobs_pb2.WatchJobRequest(id=job)):
                yield event

    return [{"seq": e.seq, "type": e.type, "data": MessageToDict(e.data)} async for e in told()]


async def late(session: aiohttp.ClientSession, url: str, job: str, after: float) -> Events:
    """A client that joins when the job is well under way."""
    await asyncio.sleep(after)
    return await sse(session, url, job)


async def watch(url: str, address: str, job: str) -> dict[str, Events]:
    """All of them at once."""
    async with aiohttp.ClientSession() as session:
        watchers = {
            "SSE": sse(session, url, job),
            "WebSocket": websocket(session, url, job),
            "gRPC": rpc(address, job),
            "NDJSON": ndjson(session, url, job),
            "SSE, joined late": late(session, url, job, 2),
        }
        return dict(zip(watchers, await asyncio.gather(*watchers.values()), strict=True))


def terminal(event: dict[str, Any]) -> bool:
    """Whether nothing follows this event."""
    data = event["data"]
    return (
        event["type"] == "complete"
        or (event["type"] == "error" and not data.get("willRetry"))
        or (event["type"] == "shutdown" and data.get("reason") == "cancel")
    )


def watcher_floors(rows: int = 5_000_000) -> Iterator[Floor]:
    """Each has seq 1, 2, 3 … and one terminal event, the last; all have the same."""
    with folder(MEMORY) as home, stack(home) as started:
        job = generation(started.url, HERE / "users.yaml", {"users": rows})
        heard = asyncio.run(watch(started.url, started.grpc, job))
    for name, events in heard.items():
        whole = [e["seq"] for e in events] == list(range(1, len(events) + 1))
        ends = [e for e in events if terminal(e)]
        progress = sum(e["type"] == "progress" for e in events)
        good = whole and len(ends) == 1 and events[-1] is ends[0] and progress > 1 and len(events) == len(heard["SSE"])
        said = f"seq 1 to {len(events)}, {progress} of progress, {len(ends)} terminal"
        yield Floor(f"events heard by {name}", "no gap, one terminal event, last", said, good)
