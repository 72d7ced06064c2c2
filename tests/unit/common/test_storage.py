"""Files of jobs in a local folder."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.common.errors import MockcraftError
from services.common.jobs.ids import new_job_id
from services.common.jobs.model import Artifact, Job, State
from services.common.storage.local import LocalStorage


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data")


def a_job(**more: object) -> Job:
    return dataclasses.replace(Job(new_job_id("generation"), "generation", State.SUCCEEDED, datetime.now(UTC)), **more)


def artifact(path: str) -> Artifact:
    return Artifact("name", path, 1, "00")


async def test_a_file_is_found_and_read_in_pieces(storage: LocalStorage) -> None:
    job = a_job()
    paths = await storage.prepare(job)
    (paths.out / "users").mkdir()
    (paths.out / "users" / "part-0.parquet").write_bytes(bytes(3 << 20))
    path = storage.locate(job, artifact("users/part-0.parquet"))
    pieces = [piece async for piece in storage.read(path, 10, 2 << 20)]
    assert max(map(len, pieces)) <= 1 << 20 and sum(map(len, pieces)) == 2 << 20


@pytest.mark.parametrize(
    "path", ["../../secret", "/etc/passwd", "a/../../x", "none", "users", "nul\0", "link", "linked/file", ""]
)
async def test_nothing_outside_is_reached(storage: LocalStorage, path: str, tmp_path: Path) -> None:
    job = a_job()
    paths = await storage.prepare(job)
    (paths.out / "users").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    (paths.out / "link").symlink_to(outside / "file")
    (paths.out / "linked").symlink_to(outside)
    with pytest.raises(MockcraftError) as caught:
        storage.locate(job, artifact(path))
    assert caught.value.code == "ARTIFACT_NOT_FOUND" and str(outside) not in caught.value.message


async def test_a_link_put_in_place_afterwards_is_not_followed(storage: LocalStorage, tmp_path: Path) -> None:
    job = a_job()
    file = (await storage.prepare(job)).out / "a.csv"
    file.write_text("a")
    located = storage.locate(job, artifact("a.csv"))
    file.unlink()
    file.symlink_to(tmp_path)
    with pytest.raises(MockcraftError):
        storage.open(located)


async def test_a_data_folder_behind_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    storage, job = LocalStorage(tmp_path / "link"), a_job()
    ((await storage.prepare(job)).out / "a.csv").write_text("a")
    assert storage.locate(job, artifact("a.csv")).read_text() == "a"


def test_no_folder_is_made_of_what_is_no_id(storage: LocalStorage) -> None:
    for job_id in ("", "..", "gen_../x", "gen_" + "a" * 25):
        with pytest.raises(MockcraftError):
            storage.job_dir(job_id)


async def test_a_resumed_job_takes_over_the_folders(storage: LocalStorage) -> None:
    old = a_job()
    paths = await storage.prepare(old)
    (paths.work / "checkpoint.json").write_text("{}")
    (paths.out / "a.csv.part").write_text("a")
    heir = a_job(resumed_from=old.id)
    for _ in range(2):
        own = await storage.prepare(heir)
        assert (own.work / "checkpoint.json").exists() and (own.out / "a.csv.part").exists()
    assert not paths.work.exists() and not paths.out.exists()


async def test_a_cancelled_job_leaves_nothing_half_done(storage: LocalStorage, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    job = a_job(spec={"outDir": str(chosen)})
    paths = await storage.prepare(job)
    for name in ("done.csv", "half.csv.part", "older.csv.part"):
        (chosen / name).write_text("x")
    before = (job.created_at - timedelta(hours=1)).timestamp()
    os.utime(chosen / "older.csv.part", (before, before))
    await storage.discard(job)
    assert sorted(path.name for path in chosen.iterdir()) == ["done.csv", "older.csv.part"]
    assert not paths.work.exists()
