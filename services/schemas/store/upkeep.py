"""What is done to the store as a whole: make it, look at it, take it away. For the command line; no service calls this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, func, inspect, select, text
from sqlalchemy.exc import OperationalError

from services.common.engines import CONNECT_SECONDS
from services.common.errors import unavailable
from services.common.redaction import redact
from services.schemas.migrations import HEAD, current, downgrade, upgrade
from services.schemas.migrations.moving import alone, connected
from services.schemas.store.connections import parsed, told
from services.schemas.store.errors import DATABASE_ERROR
from services.schemas.store.tables import VERSION_TABLE, metadata, schemas

MAINTENANCE: Final = "postgres"
"""The database of a PostgreSQL server that is there before others are."""
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class State:
    """A store: where it is (without its password), whether it is there, its revision and the newest; `none` for none."""

    place: str
    exists: bool
    revision: str
    newest: str
    schemas: int = 0
    deleted: int = 0
    with_database: int = 0


class Upkeep:
    """Of the store at `url`. Methods raise `MockcraftError` DATABASE_ERROR."""

    def __init__(self, url: str) -> None:
        self._url: URL = parsed(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"

    @property
    def place(self) -> str:
        """Where the store is, without its password."""
        return redact(self._url.render_as_string(hide_password=True))

    def exists(self) -> bool:
        """Whether the database is there, with or without tables."""
        if self._sqlite:
            return _file(self._url).exists()
        with told(), _maintenance(self._url) as connection:
            return connection is None or _has(connection, self._url)

    def create(self) -> bool:
        """Make the empty database where there is none; whether there was none."""
        if self.exists():
            return False
        if self._sqlite:
            with told(), connected(self._url):
                return True
        with told(), _maintenance(self._url) as connection:
            assert connection is not None  # else it were there
            quoted = connection.dialect.identifier_preparer.quote_identifier(self._url.database or "")
            connection.execute(text(f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0"))
        return True

    def migrate(self) -> tuple[str, str]:
        """Bring the tables to the newest revision: the one before and the one after. Makes no PostgreSQL database."""
        self._need()
        with told():
            before = current(self._url) or NONE
            upgrade(self._url)
            return before, current(self._url) or NONE

    def reset(self) -> None:
        """Take every revision back, and with them all that is stored, then bring the tables to the newest."""
        self._need()
        with told():
            downgrade(self._url)
            upgrade(self._url)

    def _need(self) -> None:
        if not self._sqlite and not self.exists():
            raise unavailable(
                DATABASE_ERROR, "The database of the schema store does not exist.", "`mockcraft db create` makes it."
            )

    def drop(self) -> bool:
        """Drop the store's tables and, where nothing else is in it, SQLite's file; whether there was anything.

        A PostgreSQL database stays: others may have rights and settings in it.
        """
        if not self.exists():
            return False
        with told(), connected(self._url) as engine:
            with alone(engine) as connection:
                ours = {*metadata.tables, VERSION_TABLE} & set(inspect(connection).get_table_names())
                metadata.drop_all(connection)
                connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
            empty = self._sqlite and not _tables(engine)
        if empty:
            for end in ("", "-wal", "-shm", "-journal"):
                _file(self._url, end).unlink(missing_ok=True)
        return bool(ours) or empty

    def state(self) -> State:
        """What there is; makes nothing."""
        if not self.exists():
            return State(self.place, False, NONE, HEAD)
        with told(), connected(self._url) as engine, engine.connect() as connection:
            revision = current(self._url) or NONE
            counted = {} if not inspect(connection).has_table("schemas") else _counts(connection)
        return State(self.place, True, revision, HEAD, **counted)


def _counts(connection: Connection) -> dict[str, int]:
    live = schemas.c.deleted_at.is_(None)
    made = schemas.c.status == "ready"

    def count(*conditions: object) -> int:
        return int(connection.execute(select(func.count()).select_from(schemas).where(*conditions)).scalar_one())  # type: ignore[arg-type]

    return {"schemas": count(live), "deleted": count(~live), "with_database": count(live, made)}


def _tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [name for name in inspect(connection).get_table_names() if not name.startswith("sqlite_")]


def _file(url: URL, end: str = "") -> Path:
    return Path((url.database or "") + end)


@contextmanager
def _maintenance(url: URL) -> Iterator[Connection | None]:
    """A connection to the server outside the store's database; None where that one alone can be entered."""
    arguments = {"connect_timeout": CONNECT_SECONDS}
    elsewhere = url.set(drivername="postgresql+psycopg", database=MAINTENANCE)
    engine = create_engine(elsewhere, isolation_level="AUTOCOMMIT", connect_args=arguments)
    try:
        with _entered(engine) as connection:
            if connection is None:
                with connected(url) as direct, direct.connect():
                    pass
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _entered(engine: Engine) -> Iterator[Connection | None]:
    try:
        connection = engine.connect()
    except OperationalError:
        yield None
        return
    with connection:
        yield connection


def _has(connection: Connection, url: URL) -> bool:
    found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database})
    return found.scalar() is not None
