"""Running pg_dump, pg_restore and psql."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from services.common.databases import DatabaseError, _digester
from services.common.databases._hosts import Url
from services.common.databases._tools import Feeding, Tool, Tools, find_tool, version_of

FOLDERS: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_DUMP: Final = ("--format=custom", "--compress=0", "--no-password", "--lock-wait-timeout=60s", "--encoding=UTF8")
_QUIET: Final = (
    "--no-psqlrc",
    "--quiet",
    "--no-password",
    "--no-align",
    "--tuples-only",
    "--set=ON_ERROR_STOP=1",
    "--set=VERBOSITY=terse",
)
_SETTINGS: Final = (
    "statement_timeout=0", "idle_in_transaction_session_timeout=0", "timezone=UTC", "bytea_output=hex", "extra_float_digits=1",
)  # fmt: skip
AHEAD: Final = 8  # pieces that were read and wait

_MEANINGS: Final = (
    (r"server version mismatch", "TOOL_MISSING", False),
    (r"password authentication failed|no pg_hba\.conf entry|no password supplied", "TARGET_AUTH_FAILED", False),
    (r"permission denied|must be (owner|superuser|member)|row-level security", "TARGET_PERMISSION", False),
    (r"could not extend|No space left on device", "DISK_FULL", False),
    (r"lock timeout|canceling statement due to|deadlock detected", "TARGET_BUSY", True),
    (
        r"server closed the connection|connection to server|terminating connection|the database system is|could not receive data",
        "TARGET_UNAVAILABLE",
        True,
    ),
)
"""What the tools complain of, as our codes."""


@dataclass
class Found:
    """What a dump holds: rows and digest of each table, value of each sequence and whether it was given already."""

    tables: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    sequences: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)

    def add(self, line: bytes) -> None:
        """A line of the digester."""
        told: dict[str, Any] = orjson.loads(line)
        if "table" in told:
            self.tables[tuple(told["table"])] = told["rows"], told["digest"]
        else:
            self.sequences[tuple(told["sequence"])] = told["value"], told["called"]


class PostgresTool(Tool):
    """A tool whose complaints are errors of the server."""

    def wait(self) -> None:
        """Raises `DatabaseError` when it failed, with the code that the complaint stands for."""
        try:
            super().wait()
        except DatabaseError as error:
            code, retryable = meaning(self.complaint)
            raise DatabaseError(code, str(error), retryable) from error


class Digester:
    """The process that digests a dump as it passes."""

    def __init__(self, tool: Tool) -> None:
        self._tool, self._pieces = tool, queue.Queue[bytes | None](AHEAD)
        self._feeding = threading.Thread(target=self._feed, name="digester input", daemon=True)
        self._lines: list[bytes] = []
        self._reading = threading.Thread(target=self._read, name="digester output", daemon=True)
        self._feeding.start()
        self._reading.start()

    def _feed(self) -> None:
        self._tool.feed(iter(self._pieces.get, None))

    def _read(self) -> None:
        self._lines.extend(self._tool.output)

    def put(self, piece: bytes | None) -> None:
        """A piece of the dump; None when it has ended. Raises `DatabaseError` when the process has died."""
        while self._feeding.is_alive():
            with contextlib.suppress(queue.Full):
                self._pieces.put(piece, timeout=0.2)
                return
        self._tool.wait()

    def found(self) -> Found:
        """What it found, after the end."""
        self._reading.join()
        self._tool.wait()
        found = Found()
        for line in self._lines:
            found.add(line)
        return found


@contextlib.contextmanager
def ahead(pieces: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """The pieces, read ahead by a thread. It ends with the block, when whoever makes them ends."""
    waiting, stopped = queue.Queue[bytes | BaseException | None](AHEAD), threading.Event()

    def put(piece: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(piece, timeout=0.2)
                return

    def read() -> None:
        try:
            for piece in pieces:
                put(piece)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # raised where the pieces are used
            put(error)

    threading.Thread(target=read, name="reading ahead", daemon=True).start()
    try:
        yield _taken(waiting)
    finally:
        stopped.set()


def _taken(waiting: queue.Queue[bytes | BaseException | None]) -> Iterator[bytes]:
    while (piece := waiting.get()) is not None:
        if isinstance(piece, BaseException):
            raise piece
        yield piece


class PostgresTools:
    """The programs for one database. Their errors are `DatabaseError`s."""

    def __init__(self, url: Url, server: int, running: Tools | None = None) -> None:
        """`server` is the server's version as `server_version_num` tells it."""
        self._url, self._server, self._running = url, server, running or Tools()
        self.cancel, self.check = self._running.cancel, self._running.check

    def of(self, url: Url) -> PostgresTools:
        """Those of another database of the server; a cancel ends both."""
        return PostgresTools(url, self._server, self._running)

    def version(self, name: str) -> str:
        """The version of a program."""
        return version_of(self._found(name))

    def _found(self, name: str) -> Path:
        major = self._server // 10_000
        path = find_tool(name, FOLDERS, "postgresql-client")
        found = version_of(path)
        if int(found.partition(".")[0]) < major:
            message = f"{name} is of version {found}, the server of {major}: install postgresql-client-{major} or newer"
            raise DatabaseError("TOOL_MISSING", message)
        return path

    def _tool(self, name: str, options: Sequence[str], **more: Any) -> Callable[[], Tool]:
        command: list[str | Path] = [self._found(name), *options]
        return lambda: PostgresTool(command, _environment(self._url), secrets=[self._url.password or ""], **more)

    def dump(self, snapshot: str, take: Callable[[bytes, int], None], *options: str) -> Found:
        """Dump a snapshot; `take` gets each piece and how much there was so far. What it holds."""
        dumper = self._tool("pg_dump", [*_DUMP, f"--snapshot={snapshot}", *options])
        hasher = [sys.executable, "-I", str(_digester.__file__), "--pgdump"]
        done = 0
        with self._running.run(lambda: Tool(hasher, {}, stdin=True)) as process, self._running.run(dumper) as tool:
            digester = Digester(process)
            try:
                with ahead(tool.pieces()) as pieces:
                    for piece in pieces:
                        digester.put(piece)
                        done += len(piece)
                        take(piece, done)
            finally:
                digester.put(None)
            return digester.found()

    def restore(self, before: str, dump: Iterable[bytes], options: Sequence[str], passed: Callable[[], None]) -> None:
        """Run statements and then a dump, in one transaction; `passed` is called after each piece."""
        reader = self._tool("pg_restore", ["--file=-", "--exit-on-error", *options], stdin=True)
        writer = self._tool("psql", [*_QUIET, "--output=/dev/null"], stdin=True)
        with self._running.run(reader) as source, self._running.run(writer) as target:
            feeding = Feeding(source, dump)
            sink = target.process.stdin
            assert sink
            try:
                sink.write(f"BEGIN;\n{before}".encode())
                for piece in feeding.guarded(source.pieces()):
                    sink.write(piece)
                    passed()
                sink.write(b"\nCOMMIT;\n")  # only now: a script that ends without it changes nothing
                sink.close()
            except BrokenPipeError:
                pass  # it says why
            target.wait()


def meaning(complaint: str) -> tuple[str, bool]:
    """The code for what a tool says, and whether another attempt may help."""
    for pattern, code, retryable in _MEANINGS:
        if re.search(pattern, complaint):
            return code, retryable
    return "TOOL_FAILED", False


def _environment(url: Url) -> Mapping[str, str]:
    """The connection as libpq reads it; tools get no other word of it."""
    given = {
        "PGHOST": url.host,
        "PGHOSTADDR": next(iter(url.addresses), ""),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.user,
        "PGPASSWORD": url.password or "",
        "PGSSLMODE": url.options.get("sslmode", ""),
        "PGSSLROOTCERT": url.options.get("sslrootcert", ""),
    }
    fixed = {
        "PGDATABASE": url.path, "PGPASSFILE": os.devnull, "PGAPPNAME": "mockcraft", "PGCONNECT_TIMEOUT": "10",
        "PGGSSENCMODE": "disable", "PGTZ": "UTC", "PGOPTIONS": " ".join(f"-c {setting}" for setting in _SETTINGS),
    }  # fmt: skip
    return {name: value for name, value in given.items() if value} | fixed
