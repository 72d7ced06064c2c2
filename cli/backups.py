"""The backups that seedings want first, taken by the backup service in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.backup.service import BackupRequest, BackupService
from services.common.jobs.model import Job
from services.common.jobs.service import JobsService
from services.common.settings import Settings
from services.seeder.backups import Taken


class OwnBackups:
    """Implements `services.seeder.backups.Backups`. `use` it before the first job runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._service: BackupService | None = None
        self._want: Callable[[str], None] = lambda job_id: None

    def use(self, jobs: JobsService, want: Callable[[str], None] | None = None) -> BackupService:
        """The service over these jobs; `want` is told which of them are to be run here."""
        self._service = BackupService(self._settings, jobs)
        self._want = want or self._want
        return self._service

    async def take(self, job: Job, source: str, how: Mapping[str, Any]) -> Taken:
        """See `Backups`."""
        assert self._service is not None, "used before it was given its jobs"
        request = BackupRequest(source, request_id=f"before {job.id}", **how)
        backup = await self._service.create_backup(request, trusted=bool(job.spec.get("trusted")))
        self._want(backup.id)
        error = f"{backup.error.code} {backup.error.message}" if backup.error else ""
        return Taken(backup.id, backup.state.value, error)
