"""The loader's target in Redis. What is kept of a load: its owner and a hash of how far each lane of each table is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.failpoints import failpoint
from runner.pieces import Part, gather
from runner.plan import Plan, TablePlan
from runner.types import Type
from runner.vectors import Array
from services.common.databases import CONFLICT, DatabaseError, Entry, Mark, StaleAttemptError
from services.common.databases._hosts import Url
from services.common.databases._texts import logical, row_keys
from services.common.databases.redis import DEFAULT_KEY
from services.common.databases.redis.resp import IDS, Naming, hashes, key_parts, steps, variadic
from services.common.databases.redis.wire import Wire, done

CHECKPOINTS: Final = "_mockcraft_checkpoints"
PAGE: Final = 4_096
"""Keys that are looked up at once."""

_FOREIGN: Final = (
    "keys of rows hold something else than rows of this table; it would be lost, so nothing of this block was written"
)


class RedisTarget:
    """One connection to one database of a Redis server."""

    dialect = "redis"
    nested = False

    def __init__(self, url: Url) -> None:
        self._naming = Naming(url.options.get("key", DEFAULT_KEY))
        self._wire = Wire(url)

    def close(self) -> None:
        """Let go; a transaction that is open is undone."""
        self._wire.close()

    # checkpoints

    def claim(self, mark: Mark) -> dict[tuple[str, int], Entry]:
        """Take over what earlier attempts left, by table and lane; empty at the first. Raises `StaleAttemptError`."""
        self._own(mark, newest=True)
        self._commit([("SET", _owner(mark.load), _claim(mark))])
        found = self._wire.command("HVALS", _lanes(mark.load))
        entries = [Entry(**orjson.loads(value)) for value in found]
        return {(entry.table, entry.lane): entry for entry in entries}

    def prepare(self, mark: Mark, plan: Plan, mode: str, lanes: Sequence[Entry]) -> dict[tuple[str, int], Entry]:
        """Empty the tables when `mode` says so, count the others' rows, and store the first entries."""
        self._check_names(plan)
        for table in plan.tables:
            self._check(table)
            if mode in ("truncate", "replace"):
                self._empty(table)
        before = {table.name: self.count(table) for table in plan.tables}
        entries = [self._first(entry, before) for entry in lanes]
        self._own(mark)
        self._commit([_stored(mark.load, entry) for entry in entries])
        return {(entry.table, entry.lane): entry for entry in entries}

    def _first(self, entry: Entry, before: dict[str, int]) -> Entry:
        rows = before.get(entry.table)
        return entry if rows is None else replace(entry, rows_before=rows, created=int(rows == 0))

    def _check(self, table: TablePlan) -> None:
        kind = self._wire.command("TYPE", self._naming.ids(table.name))
        if kind not in (b"none", b"set"):
            raise DatabaseError("TARGET_MISMATCH", f"the key for the ids of {table.name} holds something else than a set")
        if table.name.startswith(CHECKPOINTS) or self._naming.around(table.name)[0].startswith(CHECKPOINTS.encode()):
            raise DatabaseError("TARGET_MISMATCH", f"{table.name} is the name of MockCraft's own keys")

    def _check_names(self, plan: Plan) -> None:
        """Raises `DatabaseError` when a key could be a row of two tables, or our own: one's beginning begins the other's."""
        begins = sorted((self._naming.around(table.name)[0], table.name) for table in plan.tables)
        for (shorter, one), (longer, other) in pairwise(begins):  # in this order what begins another stands before it
            if longer.startswith(shorter):
                message = (
                    f"keys of {one} and of {other} could be the same, since those of the one begin as those of the other do; "
                    "set the tables apart in the URL's option key, such as key={table}:{pk}, or rename one"
                )
                raise DatabaseError("TARGET_INVALID", message)
        for begin, name in begins:
            if CHECKPOINTS.encode().startswith(begin):
                message = f"keys of {name} could be MockCraft's own; write something behind {{table}} in the URL's option key"
                raise DatabaseError("TARGET_INVALID", message)

    def _own(self, mark: Mark, newest: bool = False) -> None:
        """Watch the load's owner until the next transaction. Raises `StaleAttemptError` when it is another.

        With `newest` an older owner will do too.
        """
        _, value = self._wire.commands([("WATCH", _owner(mark.load)), ("GET", _owner(mark.load))])
        owner, attempt = orjson.loads(value) if value else ("", 0)
        mine = (mark.owner, mark.attempt)
        if (owner, attempt) > mine or (not newest and (owner, attempt) != mine):
            self._wire.command("UNWATCH")
            raise StaleAttemptError

    def _commit(self, commands: Iterable[Sequence[str | bytes | int]]) -> list[Any]:
        """A transaction, unless the watched owner has changed. Raises `StaleAttemptError`."""
        sent = [("MULTI",), *commands, ("EXEC",)]
        return done(self._wire.commands(sent)[-1])

    # rows

    def load_block(self, mark: Mark, table: TablePlan, batch: pa.RecordBatch, first_row: int, after: Entry, mode: str) -> int:
        """Rows [first_row, first_row + n) of a table and the checkpoint, in one transaction; the bytes that were sent."""
        keys = row_keys(table, batch, mark.load, first_row)
        if pc.any(pc.equal(keys, pa.scalar(IDS, pa.binary()))).as_py():
            raise DatabaseError("UNENCODABLE_VALUE", f"{table.name}: the key 'ids' is the name of the set of all keys")
        self._own(mark)
        if mode == "upsert":
            self._refuse_others(table, keys)
        else:
            self._refuse_known(table, keys)
        failpoint("loader.mid_block")
        with self._discarding():
            sent = self._send_block(table, batch, keys, clear=mode == "upsert")
            self._wire.command(*_stored(mark.load, replace(after, bytes=after.bytes + sent)))
        failpoint("loader.before_commit")
        done(self._wire.command("EXEC"))
        failpoint("loader.after_commit")
        return sent

    @contextlib.contextmanager
    def _discarding(self) -> Iterator[None]:
        """Gives up the transaction that is open when something in it is refused."""
        try:
            yield
        except DatabaseError:
            with contextlib.suppress(DatabaseError):
                self._wire.command("DISCARD")
            raise

    def _refuse_known(self, table: TablePlan, keys: Array) -> None:
        """Raises `DatabaseError` when a row's key is taken, before anything is written."""
        for at, n in steps(len(keys)):
            self._wire.send(b"".join(map(memoryview, variadic(b"EXISTS", None, self._names(table, keys[at : at + n]), n))))
        known = sum(self._wire.replies(len(list(steps(len(keys))))))
        if known:
            self._wire.command("UNWATCH")
            raise DatabaseError("TARGET_CONFLICT", f"{table.name}: {known:,} {CONFLICT}")

    def _refuse_others(self, table: TablePlan, keys: Array) -> None:
        """Raises `DatabaseError` when a row's key holds what is no row of the table, before anything is written."""
        for at, n in steps(len(keys)):
            part = keys[at : at + n]
            names = self._names(table, part)
            self._wire.send(b"".join(map(memoryview, variadic(b"EXISTS", None, names, n))))
            if not self._wire.replies(1)[0]:
                continue
            asked = [*gather([b"*2\r\n$4\r\nTYPE\r\n", *names], n)]
            asked += variadic(b"SMISMEMBER", self._naming.ids(table.name), key_parts(part, b"", b""), n)
            self._wire.send(b"".join(map(memoryview, asked)))
            *kinds, ours = self._wire.replies(n + 1)
            foreign = sum(kind != b"none" and (kind != b"hash" or not own) for kind, own in zip(kinds, ours, strict=True))
            if foreign:
                self._wire.command("UNWATCH")
                raise DatabaseError("TARGET_CONFLICT", f"{table.name}: {foreign:,} {_FOREIGN}")

    def _names(self, table: TablePlan, keys: Array) -> list[Part]:
        return key_parts(keys, *self._naming.around(table.name))

    def _send_block(self, table: TablePlan, batch: pa.RecordBatch, keys: Array, clear: bool) -> int:
        """MULTI and the commands of all rows; the bytes of it. With `clear` what the keys held is removed first."""
        ids = self._naming.ids(table.name)
        self._wire.command("MULTI")
        sent = commands = 0
        for at, n in steps(batch.num_rows):
            part, some = keys[at : at + n], batch.slice(at, n)
            names = self._names(table, part)
            data, count = hashes(table, some, names)
            cleared = variadic(b"UNLINK", None, names, n) if clear else []
            data = [*cleared, *data, *variadic(b"SADD", ids, key_parts(part, b"", b""), n)]
            for piece in data:
                self._wire.send(piece)
                sent += len(piece)
            commands += count + 1 + clear
        self._wire.replies(commands)
        return sent

    def index(self, mark: Mark, table: TablePlan, after: Entry) -> None:
        """Redis has no indexes; the checkpoint says that there are none to make."""
        self._own(mark)
        self._commit([_stored(mark.load, after)])

    def count(self, table: TablePlan) -> int:
        """Rows of the table."""
        return int(self._wire.command("SCARD", self._naming.ids(table.name)))

    def read(self, table: TablePlan, columns: Sequence[str], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Columns of all rows, in no promised order, in logical types. Raises `DatabaseError` when rows change meanwhile."""
        types = [table.column(name).type for name in columns]
        seen, page = 0, list[Array]()
        for keys in self._scan(table):
            page.append(self._rows(table, keys, columns))
            seen += len(keys)
            if sum(map(len, page)) >= rows:
                yield _batch(page, columns, types)
                page = []
        if page:
            yield _batch(page, columns, types)
        if seen != self.count(table):
            raise DatabaseError("TARGET_BUSY", f"rows of {table.name} came or went while they were read", True)

    def _scan(self, table: TablePlan) -> Iterator[list[bytes]]:
        """The row keys of a table, some thousands at a time."""
        cursor = b"0"
        while True:
            cursor, keys = self._wire.command("SSCAN", self._naming.ids(table.name), cursor, "COUNT", PAGE)
            if keys:
                yield keys
            if cursor == b"0":
                return

    def _rows(self, table: TablePlan, keys: Sequence[bytes], columns: Sequence[str]) -> Array:
        """The texts of rows, a struct of binary fields each."""
        names = [self._naming.key(table.name, key) for key in keys]
        found = self._wire.commands([("HMGET", name, *columns) for name in names])
        arrays = [pa.array(values, pa.binary()) for values in zip(*found, strict=True)]
        return pa.StructArray.from_arrays(arrays, [str(i) for i in range(len(columns))])

    # taking rows away

    def delete(self, table: TablePlan, batch: pa.RecordBatch) -> int:
        """Delete the rows of a batch, by primary key where there is one, else as many equal ones; how many there were."""
        keys = row_keys(table, batch, "", 0).to_pylist() if table.primary_key else list(self._equal(table, batch))
        return sum(self._remove(table, keys[at : at + PAGE]) for at in range(0, len(keys), PAGE))

    def _equal(self, table: TablePlan, batch: pa.RecordBatch) -> Iterator[bytes]:
        """Keys of rows that equal a row of the batch, each row of the batch once. Reads the whole table."""
        names, types = [c.name for c in table.written], [c.type for c in table.written]
        wanted: dict[str, int] = {}
        for row in _rows_of(batch):
            wanted[row] = wanted.get(row, 0) + 1
        for keys in self._scan(table):
            rows = _rows_of(_batch([self._rows(table, keys, names)], names, types))
            for key, row in zip(keys, rows, strict=True):
                if wanted.get(row):
                    wanted[row] -= 1
                    yield key

    def _remove(self, table: TablePlan, keys: Sequence[bytes]) -> int:
        """Delete those rows of these keys that are in the table's set; how many there were."""
        ids = self._naming.ids(table.name)
        if not keys:
            return 0
        there = self._wire.command("SMISMEMBER", ids, *keys)
        ours = [key for key, known in zip(keys, there, strict=True) if known]
        if not ours:
            return 0
        names = [self._naming.key(table.name, key) for key in ours]
        return int(self._commit([("SREM", ids, *ours), ("UNLINK", *names)])[0])

    def _empty(self, table: TablePlan) -> None:
        """Delete all rows of a table, and no other key."""
        for keys in self._scan(table):
            self._remove(table, keys)

    def forget(self, load: str) -> None:
        """Drop the checkpoints of a load."""
        self._wire.command("UNLINK", _owner(load), _lanes(load))


def _owner(load: str) -> str:
    return f"{CHECKPOINTS}:{load}:owner"


def _lanes(load: str) -> str:
    return f"{CHECKPOINTS}:{load}"


def _claim(mark: Mark) -> bytes:
    return orjson.dumps([mark.owner, mark.attempt])


def _stored(load: str, entry: Entry) -> tuple[str, str, bytes, bytes]:
    """The command that stores an entry."""
    return "HSET", _lanes(load), orjson.dumps([entry.table, entry.lane]), orjson.dumps(asdict(entry))


def _batch(pages: Sequence[Array], columns: Sequence[str], types: Sequence[Type]) -> pa.RecordBatch:
    whole = pa.concat_arrays(pages)
    try:
        arrays = [logical(whole.field(i), type_) for i, type_ in enumerate(types)]
    except (pa.ArrowException, ValueError) as error:
        raise DatabaseError("TARGET_MISMATCH", f"a value of {', '.join(columns)} is not of the column's type") from error
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _rows_of(batch: pa.RecordBatch) -> list[str]:
    """Something that is equal for equal rows."""
    return [repr(row) for row in zip(*(array.to_pylist() for array in batch.columns), strict=True)]
