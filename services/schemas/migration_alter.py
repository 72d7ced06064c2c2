"""Migrations of PostgreSQL and MySQL: tables altered where they are.

Keys, indexes and checks that are not the same to the letter, and over the same columns, before and after go first and
come last; in between tables and columns get their names, types and defaults. Foreign keys of tables in which anything of
that happens go and come too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from runner.formats.ddl.names import quoted, sqlalchemy_dialect
from services.schemas import ddl
from services.schemas.drawing import Column, Dialect, Table
from services.schemas.migration_steps import TEMPORARY, Match, Migration, filler, lost_values
from services.schemas.names import folded
from services.schemas.types import TEXTS, DataType, canonical, literal

_NUMBERED: Final = " AUTO_INCREMENT"


@dataclass(frozen=True, slots=True)
class _Item:
    """A key, index or check: how it comes and goes, the tables (ids) that it concerns, its columns by name and by id."""

    kind: str
    create: str
    drop: str
    tables: frozenset[str]
    columns: frozenset[str]
    ids: tuple[str, ...]


class Altering:
    """Makes one migration."""

    def __init__(self, match: Match, dialect: Dialect) -> None:
        self._match, self._dialect = match, dialect
        self._old, self._new = ddl.Maker(match.old, dialect), ddl.Maker(match.new, dialect)
        self._keys = ddl.keyed(match.new)
        self._before, self._after = self._items(self._old), self._items(self._new)
        self._dropped, self._created = self._changing()

    def migration(self) -> Migration:
        """All statements in their order."""
        found = tuple(self._statements())
        if self._dialect == "postgresql" and found:
            found = ("BEGIN", *found, "COMMIT")
        return Migration(found, tuple(self._match.warnings))

    def _statements(self) -> Iterator[str]:
        yield from (item.drop for item in self._dropped if item.kind == "fk")
        yield from self._unnumbered()
        yield from (item.drop for item in self._dropped if item.kind != "fk" and item.tables & self._match.tables.keys())
        yield from (f"DROP TABLE {self._q(t.name)}" for t in self._match.old.tables if t.id not in self._match.tables)
        yield from self._table_names()
        yield from self._types_before()
        for _, table in self._match.tables.values():
            yield from self._columns(table)
        for table in self._match.new.tables:
            if table.id not in self._match.tables:
                yield self._new.compiled(CreateTable(self._new.tables[table.id], include_foreign_key_constraints=[])).strip()
        for kind in ("pk", "unique", "index", "check"):
            yield from (item.create for item in self._created if item.kind == kind)
        yield from self._numbered_again()
        yield from (item.create for item in self._created if item.kind == "fk")
        yield from self._comments()
        yield from self._types_after()

    def _q(self, name: str) -> str:
        return quoted(name, self._dialect)

    # -- keys, indexes, checks

    def _items(self, maker: ddl.Maker) -> list[_Item]:
        found = []
        for key, table in maker.tables.items():
            for constraint in table.constraints:
                if isinstance(constraint, sa.PrimaryKeyConstraint) and not list(constraint.columns):
                    continue
                found.append(self._item(maker, key, table, constraint))
            found += [self._item(maker, key, table, index) for index in ddl.in_order(table.indexes)]
        return sorted(found, key=lambda item: (item.kind, item.create))

    def _item(self, maker: ddl.Maker, key: str, table: sa.Table, made: Any) -> _Item:
        kind = next(word for word, cls in _KINDS if isinstance(made, cls))
        target = {k for k, t in maker.tables.items() if kind == "fk" and t is made.referred_table}
        element = CreateIndex(made) if kind == "index" else AddConstraint(made, isolate_from_table=False)
        drawn = {column.name: column.id for column in maker.drawing.table(key).columns}
        columns = [str(column.name) for column in made.columns]
        on, name = self._q(table.name), "" if made.name is None else self._q(str(made.name))
        if self._dialect == "postgresql":
            drop = f"DROP INDEX {name}" if kind == "index" else f"ALTER TABLE {on} DROP CONSTRAINT {name}"
        else:
            drop = {
                "fk": f"ALTER TABLE {on} DROP FOREIGN KEY {name}", "pk": f"ALTER TABLE {on} DROP PRIMARY KEY",
                "check": f"ALTER TABLE {on} DROP CONSTRAINT {name}",
            }.get(kind, f"DROP INDEX {name} ON {on}")  # fmt: skip
        ids = (key, *(drawn.get(column, column) for column in columns))  # a check has its text for a column
        return _Item(kind, maker.compiled(element).strip(), drop, frozenset({key, *target}), frozenset(columns), ids)

    def _changing(self) -> tuple[list[_Item], list[_Item]]:
        """Items that go and items that come."""
        before, after = ({(item.create, item.ids) for item in items} for items in (self._before, self._after))
        disturbed = {key for key in self._match.tables if self._is_disturbed(key)}
        fresh = {table.id for table in self._match.new.tables} - self._match.tables.keys()
        gone = {table.id for table in self._match.old.tables} - self._match.tables.keys()

        def stays(item: _Item) -> bool:
            touched = bool(item.tables & (disturbed | fresh | gone)) and item.kind in ("fk", "check")
            replaced = any(item.columns & self._replaced(key) for key in item.tables)
            return (item.create, item.ids) in before & after and not touched and not replaced

        for item in (*self._before, *self._after):
            if item.kind not in ("fk", "check") and not stays(item):
                disturbed |= item.tables
        dropped = [item for item in self._before if not stays(item)]
        created = [item for item in self._after if not stays(item)]
        inline = ("pk", "unique", "check")  # come with new tables
        return dropped, [item for item in created if item.kind not in inline or not item.tables & fresh]

    def _replaced(self, key: str) -> set[str]:
        """The names of a table's columns that go; one of the same name may come."""
        if key not in self._match.tables:
            return set()
        return {c.name for c in self._match.tables[key][0].columns if c.id not in self._match.columns[key]}

    def _is_disturbed(self, key: str) -> bool:
        """Whether the table or a column gets another name or type, or columns go."""
        old, new = self._match.tables[key]
        kept = self._match.columns[key]
        if old.name != new.name or len(kept) < len(old.columns):
            return True
        return any(a.name != b.name or self._spec(self._old, key, a) != self._spec(self._new, key, b) for a, b in kept.values())

    def _spec(self, maker: ddl.Maker, key: str, column: Column) -> str:
        """What stands behind the column's name in CREATE TABLE, and the values of a named ENUM."""
        made = maker.tables[key].c[column.name]
        return f"{self._written(made).removeprefix(self._q(column.name))} {maker.enums.get((key, column.id))}"

    def _written(self, column: sa.Column[Any]) -> str:
        compiler = sqlalchemy_dialect(self._dialect).ddl_compiler(sqlalchemy_dialect(self._dialect), None)
        return str(compiler.get_column_specification(column))

    # -- names

    def _table_names(self) -> Iterator[str]:
        renamed = [(old.name, new.name) for old, new in self._match.tables.values() if old.name != new.name]
        pairs = self._in_turn(renamed, {table.name for table in self._match.old.tables})
        return (f"ALTER TABLE {self._q(old)} RENAME TO {self._q(new)}" for old, new in pairs)

    def _in_turn(self, renamed: list[tuple[str, str]], taken: set[str]) -> list[tuple[str, str]]:
        """The renamings; by way of temporary names where a new name is still somebody's."""
        if not {folded(new) for _, new in renamed} & {folded(name) for name in taken}:
            return renamed
        aside = [(old, f"{TEMPORARY}{number}") for number, (old, _) in enumerate(renamed)]
        return aside + [(between, new) for (_, between), (_, new) in zip(aside, renamed, strict=True)]

    # -- columns

    def _columns(self, table: Table) -> Iterator[str]:
        old, kept = self._match.tables[table.id][0], self._match.columns[table.id]
        on = f"ALTER TABLE {self._q(table.name)}"
        gone = [column.name for column in old.columns if column.id not in kept]
        aside = {name: f"{TEMPORARY}gone{number}" for number, name in enumerate(gone)}
        yield from (f"{on} RENAME COLUMN {self._q(name)} TO {self._q(aside[name])}" for name in gone)
        renamed = [(before.name, after.name) for before, after in kept.values() if before.name != after.name]
        for before, after in self._in_turn(renamed, {column.name for column, _ in kept.values()}):
            yield f"{on} RENAME COLUMN {self._q(before)} TO {self._q(after)}"
        for column in table.columns:
            if column.id in kept:
                yield from self._altered(table, kept[column.id][0], column)
            else:
                yield from self._added(table, column)
        yield from (f"{on} DROP COLUMN {self._q(aside[name])}" for name in gone)

    def _kind(self, table: Table, column: Column) -> DataType:
        return ddl.column_type(table, column, self._dialect, self._keys)

    def _added(self, table: Table, column: Column) -> Iterator[str]:
        made = self._new.tables[table.id].c[column.name]
        on = f"ALTER TABLE {self._q(table.name)}"
        numbered = ddl.is_numbered(table, column, self._dialect)
        if numbered and self._dialect == "mysql":  # MySQL numbers rows only where there is a key
            yield f"{on} ADD COLUMN {self._written(made)}, ADD UNIQUE {self._q(f'{TEMPORARY}key')} ({self._q(column.name)})"
        elif made.nullable or numbered or made.server_default is not None:
            yield f"{on} ADD COLUMN {self._written(made)}"
        else:
            yield f"{on} ADD COLUMN {self._written(_nullable(made))}"
            self._match.warn(f"{table.name}.{column.name}: rows get {self._filler(table, column)}, for they need a value.")
            yield self._set(table, column, self._filler(table, column), "IS NULL")
            yield from self._required(table, made)

    def _filler(self, table: Table, column: Column) -> str:
        return filler(column, self._kind(table, column), self._dialect)

    def _required(self, table: Table, made: sa.Column[Any]) -> Iterator[str]:
        on = f"ALTER TABLE {self._q(table.name)}"
        if self._dialect == "mysql":
            yield f"{on} MODIFY COLUMN {self._written(made).removesuffix(_NUMBERED)}"
        else:
            yield f"{on} ALTER COLUMN {self._q(made.name)} SET NOT NULL"

    def _altered(self, table: Table, old: Column, new: Column) -> Iterator[str]:
        """A kept column, under its new name, made as drawn."""
        before, after = self._old.tables[table.id].c[old.name], self._new.tables[table.id].c[new.name]
        if self._spec(self._old, table.id, old) == self._spec(self._new, table.id, new):
            return
        if self._dialect == "mysql":
            yield from self._modified(table, old, new)
        else:
            yield from self._altered_postgresql(table, old, new, before, after)

    def _filled(self, table: Table, old: Column, new: Column) -> Iterator[str]:
        """Rows without a value get one where they need it."""
        was, made = self._old.tables[table.id].c[old.name].nullable, self._new.tables[table.id].c[new.name]
        if was and not made.nullable and not ddl.is_numbered(table, new, self._dialect):
            self._match.warn(f"{table.name}.{new.name}: rows without a value get {self._filler(table, new)}.")
            yield self._set(table, new, self._filler(table, new), "IS NULL")

    def _without_gone(self, table: Table, old: Column, new: Column) -> Iterator[str]:
        """Values that an ENUM no longer has are taken out of the rows."""
        if gone := lost_values(canonical(old), canonical(new)):
            self._match.warn(f"{table.name}.{new.name}: rows with {', '.join(gone)} lose that value.")
            rest = "NULL" if self._new.tables[table.id].c[new.name].nullable else self._filler(table, new)
            yield self._set(table, new, rest, f"IN ({', '.join(literal(value, self._dialect) for value in gone)})")

    def _set(self, table: Table, column: Column, value: str, where: str) -> str:
        """An UPDATE: names are quoted, values literals."""
        name = self._q(column.name)
        return f"UPDATE {self._q(table.name)} SET {name} = {value} WHERE {name} {where}"  # noqa: S608

    # -- MySQL

    def _modified(self, table: Table, old: Column, new: Column) -> Iterator[str]:
        """By way of a text where the values of an ENUM or the type change, for MySQL checks every value at once."""
        made = self._new.tables[table.id].c[new.name]
        on, before, after = f"ALTER TABLE {self._q(table.name)}", canonical(old), canonical(new)
        steps = [*self._without_gone(table, old, new), *self._filled(table, old, new)]
        if steps and before != after and {"ENUM", *TEXTS} & {before.name, after.name}:
            yield f"{on} MODIFY COLUMN {self._q(new.name)} LONGTEXT"
        elif steps:
            loose = _nullable(made)
            yield f"{on} MODIFY COLUMN {self._written(loose).removesuffix(_NUMBERED)}"
        yield from steps
        yield f"{on} MODIFY COLUMN {self._written(made).removesuffix(_NUMBERED)}"

    def _unnumbered(self) -> Iterator[str]:
        """MySQL's numbered columns have to be in a key: they are not numbered while keys change."""
        if self._dialect != "mysql":
            return
        for old, _ in self._match.tables.values():
            for column in old.columns:
                if ddl.is_numbered(old, column, "mysql") and self._is_redone(old.id):
                    made = self._old.tables[old.id].c[column.name]
                    yield f"ALTER TABLE {self._q(old.name)} MODIFY COLUMN {self._written(made).removesuffix(_NUMBERED)}"

    def _is_redone(self, key: str) -> bool:
        items = (*self._dropped, *self._created)
        return self._is_disturbed(key) or any(item.kind == "pk" and key in item.tables for item in items)

    def _numbered_again(self) -> Iterator[str]:
        if self._dialect != "mysql":
            return
        for _, new in self._match.tables.values():
            for column in new.columns:
                if ddl.is_numbered(new, column, "mysql") and self._is_redone(new.id):
                    on = f"ALTER TABLE {self._q(new.name)}"
                    if column.id not in self._match.columns[new.id]:
                        yield f"{on} DROP INDEX {self._q(f'{TEMPORARY}key')}"
                        continue
                    yield f"{on} MODIFY COLUMN {self._written(self._new.tables[new.id].c[column.name])}"

    # -- PostgreSQL

    def _altered_postgresql(
        self, table: Table, old: Column, new: Column, before: sa.Column[Any], after: sa.Column[Any]
    ) -> Iterator[str]:
        on = f"ALTER TABLE {self._q(table.name)} ALTER COLUMN {self._q(new.name)}"
        retyped = self._type(self._old, table, old) != self._type(self._new, table, new)
        numbered = [c.identity is not None for c in (before, after)]
        said = [None if c.identity or c.server_default is None else self._default(c) for c in (before, after)]
        if numbered[0] and not numbered[1]:
            yield f"{on} DROP IDENTITY"
        if said[0] is not None and (retyped or said[0] != said[1]):
            yield f"{on} DROP DEFAULT"
        if not before.nullable and after.nullable:
            yield f"{on} DROP NOT NULL"
        if retyped:
            yield from self._retyped(table, old, new, on)
        if said[1] is not None and (retyped or said[0] != said[1]):
            yield f"{on} SET DEFAULT {said[1]}"
        if before.nullable and not after.nullable:
            yield from self._filled(table, old, new)
            yield f"{on} SET NOT NULL"
        if numbered[1] and not numbered[0]:
            yield f"{on} ADD GENERATED BY DEFAULT AS IDENTITY"
            place = f"{literal(self._q(table.name), 'postgresql')}, {literal(new.name, 'postgresql')}"
            largest = f"SELECT coalesce(max({self._q(new.name)}), 0) + 1 FROM {self._q(table.name)}"  # noqa: S608 - quoted
            yield f"SELECT setval(pg_get_serial_sequence({place}), ({largest}), false)"

    def _type(self, maker: ddl.Maker, table: Table, column: Column) -> str:
        made = maker.tables[table.id].c[column.name]
        return f"{made.type.compile(dialect=sqlalchemy_dialect(self._dialect))} {maker.enums.get((table.id, column.id))}"

    def _default(self, column: sa.Column[Any]) -> str:
        compiler = sqlalchemy_dialect(self._dialect).ddl_compiler(sqlalchemy_dialect(self._dialect), None)
        return str(compiler.get_column_default_string(column))

    def _retyped(self, table: Table, old: Column, new: Column, on: str) -> Iterator[str]:
        word = self._new.tables[table.id].c[new.name].type.compile(dialect=sqlalchemy_dialect(self._dialect))
        before, after = canonical(old), canonical(new)
        name = self._q(new.name)
        if after.name == "ENUM":
            using = self._as_member(table, new, before, word)
        elif after.name in TEXTS:
            using = "" if before.name in TEXTS else f"{name}::text"
        elif before.name in TEXTS or before.name == "ENUM":
            using = f"{name}::text::{word}"
        elif after.name == "BOOLEAN":
            using = f"{name} <> 0"
        else:
            using = f"{name}::integer" if before.name == "BOOLEAN" else f"{name}::{word}"
        yield f"{on} TYPE {word}" + (f" USING {using}" if using else "")

    def _as_member(self, table: Table, new: Column, before: DataType, word: str) -> str:
        """A value as one of the new ENUM's; what that does not have becomes NULL, or what rows need."""
        name, kind = self._q(new.name), canonical(new)
        gone = lost_values(before, kind)
        if not gone:
            return f"{name}::text::{word}"
        self._match.warn(f"{table.name}.{new.name}: rows with {', '.join(gone)} lose that value.")
        rest = "NULL" if self._new.tables[table.id].c[new.name].nullable else self._filler(table, new)
        listed = ", ".join(literal(value, self._dialect) for value in gone)
        return f"CASE WHEN {name}::text IN ({listed}) THEN {rest} ELSE {name}::text END::{word}"

    def _types_before(self) -> Iterator[str]:
        """PostgreSQL's named types: those that change are put aside, and the new ones made."""
        if self._dialect != "postgresql":
            return
        same = set(self._old.enums.items()) & set(self._new.enums.items())
        aside = [found for found in self._old.enums.items() if found not in same]
        for number, (_, (name, _kind)) in enumerate(aside):
            yield f"ALTER TYPE {self._q(name)} RENAME TO {self._q(f'{TEMPORARY}enum{number}')}"
        yield from (self._new.enum(*made) for key, made in self._new.enums.items() if (key, made) not in same)

    def _types_after(self) -> Iterator[str]:
        if self._dialect != "postgresql":
            return
        same = set(self._old.enums.items()) & set(self._new.enums.items())
        for number, _ in enumerate(found for found in self._old.enums.items() if found not in same):
            yield f"DROP TYPE {self._q(f'{TEMPORARY}enum{number}')}"

    # -- comments

    def _comments(self) -> Iterator[str]:
        for table in self._match.new.tables:
            old = self._match.tables.get(table.id, (None, table))[0]
            yield from self._table_comment(table, old)
            if self._dialect == "postgresql":
                kept = self._match.columns.get(table.id, {})
                for column in table.columns:
                    before = kept[column.id][0].comment if column.id in kept else ""
                    if column.comment != before:
                        place = f"{self._q(table.name)}.{self._q(column.name)}"
                        yield f"COMMENT ON COLUMN {place} IS {self._said(column.comment)}"

    def _table_comment(self, table: Table, old: Table | None) -> Iterator[str]:
        if self._dialect == "mysql":
            if old is not None and old.comment != table.comment:
                said = literal(ddl.comment(table.comment, "mysql"), "mysql")
                yield f"ALTER TABLE {self._q(table.name)} COMMENT = {said}"
        elif table.comment != (old.comment if old is not None else ""):
            yield f"COMMENT ON TABLE {self._q(table.name)} IS {self._said(table.comment)}"

    def _said(self, comment: str) -> str:
        return literal(comment, self._dialect) if comment else "NULL"


_KINDS: Final = (
    ("fk", sa.ForeignKeyConstraint), ("pk", sa.PrimaryKeyConstraint), ("unique", sa.UniqueConstraint),
    ("check", sa.CheckConstraint), ("index", sa.Index),
)  # fmt: skip


def _nullable(column: sa.Column[Any]) -> sa.Column[Any]:
    """The same column, which may be null."""
    copied = column._copy()
    copied.nullable = True
    copied.primary_key = False
    sa.Table("copied", sa.MetaData(), copied)
    return copied
