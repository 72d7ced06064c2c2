"""One registry of failpoints: each is passed by the program, and each kills a process in some test.

That they did is looked at when a whole run of the tests ends, and by `make prove ARGS=failpoints`.
"""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.failpoints import NAMES

ROOT = Path(__file__).parents[3]
PROGRAM = [path for part in ("runner", "services", "cli") for path in (ROOT / part).rglob("*.py")]
TESTS = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
KILLED = ("-signal.SIGKILL", "== -9", "MOCKCRAFT_FAILPOINT=")


def passed(path: Path) -> Iterator[str]:
    """Names of the failpoints that a file of the program passes."""
    text = path.read_text()
    if "failpoint(" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str))


def killing(path: Path) -> set[str]:
    """Names that a file of tests with killed processes says: in full, with a number, or by what they begin with."""
    text = path.read_text()
    if not any(word in text for word in KILLED):
        return set()
    words = {
        n.value.partition(":")[0] for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    families = {word for word in words if word.endswith(".") and f'startswith("{word}")' in text}
    return {name for name in NAMES if name in words or any(name.startswith(family) for family in families)}


def test_every_failpoint_is_passed_and_every_one_passed_is_known() -> None:
    found = {name for path in PROGRAM for name in passed(path)}
    assert found == set(NAMES)


def test_every_failpoint_kills_in_some_test() -> None:
    tried = set[str]().union(*(killing(path) for path in TESTS))
    assert set(NAMES) - tried == set()


@pytest.mark.parametrize(("name", "times", "status"), [("jobs.after_create", 2, -signal.SIGKILL), ("jobs.after_create", 4, 0)])
def test_a_failpoint_kills_the_nth_time_and_says_so(name: str, times: int, status: int, tmp_path: Path) -> None:
    code = f"from runner.failpoints import failpoint\nfor _ in range(3): failpoint({name!r}); failpoint('jobs.before_create')"
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": f"{name}:{times}", "MOCKCRAFT_FAILPOINTS_HIT": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment).returncode == status
    assert [path.name for path in tmp_path.iterdir()] == ([name] if status else [])


def test_a_failpoint_that_nobody_knows_is_refused() -> None:
    code = "from runner.failpoints import failpoint; failpoint('jobs.nowhere')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "MOCKCRAFT_FAILPOINT": "runner.unit"}, capture_output=True
    )
    assert done.returncode == 1 and b"jobs.nowhere" in done.stderr
