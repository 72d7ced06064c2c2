"""Events over SSE, NDJSON and WebSocket: replay, follow, end, reconnect, and readers that stall or leave."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress

import pytest
from aiohttp import ClientPayloadError, WSMsgType, WSServerHandshakeError
from google.protobuf.message_factory import GetMessageClass

from services.gateway import streams
from services.gateway.backends import Channels
from services.gateway.events import WATCH, EventStream
from tests.unit.gateway.backend import Backend, gateway, serving

SSE = {"Accept": "text/event-stream"}


async def eventually(check) -> None:
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.01)


async def test_ndjson_replays_follows_and_ends(client, backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init", "start")
    answer = await client.get("/api/v1/jobs/gen_1/events")
    assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
    first = json.loads(await answer.content.readline())
    assert first == {
        "v": 1,
        "jobId": "gen_1",
        "seq": 1,
        "attempt": 1,
        "type": "init",
        "timestamp": "2026-01-29T00:00:00.000Z",
        "data": {"current": 500, "rate": 10.5},
    }
    assert json.loads(await answer.content.readline())["seq"] == 2
    await backend.say("gen_1", "progress", "complete")
    rest = (await answer.text()).splitlines()
    assert [json.loads(line)["type"] for line in rest] == ["progress", "complete"]


async def test_sse_has_ids_and_data_and_no_event_names(client, backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init", "complete")
    answer = await client.get("/api/v1/jobs/gen_1/events", headers=SSE)
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"
    blocks = (await answer.text()).split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == ["id: 1", "id: 2", ""]
    assert all(block.split("\n")[1].startswith('data: {"v":1,') for block in blocks[:-1]) and "event:" not in "".join(blocks)


async def test_after_and_last_event_id_choose_where_to_begin(client, backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init", "start", "progress", "complete")
    answer = await client.get("/api/v1/jobs/gen_1/events?after=2")
    assert [json.loads(line)["seq"] for line in (await answer.text()).splitlines()] == [3, 4]
    answer = await client.get("/api/v1/jobs/gen_1/events?after=1", headers=SSE | {"Last-Event-ID": "3"})
    assert (await answer.text()).startswith("id: 4\n")


async def test_an_event_source_that_returns_after_the_end_is_told_to_stay_away(client, backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init", "complete")
    answer = await client.get("/api/v1/jobs/gen_1/events", headers=SSE | {"Last-Event-ID": "2"})
    assert answer.status == 204


async def test_headers_come_before_the_first_event(client, backend):
    backend.add_job("gen_1")
    async with asyncio.timeout(3):
        answer = await client.get("/api/v1/jobs/gen_1/events", headers=SSE)
    assert answer.status == 200
    answer.close()


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/api/v1/jobs/gen_1/events?after=9", 400, "SEQ_OUT_OF_RANGE"),
        ("/api/v1/jobs/gen_1/events?after=x", 400, "TYPE_INVALID"),
        ("/api/v1/jobs/gen_1/events?aftr=1", 400, "UNKNOWN_FIELD"),
        ("/api/v1/jobs/gen_2/events", 404, "JOB_NOT_FOUND"),
        ("/api/v1/jobs/gen_1/ws", 426, "UPGRADE_REQUIRED"),
    ],
)
async def test_refusals_are_problems(client, backend, url, status, code):
    backend.add_job("gen_1")
    answer = await client.get(url)
    assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_websocket_sends_one_event_a_frame_and_closes_with_1000(client, backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init")
    ws = await client.ws_connect("/api/v1/jobs/gen_1/ws")
    assert (await ws.receive_json())["seq"] == 1
    await ws.send_str("what clients say is ignored")
    await backend.say("gen_1", "progress", "complete")
    assert [(await ws.receive_json())["seq"] for _ in range(2)] == [2, 3]
    assert (await ws.receive()).type is WSMsgType.CLOSE and ws.close_code == 1000
    replay = await client.ws_connect("/api/v1/jobs/gen_1/ws?after=2")
    assert (await replay.receive_json())["seq"] == 3


async def test_websocket_refuses_before_the_upgrade(client):
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect("/api/v1/jobs/gen_1/ws")
    assert caught.value.status == 404


async def test_clients_that_leave_let_go_of_the_service(client, backend, caplog):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init")
    answer = await client.get("/api/v1/jobs/gen_1/events")
    ws = await client.ws_connect("/api/v1/jobs/gen_1/ws")
    await ws.receive_json()
    await eventually(lambda: backend.watching == 1)  # they share a stream
    answer.close()
    await ws.close()
    await backend.say("gen_1", *["progress"] * 20)
    await eventually(lambda: backend.watching == 0)
    assert [record.message for record in caplog.records if record.name == "aiohttp.server"] == []


async def test_a_quiet_stream_is_kept_alive(client, backend, monkeypatch):
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.05)
    backend.add_job("gen_1")
    answer = await client.get("/api/v1/jobs/gen_1/events", headers=SSE)
    assert await answer.content.readuntil(b"\n\n") == b": keep-alive\n\n"
    answer.close()


@pytest.mark.parametrize("kind", ["events", "ws"])
async def test_a_reader_that_stalls_is_cut_off(backend, kind):
    backend.add_job("gen_1")
    async with gateway(backend, write_timeout_seconds=0.3) as client:
        stalled = socket.create_connection((client.host, client.port))
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        names = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "A" * 22 + "==",
        }
        upgrade = "".join(f"{name}: {value}\r\n" for name, value in names.items())
        head = f"GET /api/v1/jobs/gen_1/{kind} HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade if kind == 'ws' else ''}\r\n"
        stalled.sendall(head.encode())
        await eventually(lambda: backend.watching == 1)
        await backend.say("gen_1", *["x" * 20_000] * 600)
        await eventually(lambda: backend.watching == 0)
        stalled.close()


async def test_streams_go_on_when_the_service_comes_back():
    backend = Backend()
    backend.add_job("gen_1")
    await backend.say("gen_1", "init", "start")
    async with serving(backend) as address:
        channels = Channels.open({"generator": address})
        answers = await _first_two(channels)
    restarted = Backend()
    restarted.jobs, restarted.events = backend.jobs, backend.events
    await backend.say("gen_1", "progress", "complete")
    async with serving(restarted, int(address.rsplit(":", 1)[1])):
        assert [event.seq async for event in answers] == [3, 4]
    await channels.close()


async def _first_two(channels):
    stream = EventStream(channels, GetMessageClass(WATCH.input_type)(id="gen_1"), "r")
    assert await stream.open()
    events = aiter(stream)
    assert [(await anext(events)).seq for _ in range(2)] == [1, 2]
    return events


async def test_stopping_ends_streams(backend):
    backend.add_job("gen_1")
    await backend.say("gen_1", "init")
    async with gateway(backend) as client:
        answer = await client.get("/api/v1/jobs/gen_1/events")
        ws = await client.ws_connect("/api/v1/jobs/gen_1/ws")
        await ws.receive_json()
        async with asyncio.timeout(5):
            closing = asyncio.ensure_future(client.server.close())
            assert (await ws.receive()).type is WSMsgType.CLOSE and ws.close_code == 1001
            with suppress(ClientPayloadError):
                await answer.text()
            await closing
