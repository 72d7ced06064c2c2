"""The SQL that makes a drawing's database, compiled by SQLAlchemy for each of four dialects.

Takes drawings that `services.schemas.checking` found nothing wrong with. Every identifier is quoted, every text a
literal, every CHECK written from its tree; nothing of a drawing is passed on as SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    SetColumnComment,
    SetTableComment,
    sort_tables_and_constraints,
)
from sqlalchemy.sql.ddl import ExecutableDDLElement

from runner.formats.ddl.names import exact, quoted, sqlalchemy_dialect
from services.common.databases._sqltext import tokens
from services.schemas import conditions, defaults, types
from services.schemas.drawing import Column, Dialect, Drawing, ForeignKey, Table
from services.schemas.names import Names, enum_check
from services.schemas.types import INTEGERS, DataType, literal

_MYSQL: Final = {"mysql_engine": "InnoDB", "mysql_default_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
_UNKNOWN_ACTIONS: Final[dict[Dialect, dict[str, str]]] = {
    "mysql": {"SET DEFAULT": "NO ACTION", "RESTRICT": "NO ACTION"},
    "sqlserver": {"RESTRICT": "NO ACTION"},
    "postgresql": {}, "sqlite": {},
}  # fmt: skip


class _Native(sa.types.UserDefinedType[Any]):
    """A type as `types.native` writes it."""

    cache_ok = True

    def __init__(self, word: str) -> None:
        self.word = word

    def get_col_spec(self, **_: Any) -> str:
        """The word."""
        return self.word


class _NativeInteger(sa.INTEGER):
    """A whole number of another size; SQLAlchemy numbers rows by integers alone."""

    cache_ok = True

    def __init__(self, word: str = "INTEGER") -> None:
        self.word = word


class _NativeInstant(sa.TIMESTAMP):
    """MySQL's TIMESTAMP, which has to be told that it may be null."""

    cache_ok = True

    def __init__(self, word: str = "TIMESTAMP") -> None:
        super().__init__()
        self.word = word


@compiles(_NativeInteger)
@compiles(_NativeInstant)
def _written(kind: _NativeInteger | _NativeInstant, _compiler: Any, **_: Any) -> str:
    return kind.word


def action(word: str, dialect: Dialect) -> str:
    """What a database does for an action of a foreign key: itself, or the nearest that it has."""
    return _UNKNOWN_ACTIONS[dialect].get(word, word)


def comment(text: str, dialect: Dialect) -> str:
    """What a database keeps of a comment: SQLite nothing, MySQL no characters beyond U+FFFF."""
    return "" if dialect == "sqlite" else narrowed(text) if dialect == "mysql" else text


def narrowed(text: str) -> str:
    """A text as MySQL and MariaDB show it among their definitions: characters beyond U+FFFF are question marks."""
    return "".join(c if ord(c) <= 0xFFFF else "?" for c in text)


def metadata(drawing: Drawing, dialect: Dialect) -> sa.MetaData:
    """The drawing as SQLAlchemy's tables, types and defaults those of the dialect."""
    return Maker(drawing, dialect).metadata


def statements(drawing: Drawing, dialect: Dialect) -> tuple[str, ...]:
    """The statements that make the database, each without `;`: types, tables, indexes, late keys, comments."""
    return tuple(_tidied(text.strip(), dialect) for text in Maker(drawing, dialect).statements())


def _tidied(text: str, dialect: Dialect) -> str:
    """Without spaces at the ends of lines, unless they are in a text."""
    if any("\n" in token.raw for token in tokens(text, dialect)):
        return text
    return "\n".join(line.rstrip() for line in text.split("\n"))


def script(drawing: Drawing, dialect: Dialect) -> str:
    """The statements as a file."""
    return "".join(f"{statement};\n\n" for statement in statements(drawing, dialect))


def keyed(drawing: Drawing) -> frozenset[tuple[str, str]]:
    """The columns (table id, column id) that some key, unique or index is made of."""
    found = {(table.id, column.id) for table in drawing.tables for column in table.columns if column.primary_key or column.unique}
    for table in drawing.tables:
        groups = [*(unique.columns for unique in table.uniques), *(index.columns for index in table.indexes)]
        found |= {(table.id, key) for group in groups for key in group}
    for key in drawing.foreign_keys:
        found |= {(key.source_table, column) for column in key.source_columns}
        found |= {(key.target_table, column) for column in key.target_columns}
    return frozenset(found)


def column_type(table: Table, column: Column, dialect: Dialect, keys: frozenset[tuple[str, str]]) -> DataType:
    """The type that a column has in a dialect. Raises `TypeRefusedError`."""
    kind = types.canonical(column)
    kind = types.in_key(kind, dialect) if (table.id, column.id) in keys else kind
    return DataType("INTEGER") if dialect == "sqlite" and is_numbered(table, column, dialect) else kind


def is_numbered(table: Table, column: Column, dialect: Dialect) -> bool:
    """Whether the database numbers the column. SQLite does so for keys of one column only. Raises `TypeRefusedError`."""
    kind, primary = types.canonical(column), table.primary_key
    if not (column.auto_increment or kind.auto) or kind.name not in INTEGERS or not primary:
        return False
    return primary[0].id == column.id and (dialect != "sqlite" or len(primary) == 1)


def condition_names(table: Table) -> conditions.Names:
    """What a CHECK of the table may name."""
    return conditions.Names({column.name: _known(column) for column in table.columns})


def _known(column: Column) -> DataType | None:
    try:
        return types.canonical(column)
    except types.TypeRefusedError:
        return None


def unique_groups(table: Table) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names ("" for none) and columns (ids) of what is unique beside the primary key, each group once."""
    primary = {column.id for column in table.primary_key}
    groups: list[tuple[str, tuple[str, ...]]] = [("", (column.id,)) for column in table.columns if column.unique]
    groups += [(unique.name, unique.columns) for unique in table.uniques]
    found: dict[tuple[str, ...], str] = {}
    for name, columns in groups:
        if set(columns) != primary or not primary:
            found[columns] = found.get(columns) or name
    return tuple((name, columns) for columns, name in found.items())


def in_order_of_key(key: ForeignKey, target: Table) -> list[tuple[str, str]]:
    """The pairs of column ids in the order of the key that they refer to, which MySQL insists on."""
    groups = [tuple(column.id for column in target.primary_key), *(columns for _, columns in unique_groups(target))]
    group = next((group for group in groups if set(group) == set(key.target_columns)), key.target_columns)
    return sorted(zip(key.source_columns, key.target_columns, strict=True), key=lambda pair: group.index(pair[1]))


class Maker:
    """Makes the metadata and its statements, in the drawing's order.

    `tables` are SQLAlchemy's by the drawing's table id; `enums` PostgreSQL's named types by table and column id.
    """

    def __init__(self, drawing: Drawing, dialect: Dialect) -> None:
        self.drawing, self._dialect = drawing, dialect
        self._keys = keyed(drawing)
        self._targets = {(key.target_table, key.target_columns) for key in drawing.foreign_keys}
        enums = (enum_check(table.name, column.name) for table in drawing.tables for column in table.columns)
        self._names = Names((*(table.name for table in drawing.tables), *enums))
        self.enums: dict[tuple[str, str], tuple[str, DataType]] = {}
        self.metadata = sa.MetaData()
        self.tables: dict[str, sa.Table] = {table.id: self._table(table) for table in drawing.tables}
        for key in drawing.foreign_keys:
            self._foreign_key(key)

    # -- tables

    def _table(self, table: Table) -> sa.Table:
        options: dict[str, Any] = dict(_MYSQL) if self._dialect == "mysql" else {}
        if self._dialect == "sqlite" and any(is_numbered(table, column, "sqlite") for column in table.columns):
            options["sqlite_autoincrement"] = True
        columns = [self._column(table, column) for column in table.columns]
        said = comment(table.comment, self._dialect)
        made = sa.Table(exact(table.name), self.metadata, *columns, comment=said or None, **options)
        if table.primary_key:
            key = exact(self._names.free("pk", table.name)) if self._dialect == "postgresql" else None
            made.append_constraint(sa.PrimaryKeyConstraint(*(exact(column.name) for column in table.primary_key), name=key))
        for name, keys in unique_groups(table):
            self._unique(table, made, name, keys)
        for index in table.indexes:
            sa.Index(self._name(index.name, "ix", table, index.columns), *(self._of(table, made, key) for key in index.columns))
        self._checks(table, made)
        return made

    def _name(self, given: str, prefix: str, table: Table, columns: Sequence[str]) -> sa.quoted_name:
        names = [table.column(key).name for key in columns]
        return exact(self._names.free(given) if given else self._names.free(prefix, table.name, *names))

    def _of(self, table: Table, made: sa.Table, key: str) -> sa.Column[Any]:
        found: sa.Column[Any] = made.c[table.column(key).name]
        return found

    def _unique(self, table: Table, made: sa.Table, name: str, keys: tuple[str, ...]) -> None:
        """A constraint; SQL Server takes two NULLs for the same, so there an index over the rest."""
        given = self._name(name, "uq", table, keys)
        columns = [self._of(table, made, key) for key in keys]
        nullable = [column.is_not(None) for column in columns if column.nullable]
        if self._dialect == "sqlserver" and nullable and (table.id, keys) not in self._targets:
            sa.Index(given, *columns, unique=True, mssql_where=sa.and_(*nullable))
        else:
            made.append_constraint(sa.UniqueConstraint(*columns, name=given))

    def _checks(self, table: Table, made: sa.Table) -> None:
        for column in table.columns:
            if (found := self._type_check(table, column)) is not None:
                name, condition = found
                made.append_constraint(sa.CheckConstraint(sa.literal_column(condition), name=exact(name)))
        for check in table.checks:
            part = conditions.parse(check.expression, condition_names(table))
            name = exact(self._names.free(check.name) if check.name else self._names.free("ck", table.name))
            made.append_constraint(sa.CheckConstraint(sa.literal_column(conditions.sql(part, self._dialect)), name=name))

    def _type_check(self, table: Table, column: Column) -> tuple[str, str] | None:
        """What holds a column to its type where the database does not know the type: a name and a condition."""
        kind = types.canonical(column)
        if kind.name == "ENUM" and self._dialect in ("sqlite", "sqlserver"):
            values = tuple(("text", value) for value in kind.values)
            return enum_check(table.name, column.name), conditions.sql(("in", ("column", column.name), values), self._dialect)
        if kind.name in ("JSON", "ARRAY") and self._dialect == "sqlserver":
            return self._names.free("json", table.name, column.name), f"ISJSON({quoted(column.name, self._dialect)}) = 1"
        return None

    # -- columns

    def _column(self, table: Table, column: Column) -> sa.Column[Any]:
        kind = column_type(table, column, self._dialect, self._keys)
        auto = is_numbered(table, column, self._dialect)
        more: list[Any] = []
        if auto and self._dialect in ("postgresql", "sqlserver"):
            more.append(sa.Identity())
        return sa.Column(
            exact(column.name), self._type(table, column, kind, auto), *more,
            nullable=column.nullable and not column.primary_key and not auto,
            autoincrement=auto, server_default=None if auto else self._default(column, kind),
            comment=comment(column.comment, self._dialect) or None,
        )  # fmt: skip

    def _type(self, table: Table, column: Column, kind: DataType, auto: bool) -> Any:
        if kind.name == "ENUM" and self._dialect == "postgresql":
            name = self._names.free(table.name, column.name, "enum")
            self.enums[table.id, column.id] = (name, kind)
            return _Native(quoted(name, self._dialect))
        word = types.native(kind, self._dialect)
        if kind.name in INTEGERS:
            rowid = self._dialect == "sqlite" and kind.name == "INTEGER" and not auto
            return _NativeInteger("INT" if rowid else word)
        if kind.name == "TIMESTAMPTZ" and self._dialect == "mysql":
            return _NativeInstant(word)
        return _Native(word)

    def _default(self, column: Column, kind: DataType) -> Any:
        found = defaults.canonical(column.default_value, kind)
        return None if found is None else sa.literal_column(defaults.sql(found, kind, self._dialect))

    # -- keys

    def _foreign_key(self, key: ForeignKey) -> None:
        source, target = self.drawing.table(key.source_table), self.drawing.table(key.target_table)
        made, parent = self.tables[source.id], self.tables[target.id]
        pairs = in_order_of_key(key, target)
        columns = [self._of(source, made, column) for column, _ in pairs]
        name = self._name(key.name, "fk", source, key.source_columns)
        if self._dialect == "mysql" and not _covered(columns, made):
            sa.Index(name, *columns)  # MySQL makes one itself otherwise, and then nobody knows whether it is there
        constraint = sa.ForeignKeyConstraint(
            columns,
            [self._of(target, parent, column) for _, column in pairs],
            name=name,
            ondelete=_said(action(key.on_delete, self._dialect)),
            onupdate=_said(action(key.on_update, self._dialect)),
        )
        made.append_constraint(constraint)

    # -- statements

    def statements(self) -> Iterator[str]:
        """All statements, as the dialect's compiler lays them out."""
        yield from (self.enum(*found) for found in self.enums.values())
        ordered = self._ordered()
        for table, keys in ordered:
            if table is not None:
                yield self.compiled(CreateTable(table, include_foreign_key_constraints=keys))
        for table in self.tables.values():
            yield from (self.compiled(CreateIndex(index)) for index in in_order(table.indexes))
        for table, keys in ordered:
            if table is None:
                yield from (self.compiled(AddConstraint(key)) for key in in_order(keys))
        yield from self._comments()

    def _ordered(self) -> list[Any]:
        """Tables, each with the foreign keys made with it, then (None, …) for those made later."""
        tables = self.tables.values()
        if self._dialect == "sqlite":
            return [(table, None) for table in tables]
        if self._dialect == "mysql":  # after the indexes, or MySQL makes some of its own
            return [*((table, []) for table in tables), (None, [k for table in tables for k in table.foreign_key_constraints])]
        return list(sort_tables_and_constraints(tables))  # type: ignore[no-untyped-call]

    def enum(self, name: str, kind: DataType) -> str:
        """The statement that makes a named type."""
        values = ", ".join(literal(value, self._dialect) for value in kind.values)
        return f"CREATE TYPE {quoted(name, self._dialect)} AS ENUM ({values})"

    def _comments(self) -> Iterator[str]:
        """Comments that are statements of their own; MySQL has them within CREATE TABLE, SQLite has none."""
        if self._dialect in ("mysql", "sqlite"):
            return
        for table in self.tables.values():
            if table.comment:
                yield self._comment(SetTableComment(table), table.comment, table.name)
            for column in table.columns:
                if column.comment:
                    yield self._comment(SetColumnComment(column), column.comment, table.name, column.name)

    def _comment(self, element: ExecutableDDLElement, said: str, *names: str) -> str:
        """SQL Server keeps comments as properties; SQLAlchemy writes those of a connection's schema alone."""
        if self._dialect != "sqlserver":
            return self.compiled(element)
        levels = [word for pair in zip(("TABLE", "COLUMN"), names, strict=False) for word in pair]
        words = ["MS_Description", said, "SCHEMA", "dbo", *levels]
        return f"EXEC sp_addextendedproperty {', '.join(literal(word, self._dialect) for word in words)}"

    def compiled(self, element: ExecutableDDLElement) -> str:
        """The text of a statement."""
        return str(element.compile(dialect=sqlalchemy_dialect(self._dialect)))


def _covered(columns: Sequence[sa.Column[Any]], table: sa.Table) -> bool:
    """Whether a key or index of the table begins with these columns."""
    uniques = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint | sa.PrimaryKeyConstraint)]
    groups = [list(group.columns) for group in (*uniques, *table.indexes)]
    return any([column.name for column in group[: len(columns)]] == [column.name for column in columns] for group in groups)


def _said(action_word: str) -> str | None:
    """No word for what happens anyway."""
    return None if action_word == "NO ACTION" else action_word


in_order: Callable[[Any], list[Any]] = lambda items: sorted(items, key=lambda item: str(item.name))  # noqa: E731
