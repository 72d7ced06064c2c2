"""How each kind of job is worked on in this process: the same workers that the services have."""

from __future__ import annotations

from collections.abc import Mapping

from services.backup.service import backup_workers
from services.common.jobs.worker import Worker
from services.common.settings import Settings
from services.datasets.worker import dataset_worker
from services.generator.service import generation_worker
from services.seeder.backups import Backups
from services.seeder.service import seeding_worker


def workers(settings: Settings, backups: Backups) -> Mapping[str, Worker]:
    """Workers by kind of job; `backups` takes those that seedings want first."""
    loading = seeding_worker(settings, settings.seeder.generators, backups)
    made = (generation_worker(settings), loading, *backup_workers(settings), dataset_worker(settings))
    return {worker.kind: worker for worker in made}
