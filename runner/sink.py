"""One growing file: written beside its name, hashed as it grows, durable at checkpoints, renamed at the end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner.failpoints import failpoint
from runner.platform import durable_sync, sync_folder

_CHUNK = 1 << 22


class Sink:
    """Appends to `<path>.part`. `bytes` is its length; `digest` the SHA-256 of what was written so far."""

    def __init__(self, path: Path) -> None:
        self.path, self.bytes = path, 0
        self.part = part_of(path)
        self._hash = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)

    def adopt(self, size: int, digest: str) -> bool:
        """Keep the first `size` bytes of what an earlier attempt left, if their digest is right; else begin anew."""
        with os.fdopen(os.dup(self._fd), "rb") as file:
            left = size
            while left and (chunk := file.read(min(_CHUNK, left))):
                self._hash.update(chunk)
                left -= len(chunk)
        self.bytes = size
        if left or self._hash.hexdigest() != digest:
            self._hash, self.bytes = hashlib.sha256(), 0
        os.ftruncate(self._fd, self.bytes)
        os.lseek(self._fd, self.bytes, os.SEEK_SET)
        return self.bytes == size

    def append(self, buffers: Iterable[Any]) -> None:
        """Write the buffers in order. Raises `OSError` (ENOSPC when the disk is full)."""
        for buffer in buffers:
            view = memoryview(buffer).cast("B")
            self._hash.update(view)
            self.bytes += len(view)
            while view:
                view = view[os.write(self._fd, view) :]

    @property
    def digest(self) -> str:
        """Lower-case hexadecimal SHA-256 so far."""
        return self._hash.copy().hexdigest()

    def sync(self) -> None:
        """Bring what was written to the disk."""
        durable_sync(self._fd)

    def finish(self) -> str:
        """Make it durable under its final name; returns the digest."""
        self.sync()
        os.close(self._fd)
        failpoint("runner.before_rename")
        self.part.replace(self.path)
        sync_folder(self.path.parent)
        failpoint("runner.after_rename")
        return self._hash.hexdigest()

    def close(self) -> None:
        """Leave the part file as it is."""
        os.close(self._fd)


def part_of(path: Path) -> Path:
    """Where a file grows until it is finished."""
    return path.with_name(path.name + ".part")


def cut(path: Path, size: int) -> None:
    """Shorten an unfinished file to `size` bytes; a shorter one stays. Raises `OSError`."""
    part = part_of(path)
    if part.stat().st_size > size:
        os.truncate(part, size)
