"""Backups of PostgreSQL: `pg_dump` and our digests read one exported snapshot; a restore is one transaction.

The canonical text of a row, which digests are of, is its line of COPY's text format without the line break, with
dates in ISO form, times in UTC, bytes in hexadecimal and floats in their shortest exact form.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from runner.failpoints import failpoint
from services.common.databases import DatabaseError, _digester
from services.common.databases._catalogue_postgresql import COUNTERS, OBJECTS, TABLES
from services.common.databases._hosts import Url
from services.common.databases._tools import Feeding, Tool, Tools, find_tool, version_of
from services.common.databases.dumps import Contents, Dumped, Parts, State, Store, Tell
from services.common.databases.postgresql.session import Session, plain_name
from services.common.databases.postgresql.tables import quoted

PART: Final = "database.pgdump"
FOLDERS: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
PACKAGE: Final = "postgresql-client"
SCRATCH: Final = "mockcraft_scratch_"
_SETVAL: Final = re.compile(rb"SELECT pg_catalog\.setval\('((?:[^']|'')+)', (\d+|-\d+), (true|false)\);")
_QUIET: Final = ("--no-psqlrc", "--quiet", "--no-password", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
_FORMS: Final = (
    "SET row_security = off; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; "
    "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_encoding = 'UTF8'; SET statement_timeout = 0;"
)
_KEPT: Final = 4_096  # of what was searched for counters: one may lie across two pieces


class PostgresDumping:
    """One database of a PostgreSQL server. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "postgresql"

    def __init__(self, url: Url) -> None:
        self._url, self._tools = url, Tools()
        self._session = Session(url)
        self._session.execute("SET row_security = off")

    def close(self) -> None:
        """Let go."""
        self._session.close()

    def cancel(self) -> None:
        """End what is under way."""
        self._tools.cancel()
        with contextlib.suppress(Exception):  # whatever it is, the tools are gone and the work ends
            self._session.connection.cancel_safe(timeout=1)

    # dumping

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Run pg_dump and digest all tables on one exported snapshot."""
        program = find_tool("pg_dump", FOLDERS, PACKAGE)
        with _snapshot(self._session) as (snapshot, moment), ThreadPoolExecutor(1) as pool:
            counters = _Counters(self._session)
            digests = pool.submit(self._digested, self._session.query(TABLES), snapshot, tell)
            command = [program, "--format=custom", "--compress=0", f"--snapshot={snapshot}", "--no-password"]
            with self._tools.run(lambda: self._tool(command)) as tool, parts.part(PART) as part:
                done = 0
                for piece in counters.read(tool.pieces()):
                    part.write(piece)
                    done += len(piece)
                    tell("dump", done, 0)
            state = State(tuple(digests.result()), counters.found, self._objects())
        return Dumped(state, "exported", moment, self._server_version(), "pg_dump", version_of(program), {"part": PART})

    def _tool(self, command: Sequence[Any], **options: Any) -> Tool:
        return Tool(command, _environment(self._url), secrets=[self._url.password or ""], **options)

    def _server_version(self) -> str:
        return str(self._session.query("SHOW server_version")[0][0])

    # reading back

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the database back in one snapshot."""
        with _snapshot(self._session) as (snapshot, _):
            counters = {name: int(value) for name, value in self._session.query(COUNTERS)}
            return State(self._contents(snapshot, tell, digests), counters, self._objects())

    def _objects(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for sql in OBJECTS:
            found |= {name: text or "" for name, text in self._session.query(sql)}
        return found

    def _contents(self, snapshot: str, tell: Tell, digests: bool) -> tuple[Contents, ...]:
        tables: list[Any] = self._session.query(TABLES)
        if digests:
            return tuple(self._digested(tables, snapshot, tell))
        return tuple(self._counted(schema, name) for schema, name in tables)

    def _counted(self, schema: str, name: str) -> Contents:
        self._tools.check()
        sql = f"SELECT count(*) FROM ONLY {quoted(schema)}.{quoted(name)}"  # noqa: S608 - quoted
        return Contents(f"{schema}.{name}", int(self._session.query(sql)[0][0]), "")

    def _digested(self, tables: Sequence[tuple[str, str]], snapshot: str, tell: Tell) -> list[Contents]:
        """Of each table, in order. psql reads the snapshot and passes its lines to a process that hashes them."""
        if not tables:
            return []
        marker = secrets.token_hex(16)
        client = [find_tool("psql", FOLDERS, PACKAGE), *_QUIET]
        hasher = [sys.executable, "-I", str(_digester.__file__), marker]
        with (
            self._tools.run(lambda: self._tool(client, stdin=True)) as source,
            self._tools.run(lambda: Tool(hasher, {}, source=source.output)) as digester,
        ):
            source.output.close()  # it is the hasher's now
            source.feed([_copying(tables, snapshot, marker).encode()])
            found = []
            for line in digester.output:
                at, rows, digest = line.decode().split()
                found.append(Contents(".".join(tables[int(at)]), int(rows), digest))
                tell("digest", len(found), len(tables))
            source.wait()
            digester.wait()
        if len(found) != len(tables):
            raise DatabaseError("TOOL_FAILED", f"psql read {len(found)} of {len(tables)} tables")
        return found

    def is_empty(self) -> bool:
        """Whether there is no object but our own ledgers."""
        return all("_mockcraft_" in name for name in self._objects())

    # restoring

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Drop what is there and run the dump, in one transaction. Owners and grants stay where the roles are there."""
        if list(store.names()) != [PART]:
            raise DatabaseError("TARGET_MISMATCH", f"a backup of PostgreSQL holds one part, {PART}")
        reader, writer = find_tool("pg_restore", FOLDERS, PACKAGE), find_tool("psql", FOLDERS, PACKAGE)
        script = [reader, "--file=-", "--exit-on-error", *self._without_owners()]
        client = [writer, *_QUIET, "--output=/dev/null"]
        with (
            self._tools.run(lambda: self._tool(script, stdin=True)) as source,
            self._tools.run(lambda: self._tool(client, stdin=True)) as target,
        ):
            feeding = Feeding(source, store.read(PART))
            sink = target.process.stdin
            assert sink
            try:
                sink.write(f"BEGIN;\n{self._wiping()}".encode())
                for piece in feeding.guarded(source.pieces()):
                    sink.write(piece)
                    failpoint("backup.mid_restore")
                sink.write(b"\nCOMMIT;\n")  # only now: a script that ends without it changes nothing
                sink.close()
            except BrokenPipeError:
                pass
            target.wait()

    def _without_owners(self) -> list[str]:
        """Only a superuser can give things to others."""
        superuser = self._session.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0][0]
        return [] if superuser else ["--no-owner", "--no-privileges"]

    def _wiping(self) -> str:
        """Statements that drop all there is and leave a database as new."""
        schemas = [name for (name,) in self._session.query(_SCHEMAS)]
        drops = [f"DROP SCHEMA {quoted(name)} CASCADE;\n" for name in schemas]
        made = [
            "CREATE SCHEMA public AUTHORIZATION pg_database_owner;\n"
            if int(self._session.query("SHOW server_version_num")[0][0]) >= 140_000
            else "CREATE SCHEMA public;\n",
            "GRANT USAGE ON SCHEMA public TO PUBLIC;\n",
            "COMMENT ON SCHEMA public IS 'standard public schema';\n",
        ]
        return "SET client_min_messages = warning;\n" + "".join(drops + (made if "public" in schemas else []))

    @contextlib.contextmanager
    def scratch(self) -> Iterator[PostgresDumping]:
        """A database of ours on the same server; an advisory lock tells those in use from those left behind."""
        name = SCRATCH + secrets.token_hex(8)
        self._drop_left()
        self._session.query("SELECT pg_advisory_lock(hashtextextended(?, 0))", [name])
        self._session.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 {self._locale()}")
        try:
            scratch = PostgresDumping(replace(self._url, path=name))
            scratch._tools = self._tools
            try:
                yield scratch
            finally:
                scratch.close()
        finally:
            self._session.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)" if self._forceful() else _drop(name))
            self._session.query("SELECT pg_advisory_unlock(hashtextextended(?, 0))", [name])

    def _forceful(self) -> bool:
        return int(self._session.query("SHOW server_version_num")[0][0]) >= 130_000

    def _locale(self) -> str:
        """The encoding and the order of this database."""
        sql = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = current_database()"
        encoding, collate, ctype = (str(part).replace("'", "''") for part in self._session.query(sql)[0])
        return f"ENCODING '{encoding}' LC_COLLATE '{collate}' LC_CTYPE '{ctype}'"

    def _drop_left(self) -> None:
        """Drop scratch databases whose makers are gone."""
        for (name,) in self._session.query("SELECT datname FROM pg_database WHERE starts_with(datname, ?)", [SCRATCH]):
            if self._session.query("SELECT pg_try_advisory_lock(hashtextextended(?, 0))", [name])[0][0]:
                with contextlib.suppress(DatabaseError):
                    self._session.execute(_drop(name))
                self._session.query("SELECT pg_advisory_unlock(hashtextextended(?, 0))", [name])


_SCHEMAS: Final = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"


def _drop(name: str) -> str:
    return f"DROP DATABASE IF EXISTS {quoted(name)}"


@contextlib.contextmanager
def _snapshot(session: Session) -> Iterator[tuple[str, datetime]]:
    """A read-only transaction on one snapshot: its name for others, and its moment."""
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield session.query("SELECT pg_export_snapshot(), now()")[0]
    finally:
        with contextlib.suppress(DatabaseError):
            session.execute("ROLLBACK")


def _copying(tables: Sequence[tuple[str, str]], snapshot: str, marker: str) -> str:
    """What psql is told to write: each table after a line that names it by number."""
    begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSET TRANSACTION SNAPSHOT '{snapshot}';\n"
    copies = [
        f"\\echo {marker} {at}\nCOPY {quoted(schema)}.{quoted(name)} TO STDOUT;\n" for at, (schema, name) in enumerate(tables)
    ]
    return "\n".join([begin, _FORMS, *copies, "COMMIT;\n"])


def _environment(url: Url) -> dict[str, str]:
    """The connection as libpq reads it; tools get no other word of it."""
    given = {
        "PGHOST": url.host,
        "PGHOSTADDR": next(iter(url.addresses), ""),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.user,
        "PGPASSWORD": url.password or "",
        "PGSSLMODE": url.options.get("sslmode", ""),
        "PGSSLROOTCERT": url.options.get("sslrootcert", ""),
    }
    fixed = {"PGDATABASE": plain_name(url.path), "PGPASSFILE": os.devnull, "PGAPPNAME": "mockcraft", "PGCONNECT_TIMEOUT": "10"}
    return {name: value for name, value in given.items() if value} | fixed | {"PGOPTIONS": "-c statement_timeout=0"}


class _Counters:
    """Finds in a dump as it passes what it sets its sequences to: they do not belong to any snapshot."""

    def __init__(self, session: Session) -> None:
        steps = "SELECT format('%I.%I', schemaname, sequencename), increment_by FROM pg_sequences"
        self._steps = dict(session.query(steps))
        self.found: dict[str, int] = {}

    def read(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces as they are. All counters stand before the first row."""
        searched = b""
        for piece in pieces:
            if len(self.found) < len(self._steps):
                searched = searched[-_KEPT:] + piece
                for name, value, called in _SETVAL.findall(searched):
                    self._note(name.decode().replace("''", "'"), int(value), called == b"true")
            yield piece

    def _note(self, name: str, value: int, called: bool) -> None:
        if name in self._steps:
            self.found[name] = value + (self._steps[name] if called else 0)
