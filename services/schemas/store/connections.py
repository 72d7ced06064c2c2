"""The database of the store: opened at first use, brought up to date, read and written in transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, QueuePool, Text, cast, literal, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from services.common.engines import follow_file, postgres_engine, sqlite_engine
from services.common.errors import MockcraftError, unavailable
from services.schemas.store.errors import DATABASE_ERROR, does_not_answer
from services.schemas.store.model import Pool

CONNECTIONS: Final = 8
_NOW: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}
"""Milliseconds since 1970 by the database's clock."""


class Connections:
    """See the module. `url` is `sqlite:///FILE` or `postgresql://…`; safe to use from many threads."""

    def __init__(self, url: str) -> None:
        self._url = parsed(url)
        self.dialect = self._url.get_backend_name()
        self._opening, self._writing = threading.Lock(), threading.Lock()
        self._engine: Engine | None = None

    def open(self) -> Engine:
        """The engine, its database at the newest revision. Raises `MockcraftError` DATABASE_ERROR."""
        from services.schemas.migrations import upgrade  # which knows the store's tables

        with self._opening:
            if self._engine is None:
                with told():
                    upgrade(self._url)
                    self._engine = self._connect()
            return self._engine

    def _connect(self) -> Engine:
        if self.dialect == "sqlite":
            engine = sqlite_engine(self._url.database or "", CONNECTIONS, foreign_keys=True)
            follow_file(engine, self._url.database or "")
            return engine
        return postgres_engine(self._url, CONNECTIONS)

    def close(self) -> None:
        """Let go of every connection; the next use opens it anew."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads. Raises `MockcraftError` DATABASE_ERROR."""
        engine = self.open()
        with told(), engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `MockcraftError` DATABASE_ERROR; an `IntegrityError` stays one."""
        engine = self.open()
        if self.dialect != "sqlite":
            with told(), engine.begin() as connection:
                yield connection
            return
        with self._writing, told(), engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            yield connection

    def pool(self) -> Pool:
        """Connections that are kept, and in use."""
        pool = self._engine.pool if self._engine is not None else None
        return Pool(CONNECTIONS, pool.checkedout()) if isinstance(pool, QueuePool) else Pool(CONNECTIONS, 0)

    @property
    def now(self) -> ColumnElement[int]:
        """Milliseconds since 1970 by the database's clock, in SQL."""
        return text(_NOW[self.dialect])  # type: ignore[return-value]

    def document(self, value: str) -> ColumnElement[Any]:
        """A JSON text as a column that holds documents takes it."""
        return cast(literal(value, Text), JSONB) if self.dialect == "postgresql" else literal(value, Text)

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A document as it is stored: text, or bytes from SQLite, which may hold what is no text."""
        return cast(column, LargeBinary if self.dialect == "sqlite" else Text)


def parsed(url: str) -> Any:
    """The URL of a store. Raises `MockcraftError` DATABASE_ERROR, which does not show it."""
    try:
        found = make_url(url)
        known = found.get_backend_name() in _NOW
    except (ArgumentError, ValueError):
        known = False
    if not known or (found.get_backend_name() == "sqlite" and found.database in (None, "", ":memory:")):
        raise unavailable(
            DATABASE_ERROR,
            "The URL of the schema store is not one of sqlite:///FILE or postgresql://…",
            "It is the setting schemas_url (MOCKCRAFT_SCHEMAS_URL).",
        )
    return found


@contextmanager
def told() -> Iterator[None]:
    """Errors of the database as DATABASE_ERROR, their reason in the log alone."""
    try:
        yield
    except (MockcraftError, IntegrityError):
        raise
    except (SQLAlchemyError, OSError) as error:
        raise does_not_answer(error) from None
