"""The seeder as a process: what runs jobs and both gRPC services, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.common.jobs.working import Working
from services.common.server import Servicer, serve
from services.common.settings import Settings
from services.seeder.backups import RemoteBackups
from services.seeder.service import SeederService, seeding_worker
from services.seeder.servicer import seeder_servicer

PORT: Final = 50052
"""Where it listens unless told otherwise, beside a generator."""


class Parts:
    """What the process is made of; `working` is given where other services share it."""

    def __init__(self, settings: Settings, working: Working | None = None) -> None:
        generators = settings.seeder.generators or (settings.generator_address,)
        token, address = settings.grpc_token.get_secret_value(), settings.backup_address
        backups = RemoteBackups(address, token) if address else None
        self._working = working or Working(settings, [seeding_worker(settings, generators, backups)])
        self.jobs = self._working.jobs
        self.seeder = SeederService(settings, self.jobs)

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return self._working.servicer, seeder_servicer(self.seeder)

    async def start(self) -> None:
        """Begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        await self._working.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await self._working.stop()
        self.seeder.close()


def own_port(settings: Settings) -> Settings:
    """With the seeder's port, unless another was asked for."""
    return settings.model_copy(update={"grpc_port": PORT}) if settings.origin["grpc_port"] == "default" else settings


async def run_seeder(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, own_port(settings), "seeder", start=parts.start, stop=parts.stop, listening=listening)
