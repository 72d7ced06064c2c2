"""Backups of SQLite files: a consistent copy by SQLite's own backup API, restored the same way.

The canonical text of a row, which digests are of, is its cells with a tab between them: `N` for null, `I` and the
digits of an integer, `R` and 17 significant digits of a real, `T` and the hexadecimal bytes of a text (in the
database's encoding), `B` and those of a blob.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from runner.pieces import binary
from services.common.databases import DatabaseError
from services.common.databases.digest import Digest, digest_of_texts
from services.common.databases.dumps import Contents, Dumped, Parts, State, Store, Tell

PART: Final = "database.sqlite"
PAGES: Final = 4096  # copied at a time
ROWS: Final = 16_384  # digested at a time
CHUNK: Final = 1 << 20
BUSY_SECONDS: Final = 30.0
_SCRATCH: Final = ".mockcraft-scratch-"


class SqliteDumping:
    """One SQLite file. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cancelled = threading.Event()

    def close(self) -> None:
        """Let go."""

    def cancel(self) -> None:
        """End what is under way."""
        self._cancelled.set()

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Copy the file while others use it, write the copy as a part, digest the copy."""
        if not self.path.exists():
            raise DatabaseError("TARGET_NOT_FOUND", f"there is no SQLite file {self.path.name}")
        with self._workspace() as folder, _translated():
            copy = folder / "copy"
            with self._connected(self.path) as source, self._connected(copy) as target:
                moment = datetime.now(UTC)
                self._copy(source, target, "copy", tell)
            with parts.part(PART) as part:
                for piece in self._pieces(copy, tell):
                    part.write(piece)
            state = SqliteDumping(copy)._read(tell, True, self._cancelled)
        return Dumped(state, "copy", moment, sqlite3.sqlite_version, "sqlite backup API", sqlite3.sqlite_version)

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the file back."""
        with _translated():
            return self._read(tell, digests, self._cancelled)

    def _read(self, tell: Tell, digests: bool, cancelled: threading.Event) -> State:
        with self._connected(self.path) as connection:
            connection.execute("BEGIN")
            schema = dict(connection.execute(_SCHEMA).fetchall())
            names = [name for (name,) in connection.execute(_TABLES)]
            tables = []
            for at, name in enumerate(names):
                _stop(cancelled)
                tell("digest" if digests else "count", at, len(names))
                tables.append(_digested(connection, name, cancelled) if digests else _counted(connection, name))
            return State(tuple(tables), _counters(connection), schema)

    def is_empty(self) -> bool:
        """Whether there is no table, view or trigger but our own."""
        if not self.path.exists():
            return True
        with _translated(), self._connected(self.path) as connection:
            return all(" _mockcraft_" in label for label, _ in connection.execute(_SCHEMA))

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Check the copy that the dump holds, then write it over the file in one transaction of SQLite's."""
        if list(store.names()) != [PART]:
            raise DatabaseError("TARGET_MISMATCH", f"a backup of an SQLite file holds one part, {PART}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._workspace() as folder, _translated():
            copy = folder / "copy"
            with copy.open("wb") as file:
                for piece in store.read(PART):
                    _stop(self._cancelled)
                    file.write(piece)
            with self._connected(copy) as source:
                self._checked(source)
                with self._connected(self.path) as target:
                    target.execute("PRAGMA synchronous = FULL")
                    self._copy(source, target, "restore", tell, pages=-1)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[SqliteDumping]:
        """A file in a folder of our own."""
        with self._workspace() as folder:
            yield SqliteDumping(folder / "scratch.db")

    @contextlib.contextmanager
    def _workspace(self) -> Iterator[Path]:
        """A folder beside the file, removed at the end; those that killed runs left are removed too."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for left in self.path.parent.glob(f"{_SCRATCH}*"):
            if not _running(left.name.removeprefix(_SCRATCH).partition("-")[0]):
                _remove(left)
        with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-", dir=self.path.parent) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def _connected(self, path: Path) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection, phase: str, tell: Tell, pages: int = PAGES) -> None:
        size = source.execute("PRAGMA page_size").fetchone()[0]

        def progress(_status: int, remaining: int, total: int) -> None:
            _stop(self._cancelled)
            tell(phase, (total - remaining) * size, total * size)

        source.backup(target, pages=pages, progress=progress, sleep=0.01)

    def _pieces(self, copy: Path, tell: Tell) -> Iterator[bytes]:
        done, size = 0, copy.stat().st_size
        with copy.open("rb") as file:
            while piece := file.read(CHUNK):
                _stop(self._cancelled)
                done += len(piece)
                tell("dump", done, size)
                yield piece

    @staticmethod
    def _checked(source: sqlite3.Connection) -> None:
        problems = [text for (text,) in source.execute("PRAGMA integrity_check(5)")]
        if problems != ["ok"]:
            raise DatabaseError("TARGET_INVALID", f"the file in the backup is damaged: {'; '.join(problems)[:300]}")


_SCHEMA: Final = (
    "SELECT type || ' ' || name AS label, coalesce(tbl_name || ': ' || sql, tbl_name) AS text FROM sqlite_master "
    "WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _counted(connection: sqlite3.Connection, table: str) -> Contents:
    (rows,) = connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()  # noqa: S608 - quoted
    return Contents(table, rows, "")


def _digested(connection: sqlite3.Connection, table: str, cancelled: threading.Event) -> Contents:
    columns = [row[0] for row in connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (table,))]
    cursor = connection.execute(f"SELECT {_canonical(columns)} FROM {_quoted(table)}")  # noqa: S608 - quoted
    total = Digest()
    while rows := cursor.fetchmany(ROWS):
        _stop(cancelled)
        total += digest_of_texts(binary(pa.array([text for (text,) in rows], pa.string())))
    return Contents(table, total.rows, str(total))


def _canonical(columns: Sequence[str]) -> str:
    cells = [
        f"CASE typeof({c}) WHEN 'null' THEN 'N' WHEN 'integer' THEN 'I' || {c} WHEN 'real' THEN 'R' || printf('%!.17g', {c}) "
        f"WHEN 'text' THEN 'T' || hex({c}) ELSE 'B' || hex({c}) END"
        for c in map(_quoted, columns)
    ]
    return " || char(9) || ".join(cells)


def _counters(connection: sqlite3.Connection) -> dict[str, int]:
    known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone()[0]
    return {name: seq + 1 for name, seq in connection.execute("SELECT name, seq FROM sqlite_sequence")} if known else {}


def _stop(cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise DatabaseError("CANCELLED", "stopped on request")


def _running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        said = str(error)
        if "locked" in said or "busy" in said:
            raise DatabaseError("TARGET_BUSY", "another program holds the database", retryable=True) from error
        if "full" in said:
            raise DatabaseError("DISK_FULL", "the disk is full") from error
        damaged = "not a database" in said or "malformed" in said
        raise DatabaseError("TARGET_INVALID" if damaged else "TARGET_FAILED", said[:300]) from error
