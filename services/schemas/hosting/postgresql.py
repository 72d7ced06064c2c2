"""Databases in a PostgreSQL server: made under a name that nobody can guess, marked by their comment, then renamed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, cast

from runner.failpoints import failpoint
from services.common import created
from services.common.databases import DatabaseError, connect
from services.common.databases.postgresql.tables import quoted
from services.common.settings import Settings
from services.schemas.drawing import Dialect
from services.schemas.hosting import (
    EXACT_ROWS,
    Facts,
    Making,
    NameTakenError,
    NotOursError,
    StatementError,
    TableFacts,
    about,
)
from services.schemas.hosting.patience import Patient

if TYPE_CHECKING:
    from services.common.databases.postgresql.database import PostgresDatabase

_TAKEN: Final = "SQLSTATE 42P04"
_FORCE: Final = 130_000
"""Versions from which DROP DATABASE ends the sessions in its way."""
_MARK: Final = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = ?"
_TABLES: Final = """
SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND c.relname NOT LIKE '\\_mockcraft\\_%'
ORDER BY 1, 2
"""


class PostgresHost:
    """Implements `Host`."""

    dialect: Dialect = "postgresql"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.place = created.place(settings)

    def ping(self) -> None:
        """See `Host`."""
        with self._server() as server:
            server.query("SELECT 1")

    def url(self, name: str) -> str:
        """See `Host`."""
        return created.database_url(self._settings, name)

    def names(self) -> frozenset[str]:
        """See `Host`."""
        with self._server() as server:
            return frozenset(name for (name,) in server.query("SELECT datname FROM pg_database"))

    def exists(self, name: str) -> bool:
        """See `Host`."""
        with self._server() as server:
            return _mark(server, created.checked_name(name)) is not None

    def marks(self) -> bool:
        """See `Host`."""
        return True

    def make(self, making: Making, statements: Sequence[str], over: Making | None = None) -> None:
        """See `Host`."""
        with self._server() as server:
            if over is None and _mark(server, created.checked_name(making.name)) is not None:
                raise NameTakenError(making.name)
            name = quoted(making.temporary)
            server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
            failpoint("schemas.database_made")
            server.execute(f"COMMENT ON DATABASE {name} IS '{making.mark}'")
        with self._within(making.temporary) as database, database.transaction():
            for statement in statements:
                _run(database, statement)
                failpoint("schemas.statement")

    def publish(self, making: Making, over: Making | None = None) -> None:
        """See `Host`."""
        with self._server() as server:
            if over is not None:
                _drop_marked(server, over)
            try:
                server.execute(f"ALTER DATABASE {quoted(making.temporary)} RENAME TO {quoted(created.checked_name(making.name))}")
            except DatabaseError as error:
                if _TAKEN in str(error):
                    raise NameTakenError(making.name) from None
                raise

    def undo(self, making: Making, made: bool = False) -> None:
        """See `Host`."""
        with self._server() as server:
            _drop(server, making.temporary)
            if _mark(server, created.checked_name(making.name)) == making.mark:
                _drop(server, making.name)

    def owns(self, making: Making) -> bool:
        """See `Host`."""
        with self._server() as server:
            return _mark(server, created.checked_name(making.name)) == making.mark

    def drop(self, making: Making) -> bool:
        """See `Host`."""
        with self._server() as server:
            return _drop_marked(server, making)

    def facts(self, name: str, exact_rows: int = EXACT_ROWS) -> Facts:
        """See `Host`."""
        left, tables = exact_rows, []
        with self._within(created.checked_name(name)) as database:
            for schema, table, estimate in database.query(_TABLES):
                source = f"{quoted(schema)}.{quoted(table)}"
                ((rows,),) = database.query(f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT {left + 1}) AS found")  # noqa: S608
                shown = table if schema == "public" else f"{schema}.{table}"
                exact = rows <= left
                tables.append(TableFacts(shown, rows if exact else max(rows, int(estimate)), exact))
                left = max(0, left - rows)
            ((size,),) = database.query("SELECT pg_database_size(current_database())")
        return Facts(tuple(tables), int(size))

    def _server(self) -> contextlib.AbstractContextManager[Patient]:
        return self._open(created.server_url(self._settings))

    def _within(self, name: str) -> contextlib.AbstractContextManager[Patient]:
        return self._open(created.url_in_server(self._settings, name))

    @contextlib.contextmanager
    def _open(self, url: str) -> Iterator[Patient]:
        seconds = self._settings.registry.statement_seconds
        with contextlib.closing(cast("PostgresDatabase", connect(url))) as opened:
            database = Patient(opened, seconds)
            database.execute(f"SET statement_timeout = {max(1, round(seconds * 1000))}")
            yield database


def _run(database: Patient, statement: str) -> None:
    try:
        database.execute(statement)
    except DatabaseError as error:
        raise StatementError(about(statement), error) from None


def _mark(server: Patient, name: str) -> str | None:
    """The comment of a database; None when there is none of that name."""
    rows = server.query(_MARK, (name,))
    return str(rows[0][0]) if rows else None


def _drop_marked(server: Patient, making: Making) -> bool:
    """Drop what a creation made, under its name; whether it was there. Raises `NotOursError`."""
    found = _mark(server, created.checked_name(making.name))
    if found is None:
        return False
    if found != making.mark:
        raise NotOursError(making.name)
    _drop(server, making.name)
    return True


def _drop(server: Patient, name: str) -> None:
    """Drop a database that may not be there, ending the sessions in it."""
    ((version,),) = server.query("SHOW server_version_num")
    if int(version) >= _FORCE:
        server.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        return
    server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", (name,))
    server.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
