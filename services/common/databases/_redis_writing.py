"""Writing frames (`_redis_records`) into an empty Redis database."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.databases._redis_reading import ELEMENTS, OURS, SHIFT, Reader
from services.common.databases._redis_records import ARITY, Frame
from services.common.databases.redis.wire import Wire, Word

RUN: Final = 1 << 20  # bytes of commands sent together
COMMANDS: Final = 1000
_ADDED: Final = {b"list": "RPUSH", b"set": "SADD"}
_DOUBLE: Final = struct.Struct(">d")


class Writer:
    """Makes commands of frames and sends them. Expiries are shifted by `SHIFT`."""

    def __init__(self, wire: Wire, reader: Reader, stop: Callable[[], None]) -> None:
        self._wire, self._reader, self._stop = wire, reader, stop
        self._commands: list[Sequence[Word]] = []
        self._size = self.keys = 0
        self._type = self._key = self._expiry = b""
        self._last: Sequence[bytes] = ()
        self._first, self.told, self.expiring_fields = True, -1, False

    def write(self, frames: Iterable[Frame]) -> None:
        """All of them. Raises `DatabaseError`, TARGET_MISMATCH for what makes no sense."""
        try:
            for frame in frames:
                self._take(frame)
        except (ValueError, struct.error) as error:
            raise DatabaseError("TARGET_MISMATCH", "the backup's part holds something else than keys of Redis") from error
        self._flush()
        if self.told != self.keys:
            raise DatabaseError("TARGET_MISMATCH", "the backup's part holds another number of keys than it tells")

    def _take(self, frame: Frame) -> None:
        if frame.kind == b"K":
            self._begin(frame)
        elif frame.kind == b"Z":
            self.told = int(frame.words[0])
        elif not self._type:
            raise ValueError
        elif frame.kind == b".":
            self._end()
        elif frame.kind == b"E":
            self._elements(frame.words)
        else:
            self._streamed(frame.kind, frame.words)

    def _begin(self, frame: Frame) -> None:
        self._type, self._key, self._expiry = frame.words
        self._first = True
        if self._type not in ARITY or self._key.startswith(OURS):
            raise ValueError

    def _end(self) -> None:
        if self._type == b"stream":
            self._settle()
        if self._expiry:
            self._send("PEXPIREAT", self._key, int(self._expiry) + SHIFT)
        self._type = b""
        self.keys += 1

    def _elements(self, words: Sequence[bytes]) -> None:
        if self._type == b"stream" or len(words) % ARITY[self._type] or not words:
            raise ValueError
        if self._type == b"string":
            for word in words:
                self._send("SET" if self._first else "APPEND", self._key, word)
                self._first = False
        elif self._type == b"hash":
            self._send("HSET", self._key, *(word for at, word in enumerate(words) if at % 3 < 2))
            for name, expiry in zip(words[::3], words[2::3], strict=True):
                if expiry:
                    self._expire_field(name, int(expiry))
        elif self._type == b"zset":
            scores = [repr(_DOUBLE.unpack(word)[0]) for word in words[1::2]]
            self._send("ZADD", self._key, *(w for pair in zip(scores, words[::2], strict=True) for w in pair))
        else:
            self._send(_ADDED[self._type], self._key, *words)

    def _expire_field(self, name: bytes, expiry: int) -> None:
        if not self._reader.expires_fields:
            text = "the backup holds fields of hashes that expire, which this server does not know (Redis 7.4)"
            raise DatabaseError("TARGET_UNSUPPORTED", text)
        self.expiring_fields = True
        self._send("HPEXPIREAT", self._key, expiry + SHIFT, "FIELDS", 1, name)

    def _streamed(self, kind: bytes, words: Sequence[bytes]) -> None:
        if self._type != b"stream":
            raise ValueError
        if kind == b"I":
            self._send("XGROUP", "CREATE", self._key, OURS, "$", "MKSTREAM")
            self._send("XGROUP", "DESTROY", self._key, OURS)
            self._last = words
        elif kind == b"M":
            self._send("XADD", self._key, *words)
        else:
            self._settle()
            self._grouped(kind, words)

    def _settle(self) -> None:
        """The ids of a stream, when its entries are in."""
        if self._first:
            last, added, deleted = self._last
            newer = ("ENTRIESADDED", added, "MAXDELETEDID", deleted) if added and deleted and self._reader.modern else ()
            self._send("XSETID", self._key, last, *newer)
            self._first = False

    def _grouped(self, kind: bytes, words: Sequence[bytes]) -> None:
        if kind == b"G":
            name, last, read = words
            newer = ("ENTRIESREAD", read) if read and self._reader.modern else ()
            self._send("XGROUP", "CREATE", self._key, name, last, *newer)
        elif kind == b"C":
            self._send("XGROUP", "CREATECONSUMER", self._key, *words)
        else:
            group, consumer, id_, time, times = words
            options = ("TIME", time, "RETRYCOUNT", times, "FORCE", "JUSTID")
            self._send("XCLAIM", self._key, group, consumer, 0, id_, *options)

    def _send(self, *words: Word) -> None:
        self._commands.append(words)
        self._size += sum(len(word) for word in words if not isinstance(word, int))
        if self._size > RUN or len(self._commands) == COMMANDS:
            self._flush()

    def _flush(self) -> None:
        self._stop()
        self._wire.commands(self._commands)
        self._commands, self._size = [], 0
        failpoint("backup.mid_restore")


def unshift(wire: Wire, reader: Reader, fields: bool) -> None:
    """Let keys (and with `fields`, fields of hashes) expire when they should. What should have by now is gone."""
    for keys in reader.pages():
        found = zip(keys, reader.expiries(keys), strict=True)
        wire.commands([("PEXPIREAT", key, at - SHIFT) for key, at in found if at >= SHIFT])
        if fields:
            for key, type_ in zip(keys, reader.types(keys), strict=True):
                if type_ == b"hash":
                    _unshift_fields(wire, reader, key)


def _unshift_fields(wire: Wire, reader: Reader, key: bytes) -> None:
    cursor: Any = b"0"
    while True:
        cursor, found = wire.command("HSCAN", key, cursor, "COUNT", ELEMENTS)
        expiries = zip(found[::2], reader.field_expiries(key, found[::2]), strict=True)
        wire.commands([("HPEXPIREAT", key, at - SHIFT, "FIELDS", 1, name) for name, at in expiries if at >= SHIFT])
        if cursor == b"0":
            return
