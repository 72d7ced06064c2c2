"""Writing an archive, front to back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from runner.failpoints import failpoint
from runner.platform import sync_folder
from services.backup.archive import manifest as manifests
from services.backup.archive.manifest import Encryption, Manifest, Part
from services.backup.archive.sealing import Key, new_salt, seal

FRAME_BYTES = 1 << 22
LEVEL = 1
TRAILER = b"mockcraft sha256 "
_STAMP = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter:
    """An archive being written. `finish` gives it its final name; `abandon` leaves nothing behind."""

    def __init__(self, path: Path, key: Key | None = None) -> None:
        """Begin at `path` + ".part". Raises `OSError`."""
        self.path, self._part_path = path, path.with_name(path.name + ".part")
        self._salt = new_salt() if key else b""
        self._key = key.of_archive(self._salt) if key else None
        self._file = _Hashing(self._part_path.open("wb"))
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._file), "w", zipfile.ZIP_STORED)
        self._parts: list[Part] = []

    @property
    def bytes_written(self) -> int:
        """So far."""
        return self._file.tell()

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[PartWriter]:
        """A part to write to. Parts are written one after the other; names are unique."""
        entry = zipfile.ZipInfo(name, _STAMP)
        with self._zip.open(entry, "w", force_zip64=True) as sink:
            writer = PartWriter(name, sink, self._key.part(name) if self._key else None)
            yield writer
            self._parts.append(writer.close())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, make the file durable and name it; the manifest as written."""
        encryption = Encryption(salt=self._salt.hex()) if self._key else None
        whole = manifest.model_copy(update={"parts": tuple(self._parts), "encryption": encryption})
        whole = whole.sealed(self._key.manifest if self._key else None)
        self._zip.writestr(zipfile.ZipInfo(manifests.NAME, _STAMP), whole.to_json())
        self._zip.comment = TRAILER + b"0" * 64
        self._zip.close()
        self._file.close_with(lambda digest: TRAILER + digest.encode())
        failpoint("backup.before_rename")
        self._part_path.replace(self.path)
        sync_folder(self.path.parent)
        return whole

    def abandon(self) -> None:
        """Remove what was written."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()
        self._file.abandon()
        self._part_path.unlink(missing_ok=True)


class PartWriter:
    """Takes the content of one part."""

    def __init__(self, name: str, sink: IO[bytes], cipher: Any) -> None:
        self._name, self._sink, self._cipher = name, sink, cipher
        self._codec = pa.Codec("zstd", compression_level=LEVEL)
        self._waiting: list[bytes] = []
        self._size = self._content = self._stored = self._frames = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Add to the content."""
        self._waiting.append(data)
        self._size += len(data)
        self._content += len(data)
        while self._size > FRAME_BYTES:
            whole = b"".join(self._waiting)
            self._frame(whole[:FRAME_BYTES], last=False)
            self._waiting, self._size = [whole[FRAME_BYTES:]], len(whole) - FRAME_BYTES

    def close(self) -> Part:
        """Write what waits; the part as the manifest lists it."""
        self._frame(b"".join(self._waiting), last=True)
        return Part(name=self._name, bytes=self._stored, sha256=self._hash.hexdigest(), content_bytes=self._content)

    def _frame(self, content: bytes, *, last: bool) -> None:
        frame = bytes(self._codec.compress(content, asbytes=True))
        stored = seal(self._cipher, self._frames, frame, last) if self._cipher else frame
        self._frames += 1
        self._stored += len(stored)
        self._hash.update(stored)
        self._sink.write(stored)
        failpoint("backup.mid_part")


class _Hashing:
    """A file that is written front to back (so that ZIP does not go back in it), hashed on the way.

    The last bytes, the comment, are held back until `close_with`.
    """

    HELD = len(TRAILER) + 64

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash, self._held, self._at = file, hashlib.sha256(), b"", 0

    def write(self, data: bytes) -> int:
        self._at += len(data)
        if len(data) > self.HELD:
            self._pass(self._held)
            view = memoryview(data)
            self._pass(view[: -self.HELD])
            self._held = bytes(view[-self.HELD :])
        else:
            held = self._held + bytes(data)
            self._pass(held[: -self.HELD])
            self._held = held[-self.HELD :]
        return len(data)

    def _pass(self, data: bytes | memoryview) -> None:
        self._hash.update(data)
        self._file.write(data)

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        self._file.flush()

    def close_with(self, comment: Any) -> None:
        self._file.write(comment(self._hash.hexdigest()))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()
