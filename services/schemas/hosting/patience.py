"""A connection to PostgreSQL that is given up when its server is silent for longer than a statement may take.

`statement_timeout` is the server's own promise: one that has stopped, or a network that swallows everything, does not keep it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from services.common.databases import DatabaseError
from services.common.databases.postgresql.database import PostgresDatabase

SLACK_SECONDS: Final = 5.0
"""How much longer the connection waits than the server works."""


class Patient:
    """The part of `Database` that hosts use, each statement with an end."""

    def __init__(self, database: PostgresDatabase, seconds: float) -> None:
        self._database, self._seconds = database, seconds + SLACK_SECONDS

    def execute(self, sql: str) -> None:
        """One statement. Raises `DatabaseError`."""
        with self._limit():
            self._database.execute(sql)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement. Raises `DatabaseError`."""
        with self._limit():
            return self._database.query(sql, params)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in it happens, durably, or nothing does."""
        self.execute("BEGIN")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(DatabaseError):
                self.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        timer = threading.Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        """End the connection under whoever waits for it, who gets an error then."""
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._database.session.connection.fileno())) as other:
            other.shutdown(socket.SHUT_RDWR)
