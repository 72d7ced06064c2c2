"""Between protobuf messages and what the service takes and gives. Pure."""

from __future__ import annotations

from typing import Any

from mockcraft.backup.v1 import backup_pb2
from mockcraft.seeder.v1 import seeder_pb2 as pb

from services.common.guess import Guessed
from services.common.messages import enum_name, findings_messages, schema_request
from services.seeder.backups import LEVEL
from services.seeder.introspection import IntrospectionRequest, notes
from services.seeder.service import Options, SeedingRequest


def seeding_request(request: pb.CreateSeedingRequest) -> SeedingRequest:
    """A seeding as asked for. Raises SCHEMA_MISSING."""
    options = Options(request.mode or "append", request.batch_size, request.connections, tuple(request.fast))
    backup = backup_first(request.backup) if request.HasField("backup") else None
    return SeedingRequest(schema_request(request), request.target, options, request.request_id, backup)


def backup_first(asked: backup_pb2.BackupFirst) -> dict[str, Any]:
    """How the backup before a load is made."""
    return {
        "storage": asked.storage,
        "keep_last": asked.keep_last,
        "keep_days": asked.keep_days,
        "level": enum_name(backup_pb2.Level, asked.verify) or LEVEL,
        "encrypt": asked.encrypt if asked.HasField("encrypt") else None,
    }


def introspection_request(request: pb.IntrospectTargetRequest) -> IntrospectionRequest:
    """What to write a schema for."""
    return IntrospectionRequest(
        request.target,
        request.ddl,
        request.sample,
        request.dialect,
        request.table,
        request.total_rows,
        request.profile,
        tuple(request.tables),
        request.namespace,
    )


def introspection_message(made: Guessed) -> pb.IntrospectTargetResponse:
    """The schema with what is to be said of it."""
    said = [pb.Note(path=path, message=text) for path, text in notes(made)]
    return pb.IntrospectTargetResponse(schema=made.text, notes=said, findings=findings_messages(made.checked.findings))
