"""Determinism at full size: workers, blocks, `kill -9` at random moments, rows of the API beside those of the file."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from runner.spec import Output
from tests.bench.floors import Floor
from tests.bench.runs import HERE, MEMORY, ROOT, Run, folder, run, runner, spec

EXAMPLES = ("shop", "hospital", "airline", "people_id", "tpch")
FORMATS = (
    Output(format="csv"),
    Output(format="jsonl"),
    Output(format="sql", dialect="postgresql"),
    Output(format="parquet"),
    Output(format="csv", compression="zstd"),
    Output(format="jsonl", compression="gzip"),
)
INTERVAL = 262_144
Digests = dict[str, str]


def digests(events: tuple[dict[str, Any], ...]) -> Digests:
    """SHA-256 by file of a finished run, the manifest left out."""
    last = events[-1]
    assert last["type"] == "complete", last
    return {a["name"]: a["sha256"] for a in last["data"]["artifacts"] if a["name"] != "manifest.json"}


def made(schema: Path, outputs: tuple[Output, ...], options: Mapping[str, str], **settings: Any) -> Digests:
    """Digests of a whole run into memory."""
    with folder(MEMORY) as home:
        return digests(run(runner(spec(schema, home, outputs, options=options, **settings))).events)


def sameness_floors() -> Iterator[Floor]:
    """Each example at its own size: one worker and large blocks beside two workers and small blocks."""
    for name in EXAMPLES:
        schema = ROOT / "examples" / f"{name}.yaml"
        options = {"sf": "0.1"} if name == "tpch" else {}
        one = made(schema, FORMATS[:4], options, workers=1, block_rows=65_536)
        two = made(schema, FORMATS[:4], options, workers=2, block_rows=4096)
        same = sum(two.get(file) == digest for file, digest in one.items())
        said = f"{same} of {len(one)} files"
        yield Floor(
            f"{name}: 1 worker, blocks of 65,536 = 2 workers, blocks of 4,096", "all files", said, same == len(one) == len(two)
        )


@dataclass(frozen=True)
class Kill:
    """What a killed run left: rows durable by its last checkpoint, rows in the files; whether it was killed at all."""

    durable: int
    written: float
    died: bool


def kill_floors(count: int = 20, rows: int = 2_000_000) -> Iterator[Floor]:
    """`count` jobs killed at random moments and resumed, over formats and compressions."""
    chance = random.Random(20)
    same, late, redone, resumed = 0, 0, 0.0, 0
    for number in range(count):
        output = FORMATS[number % len(FORMATS)]
        outcome = kill_and_resume(output, rows, chance)
        same += outcome.same and outcome.kill.died
        late += outcome.kill.durable > 0
        resumed += outcome.resumed == outcome.kill.durable
        redone = max(redone, outcome.kill.written - outcome.resumed)
    yield Floor(
        "killed with SIGKILL at random moments and resumed: same SHA-256",
        f"{count} of {count}",
        f"{same} of {count}",
        same == count,
    )
    yield Floor("of these killed after the first checkpoint", "most", f"{late} of {count}", late > count / 2)
    yield Floor("resumed from the last checkpoint", f"{count} of {count}", f"{resumed} of {count}", resumed == count)
    said = f"{redone:,.0f} rows at most"
    yield Floor("rows made again by a resume", f"≤ one interval ({INTERVAL:,})", said, redone <= INTERVAL)


@dataclass(frozen=True)
class Outcome:
    """A killed and resumed job: whether its files are those of an undisturbed run, and where the resume began."""

    same: bool
    kill: Kill
    resumed: int


def kill_and_resume(output: Output, rows: int, chance: random.Random) -> Outcome:
    """One job, undisturbed and disturbed."""
    if output.format == "parquet":
        output = output.model_copy(update={"options": {"part_rows": INTERVAL // 2}})
    workers = chance.choice((1, 2))

    def prepared(home: Path) -> Path:
        return spec(HERE / "users.yaml", home, (output,), rows={"users": rows}, checkpoint_rows=INTERVAL, workers=workers)

    with folder(MEMORY) as home:
        whole = run(runner(prepared(home)))
    with folder(MEMORY) as home:
        path = prepared(home)
        kill = killed(path, whole, chance.uniform(0.05, 0.92))
        again = run(runner(path))
    resume = again.event("start")["data"]["resumeFrom"]
    return Outcome(digests(again.events) == digests(whole.events), kill, resume["rows"] if resume else 0)


def killed(path: Path, whole: Run, share: float) -> Kill:
    """Start the spec, kill its process group when that share of the bytes is written, and look at what is there."""
    total, out = whole.event("complete")["data"]["bytes"], path.parent / "out"
    process = subprocess.Popen(runner(path), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and size(out) < share * total:
        time.sleep(0.0005)
    with suppress(ProcessLookupError):  # it was faster
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    written = size(out) / total * whole.rows
    return Kill(checkpointed(path.parent / "work"), written, process.returncode == -signal.SIGKILL)


def size(out: Path) -> int:
    """Bytes of all files, finished or not."""
    total = 0
    for path in out.rglob("*users*.*"):  # `001_users.sql` too
        with suppress(FileNotFoundError):  # it was just renamed
            total += path.stat().st_size
    return total


def checkpointed(work: Path) -> int:
    """Rows of the stored checkpoint."""
    try:
        data = orjson.loads((work / "checkpoint.json").read_bytes())
    except FileNotFoundError:
        return 0
    finished = sum(int(f["rows"]) for f in data["finished"])
    return max(finished, int(data["row"]))
