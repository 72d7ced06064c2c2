"""Databases as SQLite files of the data folder: made beside their place, on the disk before they get their name.

A file's mark is its `application_id` (bytes 68 to 71 of the header): a letter, 12 bits of the schema's digest and 12 of the
creation's. A backup that is put back brings an older creation's mark: files of the same schema are ours, whichever made them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from runner.failpoints import failpoint
from runner.platform import durable_sync, sync_folder
from services.common import created
from services.common.databases import Database, DatabaseError, connect
from services.common.databases._sqlite_values import quoted
from services.common.settings import Settings
from services.schemas.drawing import Dialect
from services.schemas.hosting import EXACT_ROWS, Facts, Making, NameTakenError, NotOursError, StatementError, TableFacts, about

BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""
_LETTER: Final = 0x4D
_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND name NOT LIKE '\\_mockcraft\\_%' ESCAPE '\\' ORDER BY 1"
)


class SqliteHost:
    """Implements `Host`."""

    dialect: Dialect = "sqlite"
    place = "sqlite"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = created.folder(settings)

    def ping(self) -> None:
        """See `Host`."""
        with _disk():
            self.folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "the folder cannot be written")

    def url(self, name: str) -> str:
        """See `Host`."""
        return created.database_url(self._settings, name)

    def names(self) -> frozenset[str]:
        """See `Host`."""
        return frozenset(file.stem.lower() for file in self.folder.glob(f"*{created.SUFFIX}"))

    def exists(self, name: str) -> bool:
        """See `Host`."""
        return self._file(name).exists()

    def marks(self) -> bool:
        """See `Host`."""
        return True

    def make(self, making: Making, statements: Sequence[str], over: Making | None = None) -> None:
        """See `Host`."""
        if over is None and self.exists(making.name):
            raise NameTakenError(making.name)
        part = self._part(making)
        with _opened(part) as database:
            failpoint("schemas.database_made")
            database.execute(f"PRAGMA application_id = {_number(making)}")
            with database.transaction():
                for statement in statements:
                    _run(database, statement)
                    failpoint("schemas.statement")
        with _disk():
            _sync(part)

    def publish(self, making: Making, over: Making | None = None) -> None:
        """See `Host`."""
        part, file = self._part(making), self._file(making.name)
        with _disk():
            if over is not None:
                self.drop(over)
            if not file.exists():
                _remove_beside(file)
            _place(part, file)
            sync_folder(self.folder)

    def undo(self, making: Making, made: bool = False) -> None:
        """See `Host`."""
        file, part = self._file(making.name), self._part(making)
        with _disk():
            if _mark(file) == _number(making) and _may_be_one(part, file):
                _remove(file)
            _remove(part)

    def owns(self, making: Making) -> bool:
        """See `Host`."""
        with _disk():
            return _of_schema(_mark(self._file(making.name)), making)

    def drop(self, making: Making) -> bool:
        """See `Host`."""
        file = self._file(making.name)
        with _disk():
            found = _mark(file)
            if found is None:
                return False
            if not _of_schema(found, making):
                raise NotOursError(making.name)
            _remove(file)
        return True

    def facts(self, name: str, exact_rows: int = EXACT_ROWS) -> Facts:
        """See `Host`."""
        file = self._file(name)
        if not file.is_file():
            raise DatabaseError("TARGET_NOT_FOUND", f"there is no database {name}")
        left, tables = exact_rows, []
        with _opened(file) as database:
            for (table,) in database.query(_TABLES):
                ((rows,),) = database.query(f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table)} LIMIT {left + 1})")  # noqa: S608
                exact = int(rows) <= left
                tables.append(TableFacts(table, int(rows) if exact else max(int(rows), _highest(database, table)), exact))
                left = max(0, left - int(rows))
        return Facts(tuple(tables), sum(_size(path) for path in (file, *_beside(file))))

    def _file(self, name: str) -> Path:
        return self.folder / (created.checked_name(name) + created.SUFFIX)

    def _part(self, making: Making) -> Path:
        return self.folder / f".{making.temporary}{created.SUFFIX}"


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Database]:
    database = cast("Database", connect(f"sqlite:///{file}"))
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Errors of the file system as `DatabaseError`, without paths."""
    try:
        yield
    except OSError as error:
        full = error.errno == 28
        code = "DISK_FULL" if full else "TARGET_UNAVAILABLE"
        raise DatabaseError(code, f"the folder of created databases cannot be used: {error.strerror}", not full) from None


def _number(making: Making) -> int:
    return (_LETTER << 24) | (_bits(making.schema) << 12) | _bits(making.attempt)


def _bits(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=2).digest(), "big") & 0xFFF


def _of_schema(mark: int | None, making: Making) -> bool:
    return mark is not None and mark >> 12 == _number(making) >> 12


def _may_be_one(part: Path, file: Path) -> bool:
    """Whether `file` can have been `part`, which is linked to it or gone when it got its name."""
    return not part.exists() or part.samefile(file)


def _mark(file: Path) -> int | None:
    """The mark of a file, 0 where it has none; None when there is no file.

    By SQLite: whoever opens and closes such a file himself drops the locks that connections of this process have on it.
    """
    if not file.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as database:
            ((mark,),) = database.execute("PRAGMA application_id")
            return int(mark) & 0xFFFFFFFF
    except sqlite3.Error:  # damaged, no database, or gone meanwhile
        return 0 if file.exists() else None


def _run(database: Database, statement: str) -> None:
    try:
        database.execute(statement)
    except DatabaseError as error:
        raise StatementError(about(statement), error) from None


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        durable_sync(opened.fileno())


def _place(part: Path, file: Path) -> None:
    """Give a file its name, which nobody else may have. Raises `NameTakenError`."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise NameTakenError(file.stem) from None
    except OSError:  # a file system without links
        if file.exists():
            raise NameTakenError(file.stem) from None
        part.rename(file)
        return
    part.unlink()


def _remove(file: Path) -> None:
    """Remove a database and what is beside it; a file that is half gone never has the database's name."""
    if not file.parent.is_dir():
        return
    aside = file.with_name(f".{file.stem}.gone")
    with contextlib.suppress(FileNotFoundError):
        file.replace(aside)
    _remove_beside(file)
    aside.unlink(missing_ok=True)
    sync_folder(file.parent)


def _remove_beside(file: Path) -> None:
    for path in _beside(file):
        path.unlink(missing_ok=True)


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + end) for end in BESIDE]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _highest(database: Database, table: str) -> int:
    """The largest row number of a table, roughly how many rows it has; 0 where rows have none."""
    try:
        return int(database.query(f"SELECT max(rowid) FROM {quoted(table)}")[0][0] or 0)  # noqa: S608 - quoted
    except DatabaseError:
        return 0
