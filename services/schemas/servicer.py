"""The gRPC face of the schema registry: one line for each RPC."""

from __future__ import annotations

from typing import Any

from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.schemas.v1 import schemas_pb2 as pb
from mockcraft.schemas.v1 import schemas_pb2_grpc

from services.common.server import Servicer
from services.schemas import convert, requests
from services.schemas.requests import act
from services.schemas.service import SchemaService

Context = Any


class SchemaServicer(schemas_pb2_grpc.SchemaServiceServicer):
    """Serves `mockcraft.schemas.v1.SchemaService`; `trusted` where only the person at the command line asks."""

    def __init__(self, service: SchemaService, trusted: bool = False) -> None:
        self._service, self._trusted = service, trusted

    async def CreateSchema(self, request: pb.CreateSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        resource = requests.resource_of(request)
        asked = resource, requests.database_wanted(request, resource), act(), requests.idempotency(request)
        return convert.schema_message(await self._service.create(*asked))

    async def ListSchemas(self, request: pb.ListSchemasRequest, context: Context) -> pb.ListSchemasResponse:  # noqa: N802
        """See the proto."""
        return convert.listing_message(await self._service.list(requests.query(request)))

    async def GetSchema(self, request: pb.GetSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        return convert.schema_message(await self._service.get(request.id))

    async def ReplaceSchema(self, request: pb.ReplaceSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        asked = request.id, requests.resource_of(request), request.revision, act()
        return convert.schema_message(await self._service.replace(*asked))

    async def UpdateSchema(self, request: pb.UpdateSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        resource = requests.resource_of(request, name_needed=False)
        asked = request.id, resource, requests.fields_to_change(request, resource), request.revision, act()
        return convert.schema_message(await self._service.patch(*asked))

    async def DeleteSchema(self, request: pb.DeleteSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        asked = request.id, request.drop_database, request.revision, act()
        return convert.schema_message(await self._service.delete(*asked))

    async def CheckDrawing(self, request: pb.CheckDrawingRequest, context: Context) -> pb.CheckResponse:  # noqa: N802
        """See the proto."""
        return convert.check_message(await self._service.check(requests.resource_of(request, name_needed=False)))

    async def CheckSchema(self, request: pb.CheckSchemaRequest, context: Context) -> pb.CheckResponse:  # noqa: N802
        """See the proto."""
        return convert.check_message(await self._service.check_stored(request.id))

    async def GetSchemaSql(self, request: pb.GetSchemaSqlRequest, context: Context) -> pb.SchemaSql:  # noqa: N802
        """See the proto."""
        return convert.sql_message(await self._service.sql(request.id, request.dialect))

    async def CreateSchemaDatabase(self, request: pb.CreateSchemaDatabaseRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        return convert.schema_message(await self._service.create_database(request.id, request.force, act()))

    async def GetSchemaDatabase(self, request: pb.GetSchemaDatabaseRequest, context: Context) -> pb.Database:  # noqa: N802
        """See the proto."""
        return convert.database_message(await self._service.database(request.id))

    async def DeleteSchemaDatabase(self, request: pb.DeleteSchemaDatabaseRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        return convert.schema_message(await self._service.drop_database(request.id, act()))

    async def ListDatabases(self, request: pb.ListDatabasesRequest, context: Context) -> pb.ListDatabasesResponse:  # noqa: N802
        """See the proto."""
        return convert.databases_message(await self._service.databases(request.page_size, request.page_token))

    async def ExportSchema(self, request: pb.ExportSchemaRequest, context: Context) -> pb.ExportedSchema:  # noqa: N802
        """See the proto."""
        return convert.exported_message(await self._service.export(request.id, request.format, request.dialect, act()))

    async def ImportSchema(self, request: pb.ImportSchemaRequest, context: Context) -> pb.Schema:  # noqa: N802
        """See the proto."""
        asked = requests.source(request, self._trusted), act(), requests.idempotency(request)
        return convert.made_message(await self._service.import_(*asked))

    async def ListSchemaVersions(  # noqa: N802
        self, request: pb.ListSchemaVersionsRequest, context: Context
    ) -> pb.ListSchemaVersionsResponse:
        """See the proto."""
        asked = request.id, request.page_size, request.page_token
        return convert.versions_message(await self._service.versions(*asked))

    async def GetSchemaMigration(  # noqa: N802
        self, request: pb.GetSchemaMigrationRequest, context: Context
    ) -> pb.SchemaMigration:
        """See the proto."""
        between = getattr(request, "from"), request.to
        return convert.migration_message(await self._service.migration(request.id, *between, request.dialect))

    async def PreviewSchema(self, request: pb.PreviewSchemaRequest, context: Context) -> pb.SchemaPreview:  # noqa: N802
        """See the proto."""
        return convert.preview_message(await self._service.preview(request.id, requests.preview(request)))

    async def SeedSchema(self, request: pb.SeedSchemaRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return await self._service.seed(request.id, requests.seeding(request), act())

    async def BackupSchema(self, request: pb.BackupSchemaRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return await self._service.backup(request.id, requests.backup(request), act())

    async def ListSchemaAudit(self, request: pb.ListSchemaAuditRequest, context: Context) -> pb.ListAuditResponse:  # noqa: N802
        """See the proto."""
        return convert.audit_page(await self._service.audit(request.id, request.page_size, request.page_token))

    async def ListAudit(self, request: pb.ListAuditRequest, context: Context) -> pb.ListAuditResponse:  # noqa: N802
        """See the proto."""
        return convert.audit_page(await self._service.audit(None, request.page_size, request.page_token))


def schema_servicer(service: SchemaService) -> Servicer:
    """The registry, ready for `serve`."""
    name = pb.DESCRIPTOR.services_by_name["SchemaService"].full_name
    return Servicer(SchemaServicer(service), schemas_pb2_grpc.add_SchemaServiceServicer_to_server, name)
