"""What differs between operating systems: locks, durable sync, process groups and signals, in one place."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self


class Locked(OSError):
    """Another living process holds the lock."""


class FileLock:
    """An exclusive advisory lock on a file, held until released or the process dies. A context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("ab")
        try:
            _lock(file)
        except OSError as error:
            file.close()
            raise Locked(f"{self.path} is held by another process") from error
        self._file = file
        return self

    def fileno(self) -> int:
        """The descriptor that holds the lock, for a child to inherit."""
        assert self._file is not None, "not locked"
        return self._file.fileno()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def durable_sync(fd: int) -> None:
        """Bring a file's data to the disk."""
        os.fsync(fd)

    def sync_folder(path: Path) -> None:
        """Bring a folder's entries to the disk; Windows does so by itself."""

    CAN_SHARE = False

    def limit_process(pid: int, *, memory: int = 0, files: int = 0, cpu: int = 0, nice: int = 0) -> None:
        """Windows has job objects for this; not used yet."""

    def widen_pipe(fd: int, size: int) -> None:
        """Windows makes pipes as wide as they are."""

    def anonymous_file() -> int:
        """Windows hands no open files on to children."""
        raise OSError("not on Windows")

    def readable(pipe: IO[bytes] | None, seconds: float) -> bool:
        """Whether there is something to read; Windows cannot wait for pipes, so reading may block."""
        return pipe is not None

    SPAWN_OPTIONS: dict[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def signal_group(pid: int, *, force: bool) -> None:
        """Ask (or with `force` make) a child end; Windows has no groups of the kind."""
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM if force else signal.CTRL_BREAK_EVENT)

else:
    import fcntl
    import select

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def durable_sync(fd: int) -> None:
        """Bring a file's data to the disk (macOS: through the drive's cache too)."""
        if sys.platform == "darwin":
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(fd)

    def sync_folder(path: Path) -> None:
        """Bring a folder's entries (new names) to the disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    CAN_SHARE = True

    def limit_process(pid: int, *, memory: int = 0, files: int = 0, cpu: int = 0, nice: int = 0) -> None:
        """Bound what a child may use: memory in bytes, open files, processor seconds, and how far it stands back; 0 leaves each.

        The limits of memory, files and time are Linux's. Raises nothing: a child that has gone needs none.
        """
        import resource

        wanted = {resource.RLIMIT_DATA: memory, resource.RLIMIT_NOFILE: files, resource.RLIMIT_CPU: cpu}
        limit = getattr(resource, "prlimit", None)
        with contextlib.suppress(ProcessLookupError):
            for kind, most in wanted.items():
                if most and limit is not None:
                    hard = limit(pid, kind)[1]
                    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
                    limit(pid, kind, (bound, bound))
            if nice:
                os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + nice)

    def widen_pipe(fd: int, size: int) -> None:
        """Give a pipe room for so many bytes, so that who writes and who reads wait less for each other (Linux)."""
        wide = getattr(fcntl, "F_SETPIPE_SZ", None)
        if wide is not None:
            with contextlib.suppress(OSError):  # the account has no more
                fcntl.fcntl(fd, wide, size)

    def anonymous_file() -> int:
        """A file without a name that children may be handed: memory on Linux, an unlinked file elsewhere."""
        if hasattr(os, "memfd_create"):
            return os.memfd_create("mockcraft")
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())

    def readable(pipe: IO[bytes] | None, seconds: float) -> bool:
        """Whether there is something to read (or the end) within so many seconds."""
        assert pipe is not None
        return bool(select.select([pipe], [], [], seconds)[0])

    SPAWN_OPTIONS = {"start_new_session": True}

    def signal_group(pid: int, *, force: bool) -> None:
        """Send SIGTERM (with `force` SIGKILL) to the process group of a child that leads its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL if force else signal.SIGTERM)


def stop_signals() -> tuple[signal.Signals, ...]:
    """The signals that ask a process to stop: SIGTERM, SIGINT and, unless it is ignored (`nohup`), a closed terminal's SIGHUP."""
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGTERM, signal.SIGINT
    return signal.SIGTERM, signal.SIGINT, hangup


def let_go_of_terminal() -> None:
    """Have what is written to a terminal that was closed go nowhere, instead of failing."""
    for fd in (1, 2):
        try:
            os.write(fd, b"")
        except OSError as error:
            if error.errno == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, fd)
                os.close(nowhere)


def keep_freed_memory() -> None:
    """Have the C library keep freed memory for the next block instead of giving it back to the system each time.

    Blocks allocate and free the same few megabytes; page faults would cost a third of the time.
    glibc only: one arena, no trimming, no mappings of their own for large arrays.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_M_ARENA_MAX, 1), (_M_TRIM_THRESHOLD, 1 << 30), (_M_MMAP_THRESHOLD, 1 << 30)):
            mallopt(option, value)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def write_durably(path: Path, data: bytes) -> None:
    """Replace a small file so that after a crash either the old or the new content is there."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        durable_sync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
