"""How datasets are worked on: by the runner, in a child process. Light to import: what makes and checks requests is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
ANSWERS: Final = "answers.db"
"""The file of a job's answers in its work folder, with which it goes."""
MOST_ASIDE: Final = 32
"""Other jobs whose answers a job looks at."""
_OF_SPEC: Final = frozenset({"v", "jobId", "kind", "attempt", "request", "fileName", "outDir", "workDir", "fallback"})


def answers_beside(work: Path) -> list[str]:
    """The answers of other datasets whose work folders lie beside one, those of the newest jobs first."""
    found = work.parent.glob(f"{PREFIXES[KIND]}_*/{ANSWERS}")
    return [str(path) for path in sorted(found, reverse=True) if path.parent != work][:MOST_ASIDE]


def dataset_worker(settings: Settings) -> Worker:
    """Workers of datasets. The key of a model's server is the child's first line of input."""

    def spec(job: Job, paths: JobPaths) -> Mapping[str, Any]:
        known = {name: value for name, value in default_spec(job, paths).items() if name in _OF_SPEC}
        answers = {"answersPath": str(paths.work / ANSWERS), "answersFrom": answers_beside(paths.work)}
        return {**known, **answers, "model": model_settings(settings).model_dump(mode="json", by_alias=True)}

    def secrets(job: Job, sealed: str) -> Mapping[str, str]:
        key = settings.datasets.openai_key.get_secret_value()
        name = str(job.spec.get("request", {}).get("modelName", ""))
        return {"api_key": key} if key and models.provider_of(name) == "openai" else {}

    return Worker(KIND, PREFIXES[KIND], python_module(settings, "runner"), secrets=secrets, spec=spec)
