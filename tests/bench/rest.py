"""The stack as a client sees it: started on free ports, spoken to over REST."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

JSON = dict[str, Any]


def call(url: str, body: Mapping[str, Any] | None = None) -> JSON:
    """GET, or POST when there is a body; the JSON answer. Raises `HTTPError`."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def refusal(url: str, body: Mapping[str, Any] | None = None) -> tuple[int, JSON]:
    """Status and problem of a request that is refused."""
    try:
        call(url, body)
    except urllib.error.HTTPError as error:
        return error.code, dict(json.load(error))
    return 200, {}


def generation(url: str, schema: Path, rows: Mapping[str, int], **more: Any) -> str:
    """Start a generation; the job's id."""
    counts = {name: str(count) for name, count in rows.items()}
    return str(call(f"{url}/api/v1/generations", {"schema": schema.read_text(), "rows": counts, **more})["id"])


def wait_for(url: str, job: str, good: Callable[[JSON], bool], seconds: float = 300) -> JSON:
    """Ask for the job until it is as wanted. Raises `TimeoutError` with its last state."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = call(f"{url}/api/v1/jobs/{job}")
        if good(found):
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{job} is {found['state']}")


def in_state(*states: str) -> Callable[[JSON], bool]:
    """Whether a job is in one of the states."""
    return lambda job: job["state"] in states


def seconds_of(job: JSON) -> float:
    """Seconds that a finished job took, from its start to its end by the store's clock."""
    began, ended = (datetime.fromisoformat(job[key]) for key in ("startedAt", "finishedAt"))
    return (ended - began).total_seconds()


def servers_of(home: Path) -> list[psutil.Process]:
    """The servers whose data is below this folder."""
    found = [process for process in psutil.process_iter(["cmdline"]) if str(home) in " ".join(process.info["cmdline"] or ())]
    return [process for process in found if "server" in process.info["cmdline"]]


def processes_of(job: str) -> list[int]:
    """Process ids whose command line names the job."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(job in word for word in process.info["cmdline"] or ()):
            found.append(process.pid)
    return found
