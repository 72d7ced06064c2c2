"""Child processes: start one in a session of its own under the job's lock, speak to it, end it and all it started."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from runner.platform import SPAWN_OPTIONS, FileLock, Locked, signal_group
from services.common.jobs.identity import machine, started
from services.common.storage.local import JobPaths

LEFTOVER_SECONDS: Final = 3.0
EOF_SECONDS: Final = 2.0
_SECRET_NAME: Final = re.compile(
    r"TOKEN|SECRET|PASSW|API_?KEY|ACCESS_KEY|BACKUP_KEY|CREDENTIAL|PRIVATE|TARGETS|(?:DATABASE|REDIS|JOBS|SCHEMAS)_URL", re.I
)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: ours without what looks like a secret (those go through its standard input)."""
    return {name: value for name, value in environ.items() if not _SECRET_NAME.search(name)}


def take_lock(paths: JobPaths) -> FileLock | None:
    """The lock of a job's folder, ending a child that was left behind; None when it cannot be had yet."""
    lock, deadline = FileLock(paths.lock), time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            return lock.__enter__()
        except Locked:
            if time.monotonic() > deadline:
                return None
            end_leftover(paths.child)
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Note:
    """Which process works on a job, and when that began: its number alone may have become another's."""

    pid: int
    began: int

    @classmethod
    def read(cls, path: Path) -> Note | None:
        """What is written down there, when it tells of a process of this machine that lives."""
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            said = orjson.loads(path.read_bytes())
            note = cls(said["pid"], said["started"])
            return note if note.lives and said.get("machine", machine()) == machine() else None
        return None

    @property
    def lives(self) -> bool:
        """Whether it is surely still the same process."""
        return self.began is not None and started(self.pid) == self.began

    def end(self) -> None:
        """Kill it, with all it started."""
        if self.lives:
            signal_group(self.pid, force=True)


def end_leftover(path: Path) -> None:
    """Kill the child a stale owner left, when the process is surely still the same one."""
    if note := Note.read(path):
        note.end()


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


class Child:
    """A running child. Its lock is inherited, so it is held as long as the child lives, whatever happens to us."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.exited = asyncio.ensure_future(self._gone())

    @classmethod
    async def start(cls, command: Sequence[str], lock: FileLock, secrets: Mapping[str, str]) -> Child:
        """Spawn it; the secrets are its first line of input. Raises `OSError`."""
        inherit: dict[str, Any] = {"pass_fds": (lock.fileno(),)} if os.name == "posix" else {}
        options: dict[str, Any] = {**SPAWN_OPTIONS, **inherit}
        with ExitStack() as ours:
            ours.push(lock)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(os.environ),
                **options,
            )
        child = cls(process)
        child._write(orjson.dumps(dict(secrets)))
        return child

    async def _gone(self) -> int:
        """Its exit status, once it has gone; what it started and left behind is killed right then."""
        status = await self.process.wait()
        signal_group(self.process.pid, force=True)
        return status

    def _write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        with suppress(OSError, RuntimeError):
            self.process.stdin.write(line + b"\n")

    def note(self, path: Path) -> None:
        """Write down which process works here, for whoever has to end it when we are gone."""
        note = {"pid": self.process.pid, "started": started(self.process.pid), "machine": machine()}
        path.write_bytes(orjson.dumps(note))

    def tell(self, command: str) -> None:
        """Send a command line."""
        self._write(orjson.dumps({"command": command}))

    def signal(self, *, force: bool) -> None:
        """SIGTERM, or with `force` SIGKILL, to the whole group. None when it has gone: its number may be another's by now."""
        if not self.exited.done():
            signal_group(self.process.pid, force=force)

    def memory(self) -> int:
        """Bytes that it and what it started hold now; 0 when it has gone."""
        import psutil

        try:
            leader = psutil.Process(self.process.pid)
            return sum(_resident(process) for process in (leader, *leader.children(recursive=True)))
        except psutil.Error:
            return 0

    async def ended_within(self, seconds: float) -> bool:
        """Wait for the exit, at most so long."""
        done, _ = await asyncio.wait({self.exited}, timeout=seconds)
        return bool(done)

    async def wait(self) -> int:
        """Its exit status, when it has gone."""
        return await asyncio.shield(self.exited)

    async def kill(self) -> None:
        """End it now."""
        self.signal(force=True)
        await self.wait()

    def close(self) -> None:
        """Let go of pipes that a stray grandchild may still hold open."""
        self.process._transport.close()  # type: ignore[attr-defined]  # there is no public way
