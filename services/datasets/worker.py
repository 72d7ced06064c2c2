"""How datasets are worked on: by the runner, in a child process. Light to import: what makes and checks requests is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runner.datasets import models
from services.common.jobs.ids import PREFIXES
from services.common.jobs.model import Job
from services.common.jobs.supervisor import python_module
from services.common.jobs.worker import Worker, default_spec
from services.common.settings import Settings
from services.common.storage.local import JobPaths
from services.datasets.choosing import model_settings

KIND: Final = "dataset"
_OF_SPEC: Final = frozenset({"v", "jobId", "kind", "attempt", "request", "fileName", "outDir", "workDir", "fallback"})


def dataset_worker(settings: Settings) -> Worker:
    """Workers of datasets. The key of a model's server is the child's first line of input."""
    answers = str(settings.data_dir.absolute() / "answers.db")

    def spec(job: Job, paths: JobPaths) -> Mapping[str, Any]:
        known = {name: value for name, value in default_spec(job, paths).items() if name in _OF_SPEC}
        return {**known, "answersPath": answers, "model": model_settings(settings).model_dump(mode="json", by_alias=True)}

    def secrets(job: Job, sealed: str) -> Mapping[str, str]:
        key = settings.datasets.openai_key.get_secret_value()
        name = str(job.spec.get("request", {}).get("modelName", ""))
        return {"api_key": key} if key and models.provider_of(name) == "openai" else {}

    return Worker(KIND, PREFIXES[KIND], python_module(settings, "runner"), secrets=secrets, spec=spec)
