"""The gRPC face of the dataset service: one line for each RPC."""

from __future__ import annotations

from typing import Any

from mockcraft.datasets.v1 import datasets_pb2 as pb
from mockcraft.datasets.v1 import datasets_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2

from services.common.jobs.convert import job_message
from services.common.server import Servicer
from services.datasets import convert
from services.datasets.service import DatasetService

Context = Any


class DatasetServicer(datasets_pb2_grpc.DatasetServiceServicer):
    """Serves `mockcraft.datasets.v1.DatasetService`."""

    def __init__(self, service: DatasetService) -> None:
        self._service = service

    async def CreateDataset(self, request: pb.DatasetRequest, context: Context) -> jobs_pb2.Job:  # noqa: N802
        """See the proto."""
        return job_message(await self._service.create(convert.request_values(request), request.request_id))

    async def ListDatasetTemplates(  # noqa: N802
        self, request: pb.ListDatasetTemplatesRequest, context: Context
    ) -> pb.ListDatasetTemplatesResponse:
        """See the proto."""
        found = await self._service.list_templates()
        return pb.ListDatasetTemplatesResponse(templates=map(convert.template_message, found))

    async def GetDatasetTemplate(self, request: pb.GetDatasetTemplateRequest, context: Context) -> pb.DatasetTemplate:  # noqa: N802
        """See the proto."""
        return convert.template_message(await self._service.get_template(request.id))

    async def CreateDomain(self, request: pb.CreateDomainRequest, context: Context) -> pb.Domain:  # noqa: N802
        """See the proto."""
        values = convert.request_values(request.request)
        return convert.domain_message(await self._service.create_domain(request.name, request.description, values))

    async def ListDomains(self, request: pb.ListDomainsRequest, context: Context) -> pb.ListDomainsResponse:  # noqa: N802
        """See the proto."""
        page = await self._service.list_domains(request.page_size, request.page_token)
        return pb.ListDomainsResponse(domains=map(convert.domain_message, page.domains), next_page_token=page.next_page_token)

    async def GetDomain(self, request: pb.GetDomainRequest, context: Context) -> pb.Domain:  # noqa: N802
        """See the proto."""
        return convert.domain_message(await self._service.get_domain(request.id))

    async def UpdateDomain(self, request: pb.UpdateDomainRequest, context: Context) -> pb.Domain:  # noqa: N802
        """See the proto."""
        about = request.id, request.name, request.description, convert.request_values(request.request)
        return convert.domain_message(await self._service.update_domain(*about, request.revision))

    async def DeleteDomain(self, request: pb.DeleteDomainRequest, context: Context) -> pb.Domain:  # noqa: N802
        """See the proto."""
        return convert.domain_message(await self._service.delete_domain(request.id))

    async def CreateDictionary(self, request: pb.CreateDictionaryRequest, context: Context) -> pb.Dictionary:  # noqa: N802
        """See the proto."""
        return convert.dictionary_message(await self._service.dictionaries.create(convert.dictionary_request(request)))

    async def ListDictionaries(  # noqa: N802
        self, request: pb.ListDictionariesRequest, context: Context
    ) -> pb.ListDictionariesResponse:
        """See the proto."""
        found = await self._service.dictionaries.list()
        return pb.ListDictionariesResponse(dictionaries=map(convert.dictionary_message, found))

    async def GetDictionary(self, request: pb.GetDictionaryRequest, context: Context) -> pb.Dictionary:  # noqa: N802
        """See the proto."""
        return convert.dictionary_message(await self._service.dictionaries.get(request.name, request.version))

    async def DeleteDictionary(self, request: pb.DeleteDictionaryRequest, context: Context) -> pb.Dictionary:  # noqa: N802
        """See the proto."""
        return convert.dictionary_message(await self._service.dictionaries.delete(request.name, request.version))


def dataset_servicer(service: DatasetService) -> Servicer:
    """The dataset service, ready for `serve`."""
    name = pb.DESCRIPTOR.services_by_name["DatasetService"].full_name
    return Servicer(DatasetServicer(service), datasets_pb2_grpc.add_DatasetServiceServicer_to_server, name)
