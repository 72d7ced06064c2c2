"""The backup service as a process of its own: killed while it works, told to stop, and asked by a seeder for a backup."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from mockcraft.backup.v1 import backup_pb2, backup_pb2_grpc
from mockcraft.generator.v1 import generator_pb2 as gen
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from mockcraft.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from services.backup.archive import Archive
from tests.integration.loads import query
from tests.integration.processes import generators, service
from tests.integration.stack import SCHEMA
from tests.integration.test_backup_doors import enlarge, fill

QUICK: dict[str, Any] = {
    "lease_seconds": 2,
    "heartbeat_seconds": 0.5,
    "sweep_seconds": 0.3,
    "retry_seconds": 0.1,
    "stop_seconds": 4,
}


def stub(address: str, kind: Any) -> Any:
    return kind(grpc.insecure_channel(address))


def ended(address: str, job_id: str) -> jobs_pb2.Job:
    jobs, deadline = stub(address, jobs_pb2_grpc.JobServiceStub), time.monotonic() + 60
    while time.monotonic() < deadline:
        job: jobs_pb2.Job = jobs.GetJob(jobs_pb2.GetJobRequest(id=job_id))
        if jobs_pb2.Job.State.Name(job.state) in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


@contextmanager
def watching(folder: Path) -> Iterator[list[str]]:
    """Opens every archive that has its final name, again and again; what was wrong with one."""
    wrong, over = list[str](), threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for path in folder.glob("*.mcbackup"):
                try:
                    with Archive(path) as archive:
                        wrong.extend(str(damage) for damage in archive.damages())
                except Exception as error:
                    wrong.append(repr(error))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield wrong
    finally:
        over.set()
        thread.join()


def begin(address: str, folder: Path) -> str:
    """The id of a backup that has begun to write."""
    backups = stub(address, backup_pb2_grpc.BackupServiceStub)
    job = backups.CreateBackup(backup_pb2.CreateBackupRequest(source="sqlite:///zoo.db", verify=backup_pb2.RESTORED_CHECKSUMMED))
    deadline = time.monotonic() + 30
    while not (folder.is_dir() and any(path.name.endswith(".part") for path in folder.iterdir())):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return str(job.id)


def test_a_killed_or_stopped_service_begins_anew_and_never_leaves_half_a_file(tmp_path: Path) -> None:
    fill(tmp_path / "zoo.db")
    enlarge(tmp_path / "zoo.db", 60)
    folder = tmp_path / "backups"
    with watching(folder) as wrong:
        with service("backup", tmp_path, **QUICK) as first:
            job_id = begin(first.address, folder)
            first.kill()
        assert not list(folder.glob("*.mcbackup"))
        with service("backup", tmp_path, **QUICK) as second:
            killed = ended(second.address, job_id)
            assert (killed.state, killed.attempt, len(list(folder.iterdir()))) == (jobs_pb2.Job.SUCCEEDED, 2, 1)
            stopped_id = begin(second.address, folder)
            second.process.send_signal(signal.SIGTERM)
            assert second.process.wait(15) == 0
        with service("backup", tmp_path, **QUICK) as third:
            stopped = ended(third.address, stopped_id)
            assert (stopped.state, stopped.attempt) == (jobs_pb2.Job.SUCCEEDED, 1)
    assert wrong == []
    assert sorted(path.name for path in folder.iterdir()) == sorted(job.artifacts[0].name for job in (killed, stopped))


def test_a_seeder_has_the_backup_service_back_up_what_it_loads_into(tmp_path: Path) -> None:
    fill(tmp_path / "zoo.db")
    token: dict[str, Any] = {"grpc_token": "between services"}
    with (
        generators(tmp_path, **token) as (generator,),
        service("backup", tmp_path, **QUICK, **token) as backup,
        service(
            "seeder", tmp_path, **QUICK, **token, seeder__generators=generator.address, backup_address=backup.address
        ) as seeder,
    ):
        known = (("authorization", "Bearer between services"),)
        seedings = stub(seeder.address, seeder_pb2_grpc.SeederServiceStub)
        request = seeder_pb2.CreateSeedingRequest(
            schema=gen.Schema(text=SCHEMA), target="sqlite:///zoo.db", rows={"users": "20"}, backup=backup_pb2.BackupFirst()
        )
        events = list(seedings.StreamSeeding(request, metadata=known, timeout=60))
        listed = stub(backup.address, backup_pb2_grpc.BackupServiceStub).ListArchives(
            backup_pb2.ListArchivesRequest(), metadata=known
        )
    assert events[-1].type == "complete", events[-1]
    assert [(archive.tables, archive.rows) for archive in listed.archives] == [(1, 500)]
    assert query(tmp_path / "zoo.db", "SELECT count(*) FROM users") == [(20,)]


def test_a_seeder_without_a_backup_service_loads_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "zoo.db")
    with service("seeder", tmp_path, **QUICK, backup_address="") as seeder:
        seedings = stub(seeder.address, seeder_pb2_grpc.SeederServiceStub)
        request = seeder_pb2.CreateSeedingRequest(
            schema=gen.Schema(text=SCHEMA), target="sqlite:///zoo.db", backup=backup_pb2.BackupFirst()
        )
        failed = ended(seeder.address, seedings.CreateSeeding(request).id)
    assert failed.error.code == "BACKUP_ABSENT"
    assert query(tmp_path / "zoo.db", "SELECT name FROM sqlite_master") == [("pets",)]
