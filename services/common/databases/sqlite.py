"""SQLite files, through ADBC: blocks go in as Arrow record batches, several times as fast as `executemany`.

Only one SQLite library may have a file open in one process (POSIX locks): nothing is opened with `sqlite3` here.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import adbc_driver_manager
import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa

from runner.plan import Reference
from runner.types import Type
from services.common.databases import (
    CONFLICT,
    Broken,
    Counter,
    DatabaseError,
    Rules,
    StoredColumn,
    Suspension,
    TargetRefusedError,
)
from services.common.databases._keys import span
from services.common.databases._sqlite_values import affinity, example, logical, quoted, selected, stored
from services.common.databases.dumps import Dumping

SCHEMES: Final = ("sqlite", "sqlite+pysqlite")
_FETCHED: Final = 65_536  # rows handed out at once
_STAGE: Final = 'temp."_mockcraft_rows"'
PRAGMAS: Final = (
    "busy_timeout = 30000",  # milliseconds to wait for another writer
    "synchronous = FULL",  # a commit is on the disk when it returns
    "foreign_keys = OFF",  # checked as a whole after the load
    "cache_size = -65536",  # KiB; sorting for an index goes to temporary files beyond as much
)


def check(url: str, rules: Rules) -> str:
    """The URL with an absolute path. Raises `TargetRefusedError`."""
    rest = url.partition(":")[2]
    place, question, _ = rest.partition("?")
    if question:
        raise TargetRefusedError("Options in the URL of an SQLite target are not accepted.")
    if not place.startswith("///") or "\0" in place:
        example = "Write sqlite:///shop.db, or sqlite:////data/shop.db for an absolute path."
        raise TargetRefusedError("An SQLite target has no host.", "TARGET_INVALID", example)
    name = place[3:]
    if name in ("", ":memory:") or name.startswith("file:"):
        raise TargetRefusedError("An SQLite target must be a file.", "TARGET_INVALID", "Write sqlite:///shop.db.")
    return f"sqlite:///{_allowed(name, rules)}"


def _allowed(name: str, rules: Rules) -> Path:
    path = (rules.base / name).resolve()
    if rules.inside and not path.is_relative_to(rules.base.resolve()):
        raise TargetRefusedError("SQLite targets in requests must lie inside the data folder.")
    if path in {reserved.resolve() for reserved in rules.reserved}:
        raise TargetRefusedError("This file is MockCraft's own job store, not a target.")
    return path


def connect(url: str) -> SqliteDatabase:
    """Open the file of a checked URL, creating it and its folder. Raises `DatabaseError`."""
    return SqliteDatabase(Path(url.removeprefix("sqlite:///")))


def dumping(url: str) -> Dumping:
    """The file of a checked URL, for backup and restore."""
    from services.common.databases._dump_sqlite import SqliteDumping

    return SqliteDumping(Path(url.removeprefix("sqlite:///")))


class SqliteDatabase:
    """One connection to an SQLite file. Commits are durable."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        with _translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = adbc.connect(str(path), autocommit=True)
        self._cursor = self._connection.cursor()
        try:
            for pragma in PRAGMAS:
                self.query(f"PRAGMA {pragma}")
            self.query("SELECT count(*) FROM sqlite_master")
        except DatabaseError:
            self.close()
            raise

    def close(self) -> None:
        """Let go; an open transaction is undone."""
        self._cursor.close()
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in it happens, durably, or nothing does. Takes the write lock at once."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(DatabaseError):
                self.execute("ROLLBACK")
            raise

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?`."""
        with _translated():
            self._cursor.execute(sql, tuple(params) or None)

    def run_script(self, sql: str) -> None:
        """Several statements, each ended by `;` and a line break."""
        statement = ""
        for line in sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self.execute(statement)
                statement = ""

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with _translated():
            self._cursor.execute(sql, tuple(params) or None)
            return [tuple(row) for row in self._cursor.fetchall()]

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it changed."""
        self.execute(sql, params)
        return int(self.query("SELECT changes()")[0][0])

    def columns(self, table: str) -> tuple[StoredColumn, ...]:
        """The columns of a table that can be written; empty when there is no such table."""
        rows = self.query('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?) WHERE hidden = 0', (table,))
        return tuple(
            StoredColumn(name, declared or "", bool(notnull) and default is None and not pk)
            for name, declared, notnull, default, pk in rows
        )

    def source(self, table: str) -> str:
        """What stands behind FROM to read a table."""
        return quoted(table)

    def insert(self, table: str, batch: pa.RecordBatch, types: Sequence[Type], key: Sequence[str] = ()) -> int:
        """Add the rows of a batch (logical types); the bytes that were sent, roughly.

        With `key`, rows that are there by those columns are overwritten.
        """
        ready = self._stored(table, batch, types)
        with _translated():
            if key:
                self._cursor.executemany(upsert_sql(table, ready.schema.names, key), ready)
            else:
                self._cursor.adbc_ingest(table, ready, mode="append")
        return int(ready.nbytes)

    def _stored(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> pa.RecordBatch:
        """The batch as this table keeps it. Raises `DatabaseError` when a column is not there."""
        declared = {c.name.lower(): c.declared for c in self.columns(table)}
        names = batch.schema.names
        lost = [name for name in names if name.lower() not in declared]
        if lost:
            raise DatabaseError("TARGET_MISMATCH", f"the table {table} is gone, or has no column {', '.join(lost)} any more")
        arrays = [
            stored(array, type_, affinity(declared[name.lower()]))
            for array, type_, name in zip(batch.columns, types, names, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, names=names)

    def read(self, table: str, names: Sequence[str], types: Sequence[Type], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """All rows of a table, in logical types. A row of constants comes first: the driver guesses types from it."""
        return self._selected(quoted(table), names, types, rows)

    def _selected(self, source: str, names: Sequence[str], types: Sequence[Type], rows: int) -> Iterator[pa.RecordBatch]:
        examples = ", ".join(example(t) for t in types)
        columns = ", ".join(selected(n, t) for n, t in zip(names, types, strict=True))
        sql = f"SELECT {examples} UNION ALL SELECT {columns} FROM {source}"  # noqa: S608 - quoted
        skip = 1
        with _translated(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(rows)})
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                arrays = [logical(a.slice(skip), t) for a, t in zip(batch.columns, types, strict=True)]
                skip = 0
                if len(arrays[0]):
                    yield pa.RecordBatch.from_arrays(arrays, names=list(names))

    def fetch(
        self, table: str, keys: pa.RecordBatch, key_types: Sequence[Type], names: Sequence[str], types: Sequence[Type]
    ) -> Iterator[pa.RecordBatch]:
        """Rows by their keys, or of the range that the keys lie in; streamed, to be read to its end."""
        ready = self._stored(table, keys, key_types)
        ends = span(ready) if self._is_whole(table, keys.schema.names[0]) else None
        if ends:
            source = f"{quoted(table)} WHERE {quoted(keys.schema.names[0])} BETWEEN {ends[0]} AND {ends[1]}"
            yield from self._selected(source, names, types, _FETCHED)
            return
        by = ", ".join(map(quoted, ready.schema.names))
        with self._staged(table, ready):
            source = f"{quoted(table)} WHERE ({by}) IN (SELECT {by} FROM {_STAGE})"  # noqa: S608 - quoted
            yield from self._selected(source, names, types, _FETCHED)

    def _is_whole(self, table: str, name: str) -> bool:
        """Whether a column keeps whole numbers as numbers."""
        return any(affinity(c.declared) in ("INTEGER", "NUMERIC") for c in self.columns(table) if c.name.lower() == name.lower())

    def kept(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> Iterator[pa.RecordBatch]:
        """The rows of a batch as the table would give them back; to be read to its end."""
        with self._staged(table, self._stored(table, batch, types)):
            yield from self._selected(_STAGE, batch.schema.names, types, _FETCHED)

    @contextlib.contextmanager
    def _staged(self, table: str, ready: pa.RecordBatch) -> Iterator[None]:
        """Rows in a temporary table with the columns' affinities."""
        names, places = ", ".join(map(quoted, ready.schema.names)), ", ".join("?" for _ in ready.schema.names)
        self.execute(f"DROP TABLE IF EXISTS {_STAGE}")
        self.execute(f"CREATE TEMPORARY TABLE {_STAGE.removeprefix('temp.')} AS SELECT {names} FROM {quoted(table)} LIMIT 0")  # noqa: S608
        with _translated():
            self._cursor.executemany(f"INSERT INTO {_STAGE} ({names}) VALUES ({places})", ready)  # noqa: S608 - quoted
        yield
        self.execute(f"DROP TABLE {_STAGE}")

    def delete(self, table: str, keys: pa.RecordBatch, types: Sequence[Type]) -> int:
        """Delete a row that equals it for each row of `keys`, null being equal to null; how many there were."""
        ready = self._stored(table, keys, types)
        if not self._unique(table, ready):
            return self._delete_copies(table, ready)
        tests = [f"{quoted(n)} {'IS' if a.null_count else '='} ?" for n, a in zip(ready.schema.names, ready.columns, strict=True)]
        before = self.query("SELECT total_changes()")[0][0]
        with _translated():
            self._cursor.executemany(f"DELETE FROM {quoted(table)} WHERE {' AND '.join(tests)}", ready)  # noqa: S608 - quoted
        return int(self.query("SELECT total_changes()")[0][0] - before)

    def _unique(self, table: str, keys: pa.RecordBatch) -> bool:
        """Whether no two rows of the table can equal one of these keys."""
        given = {n.lower() for n, a in zip(keys.schema.names, keys.columns, strict=True) if not a.null_count}
        found = [{str(name).lower() for (name,) in self.query("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (table,))}]
        for (index,) in self.query('SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial', (table,)):
            found.append({str(name).lower() for (name,) in self.query("SELECT name FROM pragma_index_info(?)", (index,))})
        return any(columns and columns <= given for columns in found)

    def _delete_copies(self, table: str, keys: pa.RecordBatch) -> int:
        """As many copies of each row as there are among the keys, the youngest first."""
        taken = {c.name.lower() for c in self.columns(table)}
        rowid = next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "rowid")
        names = [quoted(n) for n in keys.schema.names]
        by, same = ", ".join(names), " AND ".join(f"k.{n} IS t.{n}" for n in names)
        groups = f"(SELECT {by}, min(rowid) AS _mockcraft_key, count(*) AS _mockcraft_copies FROM {_STAGE} GROUP BY {by})"  # noqa: S608
        numbered = (
            f"SELECT t.{rowid} AS place, k._mockcraft_copies AS copies,"  # noqa: S608 - quoted
            f" row_number() OVER (PARTITION BY k._mockcraft_key ORDER BY t.{rowid} DESC) AS nth"
            f" FROM {quoted(table)} AS t JOIN {groups} AS k ON {same}"
        )
        with self._staged(table, keys):
            where = f"{rowid} IN (SELECT place FROM ({numbered}) WHERE nth <= copies)"  # noqa: S608 - quoted
            return self.update(f"DELETE FROM {quoted(table)} WHERE {where}")  # noqa: S608 - quoted

    def empty(self, tables: Sequence[str]) -> None:
        """Delete all rows of these tables, and of no other."""
        for table in tables:
            self.execute(f"DELETE FROM {quoted(table)}")  # noqa: S608 - quoted

    def suspension(self, table: str, reference: Reference) -> Suspension | None:
        """None: this connection checks no references (`foreign_keys = OFF`)."""
        return None

    def move_counters(self, tables: Sequence[str]) -> list[Counter]:
        """Set the counters of AUTOINCREMENT columns past the largest keys (never back); where they are now."""
        if not self.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
            return []
        return [counter for table in tables for counter in self._moved(table)]

    def _moved(self, table: str) -> Iterator[Counter]:
        sql = f"UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(rowid) FROM {quoted(table)}), 0)) WHERE name = ?"  # noqa: S608
        self.execute(sql, (table,))
        for (at,) in self.query("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)):
            ((column,),) = self.query("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (table,))
            yield Counter(table, column, int(at) + 1)

    def broken_references(self, tables: Sequence[str] = ()) -> list[Broken]:
        """Every reference of the database that does not hold, by table and parent (`PRAGMA foreign_key_check`)."""
        sql = 'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2'
        return [Broken(*row) for row in self.query(sql)]


def upsert_sql(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """INSERT that overwrites the row with the same key."""
    places = ", ".join("?" for _ in columns)
    others = [c for c in columns if c not in key]
    assignments = ", ".join(f"{quoted(c)} = excluded.{quoted(c)}" for c in others)
    action = f"DO UPDATE SET {assignments}" if others else "DO NOTHING"
    names, keys = ", ".join(map(quoted, columns)), ", ".join(map(quoted, key))
    return f"INSERT INTO {quoted(table)} ({names}) VALUES ({places}) ON CONFLICT ({keys}) {action}"  # noqa: S608 - quoted


_MEANINGS: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("database is locked", "TARGET_BUSY", "another program holds the database", True),
    ("UNIQUE constraint failed", "TARGET_CONFLICT", CONFLICT, False),
    ("constraint failed", "TARGET_CONSTRAINT", "the table refuses a row", False),
    ("disk is full", "DISK_FULL", "the disk is full; free some space and resume", False),
    ("disk I/O error", "TARGET_FAILED", "the disk failed", True),
    ("not a database", "TARGET_INVALID", "the file is not an SQLite database", False),
    ("malformed", "TARGET_INVALID", "the database file is damaged", False),
    ("readonly database", "TARGET_READ_ONLY", "the database cannot be written", False),
    ("open", "TARGET_UNAVAILABLE", "the database file cannot be opened", False),
    ("cannot store", "TARGET_MISMATCH", "a strict table refuses a value", False),
    ("no such column", "TARGET_MISMATCH", "the table changed", False),
    ("no such table", "TARGET_MISMATCH", "the table is gone", False),
    ("does not match any PRIMARY KEY", "TARGET_MISMATCH", "the table has no such unique key", False),
)
"""What SQLite says, our code, our sentence, whether another attempt may help."""


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Errors of the driver and the file system as `DatabaseError`."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        said = _plain(str(error))
        for part, code, sentence, retryable in _MEANINGS:
            if part in said:
                raise DatabaseError(code, f"{sentence} ({said})", retryable) from error
        raise DatabaseError("TARGET_FAILED", said, False) from error
    except OSError as error:
        raise DatabaseError("TARGET_UNAVAILABLE", f"the folder of the database cannot be made: {error.strerror}") from error


def _plain(text: str) -> str:
    """The driver's message without its prefixes and without the statement."""
    line = re.sub(r"^[A-Z_]+: (\[SQLite\] )?", "", text.splitlines()[0]) if text else ""
    return re.sub(r"^[Ff]ailed to \w+( query)?: ", "", line)[:500]
