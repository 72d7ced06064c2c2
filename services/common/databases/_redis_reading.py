"""Reading the keys of a Redis database as frames (`_redis_records`), by SCAN, while others write.

Keys of up to 256 KiB are read by one command each, as they are at that moment; larger ones window by window, so that a
key which changes meanwhile is as it was when each window came by. SCAN and its kin may tell an element twice: those
that were seen are kept in a temporary SQLite file, so memory grows neither with keys nor with elements.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import struct
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from services.common.databases import DatabaseError
from services.common.databases._redis_records import ARITY, Frame
from services.common.databases.redis.wire import Wire

OURS: Final = b"_mockcraft_"
PAGE: Final = 512
SMALL: Final = 256 << 10  # bytes of a key that is read at once
RUN: Final = 8 << 20  # bytes of keys that are read together
WINDOW: Final = 1 << 20  # bytes of a window of a large key
ELEMENTS: Final = 1000  # most elements of a window
LATEST: Final = 1 << 46
"""Expiries are before this (milliseconds since 1970: the year 4199); later ones are taken for it."""
SHIFT: Final = LATEST
"""In copies of ours keys expire so much later (milliseconds), so that none is gone before it was compared."""
_DOUBLE: Final = struct.Struct(">d")
_WHOLE: Final[dict[bytes, tuple[Any, ...]]] = {
    b"string": ("GET",), b"list": ("LRANGE", 0, -1), b"set": ("SMEMBERS",), b"hash": ("HGETALL",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
}  # fmt: skip
_COUNT: Final = {b"list": "LLEN", b"set": "SCARD", b"hash": "HLEN", b"zset": "ZCARD", b"stream": "XLEN"}
_SCAN: Final = {b"set": "SSCAN", b"hash": "HSCAN", b"zset": "ZSCAN"}
_WIDTH: Final = {b"set": 1, b"hash": 2, b"zset": 2}


class Seen:
    """Which keys or elements came by, in a file that goes with it."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode = OFF; CREATE TABLE seen (hash BLOB PRIMARY KEY) WITHOUT ROWID; BEGIN")

    def close(self) -> None:
        """Remove the file."""
        self._database.close()

    def fresh(self, words: Iterable[bytes]) -> list[bool]:
        """Of each, whether it comes for the first time."""
        sql = "INSERT OR IGNORE INTO seen VALUES (?)"
        try:
            return [self._database.execute(sql, (hashlib.blake2b(w, digest_size=16).digest(),)).rowcount == 1 for w in words]
        except sqlite3.Error as error:
            raise DatabaseError("DISK_FULL", "the temporary file of seen keys cannot grow") from error


class Reader:
    """All keys of the database a connection has chosen, but our own. `stop` is called between batches; it may raise."""

    def __init__(self, wire: Wire, stop: Callable[[], None], shift: int = 0) -> None:
        self._wire, self._stop, self._shift = wire, stop, shift

    @cached_property
    def _known(self) -> set[str]:
        """Which of the commands that only newer servers have there are."""
        names = ("PEXPIRETIME", "HPEXPIRETIME")
        found = self._wire.command("COMMAND", "INFO", *names)
        return {name for name, reply in zip(names, found, strict=True) if reply}

    @property
    def expires_fields(self) -> bool:
        """Whether fields of hashes can expire (Redis 7.4, Valkey 9)."""
        return "HPEXPIRETIME" in self._known

    @property
    def modern(self) -> bool:
        """Whether streams take entries added and deleted ids (Redis 7)."""
        return "PEXPIRETIME" in self._known

    def pages(self) -> Iterator[list[bytes]]:
        """The keys, each once, some hundred at a time."""
        cursor = b"0"
        with contextlib.closing(Seen()) as seen:
            while True:
                self._stop()
                cursor, keys = self._wire.command("SCAN", cursor, "COUNT", PAGE)
                theirs = [key for key in keys if not key.startswith(OURS)]
                fresh = [key for key, new in zip(theirs, seen.fresh(theirs), strict=True) if new]
                if fresh:
                    yield fresh
                if cursor == b"0":
                    return

    def types(self, keys: Sequence[bytes]) -> list[bytes]:
        """The type of each key, `none` when it is gone. Raises `DatabaseError` for types that are not Redis's own."""
        found = self._wire.commands([("TYPE", key) for key in keys])
        strange = next((t for t in found if t not in ARITY and t != b"none"), None)
        if strange is not None:
            kind = strange.decode(errors="replace")[:40]
            raise DatabaseError(
                "TARGET_UNSUPPORTED", f"the database holds keys of a module's type ({kind}), which backups do not hold"
            )
        return list(found)

    def expiries(self, keys: Sequence[bytes]) -> list[int]:
        """When each key expires: milliseconds since 1970 as the server stores it, -1 never, -2 when it is gone."""
        if self.modern:
            return list(self._wire.commands([("PEXPIRETIME", key) for key in keys]))
        *left, now = self._wire.commands([*(("PTTL", key) for key in keys), ("TIME",)])
        return [ms if ms < 0 else ms + _milliseconds(now) for ms in left]

    def frames(self) -> Iterator[Frame]:
        """All keys."""
        for page in self.pages():
            keys = page
            for _ in range(5):  # a key whose type changes between two commands is read anew
                keys = yield from self._page(keys)
                if not keys:
                    break
            else:
                raise DatabaseError("TARGET_BUSY", "a key changes its type faster than it is read", True)

    def _page(self, keys: Sequence[bytes]) -> Generator[Frame, None, list[bytes]]:
        """The keys; what is to be read again."""
        types = self.types(keys)
        sizes = self._wire.answers([("MEMORY", "USAGE", key) for key in keys])
        again: list[bytes] = []
        run: list[tuple[bytes, bytes]] = []
        held = 0
        for key, type_, size in zip(keys, types, sizes, strict=True):
            size = size if isinstance(size, int) else SMALL + 1  # not told: as if it were large
            if type_ == b"none":
                continue
            if type_ == b"stream" or size > SMALL:
                again += yield from self._large(key, type_, size)
                continue
            run.append((key, type_))
            held += size
            if held > RUN:
                again += yield from self._small(run)
                run, held = [], 0
        again += yield from self._small(run)
        return again

    # small keys

    def _small(self, run: Sequence[tuple[bytes, bytes]]) -> Generator[Frame, None, list[bytes]]:
        self._stop()
        keys = [key for key, _ in run]
        found = self._wire.answers([(_WHOLE[t][0], key, *_WHOLE[t][1:]) for key, t in run])
        again = []
        for (key, type_), value, expiry in zip(run, found, self.expiries(keys), strict=True):
            if isinstance(value, DatabaseError):
                _unless_changed(value)
                again.append(key)
                continue
            words = self._words(key, type_, [value] if type_ == b"string" else value)
            if expiry != -2 and words and words[0] is not None:
                yield self._head(type_, key, expiry)
                yield Frame(b"E", words)
                yield Frame(b".")
        return again

    def _head(self, type_: bytes, key: bytes, expiry: int) -> Frame:
        return Frame(b"K", (type_, key, self._expiry(expiry)))

    def _expiry(self, stored: int) -> bytes:
        """As frames hold it."""
        return b"%d" % min(stored - self._shift, LATEST - 1) if stored >= 0 else b""

    def _words(self, key: bytes, type_: bytes, value: Sequence[Any]) -> list[bytes]:
        """Elements as frames hold them, of what the server told."""
        if type_ == b"zset":
            return [w for at in range(0, len(value), 2) for w in (value[at], _DOUBLE.pack(float(value[at + 1]) + 0.0))]
        if type_ == b"hash":
            expiries = self.field_expiries(key, value[::2])
            pairs = zip(value[::2], value[1::2], expiries, strict=True)
            return [word for name, text, at in pairs if at != -2 for word in (name, text, self._expiry(at))]
        return list(value)

    def field_expiries(self, key: bytes, fields: Sequence[bytes]) -> list[int]:
        """As `expiries`, of fields of a hash."""
        if not self.expires_fields or not fields:
            return [-1] * len(fields)
        (found,) = self._wire.answers([("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)])
        return found if isinstance(found, list) and len(found) == len(fields) else [-2] * len(fields)

    # large keys

    def _large(self, key: bytes, type_: bytes, size: int) -> Generator[Frame, None, list[bytes]]:
        (expiry,) = self.expiries([key])
        begun = False
        try:
            for frame in self._stream(key) if type_ == b"stream" else self._windows(key, type_, size):
                if not begun:
                    yield self._head(type_, key, expiry)
                begun = True
                yield frame
        except DatabaseError as error:
            _unless_changed(error)
        if begun:
            yield Frame(b".")
        return [] if begun else [key]

    def _windows(self, key: bytes, type_: bytes, size: int) -> Iterator[Frame]:
        if type_ == b"string":
            yield from self._ranges(lambda at: self._wire.command("GETRANGE", key, at, at + WINDOW - 1), WINDOW)
            if self._wire.commands([("STRLEN", key), ("EXISTS", key)]) == [0, 1]:
                yield Frame(b"E", [b""])
            return
        count = self._wire.command(_COUNT[type_], key)
        window = max(1, min(ELEMENTS, WINDOW * count // size))
        if type_ == b"list":
            yield from self._ranges(lambda at: self._wire.command("LRANGE", key, at, at + window - 1), window)
        else:
            yield from self._scanned(key, type_, window)

    def _ranges(self, read: Callable[[int], Any], step: int) -> Iterator[Frame]:
        at = 0
        while piece := read(at):
            self._stop()
            yield Frame(b"E", [piece] if isinstance(piece, bytes) else piece)
            at += step

    def _scanned(self, key: bytes, type_: bytes, window: int) -> Iterator[Frame]:
        cursor, width = b"0", _WIDTH[type_]
        with contextlib.closing(Seen()) as seen:
            while True:
                self._stop()
                cursor, found = self._wire.command(_SCAN[type_], key, cursor, "COUNT", window)
                fresh = seen.fresh(found[::width])
                value = [w for at, new in enumerate(fresh) if new for w in found[at * width : (at + 1) * width]]
                words = self._words(key, type_, value)
                if words:
                    yield Frame(b"E", words)
                if cursor == b"0":
                    return

    # streams

    def _stream(self, key: bytes) -> Iterator[Frame]:
        """Up to the entry that is the last when it begins."""
        told, size, count = self._wire.answers([("XINFO", "STREAM", key), ("MEMORY", "USAGE", key), ("XLEN", key)])
        if not isinstance(told, list):
            return
        info = _pairs(told)
        end = info[b"last-generated-id"]
        yield Frame(b"I", (end, _number(info, b"entries-added"), info.get(b"max-deleted-entry-id", b"")))
        window = max(1, min(ELEMENTS, WINDOW * count // size)) if isinstance(size, int) and size else 1
        for id_, fields in self._from(lambda start: ("XRANGE", key, start, end, "COUNT", window)):
            yield Frame(b"M", (id_, *fields))
        for group in map(_pairs, self._told("XINFO", "GROUPS", key)):
            name = group[b"name"]
            yield Frame(b"G", (name, group[b"last-delivered-id"], _number(group, b"entries-read")))
            consumers = yield from self._pending(key, name, end)
            consumers |= {_pairs(consumer)[b"name"] for consumer in self._told("XINFO", "CONSUMERS", key, name)}
            for consumer in sorted(consumers):
                yield Frame(b"C", (name, consumer))

    def _told(self, *command: Any) -> list[Any]:
        """What a command tells; nothing when the key, or the group, is gone or another."""
        (found,) = self._wire.answers([command])
        if isinstance(found, DatabaseError):
            if found.code not in ("TARGET_MISMATCH", "TARGET_FAILED"):
                raise found
            return []
        return list(found)

    def _from(self, command: Callable[[bytes], Sequence[Any]]) -> Iterator[Any]:
        """What a command tells from an id on, window by window."""
        start = b"-"
        while found := self._told(*command(start)):
            self._stop()
            yield from found
            start = b"(" + found[-1][0]

    def _pending(self, key: bytes, group: bytes, end: bytes) -> Generator[Frame, None, set[bytes]]:
        """Pending entries, and whose they are; servers restore none of entries that were deleted."""
        now, consumers = _milliseconds(self._wire.command("TIME")), set()
        for id_, consumer, idle, times in self._from(lambda start: ("XPENDING", key, group, start, end, ELEMENTS)):
            if self._told("XRANGE", key, id_, id_):
                consumers.add(consumer)
                yield Frame(b"P", (group, consumer, id_, b"%d" % max(0, now - idle), b"%d" % times))
        return consumers


def _unless_changed(error: DatabaseError) -> None:
    """Raises the error unless it says that a key is of another type now."""
    if error.code != "TARGET_MISMATCH":
        raise error


def _milliseconds(time: Sequence[bytes]) -> int:
    return int(time[0]) * 1000 + int(time[1]) // 1000


def _pairs(told: Sequence[Any]) -> dict[bytes, Any]:
    return dict(zip(told[::2], told[1::2], strict=True))


def _number(told: dict[bytes, Any], name: bytes) -> bytes:
    """A number that newer servers tell, in decimal."""
    value = told.get(name)
    return b"" if value is None else b"%d" % value
