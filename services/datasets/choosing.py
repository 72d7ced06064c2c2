"""Which model writes a dataset, whether it can be had, and what its settings are for the child."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import orjson

from runner.datasets import models
from runner.datasets.models import TEMPLATE
from runner.datasets.spec import ModelSettings
from services.common.settings import Settings

CHECK_SECONDS: Final = 60.0
_ASK: Final = (
    "import json, sys\n"
    "from runner.datasets.models import available\n"
    "from runner.datasets.spec import ModelSettings\n"
    "name, settings = json.load(sys.stdin)\n"
    "json.dump(available(name, ModelSettings.model_validate(settings)), sys.stdout)\n"
)


def model_settings(settings: Settings) -> ModelSettings:
    """How models are reached and paced; no key in it."""
    own = settings.datasets
    return ModelSettings(
        endpoint=own.openai_url,
        allowed_hosts=own.allowed_hosts,
        connect_seconds=own.connect_seconds,
        timeout_seconds=own.timeout_seconds,
        max_body_bytes=own.max_body_bytes,
        start_concurrency=min(own.start_concurrency, own.max_concurrency),
        max_concurrency=own.max_concurrency,
        retries=own.retries,
        prompt_price=own.prompt_price,
        completion_price=own.completion_price,
        allow_download=own.allow_download,
    )


def missing(name: str, settings: Settings) -> str:
    """Why a model cannot be had, a sentence that says what to install or set; "" when it can. Takes its time."""
    told = model_settings(settings)
    if models.provider_of(name) == TEMPLATE:
        return ""
    if settings.python_path == sys.executable:
        return models.available(name, told) or ""
    return _asked_elsewhere(name, told, settings.python_path)


def _asked_elsewhere(name: str, told: ModelSettings, python: str) -> str:
    """The same, asked of the interpreter that would run the job: its packages count."""
    given = orjson.dumps([name, told.model_dump(mode="json", by_alias=True)])
    try:
        done = subprocess.run(  # the interpreter of the settings, a program of ours
            [python, "-P", "-c", _ASK], input=given, capture_output=True, timeout=CHECK_SECONDS, check=True
        )
        return orjson.loads(done.stdout) or ""
    except (OSError, subprocess.SubprocessError, orjson.JSONDecodeError):
        return "The interpreter of child processes (python_path) cannot say whether it has this model."
