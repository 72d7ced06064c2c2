"""Files, checkpoints and the job store on one small disk that fills up."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from runner.spec import Output
from services.common.jobs.model import State
from services.common.jobs.reserve import RESERVE_BYTES
from services.common.jobs.service import JobsService
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.supervisor import Supervisor
from services.common.storage.local import LocalStorage
from services.generator.service import generation_worker
from tests.integration.jobs_stage import Stage, settings_in, well_formed
from tests.integration.runs import digests, run, spec_of
from tests.unit.engine.plans import shop

PLAN = shop(100_000)
OUTPUT = Output(format="csv")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a file system of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_disk_full_of_output_still_takes_the_end_of_the_job(disk: Path, tmp_path: Path) -> None:
    settings = settings_in(disk, lease_seconds=20)
    store, storage = SqlJobStore(settings.jobs_store_url), LocalStorage(disk)
    await store.open()
    reserve = disk / "jobs.db.reserve"
    assert reserve.stat().st_size == RESERVE_BYTES
    supervisor = Supervisor(store, settings, storage, {"generation": generation_worker(settings)})
    await supervisor.start()
    stage = Stage(store, supervisor, JobsService(store, supervisor, storage), storage)
    try:
        spec = {
            "plan": orjson.loads(PLAN.to_json()),
            "outputs": [OUTPUT.model_dump(mode="json")],
            "checkpointRows": 65_536,
            "blockRows": 16_384,
        }
        job = await stage.jobs.create("generation", spec)
        async with asyncio.timeout(40):
            events = await stage.log(job.id)
        well_formed(events)
        assert (events[-1].type, events[-1].data["code"]) == ("error", "DISK_FULL")
        assert (await stage.jobs.get(job.id)).state is State.FAILED
        (part,) = storage.job_dir(job.id).out.glob("*.part")
        kept = orjson.loads((storage.job_dir(job.id).work / "checkpoint.json").read_bytes())
        assert 0 < part.stat().st_size == kept["bytes"]
        subprocess.run(["mount", "-o", "remount,size=400m", str(disk)], check=True)
        heir = await stage.jobs.resume(job.id)
        async with asyncio.timeout(40):
            events = await stage.log(heir.id)
        assert events[-1].type == "complete"
        assert events[1].data["resumeFrom"]["bytes"] == kept["bytes"]
        assert reserve.stat().st_size == RESERVE_BYTES
    finally:
        await supervisor.stop(drain=False)
        await store.close()
    assert run(spec_of(PLAN, tmp_path / "same", OUTPUT)).code == 0
    assert digests(storage.paths(heir).out) == digests(tmp_path / "same" / "out")


async def test_a_store_that_meets_a_full_disk_lives_on_its_reserve(disk: Path) -> None:
    async def fill() -> None:
        with (disk / "filler").open("ab", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))

    settings = settings_in(disk)
    store, storage = SqlJobStore(settings.jobs_store_url), LocalStorage(disk)
    await store.open()
    await fill()
    jobs = JobsService(store, Supervisor(store, settings, storage, {"generation": generation_worker(settings)}), storage)
    job = await jobs.create("generation", {"text": "x" * 100_000})
    assert not (disk / "jobs.db.reserve").exists()
    assert (await jobs.get(job.id)).spec == {"text": "x" * 100_000}
    await store.close()
