"""Read what stands between the parentheses of CREATE TABLE: columns and constraints, in four dialects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.common.databases._checks import check_columns, parse_check
from services.common.databases._sqltext import Cursor, Token, between, parted
from services.common.databases._types import mysql_type, postgresql_name, sqlite_type, sqlserver_type
from services.common.databases.catalog import (
    CatalogColumn,
    CatalogTable,
    Check,
    ColumnType,
    ForeignKey,
    Index,
    Partition,
    TableKind,
    Trigger,
    Unique,
)

_ENDS_TYPE: Final = frozenset(
    "NOT NULL DEFAULT PRIMARY UNIQUE CHECK REFERENCES CONSTRAINT COLLATE GENERATED AS AUTO_INCREMENT AUTOINCREMENT IDENTITY "
    "COMMENT ON CHARSET VIRTUAL STORED PERSISTENT INVISIBLE VISIBLE STORAGE COMPRESSION DEFERRABLE INITIALLY ROWGUIDCOL SPARSE "
    "MASKED KEY ASCII UNICODE ENABLE DISABLE NOCHECK".split()
)
_OWN_LINE: Final = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE".split())
_OWN_LINE_MYSQL: Final = frozenset("KEY INDEX FULLTEXT SPATIAL".split())
DEFAULT_SCHEMAS: Final = {"postgresql": ("public",), "mysql": (), "sqlite": ("main",), "sqlserver": ("dbo",)}


@dataclass
class Draft:
    """A table while its statements are read."""

    dialect: str
    name: str
    schema: str = ""
    kind: TableKind = "table"
    columns: dict[str, CatalogColumn] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    uniques: list[Unique] = field(default_factory=list)
    checks: list[tuple[str, str, bool]] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    exclusions: list[str] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    comment: str = ""
    inherits_from: tuple[str, ...] = ()
    partition: Partition | None = None
    partitions: tuple[Partition, ...] = ()
    strict: bool = False
    rowid: bool = True
    collation: str = ""

    def column(self, name: str) -> str:
        """The spelling of a column: unquoted names are compared without regard to case."""
        if name in self.columns:
            return name
        return next((known for known in self.columns if known.casefold() == name.casefold()), name)

    def finish(self) -> CatalogTable:
        """The table, keys and checks put to its columns."""
        names = tuple(self.columns)
        primary = tuple(map(self.column, self.primary_key))
        columns = [replace(c, nullable=False) if c.name in primary and self._forbids_null else c for c in self.columns.values()]
        checks = [
            Check(name, sql, check_columns(sql, self.dialect, names), parse_check(sql, self.dialect, names), enforced)
            for name, sql, enforced in self.checks
        ]
        return CatalogTable(
            self.name, self.schema, self.kind, tuple(columns), primary,
            tuple(replace(key, columns=tuple(map(self.column, key.columns))) for key in self.foreign_keys),
            tuple(replace(u, columns=tuple(map(self.column, u.columns))) for u in self.uniques), tuple(checks),
            tuple(self.indexes), tuple(self.exclusions), tuple(self.triggers), comment=self.comment,
            inherits_from=self.inherits_from, partition=self.partition, partitions=self.partitions,
            strict=self.strict, rowid=self.rowid,
        )  # fmt: skip

    @property
    def _forbids_null(self) -> bool:
        """SQLite lets null into primary keys, other than rowid aliases, of tables with rowids."""
        return self.dialect != "sqlite" or not self.rowid or self.strict


TypeReader = Callable[[str], ColumnType]


class TableReader:
    """Reads columns and constraints into a draft. `named` gives the types of PostgreSQL, which may be the file's own."""

    def __init__(self, dialect: str, named: TypeReader | None = None) -> None:
        self._dialect = dialect
        others: dict[str, TypeReader] = {"mysql": mysql_type, "sqlserver": sqlserver_type}
        self._type: TypeReader = named or others.get(dialect, sqlite_type)

    def read_body(self, draft: Draft, items: Sequence[Token], source: str) -> list[tuple[str, ...]]:
        """All columns and constraints of the parentheses; the tables that the body copies with LIKE."""
        copied = []
        for part in parted(items):
            cursor = Cursor(part, source)
            if cursor.peek() == "LIKE" and self._dialect in ("postgresql", "mysql"):
                cursor.token()
                copied.append(cursor.qualified())
            elif self._is_constraint(cursor):
                self.read_constraint(draft, cursor)
            elif cursor.peek() != "PERIOD" or cursor.peek(1) != "FOR":
                self.read_column(draft, cursor)
        return copied

    def _is_constraint(self, cursor: Cursor) -> bool:
        word = cursor.peek()
        if word in _OWN_LINE_MYSQL and self._dialect == "mysql":
            return True
        if word == "INDEX" and self._dialect == "sqlserver":
            return True
        return word in _OWN_LINE

    def read_constraint(self, draft: Draft, cursor: Cursor) -> None:
        """One constraint of a table. Raises `ValueError`."""
        name = cursor.name() if cursor.accept("CONSTRAINT") and cursor.peek() not in _OWN_LINE else ""
        if cursor.accept("PRIMARY", "KEY"):
            _skip_to_group(cursor)
            draft.primary_key = _plain_columns(cursor.group())
            self._mark_rowid(draft, cursor)
        elif cursor.accept("FOREIGN", "KEY"):
            if cursor.peek() != "(":
                cursor.name()
            draft.foreign_keys.append(self._reference(draft, cursor, name, _plain_columns(cursor.group())))
        elif cursor.accept("CHECK"):
            self._check(draft, cursor, name)
        elif cursor.accept("UNIQUE"):
            self._unique(draft, cursor, name)
        elif cursor.accept("EXCLUDE"):
            draft.exclusions.append(f"EXCLUDE {cursor.text(cursor.rest())}")
        else:
            self._index(draft, cursor)

    def _mark_rowid(self, draft: Draft, cursor: Cursor) -> None:
        """`PRIMARY KEY (id)` of an INTEGER column is SQLite's rowid, as on the column itself."""
        if self._dialect != "sqlite" or len(draft.primary_key) != 1:
            return
        name = draft.column(draft.primary_key[0])
        if name in draft.columns and draft.columns[name].type.native.upper() == "INTEGER":
            draft.columns[name] = replace(draft.columns[name], auto=True, nullable=False)

    def _unique(self, draft: Draft, cursor: Cursor, name: str) -> None:
        distinct = True
        while cursor.peek() != "(" and not cursor.done:
            if cursor.accept("NULLS", "NOT", "DISTINCT"):
                distinct = False
            elif not (
                cursor.accept("KEY") or cursor.accept("INDEX") or cursor.accept("CLUSTERED") or cursor.accept("NONCLUSTERED")
            ):
                name = cursor.name() or name
        columns, expressions = index_columns(cursor.group(), cursor.source)
        if not name and self._dialect == "mysql" and columns:
            name = columns[0]
        distinct = distinct and self._dialect != "sqlserver"
        draft.uniques.append(Unique(name, columns, True, "", expressions, distinct))

    def _index(self, draft: Draft, cursor: Cursor) -> None:
        method, name = "btree", ""
        while cursor.peek() != "(":
            word = cursor.peek()
            if word in ("FULLTEXT", "SPATIAL"):
                method = word.lower()
            if word in _OWN_LINE_MYSQL or word in ("CLUSTERED", "NONCLUSTERED", "USING", "BTREE", "HASH"):
                cursor.token()
                continue
            name = cursor.name()
        columns, expressions = index_columns(cursor.group(), cursor.source)
        draft.indexes.append(Index(name or "".join(columns[:1]), columns, expressions, "", method))

    def _check(self, draft: Draft, cursor: Cursor, name: str) -> None:
        while cursor.peek() != "(":
            cursor.token()
        sql = between(cursor.source, cursor.group())
        enforced = True
        while cursor.peek() in ("NOT", "NO", "ENFORCED", "INHERIT", "VALID"):
            enforced &= not cursor.accept("NOT", "ENFORCED")
            if cursor.peek() in ("NOT", "NO", "ENFORCED", "INHERIT", "VALID"):
                if cursor.peek() == "NOT" and cursor.peek(1) == "NULL":
                    break
                cursor.token()
        draft.checks.append((name, sql, enforced))

    def _reference(self, draft: Draft, cursor: Cursor, name: str, columns: tuple[str, ...]) -> ForeignKey:
        if not cursor.accept("REFERENCES"):
            raise ValueError("REFERENCES was expected")
        parent = table_key(cursor.qualified(), self._dialect)
        parents = _plain_columns(cursor.group()) if cursor.peek() == "(" else ()
        key = ForeignKey(name, columns, parent, parents)
        while not cursor.done:
            changed = _reference_option(cursor, key)
            if changed is None:
                break
            key = changed
        return key

    def read_column(self, draft: Draft, cursor: Cursor) -> CatalogColumn:
        """One column with its own constraints. Raises `ValueError`."""
        return self.read_unnamed(draft, cursor, cursor.name())

    def read_unnamed(self, draft: Draft, cursor: Cursor, name: str) -> CatalogColumn:
        """The type and constraints of a column whose name is known. Raises `ValueError`."""
        native = self._type_text(cursor)
        column = CatalogColumn(name, self._column_type(native))
        if self._dialect == "postgresql" and native.lower() in _SERIALS:
            column = replace(column, auto=True, nullable=False)
        if self._dialect == "mysql" and native.lower() == "serial":
            column = replace(column, auto=True, nullable=False)
            draft.uniques.append(Unique(name, (name,)))
        draft.columns[name] = column
        constraint = ""
        while not cursor.done:
            if cursor.accept("CONSTRAINT"):
                constraint = cursor.name()
            else:
                self._column_option(draft, cursor, name, constraint)
                constraint = ""
        return draft.columns[name]

    def _column_type(self, native: str) -> ColumnType:
        return self._type(postgresql_name(native) if self._dialect == "postgresql" else native)

    def _type_text(self, cursor: Cursor) -> str:
        found: list[Token] = []
        while not cursor.done:
            word = cursor.peek()
            if word == "CHARACTER" and cursor.peek(1) == "SET":
                break
            if word in _ENDS_TYPE or (word == "WITH" and cursor.peek(1) not in ("TIME", "LOCAL")):
                break
            found += cursor.item()
        return cursor.text(found)

    def _column_option(self, draft: Draft, cursor: Cursor, name: str, constraint: str) -> None:
        word = cursor.peek()
        if word == "PRIMARY" and cursor.accept("PRIMARY", "KEY"):
            draft.primary_key = (name,)
            descending = cursor.accept("DESC")
            if not descending:
                self._mark_rowid(draft, cursor)
        elif word == "UNIQUE" and cursor.accept("UNIQUE"):
            cursor.accept("KEY")
            distinct = not cursor.accept("NULLS", "NOT", "DISTINCT") and self._dialect != "sqlserver"
            draft.uniques.append(
                Unique(constraint or (name if self._dialect == "mysql" else ""), (name,), True, "", (), distinct)
            )
        elif word == "CHECK":
            self._check(draft, cursor, constraint)
        elif word == "REFERENCES":
            draft.foreign_keys.append(self._reference(draft, cursor, constraint, (name,)))
        else:
            draft.columns[name] = self.column_property(draft.columns[name], cursor)

    def column_property(self, column: CatalogColumn, cursor: Cursor) -> CatalogColumn:
        """The column with one property more: default, null, identity, collation …"""
        if cursor.accept("NOT", "NULL"):
            return replace(column, nullable=False)
        if cursor.accept("DEFAULT"):
            return with_default(column, self._expression(cursor))
        if cursor.accept("COLLATE"):
            return with_collation(column, cursor.qualified()[-1], self._dialect)
        if cursor.accept("COMMENT"):
            return replace(column, comment=cursor.token().value)
        if cursor.accept("AUTO_INCREMENT") or cursor.accept("AUTOINCREMENT"):
            return replace(column, auto=True)
        if cursor.accept("IDENTITY"):
            if cursor.peek() == "(":
                cursor.group()
            return replace(column, auto=True, identity="always", nullable=False)
        return self._generated(column, cursor)

    def _generated(self, column: CatalogColumn, cursor: Cursor) -> CatalogColumn:
        by_default = cursor.accept("GENERATED", "BY", "DEFAULT")
        if not by_default:
            cursor.accept("GENERATED", "ALWAYS")
        if cursor.accept("AS", "IDENTITY"):
            if cursor.peek() == "(":
                cursor.group()
            return replace(column, identity="by default" if by_default else "always", auto=True, nullable=False)
        if cursor.accept("AS"):
            if cursor.peek() != "(":
                return replace(column, generated=cursor.text(cursor.until("HIDDEN", "NOT")))
            return replace(column, generated=between(cursor.source, cursor.group()))
        if cursor.peek() in ("STORED", "PERSISTED", "PERSISTENT"):
            cursor.token()
            return replace(column, stored=True)
        if not cursor.accept("ON", "UPDATE"):
            cursor.token()
        return column

    def _expression(self, cursor: Cursor) -> str:
        """A default: as far as the next word that begins a property of its own."""
        found = cursor.item()
        while not cursor.done and cursor.peek() not in _ENDS_TYPE - {"AS"}:
            found += cursor.item()
        return cursor.text(found)


_SERIALS: Final = frozenset("serial serial2 serial4 serial8 smallserial bigserial".split())


def with_default(column: CatalogColumn, sql: str) -> CatalogColumn:
    """The column with a default; one that numbers rows makes it `auto`."""
    if sql.upper() in ("NULL", "(NULL)") or sql.upper().startswith("NULL::"):
        return replace(column, default="")
    numbered = "nextval(" in sql.lower() or "next value for" in sql.lower()
    return replace(column, default=sql, auto=column.auto or numbered)


def with_collation(column: CatalogColumn, collation: str, dialect: str) -> CatalogColumn:
    """The column with a collation and whether that folds case."""
    return replace(column, collation=collation, folded=folds(collation, dialect))


def folds(collation: str, dialect: str) -> bool:
    """Whether a collation takes texts for equal that differ in case alone."""
    word = collation.lower()
    if dialect == "sqlite":
        return word == "nocase"
    if dialect == "mysql":
        return word.endswith(("_ci", "_ai")) or "_ci_" in word
    return dialect == "sqlserver" and "_ci" in word


def table_key(parts: Sequence[str], dialect: str) -> str:
    """A table's `key` from its written name."""
    schema, name = split_name(parts, dialect)
    return f"{schema}.{name}" if schema else name


def split_name(parts: Sequence[str], dialect: str) -> tuple[str, str]:
    """Schema ("" for the default one) and name; unquoted names keep their spelling."""
    schema = parts[-2] if len(parts) > 1 and dialect != "mysql" else ""
    return ("" if schema.lower() in DEFAULT_SCHEMAS[dialect] else schema), parts[-1]


def _skip_to_group(cursor: Cursor) -> None:
    while cursor.peek() != "(":
        cursor.token()


def _plain_columns(items: Sequence[Token]) -> tuple[str, ...]:
    return tuple(part[0].name for part in parted(items))


def index_columns(items: Sequence[Token], source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Plain columns and expressions of an index. A column may have a length, an order, an operator class or a collation."""
    columns, expressions = [], []
    for part in parted(items):
        plain = part[0].kind in ("word", "name") and (len(part) == 1 or part[1].kind == "word" or _prefix(part))
        if plain:
            columns.append(part[0].name)
        else:
            expressions.append(between(source, part))
    return tuple(columns), tuple(expressions)


def _prefix(part: Sequence[Token]) -> bool:
    """`name(20)`: an index of the first 20 characters; not the call of a function with a number, which nobody writes."""
    return len(part) >= 4 and part[1].raw == "(" and part[2].kind == "number" and part[3].raw == ")"


def _reference_option(cursor: Cursor, key: ForeignKey) -> ForeignKey | None:
    """The key with one option more; None when what comes is none."""
    for words, changed in _REFERENCE_OPTIONS:
        if cursor.accept(*words):
            return replace(key, **changed)  # type: ignore[arg-type]
    if cursor.accept("ON", "DELETE"):
        return replace(key, on_delete=_action(cursor))
    if cursor.accept("ON", "UPDATE"):
        return replace(key, on_update=_action(cursor))
    return key if cursor.accept("MATCH", "SIMPLE") or cursor.accept("NOT", "FOR", "REPLICATION") else None


_REFERENCE_OPTIONS: Final[tuple[tuple[tuple[str, ...], dict[str, bool]], ...]] = (
    (("NOT", "DEFERRABLE"), {"deferrable": False}),
    (("DEFERRABLE",), {"deferrable": True}),
    (("INITIALLY", "DEFERRED"), {"deferred": True, "deferrable": True}),
    (("INITIALLY", "IMMEDIATE"), {"deferred": False}),
    (("NOT", "VALID"), {"validated": False}),
    (("NOT", "ENFORCED"), {"enforced": False}),
    (("ENFORCED",), {"enforced": True}),
    (("MATCH", "FULL"), {"full": True}),
)


def _action(cursor: Cursor) -> str:
    word = cursor.token().value
    action = f"{word} {cursor.token().value}" if word in ("NO", "SET") else word
    if cursor.peek() == "(":
        cursor.group()
    return action
