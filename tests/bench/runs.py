"""Runs of the whole runner and of other commands: pinned to cores, timed, with their events and their memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import orjson
import psutil

from runner.schema import check
from runner.spec import JobSpec, Output

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CORES = tuple(sorted(os.sched_getaffinity(0)))[:2]
"""The cores that everybody may use; two where there are two."""
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""A file system in memory, where there is one."""
MOCKCRAFT = str(Path(sys.executable).with_name("mockcraft"))


@dataclass(frozen=True)
class Run:
    """A finished command: seconds of all of it, its events (a runner's), its largest PSS in MB (when sampled)."""

    seconds: float
    events: tuple[dict[str, Any], ...] = ()
    memory: float = 0.0

    def event(self, type_: str) -> dict[str, Any]:
        """The first event of a type."""
        return next(e for e in self.events if e["type"] == type_)

    @property
    def rows(self) -> int:
        """Rows written."""
        return int(self.event("complete")["data"]["rows"])

    @property
    def working(self) -> float:
        """Seconds between the start and the complete event."""
        start, end = (datetime.fromisoformat(self.event(t)["timestamp"]) for t in ("start", "complete"))
        return (end - start).total_seconds()


@contextmanager
def folder(base: Path | None) -> Iterator[Path]:
    """A fresh folder, removed afterwards; below `base` or where temporary files go."""
    with TemporaryDirectory(prefix="mockcraft-bench-", dir=base) as name:
        yield Path(name)


def pinned(command: Sequence[str], cores: Sequence[int]) -> list[str]:
    """The command, run on these cores only."""
    return [sys.executable, "-m", "tests.bench.pinned", ",".join(map(str, cores)), *command]


def run(command: Sequence[str], cores: Sequence[int] = CORES, *, sample: bool = False) -> Run:
    """Run a command to its end. Raises `CalledProcessError` when it fails."""
    began = time.perf_counter()
    with TemporaryFile() as out:
        with subprocess.Popen(pinned(command, cores), stdout=out, cwd=ROOT) as process:
            peak = watch_memory(process) if sample else 0.0
        seconds = time.perf_counter() - began
        out.seek(0)
        lines = out.read().splitlines()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, b"\n".join(lines[-5:]))
    return Run(seconds, tuple(orjson.loads(line) for line in lines if line.startswith(b"{")), peak)


def watch_memory(process: subprocess.Popen[bytes]) -> float:
    """Largest PSS of the process tree in MB until the process ends, sampled ten times a second."""
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, tree_memory(process.pid))
        time.sleep(0.1)
    return peak


def tree_memory(pid: int) -> float:
    """PSS of a process and all below it, in MB, from the kernel's smaps_rollup."""
    try:
        pids = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(proportional_set(p) for p in pids)


def proportional_set(pid: int) -> float:
    """PSS of one process in MB; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def spec(
    schema: Path,
    home: Path,
    outputs: Sequence[Output] = (Output(format="csv"),),
    *,
    rows: Mapping[str, int] | None = None,
    options: Mapping[str, str] | None = None,
    **settings: Any,
) -> Path:
    """Write the spec of a job below `home`: files go to `home/out`. Returns the spec's path."""
    checked = check(schema.read_bytes(), options=options or {}, rows={t: str(n) for t, n in (rows or {}).items()})
    assert checked.plan, checked.findings
    made = JobSpec(
        job_id="gen_bench",
        plan=orjson.loads(checked.plan.to_json()),
        outputs=tuple(outputs),
        out_dir=home / "out",
        work_dir=home / "work",
        **settings,
    )
    path = home / "spec.json"
    made.write(path)
    return path


def runner(path: Path) -> list[str]:
    """The command that runs a spec."""
    return [sys.executable, "-m", "runner", "--spec", str(path)]


def generate(schema: Path, base: Path | None, cores: Sequence[int] = CORES, *, sample: bool = False, **settings: Any) -> Run:
    """Run a schema through the runner into a fresh folder below `base`."""
    with folder(base) as home:
        return run(runner(spec(schema, home, **settings)), cores, sample=sample)
