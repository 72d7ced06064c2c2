"""The client of OpenAI-compatible servers, against a real one."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

import orjson
import pytest
import trustme
from aiohttp import web

from runner.datasets.models import Answer, Message, Model, ModelError, Prompt, open_model
from runner.datasets.models._replies import Secret, refusal, retry_after
from runner.datasets.pacing import Limits, Pacer
from runner.datasets.records import schema_of
from runner.datasets.spec import DatasetRequest, ModelSettings
from tests.datasets_server import Behaviour, datasets_server

SCHEMA = schema_of("instruction", DatasetRequest(target_count=1))
KEY = "sk-canary-4242-do-not-show-me"


def prompt(seed: int = 1, schema: Mapping[str, Any] | None = SCHEMA) -> Prompt:
    return Prompt((Message("system", "You write."), Message("user", "Write one record.")), 0.7, 0.9, 64, seed, schema)


def opened(url: str, key: str = "", **settings: Any) -> Model:
    values = {"timeout_seconds": 2.0, "connect_seconds": 1.0, **settings}
    return open_model("openai:tiny", ModelSettings(endpoint=url, **values), {"api_key": key} if key else {})


async def one(url: str, key: str = "", **settings: Any) -> Answer:
    model = opened(url, key, **settings)
    try:
        return await model.answer(prompt())
    finally:
        await model.close()


async def error_of(url: str, key: str = "", **settings: Any) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await one(url, key, **settings)
    return raised.value


@asynccontextmanager
async def serving(handle: Callable[[web.Request], Any], context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server with one handler, for what the test server does not do."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def completed(content: Any = "words", **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": content, **message}, "finish_reason": "length"}]}


async def test_a_request_and_its_answer() -> None:
    with datasets_server() as server:
        answer = await one(server.url, KEY)
    assert set(orjson.loads(answer.text)) == {"instruction", "input", "output"}
    assert answer.prompt_tokens > 0
    assert answer.completion_tokens > 0
    assert answer.finish_reason == "stop"
    assert 0 < answer.seconds < 2
    (body,) = server.bodies
    assert body["model"] == "tiny"
    assert body["stream"] is False
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["seed"]) == (0.7, 0.9, 64, 1)
    assert body["messages"] == [{"role": "system", "content": "You write."}, {"role": "user", "content": "Write one record."}]
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    (headers,) = server.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert "Cookie" not in headers


async def test_without_a_key_no_header_is_sent() -> None:
    with datasets_server() as server:
        await one(server.url)
    assert "Authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("formats", "used"),
    [(("json_object", "text"), ["json_object"] * 4), (("text",), ["text"] * 4), (("json_schema",), ["json_schema"] * 4)],
)
async def test_a_way_of_asking_that_is_refused_is_not_tried_again(formats: tuple[str, ...], used: list[str]) -> None:
    with datasets_server(Behaviour(formats=formats)) as server:
        model = opened(server.url)
        for seed in range(4):
            await model.answer(prompt(seed))
        await model.close()
    assert dict(server.formats) == {used[0]: 4}
    assert len(server.bodies) == 4 + ("json_schema", "json_object", "text").index(used[0])


async def test_a_bad_request_does_not_spoil_the_way_of_asking() -> None:
    calls: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        calls.append(body.get("response_format", {"type": "text"})["type"])
        if body["seed"] == 13:
            return web.json_response({"error": {"message": "bad words"}}, status=400)
        return web.json_response(completed())

    async with serving(handle) as url:
        model = opened(url)
        with pytest.raises(ModelError) as raised:
            await model.answer(prompt(13))
        assert raised.value.code == "MODEL_REQUEST_REFUSED"
        await model.answer(prompt(1))
        calls.clear()
        with pytest.raises(ModelError):
            await model.answer(prompt(13))
        await model.close()
    assert calls == ["json_schema"]  # it was taken before, so it is not what was refused


async def test_parameters_that_a_model_does_not_take_are_left_out() -> None:
    bodies: list[dict[str, Any]] = []

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        bodies.append(body)
        for name, code in (("max_tokens", "unsupported_parameter"), ("temperature", "unsupported_value")):
            if name in body:
                return web.json_response({"error": {"message": "Unsupported", "code": code, "param": name}}, status=400)
        return web.json_response(completed())

    async with serving(handle) as url:
        model = opened(url)
        await model.answer(prompt(1))
        await model.answer(prompt(2))
        await model.close()
    assert len(bodies) == 4
    assert bodies[-1]["max_completion_tokens"] == 64
    assert not {"max_tokens", "temperature"} & set(bodies[-1])


@pytest.mark.parametrize(
    ("payload", "text", "reason"),
    [
        (completed([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", "length"),
        (completed(None, refusal="I cannot."), "I cannot.", "refusal"),
        (completed(None), "", "length"),
    ],
)
async def test_other_forms_of_answers(payload: dict[str, Any], text: str, reason: str) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(payload)

    async with serving(handle) as url:
        answer = await one(url)
    assert (answer.text, answer.finish_reason) == (text, reason)
    assert answer.prompt_tokens == 7  # 27 characters; the server told nothing


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"choices": [{"mess', "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b'{"choices": []}', "application/json"),
        (b'{"choices": [{"message": {"content": 7}}]}', "application/json"),
        (b'{"choices": [{"message": {"content": "\\ud800"}}]}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"<html>busy</html>", "text/html"),
        (b'{"choices": [{"message": {"content": "words"}}]}', "text/plain"),
    ],
)
async def test_bodies_that_are_no_answers(body: bytes, kind: str) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind)

    async with serving(handle) as url:
        error = await error_of(url)
    assert (error.code, error.retryable, error.fatal) == ("MODEL_MALFORMED", True, False)


async def test_a_body_is_read_up_to_its_limit() -> None:
    sent = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while sent < 200 << 20:
                await response.write(b" " * 65_536)
                sent += 65_536
        except ConnectionResetError:
            pass
        return response

    async with serving(handle) as url:
        error = await error_of(url, max_body_bytes=1 << 20)
    assert error.code == "MODEL_ANSWER_TOO_LARGE"
    assert sent < 64 << 20


async def test_a_compressed_body_is_not_unpacked() -> None:
    async def handle(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        response = web.json_response(completed("x" * 100_000))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with serving(handle) as url:
        error = await error_of(url)
    assert error.code == "MODEL_MALFORMED"


async def test_redirects_are_not_followed() -> None:
    with datasets_server() as other, datasets_server(Behaviour(redirect=f"{other.url}/chat/completions")) as server:
        error = await error_of(server.url, KEY)
        assert (error.code, error.fatal) == ("MODEL_REFUSED", True)
        assert "redirects" in error.message
        assert other.headers == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with datasets_server() as proxy, datasets_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await one(server.url)
        assert len(server.headers) == 1
        assert proxy.headers == []


async def test_certificates_are_verified() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def handle(request: web.Request) -> web.Response:
        return web.json_response(completed())

    async with serving(handle, context) as url:
        error = await error_of(url, KEY)
    assert (error.code, error.fatal) == ("MODEL_REFUSED", True)
    assert "certificate" in error.message


async def test_times_are_limited() -> None:
    with datasets_server(Behaviour(seconds=5)) as server:
        began = time.monotonic()
        error = await error_of(server.url, timeout_seconds=0.3)
        assert time.monotonic() - began < 2
    assert (error.code, error.retryable) == ("MODEL_TIMEOUT", True)


async def test_cut_connections_and_servers_that_are_not_there() -> None:
    with datasets_server(Behaviour(cut=1.0)) as server:
        error = await error_of(server.url)
        assert (error.code, error.retryable) == ("MODEL_DISCONNECTED", True)
    error = await error_of(server.url)
    assert (error.code, error.retryable) == ("MODEL_UNREACHABLE", True)


STATUSES: list[tuple[int, dict[str, Any], str, bool, bool]] = [
    (429, {}, "MODEL_RATE_LIMITED", True, False),
    (503, {}, "MODEL_OVERLOADED", True, False),
    (529, {}, "MODEL_OVERLOADED", True, False),
    (500, {}, "MODEL_FAILED", True, False),
    (502, {}, "MODEL_FAILED", True, False),
    (504, {}, "MODEL_TIMEOUT", True, False),
    (408, {}, "MODEL_TIMEOUT", True, False),
    (401, {}, "MODEL_REFUSED", False, True),
    (403, {}, "MODEL_REFUSED", False, True),
    (404, {"message": "The model `x` does not exist"}, "MODEL_UNAVAILABLE", False, True),
    (402, {}, "MODEL_QUOTA", False, True),
    (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}, "MODEL_QUOTA", False, True),
    (307, {}, "MODEL_REFUSED", False, True),
    (413, {}, "MODEL_CONTEXT", False, False),
    (400, {"code": "context_length_exceeded", "message": "too long"}, "MODEL_CONTEXT", False, False),
    (400, {"message": "This model's maximum context length is 4096 tokens."}, "MODEL_CONTEXT", False, False),
    (400, {"message": "no"}, "MODEL_REQUEST_REFUSED", False, False),
    (422, {}, "MODEL_REQUEST_REFUSED", False, False),
]


@pytest.mark.parametrize(("status", "said", "code", "retryable", "fatal"), STATUSES)
def test_what_statuses_mean(status: int, said: dict[str, Any], code: str, retryable: bool, fatal: bool) -> None:
    error = refusal(status, {}, orjson.dumps({"error": said}), Secret(KEY))
    assert (error.code, error.retryable, error.fatal) == (code, retryable, fatal)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"7", b'"words"', b'{"error": "words"}', b'{"detail": [1]}', b"\xff\xfe"]
)
def test_errors_of_any_form_are_read(body: bytes) -> None:
    assert refusal(500, {}, body, Secret("")).code == "MODEL_FAILED"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": formatdate(1_000_020, usegmt=True), "date": formatdate(1_000_000, usegmt=True)}, 20.0),
        ({"retry-after": formatdate(1_000_020, usegmt=True)}, 10.0),
        ({"retry-after": formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "Wed, 99 Foo 2026 99:99:99 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, 1_000_010.0) == seconds


@pytest.mark.parametrize("dated", [False, True])
async def test_retry_after_reaches_the_pacer(dated: bool) -> None:
    with datasets_server(Behaviour(limited=1.0, retry_after=1.0, dated=dated)) as server:
        pacer = Pacer(opened(server.url), Limits())
        began = time.monotonic()
        await pacer.answer(prompt())
        waited = time.monotonic() - began
        assert pacer.metrics()["rateLimited"] == 1
        await pacer.close()
    assert (0 if dated else 0.99) < waited < 2.5  # a date has whole seconds


class TestKeys:
    """A key goes into one header, and nowhere else."""

    async def test_a_server_that_repeats_it(self, caplog: pytest.LogCaptureFixture) -> None:
        async def handle(request: web.Request) -> web.Response:
            key = request.headers["Authorization"]
            said = f"key {key} / {KEY[:14]}*** / {KEY[-12:]} / {KEY[3:20]}\n\x1b[31m" + "x" * 5000
            return web.json_response({"error": {"message": said, "code": KEY, "param": KEY}}, status=401)

        with caplog.at_level("DEBUG"):
            async with serving(handle) as url:
                error = await error_of(url, KEY)
        shown = f"{error!r} {error} {error.message} {error.args} {error.__cause__!r} {error.__context__!r}"
        for piece in (KEY, KEY[:12], KEY[-10:], "canary", "4242"):
            assert piece not in shown, piece
        assert "\x1b" not in shown
        assert len(error.message) < 400
        assert KEY not in caplog.text

    async def test_a_model_that_repeats_it(self) -> None:
        async def handle(request: web.Request) -> web.Response:
            return web.json_response(completed(f"my key is {KEY}!"))

        async with serving(handle) as url:
            answer = await one(url, KEY)
        assert answer.text == "my key is [secret]!"

    async def test_reprs_labels_and_metrics_hold_none(self) -> None:
        with datasets_server(Behaviour(key=KEY)) as server:
            model = opened(server.url, KEY)
            pacer = Pacer(model, Limits())
            await pacer.answer(prompt())
            for text in (repr(model), repr(vars(model)), repr(model.label), repr(pacer.metrics()), repr(vars(pacer))):
                assert "canary" not in text
            assert model.label["endpoint"] == server.url.split("/")[2]
            await pacer.close()

    @pytest.mark.parametrize("key", ["sk\r\nX-Evil: 1", "sk-ü", "a b", "sk-\x00"])
    def test_keys_that_are_none(self, key: str) -> None:
        with pytest.raises(ModelError) as raised:
            opened("http://127.0.0.1:9/v1", key)
        assert raised.value.code == "MODEL_UNAVAILABLE"
        assert key not in str(raised.value)


async def test_throughput_adapts_to_a_real_server() -> None:
    behaviour = Behaviour(seconds=0.2, parallel=16, queue=False, retry_after=0.2)
    with datasets_server(behaviour) as server:
        pacer = Pacer(opened(server.url), Limits())

        async def ask(number: int) -> None:
            for turn in range(10_000):
                await pacer.answer(prompt(number * 10_000 + turn))

        tasks = [asyncio.create_task(ask(number)) for number in range(64)]
        await asyncio.sleep(10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await pacer.close()
        last = max(server.times)
        rate = sum(last - 5 <= when for when in server.times) / 5
    assert rate >= 0.85 * behaviour.best
    assert 8 < pacer.metrics()["concurrency"] < 20
