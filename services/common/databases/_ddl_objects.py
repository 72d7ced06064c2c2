"""Read what stands beside tables: indexes, triggers, rules, and how a table is cut into partitions.

PostgreSQL gives these of a live database as the statements that made them, so both ways of reading a catalog come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.common.databases._bodies import Body, read_body, tsvector_column
from services.common.databases._checks import parse_check
from services.common.databases._ddl_tables import index_columns, table_key
from services.common.databases._forms import NOTHING, Bounds, Choices, ParsedCheck, Scalar
from services.common.databases._sqltext import Cursor, Statement, Token, between, parted, statements
from services.common.databases.catalog import Index, Partition, Rule, Trigger, Unique

EVENTS: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


@dataclass(frozen=True, slots=True)
class WrittenTrigger:
    """A trigger before its function is known: PostgreSQL has the body elsewhere."""

    table: str
    trigger: Trigger
    body: str = ""
    arguments: tuple[str, ...] = ()


def one(sql: str, dialect: str) -> Statement:
    """The statement of a text that holds one. Raises `ValueError`."""
    for statement in statements(sql, dialect):
        return statement
    raise ValueError("there is no statement")


def read_index(cursor: Cursor, dialect: str) -> tuple[str, Unique | Index]:
    """The table's `key` and its index, from the words after CREATE. Raises `ValueError`."""
    unique, method = False, "btree"
    while not cursor.accept("INDEX"):
        word = cursor.token().value
        unique |= word == "UNIQUE"
        method = word.lower() if word in ("FULLTEXT", "SPATIAL") else method
    cursor.accept("CONCURRENTLY")
    cursor.accept("IF", "NOT", "EXISTS")
    name = "" if cursor.peek() == "ON" else cursor.qualified()[-1]
    if cursor.accept("USING"):
        cursor.name()
    cursor.accept("ON")
    cursor.accept("ONLY")
    table = table_key(cursor.qualified(), dialect)
    if cursor.accept("USING"):
        method = cursor.name().lower()
    columns, expressions = index_columns(cursor.group(), cursor.source)
    cursor.until("NULLS", "WHERE")
    distinct = not cursor.accept("NULLS", "NOT", "DISTINCT") and dialect != "sqlserver"
    cursor.until("WHERE")
    where = _bare(cursor.text(cursor.rest())) if cursor.accept("WHERE") else ""
    if unique:
        return table, Unique(name, columns, False, where, expressions, distinct)
    return table, Index(name, columns, expressions, where, method)


def _bare(sql: str) -> str:
    """A condition without the parentheses around all of it."""
    if not (sql.startswith("(") and sql.endswith(")")):
        return sql
    depth = 0
    for place, letter in enumerate(sql):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0 and place < len(sql) - 1:
            return sql
    return sql[1:-1]


def read_trigger(cursor: Cursor, dialect: str) -> WrittenTrigger:
    """A trigger from the words after CREATE … TRIGGER. Raises `ValueError`."""
    cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.qualified()[-1]
    if dialect == "sqlserver":
        cursor.accept("ON")
        table = table_key(cursor.qualified(), dialect)
        head = cursor.until("AS")
    else:
        head = cursor.until("ON")
        cursor.accept("ON")
        table = table_key(cursor.qualified(), dialect)
    words = [token.value for token in head if token.kind == "word"]
    instead = "INSTEAD" in words
    timing = (
        "INSTEAD OF" if instead else "BEFORE" if "BEFORE" in words or (dialect == "sqlite" and "AFTER" not in words) else "AFTER"
    )
    events = tuple(event for event in EVENTS if event in words[: words.index("OF") if "OF" in words and not instead else None])
    trigger = Trigger(name, events, timing)
    rest = cursor.rest()
    if dialect == "postgresql":
        return _calls(table, trigger, Cursor(rest, cursor.source))
    return WrittenTrigger(table, replace(trigger, row=dialect != "sqlserver"), between(cursor.source, rest))


def _calls(table: str, trigger: Trigger, cursor: Cursor) -> WrittenTrigger:
    head = cursor.until("EXECUTE")
    row = any(token.value == "ROW" for token in head)
    cursor.accept("EXECUTE")
    cursor.token()
    function = cursor.qualified()[-1]
    arguments = tuple(token.value for token in cursor.group() if token.kind != "sign") if cursor.peek() == "(" else ()
    return WrittenTrigger(table, replace(trigger, row=row, function=function), arguments=arguments)


def understood(written: WrittenTrigger, dialect: str, bodies: Mapping[str, str]) -> Trigger:
    """The trigger with what its body does. `bodies` are the sources of the functions that can be read, by name."""
    trigger = written.trigger
    if dialect == "postgresql":
        fixed = tsvector_column(trigger.function, written.arguments)
        if fixed:
            return replace(trigger, sets=fixed)
        if trigger.function not in bodies:
            return replace(trigger, understood=False)
    text = bodies[trigger.function] if dialect == "postgresql" else written.body
    body: Body = read_body(text, dialect, written.table, lambda parts: table_key(parts, dialect))
    return replace(
        trigger, inserts=body.inserts, updates=body.updates, deletes=body.deletes, sets=body.sets, understood=not body.dynamic
    )


def read_rule(cursor: Cursor) -> tuple[str, Rule]:
    """A rule of PostgreSQL from the words after CREATE … RULE: its table's `key` and the rule. Raises `ValueError`."""
    start = cursor.name()
    cursor.until("ON")
    cursor.accept("ON")
    event = cursor.token().value
    cursor.accept("TO")
    table = table_key(cursor.qualified(), "postgresql")
    where = _bare(cursor.text(cursor.until("DO"))[len("WHERE") :].strip()) if cursor.peek() == "WHERE" else ""
    cursor.accept("DO")
    instead = cursor.accept("INSTEAD")
    cursor.accept("ALSO")
    action = " ".join(cursor.text(cursor.rest()).split())
    body = read_body(action, "postgresql", "", lambda parts: table_key(parts, "postgresql"))
    writes = tuple(sorted({*body.inserts, *body.updates, *body.deletes}))
    parsed = parse_check(where, "postgresql") if where else NOTHING
    return table, Rule(start, event, instead, where, writes, action, parsed)


def read_partitioning(cursor: Cursor) -> Partition:
    """`RANGE (created)` or MySQL's `RANGE COLUMNS (a, b)`, `LINEAR HASH (year(day))`. Raises `ValueError`."""
    method = " ".join(token.value for token in cursor.until("(")).lower().removesuffix(" columns").removeprefix("linear ")
    inside = cursor.group()
    columns, expressions = index_columns(inside, cursor.source)
    return Partition("", method.split()[0], columns, ", ".join(expressions))


def read_bounds(cursor: Cursor, name: str, by: Sequence[str]) -> Partition:
    """`FOR VALUES …` or DEFAULT of a partition of PostgreSQL, whose parent splits by these columns."""
    text = cursor.text(cursor.until("PARTITION"))
    inner = Cursor(one(text, "postgresql").tokens, text)
    if inner.accept("DEFAULT"):
        return Partition(name, bounds=text, default=True)
    inner.accept("FOR", "VALUES")
    parsed = NOTHING
    if inner.accept("IN"):
        parsed = _listed(inner.group(), text, by)
    elif inner.accept("FROM"):
        low = inner.group()
        inner.accept("TO")
        parsed = _ranged(low, inner.group(), text, by)
    return Partition(name, bounds=text, parsed=parsed)


def _listed(items: Sequence[Token], text: str, by: Sequence[str]) -> ParsedCheck:
    values = tuple(value for part in parted(items) if (value := _literal(part, text)) is not None)
    return ParsedCheck(choices=(Choices(by[0], values),)) if len(by) == 1 and values else NOTHING


def _ranged(low: Sequence[Token], high: Sequence[Token], text: str, by: Sequence[str]) -> ParsedCheck:
    """Bounds of the first column; of more than one column only the first is sure, its end then belongs to it."""
    if not by:
        return NOTHING
    bounds = Bounds(by[0], _literal(parted(low)[0], text), _literal(parted(high)[0], text), high_open=len(by) == 1)
    return ParsedCheck(bounds=(bounds,))


def _literal(part: Sequence[Token], text: str) -> Scalar | None:
    """A literal; None for MINVALUE, MAXVALUE and NULL."""
    if part[0].kind == "word" and part[0].value in ("MINVALUE", "MAXVALUE", "NULL"):
        return None
    said = parse_check(f"x = {between(text, part)}", "postgresql").choices
    return said[0].values[0] if said else None
