"""The gRPC face of the seeder: one line for each RPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.seeder.v1 import seeder_pb2 as pb
from mockcraft.seeder.v1 import seeder_pb2_grpc

from services.common.jobs.convert import event_message, job_message
from services.common.server import Servicer
from services.seeder import convert
from services.seeder.service import Comparison, SeederService

Context = Any


class SeederServicer(seeder_pb2_grpc.SeederServiceServicer):
    """Serves `mockcraft.seeder.v1.SeederService`."""

    def __init__(self, service: SeederService) -> None:
        self._service = service

    async def CreateSeeding(self, request: pb.CreateSeedingRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create(convert.seeding_request(request)))

    async def StreamSeeding(self, request: pb.CreateSeedingRequest, context: Context) -> AsyncIterator[jobs_pb2.JobEvent]:  # noqa: N802
        """See the proto. The headers say that the job is stored, before there is an event to send."""
        job = await self._service.create(convert.seeding_request(request))
        await context.send_initial_metadata(())
        async with aclosing(self._service.watch(job.id)) as events:
            async for event in events:
                yield event_message(event)

    async def ResumeSeeding(self, request: pb.ResumeSeedingRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.resume(request.id, request.target))

    async def CleanSeeding(self, request: pb.CleanSeedingRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.clean(request.id, request.target, request_id=request.request_id))

    async def VerifySeeding(self, request: pb.VerifySeedingRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        how = Comparison("check", exact=request.exact)
        return job_message(await self._service.compare(request.id, how, request.target, request_id=request.request_id))

    async def RepairSeeding(self, request: pb.RepairSeedingRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        how = Comparison("repair", dry_run=request.dry_run)
        return job_message(await self._service.compare(request.id, how, request.target, request_id=request.request_id))

    async def IntrospectTarget(  # noqa: N802
        self, request: pb.IntrospectTargetRequest, context: Context
    ) -> pb.IntrospectTargetResponse:
        """See the proto."""
        return convert.introspection_message(await self._service.introspect(convert.introspection_request(request)))


def seeder_servicer(service: SeederService) -> Servicer:
    """The seeder service, ready for `serve`."""
    name = pb.DESCRIPTOR.services_by_name["SeederService"].full_name
    return Servicer(SeederServicer(service), seeder_pb2_grpc.add_SeederServiceServicer_to_server, name)
