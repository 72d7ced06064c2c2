"""Determinism at full size: workers, blocks, `kill -9` at random moments, rows of the API beside those of the file."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import orjson

from runner.spec import Output
from tests.bench.floors import Floor
from tests.bench.runs import HERE, MEMORY, ROOT, folder, run, runner, spec

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
    """What a killed run left: when it was killed, rows durable by its last checkpoint, rows that were in the file."""

    after: float
    durable: int
    written: float


def kill_floors(count: int = 20, rows: int = 2_000_000) -> Iterator[Floor]:
    """`count` jobs killed at random moments and resumed, over formats and compressions."""
    chance = random.Random(20)
    same, late, redone, resumed = 0, 0, 0.0, 0
    for number in range(count):
        output = FORMATS[number % len(FORMATS)]
        outcome = kill_and_resume(output, rows, chance)
        same += outcome.same
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
    settings = {"rows": {"users": rows}, "checkpoint_rows": INTERVAL, "workers": chance.choice((1, 2))}
    users = HERE / "users.yaml"
    if output.format == "parquet":
        output = output.model_copy(update={"options": {"part_rows": INTERVAL // 2}})
    with folder(MEMORY) as home:
        whole = run(runner(spec(users, home, (output,), **settings)))
    with folder(MEMORY) as home:
        path = spec(users, home, (output,), **settings)
        kill = killed(path, home / "out", whole.seconds - whole.working, whole.working * chance.uniform(0.15, 0.95), whole)
        again = run(runner(path))
    resume = again.event("start")["data"]["resumeFrom"]
    return Outcome(digests(again.events) == digests(whole.events), kill, resume["rows"] if resume else 0)


def killed(path: Path, out: Path, startup: float, after: float, whole: Any) -> Kill:
    """Start the spec, kill its process group `after` seconds of work, and look at what is there."""
    with TemporaryFile() as log:
        process = subprocess.Popen(runner(path), cwd=ROOT, stdout=log, start_new_session=True)
        time.sleep(startup + after)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.seek(0)
        events = [orjson.loads(line) for line in log.read().splitlines() if line.endswith(b"}")]
    durable = max((e["data"]["rows"] for e in events if e["type"] == "checkpoint"), default=0)
    stored = checkpointed(path.parent / "work")
    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file() and f.name != "manifest.json")
    per_row = whole.event("complete")["data"]["bytes"] / whole.rows
    return Kill(after, max(durable, stored), size / per_row)


def checkpointed(work: Path) -> int:
    """Rows of the stored checkpoint (its event may not have been said before the kill)."""
    try:
        data = orjson.loads((work / "checkpoint.json").read_bytes())
    except FileNotFoundError:
        return 0
    finished = sum(int(f["rows"]) for f in data["finished"])
    return finished + int(data["row"]) if data["finished"] == [] else finished
