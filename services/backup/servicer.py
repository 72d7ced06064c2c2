"""The gRPC face of the backup service: one line for each RPC."""

from __future__ import annotations

from typing import Any

from mockcraft.backup.v1 import backup_pb2 as pb
from mockcraft.backup.v1 import backup_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2

from services.backup import convert
from services.backup.service import BackupService
from services.common.jobs.convert import job_message
from services.common.server import Servicer

Context = Any


class BackupServicer(backup_pb2_grpc.BackupServiceServicer):
    """Serves `mockcraft.backup.v1.BackupService`."""

    def __init__(self, service: BackupService) -> None:
        self._service = service

    async def CreateBackup(self, request: pb.CreateBackupRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create_backup(convert.backup_request(request)))

    async def CreateRestore(self, request: pb.CreateRestoreRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create_restore(convert.restore_request(request)))

    async def CreateVerification(self, request: pb.CreateVerificationRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create_verification(convert.verification_request(request)))

    async def ListArchives(self, request: pb.ListArchivesRequest, context: Context) -> pb.ListArchivesResponse:  # noqa: N802
        """See the proto."""
        found, token = await self._service.list_archives(request.storage, request.page_size, request.page_token)
        return pb.ListArchivesResponse(archives=map(convert.archive_message, found), next_page_token=token)


def backup_servicer(service: BackupService) -> Servicer:
    """The backup service, ready for `serve`."""
    name = pb.DESCRIPTOR.services_by_name["BackupService"].full_name
    return Servicer(BackupServicer(service), backup_pb2_grpc.add_BackupServiceServicer_to_server, name)
