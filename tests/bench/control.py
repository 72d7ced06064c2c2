"""Pause, resume and cancel over REST of a job of 20 million rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from examples.main_job import stack
from tests.bench.determinism import digests
from tests.bench.floors import Floor, at_most
from tests.bench.rest import call, generation, in_state, processes_of, wait_for
from tests.bench.runs import HERE, MEMORY, folder, run, runner, spec

USERS = HERE / "users.yaml"


def undisturbed(rows: int) -> str:
    """SHA-256 of the CSV of a run that nobody disturbs."""
    with folder(MEMORY) as home:
        return digests(run(runner(spec(USERS, home, rows={"users": rows}))).events)["users.csv"]


def steer(url: str, job: str, how: str) -> None:
    """Ask for a move."""
    call(f"{url}/api/v1/jobs/{job}:{how}", {})


def under_way(url: str, job: str, share: float) -> None:
    """Wait until the job has done that share."""
    wait_for(url, job, lambda j: j["progress"]["percentage"] >= share * 100 or j["state"] not in ("PENDING", "RUNNING"))


def paused(url: str, rows: int) -> Iterator[Floor]:
    """Pause twice, resume, compare."""
    job = generation(url, USERS, {"users": rows})
    slowest, left, ran = 0.0, 0, True
    for share in (0.2, 0.6):
        under_way(url, job, share)
        ran = ran and bool(processes_of(job))
        began = time.monotonic()
        steer(url, job, "pause")
        wait_for(url, job, in_state("PAUSED"))
        slowest = max(slowest, time.monotonic() - began)
        left += len(processes_of(job))
        steer(url, job, "resume")
    done = wait_for(url, job, in_state("SUCCEEDED", "FAILED", "CANCELLED"))
    sha256 = next((a["sha256"] for a in done["artifacts"] if a["name"] == "users.csv"), done["state"])
    yield at_most(f"pause of a {rows:,}-row job over REST", slowest, 2, "s")
    said = f"{left} paused, {'some' if ran else 'none'} while it ran"
    yield Floor("processes of the job", "0 paused, some while it ran", said, ran and left == 0)
    same = sha256 == undisturbed(rows)
    yield Floor("SHA-256 after pauses beside an undisturbed run", "same", "same" if same else "other", same)


def cancelled(url: str, data: Path, rows: int) -> Iterator[Floor]:
    """Cancel in the middle; nothing may be left."""
    job = generation(url, USERS, {"users": rows})
    under_way(url, job, 0.3)
    began = time.monotonic()
    steer(url, job, "cancel")
    done = wait_for(url, job, in_state("CANCELLED", "SUCCEEDED", "FAILED"))
    took = time.monotonic() - began
    yield at_most(f"cancel of a {rows:,}-row job over REST", took, 5, "s")
    files = [p for p in data.rglob("*") if job in str(p) and p.is_file() and p.name.startswith("users")]
    said = f"{done['state']}, {len(processes_of(job))} processes, {len(files)} files"
    yield Floor("the cancelled job", "CANCELLED, 0 processes, 0 files", said, said == "CANCELLED, 0 processes, 0 files")


def control_floors(rows: int = 20_000_000) -> Iterator[Floor]:
    """The promises about steering."""
    with folder(MEMORY) as home, stack(home) as started:
        url = started.url
        yield from paused(url, rows)
        yield from cancelled(url, home, rows)
