"""How each kind of job is worked on in this process: the same workers that the services have."""

from __future__ import annotations

from collections.abc import Mapping

from services.common.jobs.attempt import Worker
from services.common.settings import Settings
from services.generator.service import generation_worker
from services.seeder.service import seeding_worker


def workers(settings: Settings) -> Mapping[str, Worker]:
    """Workers by kind of job."""
    made = (generation_worker(settings), seeding_worker(settings, settings.seeder.generators))
    return {worker.kind: worker for worker in made}
