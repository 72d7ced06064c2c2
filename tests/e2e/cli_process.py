"""The real `mockcraft` command in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "cli")

SCHEMA = """\
mockcraft: 1
seed: 42
options: {users: 1K}
tables:
  users:
    rows: ${users}
    columns:
      id: sequence
      first_name: first_name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      signup_at: {gen: datetime, start: 2022-01-01, end: as_of}
  orders:
    per: {parent: users, count: {min: 0, max: 4}}
    columns:
      id: sequence
      user_id: {ref: users.id}
      ordered_at: {gen: datetime, after: parent.signup_at, end: as_of}
      total: {gen: decimal, min: 3, max: 200, scale: 2}
"""
"""Two tables with a foreign key."""


class Cli:
    """Runs commands with a data folder of their own, in a working folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        ours = {name for name in os.environ if name.startswith("MOCKCRAFT_") and name != "MOCKCRAFT_FAILPOINTS_HIT"}
        kept = {k: v for k, v in os.environ.items() if k not in {*ours, "PORT", "DATABASE_URL"}}
        self.env = {**kept, "MOCKCRAFT_DATA_DIR": str(self.data), "PYTHONPATH": str(ROOT)}
        self.started: list[subprocess.Popen[str]] = []
        self.schema = folder / "schema.yaml"
        self.schema.write_text(SCHEMA, encoding="utf-8")

    def run(self, *args: str, stdin: str = "", timeout: float = 120, **env: str) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            [*COMMAND, *args],
            cwd=self.folder,
            env={**self.env, **env},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def ok(self, *args: str, **kwargs: Any) -> str:
        """Run, expect exit status 0, answer standard output."""
        done = self.run(*args, **kwargs)
        assert done.returncode == 0, f"{args} left {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *args: str) -> Any:
        """Run with `--format json` and read the answer."""
        return json.loads(self.ok(*args, "--format", "json"))

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Start without waiting, in a session of its own as a shell would. `close` ends it if need be."""
        process = subprocess.Popen(
            [*COMMAND, *args], cwd=self.folder, env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what was started and still runs."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            with process:
                pass


def events(text: str) -> list[dict[str, Any]]:
    """The JSON lines of `--progress json`."""
    return [json.loads(line) for line in text.splitlines()]


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C: SIGINT to the whole foreground process group."""
    os.killpg(process.pid, signal.SIGINT)
