"""The same schema and seed give the same bytes: today, with other blocks, with two workers, on a CPU with other vector units."""

import json
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from runner.engine import Engine
from runner.schema import check
from runner.spec import JobSpec
from tests.golden.digests import FILE, OUTPUTS, ROOT, SCHEMAS, digests, plan

GOLDEN = json.loads(FILE.read_text())
EVERY = [(schema, output) for schema in SCHEMAS for output in OUTPUTS]


@pytest.mark.parametrize(("schema", "output"), EVERY)
def test_bytes_are_the_golden_ones(schema: str, output: str) -> None:
    assert digests(schema, output) == GOLDEN[schema][output]


@pytest.mark.parametrize(("schema", "output"), [(s, o) for s, o in EVERY if o in ("csv", "parquet", "sql")])
def test_bytes_do_not_depend_on_the_size_of_blocks(schema: str, output: str) -> None:
    assert digests(schema, output, 4096) == GOLDEN[schema][output]


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_of_the_runner_are_the_golden_ones(workers: int, tmp_path: Path) -> None:
    """All formats in one job, in child processes; with two workers in small blocks."""
    names = ("csv", "jsonl", "sql", "parquet", "csv.zst")
    expected = {name: digest for output in names for name, digest in GOLDEN["shop"][output].items()}
    made = run_job("shop", names, tmp_path, workers)
    assert {a["name"]: a["sha256"] for a in made if a["name"] != "manifest.json"} == expected


def run_job(schema: str, names: tuple[str, ...], home: Path, workers: int, **environment: str) -> list[dict[str, str]]:
    spec = JobSpec(
        job_id="gen_golden",
        plan=orjson.loads(plan(schema).to_json()),
        outputs=tuple(OUTPUTS[name] for name in names),
        out_dir=home / "out",
        work_dir=home / "work",
        workers=workers,
        block_rows=4096 if workers > 1 else 65_536,
    )
    spec.write(home / "spec.json")
    command = [sys.executable, "-m", "runner", "--spec", str(home / "spec.json")]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=True)
    last = orjson.loads(done.stdout.splitlines()[-1])
    assert last["type"] == "complete"
    artifacts: list[dict[str, str]] = last["data"]["artifacts"]
    return artifacts


def numpy_features() -> list[str]:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


@pytest.mark.skipif(not numpy_features(), reason="NumPy dispatches on no feature of this CPU")
def test_bytes_do_not_depend_on_vector_units(tmp_path: Path) -> None:
    made = run_job("shop", ("csv",), tmp_path, 1, NPY_DISABLE_CPU_FEATURES=" ".join(numpy_features()))
    assert {a["name"]: a["sha256"] for a in made if a["name"] != "manifest.json"} == GOLDEN["shop"]["csv"]


def test_a_column_more_changes_no_other() -> None:
    text = (ROOT / "examples/shop.yaml").read_text()
    plans = [check(t).plan for t in (text, text.replace("      first_name: ", "      nick: first_name\n      first_name: ", 1))]
    before, after = (Engine(p).batch("users", 0, 5000) for p in plans if p)
    assert after.schema.names[1] == "nick"
    assert after.select(before.schema.names).equals(before)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_any_rows_alone_are_those_of_the_whole(schema: str) -> None:
    engine = Engine(plan(schema))
    for table in plan(schema).tables:
        whole = engine.batch(table.name, 0, table.rows)
        low, high = table.rows // 3, table.rows // 3 + min(50, table.rows - table.rows // 3)
        assert engine.batch(table.name, low, high).to_pylist() == whole.slice(low, high - low).to_pylist()


def test_every_schema_and_format_has_its_digests() -> None:
    assert {s: set(f) for s, f in GOLDEN.items()} == {s: set(OUTPUTS) for s in SCHEMAS}
    examples = {p.stem for p in (ROOT / "examples").glob("*.yaml")} - {"server"}
    assert examples == set(SCHEMAS)
