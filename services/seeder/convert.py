"""Between protobuf messages and what the service takes and gives. Pure."""

from __future__ import annotations

from mockcraft.seeder.v1 import seeder_pb2 as pb

from services.common.messages import findings_messages, schema_request
from services.seeder.guess import Guessed
from services.seeder.introspection import IntrospectionRequest, notes
from services.seeder.service import Options, SeedingRequest


def seeding_request(request: pb.CreateSeedingRequest) -> SeedingRequest:
    """A seeding as asked for. Raises SCHEMA_MISSING."""
    options = Options(request.mode or "append", request.batch_size, request.connections, tuple(request.fast))
    return SeedingRequest(schema_request(request), request.target, options, request.request_id)


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
