"""A schema written to Parquet files by the real job, in this process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from runner.job import Job
from runner.plan import Plan
from runner.protocol import Commands, EventWriter
from runner.schema import check
from runner.spec import JobSpec, Output


def planned(document: Mapping[str, Any]) -> Plan:
    """The plan of a document, taken from its JSON text."""
    outcome = check(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))
    assert outcome.plan, outcome.errors
    return outcome.plan


def write(plan: Plan, folder: Path, block_rows: int = 65_536) -> dict[str, list[Path]]:
    """Run the job below `folder`; the Parquet files of each table."""
    spec = JobSpec(
        job_id="gen_acceptance", plan=orjson.loads(plan.to_json()), outputs=(Output(format="parquet"),),
        out_dir=folder / "out", work_dir=folder / "work", block_rows=block_rows,
    )  # fmt: skip
    for made in (spec.out_dir, spec.work_dir):
        made.mkdir(parents=True, exist_ok=True)
    events = folder / "events.jsonl"
    descriptor = os.open(events, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        status = Job(spec, EventWriter(spec.job_id, 1, descriptor), Commands(False)).run()
    finally:
        os.close(descriptor)
    assert status == 0, events.read_text()
    made = orjson.loads((spec.out_dir / "manifest.json").read_bytes())
    names, files = iter(made["tables"]), dict[str, list[Path]]()
    for file in (f for f in made["files"]):
        if file["name"].endswith("-00000.parquet"):  # the first part of the next table
            files[next(names)["name"]] = []
        files[next(reversed(files))].append(spec.out_dir / file["path"])
    return files
