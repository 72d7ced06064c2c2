"""Reading an archive, and telling what is wrong with it."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
from pydantic import ValidationError

from services.backup.archive import manifest as manifests
from services.backup.archive.manifest import Manifest, Part
from services.backup.archive.sealing import ArchiveKey, Key, KeyRequiredError, opened
from services.backup.archive.writer import TRAILER

CONTAINER = "the file itself"
CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, OSError, pa.ArrowException)
"""What the ZIP and zstd readers raise on bytes that were changed."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a part (or the manifest, or the file itself)."""

    part: str
    message: str


class ArchiveDamagedError(Exception):
    """The archive is not what was written; `damage` says where."""

    code = "ARCHIVE_DAMAGED"

    def __init__(self, damage: Damage) -> None:
        super().__init__(f"{damage.part}: {damage.message}")
        self.damage = damage


class Archive:
    """An archive open for reading: its manifest is there and holds. Parts are checked as they are read."""

    def __init__(self, path: Path, key: Key | None = None) -> None:
        """Open it. Raises `ArchiveDamagedError`, `KeyRequiredError` or `OSError`."""
        self.path = path
        with contextlib.ExitStack() as opened_now:
            self._file = opened_now.enter_context(path.open("rb"))
            self._zip = opened_now.enter_context(_container(self._file))
            self.manifest = _manifest(self._zip)
            self._key = self._checked_key(key)
            self._open = opened_now.pop_all()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go."""
        self._open.close()

    def _checked_key(self, key: Key | None) -> ArchiveKey | None:
        sealed = self.manifest.encryption
        if sealed is None:
            if not self.manifest.holds(None):
                raise _damaged(manifests.NAME, "its digest is not that of its content")
            return None
        if key is None:
            raise KeyRequiredError("the archive is encrypted; give the key by file or environment")
        made = key.of_archive(bytes.fromhex(sealed.salt))
        if not self.manifest.holds(made.manifest):
            if self.manifest.holds(None):
                raise KeyRequiredError("the archive was not sealed with this key, or its manifest was changed")
            raise _damaged(manifests.NAME, "its digest is not that of its content")
        return made

    def part(self, name: str) -> Part:
        """How the manifest describes a part. Raises `KeyError`."""
        return {part.name: part for part in self.manifest.parts}[name]

    def read(self, name: str) -> Iterator[bytes]:
        """The content of a part, piece by piece. Raises `ArchiveDamagedError`, at its end at the latest."""
        part = self.part(name)
        try:
            with self._zip.open(name) as raw:
                stored = _Counting(raw)
                size = 0
                for piece in self._content(name, stored):
                    size += len(piece)
                    yield piece
                stored.drain()
        except KeyError:
            raise _damaged(name, "the archive does not hold it") from None
        except _BROKEN as error:
            raise _damaged(name, f"it cannot be read ({type(error).__name__})") from error
        if (stored.size, stored.digest, size) != (part.bytes, part.sha256, part.content_bytes):
            raise _damaged(name, "its content is not what was written")

    def _content(self, name: str, stored: _Counting) -> Iterator[bytes]:
        if self._key is None:
            yield from _pieces(pa.CompressedInputStream(pa.PythonFile(stored, "r"), "zstd"))
            return
        codec = pa.Codec("zstd")
        for frame in opened(self._key.part(name), stored):
            yield from _pieces(pa.CompressedInputStream(pa.BufferReader(frame), codec.name))

    def damages(self) -> Iterator[Damage]:
        """Everything wrong with the file, part by part; nothing when every byte is as it was written."""
        found = False
        for damage in self._damaged_parts():
            found = True
            yield damage
        if not found and not _whole(self._file):
            yield Damage(CONTAINER, "its checksum is not that of its bytes")

    def _damaged_parts(self) -> Iterator[Damage]:
        listed = [part.name for part in self.manifest.parts]
        there = [name for name in self._zip.namelist() if name != manifests.NAME]
        yield from (Damage(name, "the manifest does not list it") for name in there if name not in listed)
        for name in listed:
            try:
                for _ in self.read(name):
                    pass
            except ArchiveDamagedError as error:
                yield error.damage


def read_manifest(path: Path) -> Manifest:
    """The manifest of an archive as it stands there, unchecked. Raises `ArchiveDamagedError` or `OSError`."""
    with path.open("rb") as file:
        return manifest_in(file)


def manifest_in(file: IO[bytes]) -> Manifest:
    """The manifest of an archive that is open for reading anywhere, unchecked. Raises `ArchiveDamagedError`."""
    with _container(file) as container:
        return _manifest(container)


class _Counting:
    """A stream that hashes what is read of it."""

    closed = False

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._hash, self.size = raw, hashlib.sha256(), 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._raw.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def drain(self) -> None:
        while self.read(CHUNK):
            pass

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        pass


def _pieces(stream: pa.NativeFile) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece


def _container(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except _BROKEN:
        raise _damaged(CONTAINER, "it is cut off, changed, or no backup at all") from None


def _manifest(container: zipfile.ZipFile) -> Manifest:
    try:
        return Manifest.model_validate_json(container.read(manifests.NAME))
    except KeyError:
        raise _damaged(manifests.NAME, "the archive does not hold it") from None
    except ValidationError:
        raise _damaged(manifests.NAME, "it is not a manifest of this version") from None
    except _BROKEN:
        raise _damaged(manifests.NAME, "it cannot be read") from None


def _whole(file: IO[bytes]) -> bool:
    """Whether the checksum at the end is that of all bytes before it."""
    length = len(TRAILER) + 64
    left = file.seek(0, 2) - length
    if left < 0:
        return False
    file.seek(0)
    digest = hashlib.sha256()
    while left:
        piece = file.read(min(left, CHUNK))
        digest.update(piece)
        left -= len(piece)
    return file.read() == TRAILER + digest.hexdigest().encode()


def _damaged(part: str, message: str) -> ArchiveDamagedError:
    return ArchiveDamagedError(Damage(part, message))
