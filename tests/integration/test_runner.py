"""The runner as a process: events, checkpoints, kills, pauses, workers."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from runner.failpoints import NAMES
from runner.ops import Call, Const, Row
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.protocol import EXIT_CANCELLED, EXIT_ORPHANED, EXIT_PAUSED
from runner.spec import Output
from runner.types import INT
from tests.integration.runs import Run, digests, finish, run, spec_of, start
from tests.unit.engine.plans import shop, users

SHOP = shop(60_000)  # 60,000 users and about 240,000 orders: several units
SMALL = {"checkpoint_rows": 65_536, "block_rows": 16_384}
VARIANTS = [
    Output(format="csv"),
    Output(format="csv", compression="zstd"),
    Output(format="jsonl", compression="gzip"),
    Output(format="jsonl"),
    Output(format="sql", dialect="postgresql"),
    Output(format="sql", dialect="mysql", compression="zstd"),
    Output(format="parquet", options={"part_rows": 131_072}),
]
IDS = ["-".join(p for p in (v.format, v.dialect, v.compression) if p not in ("", "none")) for v in VARIANTS]


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Digests of each variant, run undisturbed."""
    made = {}
    for name, output in zip(IDS, VARIANTS, strict=True):
        folder = tmp_path_factory.mktemp(name)
        assert run(spec_of(SHOP, folder, output)).code == 0
        made[name] = digests(folder / "out")
    return made


def test_events_tell_the_whole_story(tmp_path: Path) -> None:
    done = run(spec_of(SHOP, tmp_path, Output(format="csv"), Output(format="jsonl"), **SMALL))
    types = [e["type"] for e in done.events]
    assert types[:2] == ["init", "start"]
    assert types[-1] == "complete"
    assert types.count("complete") == 1
    total = done.one("init")["totals"]["rows"]
    assert total == 2 * SHOP.total_rows == done.one("complete")["rows"]
    assert done.all("progress")[-1]["percentage"] == 100
    tables = {t["name"]: (t["rows"], t["bytes"]) for t in done.one("complete")["tables"]}
    sizes = {t.name: sum(p.stat().st_size for p in (tmp_path / "out").glob(f"{t.name}.*")) for t in SHOP.tables}
    assert tables == {t.name: (t.rows, sizes[t.name]) for t in SHOP.tables}  # a table's rows count once
    rows = [c["rows"] for c in done.all("checkpoint")]
    assert rows == sorted(rows)
    assert rows[-1] == total
    for artifact in done.one("complete")["artifacts"]:
        path = tmp_path / "out" / artifact["path"]
        assert path.stat().st_size == artifact["bytes"]
    found = digests(tmp_path / "out")
    assert {a["path"]: a["sha256"] for a in done.one("complete")["artifacts"] if a["name"] != "manifest.json"} == found
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["seed"] == 42
    assert [f["sha256"] for f in manifest["files"]] == [found[f["path"]] for f in manifest["files"]]


@pytest.mark.parametrize(("name", "output"), list(zip(IDS, VARIANTS, strict=True)), ids=IDS)
def test_workers_and_block_sizes_do_not_matter(
    name: str, output: Output, tmp_path: Path, golden: dict[str, dict[str, str]]
) -> None:
    assert run(spec_of(SHOP, tmp_path, output, workers=2, block_rows=4_096)).code == 0
    assert digests(tmp_path / "out") == golden[name]


RUNNER_POINTS = [name for name in NAMES if name.startswith("runner.")]


@pytest.mark.parametrize("point", RUNNER_POINTS)
@pytest.mark.parametrize(("name", "output"), list(zip(IDS, VARIANTS, strict=True))[1::2], ids=IDS[1::2])
def test_killed_at_a_failpoint_and_resumed(
    point: str, name: str, output: Output, tmp_path: Path, golden: dict[str, dict[str, str]]
) -> None:
    spec = spec_of(SHOP, tmp_path, output, **SMALL)
    nth = {"runner.unit": 4, "runner.start": 1, "runner.before_complete": 1}.get(point, 2)
    killed = run(spec, failpoint=f"{point}:{nth}")
    if killed.code == 0:
        assert name.startswith("parquet"), "only parts may be too few to pass a point twice"
    else:
        assert killed.code == -signal.SIGKILL
        _add_garbage(tmp_path / "out")
    resumed = run(spec)
    assert resumed.code == 0, resumed.errors
    assert digests(tmp_path / "out") == golden[name]
    if killed.code:
        _redid_at_most_one_interval(killed, resumed, spec.checkpoint_rows)


def _add_garbage(folder: Path) -> None:
    for part in folder.rglob("*.part"):
        with part.open("ab") as file:
            file.write(b"garbage past the checkpoint")


def _redid_at_most_one_interval(killed: Run, resumed: Run, interval: int) -> None:
    reached = max((p["current"] for p in killed.all("progress")), default=0)
    origin = resumed.one("start")["resumeFrom"]
    assert reached - (origin["rows"] if origin else 0) <= interval + 65_536  # the unit in work comes on top


def test_killed_at_random_moments_until_done(tmp_path: Path, golden: dict[str, dict[str, str]]) -> None:
    spec, random, kills = spec_of(SHOP, tmp_path, VARIANTS[0], **SMALL), Random(7), 0
    for _ in range(6):
        child = start(spec)
        try:
            child.wait(random.uniform(0.3, 0.7))
        except subprocess.TimeoutExpired:
            child.kill()
            kills += 1
        finish(child)
    assert run(spec).code == 0
    assert digests(tmp_path / "out") == golden["csv"]
    assert kills


def test_the_final_name_never_holds_half_a_file(tmp_path: Path, golden: dict[str, dict[str, str]]) -> None:
    child = start(spec_of(SHOP, tmp_path, VARIANTS[0], **SMALL))
    final, seen = tmp_path / "out" / "orders.csv", set()
    while child.poll() is None:
        if final.exists():
            seen.add(final.stat().st_size)
        time.sleep(0.002)
    assert finish(child).code == 0
    assert seen <= {final.stat().st_size}


def _until(child: subprocess.Popen[bytes], type_: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["type"] == type_:
            return
    raise AssertionError(f"no {type_} event")


def test_pause_leaves_and_resume_goes_on(tmp_path: Path, golden: dict[str, dict[str, str]]) -> None:
    spec = spec_of(SHOP, tmp_path, VARIANTS[0], **SMALL)
    child = start(spec, supervised=True)
    assert child.stdin is not None
    child.stdin.write(b"{}\n")
    child.stdin.flush()
    _until(child, "start")
    asked = time.monotonic()
    paused = finish(child, stdin=b'{"command": "pause"}\n')
    assert time.monotonic() - asked < 2
    if paused.code == EXIT_PAUSED:  # asked before the end
        assert paused.one("shutdown")["resumable"] is True
        assert paused.one("shutdown")["reason"] == "pause"
    assert run(spec).code == 0
    assert digests(tmp_path / "out") == golden["csv"]


@pytest.mark.parametrize("damage", [b"", b"\x00\xff", b"[]", b"7", b"{}", b"[" * 5000, None], ids=range(7))
def test_a_damaged_checkpoint_is_none(damage: bytes | None, tmp_path: Path, golden: dict[str, dict[str, str]]) -> None:
    spec = spec_of(SHOP, tmp_path, VARIANTS[0], **SMALL)
    assert run(spec, failpoint="runner.after_checkpoint:2").code == -signal.SIGKILL
    checkpoint = spec.work_dir / "checkpoint.json"
    if damage is None:
        damage = checkpoint.read_bytes().replace(b'"row":', b'"row":-')
    checkpoint.write_bytes(damage)
    done = run(spec)
    assert (done.code, digests(tmp_path / "out")) == (0, golden["csv"])
    assert "checkpoint.json is damaged" in done.errors


def test_cancel_takes_its_files_with_it(tmp_path: Path) -> None:
    child = start(spec_of(shop(2_000_000), tmp_path, VARIANTS[0], **SMALL), supervised=True)
    assert child.stdin is not None
    child.stdin.write(b"{}\n")
    child.stdin.flush()
    _until(child, "checkpoint")
    cancelled = finish(child, stdin=b'{"command": "cancel"}\n')
    assert cancelled.code == EXIT_CANCELLED
    assert cancelled.one("shutdown") == {"reason": "cancel", "resumable": False, "checkpoint": None}
    assert digests(tmp_path / "out") == {}


def test_sigterm_checkpoints(tmp_path: Path) -> None:
    child = start(spec_of(shop(2_000_000), tmp_path, VARIANTS[0], **SMALL))
    _until(child, "checkpoint")
    child.send_signal(signal.SIGTERM)
    left = finish(child)
    assert left.code == EXIT_PAUSED
    assert left.one("shutdown")["reason"] == "sigterm"
    assert left.one("shutdown")["checkpoint"]["rows"] > 0


def test_the_end_of_input_ends_a_supervised_runner(tmp_path: Path) -> None:
    child = start(spec_of(shop(2_000_000), tmp_path, VARIANTS[0]), supervised=True)
    assert child.stdin is not None
    child.stdin.write(b"{}\n")
    assert finish(child).code == EXIT_ORPHANED


def test_a_second_runner_on_the_same_job_is_refused(tmp_path: Path) -> None:
    spec = spec_of(shop(2_000_000), tmp_path, VARIANTS[0])
    first = start(spec)
    _until(first, "start")
    second = run(spec)
    first.kill()
    finish(first)
    assert second.code == 1
    assert second.one("error")["code"] == "JOB_LOCKED"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_value_that_cannot_be_made_fails_with_its_place(tmp_path: Path, workers: int) -> None:
    overflow = Call("multiply", (Call("add", (Row(), Const(2**61))), Const(8)))
    plan = Plan(0, "", "en_US", (users(1_000), TablePlan("bad", 1_000, (ColumnPlan("x", INT, overflow),))))
    failed = run(spec_of(plan, tmp_path, VARIANTS[0], workers=workers))
    assert failed.code == 1
    assert failed.one("error")["code"] == "VALUE_FAILED"
    assert "bad.x" in failed.one("error")["message"]


def test_a_broken_spec_is_an_error_event(tmp_path: Path) -> None:
    spec = spec_of(SHOP, tmp_path, Output(format="cvs"))
    failed = run(spec)
    assert failed.code == 1
    assert failed.one("error")["code"] == "OPTION_INVALID"
    assert "csv" in failed.one("error")["message"]


def test_files_too_many_for_a_line_are_listed_in_the_manifest(tmp_path: Path) -> None:
    tables = tuple(TablePlan(f"table_{i:03}", 1, users(1).columns[:1]) for i in range(500))
    done = run(spec_of(Plan(0, "", "en_US", tables), tmp_path, VARIANTS[0]))
    complete = done.one("complete")
    assert complete["listedIn"] == "manifest.json"
    assert [a["name"] for a in complete["artifacts"]] == ["manifest.json"]
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert {f["path"]: f["sha256"] for f in listed} == digests(tmp_path / "out")
    assert complete["rows"] == 500
