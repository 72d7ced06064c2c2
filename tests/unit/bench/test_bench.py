"""The benchmark measures what it says: a missed floor fails, peers write the same table, memory is seen, pins hold."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.schema import check
from tests.bench.floors import Floor, at_least, at_most, show, shown
from tests.bench.peers import HEADER, PEERS, write
from tests.bench.prove import PARTS
from tests.bench.runs import CORES, HERE, generate, run, tree_memory


def test_a_missed_floor_fails_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert show([at_least("fast", 2, 1), shown("figure", "7")], "x")
    assert not show([at_least("fast", 2, 1), at_most("small", 2, 1, "MB")], "x")
    assert "FAIL" in capsys.readouterr().out
    assert at_least("fast", 0.7, 0.7).ok
    assert not Floor("a", "b", "c", False).ok


@pytest.mark.parametrize("name", PEERS)
def test_peers_write_the_users_table(name: str, tmp_path: Path) -> None:
    assert write(name, 50, tmp_path / "users.csv") > 0
    with (tmp_path / "users.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    assert tuple(rows[0]) == HEADER
    assert all(row["email"] == f"{row['first_name']}.{row['last_name']}@example.com" for row in rows)
    assert {row["is_active"] for row in rows} == {"True", "False"}
    assert all(len(row["uuid"]) == 36 and row["city"] and row["country"] and row["phone"] for row in rows)


def test_the_two_schemas_are_one_table_under_other_names() -> None:
    plans = [check((HERE / name).read_bytes()).plan for name in ("users.yaml", "users_renamed.yaml")]
    made = [sorted((c.generator, str(c.type)) for c in plan.tables[0].columns) for plan in plans if plan]
    assert made[0] == made[1]
    assert len(made[0]) == 11


def test_a_run_is_pinned_and_timed() -> None:
    code = "import os, json; print(json.dumps({'cores': sorted(os.sched_getaffinity(0))}))"
    done = run([sys.executable, "-c", code], CORES[:1])
    assert done.events == ({"cores": list(CORES[:1])},)
    assert done.seconds > 0


def test_a_run_of_the_runner_tells_its_rate(tmp_path: Path) -> None:
    done = generate(HERE / "users.yaml", tmp_path, sample=True, rows={"users": 1000})
    assert done.rows == 1000
    assert 0 < done.working < done.seconds
    assert done.memory > 10


def test_memory_of_children_counts() -> None:
    before = tree_memory(os.getpid())
    code = "import sys; kept = bytearray(b'x') * (64 << 20); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"ready\n"
        assert tree_memory(os.getpid()) > before + 60
        assert child.stdin
        child.stdin.close()


def test_every_promise_has_a_part() -> None:
    assert set(PARTS) >= {
        "golden",
        "sameness",
        "kill",
        "rows",
        "users",
        "tpch",
        "memory",
        "startup",
        "watchers",
        "control",
        "language",
        "scale",
        "preview",
        "tpch-rules",
        "readme",
    }
