"""A file beside the job store that is given up when the disk is full, so that the end of a job can still be stored."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

RESERVE_BYTES: Final = 1 << 20
_NO_ROOM: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
"""Primary result codes of SQLite when a page cannot be written; the shared index of the WAL gives the second."""


class Reserve:
    """`RESERVE_BYTES` kept in `<database>.reserve`. Safe to use from many threads and processes."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.reserve")

    def keep(self) -> None:
        """Have the file there in full, if the disk has the room."""
        with suppress(OSError):
            if self.path.exists() and self.path.stat().st_size == RESERVE_BYTES:
                return
            try:
                self.path.write_bytes(os.urandom(RESERVE_BYTES))  # what cannot be compressed: zeros may take no room
            except OSError:
                self.path.unlink(missing_ok=True)

    def release(self) -> bool:
        """Give the room back. False when there was none."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True


def no_room(error: Exception) -> bool:
    """Whether SQLite failed because it could not write."""
    code = getattr(error.orig, "sqlite_errorcode", 0) if isinstance(error, DBAPIError) else 0
    return (code & 0xFF) in _NO_ROOM
