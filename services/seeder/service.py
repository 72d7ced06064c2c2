"""Seeding jobs: a plan into a database. Used in-process by the command line; no gRPC here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from runner.plan import Plan
from services.common.databases import Rules, TargetRefusedError, check_target, display
from services.common.errors import MockcraftError, invalid
from services.common.jobs.attempt import Worker
from services.common.jobs.model import Job
from services.common.jobs.service import JobsService
from services.common.jobs.supervisor import python_module
from services.common.settings import Settings
from services.seeder.spec import MODES

DEFAULT_BATCH_ROWS = 65_536
LEAST_BATCH_ROWS, MOST_BATCH_ROWS = 1024, 1_048_576


class SeederService:
    """Starts seeding jobs."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs = settings, jobs

    async def create_seeding(
        self,
        plan: Plan,
        target: str,
        *,
        mode: str = "append",
        batch_rows: int = DEFAULT_BATCH_ROWS,
        trusted: bool = False,
        request_id: str = "",
        request_digest: str = "",
    ) -> Job:
        """Start loading a plan into `target`, a URL or the name of a target in the settings.

        `batch_rows` are committed at a time (1,024 to 1,048,576). A `trusted` caller (the person at the
        command line) may name any file, relative ones from the working folder; others only files in the
        data folder. Nothing is opened here. Raises TARGET_NOT_ALLOWED, TARGET_INVALID, MODE_INVALID, BATCH_SIZE_INVALID.
        """
        _check_mode(plan, mode)
        if not LEAST_BATCH_ROWS <= batch_rows <= MOST_BATCH_ROWS:
            raise invalid("BATCH_SIZE_INVALID", f"The batch size must be {LEAST_BATCH_ROWS:,} to {MOST_BATCH_ROWS:,} rows.")
        spec = {
            "plan": orjson.loads(plan.to_json()),
            "load": secrets.token_hex(8),
            "target": display(self._checked(target, trusted)),
            "targetName": target if target in self._settings.targets else "",
            "mode": mode,
            "batchRows": batch_rows,
        }
        return await self._jobs.create("seeding", spec, request_id=request_id, request_digest=request_digest)

    def _checked(self, target: str, trusted: bool) -> str:
        named = self._settings.targets.get(target)
        base = Path.cwd() if trusted or named else self._settings.data_dir
        rules = Rules(base, inside=not (trusted or named), reserved=_own_files(self._settings))
        try:
            return check_target(named.get_secret_value() if named else target, rules)
        except TargetRefusedError as error:
            raise _refused(error) from error


def _check_mode(plan: Plan, mode: str) -> None:
    if mode not in MODES:
        raise invalid("MODE_INVALID", f"The mode must be one of {', '.join(MODES)}.")
    without = [t.name for t in plan.tables if not t.primary_key]
    if mode == "upsert" and without:
        raise invalid("MODE_INVALID", f"Upsert needs a primary key, and {', '.join(without)} has none.")


def _own_files(settings: Settings) -> tuple[Path, ...]:
    scheme, _, path = settings.jobs_store_url.partition(":///")
    return (Path(path),) if scheme.startswith("sqlite") and path else ()


def _refused(error: TargetRefusedError) -> MockcraftError:
    return invalid(error.code, str(error), error.details)


def seeding_worker(settings: Settings) -> Worker:
    """How seeding jobs are worked on: by the loader, which gets the target's URL as its first line of input."""

    def target(job: Job) -> Mapping[str, str]:
        spec: Mapping[str, Any] = job.spec
        named = settings.targets.get(spec["targetName"])
        return {"target": named.get_secret_value() if named else spec["target"]}

    return Worker("seeding", "seed", python_module(settings, "services.seeder.loader"), secrets=target)
