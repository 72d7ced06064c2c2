"""The generator as a process: what runs jobs and both gRPC services, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from runner import plugins
from services.common.jobs.working import Working
from services.common.server import Servicer, serve
from services.common.settings import Settings
from services.generator.service import GeneratorService, generation_worker
from services.generator.servicer import generator_servicer

logger = structlog.get_logger(__name__)


class Parts:
    """What the process is made of; `working` is given where other services share it."""

    def __init__(self, settings: Settings, working: Working | None = None) -> None:
        self._working = working or Working(settings, [generation_worker(settings)])
        self.jobs = self._working.jobs
        self.generator = GeneratorService(settings, self.jobs)

    @property
    def servicers(self) -> Sequence[Servicer]:
        """What is served."""
        return self._working.servicer, generator_servicer(self.generator)

    async def start(self) -> None:
        """Begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        for problem in plugins.problems():
            logger.warning("plug-in not loaded", problem=problem)
        await self._working.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await self._working.stop()
        self.generator.close()


async def run_generator(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the address.

    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    parts = Parts(settings)
    await serve(parts.servicers, settings, "generator", start=parts.start, stop=parts.stop, listening=listening)
