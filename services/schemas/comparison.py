"""Drawings compared: what remains of one in a database, and where a database has drifted from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from services.schemas import conditions, ddl, defaults, types
from services.schemas.drawing import Column, Dialect, Drawing, ForeignKey, Index, Table, Unique

Kind = Literal[
    "TABLE_MISSING", "TABLE_UNKNOWN", "COLUMN_MISSING", "COLUMN_UNKNOWN", "TYPE", "NULLABLE", "DEFAULT", "AUTO_INCREMENT",
    "PRIMARY_KEY", "UNIQUE_MISSING", "UNIQUE_UNKNOWN", "INDEX_MISSING", "INDEX_UNKNOWN", "CHECK_MISSING", "CHECK_UNKNOWN",
    "FOREIGN_KEY_MISSING", "FOREIGN_KEY_UNKNOWN", "FOREIGN_KEY_ACTION", "COMMENT",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as drawn: `expected` of the drawing, `actual` of the database ("" for nothing)."""

    kind: Kind
    table: str
    column: str = ""
    expected: str = ""
    actual: str = ""

    def __str__(self) -> str:
        """A sentence."""
        place = f"{self.table}.{self.column}" if self.column else self.table
        if not self.actual:
            return f"{place}: {self.expected} is missing"
        if not self.expected:
            return f"{place}: {self.actual} is not in the drawing"
        return f"{place}: {self.actual} instead of {self.expected}"


def settled(drawing: Drawing, dialect: Dialect) -> Drawing:
    """What remains of a checked drawing in a dialect, in canonical spelling; ids, positions and generators as they were.

    Types become the nearest that the dialect has, defaults and conditions are written in one way, columns that are
    unique alone are marked so, comments go where the dialect has none, actions that it does not know become `NO ACTION`.
    """
    keys = ddl.keyed(drawing)
    tables = tuple(_settled_table(table, dialect, keys) for table in drawing.tables)
    foreign = tuple(
        replace(key, on_delete=ddl.action(key.on_delete, dialect), on_update=ddl.action(key.on_update, dialect))
        for key in drawing.foreign_keys
    )
    return Drawing(tables, foreign)


def _settled_table(table: Table, dialect: Dialect, keys: frozenset[tuple[str, str]]) -> Table:
    groups = ddl.unique_groups(table)
    alone = {columns[0] for _, columns in groups if len(columns) == 1}
    ids = {unique.columns: unique.id for unique in table.uniques}
    names = ddl.condition_names(table)
    parts = {conditions.parse(check.expression, names): check for check in table.checks}
    return replace(
        table,
        columns=tuple(_settled_column(table, column, dialect, keys, column.id in alone) for column in table.columns),
        key_order=tuple(column.id for column in table.primary_key) if len(table.primary_key) > 1 else (),
        uniques=tuple(Unique(columns, name, ids.get(columns, "")) for name, columns in groups if len(columns) > 1),
        indexes=tuple({index.columns: index for index in table.indexes}.values()),
        checks=tuple(replace(check, expression=conditions.plain(part)) for part, check in parts.items()),
        comment=ddl.comment(table.comment, dialect),
    )


def _settled_column(table: Table, column: Column, dialect: Dialect, keys: frozenset[tuple[str, str]], unique: bool) -> Column:
    kind = ddl.column_type(table, column, dialect, keys)
    auto = ddl.is_numbered(table, column, dialect)
    made = replace(
        column,
        nullable=column.nullable and not column.primary_key and not auto,
        auto_increment=auto,
        unique=unique,
        default_value=None if auto else _settled_default(column, kind, dialect),
        comment=ddl.comment(column.comment, dialect),
    )
    return types.described(made, types.settled(kind, dialect))


def _settled_default(column: Column, kind: types.DataType, dialect: Dialect) -> str | None:
    """The default as the database tells it; MySQL works with characters that it cannot show."""
    found = defaults.canonical(column.default_value, kind)
    return ddl.narrowed(found) if found is not None and dialect == "mysql" else found


def differences(drawing: Drawing, actual: Drawing, dialect: Dialect) -> tuple[Difference, ...]:
    """Where `actual` (read from a database of the dialect) is not what the drawing says; nothing when it is.

    Tables and columns are the same by name. Ids, positions, generators, orders of columns and names of keys, indexes and
    checks say nothing.
    """
    return tuple(_compared(settled(drawing, dialect), settled(actual, dialect)))


def _compared(drawing: Drawing, actual: Drawing) -> Iterator[Difference]:
    expected, found = {t.name: t for t in drawing.tables}, {t.name: t for t in actual.tables}
    for name, table in expected.items():
        if name not in found:
            yield Difference("TABLE_MISSING", name, expected="the table")
        else:
            yield from _columns(table, found[name])
            yield from _groups(table, found[name])
    yield from (Difference("TABLE_UNKNOWN", name, actual="the table") for name in found if name not in expected)
    yield from _foreign_keys(drawing, actual)


def _columns(table: Table, other: Table) -> Iterator[Difference]:
    expected, found = {c.name: c for c in table.columns}, {c.name: c for c in other.columns}
    for name, column in expected.items():
        if name not in found:
            yield Difference("COLUMN_MISSING", table.name, name, f"the column of the type {types.canonical(column)}")
            continue
        for kind, said in _FACTS:
            before, after = said(column), said(found[name])
            if before != after:
                yield Difference(kind, table.name, name, before, after)
    for name in found:
        if name not in expected:
            yield Difference("COLUMN_UNKNOWN", table.name, name, actual="the column")


_FACTS: Final[tuple[tuple[Kind, Callable[[Column], str]], ...]] = (
    ("TYPE", lambda column: str(types.canonical(column))),
    ("NULLABLE", lambda column: "NULL" if column.nullable else "NOT NULL"),
    ("DEFAULT", lambda column: "no default" if column.default_value is None else f"DEFAULT {column.default_value}"),
    ("AUTO_INCREMENT", lambda column: "numbered by the database" if column.auto_increment else "not numbered"),
    ("COMMENT", lambda column: f"the comment {column.comment}" if column.comment else "no comment"),
)


def _groups(table: Table, other: Table) -> Iterator[Difference]:
    """Keys, uniques, indexes, checks and comments of a table."""
    said, found = _listed(c.name for c in table.primary_key), _listed(c.name for c in other.primary_key)
    if said != found:
        yield Difference("PRIMARY_KEY", table.name, "", f"PRIMARY KEY {said}", f"PRIMARY KEY {found}")
    for word, described in _MEMBERS:
        before, after = described(table), described(other)
        yield from (_member(word, "MISSING", table.name, expected=text) for text in before if text not in after)
        yield from (_member(word, "UNKNOWN", table.name, actual=text) for text in after if text not in before)
    if table.comment != other.comment:
        shown = [f"the comment {comment}" if comment else "no comment" for comment in (table.comment, other.comment)]
        yield Difference("COMMENT", table.name, "", *shown)


def _member(word: str, end: str, table: str, **said: str) -> Difference:
    kind: Any = f"{word}_{end}"
    return Difference(kind, table, **said)


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(names)})"


def _uniques(table: Table) -> list[str]:
    alone = [f"UNIQUE {_listed([column.name])}" for column in table.columns if column.unique]
    return alone + [f"UNIQUE {_named(table, unique)}" for unique in table.uniques]


def _named(table: Table, group: Unique | Index) -> str:
    return _listed(table.column(key).name for key in group.columns)


_MEMBERS: Final[tuple[tuple[str, Callable[[Table], list[str]]], ...]] = (
    ("UNIQUE", _uniques),
    ("INDEX", lambda table: [f"the index {_named(table, index)}" for index in table.indexes]),
    ("CHECK", lambda table: [f"CHECK ({check.expression})" for check in table.checks]),
)


def _foreign_keys(drawing: Drawing, actual: Drawing) -> Iterator[Difference]:
    expected = {_described(drawing, key): key for key in drawing.foreign_keys}
    found = {_described(actual, key): key for key in actual.foreign_keys}
    for (table, text), key in expected.items():
        other = found.get((table, text))
        if other is None:
            yield Difference("FOREIGN_KEY_MISSING", table, expected=text)
        elif _actions(key) != _actions(other):
            yield Difference("FOREIGN_KEY_ACTION", table, "", f"{text} {_actions(key)}", f"{text} {_actions(other)}")
    for table, text in found:
        if (table, text) not in expected:
            yield Difference("FOREIGN_KEY_UNKNOWN", table, actual=text)


def _described(drawing: Drawing, key: ForeignKey) -> tuple[str, str]:
    source, target = drawing.table(key.source_table), drawing.table(key.target_table)
    pairs = sorted(zip(key.source_columns, key.target_columns, strict=True), key=lambda pair: source.column(pair[0]).name)
    names = [(source.column(a).name, target.column(b).name) for a, b in pairs]
    return source.name, f"FOREIGN KEY {_listed(a for a, _ in names)} REFERENCES {target.name} {_listed(b for _, b in names)}"


def _actions(key: ForeignKey) -> str:
    return f"ON DELETE {key.on_delete} ON UPDATE {key.on_update}"
