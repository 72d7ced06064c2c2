"""The gRPC face of the generator: one line for each RPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from mockcraft.generator.v1 import generator_pb2 as pb
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2

from services.common.jobs.convert import job_message
from services.common.messages import schema_request
from services.common.server import Servicer
from services.generator import convert
from services.generator.service import GeneratorService

Context = Any


class GeneratorServicer(generator_pb2_grpc.GeneratorServiceServicer):
    """Serves `mockcraft.generator.v1.GeneratorService`."""

    def __init__(self, service: GeneratorService) -> None:
        self._service = service

    async def ListGenerators(self, request: pb.ListGeneratorsRequest, context: Context) -> pb.ListGeneratorsResponse:  # noqa: N802
        """See the proto."""
        return convert.generators_message(
            await self._service.list_generators(request.category, request.search, request.page_size, request.page_token)
        )

    async def GetGenerator(self, request: pb.GetGeneratorRequest, context: Context) -> pb.Generator:  # noqa: N802
        """See the proto."""
        return convert.generator_message(await self._service.get_generator(request.type))

    async def GenerateValues(self, request: pb.GenerateValuesRequest, context: Context) -> pb.GenerateValuesResponse:  # noqa: N802
        """See the proto."""
        return convert.values_message(await self._service.generate_values(*convert.values_request(request)))

    async def ValidateSchema(self, request: pb.ValidateSchemaRequest, context: Context) -> pb.ValidateSchemaResponse:  # noqa: N802
        """See the proto."""
        return convert.validation_message(await self._service.validate(schema_request(request)))

    async def PlanSchema(self, request: pb.PlanSchemaRequest, context: Context) -> pb.PlanSchemaResponse:  # noqa: N802
        """See the proto."""
        return convert.plan_message(await self._service.plan(schema_request(request)))

    async def PreviewRows(self, request: pb.PreviewRowsRequest, context: Context) -> pb.PreviewRowsResponse:  # noqa: N802
        """See the proto."""
        return convert.preview_message(
            await self._service.preview(convert.preview_schema(request), request.table, request.offset, request.rows)
        )

    async def StreamRows(self, request: pb.StreamRowsRequest, context: Context) -> AsyncIterator[pb.StreamRowsResponse]:  # noqa: N802
        """See the proto."""
        async with aclosing(
            self._service.stream_rows(convert.source(request), request.table, request.offset, request.limit)
        ) as rows:
            async for row in rows:
                yield convert.row_message(row)

    async def StreamBlocks(self, request: pb.StreamBlocksRequest, context: Context) -> AsyncIterator[pb.StreamBlocksResponse]:  # noqa: N802
        """See the proto."""
        async with aclosing(
            self._service.stream_blocks(
                convert.source(request), request.table, request.offset, request.limit, convert.blocks_asked(request)
            )
        ) as slices:
            async for piece in slices:
                yield convert.slice_message(piece)

    async def PutStoredTable(  # noqa: N802
        self, request: AsyncIterator[pb.PutStoredTableRequest], context: Context
    ) -> pb.PutStoredTableResponse:
        """See the proto."""
        digest, size = await self._service.put_stored_table(piece.data async for piece in request)
        return pb.PutStoredTableResponse(digest=digest, bytes=size)

    async def GetRows(self, request: pb.GetRowsRequest, context: Context) -> pb.GetRowsResponse:  # noqa: N802
        """See the proto."""
        return convert.rows_message(
            await self._service.get_rows(request.generation, request.table, request.offset, request.limit)
        )

    async def CreateGeneration(self, request: pb.CreateGenerationRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create_generation(convert.generation_request(request)))


def generator_servicer(service: GeneratorService) -> Servicer:
    """The generator service, ready for `serve`."""
    name = pb.DESCRIPTOR.services_by_name["GeneratorService"].full_name
    return Servicer(GeneratorServicer(service), generator_pb2_grpc.add_GeneratorServiceServicer_to_server, name)
