"""Where files of jobs are kept and for how long: a bucket, expiry after download, a quota of the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.errors import MockcraftError
from services.common.jobs.model import State
from services.common.settings import Settings
from services.common.settings_file import SettingsError
from services.common.storage import storage_for
from services.common.storage.bucket import BucketStorage
from tests.integration.backup.s3 import S3, SECRET, run_s3
from tests.integration.jobs_stage import stage_in, well_formed


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with run_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


def in_bucket(s3: S3, folder: Path) -> tuple[BucketStorage, str]:
    bucket = s3.bucket()
    return BucketStorage(folder, f"s3://{bucket}/files", s3.access), bucket


async def test_finished_files_go_to_the_bucket_and_are_read_from_there(s3: S3, tmp_path: Path) -> None:
    storage, bucket = in_bucket(s3, tmp_path)
    async with stage_in(tmp_path, storage=storage) as stage:
        job = await stage.create(["write", "hello, "], ["checkpoint"], ["write", "bucket"], ["complete"])
        well_formed(await stage.log(job.id))
        assert s3.keys(bucket) == [f"files/{job.id}/1/data.csv"]
        await stage.until(job.id, lambda job: not storage.paths(job).out.exists())
        read = b"".join([piece async for piece in stage.jobs.read_artifact(job.id, "data.csv")])
        part = b"".join([piece async for piece in stage.jobs.read_artifact(job.id, "data.csv", 7, 3)])
        assert (read, part) == (b"hello, bucket", b"buc")


async def test_files_of_a_bucket_expire_with_their_job(s3: S3, tmp_path: Path) -> None:
    storage, bucket = in_bucket(s3, tmp_path)
    async with stage_in(tmp_path, storage=storage, expiry_hours=1 / 3600 / 10) as stage:
        job = await stage.create(["write", "x"], ["complete"])
        await stage.until(job.id, lambda job: job.expired)
        assert s3.keys(bucket) == []


async def test_a_bucket_that_does_not_answer_costs_an_attempt_and_no_file(s3: S3, tmp_path: Path) -> None:
    storage, bucket = in_bucket(s3, tmp_path)
    real = storage._store
    storage._store = BucketStorage(tmp_path, f"s3://{bucket}", {**s3.access, "endpoint": "http://127.0.0.1:9"})._store
    async with stage_in(tmp_path, storage=storage, retry_seconds=0.2) as stage:
        job = await stage.create(["write", "x"], ["checkpoint"], ["complete"])
        error = await stage.until_said(job.id, "error", seconds=60)
        assert (error.data["code"], error.data["willRetry"]) == ("STORAGE_UNAVAILABLE", True)
        assert SECRET not in str(error.data)
        storage._store = real
        await stage.until_state(job.id, State.SUCCEEDED, seconds=60)
        (key,) = s3.keys(bucket)
        assert key.startswith(f"files/{job.id}/") and key.endswith("/data.csv")
        assert b"".join([piece async for piece in stage.jobs.read_artifact(job.id, "data.csv")]) == b"x"


async def test_a_folder_that_somebody_chose_keeps_its_files(s3: S3, tmp_path: Path) -> None:
    storage, bucket = in_bucket(s3, tmp_path / "data")
    async with stage_in(tmp_path / "data", storage=storage) as stage:
        job = await stage.create(["write", "x"], ["complete"], outDir=str(tmp_path / "mine"))
        await stage.until_state(job.id, State.SUCCEEDED)
        assert (tmp_path / "mine" / "data.csv").read_text() == "x"
        assert s3.keys(bucket) == []


def test_the_settings_choose_the_storage(tmp_path: Path) -> None:
    assert type(storage_for(Settings(data_dir=tmp_path))).__name__ == "LocalStorage"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    assert isinstance(storage_for(Settings(data_dir=tmp_path, artifacts_url="s3://some-bucket/x", **keys)), BucketStorage)
    for wrong in ({"artifacts_url": "s3://some-bucket"}, {"artifacts_url": "https://x", **keys}):
        with pytest.raises(SettingsError, match="artifacts_url"):
            storage_for(Settings(data_dir=tmp_path, **wrong))


async def test_a_job_goes_soon_after_its_last_file_was_fetched(tmp_path: Path) -> None:
    async with stage_in(tmp_path, expiry_hours_after_download=0.5 / 3600) as stage:
        kept, taken = [await stage.create(["write", "xyz"], ["complete"]) for _ in range(2)]
        for job in (kept, taken):
            await stage.until_state(job.id, State.SUCCEEDED)
        assert [piece async for piece in stage.jobs.read_artifact(taken.id, "data.csv")] == [b"xyz"]
        assert [piece async for piece in stage.jobs.read_artifact(kept.id, "data.csv", 2, 1)] == [b"z"]
        await stage.until(taken.id, lambda job: job.expired)
        assert not (await stage.jobs.get(kept.id)).expired


async def test_a_quota_ends_the_job_that_takes_most_and_refuses_new_ones(tmp_path: Path) -> None:
    async with stage_in(tmp_path, disk_quota_bytes=200_000) as stage:
        spec = {"steps": [["write", "x" * 1000], ["sleep", 30], ["complete"]]}
        small = await stage.jobs.create("generation", spec, request_id="k", request_digest="d")
        steps = [["write", "y" * 60_000], ["sleep", 0.2]] * 7
        large = await stage.create(*steps, ["sleep", 30], ["complete"])
        error = await stage.until_said(large.id, "error")
        assert (error.data["code"], error.data["willRetry"]) == ("DISK_QUOTA", False)
        assert "200,000" in error.data["message"]
        assert (await stage.jobs.get(small.id)).state is State.RUNNING
        with pytest.raises(MockcraftError) as caught:
            await stage.create(["complete"])
        assert caught.value.code == "DISK_QUOTA"
        assert (await stage.jobs.create("generation", spec, request_id="k", request_digest="d")).id == small.id
        await stage.jobs.cancel(small.id)
        await stage.until_state(small.id, State.CANCELLED)


async def test_room_that_was_made_is_seen(tmp_path: Path) -> None:
    async with stage_in(tmp_path, disk_quota_bytes=100_000, expiry_hours=1.5 / 3600) as stage:
        job = await stage.create(["write", "x" * 150_000], ["complete"])
        await stage.until_state(job.id, State.SUCCEEDED, State.FAILED)

        async def refused() -> bool:
            try:
                await stage.create(["complete"])
            except MockcraftError:
                return True
            return False

        async with asyncio.timeout(20):
            while not await refused():
                await asyncio.sleep(0.05)
            while await refused():
                await asyncio.sleep(0.05)
        assert (await stage.jobs.get(job.id)).expired
