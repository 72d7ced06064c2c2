"""Backups of PostgreSQL: `pg_dump`, our counts and our description of the schema are of one exported snapshot.

The canonical text of a row, which digests are of, is its line of COPY's text format without the line break, with
dates in ISO form, times in UTC, bytes in hexadecimal and floats in their shortest exact form. It is read as `pg_dump`
reads it, once: a process of its own digests the very bytes that are kept. That they are all rows of all tables is
known from the server, which counts them in the same snapshot. A restored copy is read in the same way.

A restore is one transaction: whoever is killed, the target is as it was or as it shall be.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.databases._catalogue_postgresql import COUNTERS, NOT_COMPARED, OBJECTS, PLACES, ROLES, TABLES
from services.common.databases._hosts import Url
from services.common.databases._pg_dump import Found, PostgresTools
from services.common.databases._wiping_postgresql import wiping
from services.common.databases.dumps import Contents, Dumped, Parts, State, Store, Tell
from services.common.databases.postgresql.session import Session
from services.common.databases.postgresql.tables import quoted

PART: Final = "database.pgdump"
SCRATCH: Final = "mockcraft_scratch_"
_LOCKED_AT_ONCE: Final = 500


class PostgresDumping:
    """One database of a PostgreSQL server. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "postgresql"

    def __init__(self, url: Url) -> None:
        self._url = replace(
            url, options={name: url.options[name] for name in url.options if name not in ("schema", "statement_timeout")}
        )
        self._session = Session(self._url)
        self._session.execute("SET row_security = off; SET search_path = ''")
        self._version = int(self._session.query("SHOW server_version_num")[0][0])
        self._tools = PostgresTools(self._url, self._version)

    def close(self) -> None:
        """Let go."""
        self._session.close()

    def cancel(self) -> None:
        """End what is under way."""
        self._tools.cancel()
        with contextlib.suppress(Exception):  # whatever it is, the tools are gone and the work ends
            self._session.connection.cancel_safe(timeout=1)

    # dumping and reading back

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Run pg_dump on a snapshot of ours; digest what it writes, count the rows."""
        version = self._tools.version("pg_dump")
        with self._snapshot() as (snapshot, moment), parts.part(PART) as part:

            def take(piece: bytes, done: int) -> None:
                part.write(piece)
                tell("dump", done, 0)

            state = self._state(snapshot, take)
            details = {"part": PART, **self._details()}
        return Dumped(state, "exported", moment, self._server_version(), "pg_dump", version, details)

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the database back in one snapshot."""
        with self._snapshot() as (snapshot, _):
            if digests:
                return self._state(snapshot, lambda _, done: tell("digest", done, 0), "--data-only")
            tables = tuple(Contents(_name(table), rows, "") for table, rows in self._counts(self._tables()).items())
            counters = {
                _name((schema, name)): self._next(schema, name, step) for schema, name, step in self._session.query(COUNTERS)
            }
            return State(tables, counters, self._objects())

    def _state(self, snapshot: str, take: Callable[[bytes, int], None], *options: str) -> State:
        """What is in the snapshot, by what pg_dump writes of it."""
        tables, steps = self._tables(), {(schema, name): step for schema, name, step in self._session.query(COUNTERS)}
        with ThreadPoolExecutor(1) as pool:  # the session is the thread's until it is done
            asked = pool.submit(lambda: (self._counts(tables), self._objects()))
            try:
                found = self._tools.dump(snapshot, take, *options)
            except BaseException:
                self._session.connection.cancel_safe(timeout=1)
                raise
            counts, objects = asked.result()
        return State(_checked(found, counts), _counters(found, steps), objects)

    def _tables(self) -> list[tuple[str, str]]:
        return [(schema, name) for schema, name in self._session.query(TABLES)]

    def _counts(self, tables: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        counts = {}
        for schema, name in tables:
            self._tools.check()
            sql = f"SELECT count(*) FROM ONLY {quoted(schema)}.{quoted(name)}"  # noqa: S608 - quoted
            counts[schema, name] = int(self._session.query(sql)[0][0])
        return counts

    def _next(self, schema: str, name: str, step: int) -> int:
        value, called = self._session.query(f"SELECT last_value, is_called FROM {quoted(schema)}.{quoted(name)}")[0]  # noqa: S608
        return int(value) + (step if called else 0)

    def _objects(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for sql in OBJECTS:
            found |= {name: text or "" for name, text in self._session.query(sql)}
        return found

    def _details(self) -> dict[str, Any]:
        """What a restore must know, and what is in the dump but not compared."""
        roles, places = ([name for (name,) in self._session.query(sql)] for sql in (ROLES, PLACES))
        return {"roles": roles, "tablespaces": places, "notCompared": [name for (name,) in self._session.query(NOT_COMPARED)]}

    def _server_version(self) -> str:
        return str(self._session.query("SHOW server_version")[0][0])

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[tuple[str, datetime]]:
        """A read-only transaction on one snapshot, all its tables locked against change: its name for others, its moment."""
        session = self._session
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            found: tuple[str, datetime] = session.query("SELECT pg_export_snapshot(), now()")[0]
            names = [f"ONLY {quoted(schema)}.{quoted(name)}" for schema, name in self._tables()]
            for at in range(0, len(names), _LOCKED_AT_ONCE):
                session.execute(f"LOCK TABLE {', '.join(names[at : at + _LOCKED_AT_ONCE])} IN ACCESS SHARE MODE")
            yield found
        finally:
            with contextlib.suppress(DatabaseError):
                session.execute("ROLLBACK")

    def is_empty(self) -> bool:
        """Whether there is no object but our own ledgers."""
        return all("._mockcraft_" in name for name in self._objects())

    # restoring

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Drop what is there and run the dump, in one transaction. Owners and grants are set where their roles are there."""
        if list(store.names()) != [PART]:
            raise DatabaseError("TARGET_MISMATCH", f"a backup of PostgreSQL holds one part, {PART}")
        drops = wiping(self._session.query, self._version)
        self._tools.restore(drops, store.read(PART), self._left_out(details), lambda: failpoint("backup.mid_restore"))

    def _left_out(self, details: Mapping[str, Any]) -> list[str]:
        """Options of pg_restore: only a superuser can give things to others, and only to those that are there."""
        superuser = self._session.query("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")[0][0]
        roles = {name for (name,) in self._session.query("SELECT rolname FROM pg_catalog.pg_roles")}
        places = {name for (name,) in self._session.query("SELECT spcname FROM pg_catalog.pg_tablespace")}
        owners = [] if superuser and roles.issuperset(details.get("roles", ())) else ["--no-owner", "--no-privileges"]
        return owners if places.issuperset(details.get("tablespaces", ())) else [*owners, "--no-tablespaces"]

    @contextlib.contextmanager
    def scratch(self) -> Iterator[PostgresDumping]:
        """A database of ours on the same server; a lock of this database tells those in use from those left behind."""
        mine = f"{SCRATCH}{self._session.query(_OID)[0][0]}_"  # advisory locks are a database's own
        name = mine + secrets.token_hex(8)
        self._drop_left(mine)
        self._session.query("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(?, 0))", [name])
        self._session.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 {self._locale()}")
        try:
            scratch = PostgresDumping(replace(self._url, path=name))
            scratch._tools = self._tools.of(scratch._url)
            try:
                yield scratch
            finally:
                scratch.close()
        finally:
            self._drop(name)
            self._session.query("SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(?, 0))", [name])

    def _drop(self, name: str) -> None:
        self._session.execute(f"DROP DATABASE IF EXISTS {quoted(name)}{' WITH (FORCE)' if self._version >= 130_000 else ''}")

    def _drop_left(self, mine: str) -> None:
        """Drop scratch databases whose makers are gone."""
        for (name,) in self._session.query("SELECT datname FROM pg_catalog.pg_database WHERE starts_with(datname, ?)", [mine]):
            if self._session.query("SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(?, 0))", [name])[0][0]:
                with contextlib.suppress(DatabaseError):
                    self._drop(name)
                self._session.query("SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(?, 0))", [name])

    def _locale(self) -> str:
        """The encoding and the order of this database, as CREATE DATABASE takes them."""
        (known,) = self._session.query(_LOCALE)[0]
        text = {key: "'" + str(value).replace("'", "''") + "'" for key, value in known.items() if value is not None}
        made = f"ENCODING {text['encoding_name']} LC_COLLATE {text['datcollate']} LC_CTYPE {text['datctype']}"
        locale = text.get("datlocale") or text.get("daticulocale")
        provider = {"i": "icu", "b": "builtin"}.get(str(known.get("datlocprovider")))
        return f"{made} LOCALE_PROVIDER {provider} {provider}_LOCALE {locale}" if provider and locale else made


_OID: Final = "SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
_LOCALE: Final = (
    "SELECT to_jsonb(d) || jsonb_build_object('encoding_name', pg_encoding_to_char(encoding)) "
    "FROM pg_catalog.pg_database d WHERE datname = current_database()"
)


def _name(table: tuple[str, str]) -> str:
    """Schema and name, in quotes where they would be read wrongly without."""
    return ".".join(quoted(part) if "." in part or '"' in part else part for part in table)


def _checked(found: Found, counts: Mapping[tuple[str, str], int]) -> tuple[Contents, ...]:
    """The digests, when they are of all rows of all tables."""
    for table, rows in counts.items():
        read = found.tables.get(table, (0, ""))[0]
        if read != rows:
            raise DatabaseError("TOOL_FAILED", f"pg_dump wrote {read:,} rows of {_name(table)}, which has {rows:,}")
    nothing = (0, f"{0:032x}")
    return tuple(Contents(_name(table), *found.tables.get(table, nothing)) for table in counts)


def _counters(found: Found, steps: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Sequences are of no snapshot: what counts is what the dump sets them to."""
    missing = [name for name in steps if name not in found.sequences]
    if missing:
        raise DatabaseError("TOOL_FAILED", f"pg_dump wrote nothing of the sequence {_name(missing[0])}")
    return {_name(name): found.sequences[name][0] + (step if found.sequences[name][1] else 0) for name, step in steps.items()}
