"""A server of the OpenAI chat API for tests: fitting records, faults by a fixed schedule, a capacity that is known.

What is answered is a function of the prompt alone, so every run gets the same answers. Whether an answer is preceded by
a fault is a function of the prompt and of how often it was asked. `python -m tests.datasets_server` runs one alone,
prints its URL, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from email.utils import formatdate
from hashlib import blake2b
from typing import Any

from aiohttp import web

_NOUNS = """account adapter agency alarm answer archive audit backup balance bargain battery bearing border bottle branch bridge
budget bundle cabinet cable camera campus canal carbon cargo carrier castle catalogue cellar census ceramic charter circuit
clause client clinic coast collar column comet compass concert contract copper corner cotton council courier crystal culture
current custom dairy deadline debt decade defect deposit detail device diagram dialogue diet dinner district doctor domain
drawer driver edition elbow element engine entry envelope episode estate event exhibit expert export fabric factory failure
farm feature fever fibre filter finding flavour forest formula fossil fraction frame freight furnace gallery garage garden
gateway glacier glove grammar granite harbour harvest helmet heritage highway hospital index ingredient invoice island
journal judge kettle keyboard kitchen ladder lantern lawyer ledger lemon lesson letter library license lumber machine magnet
manual margin market meadow measure memory merchant meter mineral mirror mixture monitor mortgage museum needle network
nurse object octave officer orbit orchard outlet oxygen package paper parcel partner passage patent patient pattern pencil
pension pepper permit pharmacy picture pilot planet plaster platform pocket policy polymer portrait powder premium printer
prison project protein province pulley pupil quarry quartz queue railway ranger receipt recipe record refund region repair
reserve resin result ribbon river robot rocket rubber runway saddle salary sample satellite scholar screen season sector
segment senate sensor session shadow shelter signal silver sketch socket soldier spectrum spring square stable statue
station stomach storage stream street studio subject summit supply surface surgeon switch symbol tablet tanker target
tariff teacher temple tenant texture theory thermal ticket timber tissue tower tractor trader traffic trainer transfer
treaty trumpet tunnel turbine tutor vaccine valley valve vendor vessel village violin volume voucher wagon warrant weather
wheel whistle widget window winter witness worker workshop writer yard zone""".split()
_VERBS = """accepts adjusts allows arranges attracts avoids balances blocks borrows builds carries changes checks clears
collects compares confirms controls copies counts covers creates defines delays delivers describes designs divides drops
enables enters examines explains extends follows forms gathers grants guides handles holds improves informs joins keeps
launches leads limits links lists loads locates manages marks measures mends mixes moves names needs notes offers opens
orders pays places plans prepares presents prevents prints processes protects proves pulls raises reaches reads receives
records reduces refuses repairs replaces reports requests resets restores returns reviews saves selects sends separates
serves shares shows signs sorts starts stores supports takes tests tracks trades trains transports treats turns updates
uses values verifies visits warns watches weighs welcomes wins works""".split()
_SENTENCES = (
    "The {0} {1} the {2} before it {3} a {4}.",
    "When a {0} {1} its {2}, the {4} of the {5} {3} too.",
    "It is the {0} that {1} every {2} and {3} this {4}.",
    "In most cases a {2} {1} with the {0}, but the {4} {3} only its {5}.",
    "You can see how the {0} {1} and why that {2} {3} for each {4}.",
)


@dataclass(frozen=True)
class Behaviour:
    """How the server behaves. Faults are shares of prompts, 0..1.

    Transport (the first time a prompt is asked, then it is answered): `limited` 429 with `retry_after`, `failed` 500,
    `cut` the connection ends in the middle, `malformed` a body that is no JSON, `slow` an answer that takes `slow_seconds`.
    Content (every time): `wrong` schema, `prose` around the JSON, `refused` in words, `repeated` records.
    Capacity: `parallel` requests take `seconds` each; more wait (`queue`) or get 429; `rate` a second with `burst`.
    `formats` are the response formats that are taken, others get 400. `redirect` sends every request there.
    """

    seconds: float = 0.0
    parallel: int = 1_000_000
    queue: bool = True
    rate: float = 0.0
    burst: float = 1.0
    retry_after: float | None = 0.1
    dated: bool = False
    limited: float = 0.0
    failed: float = 0.0
    cut: float = 0.0
    malformed: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 0.3
    wrong: float = 0.0
    prose: float = 0.0
    refused: float = 0.0
    repeated: float = 0.0
    formats: tuple[str, ...] = ("json_schema", "json_object", "text")
    key: str = ""
    redirect: str = ""
    usage: bool = True

    @property
    def best(self) -> float:
        """Answers a second that no client can exceed in the long run."""
        slots = self.parallel / self.seconds if self.seconds else float("inf")
        return min(slots, self.rate or float("inf"))


@dataclass
class Server:
    """A running server, and what it saw. `asked` and `answered` count by the mark of a prompt."""

    url: str
    behaviour: Behaviour
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    most_in_flight: int = 0
    times: list[float] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def again(self) -> int:
        """Answers that were given for a prompt that had one already."""
        return sum(count - 1 for count in self.answered.values())

    def stats(self) -> dict[str, Any]:
        """The counts, for readers in other processes (`GET /stats`)."""
        return {
            "requests": sum(self.asked.values()),
            "answers": sum(self.answered.values()),
            "again": self.again,
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "mostInFlight": self.most_in_flight,
        }


def mark(body: Mapping[str, Any]) -> str:
    """What a request's prompt is counted under."""
    return blake2b(json.dumps([body["messages"], body.get("seed")]).encode(), digest_size=12).hexdigest()


def share(text: str, what: str) -> float:
    """A number in [0, 1) that a prompt has for a fault."""
    return int.from_bytes(blake2b(f"{what}:{text}".encode(), digest_size=6).digest(), "big") / (1 << 48)


class _Handler:
    """Answers requests by a behaviour. Runs in one event loop."""

    def __init__(self, server: Server) -> None:
        self.server, self.behaviour = server, server.behaviour
        self._slots = asyncio.Semaphore(self.behaviour.parallel)
        self._in_flight, self._tokens, self._filled = 0, self.behaviour.burst, time.monotonic()

    async def complete(self, request: web.Request) -> web.StreamResponse:
        server, behaviour = self.server, self.behaviour
        server.headers.append(dict(request.headers))
        if behaviour.redirect:
            return self._status(302, "moved", {"Location": behaviour.redirect})
        if behaviour.key and request.headers.get("Authorization") != f"Bearer {behaviour.key}":
            return self._status(401, f"Incorrect API key provided: {request.headers.get('Authorization', '')[7:]}.")
        body = await request.json()
        server.bodies.append(body)
        form = body.get("response_format", {"type": "text"})["type"]
        if form not in behaviour.formats:
            return self._status(400, f"response_format {form} is not supported")
        server.formats[form] += 1
        prompt = mark(body)
        server.asked[prompt] += 1
        if not self._has_room():
            return self._limited()
        self._in_flight += 1
        server.most_in_flight = max(server.most_in_flight, self._in_flight)
        try:
            return await self._answer(request, body, prompt)
        finally:
            self._in_flight -= 1

    def _has_room(self) -> bool:
        if self.behaviour.rate:
            now = time.monotonic()
            self._tokens = min(self.behaviour.burst, self._tokens + (now - self._filled) * self.behaviour.rate)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
        return self.behaviour.queue or self._in_flight < self.behaviour.parallel

    async def _answer(self, request: web.Request, body: Mapping[str, Any], prompt: str) -> web.StreamResponse:
        behaviour, first = self.behaviour, self.server.asked[prompt] == 1
        if first and share(prompt, "limited") < behaviour.limited:
            return self._limited()
        if first and share(prompt, "failed") < behaviour.failed:
            return self._status(500, "internal error")
        slow = share(prompt, "slow") < behaviour.slow
        async with self._slots:
            await asyncio.sleep(behaviour.slow_seconds if slow else behaviour.seconds)
        if first and share(prompt, "malformed") < behaviour.malformed:
            return self._done(web.Response(text='{"choices": [{"mess', content_type="application/json"))
        payload = completion(body, self.behaviour)
        if first and share(prompt, "cut") < behaviour.cut:
            return await self._cut(request, payload)
        self.server.answered[prompt] += 1
        self.server.times.append(time.monotonic())
        return self._done(web.json_response(payload))

    async def _cut(self, request: web.Request, payload: Any) -> web.StreamResponse:
        text = json.dumps(payload).encode()
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(text))})
        await response.prepare(request)
        await response.write(text[: len(text) // 2])
        assert request.transport is not None
        request.transport.abort()
        return response

    def _limited(self) -> web.Response:
        wait = self.behaviour.retry_after
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        if self.behaviour.dated and wait is not None:
            headers = {"Retry-After": formatdate(time.time() + wait, usegmt=True)}
        return self._status(429, "rate limit reached", headers)

    def _status(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
        return self._done(web.json_response({"error": {"message": message}}, status=status, headers=headers))

    def _done(self, response: web.Response) -> web.Response:
        self.server.statuses[response.status] += 1
        return response

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.server.stats())


def completion(body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """The chat completion for a request: a record that fits the schema it asks for, or what the schedule puts there."""
    prompt, asked = mark(body), "\n".join(message["content"] for message in body["messages"])
    text = content(asked, schema_in(body, asked), prompt, behaviour)
    usage = {"prompt_tokens": len(asked) // 4, "completion_tokens": len(text) // 4}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    head = {"id": f"chatcmpl-{prompt}", "object": "chat.completion", "model": body["model"]}
    return {**head, "choices": [choice], **({"usage": usage} if behaviour.usage else {})}


def schema_in(body: Mapping[str, Any], asked: str) -> dict[str, Any] | None:
    """The JSON Schema of the response format, else the last line of the prompt that is one."""
    form = body.get("response_format", {})
    if "json_schema" in form:
        return dict(form["json_schema"]["schema"])
    lines = [line for line in asked.splitlines() if line.startswith("{") and '"type"' in line and '"properties"' in line]
    return dict(json.loads(lines[0])) if lines else None


def content(asked: str, schema: Mapping[str, Any] | None, prompt: str, behaviour: Behaviour) -> str:
    """The text of an answer."""
    if share(prompt, "refused") < behaviour.refused:
        return "I'm sorry, but I cannot help with that request."
    if schema is None:
        return sentences(prompt, 4)
    seed = f"repeated-{int(share(prompt, 'which') * 3)}" if share(prompt, "repeated") < behaviour.repeated else prompt
    record = value(schema, seed, asked)
    if share(prompt, "wrong") < behaviour.wrong:
        record = {"answer": list(record.values())[:1], "note": 7}
    text = json.dumps(record)
    if share(prompt, "prose") < behaviour.prose:
        return f"Sure! Here is the record:\n```json\n{text}\n```\nLet me know if you need more."
    return text


def value(schema: Mapping[str, Any], seed: str, asked: str, name: str = "") -> Any:
    """A value that fits a JSON Schema, another for each seed; labels are those the prompt names."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][int(share(seed, name) * len(schema["enum"]))]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {key: value(part, f"{seed}/{key}", asked, key) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return elements(schema, seed, asked, name)
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", 100)
        return int(low + share(seed, name) * (high - low))
    if kind == "boolean":
        return share(seed, name) < 0.5
    label = re.search(r"^Label: (.+)$", asked, re.MULTILINE)
    return label[1] if name == "label" and label else sentences(seed, 4 if name != "document" else 9)


def elements(schema: Mapping[str, Any], seed: str, asked: str, name: str) -> list[Any]:
    """An array; the turns of a conversation take turns."""
    count = max(2, schema.get("minItems", 0))
    if name == "messages":
        return [{"role": ("user", "assistant")[turn % 2], "content": sentences(f"{seed}/{turn}", 2)} for turn in range(count)]
    return [value(schema.get("items", {}), f"{seed}/{place}", asked, name) for place in range(count)]


def sentences(seed: str, count: int) -> str:
    """English that no other seed makes."""
    made = []
    for number in range(count):
        digest = blake2b(f"{seed}:{number}".encode(), digest_size=16).digest()
        picks = [int.from_bytes(digest[i : i + 2], "big") for i in range(0, 14, 2)]
        words = [
            (_VERBS if place in (1, 3) else _NOUNS)[pick % len(_VERBS if place in (1, 3) else _NOUNS)]
            for place, pick in enumerate(picks[:6])
        ]
        made.append(_SENTENCES[picks[6] % len(_SENTENCES)].format(*words))
    return " ".join(made)


async def _serve(server: Server, started: threading.Event, stop: asyncio.Event, port: int = 0) -> None:
    handler = _Handler(server)
    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/v1/chat/completions", handler.complete)
    app.router.add_get("/stats", handler.stats)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    started.set()
    await stop.wait()
    await runner.cleanup()


def _run(loop: asyncio.AbstractEventLoop, serving: Coroutine[Any, Any, None]) -> None:
    """Serve, then end the requests whose clients have gone."""
    try:
        loop.run_until_complete(serving)
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
    finally:
        loop.close()


@contextmanager
def datasets_server(behaviour: Behaviour | None = None, port: int = 0) -> Iterator[Server]:
    """A server in a thread of this process."""
    server = Server("", behaviour or Behaviour())
    started, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=_run, args=(loop, _serve(server, started, stop, port)), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def main() -> None:
    """Serve until standard input ends; options are those of `Behaviour`, as JSON."""
    parser = argparse.ArgumentParser(description="An OpenAI-compatible server for tests.")
    parser.add_argument("--behaviour", type=json.loads, default={}, help=f"JSON: {', '.join(f.name for f in fields(Behaviour))}")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    behaviour = Behaviour(**{**options.behaviour, "formats": tuple(options.behaviour.get("formats", Behaviour.formats))})
    with datasets_server(behaviour, options.port) as server:
        print(json.dumps({"url": server.url, "behaviour": asdict(behaviour)}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
