"""The manifest of a job's output: what made it, so that it can be made again, and what it is."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from runner import ENGINE_VERSION
from runner.checkpoint import Finished
from runner.plan import Plan
from runner.platform import write_durably
from runner.spec import JobSpec

NAME = "manifest.json"
_LIBRARIES = ("numpy", "pyarrow", "faker")


def write_manifest(folder: Path, plan: Plan, spec: JobSpec, files: tuple[Finished, ...]) -> dict[str, Any]:
    """Write `manifest.json`; returns it as an artifact record."""
    data = orjson.dumps(manifest(plan, spec, files), option=orjson.OPT_INDENT_2) + b"\n"
    write_durably(folder / NAME, data)
    sha256 = hashlib.sha256(data).hexdigest()
    return {"name": NAME, "path": NAME, "bytes": len(data), "sha256": sha256, "contentType": "application/json", "rows": 0}


def manifest(plan: Plan, spec: JobSpec, files: tuple[Finished, ...]) -> dict[str, Any]:
    """Seed, versions, rows, bytes and digests."""
    generators = {c.generator: c.version for t in plan.tables for c in t.columns if "." in c.generator}
    return {
        "mockcraft": version("mockcraft"),
        "engine": ENGINE_VERSION,
        "seed": plan.seed,
        "asOf": plan.as_of,
        "locale": plan.locale,
        "plan": plan.digest,
        "generators": dict(sorted(generators.items())),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "outputs": [o.model_dump(mode="json") for o in spec.outputs],
        "tables": [{"name": t.name, "rows": t.rows, "columns": [c.name for c in t.written]} for t in plan.tables],
        "files": [f.as_artifact() for f in files],
    }
