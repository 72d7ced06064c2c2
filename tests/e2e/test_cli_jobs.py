"""`jobs` after a kill: of the command that ran a job here, and of the server that ran one there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from tests.e2e.cli_process import Cli, events
from tests.e2e.test_cli_server import generation, ready, stop, taken

SEED = ("seed", "--config", "schema.yaml", "--output", "csv", "--workers", "1", "--dir", "o", "--progress", "json")


def killed(cli: Cli, users: str = "20M") -> str:
    """The id of a job whose command was killed amid its work."""
    process = cli.start(*SEED, "--set", f"users={users}")
    assert process.stdout
    job = str(next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "progress"))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    return job


def nothing_left(cli: Cli, job: str) -> bool:
    return not list((cli.folder / "o").glob("*.part")) and not (cli.data / "checkpoints" / job).exists()


def test_an_interrupted_job_is_cancelled_at_once(cli: Cli) -> None:
    job = killed(cli)
    assert list((cli.folder / "o").glob("*.part"))
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLED"
    assert nothing_left(cli, job)
    refused = cli.run("seed", "--resume", job)
    assert (refused.returncode, "Start a new job" in refused.stderr) == (1, True), refused.stderr


def test_a_job_stuck_in_its_cancellation_is_ended(cli: Cli) -> None:
    process = cli.start(*SEED, "--set", "users=20M")
    assert process.stdout
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "progress")
    os.kill(process.pid, signal.SIGSTOP)
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLING"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    shown = cli.ok("jobs", "show", job)
    assert "resume" not in shown
    assert f"mockcraft jobs cancel {job}" in shown
    watched = cli.run("jobs", "watch", job, timeout=20)
    assert (watched.returncode, f"mockcraft jobs cancel {job}" in watched.stderr) == (1, True)
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLED"
    assert nothing_left(cli, job)


def test_jobs_that_have_ended_are_removed(cli: Cli) -> None:
    ended = [events(cli.ok(*SEED[:-1], "json", "--seed", str(seed), "--dir", f"o{seed}"))[0]["jobId"] for seed in (1, 2)]
    running = killed(cli)
    done = cli.run("jobs", "remove", *ended, running)
    assert (done.returncode, done.stdout.splitlines()) == (1, [f"removed {job}" for job in ended])
    assert "INVALID_STATE A job that is RUNNING cannot be removed" in done.stderr
    assert [job["id"] for job in cli.json("jobs", "list")] == [running]
    assert not any((cli.data / "checkpoints" / job).exists() for job in ended)
    assert (cli.folder / "o1" / "users.csv").exists()
    assert "JOB_NOT_FOUND" in cli.run("jobs", "remove", ended[0]).stderr
    cli.ok("jobs", "cancel", running)
    assert cli.ok("jobs", "remove", running) == f"removed {running}\n"


def test_an_interrupted_job_is_paused_at_once_and_goes_on(cli: Cli) -> None:
    job = killed(cli, "400K")
    assert cli.json("jobs", "pause", job)["state"] == "PAUSED"
    assert f"mockcraft seed --resume {job}" in cli.ok("jobs", "show", job)
    assert cli.json("jobs", "list", "--state", "interrupted") == []
    assert events(cli.ok("seed", "--resume", job))[-1]["type"] == "complete"
    assert events(cli.ok("jobs", "watch", job))[0]["seq"] == 1
    refused = cli.run("jobs", "pause", job)
    assert (refused.returncode, "It is done" in refused.stderr) == (1, True), refused.stderr


def test_watching_an_interrupted_job_tells_how_to_go_on(cli: Cli) -> None:
    job = killed(cli)
    began = time.monotonic()
    watched = cli.run("jobs", "watch", job, timeout=30)
    assert time.monotonic() - began < 15
    assert (watched.returncode, events(watched.stdout)[0]["seq"]) == (1, 1)
    assert f"the process that ran {job} is gone" in watched.stderr
    assert f"mockcraft seed --resume {job}" in watched.stderr
    (listed,) = cli.json("jobs", "list", "--state", "INTERRUPTED")
    assert (listed["id"], listed["state"]) == (job, "RUNNING")
    assert cli.json("jobs", "list", "--state", "INTERRUPTED", "--kind", "seeding") == []


def test_a_tidied_load_is_cancelled_when_its_command_was_killed(cli: Cli) -> None:
    process = cli.start("seed", "--config", "schema.yaml", "--db", "sqlite:///shop.db", "--set", "users=2M", "--progress", "json")
    assert process.stdout
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "checkpoint")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLED"
    last = events(cli.run("jobs", "watch", job).stdout)[-1]
    assert (last["type"], last["data"]["reason"]) == ("shutdown", "cancel")
    assert last["data"]["checkpoint"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_watch_outlives_its_server(cli: Cli, number: signal.Signals) -> None:
    with taken(0) as port:
        pass
    url = f"http://127.0.0.1:{port}"
    server = serve(cli, port)
    job = generation(url, cli, "1M")
    watch = cli.start("jobs", "watch", job, "--server", url)
    assert watch.stdout and watch.stderr
    seen = []
    for line in watch.stdout:
        seen.append(json.loads(line))
        if seen[-1]["type"] == "progress":
            break
    os.kill(server.pid, number)
    server.communicate(timeout=15)
    assert watch.stderr.readline() == f"mockcraft: no answer from {url}; trying again\n"
    server = serve(cli, port)
    rest, told = watch.communicate(timeout=100)
    assert watch.returncode == 0, told
    seen += events(rest)
    assert [e["seq"] for e in seen] == list(range(1, len(seen) + 1))
    assert seen[-1]["type"] == "complete"
    stop(server)


def serve(cli: Cli, port: int) -> subprocess.Popen[str]:
    process = cli.start("server", "--port", str(port), "--grpc-port", "0", MOCKCRAFT_SWEEP_SECONDS="1")
    ready(process)
    return process


def test_a_watch_begins_where_the_kept_events_begin(cli: Cli) -> None:
    process = cli.start("server", "--port", "0", "--grpc-port", "0", MOCKCRAFT_EVENTS_PER_JOB="10", MOCKCRAFT_SWEEP_SECONDS="0.5")
    url = ready(process).split()[0]
    job = generation(url, cli, "1M")
    assert events(cli.ok("jobs", "watch", job, "--server", url))[-1]["type"] == "complete"
    deadline = time.monotonic() + 20
    while (first := cli.json("jobs", "show", job, "--server", url)["firstSequence"]) == 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert first > 1
    again = cli.run("jobs", "watch", job, "--server", url)
    assert (again.returncode, events(again.stdout)[0]["seq"]) == (0, first), again.stderr
    assert f"before number {first:,} are no longer kept" in again.stderr
    stop(process)


def test_a_watch_goes_on_after_events_that_went_while_the_gateway_was_away(cli: Cli) -> None:
    known = {"MOCKCRAFT_EVENTS_PER_JOB": "10", "MOCKCRAFT_SWEEP_SECONDS": "0.5"}
    generator = cli.start("service", "generator", "--port", "0", **known)
    address = ready(generator)
    with taken(0) as port:
        pass
    gateway_alone = ("service", "gateway", "--port", str(port), "--generator", address)
    gateway = cli.start(*gateway_alone)
    url = ready(gateway)
    job = generation(url, cli, "1M")
    watch = cli.start("jobs", "watch", job, "--server", url)
    assert watch.stdout
    seen = next(event for line in watch.stdout if (event := json.loads(line))["type"] == "progress")["seq"]
    gateway.kill()
    gateway.communicate(timeout=10)
    deadline = time.monotonic() + 25
    while cli.json("jobs", "show", job)["firstSequence"] <= seen + 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    gateway = cli.start(*gateway_alone)
    ready(gateway)
    rest, told = watch.communicate(timeout=60)
    assert watch.returncode == 0, told
    assert events(rest)[-1]["type"] == "complete"
    assert f"of {job} are no longer kept: skipped" in told
    stop(gateway)
    stop(generator)
