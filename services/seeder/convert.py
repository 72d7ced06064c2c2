"""Between protobuf messages and what the service takes and gives. Pure."""

from __future__ import annotations

from mockcraft.seeder.v1 import seeder_pb2 as pb

from services.common.messages import schema_request
from services.seeder.service import Options, SeedingRequest


def seeding_request(request: pb.CreateSeedingRequest) -> SeedingRequest:
    """A seeding as asked for. Raises SCHEMA_MISSING."""
    options = Options(request.mode or "append", request.batch_size, request.connections, tuple(request.fast))
    return SeedingRequest(schema_request(request), request.target, options, request.request_id)
