"""What the body of a trigger does, from its text: the tables it writes to and the columns of its row that it sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.common.databases._sqltext import Cursor, Token, tokens

_MODIFIERS: Final = frozenset(
    "INTO IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED OR ABORT REPLACE FAIL ROLLBACK ONLY FROM QUICK TOP".split()
)
_NOT_TABLES: Final = frozenset({"OF", "ON", "SET", "STATISTICS", "CASCADE", "RESTRICT", "NO", "OR", "AND", "(", ";", ""})


@dataclass(frozen=True, slots=True)
class Body:
    """Names of tables as they were written (dotted), and of columns; `dynamic` when it runs SQL made at run time."""

    inserts: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    dynamic: bool = False


def read_body(text: str, dialect: str, own: str, parent: Callable[[Sequence[str]], str]) -> Body:
    """Read a body. `own` is the `key` of the trigger's table, `parent` makes a `key` of a written name.

    Columns of its own table that the body updates count as set.
    """
    items = list(tokens(text, dialect))
    sets = set(_assigned(items, dialect))
    written: dict[str, set[str]] = {"INSERT": set(), "UPDATE": set(), "DELETE": set()}
    for place, token in enumerate(items):
        verb = token.value if token.kind == "word" else ""
        if verb not in ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE") or _before(items, place) in (
            "FOR",
            "ON",
            "AFTER",
            "BEFORE",
        ):
            continue
        cursor = Cursor(items[place + 1 :], text)
        table = _target(cursor, parent)
        if table is None or (verb == "REPLACE" and items[place + 1].value != "INTO"):
            continue
        if verb in ("UPDATE", "MERGE") and table == own:
            sets |= set(_updated(cursor))
        elif table != own or verb == "INSERT":
            written.get(verb, written["INSERT"]).add(table)
    dynamic = any(t.kind == "word" and t.value in ("EXECUTE", "PREPARE", "SP_EXECUTESQL") for t in items)
    inserts, updates, deletes = (tuple(sorted(written[verb])) for verb in ("INSERT", "UPDATE", "DELETE"))
    return Body(inserts, updates, deletes, tuple(sorted(sets)), dynamic)


def _before(items: Sequence[Token], place: int) -> str:
    return items[place - 1].value if place and items[place - 1].kind == "word" else ""


def _target(cursor: Cursor, parent: Callable[[Sequence[str]], str]) -> str | None:
    """The table after INSERT INTO, UPDATE or DELETE FROM; None when it is no statement."""
    while cursor.peek() in _MODIFIERS:
        cursor.token()
    if cursor.done or (cursor.peek() in _NOT_TABLES and cursor.peek()):
        return None
    try:
        return parent(cursor.qualified())
    except ValueError:
        return None


def _updated(cursor: Cursor) -> Iterator[str]:
    """The columns of `SET a = …, b = …`."""
    cursor.until("SET", ";")
    if not cursor.accept("SET"):
        return
    while not cursor.done:
        try:
            yield cursor.qualified()[-1]
        except ValueError:  # `(a, b) = …`, or no column at all
            return
        cursor.until(",", "WHERE", "FROM", ";", "END")
        if not cursor.accept(","):
            return


def _assigned(items: Sequence[Token], dialect: str) -> Iterator[str]:
    """`NEW.x := …` (PostgreSQL: `=` at the start of a statement too) and `SET NEW.x = …`."""
    for place in range(len(items) - 3):
        new, dot, column, sign = items[place : place + 4]
        if new.value != "NEW" or dot.raw != "." or sign.raw not in ("=", ":="):
            continue
        before = items[place - 1].value if place else ";"
        starts = ("SET", ",") if dialect == "mysql" else (";", "BEGIN", "THEN", "ELSE", "LOOP", "")
        if sign.raw == ":=" or before in starts:
            yield column.name


def tsvector_column(function: str, arguments: Sequence[str]) -> tuple[str, ...]:
    """The column that PostgreSQL's own trigger function for full-text search sets."""
    known = re.search(r"tsvector_update_trigger(_column)?$", function)
    return (arguments[0],) if known and arguments else ()
