"""The dataset service as a process: what runs jobs and both gRPC services, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.common.jobs.working import Working
from services.common.server import Servicer, serve
from services.common.settings import Settings
from services.datasets.service import DatasetService
from services.datasets.servicer import dataset_servicer
from services.datasets.worker import dataset_worker

PORT: Final = 50055
"""Where it listens unless told otherwise, beside the other services."""


class Parts:
    """What the process is made of."""

    def __init__(self, settings: Settings) -> None:
        self._working = Working(settings, [dataset_worker(settings)])
        self.jobs = self._working.jobs
        self.datasets = DatasetService(settings, self.jobs)

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return self._working.servicer, dataset_servicer(self.datasets)

    async def start(self) -> None:
        """Begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        await self._working.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await self._working.stop()
        self.datasets.close()


def own_port(settings: Settings) -> Settings:
    """With the service's own port, unless another was asked for."""
    return settings.model_copy(update={"grpc_port": PORT}) if settings.origin["grpc_port"] == "default" else settings


async def run_datasets(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, own_port(settings), "datasets", start=parts.start, stop=parts.stop, listening=listening)
