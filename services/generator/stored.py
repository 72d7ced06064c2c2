"""Files of rows that databases hold already, sent by loads that add to them: kept under their digests, within a bound.

A file lies in the folder under its SHA-256; one that is arriving under a name of its own that ends in `.part`. Being asked for
renews a file. What lives how long: a file until it was not asked for a while, or, least recently asked for first, until its
room is needed; whoever misses one sends it again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import grpc
import pyarrow as pa

from runner import stored
from runner.engine import Engine
from runner.plan import Plan
from runner.stored import SUFFIX, StoredError, path_of
from services.common.errors import FieldError, MockcraftError, invalid

PART: Final = ".part"
IN_USE_SECONDS: Final = 600.0
"""A file that was asked for so recently is not removed for the room of another."""
MOST_NAMED: Final = 32
"""So many missing files one error names."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class StoredTables:
    """The files in a folder, which is made when the first one arrives: at most `most_bytes`, unasked for at most `seconds`."""

    def __init__(self, folder: Path, most_bytes: int, seconds: float) -> None:
        self.folder, self.most_bytes, self._seconds = folder, most_bytes, seconds

    def engine(self, plan: Plan, block_rows: int) -> Engine:
        """An engine of a plan, with the files it names. Raises STORED_TABLE_MISSING, PLAN_INVALID, and `StoredError`."""
        names = stored.digests(plan)
        if any(_DIGEST.fullmatch(name) is None for name in names):
            raise invalid("PLAN_INVALID", "This is not a plan that this version can read.")
        self._demand(names)
        try:
            return Engine(plan, block_rows, self.folder)
        except StoredError:
            self._drop_changed(names)
            self._demand(names)
            raise

    def _demand(self, names: tuple[str, ...]) -> None:
        """Renew files. Raises STORED_TABLE_MISSING naming those that are not there."""
        missing = [name for name in names if not _renewed(path_of(self.folder, name))]
        if missing:
            findings = [FieldError(name, "This file is missing.", "STORED_TABLE_MISSING") for name in missing[:MOST_NAMED]]
            message = "Rows that the database holds already are missing here: send them with PutStoredTable."
            raise MockcraftError("STORED_TABLE_MISSING", message, grpc.StatusCode.FAILED_PRECONDITION, findings=findings)

    def _drop_changed(self, names: tuple[str, ...]) -> None:
        for path in (path_of(self.folder, name) for name in names):
            with suppress(OSError), path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != path.stem:
                    path.unlink()
        stored.forget()

    def begin(self) -> Arriving:
        """A file that arrives."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._expire()
        return Arriving(self)

    def _expire(self) -> None:
        oldest = time.time() - self._seconds
        self._remove([path for asked, _, path in self._files() if asked < oldest])

    def make_room(self) -> None:
        """Have the files lie within the bound, after one has grown. Raises STORED_TABLES_FULL."""
        files = sorted(each for each in self._files() if each[2].suffix == SUFFIX)
        over = sum(size for _, size, _ in self._files()) - self.most_bytes
        idle = time.time() - IN_USE_SECONDS
        while over > 0 and files and files[0][0] < idle:
            _, freed, path = files.pop(0)
            self._remove([path])
            over -= freed
        if over > 0:
            message = f"There is room for {self.most_bytes:,} bytes of stored rows, which are in use."
            details = "Raise generator.stored_bytes, or wait for other loads."
            raise MockcraftError("STORED_TABLES_FULL", message, grpc.StatusCode.RESOURCE_EXHAUSTED, details)

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was asked for last, and its size."""
        found = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
        return found

    def _remove(self, paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        if paths:
            stored.forget()


class Arriving:
    """A file on its way: `add` its pieces, `finish`, and `close` in any case."""

    def __init__(self, files: StoredTables) -> None:
        self._files, self._hash, self._bytes = files, hashlib.sha256(), 0
        self._part = files.folder / f"{secrets.token_hex(8)}{PART}"
        self._file = self._part.open("xb")

    def add(self, piece: bytes) -> None:
        """The next bytes. Raises STORED_TABLES_FULL, DISK_FULL."""
        try:
            self._file.write(piece)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise MockcraftError("DISK_FULL", "The generator's disk is full.", grpc.StatusCode.RESOURCE_EXHAUSTED) from None
        self._hash.update(piece)
        self._bytes += len(piece)
        self._files.make_room()

    def finish(self) -> tuple[str, int]:
        """Give the file its name; its digest and size. Raises STORED_TABLE_INVALID."""
        self._file.close()
        _check(self._part)
        digest = self._hash.hexdigest()
        self._part.replace(path_of(self._files.folder, digest))
        return digest, self._bytes

    def close(self) -> None:
        """Remove what did not become a file."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def _renewed(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _check(path: Path) -> None:
    """Raise STORED_TABLE_INVALID for what is no sound Arrow IPC file."""
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                reader.get_batch(number).validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise invalid("STORED_TABLE_INVALID", "This is not a file of stored rows.") from error
