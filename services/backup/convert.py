"""Between protobuf messages and what the service takes and gives. Pure."""

from __future__ import annotations

from mockcraft.backup.v1 import backup_pb2 as pb

from services.backup.retention import Kept
from services.backup.service import BackupRequest, RestoreRequest, VerificationRequest
from services.common.jobs.convert import moment
from services.common.messages import enum_name


def backup_request(request: pb.CreateBackupRequest) -> BackupRequest:
    """A backup as asked for."""
    return BackupRequest(
        request.source,
        request.storage,
        request.keep_last,
        request.keep_days,
        enum_name(pb.Level, request.verify),
        request.encrypt if request.HasField("encrypt") else None,
        request.request_id,
    )


def restore_request(request: pb.CreateRestoreRequest) -> RestoreRequest:
    """A restore as asked for."""
    return RestoreRequest(request.archive, request.target, request.force, request.storage, request.request_id)


def verification_request(request: pb.CreateVerificationRequest) -> VerificationRequest:
    """A verification as asked for."""
    level = enum_name(pb.Level, request.level)
    return VerificationRequest(request.archive, level, request.target, request.storage, request.request_id)


def archive_message(listed: Kept) -> pb.Archive:
    """An archive of a list."""
    manifest = listed.manifest
    return pb.Archive(
        name=listed.name,
        bytes=listed.bytes,
        created_at=moment(manifest.created_at),
        source=manifest.source.database,
        dialect=manifest.source.dialect,
        tables=len(manifest.tables),
        rows=sum(table.rows for table in manifest.tables),
        encrypted=manifest.encryption is not None,
        snapshot_time=moment(manifest.snapshot_time),
    )
