"""What a MySQL or MariaDB database holds, as text that is equal for equal objects, and how its rows are rendered.

Definers are left out (who restores may not be allowed to set them), and counters, which are compared as such. Times
are those of the session's zone, UTC.
"""

# ruff: noqa: S608 - names are quoted
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import Session

LONG: Final = 4_096
"""Bytes of a text or binary value beyond which a digest stands for it: rows stay far below the server's largest packet."""
_NUMBERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "year"})
_TIMES: Final = frozenset({"date", "time", "datetime", "timestamp"})
_PLAIN: Final = frozenset({"uuid", "inet6", "inet4"})
_NAME: Final = r"`(?:[^`]|``)*`"
DEFINER: Final = rf" ?DEFINER ?= ?(?:{_NAME}(?:@{_NAME})?|\S+)"
"""A pattern: who a view, routine, trigger or event belongs to."""
_DEFINER: Final = re.compile(DEFINER)
_COUNTER: Final = re.compile(r"(?m)^(\) .*?) AUTO_INCREMENT=(\d+)")

_TABLES: Final = (
    "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
    " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')"
)
_COLUMNS: Final = (
    "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, NUMERIC_SCALE, CHARACTER_SET_NAME, EXTRA, GENERATION_EXPRESSION"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"
)
_NAMED: Final = (
    ("SELECT 'VIEW', TABLE_NAME, 0 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()"),
    ("SELECT ROUTINE_TYPE, ROUTINE_NAME, 0 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"),
    ("SELECT 'TRIGGER', TRIGGER_NAME, ACTION_ORDER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()"),
    ("SELECT 'EVENT', EVENT_NAME, 0 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()"),
)
_PLACES: Final = {"VIEW": (None, 1, 2, 3, None), "EVENT": (1, 3, 4, 5, 2)}
"""Where SHOW CREATE has the mode, the statement, character set, collation and time zone; routines and triggers as below."""
_ROUTINE: Final = (1, 2, 3, 4, None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose values are stored: virtual ones and the bounds of row versions are left out."""

    name: str
    type: str
    scale: int | None
    charset: str | None
    generated: bool

    @property
    def loses(self) -> bool:
        """Whether the tool for dumps rounds its values: a FLOAT shows six digits of the eight or nine it has."""
        return self.type == "float" and self.scale is None

    @property
    def text(self) -> str:
        """The canonical text of a value: an expression for the server. Null is `N`, which no other value is."""
        return f"IFNULL({self._shown()}, 'N')"

    def _shown(self) -> str:
        name = quoted(self.name)
        if self.type == "float":
            return name if self.scale is not None else f"{name} + 0e0"
        if self.type == "bit":
            return f"CAST({name} AS UNSIGNED)"
        if self.type in _NUMBERS | _TIMES | _PLAIN:
            return name
        return f"IF(LENGTH({name}) > {LONG}, CONCAT('#', LENGTH({name}), ':', SHA2({name}, 256)), HEX({name}))"

    @property
    def literal(self) -> str:
        """An expression for the server whose text, in a statement, is exactly the value."""
        name = quoted(self.name)
        if self.type in _NUMBERS or self.type in ("bit", "float"):
            shown = self._shown()
        elif self.type in _TIMES | _PLAIN:
            shown = f"CONCAT('''', {name}, '''')"
        elif self.type == "json":
            shown = f"CONCAT('CONVERT(x''', HEX({name}), ''' USING utf8mb4)')"
        else:
            shown = f"CONCAT('{f'_{self.charset} ' if self.charset else ''}x''', HEX({name}), '''')"
        return f"IFNULL({shown}, 'NULL')"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds rows."""

    name: str
    columns: tuple[Column, ...]

    def select(self) -> str:
        """A query for the canonical texts of all rows: the texts of their columns with a tab between them."""
        cells = ", ".join(column.text for column in self.columns) or "''"
        return f"SELECT CONCAT_WS('\\t', {cells}) FROM {quoted(self.name)}"

    def select_literals(self) -> str:
        """A query for all rows as they stand in an INSERT."""
        cells = ", ".join(column.literal for column in self._given())
        return f"SELECT CONCAT('(', CONCAT_WS(',', {cells}), ')') FROM {quoted(self.name)}"

    def insert(self) -> str:
        """The statement that these rows follow."""
        return f"INSERT INTO {quoted(self.name)} ({', '.join(quoted(c.name) for c in self._given())}) VALUES"

    def _given(self) -> list[Column]:
        return [column for column in self.columns if not column.generated]


@dataclass(frozen=True, slots=True)
class Definition:
    """A view, routine, trigger or event as the server tells how to make it."""

    kind: str
    name: str
    order: int
    mode: str
    sql: str
    charset: str
    collation: str
    zone: str

    def canonical(self, database: str) -> str:
        """Equal for equal ones, whatever database they are in."""
        text = unqualified(self.kind, _DEFINER.sub("", self.sql, count=1), database)
        return "\n".join(part for part in (self.mode, self.zone, str(self.order or ""), text) if part)


def tables(session: Session) -> tuple[list[Table], list[str]]:
    """Tables that hold rows and sequences, each by name."""
    found = session.query(_TABLES)
    columns: dict[str, list[Column]] = {}
    for table, name, type_, scale, charset, extra, generation in session.query(_COLUMNS):
        stored = "VIRTUAL GENERATED" not in str(extra).upper() and generation not in ("ROW START", "ROW END")
        if stored:
            columns.setdefault(table, []).append(Column(name, str(type_).lower(), scale, charset, bool(generation)))
    held = [Table(name, tuple(columns.get(name, ()))) for name, kind in sorted(found) if kind != "SEQUENCE"]
    return held, sorted(name for name, kind in found if kind == "SEQUENCE")


def definitions(session: Session) -> list[Definition]:
    """Views, routines, triggers (in the order they act) and events."""
    named = sorted((row for sql in _NAMED for row in session.query(sql)), key=lambda row: (row[0], row[2], row[1]))
    return [_definition(session, kind, name, order) for kind, name, order in named]


def _definition(session: Session, kind: str, name: str, order: int) -> Definition:
    row = session.query(f"SHOW CREATE {kind} {quoted(name)}")[0]
    mode, sql, charset, collation, zone = (
        "" if at is None else str(row[at] or "") for at in _PLACES.get(kind, _ROUTINE)
    )  # fmt: skip
    return Definition(kind, name, int(order or 0), mode, sql, charset, collation, zone)


def objects(
    session: Session, database: str, held: Sequence[Table], sequences: Sequence[str]
) -> tuple[dict[str, str], dict[str, int]]:
    """The text of each object by kind and name, and the counters that are not at their beginning."""
    schema, counters = {"database": " ".join(collation(session))}, {}
    for table in held:
        sql = str(session.query(f"SHOW CREATE TABLE {quoted(table.name)}")[0][1])
        match = _COUNTER.search(sql)
        if match:
            counters[table.name] = int(match[2])
        schema[f"table {table.name}"] = _COUNTER.sub(r"\1", sql, count=1)
    for name in sequences:
        schema[f"sequence {name}"] = str(session.query(f"SHOW CREATE SEQUENCE {quoted(name)}")[0][1])
        counters[name] = int(session.query(f"SELECT next_not_cached_value FROM {quoted(name)}")[0][0])
    for made in definitions(session):
        schema[f"{made.kind.lower()} {made.name}"] = made.canonical(database)
    return schema, counters


def collation(session: Session) -> tuple[str, str]:
    """The character set and collation of the database."""
    charset, collated = session.query("SELECT @@character_set_database, @@collation_database")[0]
    return str(charset), str(collated)


def unqualified(kind: str, sql: str, database: str) -> str:
    """A statement without the name of its own database: in all of a view, in what comes before the body of a trigger."""
    if kind == "VIEW":
        return sql.replace(f"{quoted(database)}.", "")
    if kind == "TRIGGER":
        head, found, body = re.split(r"(?i)(\bFOR\s+EACH\s+ROW\b|\Z)", sql, maxsplit=1)
        return re.sub(rf"(?:{re.escape(quoted(database))}|(?<![\w`]){re.escape(database)})\.", "", head) + found + body
    return sql


def view_columns(session: Session, views: Iterable[str]) -> Mapping[str, list[str]]:
    """The names of the columns of views."""
    wanted, found = set(views), dict[str, list[str]]()
    rows: list[tuple[Any, ...]] = session.query(_COLUMNS)
    for table, name, *_ in rows:
        if table in wanted:
            found.setdefault(table, []).append(name)
    return found
