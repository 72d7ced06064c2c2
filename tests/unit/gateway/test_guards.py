"""Keys, tickets, origins, rates, sizes, addresses, logs."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
import zlib
from dataclasses import dataclass

import pytest
import structlog

from services.common.settings import Auth, RateLimits, Settings
from services.common.settings_sources import SettingsError
from services.gateway.guards.clients import client_address, networks
from services.gateway.guards.hosts import is_allowed
from services.gateway.guards.observe import redacted
from services.gateway.guards.origins import is_same
from services.gateway.guards.tickets import Tickets
from services.gateway.server import refuse_open_bind
from tests.unit.gateway.backend import gateway

KEYS = {"auth": Auth(api_keys=("first", "second"))}
YAML = {"Content-Type": "application/yaml"}


async def test_without_keys_everything_is_open(client, backend):
    backend.add_job("gen_1", "SUCCEEDED", "completed", a__csv=b"x")
    job = await (await client.get("/api/v1/jobs/gen_1")).json()
    assert job["artifacts"][0]["url"] == "/api/v1/jobs/gen_1/artifacts/a.csv"
    assert job["eventsUrl"] == "/api/v1/jobs/gen_1/events"


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/metrics", "/docs", "/api/jobs", "/api/v1/openapi.json", "/nothing"])
async def test_with_keys_every_route_wants_one(backend, path):
    async with gateway(backend, **KEYS) as client:
        answer = await client.get(path)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="mockcraft"')
        assert (await answer.json())["code"] == "KEY_MISSING"
        wrong = await client.get(path, headers={"X-API-Key": "third"})
        assert (wrong.status, (await wrong.json())["code"]) == (401, "KEY_INVALID")
        for headers in ({"X-API-Key": "first"}, {"Authorization": "Bearer second"}, {"Authorization": "bearer first"}):
            assert (await client.get(path, headers=headers)).status in (200, 404)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/api/health"])
async def test_health_is_open(backend, path):
    async with gateway(backend, **KEYS) as client:
        assert (await client.get(path)).status == 200


async def test_urls_in_answers_carry_a_ticket_that_opens_that_job_only(backend):
    for job_id in ("gen_1", "gen_2"):
        backend.add_job(job_id, "SUCCEEDED", "completed", a__csv=b"x")
    await backend.say("gen_1", "complete")
    async with gateway(backend, **KEYS) as client:
        job = await (await client.get("/api/jobs/gen_1", headers={"X-API-Key": "first"})).json()
        urls = [job["artifacts"][0]["url"], job["eventsUrl"], job["archiveUrl"], job["downloadUrl"], job["files"][0]["url"]]
        assert [(await client.get(url)).status for url in urls] == [200] * 5
        await (await client.ws_connect(job["socketUrl"])).close()
        assert [(await client.get(url.replace("gen_1", "gen_2"))).status for url in urls] == [401] * 5
        ticket = urls[0].split("?")[1]
        assert (await client.get(f"/api/v1/jobs/gen_1?{ticket}")).status == 401
        assert (await client.post(f"/api/v1/jobs/gen_1:cancel?{ticket}")).status == 401


def test_tickets_expire_and_cannot_be_forged(monkeypatch):
    tickets = Tickets(["key"], 300)
    ticket = tickets.sign("/x?y=1", "gen_1").split("&ticket=")[1]
    assert tickets.opens(ticket, "gen_1") and not tickets.opens(ticket, "gen_2")
    expiry, signature = ticket.split(".")
    for forged in (
        "",
        ".",
        f"{int(expiry) + 1}.{signature}",
        f"{expiry}.",
        f"{expiry}.{signature[:-1]}-",
        "9" * 5000 + ".x",
        "é.é",
    ):
        assert not tickets.opens(forged, "gen_1")
    assert not Tickets(["other"], 300).opens(ticket, "gen_1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert not tickets.opens(ticket, "gen_1")


async def test_logs_have_one_line_for_each_request_and_no_ticket(backend):
    backend.add_job("gen_1", "SUCCEEDED", "completed", a__csv=b"x")
    async with gateway(backend, **KEYS) as client:
        job = await (await client.get("/api/v1/jobs/gen_1", headers={"X-API-Key": "first"})).json()
        with structlog.testing.capture_logs() as lines:
            answer = await client.get(job["artifacts"][0]["url"], headers={"X-Request-ID": "me-1", "User-Agent": "test"})
            assert await answer.read() == b"x"
            for _ in range(200):  # the line is written once the answer is out
                if lines:
                    break
                await asyncio.sleep(0.01)
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["path"] == "/api/v1/jobs/gen_1/artifacts/a.csv?ticket=***"
    assert (line["status"], line["request_id"], line["client"], line["user_agent"]) == (200, "me-1", "127.0.0.1", "test")


def test_tickets_are_redacted_wherever_they_stand():
    assert redacted("/a?ticket=1.x&b=2&Ticket=3") == "/a?ticket=***&b=2&Ticket=***"


async def test_rates_are_counted_for_each_client_and_kind(backend):
    async with gateway(backend, rate_limits=RateLimits(read=2, compute=1), trusted_proxies=("127.0.0.1",)) as client:
        assert [(await client.get("/api/v1/jobs")).status for _ in range(3)] == [200, 200, 429]
        refused = await client.get("/api/v1/generators")
        assert (await refused.json())["code"] == "RATE_LIMITED" and 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await client.get("/api/generate/x")).status == 200
        assert (await client.get("/api/v1/jobs", headers={"X-Forwarded-For": "9.9.9.9"})).status == 200
        assert (await client.get("/health/live")).status == 200


async def test_an_untrusted_peer_gains_nothing_by_x_forwarded_for(backend):
    async with gateway(backend, rate_limits=RateLimits(read=2)) as client:
        headers = [{"X-Forwarded-For": f"9.9.9.{i}"} for i in range(3)]
        assert [(await client.get("/api/v1/jobs", headers=each)).status for each in headers] == [200, 200, 429]


async def test_a_dead_redis_does_not_become_an_outage(backend):
    async with gateway(backend, redis_url="redis://127.0.0.1:1/0", rate_limits=RateLimits(read=1)) as client:
        assert [(await client.get("/api/v1/jobs")).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("peer", "forwarded", "wanted"),
    [
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6, 1.1.1.1", "10.0.0.2"], "1.1.1.1"),
        ("8.8.8.8", ["1.1.1.1"], "8.8.8.8"),
        ("10.0.0.1", ["garbage"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::1", ["2001:db8::1"], "2001:db8::1"),
        (None, ["1.1.1.1"], "local"),
    ],
)
def test_the_client_is_the_first_address_that_no_trusted_proxy_has(peer, forwarded, wanted):
    assert client_address(peer, forwarded, networks(("10.0.0.0/8", "::1"))) == wanted


async def test_allowed_pages_may_call_and_foreign_ones_may_not(client, backend):
    allowed = await client.get("/api/v1/jobs", headers={"Origin": "http://localhost:5173"})
    assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (200, "http://localhost:5173")
    assert "Location" in allowed.headers["Access-Control-Expose-Headers"]
    before = len(backend.requests)
    for origin in ("http://evil.example", "null", "http://localhost:5174"):
        foreign = await client.post("/api/v1/jobs/gen_1:cancel", headers={"Origin": origin})
        assert (foreign.status, (await foreign.json())["code"]) == (403, "ORIGIN_NOT_ALLOWED")
        assert not [name for name in foreign.headers if name.lower().startswith("access-control")]
    assert len(backend.requests) == before


async def test_preflights_need_no_key(backend):
    async with gateway(backend, **KEYS) as client:
        ask = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
        answer = await client.options("/api/v1/generations", headers=ask)
        assert answer.status == 204 and "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
        assert (await client.options("/api/v1/generations", headers=ask | {"Origin": "http://evil.example"})).status == 403


@pytest.mark.parametrize(
    ("origin", "host", "any_name", "wanted"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", False, True),
        ("http://localhost:8080", "localhost:8080", False, True),
        ("http://evil.example:8080", "evil.example:8080", False, False),
        ("http://mock.example", "mock.example", True, True),
        ("http://evil.example", "mock.example", True, False),
        ("null", "localhost", True, False),
        ("http://[", "[", True, False),
    ],
)
def test_a_page_of_our_own(origin, host, any_name, wanted):
    assert is_same(origin, host, any_name) is wanted


@dataclass
class Chunked:
    """A body without a length."""

    size: int

    async def __aiter__(self):
        for _ in range(self.size // 1024):
            yield b"x" * 1024


@pytest.mark.parametrize("url", ["/api/v1/schemas:validate", "/api/seed"])
async def test_bodies_over_the_limit_are_refused(backend, url):
    async with gateway(backend, body_limit=4096) as client:
        big = b"x" * 10_000
        answers = [
            await client.post(url, data=big, headers=YAML),
            await client.post(url, data=aiter(Chunked(100_000)), headers=YAML),
            await client.post(url, data=gzip.compress(b"x" * 5_000_000), headers=YAML | {"Content-Encoding": "gzip"}),
        ]
        assert [(answer.status, (await answer.json())["code"]) for answer in answers] == [(413, "BODY_TOO_LARGE")] * 3
        assert (await client.post(url, data=b"x" * 4000, headers=YAML)).status < 300


async def test_forms_over_the_limit_are_refused(backend):
    async with gateway(backend, body_limit=4096) as client:
        for field in ("file", "note"):
            form = f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{"x" * 9000}\r\n--b--\r\n'
            answer = await client.post("/api/seed", data=form, headers={"Content-Type": "multipart/form-data; boundary=b"})
            assert answer.status == 413


async def test_gzip_bodies_are_taken(client, backend):
    body = gzip.compress(b"tables: {}")
    assert (await client.post("/api/v1/schemas:validate", data=body, headers=YAML | {"Content-Encoding": "gzip"})).status == 200
    assert backend.requests[0].schema.text == "tables: {}"


@pytest.mark.parametrize("url", ["/api/v1/schemas:validate", "/api/seed", "/api/v1/generations"])
@pytest.mark.parametrize(
    ("encoding", "data", "status", "code"),
    [
        ("gzip", b"not gzip", 400, "BODY_UNDECODABLE"),
        ("deflate", b"\xff\xff not deflate", 400, "BODY_UNDECODABLE"),
        ("gzip", gzip.compress(b"tables: {}" * 50, mtime=0)[:-9], 400, "BODY_UNDECODABLE"),
        ("br", b"x", 415, "ENCODING_UNSUPPORTED"),
        ("zstd", b"x", 415, "ENCODING_UNSUPPORTED"),
    ],
)
async def test_bodies_that_cannot_be_decoded_are_refused(client, url, encoding, data, status, code):
    answer = await client.post(url, data=data, headers=YAML | {"Content-Encoding": encoding})
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert (await answer.json())["code"] == code


async def test_compressed_forms_are_taken(client, backend):
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="s.yaml"\r\n\r\ntables: {}\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Encoding": "deflate"}
    assert (await client.post("/api/seed", data=zlib.compress(form), headers=headers)).status < 300
    assert backend.requests[-1].schema.text == "tables: {}"


@pytest.mark.parametrize(
    ("host", "settings", "allowed"),
    [
        ("localhost:8080", {}, True),
        ("127.0.0.1", {}, True),
        ("[::1]:9", {}, True),
        ("evil.example:8080", {}, False),
        ("localhost.evil.example", {}, False),
        ("[bad", {}, False),
        ("mock.test:1", {"allowed_hosts": ("mock.test",)}, True),
        ("evil.example", KEYS, True),
        ("evil.example", {"host": "0.0.0.0", "insecure": True}, True),
    ],
)
def test_only_names_of_this_server_count_without_keys(host, settings, allowed):
    assert is_allowed(host, Settings(**settings)) is allowed


async def test_other_names_are_refused(client):
    answer = await client.get("/api/v1/jobs", headers={"Host": "evil.example"})
    assert (answer.status, (await answer.json())["code"]) == (403, "HOST_NOT_ALLOWED")


async def test_every_answer_carries_security_headers_and_a_request_id(client):
    for path in ("/health/live", "/nothing", "/docs"):
        headers = (await client.get(path, headers={"X-Request-ID": "bad id\t"})).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"] and re.fullmatch(
            "[0-9a-f]{32}", headers["X-Request-ID"]
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_other_addresses_need_keys(host):
    with pytest.raises(SettingsError, match="no API keys"):
        refuse_open_bind(Settings(host=host))
    refuse_open_bind(Settings(host=host, insecure=True))
    refuse_open_bind(Settings(host=host, **KEYS))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_none(host):
    refuse_open_bind(Settings(host=host))


async def test_the_token_of_the_services_is_sent(backend):
    async with gateway(backend, grpc_token="shared") as client:
        await client.get("/api/v1/generators")
    assert backend.metadata["authorization"] == "Bearer shared"


async def test_metrics_count_by_route_not_by_address(client):
    await client.get("/api/v1/jobs/gen_1")
    await client.get("/api/v1/jobs/gen_2")
    await client.request("PROPFIND", "/coffee")
    text = await (await client.get("/metrics")).text()
    assert 'mockcraft_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="404"} 2.0' in text
    assert 'mockcraft_http_requests_total{method="other",route="unmatched",status="404"} 1.0' in text


async def test_readiness_says_which_service_is_missing(backend):
    async with gateway(backend) as client:
        assert await (await client.get("/api/health")).json() == {"status": "ok"}
        assert await (await client.get("/health/ready")).json() == {"status": "ok", "services": {"generator": "SERVING"}}
