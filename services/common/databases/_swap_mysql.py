"""Putting what a database of ours holds in the place of what another one holds.

Statements of DDL commit as they run, so the swap is one request of many statements: the server runs it to its end even when
whoever sent it is killed meanwhile. One RENAME TABLE, which is atomic, exchanges all tables; triggers (which do not move with
tables), views, routines and events are dropped before it and made after it. When a statement fails, all is put back.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pymysql.constants import COMMAND

from services.common.databases import DatabaseError
from services.common.databases._catalogue_mysql import Definition, collation, definitions, tables, unqualified, view_columns
from services.common.databases.mysql.errors import translated
from services.common.databases.mysql.script import quoted, text_literal
from services.common.databases.mysql.session import MODE, Session

INTENT: Final = "_mockcraft_swap"
"""The table of a database of ours that says what it is going to replace."""
_BEGIN: Final = (
    "SET SESSION foreign_key_checks = 0, sql_notes = 0",
    "SET @mockcraft_charset = @@character_set_client, @mockcraft_collation = @@collation_connection",
)
_PLAIN: Final = "SET SESSION character_set_client = @mockcraft_charset, collation_connection = @mockcraft_collation"
_END: Final = (
    f"SET SESSION sql_mode = '{MODE}', foreign_key_checks = 1, sql_notes = 1, time_zone = '+00:00'",
    _PLAIN,
)
_ORDER: Final = {"FUNCTION": 0, "PROCEDURE": 0, "PACKAGE": 0, "PACKAGE BODY": 1, "VIEW": 2, "TRIGGER": 3, "EVENT": 4}
_UTF8: Final = ("utf8", "utf8mb3", "utf8mb4")


@dataclass(frozen=True)
class Holding:
    """What a database holds, beside the rows."""

    tables: tuple[str, ...]
    objects: tuple[Definition, ...]
    columns: dict[str, list[str]]
    """Of views."""
    collation: tuple[str, str]

    @property
    def more(self) -> bool:
        """Whether it is more than our own ledgers."""
        return bool(self.objects) or not all(name.startswith("_mockcraft_") for name in self.tables)

    @classmethod
    def of(cls, session: Session, database: str) -> Holding:
        """Of the database of a session; our intent does not count."""
        held, sequences = tables(session)
        names = tuple(name for name in (*(table.name for table in held), *sequences) if name != INTENT)
        found = tuple(replace(d, sql=unqualified(d.kind, d.sql, database)) for d in definitions(session))
        views = view_columns(session, [made.name for made in found if made.kind == "VIEW"])
        return cls(names, found, dict(views), collation(session))


def swap(session: Session, target: str, old: Holding, source: str, new: Holding, aside: str, done: str) -> None:
    """Move the old tables of `target` to `aside`, those of `source` to `target`, and exchange all objects.

    The session's database is `target`; `done` is a last statement. Raises `DatabaseError`; then everything is as it was.
    """
    out = [(f"{quoted(target)}.{quoted(name)}", f"{quoted(aside)}.{quoted(name)}") for name in old.tables]
    moved = out + [(f"{quoted(source)}.{quoted(name)}", f"{quoted(target)}.{quoted(name)}") for name in new.tables]
    try:
        _run(session, [*_BEGIN, f"USE {quoted(target)}", *_exchange(target, old, new, moved), *_END, done])
    except DatabaseError:
        with contextlib.suppress(DatabaseError):
            for statement in (*_BEGIN, _PLAIN, f"USE {quoted(target)}"):
                session.run(statement)
            renamed = bool(moved) and not _left(session, moved)
            back = [(there, here) for here, there in reversed(moved)] if renamed else []
            _run(session, [*_exchange(target, new, old, back), *_END])
        raise


def _left(session: Session, moved: Sequence[tuple[str, str]]) -> bool:
    """Whether the first table is still where it was, that is, all are."""
    try:
        session.run(f"SELECT 1 FROM {moved[-1][0]} LIMIT 0")  # noqa: S608 - quoted
    except DatabaseError as error:
        return error.code != "TARGET_MISMATCH"
    return True


def _exchange(target: str, old: Holding, new: Holding, moved: Sequence[tuple[str, str]]) -> Iterator[str]:
    for made in sorted(old.objects, key=lambda d: -_ORDER.get(d.kind, 9)):
        yield dropping(made)
    if new.collation != old.collation:
        charset, collated = new.collation
        yield f"ALTER DATABASE {quoted(target)} CHARACTER SET {charset} COLLATE {collated}"
    if moved:
        yield "RENAME TABLE " + ", ".join(f"{here} TO {there}" for here, there in moved)
    yield from making(new.objects, new.columns)


def dropping(made: Definition) -> str:
    """The statement that drops an object."""
    return f"DROP {made.kind} IF EXISTS {quoted(made.name)}"


def making(objects: Sequence[Definition], columns: dict[str, list[str]]) -> Iterator[str]:
    """The statements that make objects, whichever need others. Views are first made without what is behind them."""
    ordered = sorted(objects, key=lambda d: (_ORDER.get(d.kind, 9), d.order))
    routines = [made for made in ordered if _ORDER.get(made.kind, 9) < _ORDER["VIEW"]]
    views = [made for made in ordered if made.kind == "VIEW"]
    for made in routines:
        yield from _made(made)
    for made in views:
        names = ", ".join(f"NULL AS {quoted(name)}" for name in columns.get(made.name, ["none"]))
        yield f"CREATE VIEW {quoted(made.name)} AS SELECT {names}"
    for made in views:
        yield from _made(made)
    for made in ordered[len(routines) + len(views) :]:
        yield from _made(made)


def _made(made: Definition) -> Iterator[str]:
    charset = made.charset if made.sql.isascii() or made.charset in _UTF8 else "utf8mb4"
    if charset:
        yield f"SET SESSION character_set_client = {charset}, collation_connection = {made.collation}"
    yield f"SET SESSION sql_mode = {text_literal(made.mode)}"
    if made.zone:
        yield f"SET SESSION time_zone = {text_literal(made.zone)}"
    yield ("CREATE OR REPLACE" + made.sql.removeprefix("CREATE")) if made.kind == "VIEW" else made.sql
    yield f"SET SESSION sql_mode = '{MODE}'"
    if charset:
        yield _PLAIN


def _run(session: Session, statements: Sequence[str]) -> None:
    """All of them in one request, so that the server ends what it began; too long ones one by one."""
    text = ";\n".join(statements)
    if len(text.encode()) > session.packet - 1024:
        for statement in statements:
            session.run(statement)
        return
    wire: Any = session.wire
    with translated(), _several(session):
        wire.run(text)
        while wire._result.has_next:
            wire._read_query_result()


@contextlib.contextmanager
def _several(session: Session) -> Iterator[None]:
    """A session in which one request may hold several statements."""
    _option(session, 0)
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError), translated():
            _option(session, 1)


def _option(session: Session, value: int) -> None:
    session.wire._execute_command(COMMAND.COM_SET_OPTION, struct.pack("<H", value))
    session.wire._read_packet()
