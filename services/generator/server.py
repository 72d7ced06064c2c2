"""The generator as a process: job store, supervisor and both gRPC services, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from runner import plugins
from services.common.jobs.service import JobsService
from services.common.jobs.servicer import job_servicer
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.supervisor import Supervisor
from services.common.server import Servicer, serve
from services.common.settings import Settings
from services.common.storage.local import LocalStorage
from services.generator.service import GeneratorService, generation_worker
from services.generator.servicer import generator_servicer

logger = structlog.get_logger(__name__)


class Parts:
    """What the process is made of. `start` before serving, `stop` when it ends; running jobs then wait, resumable."""

    def __init__(self, settings: Settings) -> None:
        storage = LocalStorage(settings.data_dir)
        worker = generation_worker(settings)
        self._settings = settings
        self._store = SqlJobStore(settings.jobs_store_url)
        self._supervisor = Supervisor(self._store, settings, storage, {worker.kind: worker})
        self.jobs = JobsService(self._store, self._supervisor, storage)
        self.generator = GeneratorService(settings, self.jobs)

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return job_servicer(self.jobs), generator_servicer(self.generator)

    async def start(self) -> None:
        """Open the store and begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        self._settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for problem in plugins.problems():
            logger.warning("plug-in not loaded", problem=problem)
        await self._store.open()
        await self._supervisor.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await self._supervisor.stop()
        self.generator.close()
        await self._store.close()


async def run_generator(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, settings, "generator", start=parts.start, stop=parts.stop, listening=listening)
