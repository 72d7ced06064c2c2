"""Finished files on a slow way to their bucket: who takes over, stops, pauses or cancels does not wait, and loses nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.common.jobs.model import Job, State
from services.common.storage import bucket
from services.common.storage.bucket import BucketStorage
from tests.integration.backup.s3 import S3, SECRET, run_s3
from tests.integration.jobs_stage import Stage, stage_in, well_formed
from tests.integration.stack import stack
from tests.integration.test_jobs_processes import service, starts, url_of

MIB = 1 << 20
SLOW = 300_000.0
FAST = 1e9


class Door:
    """A way to a server that lets `rate` bytes a second through on each connection."""

    def __init__(self, inner: int, rate: float) -> None:
        self.rate, self.sent, self.port = rate, 0, 0
        self._inner, self._open = inner, True
        self._writers: list[asyncio.StreamWriter] = []

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner)
        self._writers += [writer, inner_writer]
        await asyncio.gather(self._pump(reader, inner_writer, slow=True), self._pump(inner_reader, writer, slow=False))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slow: bool) -> None:
        try:
            while data := await reader.read(1 << 16):
                if slow:
                    await asyncio.sleep(len(data) / self.rate)
                    self.sent += len(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def shut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.close()

    async def passed(self, size: int) -> None:
        """Wait until so many bytes were let through."""
        async with asyncio.timeout(30):
            while self.sent < size:
                await asyncio.sleep(0.02)

    def access(self, s3: S3) -> dict[str, str]:
        return {**s3.access, "endpoint": f"http://127.0.0.1:{self.port}"}


@asynccontextmanager
async def door_to(s3: S3, rate: float) -> AsyncIterator[Door]:
    door = Door(s3.port, rate)
    server = await asyncio.start_server(door.pass_on, "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()
        door.shut()


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with run_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@asynccontextmanager
async def slow_stage(s3: S3, folder: Path, rate: float = SLOW) -> AsyncIterator[tuple[Stage, Door, str]]:
    name = s3.bucket()
    async with door_to(s3, rate) as door:
        storage = BucketStorage(folder, f"s3://{name}/files", door.access(s3))
        async with stage_in(folder, storage=storage) as stage:
            yield stage, door, name


async def uploading(stage: Stage, door: Door, mib: int) -> Job:
    """A job of which a part is on its way."""
    job = await stage.create(["write", "x", mib * MIB], ["checkpoint"], ["complete"])
    await door.passed(MIB // 2)
    return job


async def content(stage: Stage, job: Job) -> bytes:
    return b"".join([piece async for piece in stage.jobs.read_artifact(job.id, "data.csv")])


async def gone(path: Path) -> None:
    async with asyncio.timeout(10):
        while path.exists():
            await asyncio.sleep(0.02)


def environ(s3: S3, name: str, door: Door) -> dict[str, str]:
    return {**s3.env, "AWS_ENDPOINT_URL": door.access(s3)["endpoint"], "MOCKCRAFT_ARTIFACTS_URL": f"s3://{name}/files"}


async def test_a_cancel_breaks_an_upload_off(s3: S3, tmp_path: Path) -> None:
    async with slow_stage(s3, tmp_path) as (stage, door, name):
        job = await uploading(stage, door, 40)
        began = time.monotonic()
        await stage.jobs.cancel(job.id)
        well_formed(await stage.log(job.id))
        assert time.monotonic() - began < 5
        assert (await stage.jobs.get(job.id)).state is State.CANCELLED
        await gone(stage.storage.job_dir(job.id).out)
        assert s3.keys(name) == []


async def test_a_pause_breaks_an_upload_off_and_a_resume_begins_it_again(s3: S3, tmp_path: Path) -> None:
    async with slow_stage(s3, tmp_path) as (stage, door, name):
        job = await uploading(stage, door, 40)
        began = time.monotonic()
        await stage.jobs.pause(job.id)
        paused = await stage.until_state(job.id, State.PAUSED, State.SUCCEEDED)
        assert (time.monotonic() - began < 2, paused.state, paused.lease_owner) == (True, State.PAUSED, "")
        (last,) = [event for event in await stage.store.events(job.id) if event.type == "shutdown"]
        assert last.data == {"reason": "pause", "resumable": True, "checkpoint": {"rows": 2}}
        assert s3.keys(name) == []
        door.rate = FAST
        await stage.jobs.resume(job.id)
        well_formed(await stage.log(job.id))
        assert s3.keys(name) == [f"files/{job.id}/1/data.csv"]
        assert await content(stage, job) == b"x" * 40 * MIB


async def test_an_upload_that_is_broken_off_is_taken_back(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "TAKE_BACK_SECONDS", 20.0)
    async with slow_stage(s3, tmp_path, rate=8e6) as (stage, door, name):
        job = await uploading(stage, door, 64)
        assert s3.unfinished(name) == 1
        await stage.jobs.cancel(job.id)
        await stage.until_state(job.id, State.CANCELLED, State.SUCCEEDED)
        assert (s3.unfinished(name), s3.keys(name)) == (0, [])


async def test_a_quota_does_not_end_a_job_that_puts_its_files_away(s3: S3, tmp_path: Path) -> None:
    async with slow_stage(s3, tmp_path) as (stage, door, _):
        job = await uploading(stage, door, 20)
        ((attempt, _),) = stage.supervisor._running.values()
        attempt.refuse(stage.supervisor.quota.refusal())
        door.rate = FAST
        await stage.until_state(job.id, State.SUCCEEDED, State.FAILED, State.PAUSED)
        assert await content(stage, job) == b"x" * 20 * MIB


async def test_a_service_that_stops_breaks_an_upload_off(s3: S3, tmp_path: Path) -> None:
    name = s3.bucket()
    async with door_to(s3, SLOW) as door, stage_in(tmp_path, start=False) as stage:
        job = await stage.create(["write", "x", 40 * MIB], ["checkpoint"], ["complete"])
        async with service(tmp_path, url_of(tmp_path), **environ(s3, name, door)) as owner:
            await door.passed(MIB // 2)
            owner.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await owner.wait() == 0
        left = await stage.jobs.get(job.id)
        assert (left.state, left.attempt, left.lease_owner) == (State.PENDING, 1, "")
        (last,) = [event for event in await stage.store.events(job.id) if event.type == "shutdown"]
        assert last.data["reason"] == "sigterm"
    storage = BucketStorage(tmp_path, f"s3://{name}/files", s3.access)
    async with stage_in(tmp_path, storage=storage) as stage:
        well_formed(await stage.log(job.id))
        assert await content(stage, job) == b"x" * 40 * MIB


async def test_an_upload_of_a_frozen_owner_takes_nothing_from_who_took_over(s3: S3, tmp_path: Path) -> None:
    name = s3.bucket()
    storage = BucketStorage(tmp_path, f"s3://{name}/files", s3.access)
    async with door_to(s3, SLOW) as door, stage_in(tmp_path, start=False, storage=storage) as stage:
        job = await stage.create(["write", "x", 20 * MIB], ["checkpoint"], ["linger", 4], ["complete"])
        async with service(tmp_path, url_of(tmp_path), **environ(s3, name, door)) as owner:
            await door.passed(MIB // 2)
            owner.send_signal(signal.SIGSTOP)
            await stage.supervisor.start()
            async with asyncio.timeout(20):
                while len(starts(await stage.store.events(job.id))) < 2:
                    await asyncio.sleep(0.05)
            door.rate = FAST
            owner.send_signal(signal.SIGCONT)
            well_formed(await stage.log(job.id))
            done = await stage.jobs.get(job.id)
            assert (done.state, done.attempt) == (State.SUCCEEDED, 2)
            assert await content(stage, job) == b"x" * 20 * MIB
            await gone(storage.job_dir(job.id).out)


class Killed(BucketStorage):
    """As one whose process dies when the end of a job is stored, before anything else."""

    async def release(self, job: Job) -> None:
        pass


async def test_what_a_kill_leaves_of_files_in_the_bucket_harms_nobody_and_goes_in_the_end(s3: S3, tmp_path: Path) -> None:
    storage = Killed(tmp_path, f"s3://{s3.bucket()}/files", s3.access)
    async with stage_in(tmp_path, storage=storage, expiry_hours=2 / 3600) as stage:
        job = await stage.create(["write", "x"], ["complete"])
        await stage.until_state(job.id, State.SUCCEEDED)
        assert storage.job_dir(job.id).out.joinpath("data.csv").exists()
        assert await content(stage, job) == b"x"
        await stage.until(job.id, lambda job: job.expired)
        assert not storage.job_dir(job.id).out.exists()


async def test_a_bucket_that_is_away_is_told_as_that_to_who_downloads(s3: S3, tmp_path: Path) -> None:
    name = s3.bucket()
    async with door_to(s3, FAST) as door:
        settings = {"s3_endpoint": door.access(s3)["endpoint"], "aws_access_key_id": "someone", "aws_secret_access_key": SECRET}
        async with stack(tmp_path, artifacts_url=f"s3://{name}/files", **settings) as running:
            job = await running.reaches(await running.create(), "SUCCEEDED", "FAILED")
            assert job["state"] == "SUCCEEDED"
            door.shut()
            for path in ("artifacts/users.csv", "archive"):
                async with running.client.get(f"/api/v1/jobs/{job['id']}/{path}") as answer:
                    assert (answer.status, (await answer.json())["code"]) == (503, "STORAGE_UNAVAILABLE")
                    assert int(answer.headers["Retry-After"]) > 0
