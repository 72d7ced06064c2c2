"""What a fault may not do, at full size: the rows of docs/reliability.md that no other part measures."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp
import psutil

from examples.main_job import Stack, stack
from runner.failpoints import NAMES
from runner.spec import Output
from services.common.jobs.model import State
from services.common.jobs.sql import SqlJobStore
from tests.bench.floors import Floor, at_least, at_most, shown
from tests.bench.queues import FREE, USERS
from tests.bench.rest import JSON, call, generation, in_state, processes_of, seconds_of, servers_of, wait_for
from tests.bench.runs import MEMORY, ROOT, folder
from tests.bench.watchers import ndjson, rpc, sse, terminal, websocket
from tests.integration.jobs_stage import stage_in
from tests.integration.loads import SHOP, plan_of
from tests.integration.runs import digests, run, spec_of
from tests.unit.repo.test_failpoints import TESTS, killing

ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
VARIANTS: Final = (
    Output(format="csv"),
    Output(format="csv", compression="gzip"),
    Output(format="csv", compression="zstd"),
    Output(format="jsonl"),
    Output(format="jsonl", compression="gzip"),
    Output(format="jsonl", compression="zstd"),
    Output(format="sql", dialect="postgresql"),
    Output(format="sql", dialect="mysql", compression="zstd"),
    Output(format="sql", dialect="sqlite", compression="gzip"),
    Output(format="parquet", options={"part_rows": 65_536}),
)
SMALL: Final[dict[str, Any]] = {"block_rows": 8192, "checkpoint_rows": 65_536}
LEASE, SWEEP = 2.0, 0.2


# Files, killed at every failpoint again and again.


class Finals(threading.Thread):
    """Watches the files that have their final names: one that is not as it shall be is noted."""

    def __init__(self, out: Path, whole: Mapping[str, int]) -> None:
        super().__init__(daemon=True)
        self._out, self._whole, self.wrong, self.over = out, whole, set[str](), threading.Event()

    def run(self) -> None:
        """Look, all along."""
        while not self.over.wait(0.001):
            for name, size in self._whole.items():
                with suppress(FileNotFoundError):
                    if (self._out / name).stat().st_size != size:
                        self.wrong.add(name)


@dataclass
class Killed:
    """What came of one sort of file: kills, jobs that ended with the same bytes, and others; wrong finals."""

    kills: int = 0
    same: int = 0
    other: int = 0
    wrong: int = 0


def kill_again(output: Output, kills: int, chance: Random) -> Killed:
    """Jobs of one sort, each killed at several failpoints, with garbage added behind the checkpoint, then let end."""
    plan, points, found = plan_of(SHOP, users="60K"), [name for name in NAMES if name.startswith("runner.")], Killed()
    with folder(MEMORY) as home:
        assert run(spec_of(plan, home / "whole", output)).code == 0
        whole = digests(home / "whole" / "out")
        sizes = {name: (home / "whole" / "out" / name).stat().st_size for name in whole}
        for number in range(4 * kills):  # not every job passes its failpoint as often as was drawn
            if found.kills >= kills:
                break
            spec = spec_of(plan, home / str(number), output, **SMALL)
            finals = Finals(home / str(number) / "out", sizes)
            finals.start()
            while found.kills < kills and _dies(spec, chance.choice(points), chance):
                found.kills += 1
            assert run(spec).code == 0
            finals.over.set()
            finals.join()
            same = digests(home / str(number) / "out") == whole
            found.same, found.other, found.wrong = found.same + same, found.other + (not same), found.wrong + len(finals.wrong)
    return found


def _dies(spec: Any, point: str, chance: Random) -> bool:
    """Whether a run is killed at that failpoint; garbage is then added to what it left."""
    done = run(spec, failpoint=f"{point}:{chance.randint(1, 3)}")
    if done.code != -signal.SIGKILL:
        return False
    for part in spec.out_dir.rglob("*.part"):
        with part.open("ab") as file:
            file.write(b"garbage past the checkpoint")
    return True


def file_floors(kills: int = 260) -> Iterator[Floor]:
    """Every format and compression."""
    chance, each = Random(9), -(-kills // len(VARIANTS))
    found = [kill_again(output, each, chance) for output in VARIANTS]
    yield at_least("files killed at failpoints: kills", sum(f.kills for f in found), min(kills, 250), "kills")
    jobs = sum(f.same + f.other for f in found)
    same = sum(f.same for f in found)
    yield Floor("jobs of those with the same SHA-256 as undisturbed", f"{jobs} of {jobs}", f"{same} of {jobs}", same == jobs)
    wrong = sum(f.wrong for f in found)
    yield Floor("half-written files seen under a final name", "0", str(wrong), wrong == 0)


def failpoint_floors() -> Iterator[Floor]:
    """Every test that kills at failpoints, and which of them killed somebody."""
    files = sorted(str(path.relative_to(ROOT)) for path in TESTS if killing(path) and path.name.startswith("test_"))
    with tempfile.TemporaryDirectory() as hit:
        command = [sys.executable, "-m", "pytest", *files]
        environment = os.environ | {"MOCKCRAFT_FAILPOINTS_HIT": hit}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        killers = {path.name for path in Path(hit).iterdir()}
    last = (done.stdout.strip() or done.stderr).splitlines()[-1].strip("= ")
    yield Floor("tests that kill at failpoints", "all pass", last, done.returncode == 0)
    never = sorted(set(NAMES) - killers)
    said = f"{len(NAMES) - len(never)} of {len(NAMES)}" + (f", not {', '.join(never)}" if never else "")
    yield Floor("failpoints that killed a process", f"{len(NAMES)} of {len(NAMES)}", said, not never)


# Owners that die or freeze, with services as processes on one store.


@dataclass
class Owner:
    """A service as a process, on a store that others share."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, data: Path) -> Owner:
        """A service without a door that runs what it finds."""
        from tests.integration import jobs_stage

        command = [sys.executable, jobs_stage.__file__, "run", str(data), f"sqlite:///{data}/jobs.db"]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'protos'}"}
        return cls(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))

    def end(self) -> None:
        """Make it."""
        self.process.kill()
        self.process.communicate()


STEPS: Final = (["write", "a"], ["checkpoint"], ["sleep", 6], ["write", "b"], ["complete"])


async def rescued(number: int) -> tuple[float, bool]:
    """Seconds from the freeze (even numbers) or death (odd) of an owner until the next attempt starts; whether nothing else
    came of it: log, state and file as they were when the frozen owner has gone on for a while."""
    with folder(None) as data:
        async with stage_in(data, SqlJobStore(f"sqlite:///{data}/jobs.db"), start=False) as stage:
            job = await stage.create(*STEPS)
            owner = Owner.start(data)
            try:
                await stage.until_said(job.id, "checkpoint")
                await stage.supervisor.start()
                owner.process.send_signal(signal.SIGKILL if number % 2 else signal.SIGSTOP)
                began = time.monotonic()
                await stage.until(job.id, lambda job: job.attempt == 2 and job.state is State.RUNNING)
                took = time.monotonic() - began
                log = await stage.log(job.id)
                before = await stage.jobs.get(job.id)
                owner.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(1.5)
                text = (stage.storage.job_dir(job.id).out / "data.csv").read_text()
                untouched = (await stage.log(job.id), await stage.jobs.get(job.id), text) == (log, before, "ab")
                whole = [e.seq for e in log] == list(range(1, len(log) + 1)) and sum(e.terminal for e in log) == 1
                return took, untouched and whole and before.attempt == 2
            finally:
                owner.end()


async def left_alone(leases: int) -> int:
    """The attempts of a job that is silent for so many leases while another service looks for lost ones."""
    with folder(None) as data:
        url = f"sqlite:///{data}/jobs.db"
        async with (
            stage_in(data, SqlJobStore(url), lease_seconds=LEASE, heartbeat_seconds=0.5) as one,
            stage_in(data, SqlJobStore(url), lease_seconds=LEASE, heartbeat_seconds=0.5),
        ):
            job = await one.create(["sleep", leases * LEASE], ["complete"])
            await one.until_state(job.id, State.SUCCEEDED, seconds=leases * LEASE + 30)
            return (await one.jobs.get(job.id)).attempt


def owner_floors(rounds: int = 20) -> Iterator[Floor]:
    """Dead and frozen owners in turn."""
    found = [asyncio.run(rescued(number)) for number in range(rounds)]
    yield at_most(f"{rounds} owners killed or frozen: slowest next attempt", max(t for t, _ in found), LEASE + 2 * SWEEP, "s")
    bad = sum(not good for _, good in found)
    yield Floor("effects of frozen owners that went on", "0", str(bad), bad == 0)
    attempts = asyncio.run(left_alone(10))
    yield Floor("attempts of a job of 10 leases beside another service", "1", str(attempts), attempts == 1)


# One stack: clients that leave, replay, stalled readers, graceful stops, floods.


def leave(url: str, address: str, job: str, clients: int) -> None:
    """Clients of every kind that leave at random moments."""

    async def one(number: int) -> None:
        chance = Random(number)
        async with aiohttp.ClientSession() as session:
            kinds = (sse(session, url, job), ndjson(session, url, job), websocket(session, url, job), rpc(address, job))
            for other in kinds[: number % 4] + kinds[number % 4 + 1 :]:
                other.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(kinds[number % 4], chance.uniform(0.05, 1.5))

    async def all_() -> None:
        await asyncio.gather(*(one(number) for number in range(clients)))

    asyncio.run(all_())


async def replays(url: str, job: str, whole: Sequence[JSON]) -> int:
    """How often a replay after some event was not exactly what follows it."""
    wrong = 0
    async with aiohttp.ClientSession() as session:
        for after in range(len(whole)):
            for headers in ({}, {"Accept": "text/event-stream"}):
                async with session.get(f"{url}/api/v1/jobs/{job}/events?after={after}", headers=headers) as answer:
                    lines = [line.removeprefix(b"data:") async for line in answer.content]
                wrong += [json.loads(line) for line in lines if line.startswith((b"{", b" {"))] != list(whole[after:])
    return wrong


def client_floors(rows: int = 3_000_000, clients: int = 60) -> Iterator[Floor]:
    """A job whose clients leave, and every replay of its log."""
    with folder(None) as home, stack(home / "data", **FREE) as served:
        job = generation(served.url, USERS, {"users": rows})
        leave(served.url, served.grpc, job, clients)
        done = wait_for(served.url, job, in_state(*ENDED))
        said = f"{done['state']} in attempt {done['attempt']}"
        yield Floor(f"a job that {clients} clients left", "SUCCEEDED in attempt 1", said, said == "SUCCEEDED in attempt 1")
        whole = asyncio.run(_log(served.url, job))
        wrong = asyncio.run(replays(served.url, job, whole))
        good = [e["seq"] for e in whole] == list(range(1, len(whole) + 1)) and terminal(whole[-1])
        yield Floor(f"wrong replays, after each of {len(whole)} events, two kinds", "0", str(wrong), good and wrong == 0)


async def _log(url: str, job: str) -> list[JSON]:
    async with aiohttp.ClientSession() as session:
        return await ndjson(session, url, job)


def stop_floors(rounds: int = 5, rows: int = 5_000_000) -> Iterator[Floor]:
    """Servers told to stop with jobs and streams open; the jobs go on in the next one to the same bytes."""
    slowest, statuses, orphans, kept, same = 0.0, list[int](), 0, 0, list[str]()
    with folder(None) as home:
        with stack(home / "data", **FREE) as served:
            job = generation(served.url, USERS, {"users": rows})
            wanted = _sha(wait_for(served.url, job, in_state(*ENDED)))
        for _ in range(rounds):
            with stack(home / "data", **FREE) as served:
                (server,) = servers_of(home)
                jobs = [generation(served.url, USERS, {"users": rows}) for _ in range(2)]
                for job in jobs:
                    wait_for(served.url, job, lambda j: j["progress"]["percentage"] > 5)
                streams = [_open(served, job) for job in jobs]
                began = time.monotonic()
                server.send_signal(signal.SIGTERM)
                statuses.append(server.wait(30))
                slowest = max(slowest, time.monotonic() - began)
                own = {stream.pid for stream in streams}
                orphans += sum(len(set(processes_of(job)) - own) for job in jobs)
                for stream in streams:
                    stream.terminate()
                    stream.wait()
            with stack(home / "data", **FREE) as served:
                states = [call(f"{served.url}/api/v1/jobs/{job}") for job in jobs]
                kept += sum(state["state"] in ("PENDING", "RUNNING") and state["attempt"] == 1 for state in states)
                same += [_sha(wait_for(served.url, job, in_state(*ENDED))) for job in jobs]
    yield at_most(f"{rounds} graceful stops with 2 jobs and 2 streams: slowest", slowest, 10, "s")
    yield Floor("their exit statuses", "0", str(sorted(set(statuses))), set(statuses) == {0})
    yield Floor("processes of jobs that stayed", "0", str(orphans), orphans == 0)
    yield Floor("jobs that waited resumable", f"{2 * rounds}", f"{kept}", kept == 2 * rounds)
    equal = sum(sha == wanted for sha in same)
    yield Floor("jobs with the same SHA-256 afterwards", f"{2 * rounds}", f"{equal}", equal == 2 * rounds)


def _sha(job: JSON) -> str:
    return next((str(a["sha256"]) for a in job["artifacts"] if a["name"] == "users.csv"), str(job["state"]))


def _open(served: Stack, job: str) -> subprocess.Popen[bytes]:
    """A client that follows a job, as a process."""
    command = [sys.executable, "-m", "tests.bench.queues", served.url, served.grpc, job, "1"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def flooded(lines: int) -> tuple[str, float]:
    """The end of a job that writes so many lines of 1,000 bytes to its errors, and the growth of its service's memory in MB."""
    with folder(None) as data:
        async with stage_in(data) as stage:
            before = psutil.Process().memory_info().rss
            job = await stage.create(["errors", "x" * 999 + "\n", lines], ["complete"])
            done = await stage.until(job.id, lambda job: job.state.terminal, seconds=240)
            return done.state.value, (psutil.Process().memory_info().rss - before) / 1e6


def flood_floors(lines: int = 1_000_000) -> Iterator[Floor]:
    """A gigabyte on standard error."""
    state, growth = asyncio.run(flooded(lines))
    yield Floor(f"a job that writes {lines / 1e6:g} GB to its errors", "SUCCEEDED", state, state == "SUCCEEDED")
    yield at_most("growth of its service's memory", growth, 64, "MB")


async def _stalled(url: str, job: str, readers: int, normal: int, address: str) -> list[int]:
    """Events seen by the normal followers, while others ask for the events and never read."""
    host, _, port = url.removeprefix("http://").partition(":")
    request = f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n"
    writers = []
    for _ in range(readers):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # there is no public way
        writer.write(request.encode())
        writers.append(writer)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        ways = (sse, ndjson, websocket)
        followers = [ways[n % 4](session, url, job) if n % 4 < 3 else rpc(address, job) for n in range(normal)]
        seen = await asyncio.gather(*followers)
    for writer in writers:
        writer.close()
    return [len(events) if [e["seq"] for e in events] == list(range(1, len(events) + 1)) else 0 for events in seen]


def reader_floors(rows: int = 20_000_000, normal: int = 50, stalled: int = 10) -> Iterator[Floor]:
    """A job with followers and stalled readers beside the same alone."""
    with folder(MEMORY) as home, stack(home / "data", **FREE) as served:
        (server,) = servers_of(home)
        alone = min(_seconds(served, generation(served.url, USERS, {"users": rows})) for _ in range(2))
        before = server.memory_info().rss
        job = generation(served.url, USERS, {"users": rows})
        command = [sys.executable, "-m", "tests.bench.faults", served.url, served.grpc, job, str(stalled), str(normal)]
        seen = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        watched = _seconds(served, job)
        growth = (server.memory_info().rss - before) / 1e6
    what = f"time of a job with {normal} followers and {stalled} stalled readers beside none"
    yield at_most(what, watched / alone, 1.10, "times")
    yield at_most("growth of the server's memory", growth, 64, "MB")
    whole = sum(number == max(seen) > 0 for number in seen)
    yield Floor("followers that saw every event in order", str(normal), str(whole), whole == normal)


def _seconds(served: Stack, job: str) -> float:
    done = wait_for(served.url, job, in_state(*ENDED))
    assert done["state"] == "SUCCEEDED", done
    return seconds_of(done)


def fault_floors() -> Iterator[Floor]:
    """All of them but the failpoints' tests, which are a part of their own."""
    yield shown("lease; sweep", f"{LEASE:g} s; {SWEEP:g} s")
    yield from owner_floors()
    yield from client_floors()
    yield from stop_floors()
    yield from flood_floors()
    yield from reader_floors()
    yield from file_floors()


def main() -> None:
    """The followers' process: `URL GRPC JOB STALLED NORMAL`; prints how many events each normal one saw."""
    url, address, job, stalled, normal = sys.argv[1:]
    print(json.dumps(asyncio.run(_stalled(url, job, int(stalled), int(normal), address))))


if __name__ == "__main__":
    main()
