"""A real child for supervisor tests: does the steps of its spec, speaking `runner.protocol`.

A step is [name, argument…]. Steps before the checkpoint are not done again after a resume.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from runner.protocol import EXIT_CANCELLED, EXIT_PAUSED, Commands, EventWriter


class Work:
    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec, self.steps = spec, spec["steps"]
        self.place = Path(spec["workDir"]) / "checkpoint.json"
        self.out = Path(spec["outDir"])
        self.events = EventWriter(spec["jobId"], spec["attempt"])
        self.secrets = json.loads(sys.stdin.buffer.readline())
        self.commands = Commands(supervised=True).start()
        self.deaf = False
        durable = json.loads(self.place.read_text()) if self.place.exists() else {"rows": 0, "size": 0}
        self.at, self.file = durable["rows"], self.out / "data.csv"
        self.resumed = self.at > 0
        self.file.touch()
        os.truncate(self.file, durable["size"])
        if spec.get("deafToSigterm"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def run(self) -> None:
        self.events.emit("init", {"kind": "generation", "unit": "rows"})
        self.events.emit("start", {"resumeFrom": {"rows": self.at} if self.at else None, "total": len(self.steps)})
        for i in range(self.at, len(self.steps)):
            self.at = i
            name, *args = self.steps[i]
            getattr(self, f"do_{name}")(*args)
            if self.commands.wanted and not self.deaf:
                self.leave()

    def leave(self) -> None:
        self.do_checkpoint()
        cancelled = self.commands.wanted == "cancel"
        place = None if cancelled else {"rows": self.at + 1}
        self.events.emit("shutdown", {"reason": self.commands.reason, "resumable": not cancelled, "checkpoint": place})
        sys.exit(EXIT_CANCELLED if cancelled else EXIT_PAUSED)

    def do_sleep(self, seconds: float) -> None:
        """Be interrupted here, once: a resumed child does not sleep again."""
        if not self.resumed:
            time.sleep(seconds) if self.deaf else self.commands.changed.wait(seconds)

    def do_deaf(self) -> None:
        self.deaf = True

    def do_progress(self, times: int = 1, gap: float = 0.0) -> None:
        for i in range(1, times + 1):
            self.events.emit(
                "progress", {"current": i, "total": times, "percentage": 100 * i / times, "unit": "rows", "phase": "users"}
            )
            time.sleep(gap)

    def do_checkpoint(self) -> None:
        part = self.place.with_suffix(".part")
        part.write_text(json.dumps({"rows": self.at + 1, "size": self.file.stat().st_size}))
        part.replace(self.place)
        self.events.emit("checkpoint", {"rows": self.at + 1})

    def do_write(self, text: str, times: int = 1) -> None:
        with self.file.open("a") as file:
            file.write(text * times)

    def do_raw(self, text: str, times: int = 1) -> None:
        os.write(self.events._fd, (text * times).encode("latin-1") + b"\n")

    def do_errors(self, text: str, times: int = 1) -> None:
        for _ in range(times):
            sys.stderr.write(text)
        sys.stderr.flush()

    def do_log(self, text: str) -> None:
        self.events.emit("log", {"level": "info", "stream": "runner", "text": text})

    def do_die(self, up_to_attempt: int = 99, number: int = signal.SIGKILL) -> None:
        if self.spec["attempt"] <= up_to_attempt:
            os.kill(os.getpid(), number)

    def do_exit(self, status: int) -> None:
        os._exit(status)

    def do_error(self, code: str, message: str, retryable: bool, up_to_attempt: int = 99) -> None:
        if self.spec["attempt"] <= up_to_attempt:
            self.events.emit("error", {"code": code, "message": message, "retryable": retryable})
            os._exit(1)

    def do_grandchild(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        self.events.emit("log", {"level": "info", "stream": "runner", "text": f"grandchild {child.pid}"})

    def do_tell_secret(self) -> None:
        (self.out / "secret").write_text(self.secrets["url"])

    def do_shout_secret(self) -> None:
        self.do_log(f"loading into {self.secrets['url']}")
        self.do_errors(f"cannot reach {self.secrets['url']}\n")

    def do_tell_environment(self) -> None:
        self.events.emit("log", {"level": "info", "stream": "runner", "text": " ".join(sorted(os.environ))})

    def do_complete(self) -> None:
        size = self.file.stat().st_size
        artifact = {
            "name": "data.csv",
            "path": "data.csv",
            "bytes": size,
            "sha256": hashlib.sha256(self.file.read_bytes()).hexdigest(),
            "contentType": "text/csv",
        }
        self.events.emit("complete", {"artifacts": [artifact], "rows": len(self.steps)})

    def do_linger(self, seconds: float) -> None:
        time.sleep(seconds)


if __name__ == "__main__":
    Work(json.loads(Path(sys.argv[1]).read_text())).run()
