"""Backups of MySQL and MariaDB: `mariadb-dump` and our digests read what one read lock saw; a restore is one swap.

The canonical text of a row, which digests are of, is made by the server: the texts of its columns with a tab between them.
Null is `N`; numbers, dates and times (in UTC) are as the server shows them, a FLOAT as the DOUBLE that it is, bits as a
number; everything else is the hexadecimal form of its bytes, or `#`, their count, `:` and their SHA-256 when there are more
than 4,096. Virtual columns are left out.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from runner.failpoints import failpoint
from services.common.databases import DatabaseError
from services.common.databases._beside_mysql import SCRATCH, Beside
from services.common.databases._catalogue_mysql import Table, collation, objects, tables
from services.common.databases._client_mysql import (
    Counters,
    MysqlTool,
    Passing,
    client_program,
    dump_program,
    dumping,
    is_mariadb,
    running,
)  # fmt: skip
from services.common.databases._hosts import Url
from services.common.databases._reader_mysql import Reading
from services.common.databases._swap_mysql import Holding, dropping, swap
from services.common.databases._tools import Feeding, Tools, version_of
from services.common.databases.dumps import Contents, Dumped, Parts, Sink, SnapshotKind, State, Store, Tell
from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import open_session

PART: Final = "database.sql"
FLOATS: Final = "floats.sql"
"""The rows of tables with FLOAT columns, which the tool for dumps would round."""
LOCK_SECONDS: Final = 20
"""How long writers may hold up the read lock; then it is done without."""
_OPENED: Final = re.compile(rb"(?m)^(?:DROP |CREATE |-- Dump completed|/\*!50106 |/\*!50001 |/\*!50003 )")
_SESSION: Final = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION wait_timeout = 2147483, net_write_timeout = 86400, net_read_timeout = 86400",
)
_ASLEEP: Final = re.compile(r"( ON COMPLETION (?:NOT )?PRESERVE )DISABLE\b")
_GRANTED: Final = re.compile(r"GRANT (?:.*\b(?:SUPER|SET USER|SET_USER_ID|SET_ANY_DEFINER)\b.*|ALL PRIVILEGES) ON \*\.\*")
_FOREIGN: Final = (
    "SELECT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS"
    " WHERE UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_SCHEMA <> DATABASE() LIMIT 1"
)


class MysqlDumping:
    """One database of a MySQL or MariaDB server. Implements `services.common.databases.dumps.Dumping`."""

    dialect = "mysql"

    def __init__(self, url: Url) -> None:
        self._url, self._tools = url, Tools()
        self._session = open_session(url)
        for statement in _SESSION:
            self._session.run(statement)
        self._swapping = False
        self._asleep: dict[str, str] = {}

    def close(self) -> None:
        """Let go."""
        self._session.close()

    def cancel(self) -> None:
        """End what is under way; but a swap that has begun is ended as it was meant."""
        self._tools.cancel()
        if not self._swapping:
            with contextlib.suppress(DatabaseError):
                other = open_session(self._url)
                other.run(f"KILL QUERY {self._session.wire.thread_id()}")
                other.close()

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Whatever fails after a cancel is CANCELLED."""
        self._tools.check()
        try:
            yield
        except DatabaseError:
            self._tools.check()
            raise

    # dumping

    def dump(self, parts: Parts, tell: Tell) -> Dumped:
        """Run the tool and digest all tables, both from the moment that a read lock gave."""
        program = dump_program(self._session.mariadb)
        with self._stoppable(), contextlib.ExitStack() as stack:
            begun = self._begun(program, stack)
            begun.digests.ask(begun.tables)
            counters = Counters({*(table.name for table in begun.tables), *begun.sequences})
            with parts.part(PART) as part:
                _written(part, counters.read(begun.dump), tell)
            if begun.lossy:
                with parts.part(FLOATS) as part:
                    _written(part, begun.rows.inserts(begun.lossy), tell)
            contents = tuple(begun.digests.digests(begun.tables, tell))
            schema, _ = objects(self._session, self._url.path, begun.tables, begun.sequences)
        state = State(contents, dict(sorted(counters.found.items())), schema)
        tool = "mariadb-dump" if is_mariadb(program) else "mysqldump"
        version = str(self._session.query("SELECT VERSION()")[0][0])
        return Dumped(state, begun.kind, begun.moment, version, tool, version_of(program), self._details(schema))

    def _begun(self, program: Path, stack: contextlib.ExitStack) -> _Begun:
        """All that reads, begun under one lock, which is gone when each has its transaction open."""
        with self._locked() as kind:
            held, sequences = tables(self._session)
            moment = self._session.query("SELECT UTC_TIMESTAMP(6)")[0][0].replace(tzinfo=UTC)
            digests = Reading(self._session, self._url, self._tools, stack, hashed=True)
            rows = Reading(self._session, self._url, self._tools, stack)
            lossy = [table for table in held if any(column.loses for column in table.columns)]
            command = dumping(program, self._url, [table.name for table in lossy])
            tool = stack.enter_context(self._tools.run(lambda: MysqlTool(command, self._url)))
            dump = _opened(tool.pieces())
            first = next(dump, b"")
            digests.wait_until_open()
            rows.wait_until_open()
        return _Begun(kind, moment, held, sequences, lossy, digests, rows, itertools.chain([first], dump))

    def _details(self, schema: Mapping[str, str]) -> dict[str, Any]:
        charset, _, collated = schema["database"].partition(" ")
        return {"database": self._url.path, "charset": charset, "collation": collated}

    def _server_version(self) -> str:
        return str(self._session.query("SELECT VERSION()")[0][0])

    @contextlib.contextmanager
    def _locked(self) -> Iterator[SnapshotKind]:
        """All writers held up for the block; `separate` when that may not be or takes too long."""
        try:
            self._session.run(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}")
            self._session.run("FLUSH TABLES WITH READ LOCK")
        except DatabaseError as error:
            if error.code not in ("TARGET_PERMISSION", "TARGET_BUSY"):
                raise
            self._tools.check()
            yield "separate"
            return
        try:
            yield "locked"
        finally:
            self._session.run("UNLOCK TABLES")

    # reading back

    def state(self, tell: Tell, digests: bool = True) -> State:
        """Read the database back in one snapshot."""
        with self._stoppable(), contextlib.ExitStack() as stack:
            held, sequences = tables(self._session)
            if digests:
                reading = Reading(self._session, self._url, self._tools, stack, hashed=True)
                reading.wait_until_open()
                reading.ask(held)
                contents = tuple(reading.digests(held, tell))
            else:
                contents = tuple(self._counted(held, tell))
            schema, counters = objects(self._session, self._url.path, held, sequences)
        return State(contents, counters, self._awake(schema))

    def _awake(self, schema: dict[str, str]) -> dict[str, str]:
        """Events of a trial restore are made asleep; here they are as they would be."""
        for name, state in self._asleep.items():
            text = schema.get(f"event {name}")
            if text is not None:
                schema[f"event {name}"] = _woken(text, state)
        return schema

    def _counted(self, held: Sequence[Table], tell: Tell) -> list[Contents]:
        found = []
        self._session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        try:
            for at, table in enumerate(held):
                self._tools.check()
                tell("count", at, len(held))
                rows = self._session.query(f"SELECT count(*) FROM {quoted(table.name)}")[0][0]  # noqa: S608 - quoted
                found.append(Contents(table.name, int(rows), ""))
        finally:
            with contextlib.suppress(DatabaseError):
                self._session.run("ROLLBACK")
        return found

    def is_empty(self) -> bool:
        """Whether there is no object but our own ledgers, or only what a restore that was killed left of its own."""
        holding = Holding.of(self._session, self._url.path)
        return not holding.more or any(
            set(holding.tables) <= left for left in Beside(self._session, self._url.path).left_by_killed()
        )

    # restoring

    def restore(self, store: Store, details: Mapping[str, Any], tell: Tell) -> None:
        """Load the dump into a database beside this one, then swap what they hold."""
        if list(store.names()) not in ([PART], [PART, FLOATS]):
            raise DatabaseError("TARGET_MISMATCH", f"a backup of MySQL or MariaDB holds the part {PART}")
        for schema, table in self._session.query(_FOREIGN):
            raise DatabaseError("TARGET_CONSTRAINT", f"the table {table} of the database {schema} refers to tables of this one")
        beside = Beside(self._session, self._url.path)
        beside.clear()
        source, trial = str(details.get("database", "")), self._url.path.startswith(SCRATCH)
        with self._stoppable(), beside.made(_word(details, "charset"), _word(details, "collation")) as stage:
            passing = Passing(source, stage, self._may_define())
            self._load(stage, passing.read(store.read(PART)))
            new = self._taken(stage, {} if trial else passing.states)
            if FLOATS in store.names():
                self._load(stage, _unchecked(store.read(FLOATS)))
            self._swap(beside, stage, new)
            self._asleep = passing.states if trial else {}
        beside.clear(self._url.path)

    def _load(self, database: str, pieces: Iterable[bytes]) -> None:
        command = running(client_program(self._session.mariadb), self._url, database)
        with self._tools.run(lambda: MysqlTool(command, self._url, stdin=True)) as tool:
            feeding = Feeding(tool, _passed(pieces))
            for _ in feeding.guarded(tool.pieces()):
                pass

    def _taken(self, stage: str, states: Mapping[str, str]) -> Holding:
        """What the dump made, its triggers taken off so that tables can move, its events with their states."""
        session = open_session(replace(self._url, path=stage))
        try:
            holding = Holding.of(session, stage)
            for made in holding.objects:
                if made.kind == "TRIGGER":
                    session.run(dropping(made))
        finally:
            session.close()
        woken = tuple(
            replace(made, sql=_woken(made.sql, states[made.name])) if made.kind == "EVENT" and made.name in states else made
            for made in holding.objects
        )
        return replace(holding, objects=woken)

    def _swap(self, beside: Beside, stage: str, new: Holding) -> None:
        old = Holding.of(self._session, self._url.path)
        self._tools.check()
        with beside.made(*old.collation) as aside:
            done = beside.intend(stage, not old.more, new.tables)
            self._swapping = True
            try:
                swap(self._session, self._url.path, old, stage, new, aside, done)
            finally:
                self._swapping = False
            failpoint("backup.swapped")

    def _may_define(self) -> bool:
        """Whether the account may make things that belong to others."""
        return any(_GRANTED.match(grant) for (grant,) in self._session.query("SHOW GRANTS"))

    @contextlib.contextmanager
    def scratch(self) -> Iterator[MysqlDumping]:
        """A database of ours on the same server; a lock tells those in use from those left behind."""
        beside = Beside(self._session, self._url.path)
        beside.clear()
        with beside.made(*collation(self._session)) as name:
            scratch = MysqlDumping(replace(self._url, path=name))
            scratch._tools = self._tools
            try:
                yield scratch
            finally:
                scratch.close()


@dataclass(frozen=True)
class _Begun:
    """A dump whose transactions are open."""

    kind: SnapshotKind
    moment: datetime
    tables: Sequence[Table]
    sequences: Sequence[str]
    lossy: Sequence[Table]
    digests: Reading
    rows: Reading
    dump: Iterable[bytes]


def _opened(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What a tool writes; the first piece comes when its transaction is open, which what it says then shows."""
    begun = b""
    for piece in pieces:
        begun += piece
        if _OPENED.search(begun):
            break
    yield begun
    yield from pieces


def _written(part: Sink, pieces: Iterable[bytes], tell: Tell) -> None:
    done = 0
    for piece in pieces:
        part.write(piece)
        done += len(piece)
        tell("dump", done, 0)


def _unchecked(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Rows as they go into tables of a dump."""
    yield b"SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';\n"
    yield b"SET SESSION autocommit = 0;\n"
    yield from rows
    yield b"\nCOMMIT;\n"


def _passed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        failpoint("backup.mid_restore")


def _woken(sql: str, state: str) -> str:
    """An event that is asleep with the state it had."""
    return _ASLEEP.sub(rf"\g<1>{state}", sql, count=1)


def _word(details: Mapping[str, Any], name: str) -> str:
    """A name of the server's own, as the dump tells it. Raises `DatabaseError` when it is none."""
    word = str(details.get(name, ""))
    if not re.fullmatch(r"\w{1,64}", word, re.ASCII):
        raise DatabaseError("TARGET_MISMATCH", f"the backup does not tell the {name} of its database")
    return word
