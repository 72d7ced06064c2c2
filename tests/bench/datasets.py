"""Text datasets at full size: a faulty server, kills, and how fast the server's capacity is found."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from runner.datasets.spec import DatasetSpec
from tests.bench.floors import Floor, at_least, at_most, shown
from tests.datasets_server import Behaviour, datasets_server
from tests.integration.dataset_runs import (
    FAULTS,
    dataset_spec,
    events_of,
    finished,
    kill_often,
    near_pairs,
    records_of,
    start,
    wrong_with,
)

COUNT, KILLS = 5_000, 20
CAPACITY = Behaviour(seconds=0.5, parallel=32, queue=False, retry_after=0.5, failed=0.01, repeated=0.02, wrong=0.02)
"""At most 32 requests at a time, each half a second, others get 429: 64 answers a second at best."""
_SETTLING, _MEASURED = 30.0, 10.0


def dataset_floors() -> Iterator[Floor]:
    """Exactness under faults and kills; adaptation and throughput."""
    with tempfile.TemporaryDirectory() as folder:
        yield from exact(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from adapted(Path(folder))


def exact(folder: Path) -> Iterator[Floor]:
    """One job undisturbed and one killed 20 times, from servers with all faults."""
    with datasets_server(FAULTS) as server:
        whole = dataset_spec(folder / "whole", server, COUNT)
        began = time.monotonic()
        code, events = finished(whole)
        took = time.monotonic() - began
        server.asked.clear()
        server.answered.clear()
        spec = dataset_spec(folder / "killed", server, COUNT)
        killed = kill_often(spec, server, KILLS, longest=took / KILLS, chance=Random(8))
    yield Floor(f"{COUNT:,} records undisturbed", "exit 0", f"exit {code}, {took:.0f} s", code == 0)
    yield shown("rejected on the way", ", ".join(f"{reason} {n}" for reason, n in events[-1]["data"]["rejected"].items()))
    wrong = wrong_with(spec)
    yield Floor("records, coverage, repetition", "exact", ", ".join(wrong) or f"{len(records_of(spec)):,} exact", not wrong)
    yield at_most("of 12.5 million pairs, those that share 87 % of their pieces", near_pairs(spec, 0.87), 0, "pairs")
    yield at_most(f"stored answers asked for again, {killed.kills} kills", killed.asked_again, 0, "answers")
    flight = killed.kills * killed.longest_flight
    yield at_most("answers lost in flight, all kills", killed.lost, flight, "answers")
    yield Floor("file and manifest as unbroken", "same bytes", *same(whole, spec))


def same(one: DatasetSpec, other: DatasetSpec) -> tuple[str, bool]:
    """Whether two jobs wrote the same."""
    names = ("dataset.jsonl", "manifest.json")
    different = [name for name in names if (one.out_dir / name).read_bytes() != (other.out_dir / name).read_bytes()]
    return ", ".join(different) or "same", not different


def adapted(folder: Path) -> Iterator[Floor]:
    """A server with a capacity that nobody tells: found within 30 s, and seen in the metrics."""
    with datasets_server(CAPACITY) as server:
        spec = dataset_spec(folder, server, 100_000)
        child = start(spec)
        told = watched(child, _SETTLING + _MEASURED)
        times = list(server.times)
    best, began = CAPACITY.best, told[0]["at"]
    late = [at for at in times if began + _SETTLING - _MEASURED <= at < began + _SETTLING]
    yield at_least("answers a second at 20 to 30 s, of the server's best", len(late) / _MEASURED / best, 0.85, "share")
    after = [at for at in times if began + _SETTLING <= at < began + _SETTLING + _MEASURED]
    yield at_least("answers a second at 30 to 40 s, of the server's best", len(after) / _MEASURED / best, 0.85, "share")
    yield shown("seconds until a window of 2 s had 85 % of it", f"{reached(times, began, 0.85 * best):.1f} s")
    limits = [one["concurrency"] for one in told]
    up = max(limits) > limits[0]
    down = any(b < a for a, b in pairwise(limits))
    refused = told[-1]["model"]["rateLimited"]
    figure = f"{limits[0]:g} to {limits[-1]:g}, at most {max(limits):g}, {refused} times 429"
    yield Floor("concurrency in the metrics", "rises and falls", figure, up and down and refused > 0)


def watched(child: subprocess.Popen[bytes], seconds: float) -> list[dict[str, Any]]:
    """The details of a job's progress events for so many seconds, each with the time `at` which it came; then it is ended."""
    told: list[dict[str, Any]] = []
    for event in events_of(child):
        if event["type"] == "progress" and "model" in event["data"]:
            told.append({**event["data"], "at": time.monotonic()})
        if told and told[-1]["at"] - told[0]["at"] > seconds:
            child.terminate()
    return told


def reached(times: list[float], began: float, rate: float, window: float = 2.0) -> float:
    """Seconds from the beginning until the answers of a window reached a rate a second."""
    for at, when in enumerate(times):
        if at >= rate * window and when - times[at - int(rate * window)] <= window:
            return when - began
    return float("inf")
