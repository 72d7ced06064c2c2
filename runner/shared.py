"""Memory that a worker fills and the runner reads: an anonymous file per slot, which spares the two copies of a pipe."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any

from runner.platform import anonymous_file

_GROWTH = 1 << 20


class Slot:
    """The reader's end. Make it before the worker is spawned and pass `fd` on."""

    def __init__(self) -> None:
        self.fd = anonymous_file()
        self._map: mmap.mmap | None = None

    def view(self, size: int) -> memoryview:
        """The first `size` bytes; valid until the slot is filled again or closed."""
        if not size:
            return memoryview(b"")
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self.fd, 0, access=mmap.ACCESS_READ)
        return memoryview(self._map)[:size]

    def close(self) -> None:
        """Give the memory back once the last view of it is gone."""
        self._map = None
        os.close(self.fd)


def fill(fd: int, buffers: Sequence[Any]) -> int:
    """The worker's end: the buffers one after another from the slot's beginning; returns the bytes. Raises `OSError`."""
    views = [memoryview(b).cast("B") for b in buffers]
    size = sum(len(v) for v in views)
    if os.fstat(fd).st_size < size:
        os.ftruncate(fd, -(-size // _GROWTH) * _GROWTH)
    at = 0
    for view in views:
        while view:
            count = os.pwrite(fd, view, at)
            at, view = at + count, view[count:]
    return size
