"""Databases in a MySQL or MariaDB server, where none can be renamed: while one is being made it holds a table that says so.

MariaDB's databases carry their mark as a comment too, from their first moment to their last. MySQL has no such comments:
there a database without the table is ours when the caller knows so, and, of a creation that died, when it is wholly empty.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil
from typing import Final, cast

from runner.failpoints import failpoint
from services.common import created
from services.common.databases import Database, DatabaseError, connect
from services.common.databases._hosts import read_url
from services.common.databases.mysql.script import quoted
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

CREATING: Final = "_mockcraft_creating"
"""The table of a database that is being made."""
_UNDONE: Final = " (being made)"
"""What a comment ends with until the database is whole."""
_TAKEN: Final = "error 1007"
_SLACK_SECONDS: Final = 5
"""How much longer the connection waits than the server works."""
_TABLES: Final = (
    "SELECT table_name, coalesce(table_rows, 0), coalesce(data_length, 0) + coalesce(index_length, 0)"
    " FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'"
    " AND table_name NOT LIKE '\\_mockcraft\\_%' ORDER BY 1"
)
_HELD: Final = (
    "SELECT (SELECT count(*) FROM information_schema.tables WHERE table_schema = ?)"
    " + (SELECT count(*) FROM information_schema.routines WHERE routine_schema = ?)"
    " + (SELECT count(*) FROM information_schema.events WHERE event_schema = ?)"
)


class MysqlHost:
    """Implements `Host`."""

    dialect: Dialect = "mysql"

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
            return frozenset(str(name).lower() for (name,) in server.query("SELECT schema_name FROM information_schema.schemata"))

    def exists(self, name: str) -> bool:
        """See `Host`."""
        with self._server() as server:
            whole = _there(server, created.checked_name(name)) and not _being_made(server, name)
            return whole and not _comment(server, name).endswith(_UNDONE)

    def marks(self) -> bool:
        """See `Host`."""
        with self._server() as server:
            return _mariadb(server)

    def make(self, making: Making, statements: Sequence[str], over: Making | None = None) -> None:
        """See `Host`. The database that is in the way is dropped first: all or nothing holds for the new one alone."""
        with self._server() as server:
            if over is not None:
                _drop_marked(server, over)
            elif _there(server, created.checked_name(making.name)):
                raise NameTakenError(making.name)
            _create(server, making)
        with self._open(self.url(making.name)) as database:
            for statement in statements:
                _run(database, statement)
                failpoint("schemas.statement")

    def publish(self, making: Making, over: Making | None = None) -> None:
        """See `Host`."""
        with self._server() as server:
            if _being_made(server, created.checked_name(making.name)) == making.attempt:
                if _mariadb(server):
                    server.execute(f"ALTER DATABASE {quoted(making.name)} COMMENT '{making.mark}'")
                server.execute(f"DROP TABLE {quoted(making.name)}.{quoted(CREATING)}")
            elif not _ours(server, making, made=True):
                raise NameTakenError(making.name)

    def undo(self, making: Making, made: bool = False) -> None:
        """See `Host`."""
        with self._server() as server:
            if _there(server, created.checked_name(making.name)) and _ours(server, making, made):
                server.execute(f"DROP DATABASE IF EXISTS {quoted(making.name)}")

    def owns(self, making: Making) -> bool:
        """See `Host`."""
        return self.exists(making.name) and self._carries(making)

    def _carries(self, making: Making) -> bool:
        with self._server() as server:
            return _ours(server, making, made=True)

    def drop(self, making: Making) -> bool:
        """See `Host`."""
        with self._server() as server:
            return _drop_marked(server, making)

    def facts(self, name: str, exact_rows: int = EXACT_ROWS) -> Facts:
        """See `Host`."""
        left, tables, size = exact_rows, [], 0
        with self._open(self.url(name)) as database:
            for table, estimate, held in database.query(_TABLES, (name,)):
                ((rows,),) = database.query(f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table)} LIMIT {left + 1}) AS found")  # noqa: S608
                exact = int(rows) <= left
                tables.append(TableFacts(str(table), int(rows) if exact else max(int(rows), int(estimate)), exact))
                left, size = max(0, left - int(rows)), size + int(held)
        return Facts(tuple(tables), size)

    def _server(self) -> contextlib.AbstractContextManager[Database]:
        return self._open(created.server_url(self._settings))

    @contextlib.contextmanager
    def _open(self, url: str) -> Iterator[Database]:
        """MariaDB ends statements that take too long by itself; for MySQL's DDL the connection gives up."""
        seconds = self._settings.registry.statement_seconds
        database = cast("Database", connect(_patient(url, ceil(seconds) + _SLACK_SECONDS)))
        try:
            database.execute(f"SET SESSION lock_wait_timeout = {max(1, ceil(seconds))}")
            if _mariadb(database):
                database.execute(f"SET SESSION max_statement_time = {seconds:.3f}")
            yield database
        finally:
            database.close()


def _patient(url: str, seconds: int) -> str:
    """The URL with the longest wait for an answer, unless it has one."""
    parts = read_url(url, ("pymysql",))
    return replace(parts, options={"read_timeout": str(seconds), **parts.options}).text()


def _mariadb(server: Database) -> bool:
    return "mariadb" in str(server.query("SELECT version()")[0][0]).lower()


def _create(server: Database, making: Making) -> None:
    """The database with its marks, nothing else in it."""
    comment = f" COMMENT '{making.mark}{_UNDONE}'" if _mariadb(server) else ""
    name = quoted(making.name)
    try:
        server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4{comment}")
    except DatabaseError as error:
        if _TAKEN in str(error):
            raise NameTakenError(making.name) from None
        raise
    failpoint("schemas.database_made")
    place = f"{name}.{quoted(CREATING)}"
    server.execute(
        f"CREATE TABLE {place} (attempt char(32) CHARACTER SET ascii PRIMARY KEY, schema_id char(36) CHARACTER SET ascii)"
    )
    server.execute(f"INSERT INTO {place} VALUES (?, ?)", (making.attempt, making.schema))  # noqa: S608 - quoted


def _run(database: Database, statement: str) -> None:
    try:
        database.execute(statement)
    except DatabaseError as error:
        raise StatementError(about(statement), error) from None


def _there(server: Database, name: str) -> bool:
    return bool(server.query("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", (name,)))


def _being_made(server: Database, name: str) -> str:
    """The attempt that a database says it is being made by; "" when it is not, `?` when that was not written any more."""
    found = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    if not server.query(found, (name, CREATING)):
        return ""
    rows = server.query(f"SELECT attempt FROM {quoted(name)}.{quoted(CREATING)}")  # noqa: S608 - quoted
    return str(rows[0][0]) if rows else "?"


def _comment(server: Database, name: str) -> str:
    if not _mariadb(server):
        return ""
    rows = server.query("SELECT schema_comment FROM information_schema.schemata WHERE schema_name = ?", (name,))
    return str(rows[0][0]) if rows else ""


def _ours(server: Database, making: Making, made: bool) -> bool:
    """Whether the database of that name was made by this creation. `made`: the creation is known to have come to its end."""
    comment, attempt = _comment(server, making.name), _being_made(server, making.name)
    if attempt not in ("", "?"):
        return attempt == making.attempt
    if _mariadb(server):
        return comment.startswith(making.mark)
    return made or bool(attempt) or _empty(server, making.name)


def _empty(server: Database, name: str) -> bool:
    """Whether a database holds nothing at all."""
    return not int(server.query(_HELD, (name, name, name))[0][0])


def _drop_marked(server: Database, making: Making) -> bool:
    """Drop what a creation made; whether it was there. Raises `NotOursError`."""
    if not _there(server, created.checked_name(making.name)):
        return False
    if not _ours(server, making, made=True):
        raise NotOursError(making.name)
    server.execute(f"DROP DATABASE IF EXISTS {quoted(making.name)}")
    return True
