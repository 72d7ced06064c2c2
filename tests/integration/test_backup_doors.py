"""Backups over REST and gRPC: what is made, verified and restored, what is refused, and that no secret is ever seen."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from mockcraft.backup.v1 import backup_pb2, backup_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc

from tests.integration.loads import query
from tests.integration.stack import SCHEMA, Stack, stack
from tests.integration.test_seeder_doors import CANARY, REFUSED, Listener, data_of, looking, sealed

KEY = f"{CANARY} is the key"


def fill(path: Path, rows: int = 500) -> None:
    """A database with a table of that many rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO pets VALUES (?, ?)", [(i, f"pet {i}") for i in range(rows)])


def enlarge(path: Path, megabytes: int) -> None:
    """Make a backup of it take a moment."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE large (id INTEGER PRIMARY KEY, data BLOB)")
        connection.executemany("INSERT INTO large VALUES (?, randomblob(1048576))", [(i,) for i in range(megabytes)])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Stack]:
    (tmp_path / "data").mkdir()
    fill(tmp_path / "data" / "zoo.db")
    targets = {"down": f"postgresql://u:{CANARY}@127.0.0.1:1/db", "other": f"sqlite:///{tmp_path}/other.db"}
    async with stack(tmp_path / "data", targets=targets, retry_seconds=0.05, max_attempts=2, max_concurrent_jobs=1) as running:
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


async def post(server: Stack, route: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = await server.client.post(f"/api/v1/{route}", json=fields)
    return answer.status, await answer.json()


async def done(server: Stack, route: str, **fields: Any) -> dict[str, Any]:
    """A job that was asked for, at its end."""
    status, job = await post(server, route, **fields)
    assert status == 202, job
    return await server.reaches(job["id"], "SUCCEEDED", "FAILED", "CANCELLED")


async def backed_up(server: Stack, **fields: Any) -> str:
    """The name of a new archive."""
    job = await done(server, "backups", **{"source": "sqlite:///zoo.db"} | fields)
    assert job["state"] == "SUCCEEDED", job
    return str(job["artifacts"][0]["name"])


async def archives(server: Stack, storage: str = "") -> list[dict[str, Any]]:
    answer = await (await server.client.get(f"/api/v1/archives?storage={storage}")).json()
    found: list[dict[str, Any]] = answer["archives"]
    return found


# what is made


async def test_a_backup_from_request_to_another_database(server: Stack, tmp_path: Path) -> None:
    answer = await server.client.post("/api/v1/backups", json={"source": "sqlite:///zoo.db", "verify": "RESTORED_CHECKSUMMED"})
    job = await answer.json()
    assert (answer.status, answer.headers["Location"], job["kind"]) == (202, f"/api/v1/jobs/{job['id']}", "backup")
    events = await server.events(job["id"])
    last = events[-1]["data"]
    assert (events[0]["type"], events[-1]["type"], last["level"], last["rows"]) == (
        "init",
        "complete",
        "RESTORED_CHECKSUMMED",
        500,
    )
    (artifact,) = (await server.job(job["id"]))["artifacts"]
    data = await (await server.client.get(artifact["url"])).read()
    path = data_of(server) / "backups" / artifact["name"]
    assert data == path.read_bytes() and hashlib.sha256(data).hexdigest() == artifact["sha256"]
    assert path.stat().st_mode & 0o077 == 0
    (listed,) = await archives(server)
    assert (listed["name"], listed["bytes"], listed["tables"], listed["rows"]) == (artifact["name"], len(data), 1, 500)
    assert (listed["dialect"], listed["encrypted"], listed["source"].endswith("/zoo.db")) == ("sqlite", False, True)
    assert (await done(server, "restores", archive=artifact["name"], target="other"))["state"] == "SUCCEEDED"
    assert query(tmp_path / "other.db", "SELECT count(*), max(name) FROM pets") == [(500, "pet 99")]


async def test_a_verification_reports_table_by_table(server: Stack) -> None:
    name = await backed_up(server)
    job = await done(server, "verifications", archive=name)
    (artifact,) = job["artifacts"]
    report = await (await server.client.get(artifact["url"])).json()
    assert (report["ok"], report["level"]) == (True, "RESTORED_CHECKSUMMED")
    assert {"kind": "table", "name": "pets", "ok": True, "problem": "", "rows": 500} in report["results"]
    assert (await done(server, "verifications", archive=name, level="FILES"))["state"] == "SUCCEEDED"


async def test_a_damaged_archive_fails_with_the_part_named(server: Stack) -> None:
    name = await backed_up(server)
    path = data_of(server) / "backups" / name
    whole = bytearray(path.read_bytes())
    whole[300] ^= 1
    path.write_bytes(whole)
    _, job = await post(server, "verifications", archive=name)
    last = (await server.events(job["id"]))[-1]
    assert (last["type"], last["data"]["code"], last["data"]["willRetry"]) == ("error", "VERIFICATION_FAILED", False)
    assert last["data"]["results"][0]["name"] == "database.sqlite" and not last["data"]["results"][0]["ok"]
    failed = await done(server, "restores", archive=name, target="sqlite:///fresh.db")
    assert failed["error"]["code"] == "VERIFICATION_FAILED"
    assert not (data_of(server) / "fresh.db").exists()


async def test_all_of_it_over_grpc(server: Stack) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = backup_pb2_grpc.BackupServiceStub(channel)  # type: ignore[no-untyped-call]
        jobs = jobs_pb2_grpc.JobServiceStub(channel)  # type: ignore[no-untyped-call]

        async def ended(job: jobs_pb2.Job) -> jobs_pb2.Job:
            async for event in jobs.WatchJob(jobs_pb2.WatchJobRequest(id=job.id)):
                last = event.type
            assert last == "complete"
            found: jobs_pb2.Job = await jobs.GetJob(jobs_pb2.GetJobRequest(id=job.id))
            return found

        made = await ended(await stub.CreateBackup(backup_pb2.CreateBackupRequest(source="sqlite:///zoo.db", storage="a/b")))
        name = made.artifacts[0].name
        listed = await stub.ListArchives(backup_pb2.ListArchivesRequest(storage="a/b"))
        assert [archive.name for archive in listed.archives] == [name]
        asked = backup_pb2.CreateVerificationRequest(archive=name, storage="a/b", level=backup_pb2.RESTORED)
        assert (await ended(await stub.CreateVerification(asked))).kind == "verification"
        wanted = backup_pb2.CreateRestoreRequest(archive=name, storage="a/b", target="sqlite:///new.db")
        assert (await ended(await stub.CreateRestore(wanted))).kind == "restore"
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.CreateVerification(backup_pb2.CreateVerificationRequest(archive=name, storage="a/b", level=77))  # type: ignore[arg-type]
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert query(data_of(server) / "new.db", "SELECT count(*) FROM pets") == [(500,)]


async def test_what_is_there_is_replaced_only_by_force(server: Stack) -> None:
    name = await backed_up(server)
    with closing(sqlite3.connect(data_of(server) / "zoo.db")) as connection, connection:
        connection.execute("DELETE FROM pets")
    refused = await done(server, "restores", archive=name, target="sqlite:///zoo.db")
    assert refused["error"]["code"] == "TARGET_NOT_EMPTY"
    assert query(data_of(server) / "zoo.db", "SELECT count(*) FROM pets") == [(0,)]
    assert (await done(server, "restores", archive=name, target="sqlite:///zoo.db", force=True))["state"] == "SUCCEEDED"
    assert query(data_of(server) / "zoo.db", "SELECT count(*) FROM pets") == [(500,)]


async def test_older_archives_of_the_same_database_go(server: Stack) -> None:
    fill(data_of(server) / "farm.db")
    kept = await backed_up(server, source="sqlite:///farm.db")
    names = [await backed_up(server, keepLast=2) for _ in range(3)]
    assert {archive["name"] for archive in await archives(server)} == {kept, *names[1:]}


async def test_lists_page(server: Stack) -> None:
    names = [await backed_up(server) for _ in range(3)]
    first = await (await server.client.get("/api/v1/archives?pageSize=2")).json()
    assert [archive["name"] for archive in first["archives"]] == names[:0:-1]
    token = first["nextPageToken"]
    second = await (await server.client.get(f"/api/v1/archives?pageSize=2&pageToken={token}")).json()
    assert ([archive["name"] for archive in second["archives"]], second["nextPageToken"]) == (names[:1], "")


async def test_the_same_key_names_the_same_backup(server: Stack) -> None:
    headers, body = {"Idempotency-Key": "once"}, {"source": "sqlite:///zoo.db"}
    first = await (await server.client.post("/api/v1/backups", json=body, headers=headers)).json()
    again = await (await server.client.post("/api/v1/backups", json=body, headers=headers)).json()
    assert first["id"] == again["id"]
    other = await server.client.post("/api/v1/backups", json=body | {"keepLast": 3}, headers=headers)
    assert (other.status, (await other.json())["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_postgresql_database_from_request_to_another(server: Stack, postgres: Any) -> None:
    import psycopg

    source, target = postgres.database(), postgres.database()
    with psycopg.connect(source) as connection:
        connection.execute("CREATE TABLE pets (id int PRIMARY KEY, name text); INSERT INTO pets VALUES (1, 'Ada'), (2, 'Bo')")
    name = await backed_up(server, source=source, verify="RESTORED_CHECKSUMMED")
    (listed,) = await archives(server)
    assert (listed["dialect"], "secret" in listed["source"]) == ("postgresql", False)
    status, refused = await post(server, "verifications", archive=name, level="RESTORED")
    assert (status, refused["code"]) == (400, "TARGET_MISSING")
    assert (await done(server, "restores", archive=name, target=target))["state"] == "SUCCEEDED"
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT * FROM pets ORDER BY id").fetchall() == [(1, "Ada"), (2, "Bo")]


# what is refused


BAD: tuple[tuple[str, dict[str, Any], int, str | None], ...] = (
    ("backups", {}, 400, "TARGET_MISSING"),
    ("backups", {"source": "sqlite:///zoo.db", "nonsense": 1}, 400, "UNKNOWN_FIELD"),
    ("backups", {"source": "sqlite:///zoo.db", "keepLast": -1}, 400, "KEEP_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "keepDays": 10**9}, 400, "KEEP_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "keepLast": 1.5}, 400, None),
    ("backups", {"source": "sqlite:///zoo.db", "verify": "SOMEHOW"}, 400, None),
    ("backups", {"source": "sqlite:///zoo.db", "encrypt": True}, 409, "KEY_REQUIRED"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "../x"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "/tmp"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "outputs/x"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "a\0b"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "way/out"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///zoo.db", "storage": "s3://bucket/x"}, 400, "STORAGE_INVALID"),
    ("backups", {"source": "sqlite:///jobs.db"}, 400, "TARGET_NOT_ALLOWED"),
    ("restores", {"archive": "no.mcbackup", "target": "sqlite:///x.db"}, 404, "ARCHIVE_NOT_FOUND"),
    ("restores", {"target": "sqlite:///x.db"}, 404, "ARCHIVE_NOT_FOUND"),
    ("verifications", {"archive": ["a"]}, 400, None),
)


async def test_bad_requests(server: Stack) -> None:
    (data_of(server) / "way").symlink_to("/tmp")
    for route, fields, status, code in BAD:
        answered, body = await post(server, route, **fields)
        assert answered == status and code in (None, body["code"]), (fields, body)
    for token in ("x", "%00", "bm9uc2Vuc2U"):
        answer = await server.client.get(f"/api/v1/archives?pageToken={token}")
        assert (answer.status, (await answer.json())["code"]) == (400, "PAGE_TOKEN_INVALID")
    assert (await (await server.client.get("/api/v1/jobs")).json())["jobs"] == []


NAMES = [
    "../zoo.db",
    "../backups/{}",
    "/etc/passwd",
    "a/../{}",
    "..%2f{}",
    "{}\0",
    ".hidden.mcbackup",
    "link.mcbackup",
    "",
    "zoo.db",
    "x" * 5000,
]


async def test_archives_are_flat_names_of_regular_files(server: Stack) -> None:
    made = await backed_up(server)
    folder = data_of(server) / "backups"
    (folder / "link.mcbackup").symlink_to(folder / made)
    (folder / ".hidden.mcbackup").write_bytes((folder / made).read_bytes())
    for name in NAMES:
        for route in ("verifications", "restores"):
            status, body = await post(server, route, archive=name.format(made), target="sqlite:///x.db")
            assert (status, body["code"]) == (404, "ARCHIVE_NOT_FOUND"), name
            assert "passwd" not in json.dumps(body) and str(folder) not in json.dumps(body)
    assert [archive["name"] for archive in await archives(server)] == [made]


async def test_a_forbidden_database_is_refused_without_a_connection(server: Stack, listener: Listener) -> None:
    (data_of(server) / "backups").mkdir()
    (data_of(server) / "backups" / "a.mcbackup").write_bytes(b"")
    for url in REFUSED:
        target = url.format(canary=CANARY, port=listener.port)
        for route, fields in (("backups", {"source": target}), ("restores", {"archive": "a.mcbackup", "target": target})):
            status, body = await post(server, route, **fields)
            assert (status, body["code"]) in ((400, "TARGET_NOT_ALLOWED"), (400, "TARGET_INVALID")), (url, body)
            assert CANARY not in json.dumps(body)
    assert listener.visits == 0


# steering


async def test_a_backup_cannot_be_paused(server: Stack) -> None:
    enlarge(data_of(server) / "zoo.db", 60)
    _, job = await post(server, "backups", source="sqlite:///zoo.db")
    for route in (f"/api/v1/jobs/{job['id']}:pause", f"/api/jobs/{job['id']}/pause"):
        answer = await server.client.post(route, json={})
        assert (answer.status, (await answer.json())["code"]) == (409, "PAUSE_NOT_SUPPORTED")
    assert (await server.reaches(job["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
    answer = await server.client.post(f"/api/v1/jobs/{job['id']}:pause", json={})
    assert (answer.status, (await answer.json())["code"]) == (409, "INVALID_STATE")


async def test_a_cancelled_backup_leaves_nothing(server: Stack) -> None:
    enlarge(data_of(server) / "zoo.db", 100)
    _, job = await post(server, "backups", source="sqlite:///zoo.db", verify="RESTORED_CHECKSUMMED")
    folder = data_of(server) / "backups"
    async with asyncio.timeout(20):
        while not (folder.is_dir() and list(folder.iterdir())):
            await asyncio.sleep(0.01)
    await server.client.post(f"/api/v1/jobs/{job['id']}:cancel", json={})
    assert (await server.reaches(job["id"], "CANCELLED", "SUCCEEDED", "FAILED"))["state"] == "CANCELLED"
    assert list(folder.iterdir()) == []
    assert await archives(server) == []


async def test_a_failed_backup_is_begun_anew_by_another_job(server: Stack) -> None:
    failed = await done(server, "backups", source="down")
    assert failed["error"]["code"] == "TARGET_UNAVAILABLE"
    answer = await server.client.post(f"/api/v1/jobs/{failed['id']}:resume", json={})
    heir = await answer.json()
    assert (answer.status, heir["resumedFrom"], heir["kind"]) == (200, failed["id"], "backup")
    await server.reaches(heir["id"], "FAILED")
    by_url = await done(server, "backups", source=f"postgresql://u:{CANARY}@127.0.0.1:1/db")
    answer = await server.client.post(f"/api/v1/jobs/{by_url['id']}:resume", json={})
    assert (answer.status, (await answer.json())["code"]) == (409, "TARGET_NEEDED")


# secrets


async def test_passwords_and_keys_are_seen_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    fill(tmp_path / "data" / "zoo.db")
    enlarge(tmp_path / "data" / "zoo.db", 20)
    async with stack(tmp_path / "data", backup_key=KEY, retry_seconds=0.05, max_attempts=1) as server:
        with looking(tmp_path) as seen:
            name = await backed_up(server, verify="RESTORED_CHECKSUMMED")
            jobs = [
                await done(server, "verifications", archive=name),
                await done(server, "restores", archive=name, target="sqlite:///x.db"),
            ]
            assert {job["state"] for job in jobs} == {"SUCCEEDED"}, jobs
            jobs.append(await done(server, "backups", source=f"postgresql://u:{CANARY}@127.0.0.1:1/db?connect_timeout=2"))
            events = [await server.events(job["id"]) for job in jobs]
        assert (await archives(server))[0]["encrypted"]
        assert await sealed(server) == []
    assert seen == []
    assert CANARY not in json.dumps([jobs, events]) + "".join(capfd.readouterr())
    async with stack(tmp_path / "data") as keyless:
        for route in ("verifications", "restores"):
            status, body = await post(keyless, route, archive=name, target="sqlite:///y.db")
            assert (status, body["code"]) == (409, "KEY_REQUIRED")
    async with stack(tmp_path / "data", backup_key="another key altogether") as stranger:
        assert (await done(stranger, "verifications", archive=name))["error"]["code"] == "KEY_REQUIRED"


# before a load


async def test_a_seeding_begins_when_its_backup_is_verified(server: Stack) -> None:
    seeding = {"schema": SCHEMA, "target": "sqlite:///zoo.db", "rows": {"users": 20}}
    status, job = await post(server, "seedings", **seeding, backup={"storage": "first"})
    assert status == 202, job
    events = await server.events(job["id"])
    assert events[-1]["type"] == "complete"
    (said,) = [event["data"]["text"] for event in events if event["type"] == "log"]
    backup = await server.job(said.split()[2])
    assert (backup["state"], backup["finishedAt"] <= next(e["timestamp"] for e in events if e["type"] == "start")) == (
        "SUCCEEDED",
        True,
    )
    (listed,) = await archives(server, "first")
    assert (listed["name"], listed["tables"], listed["rows"]) == (backup["artifacts"][0]["name"], 1, 500)


async def test_an_empty_target_needs_no_backup(server: Stack) -> None:
    job = await done(server, "seedings", schema=SCHEMA, target="sqlite:///new.db", rows={"users": 20}, backup={})
    assert job["state"] == "SUCCEEDED"
    listed = (await (await server.client.get("/api/v1/jobs?kind=backup")).json())["jobs"]
    assert listed == []


async def test_nothing_is_loaded_when_the_backup_fails(server: Stack) -> None:
    before = (data_of(server) / "zoo.db").read_bytes()
    status, body = await post(server, "seedings", schema=SCHEMA, target="sqlite:///zoo.db", backup={"keepLast": -1})
    assert (status, body["code"]) == (400, "KEEP_INVALID")
    for how in ({"encrypt": True}, {"storage": "../x"}):
        job = await done(server, "seedings", schema=SCHEMA, target="sqlite:///zoo.db", mode="replace", backup=how)
        assert (job["state"], job["error"]["code"]) == ("FAILED", "BACKUP_FAILED")
        assert (data_of(server) / "zoo.db").read_bytes() == before


async def test_a_seeding_may_be_paused_while_it_waits(server: Stack) -> None:
    enlarge(data_of(server) / "zoo.db", 60)
    seeding = {"schema": SCHEMA, "target": "sqlite:///zoo.db", "rows": {"users": 20}}
    _, job = await post(server, "seedings", **seeding, backup={"verify": "FILES"})
    async with asyncio.timeout(20):
        while not (await server.job(job["id"]))["lastSequence"]:
            await asyncio.sleep(0.02)
    await server.client.post(f"/api/v1/jobs/{job['id']}:pause", json={})
    await server.reaches(job["id"], "PAUSED")
    await server.client.post(f"/api/v1/jobs/{job['id']}:resume", json={})
    assert (await server.reaches(job["id"], "SUCCEEDED", "FAILED"))["state"] == "SUCCEEDED"
    assert [archive["tables"] for archive in await archives(server)] == [2]
    texts = [event["data"]["text"] for event in await server.events(job["id"]) if event["type"] == "log"]
    assert len(texts) == 1, texts
