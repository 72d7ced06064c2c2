"""Which models can be had, as the child's own interpreter sees it, and what a job's process is told of them."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import orjson

from services.common.jobs.memory import MemoryJobStore
from services.common.jobs.model import Job
from services.common.jobs.service import JobsService
from services.common.settings import Settings
from services.common.storage.local import LocalStorage
from services.datasets.choosing import missing, model_settings
from services.datasets.service import DatasetService
from services.datasets.worker import dataset_worker

KEY = "sk-canary-unit"


def settings(tmp_path: Path, **fields: Any) -> Settings:
    return Settings(data_dir=tmp_path, **fields)


def test_models_are_looked_for_with_the_interpreter_of_the_child(tmp_path: Path) -> None:
    own = settings(tmp_path)
    assert missing("template", own) == "" and "datasets.openai_url" in missing("openai:x", own)
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    elsewhere = settings(tmp_path, python_path=str(other), datasets={"openai_url": "http://127.0.0.1:1/v1"})
    assert missing("openai:x", elsewhere) == ""
    assert "mockcraft[models]" in missing("nobody/nothing", elsewhere)


def test_interpreter_that_does_not_start_has_no_model(tmp_path: Path) -> None:
    assert "python_path" in missing("openai:x", settings(tmp_path, python_path=str(tmp_path / "absent")))


def test_settings_of_models_hold_no_key(tmp_path: Path) -> None:
    own = settings(tmp_path, datasets={"openai_url": "http://127.0.0.1:1/v1", "openai_key": KEY, "max_concurrency": 4})
    told = model_settings(own)
    assert told.endpoint == "http://127.0.0.1:1/v1" and told.start_concurrency == told.max_concurrency == 4
    assert KEY not in told.model_dump_json()


async def test_key_goes_by_the_first_line_to_jobs_that_need_it(tmp_path: Path) -> None:
    own = settings(tmp_path, datasets={"openai_url": "http://127.0.0.1:1/v1", "openai_key": KEY})
    jobs = JobsService(MemoryJobStore(), storage=LocalStorage(tmp_path))
    service = DatasetService(own, jobs)
    asked = await service.create({"targetCount": 3, "modelName": "openai:x", "domain": "law"})
    template = await service.create({"targetCount": 3})
    service.close()
    worker = dataset_worker(own)
    assert worker.secrets is not None and worker.spec is not None
    assert worker.secrets(asked, "") == {"api_key": KEY} and worker.secrets(template, "") == {}
    for job in (asked, template):
        assert KEY not in _all_that_is_told(worker, job, tmp_path)


def _all_that_is_told(worker: Any, job: Job, tmp_path: Path) -> str:
    paths = LocalStorage(tmp_path).paths(job)
    return orjson.dumps([dict(job.spec), dict(worker.spec(job, paths)), worker.command(job, paths)]).decode()
