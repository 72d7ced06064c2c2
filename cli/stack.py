"""Everything on one machine: gateway, services and their supervisor in this process, jobs in child processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from cli.backups import OwnBackups
from cli.neighbours import OwnNeighbours
from cli.runtime import workers
from runner import plugins
from services.backup.servicer import backup_servicer
from services.common.jobs.working import Working
from services.common.server import GrpcServer, Servicer, stop_signal
from services.common.settings import Settings
from services.common.telemetry import setup_logging, setup_tracing
from services.datasets.service import DatasetService
from services.datasets.servicer import dataset_servicer
from services.gateway.backends import BACKENDS
from services.gateway.server import Gateway, refuse_open_bind
from services.generator.service import GeneratorService
from services.generator.servicer import generator_servicer
from services.schemas.service import SchemaService
from services.schemas.servicer import schema_servicer
from services.seeder.service import SeederService
from services.seeder.servicer import seeder_servicer

logger = structlog.get_logger(__name__)


class Services:
    """All services over one store and one supervisor."""

    def __init__(self, settings: Settings) -> None:
        backups = OwnBackups(settings)
        self._working = Working(settings, list(workers(settings, backups).values()))
        self.jobs = self._working.jobs
        self.backup = backups.use(self.jobs)
        self.generator, self.seeder = GeneratorService(settings, self.jobs), SeederService(settings, self.jobs)
        self.datasets = DatasetService(settings, self.jobs)
        self.schemas = SchemaService(settings, OwnNeighbours(self.generator, self.seeder, self.backup))

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        servicers = generator_servicer(self.generator), seeder_servicer(self.seeder), backup_servicer(self.backup)
        return self._working.servicer, *servicers, schema_servicer(self.schemas), dataset_servicer(self.datasets)

    async def start(self) -> None:
        """Begin to work on jobs and to keep schemas. Raises `MockcraftError` STORE_UNAVAILABLE, DATABASE_ERROR or `OSError`."""
        for problem in plugins.problems():
            logger.warning("plug-in not loaded", problem=problem)
        await self._working.start()
        await self.schemas.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await asyncio.gather(self.schemas.stop(), self._working.stop())
        self.generator.close()
        self.seeder.close()
        self.datasets.close()


async def run_stack(settings: Settings, listening: Callable[[str, str], None]) -> None:
    """Serve until a stop signal, then end within ten seconds; running jobs checkpoint and wait.

    `listening` is told the gateway's URL and the services' `host:port`. They take a free port
    when the default one is taken; nobody asked for that one.
    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    refuse_open_bind(settings)
    setup_logging(settings, "server")
    asked = stop_signal()
    services = Services(settings)
    grpc_server = GrpcServer(services.servicers, settings, setup_tracing(settings, "server"))
    gateway: Gateway | None = None
    try:
        await services.start()
        address = await grpc_server.start(or_any_port=settings.origin["grpc_port"] == "default")
        addresses = dict.fromkeys((f"{each.name}_address" for each in BACKENDS), address)
        gateway = Gateway(settings.model_copy(update=addresses), [services.schemas.metrics.registry])
        listening(await gateway.start(), address)
        await asked.wait()
    finally:
        stops = [services.stop(), grpc_server.stop()]
        await asyncio.gather(*stops, *([gateway.stop()] if gateway else []))


def stack_settings(settings: Settings) -> Settings:
    """With a free port asked for the gateway, the services take a free one too, unless they were told which."""
    if settings.port == 0 and settings.origin["grpc_port"] == "default":
        return settings.model_copy(update={"grpc_port": 0})
    return settings
