"""Children that write text datasets by asking a test server, killed on the way; and what must hold of their files."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from runner.datasets import plan
from runner.datasets.answers import address
from runner.datasets.models import Prompt
from runner.datasets.prompts import record_prompt
from runner.datasets.spec import DatasetRequest, DatasetSpec, ModelSettings
from tests.datasets_server import Behaviour, Server, mark

FAULTS = Behaviour(
    seconds=0.01,
    limited=0.01,
    retry_after=0.02,
    failed=0.05,
    cut=0.05,
    malformed=0.05,
    wrong=0.06,
    prose=0.1,
    refused=0.03,
    repeated=0.05,
    slow=0.05,
    slow_seconds=0.1,
)
"""All that servers do: 429, 500, cut connections, broken bodies, wrong schemas, prose, refusals, repetitions, slow answers."""
MODEL = "openai:test"
_ROWS = 512


def dataset_spec(folder: Path, server: Server, count: int, **request: Any) -> DatasetSpec:
    """A job in a folder that asks a server."""
    wanted = {"topics": ("Python", "Go", "Rust", "SQL"), "personas": ("student", "expert"), "model_name": MODEL, **request}
    return DatasetSpec(
        job_id="data_test",
        request=DatasetRequest.model_validate({"target_count": count, **wanted}),
        out_dir=folder / "out",
        work_dir=folder / "work",
        answers_path=folder / "answers.db",
        model=ModelSettings(endpoint=server.url),
    )


def start(
    spec: DatasetSpec, *, failpoint: str = "", supervised: bool = False, out: Any = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """A child at work."""
    path = spec.work_dir.parent / "spec.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    spec.write(path)
    command = [sys.executable, "-m", "runner", "--spec", str(path), *(["--supervised"] if supervised else [])]
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, env=environment)


def events_of(child: subprocess.Popen[bytes], *, stdin: bytes | None = None) -> Iterator[dict[str, Any]]:
    """Its events as they come."""
    assert child.stdin is not None and child.stdout is not None
    if stdin is not None:
        child.stdin.write(stdin)
        child.stdin.flush()
    for line in child.stdout:
        if line.endswith(b"}\n"):
            yield json.loads(line)
    child.stdin.close()
    child.stdout.close()
    child.wait(60)


def finished(spec: DatasetSpec, **options: Any) -> tuple[int, list[dict[str, Any]]]:
    """Run a child to its end: exit status and events."""
    child = start(spec, **options)
    events = list(events_of(child))
    return child.returncode, events


def records_of(spec: DatasetSpec) -> list[dict[str, Any]]:
    """The records of a finished JSON Lines file."""
    return [json.loads(line) for line in (spec.out_dir / "dataset.jsonl").read_text().splitlines()]


def wrong_with(spec: DatasetSpec) -> list[str]:
    """What is wrong with a finished dataset, judged without the engine's own comparison: counts, coverage, repetition."""
    made, found = records_of(spec), list[str]()
    if [one["id"] for one in made] != list(range(spec.request.target_count)):
        found.append(f"{len(made)} records")
    counts = Counter((r["topic"], r["kind"], r["difficulty"], r["persona"], "") for r in made)
    if counts != plan.expected(spec.request):
        found.append("coverage")
    for name in ("instruction", "output"):
        if len({" ".join(one[name].lower().split()) for one in made}) != len(made):
            found.append(f"an {name} twice")
    return found


def near_pairs(spec: DatasetSpec, share: float) -> int:
    """Pairs of records that have so large a share of their 5-character pieces in common, counted exactly, all with all."""
    bags = [pieces_of(f"{r['instruction']} {r['input']} {r['output']}".lower()) for r in records_of(spec)]
    known = {piece: at for at, piece in enumerate(sorted(set().union(*bags)))}
    has = np.zeros((len(bags), len(known)), dtype=np.float32)
    for row, bag in zip(has, bags, strict=True):
        row[[known[piece] for piece in bag]] = 1
    sizes, found = has.sum(axis=1), 0
    for at in range(0, len(bags), _ROWS):
        common = has[at : at + _ROWS] @ has.T
        either = sizes[at : at + _ROWS, None] + sizes[None, :] - common
        found += int((common >= share * either).sum())
    return (found - len(bags)) // 2


def pieces_of(text: str) -> set[str]:
    """The 5-character pieces of a text."""
    return {text[at : at + 5] for at in range(len(text) - 4)}


@dataclass
class Killed:
    """What came of killing a job again and again."""

    kills: int = 0
    lost: int = 0
    asked_again: int = 0
    longest_flight: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)


def kill_often(spec: DatasetSpec, server: Server, kills: int, longest: float, chance: Random) -> Killed:
    """Start the job, kill it with SIGKILL within `longest` seconds of its start event, `kills` times; then let it finish.

    `asked_again` counts prompts whose answer was stored when the job died and that were asked for all the same.
    """
    marks, told = marks_of(spec.request), Killed()
    for _ in range(kills):
        child = start(spec)
        for event in events_of(child):
            told.events.append(event)
            if event["type"] == "start":
                break
        assert child.stdout is not None and child.stdin is not None
        time.sleep(chance.random() * longest)
        if child.poll() is not None:
            raise AssertionError("the job was done before it was killed often enough")
        os.kill(child.pid, signal.SIGKILL)
        child.wait(30)
        told.events += [json.loads(line) for line in child.stdout if line.endswith(b"}\n")]
        child.stdin.close()
        child.stdout.close()
        told.kills += 1
        told.asked_again += watched(spec, server, marks)
    code, events = finished(spec)
    assert code == 0, events[-1]
    told.events += events
    told.asked_again += watched(spec, server, marks)
    told.lost, told.longest_flight = server.again, server.most_in_flight
    return told


_seen: dict[str, dict[str, int]] = {}


def watched(spec: DatasetSpec, server: Server, marks: dict[bytes, str]) -> int:
    """How many of the prompts whose answers were stored at the last call were asked since."""
    before, asked = _seen.get(str(spec.answers_path), {}), server.asked
    again = sum(asked[one] > count for one, count in before.items())
    stored = [marks[at] for at in stored_addresses(spec) if at in marks]
    assert all(asked[one] for one in stored), "the server counts under other marks"
    _seen[str(spec.answers_path)] = {one: asked[one] for one in stored}
    return again


def stored_addresses(spec: DatasetSpec) -> set[bytes]:
    """The addresses of all stored answers."""
    if not spec.answers_path.exists():
        return set()
    db = sqlite3.connect(spec.answers_path)
    try:
        return {at for (at,) in db.execute("SELECT address FROM answers")}
    finally:
        db.close()


def marks_of(request: DatasetRequest, tries: int = 4) -> dict[bytes, str]:
    """What the server counts the first prompts of all records under, by the addresses of their answers."""
    places = list(plan.slots(request, range(request.target_count)))
    prompts = (record_prompt(request, place, attempt) for place in places for attempt in range(tries))
    return {address(prompt, request.model_name): mark_of(prompt) for prompt in prompts}


def mark_of(prompt: Prompt) -> str:
    """What the server counts a prompt under."""
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    return mark({"messages": messages, "seed": prompt.seed})


def when(
    child: subprocess.Popen[bytes], ready: Callable[[dict[str, Any]], bool], command: bytes, stdin: bytes
) -> tuple[list[dict[str, Any]], float]:
    """Send a command at the first event that is ready for it; all events, and the seconds until the end after that."""
    assert child.stdin is not None
    sent, events = 0.0, []
    for event in events_of(child, stdin=stdin):
        events.append(event)
        if not sent and ready(event):
            child.stdin.write(command)
            child.stdin.flush()
            sent = time.monotonic()
    return events, time.monotonic() - sent
