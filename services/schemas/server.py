"""The schema registry as a process: its service and what it asks other services for, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import start_http_server

from services.common.server import Servicer, serve
from services.common.settings import Settings
from services.schemas.neighbours import RemoteNeighbours
from services.schemas.service import SchemaService
from services.schemas.servicer import schema_servicer

PORT: Final = 50054
"""Where it listens unless told otherwise, beside a generator, a seeder and a backup service."""


class Parts:
    """What the process is made of."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.schemas = SchemaService(settings, RemoteNeighbours(settings))
        self._metrics: Callable[[], None] = lambda: None

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return (schema_servicer(self.schemas),)

    async def start(self) -> None:
        """Begin to keep schemas, and to tell metrics where that is asked for. Raises `MockcraftError` or `OSError`."""
        await self.schemas.start()
        if self._settings.metrics_port:
            host = self._settings.grpc_host.strip("[]")
            server, _ = start_http_server(self._settings.metrics_port, host, self.schemas.metrics.registry)
            self._metrics = server.shutdown

    async def stop(self) -> None:
        """Let go of everything."""
        self._metrics()
        await self.schemas.stop()


def own_port(settings: Settings) -> Settings:
    """With the service's own port, unless another was asked for."""
    return settings.model_copy(update={"grpc_port": PORT}) if settings.origin["grpc_port"] == "default" else settings


async def run_schemas(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, own_port(settings), "schemas", start=parts.start, stop=parts.stop, listening=listening)
