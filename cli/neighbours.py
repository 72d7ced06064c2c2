"""The services that the schema registry asks, in this process: the same messages, no gRPC between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockcraft.backup.v1 import backup_pb2
from mockcraft.generator.v1 import generator_pb2
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.seeder.v1 import seeder_pb2

from services.backup.service import BackupService
from services.backup.servicer import BackupServicer
from services.generator.service import GeneratorService
from services.generator.servicer import GeneratorServicer
from services.seeder.service import SeederService
from services.seeder.servicer import SeederServicer


class OwnNeighbours:
    """Implements `services.schemas.neighbours.Neighbours`. `begun` is told of each job that starts."""

    def __init__(
        self,
        generator: GeneratorService,
        seeder: SeederService,
        backup: BackupService,
        begun: Callable[[str], None] = lambda job_id: None,
    ) -> None:
        self._generator: Any = GeneratorServicer(generator)
        self._seeder: Any = SeederServicer(seeder)
        self._backup: Any = BackupServicer(backup)
        self._begun = begun

    async def preview(self, request: generator_pb2.PreviewRowsRequest) -> generator_pb2.PreviewRowsResponse:
        """See `Neighbours`."""
        answer: generator_pb2.PreviewRowsResponse = await self._generator.PreviewRows(request, None)
        return answer

    async def seed(self, request: seeder_pb2.CreateSeedingRequest) -> jobs_pb2.Job:
        """See `Neighbours`."""
        return self._started(await self._seeder.CreateSeeding(request, None))

    async def backup(self, request: backup_pb2.CreateBackupRequest) -> jobs_pb2.Job:
        """See `Neighbours`."""
        return self._started(await self._backup.CreateBackup(request, None))

    async def close(self) -> None:
        """The services are closed by whoever made them."""

    def _started(self, job: jobs_pb2.Job) -> jobs_pb2.Job:
        self._begun(job.id)
        return job
