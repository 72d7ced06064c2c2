"""Seedings over REST: what is started, what is refused without a connection, and that no password is ever seen."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from mockcraft.generator.v1 import generator_pb2 as gen
from mockcraft.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from services.common.vault import KEY_FILE, Vault, VaultError
from tests.integration.loads import query
from tests.integration.stack import SCHEMA, Stack, stack

CANARY = "canary5f1c9e"
ROUTE = "/api/v1/seedings"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    (tmp_path / "data").mkdir()
    targets = {"prod": f"sqlite:///{tmp_path}/elsewhere.db", "down": f"postgresql://u:{CANARY}@127.0.0.1:1/db"}
    async with stack(tmp_path / "data", targets=targets, retry_seconds=0.05, max_attempts=2) as running:
        yield running


async def seed(server: Stack, target: str, schema: Any = SCHEMA, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = await server.client.post(ROUTE, json={"schema": schema, "target": target, **fields})
    return answer.status, await answer.json()


async def introspect(server: Stack, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = await server.client.post("/api/v1/schemas:introspect", json=fields)
    return answer.status, await answer.json()


def data_of(server: Stack) -> Path:
    return server.parts.jobs.storage.root


class Listener:
    """A port of loopback that counts who connects, and hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.visits = self._socket.getsockname()[1], 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found._socket.shutdown(socket.SHUT_RDWR)
    found.close()


# what is started


async def test_a_seeding_over_rest(server: Stack, tmp_path: Path) -> None:
    answer = await server.client.post(ROUTE, json={"schema": SCHEMA, "target": "prod", "rows": {"users": 300}})
    job = await answer.json()
    assert (answer.status, answer.headers["Location"], job["kind"]) == (202, f"/api/v1/jobs/{job['id']}", "seeding")
    assert job["id"].startswith("seed_")
    events = await server.events(job["id"])
    assert (events[-1]["type"], events[-1]["data"]["foreignKeys"]["checked"]) == ("complete", True)
    assert query(tmp_path / "elsewhere.db", "SELECT count(*) FROM users") == [(300,)]


async def test_a_bare_schema_and_options_in_the_query(server: Stack) -> None:
    headers = {"Content-Type": "application/yaml"}
    answer = await server.client.post(f"{ROUTE}?target=sqlite:///q.db&mode=append", data=SCHEMA, headers=headers)
    job = await answer.json()
    assert (answer.status, (await server.reaches(job["id"], "SUCCEEDED", "FAILED"))["state"]) == (202, "SUCCEEDED")
    assert (data_of(server) / "q.db").exists()


async def test_the_same_key_names_the_same_job(server: Stack) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"schema": SCHEMA, "target": "sqlite:///once.db"}
    first = await (await server.client.post(ROUTE, json=body, headers=headers)).json()
    again = await (await server.client.post(ROUTE, json=body, headers=headers)).json()
    assert first["id"] == again["id"]
    other = await server.client.post(ROUTE, json=body | {"target": "sqlite:///two.db"}, headers=headers)
    assert (other.status, (await other.json())["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_stream_begins_with_the_job_and_ends_with_its_end(server: Stack) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = seeder_pb2_grpc.SeederServiceStub(channel)  # type: ignore[no-untyped-call]
        request = seeder_pb2.CreateSeedingRequest(schema=gen.Schema(text=SCHEMA), target="sqlite:///stream.db")
        types = [event.type async for event in stub.StreamSeeding(request)]
    assert (types[0], types[-1]) == ("init", "complete")


async def test_a_schema_is_written_for_a_database_ddl_and_a_sample(server: Stack, tmp_path: Path) -> None:
    _, job = await seed(server, "sqlite:///shop.db")
    await server.reaches(job["id"], "SUCCEEDED")
    status, made = await introspect(server, target="sqlite:///shop.db", totalRows=500)
    assert (status, "orders:" in made["schema"]) == (200, True), made
    _, again = await seed(server, "sqlite:///copy.db", made["schema"])
    assert (await server.reaches(again["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
    status, made = await introspect(server, ddl="CREATE TABLE pets (id int primary key, name text not null);")
    assert (status, "pets:" in made["schema"]) == (200, True), made
    status, made = await introspect(server, sample="id,email\n1,a@example.com\n2,b@example.com\n", table="people")
    assert (status, "people:" in made["schema"]) == (200, True), made


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "SOURCE_MISSING"),
        ({"target": "sqlite:///absent.db"}, 404, "TARGET_NOT_FOUND"),
        ({"target": "sqlite:////etc/passwd"}, 400, "TARGET_NOT_ALLOWED"),
        ({"target": "down"}, 503, "TARGET_UNAVAILABLE"),
        ({"ddl": "nonsense"}, 400, "NOTHING_TO_GUESS"),
        ({"ddl": "CREATE TABLE t (a int)", "dialect": "cobol"}, 400, "DIALECT_INVALID"),
        ({"sample": "a\n", "totalRows": -1}, 400, "ROWS_INVALID"),
    ],
)
async def test_what_no_schema_can_be_written_for(server: Stack, fields: dict[str, Any], status: int, code: str) -> None:
    answered, body = await introspect(server, **fields)
    assert (answered, body["code"]) == (status, code), body
    assert CANARY not in json.dumps(body)
    assert not (data_of(server) / "absent.db").exists()


# what is refused


REFUSED = [
    "oracle://u:{canary}@127.0.0.1:{port}/db",
    "postgresql+asyncpg2://u:{canary}@127.0.0.1:{port}/db",
    "postgresql://u:{canary}@127.0.0.1:{port}/db?service=x",
    "postgresql://u:{canary}@127.0.0.1:{port}/db?host=/tmp",
    "postgresql://u:{canary}@127.0.0.1:{port}/db?passfile=/etc/passwd",
    "mysql://u:{canary}@127.0.0.1:{port}/db?read_default_file=/etc/passwd",
    "mysql://u:{canary}@127.0.0.1:{port}/db?unix_socket=/tmp/x",
    "mysql://u:{canary}@127.0.0.1:{port}/db?local_infile=1",
    "mongodb://u:{canary}@127.0.0.1:{port}/db?proxyHost=evil",
    "redis://u:{canary}@127.0.0.1:{port}/0?path=/tmp/x",
    "postgresql://u:{canary}@10.1.2.3:{port}/db",
    "postgresql://u:{canary}@169.254.169.254/db",
    "mysql://u:{canary}@[64:ff9b::7f00:1]:{port}/db",
    "redis://u:{canary}@0.0.0.0:{port}/0",
    "sqlite:////tmp/{canary}.db",
    "sqlite:///../{canary}.db",
    "sqlite:///secret.key",
    "file:///etc/passwd?{canary}",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_a_forbidden_target_is_refused_without_a_connection(server: Stack, listener: Listener, url: str) -> None:
    target = url.format(canary=CANARY, port=listener.port)
    status, body = await seed(server, target)
    assert (status, body["code"]) in ((400, "TARGET_NOT_ALLOWED"), (400, "TARGET_INVALID")), body
    assert CANARY not in json.dumps(body)
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = seeder_pb2_grpc.SeederServiceStub(channel)  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.CreateSeeding(seeder_pb2.CreateSeedingRequest(schema=gen.Schema(text=SCHEMA), target=target))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert CANARY not in repr(raised.value)
    assert listener.visits == 0
    assert (await (await server.client.get("/api/v1/jobs")).json())["jobs"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mode": "overwrite"}, "MODE_INVALID"),
        ({"batchSize": 10}, "BATCH_SIZE_INVALID"),
        ({"connections": 99}, "CONNECTIONS_INVALID"),
        ({"fast": ["everything"]}, "FAST_INVALID"),
        ({"target": ""}, "TARGET_MISSING"),
        ({"schema": "tables: {t: {rows: 5, columns: {x: no_such_generator}}}"}, "SCHEMA_INVALID"),
        ({"nonsense": 1}, "UNKNOWN_FIELD"),
    ],
)
async def test_bad_requests(server: Stack, fields: dict[str, Any], code: str) -> None:
    answer = await server.client.post(ROUTE, json={"schema": SCHEMA, "target": "prod"} | fields)
    assert (answer.status, (await answer.json())["code"]) == (400, code)


async def test_unknown_seedings_are_not_found(server: Stack) -> None:
    gen_job = await server.create()
    for job_id in ("seed_00000000000000000000000000", "nonsense", gen_job):
        for verb in ("resume", "clean"):
            answer = await server.client.post(f"{ROUTE}/{job_id}:{verb}", json={})
            assert (answer.status, (await answer.json())["code"]) == (404, "JOB_NOT_FOUND")


# secrets


def everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                seen = (path / name).read_bytes()
            except OSError:
                continue
            yield re.sub(rb"PYTEST_CURRENT_TEST=[^\0]*", b"", seen)  # names of tests that hold the canary themselves


@contextmanager
def looking(folder: Path) -> Iterator[list[str]]:
    """Looks for the canary on the disk and in all processes, again and again; where it was seen."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            with suppress(OSError):
                seen.extend(str(path) for path, data in everything(folder) if CANARY.encode() in data)
            seen.extend(repr(line[:100]) for line in command_lines() if CANARY.encode() in line)
            over.wait(0.05)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


async def sealed(server: Stack) -> list[tuple[Any, ...]]:
    return await asyncio.to_thread(query, data_of(server) / "jobs.db", "SELECT job_id, token FROM sealed")


async def test_a_password_is_seen_nowhere_and_gone_when_its_job_has_failed(
    server: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with looking(tmp_path) as seen:
        url = f"postgresql://u:{CANARY}@127.0.0.1:1/db?connect_timeout=2"
        status, job = await seed(server, url)
        assert status == 202, job
        events = await server.events(job["id"])
        failed = await server.reaches(job["id"], "FAILED")
        _, named = await seed(server, "down")
        events += await server.events(named["id"])
    assert (failed["error"]["code"], failed["error"]["retryable"]) == ("TARGET_UNAVAILABLE", True)
    assert CANARY not in json.dumps([events, failed, job, named])
    assert seen == []
    assert CANARY not in "".join(capfd.readouterr())
    assert (data_of(server) / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert await sealed(server) == []


async def test_the_url_waits_encrypted_until_its_job_has_ended(server: Stack) -> None:
    url = f"postgresql://u:{CANARY}@127.0.0.1:1/db"
    _, job = await seed(server, url)
    await server.client.post(f"/api/v1/jobs/{job['id']}:pause")
    if (await server.reaches(job["id"], "PAUSED", "FAILED"))["state"] == "PAUSED":
        ((job_id, token),) = await sealed(server)
        assert (job_id, CANARY in token) == (job["id"], False)
        assert Vault(data_of(server)).open(token).startswith(f"postgresql://u:{CANARY}@127.0.0.1:1/db")
        await server.client.post(f"/api/v1/jobs/{job['id']}:cancel")
        await server.reaches(job["id"], "CANCELLED")
    assert await sealed(server) == []


async def test_a_failed_seeding_by_url_wants_it_again(server: Stack) -> None:
    url = f"postgresql://u:{CANARY}@127.0.0.1:1/db"
    _, job = await seed(server, url)
    await server.reaches(job["id"], "FAILED")
    for route in (f"/api/v1/jobs/{job['id']}:resume", f"{ROUTE}/{job['id']}:resume"):
        answer = await server.client.post(route, json={})
        assert (answer.status, (await answer.json())["code"]) == (409, "TARGET_NEEDED")
    other = await server.client.post(f"{ROUTE}/{job['id']}:resume", json={"target": url.replace("/db", "/other")})
    assert (other.status, (await other.json())["code"]) == (409, "TARGET_DIFFERS")
    answer = await server.client.post(f"{ROUTE}/{job['id']}:resume", json={"target": url})
    heir = await answer.json()
    assert (answer.status, heir["resumedFrom"]) == (202, job["id"])
    await server.reaches(heir["id"], "FAILED")
    assert await sealed(server) == []


@pytest.mark.parametrize(
    ("url", "others", "same"),
    [
        (
            f"postgresql://u:{CANARY}@127.0.0.1:1/db?schema=canary_one",
            ("?schema=canary_one,two", "?schema=two&sslmode=disable", ""),
            "?connect_timeout=9&schema=canary_one",
        ),
        (
            f"redis://:{CANARY}@127.0.0.1:1/0?key=canary_one:%7Btable%7D:%7Bpk%7D",
            ("", "?key=two:{table}:{pk}", "?key={table}:{pk}"),
            "?key=canary_one:{table}:{pk}&socket_timeout=9",
        ),
        (f"redis://:{CANARY}@127.0.0.1:1/0", ("?key=two:{table}:{pk}",), "?key=%7Btable%7D:%7Bpk%7D"),
    ],
)
async def test_options_that_say_where_rows_are_belong_to_the_target(
    server: Stack, url: str, others: tuple[str, ...], same: str
) -> None:
    _, job = await seed(server, url)
    failed = await server.reaches(job["id"], "FAILED")
    assert "canary_one" not in json.dumps(failed)
    place = url.partition("?")[0]
    for route in ("resume", "clean"):
        for other in others:
            answer = await server.client.post(f"{ROUTE}/{job['id']}:{route}", json={"target": place + other})
            told = await answer.json()
            assert (answer.status, told["code"]) == (409, "TARGET_DIFFERS"), (route, other)
            assert "options" in told["message"] and "canary_one" not in json.dumps(told)
        answer = await server.client.post(f"{ROUTE}/{job['id']}:{route}", json={"target": place.replace(CANARY, "new") + same})
        assert answer.status == 202, await answer.text()
        await server.reaches((await answer.json())["id"], "FAILED")


def test_a_key_is_made_once_and_others_open_nothing(tmp_path: Path) -> None:
    vaults = [Vault(tmp_path / "data") for _ in range(8)]
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda each=each: tokens.append(each.seal("secret"))) for each in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {vaults[0].open(token) for token in tokens} == {"secret"}
    assert len(set(tokens)) == 8 and [path.name for path in (tmp_path / "data").iterdir()] == [KEY_FILE]
    with pytest.raises(VaultError):
        Vault(tmp_path / "other").open(tokens[0])
