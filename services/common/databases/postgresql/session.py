"""The connection: how it is opened, how statements run on it, how its errors are told."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import psycopg

from services.common.databases import DatabaseError
from services.common.databases._hosts import Url
from services.common.databases.postgresql.errors import refusal, translated
from services.common.databases.postgresql.tables import listed

CONNECT_SECONDS: Final = 10
LOCK_SECONDS: Final = 60
"""How long a statement waits for a lock that another program holds."""
_DEAD_CONNECTIONS: Final = {  # noticed within about a minute
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_SETTINGS: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": "0",
}


class Session:
    """One connection, in autocommit but for `transaction`."""

    def __init__(self, url: Url) -> None:
        schemas = [name for name in url.options.get("schema", "").split(",") if name]
        with _refused(url.path):
            self.connection = psycopg.connect(**_parameters(url), cursor_factory=psycopg.RawCursor, autocommit=True)
        try:
            self._prepare(schemas, url.options.get("statement_timeout", "0"))
        except DatabaseError:
            self.close()
            raise

    def _prepare(self, schemas: Sequence[str], seconds: str) -> None:
        settings = {**_SETTINGS, "statement_timeout": f"{seconds}s"}
        if schemas:
            there = {name for (name,) in self.query("SELECT nspname FROM pg_namespace")}
            missing = [name for name in schemas if name not in there]
            if missing:
                raise DatabaseError("TARGET_NOT_FOUND", f"the database has no schema {', '.join(missing)}")
            settings["search_path"] = listed(schemas)
        calls = ", ".join(["set_config(?, ?, false)"] * len(settings))
        self.query(f"SELECT {calls}", [part for pair in settings.items() for part in pair])

    def close(self) -> None:
        """Let go; an open transaction is undone."""
        self.connection.close()

    @property
    def open(self) -> bool:
        """Whether a transaction is open."""
        return self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

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
    def within(self) -> Iterator[None]:
        """A transaction, unless one is open already."""
        with contextlib.nullcontext() if self.open else self.transaction():
            yield

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?`; without parameters several, as they are."""
        with translated():
            self.connection.execute(_numbered(sql) if params else sql.encode(), list(params) or None)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with translated():
            return self.connection.execute(_numbered(sql) if params else sql.encode(), list(params) or None).fetchall()

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it changed."""
        with translated():
            return self.connection.execute(_numbered(sql) if params else sql.encode(), list(params) or None).rowcount

    def copy_in(self, statement: str, pieces: Iterable[Any]) -> int:
        """Send the buffers to a COPY; their bytes."""
        sent = 0
        with translated(), self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for piece in pieces:
                view = memoryview(piece)
                copy.write(view)
                sent += len(view)
        return sent

    def copy_out(self, statement: str) -> Iterator[memoryview]:
        """The rows of a COPY as they come; nothing else may be asked meanwhile."""
        with translated(), self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in copy:
                yield memoryview(row)


@contextlib.contextmanager
def _refused(database: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise refusal(error, database) from None


def _parameters(url: Url) -> dict[str, Any]:
    """What libpq is told; names of users and hosts in the environment count where the URL names none."""
    given = {key: url.options[key] for key in ("sslmode", "sslrootcert") if key in url.options}
    addresses = url.addresses
    return {
        **_DEAD_CONNECTIONS,
        **given,
        **({"hostaddr": ",".join(addresses)} if addresses else {}),
        **({"user": url.user} if url.user else {}),
        **({"password": url.password} if url.password else {}),
        "host": ",".join([url.host] * max(1, len(addresses))),
        "port": str(url.port),
        "dbname": url.path,
        "connect_timeout": int(url.options.get("connect_timeout", CONNECT_SECONDS)),
        "application_name": url.options.get("application_name", "mockcraft"),
        "client_encoding": "UTF8",
        "gssencmode": "disable",
        "passfile": os.devnull,
    }


_TOKENS: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?")


def _numbered(sql: str) -> bytes:
    """The statement with `?` outside of quotes as $1, $2 …"""
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] != "?":
            return match[0]
        count += 1
        return f"${count}"

    return _TOKENS.sub(number, sql).encode()
