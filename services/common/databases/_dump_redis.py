"""Backups of Redis: every key by its type with its time of expiry, restorable to other versions of the server.

One part, `keys`, holds them (`_redis_records`). A "table" is a type: `string`, `list`, `set`, `zset`, `hash`, `stream`; its rows
are its keys. Keys that begin with `_mockcraft_` are ours and left out. There is no snapshot: keys are as they were read.

A restore fills an unused logical database, reads it back, and exchanges the two by SWAPDB: readers see the old keys
or the new ones. The database in use is claimed by the key `_mockcraft_scratch`; in the exchange, one transaction,
the claim passes to the old keys, so that whatever a killed process left is known as such and flushed by the next. Within
our copies everything expires 2,230 years later, so that no key is missed because its time came meanwhile.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import orjson

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.databases._claims import RENEWAL_SECONDS, Claim
from services.common.databases._hosts import Url
from services.common.databases._redis_reading import SHIFT, Reader
from services.common.databases._redis_records import MAGIC, Frame, Reading, Tally
from services.common.databases._redis_writing import Writer, unshift
from services.common.databases.dumps import Contents, Dumped, Parts, State, Store, Tell
from services.common.databases.redis.wire import Wire, done

PART: Final = "keys"
MARK: Final = "_mockcraft_scratch"
CHUNK: Final = 1 << 18
DATABASES: Final = 16
"""How many there are where the server does not tell; it is its default."""


class RedisDumping:
    """One logical database of a Redis server. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "redis"

    def __init__(self, url: Url, claim: Claim | None = None, cancelled: threading.Event | None = None) -> None:
        """Open it; with a claim it is a copy of ours."""
        self._url, self._claim, self._cancelled = url, claim, cancelled or threading.Event()
        self._wire = Wire(url)
        self._renewed = time.monotonic()
        self._reader = Reader(self._wire, self._stop, SHIFT if claim else 0)
        self._writer: Writer | None = None
        self._read_back: State | None = None

    def close(self) -> None:
        """Let go."""
        self._wire.close()

    def cancel(self) -> None:
        """End what is under way, after the batch at hand."""
        self._cancelled.set()

    def _stop(self) -> None:
        """Between batches: raises CANCELLED after a cancel, and says now and then that we are at work."""
        if self._cancelled.is_set():
            raise DatabaseError("CANCELLED", "stopped on request")
        if self._claim and time.monotonic() > self._renewed + RENEWAL_SECONDS:
            self._renewed = time.monotonic()
            self._wire.command("SET", MARK, self._mark(self._claim), "XX")

    # dumping

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Write all keys."""
        moment, tally, done_ = datetime.now(UTC), Tally(), 0
        with parts.part(PART) as part:
            held = [MAGIC]
            size = len(MAGIC)
            for frame in self._frames(tally):
                held.append(frame.encoded())
                size += len(held[-1])
                if size > CHUNK or frame.kind == b"Z":
                    part.write(b"".join(held))
                    done_ += size
                    held, size = [], 0
                    tell("dump", done_, 0)
        state = State(tally.contents(), {}, {})
        return Dumped(state, "none", moment, self._version(), "mockcraft", version("mockcraft"))

    def _frames(self, tally: Tally) -> Iterator[Frame]:
        for frame in self._reader.frames():
            tally.take(frame)
            yield frame
        yield Frame(b"Z", (b"%d" % tally.keys,))

    def _version(self) -> str:
        found = re.search(rb"redis_version:([\w.-]+)", self._wire.command("INFO", "server"))
        return found[1].decode() if found else ""

    # reading back

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the keys back. Counts asked for after a restore are those of the copy just before it was swapped in.

        Keys may expire, and others write, as soon as it is.
        """
        if not digests:
            return self._read_back or self._counted(tell)
        tally = Tally()
        for frame in self._reader.frames():
            tally.take(frame)
            tell("digest", tally.keys, 0)
        return State(tally.contents(), {}, {})

    def _counted(self, tell: Tell) -> State:
        found: Counter[bytes] = Counter()
        for keys in self._reader.pages():
            found.update(self._reader.types(keys))
            tell("count", found.total(), 0)
        found.pop(b"none", None)
        return State(tuple(Contents(type_.decode(), rows, "") for type_, rows in sorted(found.items())), {}, {})

    def is_empty(self) -> bool:
        """Whether there is no key but our own."""
        return not self._wire.command("DBSIZE") or not any(self._reader.pages())

    # restoring

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Fill a copy, compare its counts, swap it in."""
        if list(store.names()) != [PART]:
            raise DatabaseError("TARGET_MISMATCH", f"a backup of Redis holds one part, {PART}")
        if self._claim:
            self._fill(store)
            return
        with self.scratch() as copy:
            written = copy._fill(store)
            state = copy.state(tell, digests=False)
            if sum(t.rows for t in state.tables) != written.keys:
                raise DatabaseError("TARGET_FAILED", "Redis did not keep all keys; does it evict them (maxmemory-policy)?")
            unshift(copy._wire, copy._reader, written.expiring_fields)
            self._swap(copy)
            self._read_back = state

    def _fill(self, store: Store) -> Writer:
        writer = Writer(self._wire, self._reader, self._stop)
        writer.write(Reading(store.read(PART)).frames())
        return writer

    def _swap(self, copy: RedisDumping) -> None:
        """Exchange the two and pass the claim on to the old keys, in one transaction."""
        self._stop()
        failpoint("backup.mid_restore")
        assert copy._claim
        ours, theirs, mark = self._url.path or "0", copy._url.path, self._mark(copy._claim)
        exchange = [("SET", MARK, mark), ("SELECT", theirs), ("DEL", MARK), ("SWAPDB", ours, theirs), ("SELECT", ours)]
        try:
            self._wire.commands([("MULTI",), *exchange])
            done(self._wire.command("EXEC"))
        except DatabaseError:
            self._wire.answers([("DISCARD",), ("SELECT", ours)])
            raise
        failpoint("backup.mid_restore")

    @contextlib.contextmanager
    def scratch(self) -> Iterator[RedisDumping]:
        """An unused logical database of the server, claimed by a key; flushed at the end, as those that killed runs left."""
        self._flush_left()
        claim = Claim()
        url = replace(self._url, path=self._claimed(claim))
        copy = RedisDumping(url, claim, self._cancelled)
        try:
            yield copy
        finally:
            copy.close()
            self._flush(url.path, claim)

    def _mark(self, claim: Claim) -> bytes:
        return orjson.dumps({**claim.to_json(), "at": self._now()})

    def _now(self) -> int:
        return int(self._wire.command("TIME")[0])

    @contextlib.contextmanager
    def _selected(self, number: str) -> Iterator[None]:
        self._wire.command("SELECT", number)
        try:
            yield
        finally:
            self._wire.command("SELECT", self._url.path or "0")

    def _used(self) -> list[str]:
        """The numbers of databases that hold keys."""
        return [n.decode() for n in re.findall(rb"^db(\d+):", self._wire.command("INFO", "keyspace"), re.MULTILINE)]

    def _claimed(self, claim: Claim) -> str:
        """The number of an unused database that is ours now."""
        (told,) = self._wire.answers([("CONFIG", "GET", "databases")])
        count = int(told[1]) if isinstance(told, list) and told else DATABASES
        taken = {*self._used(), self._url.path or "0"}
        for number in (str(n) for n in reversed(range(count))):
            if number not in taken and self._take(number, claim):
                return number
        text = "restoring needs an empty logical database beside this one on the server, and there is none"
        raise DatabaseError("TARGET_UNSUPPORTED", text)

    def _take(self, number: str, claim: Claim) -> bool:
        with self._selected(number):
            if not self._wire.command("SET", MARK, self._mark(claim), "NX"):
                return False
            if self._wire.command("DBSIZE") == 1:
                return True
            self._wire.command("DEL", MARK)
            return False

    def _flush_left(self) -> None:
        """Flush databases whose claims are of processes that are gone."""
        for number in self._used():
            if number != (self._url.path or "0"):
                with self._selected(number):
                    found = self._holder()
                    if found and found[0].gone(found[1]):
                        self._wire.command("FLUSHDB")

    def _flush(self, number: str, claim: Claim) -> None:
        """Flush a database that we hold."""
        with self._selected(number):
            found = self._holder()
            if found and found[0] == claim:
                self._wire.command("FLUSHDB")

    def _holder(self) -> tuple[Claim, float] | None:
        """Whose claim the chosen database holds, and how long ago it was renewed (seconds)."""
        (told,) = self._wire.answers([("GET", MARK)])
        if not isinstance(told, bytes):
            return None
        record = orjson.loads(told)
        return Claim.read(record), self._now() - float(record["at"])
