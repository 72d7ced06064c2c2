"""A server that goes away and comes back: its jobs are watched to their end, each event once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web

from cli import server_client
from cli.failure import CommandError
from cli.server_client import ServerJobs

JOB = "gen_1"
LAST = 6

Answer = Callable[[web.Request], Any]


def event(seq: int) -> dict[str, Any]:
    return {"seq": seq, "type": "complete" if seq == LAST else "progress", "data": {}}


def lines(*numbers: int) -> bytes:
    return b"".join(orjson.dumps(event(seq)) + b"\n" for seq in numbers)


class Server:
    """Answers each request for events with the next of `answers`, the last one again and again."""

    def __init__(self, answers: Sequence[Answer], state: str = "RUNNING") -> None:
        self._answers, self._state = list(answers), state
        self.asked: list[int] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get(f"/api/v1/jobs/{JOB}/events", self._events)
        app.router.add_get(f"/api/v1/jobs/{JOB}", self._job)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield site.name
        finally:
            await runner.cleanup()

    async def _job(self, _: web.Request) -> web.Response:
        return web.json_response({"id": JOB, "state": self._state, "firstSequence": 1, "lastSequence": LAST})

    async def _events(self, request: web.Request) -> Any:
        self.asked.append(int(request.query["after"]))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return await answer(request)


def says(body: bytes, broken: bool = False) -> Answer:
    """Part of a stream, which then ends, or breaks."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(body)
        if broken:
            assert request.transport is not None
            request.transport.abort()
        return response

    return answer


def refuses(status: int, code: str, **more: Any) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"code": code, "message": "No.", "details": "As programs do.", **more}, status=status)

    return answer


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_client, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(server_client, "LONGEST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(server_client, "PATIENCE_SECONDS", 0.2)


async def watched(url: str, after: int = 0) -> list[int]:
    async with ServerJobs(url) as jobs:
        return [each["seq"] async for each in jobs.watch(JOB, after)]


async def test_a_stream_that_breaks_or_ends_early_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    cut = lines(4) + lines(5)[:7]
    answers = (says(lines(1, 2), broken=True), says(b""), says(lines(2, 3)), says(cut, broken=True), says(lines(5, 6)))
    server = Server(answers)
    async with server.running() as url:
        assert await watched(url) == [1, 2, 3, 4, 5, 6]
    assert (server.asked[0], server.asked[-1]) == (0, 4)
    assert capsys.readouterr().err.count("trying again") <= 2


async def test_a_service_that_is_away_is_waited_for_and_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    away = refuses(503, "SERVICE_UNAVAILABLE")
    server = Server((says(lines(1)), away, away, away, says(lines(2, 3, 4, 5, 6))))
    async with server.running() as url:
        assert await watched(url) == [1, 2, 3, 4, 5, 6]
        assert capsys.readouterr().err == f"mockcraft: no answer from {url}; trying again\n"


async def test_patience_ends_with_how_to_go_on() -> None:
    server = Server((says(lines(1, 2)), refuses(503, "SERVICE_UNAVAILABLE")))
    async with server.running() as url:
        with pytest.raises(CommandError) as caught:
            await watched(url)
    assert caught.value.code == "SERVER_UNREACHABLE"
    assert f"mockcraft jobs watch {JOB} --after 2 --server {url}" in caught.value.hint
    assert len(server.asked) > 3


@pytest.mark.parametrize(("status", "code"), [(404, "JOB_NOT_FOUND"), (410, "EVENTS_EXPIRED"), (401, "KEY_INVALID")])
async def test_a_refusal_is_not_asked_for_again(status: int, code: str) -> None:
    server = Server((says(lines(1)), refuses(status, code)))
    async with server.running() as url:
        with pytest.raises(CommandError) as caught:
            await watched(url)
    assert (caught.value.code, len(server.asked)) == (code, 2)


def expired(state: str, first: int) -> Answer:
    return refuses(410, "EVENTS_EXPIRED", job={"id": JOB, "state": state, "firstSequence": first, "lastSequence": LAST})


async def test_events_that_went_meanwhile_are_skipped_and_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    server = Server((says(lines(1)), expired("RUNNING", 4), expired("RUNNING", 5), says(lines(5, 6))))
    async with server.running() as url:
        assert await watched(url) == [1, 5, 6]
    assert server.asked == [0, 1, 3, 4]
    said = [f"mockcraft: the events {gone} of {JOB} are no longer kept: skipped" for gone in ("2 to 3", "4 to 4")]
    assert capsys.readouterr().err.splitlines() == said


async def test_a_job_whose_events_are_all_gone_when_it_has_ended_is_left() -> None:
    server = Server((says(lines(1)), expired("SUCCEEDED", 1)))
    async with server.running() as url:
        assert await watched(url) == [1]
    async with Server((expired("SUCCEEDED", 1),)).running() as url:
        with pytest.raises(CommandError, match="No"):
            await watched(url)


async def test_a_job_that_has_ended_and_says_nothing_more_is_left() -> None:
    server = Server((says(b""),), state="SUCCEEDED")
    async with server.running() as url:
        assert await watched(url, after=LAST) == []
    assert server.asked == [LAST]


async def test_a_missing_key_names_the_variable_that_brings_it() -> None:
    async with Server((refuses(401, "KEY_MISSING"),)).running() as url:
        with pytest.raises(CommandError) as caught:
            await watched(url)
    assert (caught.value.code, caught.value.hint) == ("KEY_MISSING", "set MOCKCRAFT_API_KEY to a key of this server")


async def test_where_nobody_ever_answered_it_is_told_at_once() -> None:
    async with Server((says(b""),)).running() as url:
        pass
    with pytest.raises(CommandError) as caught:
        await watched(url)
    assert caught.value.code == "SERVER_UNREACHABLE"
    assert re.search("mockcraft server.*--server", caught.value.hint)
