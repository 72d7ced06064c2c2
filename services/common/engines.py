"""Connections to the databases that MockCraft keeps its own records in: SQLite files or PostgreSQL.

SQLite: WAL, synchronous=FULL, a file for its owner alone, and transactions that begin as the execution option `begin`
says (`BEGIN IMMEDIATE` for whatever writes: an upgraded read would get BUSY).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

BUSY_SECONDS = 30
CONNECT_SECONDS = 10


def sqlite_engine(database: str, connections: int, foreign_keys: bool = False) -> Engine:
    """Connections to a file, which is made where it is missing. Raises `OSError`."""
    path = Path(database).absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):  # a file that is there is not opened: closing it would drop the locks SQLite has on it here
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    path.chmod(0o600)  # -wal and -shm take its mode
    url = URL.create("sqlite", database=str(path))
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(url, connect_args=arguments, pool_size=connections)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(str(connection.get_execution_options().get("begin", "BEGIN")))

    return engine


def follow_file(engine: Engine, database: str) -> None:
    """Let an SQLite engine use what lies under its path, though somebody drops the file and makes another.

    Connections to a file that is gone, which nobody else sees, are used no more; while there is none, no connection is
    to be had (`FileNotFoundError`), and none is made.
    """
    path = Path(database).absolute()

    @event.listens_for(engine, "do_connect")
    def there(*_: Any) -> None:
        _identity(path)

    @event.listens_for(engine, "connect")
    def note(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != _identity(path):
            raise DisconnectionError


def _identity(path: Path) -> tuple[int, int]:
    """Which file lies under a path. Raises `FileNotFoundError`."""
    found = path.stat()
    return found.st_dev, found.st_ino


def postgres_engine(url: URL, connections: int, pool_seconds: float = 10) -> Engine:
    """Connections to a server; nothing is connected yet. A wait for a free one ends after `pool_seconds`."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=connections,
        pool_timeout=pool_seconds,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
