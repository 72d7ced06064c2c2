"""Adding to tables that hold rows: what they hold is frozen at the first attempt, in files of the work folder.

The plan that goes on from them is kept beside the files, durably, before a row is written; every later attempt, a job that
continues a failed one, and one that cleans up, use it. What lives how long: both as long as the work folder of the job.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.continuing import refuse_missing
from runner.plan import Plan
from runner.platform import write_durably
from runner.stored import StoredError, digests, path_of
from runner.topup import top_up
from services.common.databases import DatabaseError, Mark, Target
from services.seeder.spec import LoadSpec

FOLDER: Final = "stored"
FOLDING: Final = frozenset({"mysql"})
"""Databases whose collations may take texts for equal that differ in case or in spaces at their end."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The plan to be loaded, the folder of the files it names, and what to say of it."""

    plan: Plan
    folder: Path
    warnings: tuple[str, ...] = ()


def kept(spec: LoadSpec) -> Frozen | None:
    """The plan that an earlier attempt of this load, or a job before it, has kept."""
    folder = spec.work_dir / FOLDER
    own = folder / _name(spec)
    if not own.exists():
        others = sorted(spec.work_dir.parent.glob(f"*/{FOLDER}/{_name(spec)}"))
        if not others:
            return None
        _copy(others[0], folder, own)
    return Frozen(Plan.from_json(own.read_bytes()), folder)


def frozen(spec: LoadSpec, target: Target) -> Frozen:
    """The plan as the rows demand that are in the target now. Raises `DatabaseError`, `StaleAttemptError`."""
    plan, folder = spec.parsed_plan, spec.work_dir / FOLDER
    began = bool(target.claim(Mark(spec.load, spec.job_id, spec.attempt)))
    try:
        if spec.mode != "append" or began:
            refuse_missing(plan)
            return Frozen(plan, folder)
        found = top_up(plan, target, folder, fold=target.dialect in FOLDING)
        refuse_missing(found.plan)
    except StoredError as error:
        raise DatabaseError(error.code, str(error)) from error
    if found.plan != plan:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / _name(spec), found.plan.to_json())
    return Frozen(found.plan, folder, found.warnings)


def as_given(spec: LoadSpec) -> Frozen:
    """The plan as it was given, for rows that are compared with it."""
    return Frozen(spec.parsed_plan, spec.work_dir / FOLDER)


def _name(spec: LoadSpec) -> str:
    return f"{spec.load}.plan.json"


def _copy(plan: Path, folder: Path, own: Path) -> None:
    """What another job kept; the plan last, since it says that all is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for digest in digests(Plan.from_json(plan.read_bytes())):
        shutil.copyfile(path_of(plan.parent, digest), path_of(folder, digest))
    write_durably(own, plan.read_bytes())
