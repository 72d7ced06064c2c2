"""A process that works on jobs: store, storage, supervisor and job service, wired together."""

from __future__ import annotations

from collections.abc import Sequence

from services.common.jobs.hints import Hints, carrier_for
from services.common.jobs.service import JobsService
from services.common.jobs.servicer import job_servicer
from services.common.jobs.sql import SqlJobStore
from services.common.jobs.supervisor import Supervisor
from services.common.jobs.worker import Worker
from services.common.server import Servicer
from services.common.settings import Settings
from services.common.storage import storage_for


class Working:
    """What runs jobs of some kinds. `start` before serving, `stop` when it ends; running jobs then wait, resumable."""

    def __init__(self, settings: Settings, workers: Sequence[Worker]) -> None:
        storage = storage_for(settings)
        self._settings = settings
        self._store = SqlJobStore(settings.jobs_store_url)
        self._supervisor = Supervisor(self._store, settings, storage, {worker.kind: worker for worker in workers})
        self.jobs = JobsService(self._store, self._supervisor, storage)
        carrier = carrier_for(settings)
        self._hints = Hints(carrier, self._supervisor.wakeups, self._supervisor.look) if carrier else None

    @property
    def servicer(self) -> Servicer:
        """The job service, ready for `serve`."""
        return job_servicer(self.jobs, self._settings.write_timeout_seconds)

    async def start(self) -> None:
        """Open the store and begin to work on jobs. Raises `MockcraftError` STORE_UNAVAILABLE or `OSError`."""
        self._settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._store.open()
        await self._supervisor.start()
        if self._hints is not None:
            await self._hints.start()

    async def stop(self) -> None:
        """Have jobs checkpoint, then let go of everything."""
        await self._supervisor.stop()
        if self._hints is not None:
            await self._hints.stop()
        await self._store.close()
