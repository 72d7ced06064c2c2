"""How a backup holds the keys of a Redis database: frames of words, and what the digest of a key is of.

The part begins with the line `mockcraft redis 1`. A frame is its kind (one byte), the number of its words (4 bytes, big-endian)
and each word with its length before it (4 bytes, big-endian). Frames follow each other key by key:

- `K` type, key, expiry: a key begins. The expiry is milliseconds since 1970 in decimal, empty when there is none.
- `E` elements: a piece of a string; elements of a list; members of a set; member and score (double, 8 bytes, big-endian)
  of each member of a sorted set; name, value and expiry of each field of a hash.
- of streams `M` id, name, value, …: an entry; `I` last id, entries added, largest deleted id (the latter two empty when
  the server does not tell); `G` group, last delivered id, entries read; `P` group, consumer, id, time of delivery
  (milliseconds since 1970), deliveries: a pending entry; `C` group, consumer.
- `.` the key ends. `Z` number of keys: the part ends.

The canonical text of a key, which digests are of, is its type, the key, `1` or `0` for whether it expires, the number of its
elements in decimal, and 16 bytes: of strings, lists and streams the BLAKE2b-128 of their elements in order, of the others
the sum modulo 2^128 of the BLAKE2b-128 of each; a word within has its length before it. When keys and fields expire is left
out, since older servers do not tell it exactly; so are delivery times and what only newer servers know of streams.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.common.databases import DatabaseError
from services.common.databases.digest import BYTES, MODULUS, Digest, sum_of_hashes
from services.common.databases.dumps import Contents

MAGIC: Final = b"mockcraft redis 1\n"
ARITY: Final[Mapping[bytes, int]] = {b"string": 1, b"list": 1, b"set": 1, b"zset": 2, b"hash": 3, b"stream": 1}
"""Words of an element by type; the types there are."""
_WORDS: Final[Mapping[bytes, int]] = {b"K": 3, b"I": 3, b"G": 3, b"C": 2, b"P": 5, b".": 0, b"Z": 1}
_KINDS: Final = b"KEMIGCP.Z"
_SEEN: Final[Mapping[bytes, int]] = {b"I": 1, b"G": 2, b"C": 2}
"""How many words of a frame count for the digest; all where nothing is said."""
_LENGTH: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">cI")
_LARGEST: Final = 1 << 30  # of a word; Redis holds 512 MB
_MOST: Final = 1 << 24  # words of a frame


@dataclass(frozen=True, slots=True)
class Frame:
    """A kind and its words."""

    kind: bytes
    words: Sequence[bytes] = ()

    def encoded(self) -> bytes:
        """As the part holds it."""
        return _HEAD.pack(self.kind, len(self.words)) + measured(self.words)


def measured(words: Iterable[bytes]) -> bytes:
    """Words, each with its length before it."""
    length = _LENGTH.pack
    return b"".join([piece for word in words for piece in (length(len(word)), word)])


class Reading:
    """The frames in the content of a part. Raises `DatabaseError` TARGET_MISMATCH where it is none."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._held, self._at = iter(pieces), b"", 0

    def frames(self) -> Iterator[Frame]:
        """To the end; the last is `Z`."""
        self._expect(self._take(len(MAGIC)) == MAGIC)
        kind = b""
        while kind != b"Z":
            kind, count = _HEAD.unpack(self._take(_HEAD.size))
            self._expect(kind in _KINDS and count == _WORDS.get(kind, count) and count <= _MOST)
            yield Frame(kind, [self._word() for _ in range(count)])
        self._expect(self._at == len(self._held) and not any(self._pieces))

    def _word(self) -> bytes:
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size))
        self._expect(length <= _LARGEST)
        return self._take(length)

    def _take(self, size: int) -> bytes:
        if len(self._held) - self._at < size:
            pieces = [self._held[self._at :]]
            there = len(pieces[0])
            while there < size:
                piece = next(self._pieces, None)
                self._expect(piece is not None)
                assert piece is not None
                pieces.append(piece)
                there += len(piece)
            self._held, self._at = b"".join(pieces), 0
        self._at += size
        return self._held[self._at - size : self._at]

    @staticmethod
    def _expect(right: bool) -> None:
        if not right:
            raise DatabaseError("TARGET_MISMATCH", "the backup's part holds something else than keys of Redis")


class Tally:
    """Takes frames and counts and digests keys by type."""

    def __init__(self) -> None:
        self._done: dict[bytes, Digest] = {}
        self._texts: dict[bytes, list[bytes]] = {}
        self._key: Frame | None = None
        self.keys = 0

    def take(self, frame: Frame) -> None:
        """The next frame."""
        if frame.kind == b"K":
            self._key, self._elements, self._sum, self._hash = frame, 0, 0, hashlib.blake2b(digest_size=BYTES)
        elif frame.kind == b".":
            self._end()
        elif frame.kind != b"Z":
            self._add(frame)

    def _add(self, frame: Frame) -> None:
        assert self._key is not None
        type_ = self._key.words[0]
        if type_ == b"string":
            self._elements += sum(map(len, frame.words))
            self._hash.update(b"".join(frame.words))
        elif type_ == b"list":
            self._elements += len(frame.words)
            self._hash.update(measured(frame.words))
        elif type_ == b"stream":
            self._elements += frame.kind == b"M"
            words = list(frame.words[: _SEEN.get(frame.kind)])
            self._hash.update(measured([frame.kind, *(words[:3] + words[4:] if frame.kind == b"P" else words)]))
            self._hash.update(b"\0\0\0\0")
        else:
            texts = [measured(element) for element in _canonical(type_, frame.words)]
            self._elements += len(texts)
            self._sum = (self._sum + sum_of_hashes(texts)) % MODULUS

    def _end(self) -> None:
        assert self._key is not None
        type_, key, expiry = self._key.words
        ordered = type_ in (b"string", b"list", b"stream")
        content = self._hash.digest() if ordered else self._sum.to_bytes(BYTES, "big")
        text = measured([type_, key, b"1" if expiry else b"0", b"%d" % self._elements, content])
        waiting = self._texts.setdefault(type_, [])
        waiting.append(text)
        self.keys += 1
        if len(waiting) == 4096:
            self._settle(type_)

    def _settle(self, type_: bytes) -> None:
        texts = self._texts.pop(type_, [])
        self._done[type_] = self._done.get(type_, Digest()) + Digest(len(texts), sum_of_hashes(texts) if texts else 0)

    def contents(self) -> tuple[Contents, ...]:
        """What was taken, by type; types without keys are not in it."""
        for type_ in list(self._texts):
            self._settle(type_)
        return tuple(Contents(type_.decode(), total.rows, str(total)) for type_, total in sorted(self._done.items()))


def _canonical(type_: bytes, words: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """The elements of a set, sorted set or hash as digests see them."""
    arity = ARITY[type_]
    for at in range(0, len(words), arity):
        element = words[at : at + arity]
        yield [*element[:2], b"1" if element[2] else b"0"] if type_ == b"hash" else element
