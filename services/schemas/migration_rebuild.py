"""SQLite's migrations: it alters next to nothing, so tables that change are made anew and their rows copied."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.schema import CreateIndex, CreateTable

from runner.formats.ddl.names import exact, quoted
from services.schemas import ddl
from services.schemas.drawing import Column, Table
from services.schemas.migration_steps import TEMPORARY, Match, Migration, filler, lost_values
from services.schemas.types import canonical, literal


def rebuild(match: Match) -> Migration:
    """The migration, one transaction in which foreign keys wait. Nothing to do is no statement."""
    statements = tuple(_Rebuild(match).statements())
    if not statements:
        return Migration((), tuple(match.warnings))
    match.warn("Run it outside of a transaction: SQLite lets foreign keys wait only then.")
    before = ("PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON", "BEGIN")
    after = ("COMMIT", "PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = ON")
    return Migration((*before, *statements, *after), tuple(match.warnings))


class _Rebuild:
    def __init__(self, match: Match) -> None:
        self._match = match
        self._old, self._new = ddl.Maker(match.old, "sqlite"), ddl.Maker(match.new, "sqlite")
        self._keys = ddl.keyed(match.new)

    def statements(self) -> Iterator[str]:
        """Tables under names of their own, rows copied, old tables away, names and indexes given."""
        made = [table for table in self._match.new.tables if self._changes(table)]
        aside = {table.id: f"{TEMPORARY}{number}" for number, table in enumerate(made)}
        for table in made:
            yield self._create(table, aside[table.id])
            if table.id in self._match.tables:
                yield from self._copy(table, aside[table.id])
        kept = {table.id for table in self._match.new.tables if not self._changes(table)}
        for table in self._match.old.tables:
            if table.id not in kept:
                yield f"DROP TABLE {_quoted(table.name)}"
        for table in made:
            yield f"ALTER TABLE {_quoted(aside[table.id])} RENAME TO {_quoted(table.name)}"
        for table in made:
            for index in ddl.in_order(self._new.tables[table.id].indexes):
                yield self._new.compiled(CreateIndex(index))

    def _changes(self, table: Table) -> bool:
        return table.id not in self._match.tables or self._text(self._old, table.id) != self._text(self._new, table.id)

    def _text(self, maker: ddl.Maker, key: str) -> tuple[str, ...]:
        table = maker.tables[key]
        return maker.compiled(CreateTable(table)), *(maker.compiled(CreateIndex(i)) for i in ddl.in_order(table.indexes))

    def _create(self, table: Table, name: str) -> str:
        """CREATE TABLE under another name; what refers to the table itself keeps the name that it will have."""
        text = self._new.compiled(CreateTable(self._new.tables[table.id])).strip()
        head = f"CREATE TABLE {_quoted(table.name)}"
        assert text.startswith(head)
        return f"CREATE TABLE {_quoted(name)}{text[len(head) :]}"

    def _copy(self, table: Table, name: str) -> Iterator[str]:
        before = self._match.tables[table.id][0]
        kept = self._match.columns[table.id]
        names, values = [], []
        for column in table.columns:
            if (value := self._value(table, column, kept.get(column.id, (None, column))[0])) is not None:
                names.append(_quoted(column.name))
                values.append(value)
        if names:
            select = f"SELECT {', '.join(values)} FROM {_quoted(before.name)}"  # noqa: S608 - names are quoted
            yield f"INSERT INTO {_quoted(name)} ({', '.join(names)}) {select}"

    def _value(self, table: Table, column: Column, old: Column | None) -> str | None:
        """What a kept row has in the column; None where the database fills it."""
        numbered = ddl.is_numbered(table, column, "sqlite")
        required = (not column.nullable or column.primary_key) and not numbered
        kind = ddl.column_type(table, column, "sqlite", self._keys)
        if old is None:
            if numbered or not required or column.default_value is not None:
                return None
            self._match.warn(f"{table.name}.{column.name}: rows get {filler(column, kind, 'sqlite')}, for they need a value.")
            return filler(column, kind, "sqlite")
        value = _quoted(old.name)
        if gone := lost_values(canonical(old), kind):
            self._match.warn(f"{table.name}.{column.name}: rows with {', '.join(gone)} lose that value.")
            value = f"CASE WHEN {value} NOT IN ({', '.join(literal(v, 'sqlite') for v in gone)}) THEN {value} END"
            return f"COALESCE({value}, {filler(column, kind, 'sqlite')})" if required else value
        if required and old.nullable and not old.primary_key:
            self._match.warn(f"{table.name}.{column.name}: rows without a value get {filler(column, kind, 'sqlite')}.")
            return f"COALESCE({value}, {filler(column, kind, 'sqlite')})"
        return value


def _quoted(name: str) -> str:
    return quoted(exact(name), "sqlite")
