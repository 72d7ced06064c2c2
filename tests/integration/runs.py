"""Running the runner as its supervisor does: specs, child processes, events, digests."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from runner.plan import Plan
from runner.spec import JobSpec, Output


@dataclass(frozen=True)
class Run:
    """What a run of the runner did."""

    code: int
    events: list[dict[str, Any]]
    errors: str

    def all(self, type_: str) -> list[dict[str, Any]]:
        return [e["data"] for e in self.events if e["type"] == type_]

    def one(self, type_: str) -> dict[str, Any]:
        (data,) = self.all(type_)
        return data


def spec_of(plan: Plan, folder: Path, *outputs: Output, **settings: Any) -> JobSpec:
    return JobSpec(
        job_id="gen_test",
        plan=orjson.loads(plan.to_json()),
        outputs=outputs or (Output(format="csv"),),
        out_dir=folder / "out",
        work_dir=folder / "work",
        **settings,
    )


def start(spec: JobSpec, *, failpoint: str = "", supervised: bool = False) -> subprocess.Popen[bytes]:
    path = spec.work_dir.parent / "spec.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    spec.write(path)
    command = [sys.executable, "-m", "runner", "--spec", str(path), *(["--supervised"] if supervised else [])]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)


def finish(child: subprocess.Popen[bytes], *, stdin: bytes | None = None) -> Run:
    """Wait for the end. With `stdin` that is sent and the input left open, as a living supervisor does."""
    if stdin is None:
        out, err = child.communicate(timeout=120)
    else:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write(stdin)
        child.stdin.flush()
        out, err = child.stdout.read(), child.stderr.read()
        child.wait(timeout=120)
        for pipe in (child.stdin, child.stdout, child.stderr):
            pipe.close()
    events = [json.loads(line) for line in out.decode().splitlines() if line.endswith("}")]
    return Run(child.returncode, events, err.decode())


def run(spec: JobSpec, *, failpoint: str = "") -> Run:
    return finish(start(spec, failpoint=failpoint))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 by relative path of every file but the manifest."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
