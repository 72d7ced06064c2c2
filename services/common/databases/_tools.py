"""Programs that come with databases: found, started without secrets in their arguments, ended with us.

A tool runs in a process group of its own. When this process dies its pipes close, which ends the tools that we use:
they write to us or read from us.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any, Final

from runner.platform import SPAWN_OPTIONS, widen_pipe
from services.common.databases import DatabaseError

CHUNK: Final = 1 << 20
TOLD: Final = 2_000  # characters of a tool's complaint that are kept


def find_tool(name: str, folders: Iterable[str], package: str) -> Path:
    """The newest of a program: on the path or in the folders (glob patterns). Raises `DatabaseError` TOOL_MISSING."""
    places = [Path(found)] if (found := shutil.which(name)) else []
    places += [path for folder in folders for path in Path("/").glob(f"{folder.lstrip('/')}/{name}") if path.is_file()]
    if not places:
        raise DatabaseError("TOOL_MISSING", f"{name} is not installed; Debian has it in {package}")
    return max(places, key=lambda path: (_version(path), -places.index(path)))


def _version(path: Path) -> tuple[int, ...]:
    done = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    return tuple(int(n) for n in re.findall(r"\d+", done.stdout)[:2])


def version_of(path: Path) -> str:
    """What a program says its version is."""
    done = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\d+(\.\d+)+", done.stdout)
    return match[0] if match else done.stdout.strip()[:60]


class Tool:
    """A running program. Its errors are `DatabaseError` TOOL_FAILED with what it complained of, secrets hidden."""

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str], *, secrets: Sequence[str] = (), stdin: bool = False,
        source: IO[bytes] | None = None,
    ) -> None:  # fmt: skip
        options: dict[str, Any] = dict(SPAWN_OPTIONS)
        self.name, self._secrets, self._told = Path(command[0]).name, secrets, b""
        given = subprocess.PIPE if stdin else source or subprocess.DEVNULL
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_environment(environment), **options,
        )  # fmt: skip
        for pipe in filter(None, (self.process.stdin, self.process.stdout)):
            widen_pipe(pipe.fileno(), CHUNK)
        self._listener = threading.Thread(target=self._listen, name=f"{self.name} errors", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                self._told = (self._told + line)[-TOLD:]

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        assert self.process.stdout
        return self.process.stdout

    def pieces(self) -> Iterator[bytes]:
        """What it writes, to its end. Raises `DatabaseError` when it fails."""
        while piece := self.output.read1(CHUNK):  # type: ignore[attr-defined]
            yield piece
        self.wait()

    def feed(self, pieces: Iterable[bytes]) -> None:
        """Give it its input, and no more after that. A tool that no longer listens is not written to."""
        assert self.process.stdin
        for piece in pieces:
            try:
                self.process.stdin.write(piece)
            except (BrokenPipeError, ValueError):  # it has ended; its pipe may be closed already
                return
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.process.stdin.close()

    def wait(self) -> None:
        """Raises `DatabaseError` when it failed."""
        status = self.process.wait()
        self._listener.join(5)
        if status:
            raise DatabaseError("TOOL_FAILED", f"{self.name} failed ({status}): {self.complaint}")

    @property
    def complaint(self) -> str:
        """The last it said on standard error."""
        text = self._told.decode(errors="replace").strip()
        for secret in self._secrets:
            text = text.replace(secret, "***") if secret else text
        return text[-600:]

    def kill(self) -> None:
        """End it and all it started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


class Tools:
    """The tools that run at the moment; `cancel` ends them from another thread."""

    def __init__(self) -> None:
        self._running: list[Tool] = []
        self._lock = threading.Lock()
        self.cancelled = threading.Event()

    @contextlib.contextmanager
    def run(self, start: Callable[[], Tool]) -> Iterator[Tool]:
        """A tool for the time of the block; killed at its end if it still runs. What it does after a cancel is CANCELLED."""
        with self._lock:
            self.check()
            tool = start()
            self._running.append(tool)
        try:
            yield tool
            self.check()
        except DatabaseError:
            self.check()
            raise
        finally:
            with self._lock:
                self._running.remove(tool)
            tool.kill()

    def check(self) -> None:
        """Raises `DatabaseError` CANCELLED after a cancel."""
        if self.cancelled.is_set():
            raise DatabaseError("CANCELLED", "stopped on request")

    def cancel(self) -> None:
        """End them all."""
        self.cancelled.set()
        with self._lock:
            for tool in self._running:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(tool.process.pid, signal.SIGKILL)


class Feeding:
    """Writes the input of a tool from a thread. What fails there is raised by `result`; the tool is killed then."""

    def __init__(self, tool: Tool, pieces: Iterable[bytes]) -> None:
        self._tool, self._done = tool, Future[None]()
        threading.Thread(target=self._run, args=(pieces,), name=f"{tool.name} input", daemon=True).start()

    def _run(self, pieces: Iterable[bytes]) -> None:
        try:
            self._tool.feed(pieces)
            self._done.set_result(None)
        except BaseException as error:
            self._done.set_exception(error)
            self._tool.kill()

    def guarded(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """What the tool makes of it. Raises what went wrong with the input rather than what the tool says of that."""
        try:
            yield from pieces
        except GeneratorExit:  # nobody wants the rest
            self._tool.kill()
            raise
        except BaseException:
            self._tool.kill()
            self._done.result()
            raise
        self._done.result()


def _environment(wanted: Mapping[str, str]) -> dict[str, str]:
    """What tools need of our environment, and what is wanted."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "TZ")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "LC_ALL": "C.UTF-8", **wanted}
