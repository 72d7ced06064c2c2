"""What the tests of backups of MongoDB and Redis share: making, checking and restoring archives, and killing the worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from services.backup.archive import Archive, Manifest
from services.backup.compare import compared
from services.backup.spec import BackupSpec, Kind
from services.backup.work import back_up, restore, verify
from services.common.databases import Rules, check_target, dumping
from services.common.databases.dumps import Dumping, State

RULES = Rules(Path("/nowhere"))
CANARY = "secret"


def quiet(_phase: str, _done: int, _total: int) -> None:
    pass


_OPEN: list[Any] = []


def opened(url: str) -> Dumping:
    return closing_later(dumping(check_target(url, RULES)))


def closing_later(thing: Any) -> Any:
    """Closed at the end of the test, by `close_all`."""
    _OPEN.append(thing)
    return thing


def close_all() -> None:
    while _OPEN:
        _OPEN.pop().close()


def made(url: str, path: Path) -> Manifest:
    source = opened(url)
    try:
        return back_up(source, "shop", path, None, quiet)
    finally:
        source.close()


def verified(path: Path, url: str, level: Any = "RESTORED_CHECKSUMMED") -> list[str]:
    with Archive(path) as archive:
        result = verify(archive, level, lambda: opened(url), quiet)
        return [f"{r.kind} {r.name}" for r in result.results]


def put_back(path: Path, url: str, force: bool = False) -> dict[str, Any]:
    target = opened(url)
    try:
        with Archive(path) as archive:
            return restore(archive, target, force, quiet)
    finally:
        target.close()


def state(url: str) -> State:
    source = opened(url)
    try:
        return source.state(quiet)
    finally:
        source.close()


def found_in_copy(path: Path, url: str, change: Callable[[Dumping], None]) -> list[str]:
    """What comparing tells of a scratch copy that was changed after it was restored."""
    from services.backup.work import ArchiveStore

    source = opened(url)
    try:
        with Archive(path) as archive, source.scratch() as scratch:
            scratch.restore(ArchiveStore(archive, quiet), archive.manifest.details, quiet)
            change(scratch)
            results = compared(archive.manifest, scratch.state(quiet), True)
            return [f"{r.kind} {r.name}: {r.problem}" for r in results if r.problem]
    finally:
        source.close()


def work(folder: Path, kind: Kind, url: str, *, failpoint: str = "", **fields: Any) -> tuple[int, list[dict[str, Any]]]:
    """A worker's process from start to end: its status (-9 when it killed itself) and its events."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = BackupSpec(job_id=f"{kind}_1", kind=kind, archive=folder / "shop.mcb", out_dir=folder, work_dir=folder, **fields)
    (folder / "spec.json").write_bytes(spec.model_dump_json(by_alias=True).encode())
    command = [sys.executable, "-m", "services.backup.worker", "--spec", str(folder / "spec.json")]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint}
    secrets = orjson.dumps({"target": check_target(url, RULES)}) + b"\n"
    done = subprocess.run(command, input=secrets, capture_output=True, env=environment, timeout=120)
    assert CANARY.encode() not in done.stdout + done.stderr, done.stderr
    return done.returncode, [orjson.loads(line) for line in done.stdout.splitlines()]
