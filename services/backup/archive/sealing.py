"""Encryption of parts: AES-256-GCM over frames, so that nothing is held whole and nothing can be swapped, cut or joined.

The key text (from a file or the environment) is stretched by scrypt with the archive's salt; HKDF makes a key for
each part, bound to its name, and one for the manifest's HMAC. Frame *i* of a part is sealed with the nonce *i* (12 bytes,
big-endian) whose highest bit marks the last frame: a frame that is moved, dropped or added does not open.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

LEAST_CHARACTERS = 12
SALT_BYTES = 16
_HEADER = struct.Struct(">I")
_LAST = 1 << 95
_LARGEST = 1 << 24  # bytes of a sealed frame


class KeyRequiredError(ValueError):
    """The archive is encrypted and there is no key, the key is another one, or the key is unusable."""

    code = "KEY_REQUIRED"


class SealBrokenError(ValueError):
    """A frame does not open: changed, moved, dropped or added."""


@dataclass(frozen=True)
class Key:
    """The secret an archive is sealed with; its text never shows."""

    secret: bytes

    @classmethod
    def read(cls, path: Path) -> Key:
        """From a file (a line break at its end does not count). Raises `KeyRequiredError`."""
        try:
            return cls.of(path.read_bytes().rstrip(b"\r\n"))
        except OSError as error:
            raise KeyRequiredError(f"the key file {path.name} cannot be read: {error.strerror}") from None

    @classmethod
    def of(cls, secret: bytes) -> Key:
        """From the environment. Raises `KeyRequiredError` when it is too short to protect anything."""
        if len(secret) < LEAST_CHARACTERS:
            raise KeyRequiredError(f"a key has at least {LEAST_CHARACTERS} characters")
        return cls(secret)

    def __repr__(self) -> str:
        return "Key(***)"

    def of_archive(self, salt: bytes) -> ArchiveKey:
        """The keys of one archive."""
        return ArchiveKey(_stretched(self.secret, salt))


@functools.lru_cache(maxsize=8)
def _stretched(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(secret, salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)


@dataclass(frozen=True)
class ArchiveKey:
    """Keys made for one archive."""

    root: bytes

    def __repr__(self) -> str:
        return "ArchiveKey(***)"

    @property
    def manifest(self) -> bytes:
        """The key of the manifest's HMAC."""
        return self._made("manifest")

    def part(self, name: str) -> AESGCM:
        """The cipher of a part."""
        return AESGCM(self._made(f"part:{name}"))

    def _made(self, purpose: str) -> bytes:
        return HKDFExpand(SHA256(), 32, f"mockcraft backup {purpose}".encode()).derive(self.root)


def new_salt() -> bytes:
    """Random bytes for a new archive."""
    return secrets.token_bytes(SALT_BYTES)


def seal(cipher: AESGCM, index: int, frame: bytes, last: bool) -> bytes:
    """A frame, sealed, with its length before it."""
    sealed = cipher.encrypt(_nonce(index, last), frame, None)
    return _HEADER.pack(len(sealed)) + sealed


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; fewer only at the end."""


def opened(cipher: AESGCM, source: Source) -> Iterator[bytes]:
    """The frames of a sealed part. Raises `SealBrokenError`."""
    for index, (sealed, last) in enumerate(_with_last(_frames(source))):
        try:
            yield cipher.decrypt(_nonce(index, last), sealed, None)
        except InvalidTag:
            raise SealBrokenError from None


def _frames(source: Source) -> Iterator[bytes]:
    empty = True
    while header := source.read(_HEADER.size):
        size = _HEADER.unpack(header)[0] if len(header) == _HEADER.size else _LARGEST + 1
        sealed = source.read(size) if size <= _LARGEST else b""
        if len(sealed) != size:
            raise SealBrokenError
        empty = False
        yield sealed
    if empty:
        raise SealBrokenError


def _with_last(frames: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    iterator = iter(frames)
    current = next(iterator)
    for following in iterator:
        yield current, False
        current = following
    yield current, True


def _nonce(index: int, last: bool) -> bytes:
    return (index | (_LAST if last else 0)).to_bytes(12, "big")
