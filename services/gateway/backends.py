"""Which services stand behind the gateway, and the gRPC channels to them.

A new service is one entry of `BACKENDS`; its routes follow from the `google.api.http` rules of its proto.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from mockcraft.backup.v1 import backup_pb2
from mockcraft.datasets.v1 import datasets_pb2
from mockcraft.generator.v1 import generator_pb2
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.schemas.v1 import schemas_pb2
from mockcraft.seeder.v1 import seeder_pb2

from services.common.caller import METADATA, PRIORITY, caller, priority
from services.common.errors import MockcraftError


@dataclass(frozen=True, slots=True)
class Backend:
    """A service process: its name, the gRPC service it alone serves, and the prefixes of the job ids it starts."""

    name: str
    service: ServiceDescriptor
    prefixes: tuple[str, ...]


BACKENDS: Final[tuple[Backend, ...]] = (
    Backend("generator", generator_pb2.DESCRIPTOR.services_by_name["GeneratorService"], ("gen_",)),
    Backend("seeder", seeder_pb2.DESCRIPTOR.services_by_name["SeederService"], ("seed_",)),
    Backend("backup", backup_pb2.DESCRIPTOR.services_by_name["BackupService"], ("backup_", "restore_", "verify_")),
    Backend("schemas", schemas_pb2.DESCRIPTOR.services_by_name["SchemaService"], ()),
    Backend("datasets", datasets_pb2.DESCRIPTOR.services_by_name["DatasetService"], ("data_",)),
)
JOB_SERVICE: Final[ServiceDescriptor] = jobs_pb2.DESCRIPTOR.services_by_name["JobService"]
"""Served by every backend over one job store."""

SERVICES: Final[tuple[ServiceDescriptor, ...]] = (*(backend.service for backend in BACKENDS), JOB_SERVICE)

MAX_MESSAGE: Final = 64 * 1024 * 1024
OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
)

END: Final[Any] = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
"""What reading a stream gives after its last message."""

UNARY_SECONDS: Final = 60.0
"""Longest wait for one answer; streams have no deadline."""


class Channels:
    """One channel for each backend; knows which of them serves a method or follows a job."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], token: str = "") -> None:
        self._channels, self._token = dict(channels), token

    @classmethod
    def open(cls, addresses: Mapping[str, str], token: str = "", interceptors: Sequence[Any] = ()) -> Channels:
        """Channels to the `host:port` of each backend by its name; empty for one that is not there. Connects when first used."""
        opened = {
            name: grpc.aio.insecure_channel(address, options=OPTIONS, interceptors=interceptors)
            for name, address in addresses.items()
            if address
        }
        return cls(opened, token)

    async def close(self) -> None:
        """Close all channels."""
        for channel in self._channels.values():
            await channel.close(None)

    @property
    def by_name(self) -> Mapping[str, grpc.aio.Channel]:
        """The channels by backend name."""
        return self._channels

    def channel(self, method: MethodDescriptor, job_id: str) -> grpc.aio.Channel:
        """The channel for a method; one of the job service goes where jobs with this id's prefix are run.

        Raises SERVICE_ABSENT for a service that is not there.
        """
        service = method.containing_service
        if service is JOB_SERVICE:
            owner = (backend.name for backend in BACKENDS if job_id.startswith(backend.prefixes))
            found = self._channels.get(next(owner, "")) or next(iter(self._channels.values()), None)  # all read one store
            if found is None:
                raise MockcraftError("SERVICE_ABSENT", "There is no service behind this gateway.", grpc.StatusCode.UNIMPLEMENTED)
            return found
        name = next(backend.name for backend in BACKENDS if backend.service is service)
        if name not in self._channels:
            raise MockcraftError("SERVICE_ABSENT", f"There is no {name} behind this gateway.", grpc.StatusCode.UNIMPLEMENTED)
        return self._channels[name]

    async def unary(self, method: MethodDescriptor, request: Message, request_id: str, seconds: float = UNARY_SECONDS) -> Message:
        """Call a method with one answer. Raises `grpc.aio.AioRpcError`."""
        call = self.channel(method, _job_id(request)).unary_unary(_path(method), *_codec(method))
        answer: Message = await call(request, timeout=seconds, metadata=self.metadata(request_id))
        return answer

    def stream(self, method: MethodDescriptor, request: Message, request_id: str) -> grpc.aio.UnaryStreamCall[Any, Any]:
        """Call a method that streams its answers; errors come while reading."""
        call = self.channel(method, _job_id(request)).unary_stream(_path(method), *_codec(method))
        return call(request, metadata=self.metadata(request_id))

    def metadata(self, request_id: str) -> tuple[tuple[str, str], ...]:
        """What every call carries: the request's id, who asks, and the token shared with the services."""
        token = (("authorization", f"Bearer {self._token}"),) if self._token else ()
        return (("x-request-id", request_id), (METADATA, caller()), (PRIORITY, str(priority())), *token)


def _job_id(request: Message) -> str:
    return str(getattr(request, "id", ""))


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def _codec(method: MethodDescriptor) -> tuple[Any, Any]:
    return GetMessageClass(method.input_type).SerializeToString, GetMessageClass(method.output_type).FromString
