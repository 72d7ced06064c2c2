"""The backup service as a process: what runs jobs and both gRPC services, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.backup.service import BackupService, backup_workers
from services.backup.servicer import backup_servicer
from services.common.jobs.working import Working
from services.common.server import Servicer, serve
from services.common.settings import Settings

PORT: Final = 50053
"""Where it listens unless told otherwise, beside a generator and a seeder."""


class Parts:
    """What the process is made of."""

    def __init__(self, settings: Settings) -> None:
        self._working = Working(settings, backup_workers(settings))
        self.jobs = self._working.jobs
        self.backup = BackupService(settings, self.jobs)

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return self._working.servicer, backup_servicer(self.backup)

    async def start(self) -> None:
        """Begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        await self._working.start()

    async def stop(self) -> None:
        """End what runs, to be begun anew, and let go of everything."""
        await self._working.stop()


def own_port(settings: Settings) -> Settings:
    """With the service's own port, unless another was asked for."""
    return settings.model_copy(update={"grpc_port": PORT}) if settings.origin["grpc_port"] == "default" else settings


async def run_backup(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, own_port(settings), "backup", start=parts.start, stop=parts.stop, listening=listening)
