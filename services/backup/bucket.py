"""Archives in S3-compatible storage: uploaded whole or not at all, read back, and listed by their manifests alone."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import obstore
import orjson

from runner.failpoints import failpoint
from services.backup.archive import ArchiveDamagedError, Manifest
from services.backup.archive.reader import manifest_in
from services.backup.retention import SUFFIX, Kept, newest_first
from services.common.databases import DatabaseError
from services.common.databases.dumps import Tell
from services.common.storage.objects import answering, open_bucket

PIECE: Final = 8 << 20
"""Bytes sent or fetched at a time; more for archives that would have too many parts."""
MOST_PARTS: Final = 9_000
TAIL: Final = 256 << 10
"""Bytes at the end of an archive that are fetched first: its manifest, mostly."""
CANCEL_SECONDS: Final = 5.0


def sent(access: Mapping[str, str]) -> dict[str, str]:
    """The access as a worker's first line of input carries it."""
    return {"storage": orjson.dumps(dict(access)).decode()}


def received(line: Mapping[str, str]) -> Mapping[str, str]:
    """The access of a worker's first line of input. Raises `ValueError`."""
    access: Mapping[str, str] = orjson.loads(line.get("storage", ""))
    return access


class Bucket:
    """Archives below a prefix of a bucket. Implements `services.backup.places.Place`.

    Raises `DatabaseError` STORAGE_UNAVAILABLE, STORAGE_AUTH_FAILED, STORAGE_NOT_FOUND, STORAGE_MISMATCH, ARCHIVE_NOT_FOUND.
    """

    def __init__(self, url: str, access: Mapping[str, str]) -> None:
        """`url` as `services.common.storage.objects.parsed` takes it. Nothing is sent. Raises `ValueError`."""
        self.url = url.rstrip("/")
        self._cancelled, self._idle = threading.Event(), threading.Event()
        self._idle.set()
        self._store = open_bucket(url, access)

    def spec(self, name: str) -> Mapping[str, Any]:
        """See `Place`."""
        return {"archive": name, "store": self.url}

    def spec_of_new(self, name: str) -> Mapping[str, Any]:
        """See `Place`: the job's own folders take what it writes."""
        return self.spec(name)

    def archives(self) -> list[Kept]:
        """See `Place`. Of each archive its last bytes are fetched."""
        with answering(self.url):
            objects = obstore.list_with_delimiter(self._store)["objects"]
        found = []
        for each in objects:
            name = str(each["path"]).rpartition("/")[2]
            if name.endswith(SUFFIX) and (manifest := self._manifest(name, each["size"])):
                found.append(Kept(name, each["size"], manifest))
        return newest_first(found)

    def manifest(self, name: str) -> Manifest | None:
        """See `Place`."""
        return self._manifest(name, self._size(name))

    def _manifest(self, name: str, size: int) -> Manifest | None:
        try:
            with io.BufferedReader(_Ranged(lambda start, end: self._fetch(name, start, end), size), 1 << 16) as file:
                return manifest_in(file)
        except ArchiveDamagedError:
            return None
        except DatabaseError as error:
            if error.code == "ARCHIVE_NOT_FOUND":  # removed meanwhile
                return None
            raise

    def _size(self, name: str) -> int:
        with answering(self.url, name):
            return obstore.head(self._store, name)["size"]

    def _fetch(self, name: str, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        with answering(self.url, name):
            return bytes(obstore.get_range(self._store, name, start=start, end=end))

    def draft(self, name: str, work: Path, verified: bool) -> Path:
        """See `Place`: a file of the work folder, verified there."""
        return work / name

    def keep(self, draft: Path, name: str, tell: Tell) -> None:
        """See `Place`: upload it, and read it back. An object that is not what was sent is removed."""
        size, digest = draft.stat().st_size, hashlib.sha256()
        piece = max(PIECE, -(-size // MOST_PARTS))
        self._idle.clear()
        try:
            with draft.open("rb") as file, answering(self.url):
                pieces = self._pieces(file, piece, size, digest.update, tell)
                obstore.put(self._store, name, pieces, use_multipart=True, chunk_size=piece, max_concurrency=2)
            try:
                self._read_back(name, size, digest.hexdigest(), tell)
            except BaseException:
                self.remove(name)
                raise
        finally:
            self._idle.set()

    def _pieces(
        self, file: io.BufferedReader, piece: int, size: int, hashed: Callable[[bytes], None], tell: Tell
    ) -> Iterator[bytes]:
        """What is uploaded. An exception here ends the upload without an object."""
        done = 0
        while data := file.read(piece):
            self._check_cancelled()
            hashed(data)
            yield data
            done += len(data)
            tell("upload", done, size)
            failpoint("backup.mid_upload")
        self._check_cancelled()

    def _read_back(self, name: str, size: int, digest: str, tell: Tell) -> None:
        there, found = self._size(name), hashlib.sha256()
        for data in self._download(name, there, "read back", tell):
            found.update(data)
        if (there, found.hexdigest()) != (size, digest):
            raise DatabaseError("STORAGE_MISMATCH", f"what {self.url} holds is not what was sent", retryable=True)

    @contextmanager
    def opened(self, name: str, work: Path, tell: Tell) -> Iterator[Path]:
        """See `Place`: fetched into the work folder, and removed there afterwards."""
        path = work / name
        try:
            with path.open("wb") as file:
                for data in self._download(name, self._size(name), "download", tell):
                    file.write(data)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _download(self, name: str, size: int, phase: str, tell: Tell) -> Iterator[bytes]:
        for start in range(0, size, PIECE):
            self._check_cancelled()
            yield self._fetch(name, start, min(start + PIECE, size))
            tell(phase, min(start + PIECE, size), size)

    def remove(self, name: str) -> None:
        """See `Place`."""
        with answering(self.url):
            obstore.delete(self._store, name)

    def sweep(self, now: object) -> None:
        """See `Place`: nothing unfinished is ever seen here."""

    def cancel(self) -> None:
        """See `Place`: waits a little, until the upload is taken back."""
        self._cancelled.set()
        self._idle.wait(CANCEL_SECONDS)

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise DatabaseError("CANCELLED", "the work was cancelled")


class _Ranged(io.RawIOBase):
    """An object as a file that can be read anywhere; its last bytes are fetched at once."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch, self._size, self._at = fetch, size, 0
        self._tail_at = max(0, size - TAIL)
        self._tail = fetch(self._tail_at, size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError("before the beginning")
        self._at = at
        return at

    def readinto(self, buffer: Any, /) -> int:
        end = min(self._at + len(buffer), self._size)
        if self._at >= self._tail_at:
            data = self._tail[self._at - self._tail_at : max(end - self._tail_at, 0)]
        else:
            data = self._fetch(self._at, end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
