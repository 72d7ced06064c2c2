"""The other services that the registry asks: for rows to show, for loads and for backups. In their own messages."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final, Protocol

import grpc
import structlog
from mockcraft.backup.v1 import backup_pb2, backup_pb2_grpc
from mockcraft.generator.v1 import generator_pb2, generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2
from mockcraft.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from services.common.caller import METADATA, PRIORITY, caller, priority
from services.common.errors import MockcraftError, unavailable
from services.common.settings import Settings
from services.common.statuses import from_rpc

CALL_SECONDS: Final = 15.0
PREVIEW_SECONDS: Final = 30.0


class Neighbours(Protocol):
    """Every error is a `MockcraftError`, the one that the other service answered with."""

    async def preview(self, request: generator_pb2.PreviewRowsRequest) -> generator_pb2.PreviewRowsResponse:
        """A few rows of a schema."""

    async def seed(self, request: seeder_pb2.CreateSeedingRequest) -> jobs_pb2.Job:
        """A load, begun."""

    async def backup(self, request: backup_pb2.CreateBackupRequest) -> jobs_pb2.Job:
        """A backup, begun."""

    async def close(self) -> None:
        """Let go of connections."""


class RemoteNeighbours:
    """The services at the addresses of the settings, asked over gRPC with the shared token and the caller's name."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = {
            "generator": settings.generator_address,
            "seeder": settings.seeder_address,
            "backup": settings.backup_address,
        }
        self._token = settings.grpc_token.get_secret_value()
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def preview(self, request: generator_pb2.PreviewRowsRequest) -> generator_pb2.PreviewRowsResponse:
        """See `Neighbours`."""
        async with self._asked("generator") as channel:
            stub = generator_pb2_grpc.GeneratorServiceStub(channel)  # type: ignore[no-untyped-call]
            answer: generator_pb2.PreviewRowsResponse = await stub.PreviewRows(
                request, timeout=PREVIEW_SECONDS, metadata=self._metadata()
            )
            return answer

    async def seed(self, request: seeder_pb2.CreateSeedingRequest) -> jobs_pb2.Job:
        """See `Neighbours`."""
        async with self._asked("seeder") as channel:
            stub = seeder_pb2_grpc.SeederServiceStub(channel)  # type: ignore[no-untyped-call]
            job: jobs_pb2.Job = await stub.CreateSeeding(request, timeout=CALL_SECONDS, metadata=self._metadata())
            return job

    async def backup(self, request: backup_pb2.CreateBackupRequest) -> jobs_pb2.Job:
        """See `Neighbours`."""
        async with self._asked("backup") as channel:
            stub = backup_pb2_grpc.BackupServiceStub(channel)  # type: ignore[no-untyped-call]
            job: jobs_pb2.Job = await stub.CreateBackup(request, timeout=CALL_SECONDS, metadata=self._metadata())
            return job

    async def close(self) -> None:
        """See `Neighbours`."""
        for channel in self._channels.values():
            await channel.close(None)
        self._channels.clear()

    @contextlib.asynccontextmanager
    async def _asked(self, name: str) -> AsyncIterator[grpc.aio.Channel]:
        address = self._addresses[name]
        if not address:
            raise unavailable("SERVICE_ABSENT", f"There is no {name} service here.", f"Name its address: {name}_address.")
        if name not in self._channels:
            self._channels[name] = grpc.aio.insecure_channel(address)
        try:
            yield self._channels[name]
        except grpc.aio.AioRpcError as error:
            raise _told(name, error) from None

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = (("authorization", f"Bearer {self._token}"),) if self._token else ()
        asked = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        request = (("x-request-id", asked),) if asked else ()
        return ((METADATA, caller()), (PRIORITY, str(priority())), *request, *token)


def _told(name: str, error: grpc.aio.AioRpcError) -> MockcraftError:
    """The other service's own error; when it is away, that."""
    told = from_rpc(error)
    if told.code == grpc.StatusCode.UNAVAILABLE.name:
        return unavailable("SERVICE_UNAVAILABLE", f"The {name} service does not answer.", "Try again in a moment.")
    return told
