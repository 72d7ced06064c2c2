"""A process of its own that digests rows. Hashing millions of short texts holds Python's lock; here it slows nobody.

`python _digester.py MARKER < LINES`: a line `MARKER N` begins table N; every other line is a row of it. For each
table, when it has ended, a line `N ROWS DIGEST` is written.

`python _digester.py --pgdump < DUMP`: a dump in pg_dump's custom format, not compressed. It writes
a line of JSON for each table, `{"table": [schema, name], "rows": …, "digest": …}`, when its data has ended, and
for each sequence, `{"sequence": [schema, name], "value": …, "called": …}`.
It ends as soon as nobody reads what it writes.

The format is that of PostgreSQL's `pg_backup_archiver.c` and `pg_backup_custom.c`: a table of contents, then blocks of data,
each a sequence of chunks with their lengths. pg_dump makes a chunk of each row; nothing here relies on that but speed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np

CHUNK: Final = 1 << 20
NEWEST: Final = (1, 16)  # version of the format, PostgreSQL 17 and 18
_DATA, _BLOBS = 1, 3
_END: Final = bytes(5)  # the length 0 after the last chunk; COPY's texts hold no NUL
_SETVAL: Final = re.compile(r", (-?\d+), (true|false)\);\s*$")
_SHORT: Final = 2_500  # bytes of a row whose length, as 4 bytes, has a line feed at most in the first


class UnknownFormatError(Exception):
    """The input is not a dump that can be read here."""


class Dump:
    """The bytes of a dump, read front to back."""

    def __init__(self, source: int) -> None:
        self._source, self._width, self._offset = source, 4, 8
        self.data, self.at = b"", 0

    def more(self) -> bool:
        """Read on; whether there was anything."""
        piece = os.read(self._source, CHUNK)
        self.data, self.at = self.data[self.at :] + piece, 0
        return bool(piece)

    def take(self, size: int) -> bytes:
        """The next bytes. Raises `EOFError`."""
        found = self.data[self.at : self.at + size]
        self.at += len(found)
        if len(found) < size:
            pieces, missing = [found], size - len(found)
            while missing:
                if not (piece := os.read(self._source, min(missing, CHUNK))):
                    raise EOFError
                pieces.append(piece)
                missing -= len(piece)
            return b"".join(pieces)
        return found

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A whole number: its sign and its bytes, lowest first."""
        sign = self.byte()
        value = int.from_bytes(self.take(self._width), "little")
        return -value if sign else value

    def text(self) -> str | None:
        """A text after its length."""
        size = self.number()
        return None if size < 0 else self.take(size).decode("utf-8", "surrogateescape")

    def contents(self) -> dict[int, tuple[str, str]]:
        """Read the table of contents, tell the sequences: schema and name of each table's data by its number."""
        if self.take(5) != b"PGDMP":
            raise UnknownFormatError("this is no dump of pg_dump")
        version = (self.byte(), self.byte(), self.byte())[:2]
        if version > NEWEST:
            raise UnknownFormatError(f"dumps of version {version[0]}.{version[1]} are not known")
        self._width, self._offset, _format = self.byte(), self.byte(), self.byte()
        if (self.byte() if version >= (1, 15) else self.number()) != 0:
            raise UnknownFormatError("the dump is compressed")
        for _ in range(7):  # seconds to daylight saving time
            self.number()
        for _ in range(3):  # the database, the server's version, pg_dump's
            self.text()
        return dict(found for _ in range(self.number()) if (found := self._entry(version)))

    def _entry(self, version: tuple[int, ...]) -> tuple[int, tuple[str, str]] | None:
        number, _dumper, _catalog, _oid = self.number(), self.number(), self.text(), self.text()
        tag, kind, _section, made = self.text(), self.text(), self.number(), self.text()
        _drop, _copy, schema, _space = (self.text() for _ in range(4))
        if version >= (1, 14):
            self.text()  # the access method
        if version >= (1, 16):
            self.number()  # the kind of relation
        _owner, _oids = self.text(), self.text()
        while self.text() is not None:  # what it depends on
            pass
        self.take(1 + self._offset)
        name = (schema or "", tag or "")
        if kind == "SEQUENCE SET" and (match := _SETVAL.search(made or "")):
            told({"sequence": name, "value": int(match[1]), "called": match[2] == "true"})
        return (number, name) if kind == "TABLE DATA" else None

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Kind and number of each block of data; it must be read before the next is asked for."""
        while self.at < len(self.data) or self.more():
            yield self.byte(), self.number()

    def pass_blobs(self) -> None:
        """Read over large objects."""
        while self.number():
            while size := self.number():
                self.take(size)

    def lines(self) -> Iterator[list[bytes]]:
        """The rows of a block, many at a time."""
        rest, ended = b"", False
        while not ended:
            lines = self._framed() if not rest else None
            if lines is None:
                text, ended = self._chunks()
                lines = (rest + text).split(b"\n")
                rest = lines.pop()
            else:
                ended = self.data.startswith(_END, self.at)
                self.at += len(_END) if ended else 0
            yield lines

    def _framed(self) -> list[bytes] | None:
        """What is buffered, when it is a chunk for each row, each easily told from the next; None when it is not."""
        end = self.data.find(_END, self.at)
        cut = end if end >= 0 else self.data.rfind(b"\n\0", self.at) + 1
        region = self.data[self.at : cut]
        if not region.startswith(b"\0") or region.startswith(b"\0\n") or b"\n\0\n" in region:
            return None
        last = region.endswith(_LAST)
        lines = region[: -len(_LAST) if last else None].split(b"\n")
        if lines.pop() or region.count(b"\n\0") != len(lines) - (not last) or max(map(len, lines), default=0) > _SHORT:
            return None
        self.at = cut
        return [line[5:] for line in lines]

    def _chunks(self) -> tuple[bytes, bool]:
        """The content of the chunks that are buffered, one at least; whether the block has ended."""
        found, size = [], self.number()
        while size:
            found.append(self.take(size))
            if len(self.data) - self.at <= self._width:
                return b"".join(found), False
            size = self.number()
        return b"".join(found), True


_LAST: Final = b"\0\5\0\0\0\\.\n\n\n"
"""The chunk after the last row."""


def digest_dump() -> None:
    """Read a dump from standard input to its end."""
    dump = Dump(0)
    tables = dump.contents()
    for kind, number in dump.blocks():
        if kind == _BLOBS:
            dump.pass_blobs()
        elif kind == _DATA and number in tables:
            rows, total = digested(dump)
            told({"table": tables[number], "rows": rows, "digest": f"{total % (1 << 128):032x}"})
        else:
            raise UnknownFormatError(f"a block of kind {kind} is not known")


def digested(dump: Dump) -> tuple[int, int]:
    """Rows of a block, and the sum of their hashes."""
    rows, total, ended = 0, 0, False
    listener = select.poll()
    listener.register(1, 0)
    for lines in dump.lines():
        if b"\\." in lines[-3:]:
            del lines[lines.index(b"\\.", max(0, len(lines) - 3)) :]
            rows, total, ended = rows + len(lines), total + hashed(lines), True
        elif not ended:
            rows, total = rows + len(lines), total + hashed(lines)
        if not dump.at < len(dump.data):
            dump.more()
        if listener.poll(0):
            os._exit(1)
    return rows, total


def digest_lines(marker: bytes) -> None:
    """Read lines from standard input to its end."""
    at, rows, total = b"", 0, 0
    for lines in _lines(sys.stdin.buffer):
        while True:
            cut = _next_table(lines, marker)
            total += hashed(lines[:cut])
            rows += len(lines[:cut])
            if cut is None:
                break
            _tell(at, rows, total)
            at, rows, total = lines[cut][len(marker) + 1 :], 0, 0
            lines = lines[cut + 1 :]
    _tell(at, rows, total)


def _lines(source: BinaryIO) -> Iterator[list[bytes]]:
    """The lines without their breaks, a chunk's worth at a time."""
    rest = b""
    while chunk := source.read(CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        yield lines


def _next_table(lines: list[bytes], marker: bytes) -> int | None:
    return next((i for i, line in enumerate(lines) if line.startswith(marker)), None)


def _tell(at: bytes, rows: int, total: int) -> None:
    if at:
        sys.stdout.write(f"{at.decode()} {rows} {total % (1 << 128):032x}\n")
        sys.stdout.flush()


def hashed(lines: list[bytes]) -> int:
    """The sum of the BLAKE2b-128 of the lines, read as big-endian numbers."""
    fresh, hashes = hashlib.blake2b(digest_size=16).copy, []
    for line in lines:
        state = fresh()
        state.update(line)
        hashes.append(state.digest())
    columns = np.frombuffer(b"".join(hashes), ">u4").reshape(-1, 4).sum(axis=0, dtype=np.uint64)
    return sum(int(part) << 32 * (3 - i) for i, part in enumerate(columns))


def told(what: dict[str, Any]) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        digest_dump() if sys.argv[1] == "--pgdump" else digest_lines(sys.argv[1].encode())
    except (UnknownFormatError, EOFError) as error:
        sys.exit(f"the dump cannot be read: {error or 'it is cut off'}")
