"""A database's catalog as a drawing: what a drawing can hold, and in sentences what it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable
from services.common.databases.catalog import Check as CatalogCheck
from services.common.databases.catalog import ForeignKey as CatalogKey
from services.common.databases.catalog import Index as CatalogIndex
from services.common.databases.catalog import Unique as CatalogUnique
from services.schemas import conditions, defaults
from services.schemas.checking_keys import changes
from services.schemas.drawing import Check, Column, Drawing, ForeignKey, Index, Table, Unique
from services.schemas.names import enum_check, folded
from services.schemas.native_types import data_type
from services.schemas.types import INTEGERS, DataType, described

_PLAIN_METHODS: Final = frozenset({"btree", "hash"})


@dataclass(frozen=True, slots=True)
class Read:
    """A drawing, and what of the catalog it cannot hold: sentences that begin with the table's name."""

    drawing: Drawing
    lost: tuple[str, ...] = ()


def drawing_of(catalog: Catalog, like: Drawing | None = None) -> Read:
    """The catalog as a drawing. Ids, positions and generators of tables and columns are those of `like` by name,
    and its tables come first, in its order; ids of what `like` does not have are made from names."""
    return _Reading(catalog, like or Drawing()).read()


@dataclass
class _Reading:
    """One reading."""

    catalog: Catalog
    like: Drawing
    lost: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)

    def read(self) -> Read:
        for table in self._ordered():
            self._take(table)
        keys = tuple(found for table in self.catalog.tables if table.key in self.tables for found in self._foreign_keys(table))
        return Read(Drawing(tuple(self.tables.values()), keys), tuple(self.lost))

    def _ordered(self) -> Sequence[CatalogTable]:
        place = {folded(table.name): number for number, table in enumerate(self.like.tables)}
        return sorted(self.catalog.tables, key=lambda table: place.get(folded(table.name), len(place)))

    def _take(self, table: CatalogTable) -> None:
        if table.kind == "partition":
            self.lost.append(f"{table.key}: a partition, its rows are those of {', '.join(table.inherits_from)}")
        elif folded(table.name) in {folded(known.name) for known in self.tables.values()}:
            self.lost.append(f"{table.key}: a table of this name is there already")
        else:
            self.tables[table.key] = self._table(table)

    def _table(self, table: CatalogTable) -> Table:
        known = _named(self.like.tables, table.name) or Table(self._free_id(table.name), table.name)
        kinds = {column.name: self._type(table, column) for column in table.columns}
        ids = self._ids(table, known)
        columns = [self._column(table, column, kinds[column.name], ids, known) for column in table.columns]
        checks = self._checks(table, kinds, known)
        self._note(table)
        return replace(
            known,
            name=table.name,
            columns=tuple(columns),
            key_order=tuple(ids[name] for name in table.primary_key) if len(table.primary_key) > 1 else (),
            checks=checks,
            uniques=self._uniques(table, ids, known),
            indexes=self._indexes(table, ids, known),
            comment=table.comment,
        )

    def _free_id(self, wanted: str) -> str:
        taken = {table.id for table in (*self.like.tables, *self.tables.values())}
        return _free(wanted, taken)

    def _ids(self, table: CatalogTable, known: Table) -> Mapping[str, str]:
        """Ids of the columns by name."""
        taken = {column.id for column in known.columns}
        found: dict[str, str] = {}
        for column in table.columns:
            match = _named(known.columns, column.name)
            found[column.name] = match.id if match else _free(f"{known.id}.{column.name}", taken)
            taken.add(found[column.name])
        return found

    # -- columns

    def _type(self, table: CatalogTable, column: CatalogColumn) -> DataType:
        kind, lost = data_type(column.type, self.catalog.dialect)
        if lost:
            self.lost.append(f"{table.name}.{column.name}: {lost}")
        values = self._values_of(table, column, kind)
        return DataType("ENUM", values=values) if values else kind

    def _values_of(self, table: CatalogTable, column: CatalogColumn, kind: DataType) -> tuple[str, ...]:
        """The values to which one of our own checks holds a column."""
        if self.catalog.dialect not in ("sqlite", "sqlserver") or kind.name != "VARCHAR":
            return ()
        name = enum_check(table.name, column.name)
        check = next((check for check in table.checks if check.name == name), None)
        return _listed(check, column.name, conditions.Names({column.name: kind}), self.catalog) if check else ()

    def _column(self, table: CatalogTable, column: CatalogColumn, kind: DataType, ids: Mapping[str, str], known: Table) -> Column:
        like = _named(known.columns, column.name)
        auto = self._auto(table, column, kind)
        made = Column(
            ids[column.name], column.name, kind.name, nullable=column.nullable and column.name not in table.primary_key,
            primary_key=column.name in table.primary_key, auto_increment=auto,
            unique=any(_is_plain(unique, table) and unique.columns == (column.name,) for unique in table.uniques),
            default_value=None if auto else self._default(table, column, kind),
            generator=like.generator if like else None, comment=column.comment,
        )  # fmt: skip
        if column.generated:
            self.lost.append(f"{table.name}.{column.name}: it is computed from other columns, kept as a plain column")
        return described(made, kind)

    def _auto(self, table: CatalogTable, column: CatalogColumn, kind: DataType) -> bool:
        numbered = column.auto or bool(column.identity)
        if numbered and table.primary_key[:1] == (column.name,) and kind.name in INTEGERS:
            return True
        if numbered:
            self.lost.append(f"{table.name}.{column.name}: the database numbers it though it does not begin the primary key")
        return False

    def _default(self, table: CatalogTable, column: CatalogColumn, kind: DataType) -> str | None:
        if not column.default or column.auto:
            return None
        try:
            return defaults.from_sql(column.default, kind, self.catalog.dialect)
        except defaults.DefaultRefusedError as error:
            self.lost.append(f"{table.name}.{column.name}: {_lowered(str(error))}")
            return None

    # -- what is said of several columns

    def _uniques(self, table: CatalogTable, ids: Mapping[str, str], known: Table) -> tuple[Unique, ...]:
        found: list[Unique] = []
        for unique in table.uniques:
            if not _is_plain(unique, table):
                self.lost.append(f"{table.name}: the unique index {unique.name}, which is over a condition or an expression")
            elif not unique.nulls_distinct and self._is_nullable(table, unique):
                self.lost.append(f"{table.name}: {unique.name} takes two NULLs for the same")
            if _is_plain(unique, table) and len(unique.columns) > 1:
                columns = tuple(ids[name] for name in unique.columns)
                like = next((item.id for item in known.uniques if item.columns == columns), "")
                found.append(Unique(columns, unique.name, like or f"{known.id}.{unique.name or '_'.join(unique.columns)}"))
        return tuple(found)

    def _is_nullable(self, table: CatalogTable, unique: CatalogUnique) -> bool:
        return unique.constraint and any(table.column(name).nullable for name in unique.columns)

    def _indexes(self, table: CatalogTable, ids: Mapping[str, str], known: Table) -> tuple[Index, ...]:
        found: list[Index] = []
        for index in table.indexes:
            if index.expressions or index.where or index.method not in _PLAIN_METHODS or not index.columns:
                self.lost.append(f"{table.name}: the index {index.name}, which is no plain one over columns")
            elif not self._of_a_key(table, index):
                columns = tuple(ids[name] for name in index.columns)
                like = next((item.id for item in known.indexes if item.columns == columns), "")
                found.append(Index(columns, index.name, like or f"{known.id}.{index.name or '_'.join(index.columns)}"))
        return tuple(found)

    def _of_a_key(self, table: CatalogTable, index: CatalogIndex) -> bool:
        """MySQL makes an index for each foreign key and gives it its name."""
        if self.catalog.dialect != "mysql":
            return False
        return any(key.name == index.name and key.columns == index.columns for key in table.foreign_keys)

    def _checks(self, table: CatalogTable, kinds: Mapping[str, DataType], known: Table) -> tuple[Check, ...]:
        names = conditions.Names(kinds)
        found: list[Check] = []
        for check in table.checks:
            if self._of_a_type(table, check, kinds):
                continue
            try:
                text = conditions.plain(self._condition(table, check, names))
            except conditions.ConditionError as error:
                self.lost.append(f"{table.name}: the check {check.name or check.sql[:60]}, which {error}")
                continue
            like = next((item.id for item in known.checks if item.name == check.name), "")
            found.append(Check(text, check.name, like or f"{known.id}.{check.name or f'check{len(found) + 1}'}"))
        return tuple(found)

    def _condition(self, table: CatalogTable, check: CatalogCheck, names: conditions.Names) -> conditions.Part:
        part = conditions.parse(check.sql, names, self.catalog.dialect)
        if any(column.auto for column in table.columns if column.name in conditions.columns(part)):
            raise conditions.ConditionError("names a column that the database numbers")
        keys = (key for key in table.foreign_keys if changes(key.on_delete.upper(), key.on_update.upper()))
        if any(name in key.columns for key in keys for name in conditions.columns(part)):
            raise conditions.ConditionError("names a column that a foreign key may change")
        return part

    def _of_a_type(self, table: CatalogTable, check: CatalogCheck, kinds: Mapping[str, DataType]) -> bool:
        """Whether a check says no more than the type of a column."""
        json = check.parsed.json
        if json and check.parsed == replace(type(check.parsed)(), json=json):
            return all(kinds[name].name == "JSON" for name in json if name in kinds)
        enums = (name for name, kind in kinds.items() if kind.name == "ENUM")
        return self.catalog.dialect in ("sqlite", "sqlserver") and any(
            check.name == enum_check(table.name, name) for name in enums
        )

    def _note(self, table: CatalogTable) -> None:
        """What else a drawing cannot hold of a table."""
        if table.schema:
            self.lost.append(f"{table.name}: it is in the schema {table.schema}")
        if table.partition is not None or table.partitions:
            self.lost.append(f"{table.name}: how it is partitioned")
        if table.inherits_from:
            self.lost.append(f"{table.name}: it inherits from {', '.join(table.inherits_from)}")
        self.lost += [f"{table.name}: the trigger {trigger.name}" for trigger in table.triggers]
        self.lost += [f"{table.name}: the rule {rule.name}" for rule in table.rules]
        self.lost += [f"{table.name}: {exclusion}" for exclusion in table.exclusions]

    # -- foreign keys

    def _foreign_keys(self, table: CatalogTable) -> Iterable[ForeignKey]:
        source = self.tables[table.key]
        for key in table.foreign_keys:
            target = self.tables.get(key.parent)
            named = {folded(column.name): column.id for column in target.columns} if target else {}
            columns = tuple(named.get(folded(name), "") for name in key.parent_columns)
            if target is None or not all(columns) or len(columns) != len(key.columns):
                self.lost.append(f"{table.name}: the foreign key {key.name}, whose target {key.parent} is not there")
                continue
            if key.deferrable or not key.enforced or key.full:
                self.lost.append(f"{table.name}: when the foreign key {key.name} is checked")
            yield self._foreign_key(key, source, target, columns)

    def _foreign_key(self, key: CatalogKey, source: Table, target: Table, columns: tuple[str, ...]) -> ForeignKey:
        own = {column.name: column.id for column in source.columns}
        sources = tuple(own[name] for name in key.columns)
        ends = (source.id, sources, target.id, columns)
        like = next((k.id for k in self.like.foreign_keys if _ends(k) == ends), "")
        made = f"{source.id}.{key.name or '_'.join(key.columns)}"
        on_delete, on_update = (self._action(key, source, sources, action) for action in (key.on_delete, key.on_update))
        return ForeignKey(like or made, *ends, on_delete, on_update, key.name)

    def _action(self, key: CatalogKey, source: Table, columns: Sequence[str], action: str) -> str:
        """The action; one that leaves a column with null which takes none is the same as no action."""
        required = [column for column in map(source.column, columns) if not column.nullable]
        undone = any(action == "SET NULL" or column.default_value is None for column in required)
        if action not in ("SET NULL", "SET DEFAULT") or not undone:
            return action
        self.lost.append(f"{source.name}: the foreign key {key.name} would {action} where none is taken, kept as NO ACTION")
        return "NO ACTION"


def _ends(key: ForeignKey) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    return key.source_table, key.source_columns, key.target_table, key.target_columns


_Named = TypeVar("_Named", Table, Column)


def _named(items: Iterable[_Named], name: str) -> _Named | None:
    """The one of that name, or else of one that differs in case alone."""
    near = None
    for item in items:
        if item.name == name:
            return item
        near = item if folded(item.name) == folded(name) else near
    return near


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _is_plain(unique: CatalogUnique, table: CatalogTable) -> bool:
    """Whether it is over columns alone; SQL Server leaves NULLs out by a condition."""
    if unique.expressions or not unique.columns:
        return False
    return not unique.where or _leaves_out_nulls(unique, table)


def _leaves_out_nulls(unique: CatalogUnique, table: CatalogTable) -> bool:
    names = conditions.Names(dict.fromkeys(column.name for column in table.columns))
    try:
        part = conditions.parse(unique.where, names, "sqlserver")
    except conditions.ConditionError:
        return False
    parts = part[1:] if part[0] == "and" else (part,)
    return all(part[0] == "not" and part[1][0] == "null" and part[1][1][1] in unique.columns for part in parts)


def _listed(check: CatalogCheck, column: str, names: conditions.Names, catalog: Catalog) -> tuple[str, ...]:
    """The texts that `column IN (…)` allows; nothing for another condition."""
    try:
        part = conditions.parse(check.sql, names, catalog.dialect)
    except conditions.ConditionError:
        return ()
    values = part[2] if part[0] == "in" else (part[2],) if part[0] == "=" else ()
    texts = all(value[0] == "text" for value in values)
    return tuple(value[1] for value in values) if texts and part[1] == ("column", column) else ()
