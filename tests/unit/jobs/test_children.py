"""How children are started: what is banned, and what their environment holds."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from runner.platform import FileLock, signal_group
from services.common.jobs.children import Child, child_environment, end_leftover, take_lock
from services.common.jobs.identity import started
from services.common.storage.local import JobPaths

ROOT = Path(__file__).parents[3]
BANNED = {"preexec_fn", "user", "group", "extra_groups"}
SPAWNING = {"Popen", "run", "call", "check_call", "check_output", "create_subprocess_exec", "create_subprocess_shell"}


def offences(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += [f"{name}({k.arg}=)" for k in node.keywords if name in SPAWNING and k.arg in BANNED]
            found += [name] if name in ("fork", "forkpty", "create_subprocess_shell") else []
    return found


def test_no_code_forks_or_spawns_in_a_way_that_breaks_grpc() -> None:
    files = [path for part in ("services", "runner", "cli") for path in (ROOT / part).rglob("*.py")]
    assert len(files) > 50
    assert {str(path): found for path in files if (found := offences(path.read_text()))} == {}


def test_the_ban_can_fail() -> None:
    assert offences("subprocess.Popen(a, preexec_fn=f)\nos.fork()") == ["Popen(preexec_fn=)", "fork"]


def test_grpc_does_not_mind_children() -> None:
    code = "import services.common, os; print(os.environ['GRPC_ENABLE_FORK_SUPPORT'])"
    environ = {**os.environ, "GRPC_ENABLE_FORK_SUPPORT": "true"}
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environ).stdout == "false\n"
    )


def test_secrets_are_not_inherited() -> None:
    secret = ("MOCKCRAFT_GRPC_TOKEN", "MOCKCRAFT_AUTH__API_KEYS", "MOCKCRAFT_TARGETS", "MOCKCRAFT_JOBS_URL", "DATABASE_URL")
    secret += ("REDIS_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "MOCKCRAFT_FAILPOINT", "TMPDIR")
    assert set(child_environment(dict.fromkeys((*secret, *kept), "x"))) == set(kept)


def paths_in(folder: Path) -> JobPaths:
    return JobPaths(folder, folder / "out")


HOLD = """
import sys, time
from pathlib import Path
from runner.platform import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process began")
def test_a_child_left_behind_is_ended_before_another_begins(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    left = subprocess.Popen([sys.executable, "-c", HOLD, str(paths.lock)], stdout=subprocess.PIPE, start_new_session=True)
    assert left.stdout is not None
    with left.stdout:
        assert left.stdout.readline() == b"held\n"
    paths.child.write_bytes(orjson.dumps({"pid": left.pid, "started": started(left.pid)}))
    lock = take_lock(paths)
    assert lock is not None
    lock.__exit__(None, None, None)
    assert left.wait(5) == -9


async def test_who_has_gone_is_not_signalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number may be another's by now."""
    signalled: list[int] = []

    def note(pid: int, *, force: bool) -> None:
        signalled.append(pid)
        signal_group(pid, force=force)

    monkeypatch.setattr("services.common.jobs.children.signal_group", note)
    lock = take_lock(paths_in(tmp_path))
    assert lock is not None
    child = await Child.start([sys.executable, "-c", "raise SystemExit(3)"], lock, {})
    assert await child.wait() == 3
    assert signalled == [child.process.pid]  # what it may have started
    child.signal(force=False)
    await child.kill()
    child.close()
    assert signalled == [child.process.pid]


def test_a_lock_that_cannot_be_had_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.jobs.children.LEFTOVER_SECONDS", 0.1)
    paths, began = paths_in(tmp_path), time.monotonic()
    with FileLock(paths.lock):
        assert take_lock(paths) is None
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "note",
    [
        *(b"", b"{}", b"[]", b'{"pid": "x", "started": 1}', orjson.dumps({"pid": os.getpid(), "started": 1})),
        orjson.dumps({"pid": os.getpid(), "started": started(os.getpid()), "machine": "another"}),
    ],
    ids=["empty", "object", "list", "no number", "another process of that number", "a process of another machine"],
)
def test_nobody_is_killed_in_doubt(tmp_path: Path, note: bytes) -> None:
    (tmp_path / "child.json").write_bytes(note)
    end_leftover(tmp_path / "child.json")
    end_leftover(tmp_path / "none.json")
