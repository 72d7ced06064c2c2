"""Backups of targets that are taken and verified before a load begins.

A seeding that wants one waits, without a process and without a place among the jobs that run, until the backup's job has
succeeded. That it has is noted in the seeding's work folder, so that later attempts, which find rows of their own,
take no other one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import grpc
import orjson
from mockcraft.backup.v1 import backup_pb2, backup_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2

from services.common.databases import DatabaseError, dumping
from services.common.errors import MockcraftError, invalid
from services.common.jobs.model import Job
from services.common.jobs.worker import NotReadyError, Wait
from services.common.settings import Settings
from services.common.statuses import from_rpc
from services.common.storage.local import JobPaths
from services.common.targets import Targets

POLL_SECONDS: Final = 1.0
CALL_SECONDS: Final = 15.0
FAILED: Final = ("FAILED", "CANCELLED")
LEVELS: Final = ("FILES", "RESTORED", "RESTORED_CHECKSUMMED")
LEVEL: Final = "RESTORED_CHECKSUMMED"
"""How far such a backup is verified unless told otherwise."""


def check_how(how: Mapping[str, Any]) -> None:
    """Raise KEEP_INVALID or LEVEL_INVALID for what no backup service takes."""
    if how["keep_last"] < 0 or how["keep_days"] < 0:
        raise invalid("KEEP_INVALID", "How many archives or days are kept must be 0 or more.")
    if how["level"] not in LEVELS:
        raise invalid("LEVEL_INVALID", f"The level must be one of {', '.join(LEVELS)}.")


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup job: its id, its state, and why it failed."""

    id: str
    state: str
    error: str = ""


class Backups(Protocol):
    """Takes backups."""

    async def take(self, job: Job, source: str, how: Mapping[str, Any]) -> Taken:
        """The backup of `source` that comes before the seeding `job`, begun when first asked for. Raises `MockcraftError`.

        `how` holds storage, keep_last, keep_days, level and encrypt.
        """


class RemoteBackups:
    """Backups taken by the backup service at `address` (`host:port`)."""

    def __init__(self, address: str, token: str = "") -> None:
        self._address = address
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    async def take(self, job: Job, source: str, how: Mapping[str, Any]) -> Taken:
        """See `Backups`."""
        request = backup_pb2.CreateBackupRequest(
            source=source, storage=how["storage"], keep_last=how["keep_last"], keep_days=how["keep_days"],
            verify=how["level"], encrypt=how["encrypt"], request_id=f"before {job.id}",
        )  # fmt: skip
        async with grpc.aio.insecure_channel(self._address) as channel:
            stub = backup_pb2_grpc.BackupServiceStub(channel)  # type: ignore[no-untyped-call]
            try:
                made = await stub.CreateBackup(request, timeout=CALL_SECONDS, metadata=self._metadata)
            except grpc.aio.AioRpcError as error:
                raise from_rpc(error) from None
        why = f"{made.error.code} {made.error.message}" if made.HasField("error") else ""
        return Taken(made.id, jobs_pb2.Job.State.Name(made.state), why)


@dataclass
class BackupGate:
    """Lets a seeding begin when its backup is there."""

    settings: Settings
    backups: Backups | None
    _begun: set[str] = field(default_factory=set)

    async def ready(self, job: Job, paths: JobPaths, sealed: str) -> Wait | None:
        """None when the load may begin. Raises `NotReadyError`, `SecretLostError`."""
        note = paths.work / "backup.json"
        how = job.spec.get("backup")
        if how is None or await asyncio.to_thread(note.exists):
            return None
        targets = Targets(self.settings)
        url = await asyncio.to_thread(targets.url_of, job, sealed)
        if job.id not in self._begun and await asyncio.to_thread(_is_empty, url):
            await asyncio.to_thread(note.write_bytes, orjson.dumps({"backup": None}))
            return None
        taken = await self._take(job, job.spec["targetName"] or url, how)
        first = job.id not in self._begun
        self._begun.add(job.id)
        if taken.state == "SUCCEEDED":
            await asyncio.to_thread(note.write_bytes, orjson.dumps({"backup": taken.id}))
            return None
        if taken.state in FAILED:
            why = taken.error or "it was cancelled"
            raise NotReadyError("BACKUP_FAILED", f"The backup {taken.id} of the target failed, so nothing was loaded: {why}")
        return Wait(POLL_SECONDS, f"the backup {taken.id} is taken and verified first" if first else "")

    async def _take(self, job: Job, source: str, how: Mapping[str, Any]) -> Taken:
        if self.backups is None:
            raise NotReadyError("BACKUP_ABSENT", "There is no backup service, so nothing was loaded.")
        try:
            return await self.backups.take(job, source, how)
        except MockcraftError as error:
            if error.status is grpc.StatusCode.UNAVAILABLE and job.id in self._begun:
                return Taken("", "PENDING")
            retryable = error.status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            message = f"The target cannot be backed up, so nothing was loaded: {error.code} {error.message}"
            raise NotReadyError("BACKUP_FAILED", message, retryable) from None


def _is_empty(url: str) -> bool:
    try:
        opened = dumping(url)
        try:
            return opened.is_empty()
        finally:
            opened.close()
    except DatabaseError as error:
        raise NotReadyError(error.code, str(error), error.retryable) from None
