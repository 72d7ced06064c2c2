"""No document hangs the check or fills its memory: each is answered in time and within 200 MB, without a stack trace.

`make prove` holds them to 2 s of CPU; here, beside other tests, the time is a limit for hangs only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runner.schema import CODES

PROGRAM = Path(__file__).with_name("hostile.py")
NAMES = ("refused", "accepted")
LIMIT = float(os.environ.get("MOCKCRAFT_ANSWER_SECONDS", "8"))


@cache
def answers() -> Mapping[str, Mapping[str, Any]]:
    """What the program says of each document."""
    done = subprocess.run([sys.executable, "-W", "error", str(PROGRAM)], capture_output=True, text=True, timeout=280, check=True)
    assert done.stderr == ""
    return {said["name"]: said for said in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def documents() -> dict[str, bool]:
    """Every document's name, and whether it is one that must be refused."""
    space: dict[str, Any] = {"__name__": "hostile"}
    exec(compile(PROGRAM.read_text(), str(PROGRAM), "exec"), space)
    return {name: kind == "refused" for kind in NAMES for name, _ in space[kind]()}


def test_every_document_is_answered_with_findings_or_a_plan(documents: dict[str, bool]) -> None:
    found = answers()
    assert set(found) == set(documents)
    assert len(documents) >= 50
    for name, refused in documents.items():
        assert found[name]["raised"] == "", name
        assert bool(found[name]["codes"]) == refused, (name, found[name])
        assert set(found[name]["codes"]) <= set(CODES), name
        assert found[name]["longest"] < 1_000, name


def test_every_document_is_answered_in_time() -> None:
    slow = {name: said["seconds"] for name, said in answers().items() if said["seconds"] >= LIMIT}
    assert slow == {}


def test_no_document_fills_the_memory() -> None:
    large = {name: said["megabytes"] for name, said in answers().items() if said["megabytes"] >= 200}
    assert large == {}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_every_bad_schema_is_answered_in_time_and_little_memory() -> None:
    program = """
import re, time
from tests.unit.schema.bad_schemas import ALL
from runner.schema import check
check("tables: {t: {rows: 1, columns: {a: no_such_generator}}}")
slowest = 0.0
for bad in ALL:
    began = time.process_time()
    assert check(bad.text).plan is None
    slowest = max(slowest, time.process_time() - began)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])  # of this program alone, not of who started it
print(len(ALL), slowest, peak / 1024)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True, cwd=root)
    assert done.stderr == ""
    number, slowest, megabytes = map(float, done.stdout.split())
    assert (number >= 80, slowest < LIMIT, megabytes < 200) == (True, True, True), done.stdout
