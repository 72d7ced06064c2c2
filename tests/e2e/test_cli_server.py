"""`server` and `service` as real processes, and the jobs commands against them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import yaml

from tests.e2e.cli_process import Cli, events


def ready(process: subprocess.Popen[str]) -> str:
    """What the ready line says after the colon."""
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    assert line.startswith("mockcraft is ready: "), line + process.stderr.read()
    return line.removeprefix("mockcraft is ready: ").strip()


def call(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """End it as an operator would, which takes at most ten seconds; its log."""
    os.kill(process.pid, number)
    _, log = process.communicate(timeout=10)
    assert process.returncode == 0, log
    return log


@pytest.fixture
def server(cli: Cli) -> tuple[subprocess.Popen[str], str]:
    process = cli.start("server", "--port", "0")
    said = ready(process)
    match = re.fullmatch(r"(http://127\.0\.0\.1:\d+) \(gRPC 127\.0\.0\.1:\d+\)", said)
    assert match, said
    return process, match[1]


def generation(url: str, cli: Cli, users: str) -> str:
    body = {"schema": cli.schema.read_text(), "outputs": [{"format": "csv"}], "set": {"users": users}}
    return str(call(f"{url}/api/v1/generations", body)["id"])


def test_jobs_of_a_server(server: tuple[subprocess.Popen[str], str], cli: Cli) -> None:
    process, url = server
    job = generation(url, cli, "1K")
    said = events(cli.ok("jobs", "watch", job, "--server", url))
    assert [e["seq"] for e in said] == list(range(1, len(said) + 1))
    assert said[-1]["type"] == "complete"
    shown = cli.json("jobs", "show", job, "--server", url)
    assert (shown["state"], shown["artifacts"][0]["name"]) == ("SUCCEEDED", "users.csv")
    assert [j["id"] for j in cli.json("jobs", "list", "--server", url)] == [job]
    assert job in cli.ok("jobs", "list", "--server", url.removeprefix("http://"))
    missing = cli.run("jobs", "show", "gen_nope", "--server", url)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "JOB_NOT_FOUND" in missing.stderr
    assert cli.ok("jobs", "remove", job, "--server", url) == f"removed {job}\n"
    assert cli.json("jobs", "list", "--server", url) == []
    stop(process)


def test_pause_resume_and_cancel_on_a_server(server: tuple[subprocess.Popen[str], str], cli: Cli) -> None:
    process, url = server
    job = generation(url, cli, "20M")
    assert cli.json("jobs", "pause", job, "--server", url)["state"] in ("PAUSING", "PAUSED")
    while cli.json("jobs", "show", job, "--server", url)["state"] == "PAUSING":
        pass
    assert cli.json("jobs", "show", job, "--server", url)["state"] == "PAUSED"
    assert cli.json("jobs", "resume", job, "--server", url)["state"] in ("PENDING", "RUNNING")
    assert cli.json("jobs", "cancel", job, "--server", url)["state"] in ("CANCELLING", "CANCELLED")
    watched = cli.run("jobs", "watch", job, "--server", url)
    assert watched.returncode == 1
    assert events(watched.stdout)[-1]["data"]["reason"] == "cancel"
    stop(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_stop_in_the_middle_of_a_job_leaves_it_resumable(
    server: tuple[subprocess.Popen[str], str], cli: Cli, number: signal.Signals
) -> None:
    process, url = server
    job = generation(url, cli, "4M")
    watch = cli.start("jobs", "watch", job, "--server", url)
    assert watch.stdout
    next(line for line in watch.stdout if json.loads(line)["type"] == "progress")
    stop(process, number)
    assert cli.json("jobs", "show", job)["state"] == "PENDING"
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLED"


def test_a_server_that_wants_a_key(cli: Cli) -> None:
    (cli.folder / "server.yaml").write_text("auth: {api_keys: [canary-key]}\n")
    process = cli.start("server", "--port", "0", "--config", "server.yaml")
    url = ready(process).split()[0]
    refused = cli.run("jobs", "list", "--server", url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "set MOCKCRAFT_API_KEY" in refused.stderr
    assert cli.run("jobs", "list", "--server", url, MOCKCRAFT_API_KEY="canary-key").returncode == 0
    assert "canary-key" not in stop(process)


def test_no_server_there(cli: Cli) -> None:
    done = cli.run("jobs", "list", "--server", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    told, hint = done.stderr.splitlines()
    assert told == "mockcraft: SERVER_UNREACHABLE no answer from http://127.0.0.1:9: Connection refused"
    assert "mockcraft server" in hint and "--server" in hint


def test_two_services_alone(cli: Cli) -> None:
    generator = cli.start("service", "generator", "--port", "0")
    address = ready(generator)
    gateway = cli.start("service", "gateway", "--port", "0", "--generator", address)
    url = ready(gateway)
    assert call(f"{url}/api/generate/firstname?seed=1")["value"]
    stop(gateway)
    stop(generator)


def test_an_address_that_is_taken(cli: Cli) -> None:
    with taken(0) as port:
        for option, other in (("--port", "--grpc-port"), ("--grpc-port", "--port")):
            done = cli.run("server", option, str(port), other, "0", "--log-level", "error")
            assert (done.returncode, done.stdout) == (1, "")
            (line,) = done.stderr.splitlines()
            assert f"port {port}: Address already in use; choose another port with {option} " in line


@contextmanager
def taken(port: int) -> Iterator[int]:
    """A port (0: a free one) that is listened on; one that somebody else has already serves as well."""
    with socket.socket() as holder:
        with suppress(OSError):
            holder.bind(("127.0.0.1", port))
            holder.listen()
        yield port or holder.getsockname()[1]


def test_a_second_server_takes_a_free_grpc_port(cli: Cli) -> None:
    with taken(50051), taken(0) as port:
        pass
    with taken(0) as port:
        pass
    with taken(50051):
        process = cli.start("server", "--port", str(port))
        said = ready(process)
        match = re.fullmatch(rf"(http://127\.0\.0\.1:{port}) \(gRPC 127\.0\.0\.1:\d+; port 50051 is taken\)", said)
        assert match, said
        assert call(f"{match[1]}/api/generate/firstname?seed=1")["value"]
        stop(process)


def test_other_addresses_need_keys_before_anything_is_bound(cli: Cli) -> None:
    with taken(0) as port:
        done = cli.run("server", "--host", "0.0.0.0", "--port", str(port), "--grpc-port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--insecure" in done.stderr
    assert not cli.data.exists()


def test_settings_are_printed_with_their_origin_and_without_secrets(cli: Cli) -> None:
    (cli.folder / "server.yaml").write_text("auth: {api_keys: [canary-key]}\nworkers: 2\n")
    printed = cli.ok("server", "--config", "server.yaml", "--port", "9999", "--print-config")
    assert "\nport: 9999  # flag --port\n" in printed
    assert "\nworkers: 2  # file server.yaml\n" in printed
    assert f"\ndata_dir: {cli.data}  # environment MOCKCRAFT_DATA_DIR\n" in printed
    assert "canary-key" not in printed and "\n  # api_keys: ['********']  # file server.yaml\n" in printed


def test_printed_settings_are_a_settings_file(cli: Cli) -> None:
    (cli.folder / "server.yaml").write_text("workers: 2\nrate_limits: {read: 7}\n")
    printed = cli.ok("server", "--config", "server.yaml", "--print-config")
    (cli.folder / "again.yaml").write_text(printed)
    again = cli.ok("service", "gateway", "--config", "again.yaml", "--print-config")
    assert yaml.safe_load(again) == yaml.safe_load(printed)
    assert yaml.safe_load(again)["rate_limits"]["read"] == 7


def test_all_that_is_wrong_with_settings_is_said_at_once(cli: Cli) -> None:
    (cli.folder / "server.yaml").write_text("wrokers: 2\nport: canary\n")
    done = cli.run("server", "--config", "server.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "mockcraft: SETTINGS_INVALID 2 things are wrong with the settings:",
        "  unknown setting `wrokers`; did you mean `workers`? (in file server.yaml, line 1, column 1)",
        "  port: Input should be a valid integer, unable to parse string as an integer"
        " (set by file server.yaml, line 2, column 1)",
    ]


def test_unknown_settings_are_refused_with_a_guess(cli: Cli) -> None:
    (cli.folder / "server.yaml").write_text("wrokers: 2\n")
    for command in (["server"], ["service", "gateway"], ["jobs", "list", "--settings", "server.yaml"]):
        done = cli.run(*command, *([] if "--settings" in command else ["--config", "server.yaml"]))
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "did you mean `workers`?" in done.stderr
