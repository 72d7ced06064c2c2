"""What a database that somebody else designed demands: its tables, types, keys, checks and triggers, as plain data.

`introspect` asks an open database, `read_ddl` a file of CREATE statements; both give the same `Catalog`. Views,
tables that belong to extensions or to the server, and our own `_mockcraft_*` tables are left out. Names are as
the database holds them; a table outside the default schema keeps its schema in `CatalogTable.schema` and its
`key` is `schema.name`. Nothing here holds a row of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from runner.types import Type
from services.common.databases import Database, DatabaseError, Target, connect
from services.common.databases._forms import NOTHING, Bounds, Choices, Comparison, ParsedCheck, Pattern, Scalar

__all__ = [
    "NOTHING",
    "OURS",
    "Bounds",
    "Catalog",
    "CatalogColumn",
    "CatalogTable",
    "Check",
    "Choices",
    "ColumnType",
    "Comparison",
    "Dialect",
    "Domain",
    "EnumType",
    "ForeignKey",
    "Index",
    "ParsedCheck",
    "Partition",
    "Pattern",
    "Rule",
    "Scalar",
    "Trigger",
    "Unique",
    "Warned",
    "introspect",
    "ours",
    "read_ddl",
]  # fmt: skip

OURS: Final = "_mockcraft_"
"""How the names of our own tables begin."""

Dialect = Literal["postgresql", "mysql", "sqlite", "sqlserver"]
"""MariaDB is `mysql`; `Catalog.server` tells the two apart."""

Other = Literal["enum", "set", "range", "geometry", "interval", "network", "bit", "tsvector", "xml", "composite", "other"]
"""Kinds that the schema language has no type for; `ColumnType.type` is what their values are written as, if anything."""

TableKind = Literal["table", "partitioned", "partition", "parent", "child"]
"""`parent` and `child` are of PostgreSQL's old inheritance; a table that is both is a `child` whose `children` are known."""

Identity = Literal["", "always", "by default"]


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type.

    `native` is how the database writes it (`numeric(10,2)`, `int(10) unsigned`); `kind` a kind of
    `runner.types` or an `Other`; `type` the schema language's type that holds its values, None when there is none
    (a tsvector, a geometry). `smallest`..`largest` is what an integer type can hold. `length` is in characters for
    text, in bytes for binary (`fixed` when shorter values are padded: char(n), binary(n)), in bits for `bit`;
    `octets` the most bytes where a text type counts bytes (MySQL's TINYTEXT: 255). `values` are the members of an
    enum or set in their order; `item` is the type of an array's or the subtype of a range's items. `named` is the
    name of the enum, range or composite type, `domain` that of the domain. `zoned`: an instant rather than a wall clock.
    Dates and times that the type holds lie from `earliest` to `latest` ("" where no one gets that far); `precision` of a
    time or datetime is the digits it keeps, `type` has them only when they were asked for.
    """

    native: str
    kind: str
    type: Type | None = None
    precision: int = 0
    scale: int = 0
    length: int | None = None
    octets: int | None = None
    fixed: bool = False
    unsigned: bool = False
    smallest: int | None = None
    largest: int | None = None
    values: tuple[str, ...] = ()
    item: ColumnType | None = None
    named: str = ""
    domain: str = ""
    zoned: bool = False
    earliest: str = ""
    latest: str = ""


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column. `default` and `generated` are SQL texts ("" when there is none).

    `auto`: the database numbers it when it is left out (serial, AUTO_INCREMENT, SQLite's rowid alias, identity, a default
    of nextval); `sequence` names the sequence of that where it has a name. `folded`: text compares without regard to
    case or accents (unique values must differ by more than that). `nullable` is false too where a domain or primary key
    forbids null.
    """

    name: str
    type: ColumnType
    nullable: bool = True
    default: str = ""
    generated: str = ""
    stored: bool = False
    identity: Identity = ""
    auto: bool = False
    sequence: str = ""
    collation: str = ""
    folded: bool = False
    comment: str = ""

    @property
    def required(self) -> bool:
        """Whether a row cannot be without a value for it."""
        return not (self.nullable or self.default or self.generated or self.auto or self.identity)

    @property
    def written(self) -> bool:
        """Whether a row may bring a value of its own."""
        return not self.generated


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint: its condition as SQL (`sql`, without the word CHECK) and read.

    `domain` names the domain that it belongs to, if any.
    """

    name: str
    sql: str
    columns: tuple[str, ...] = ()
    parsed: ParsedCheck = NOTHING
    enforced: bool = True
    domain: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to `parent` (a table's `key`). Actions are in capitals (`NO ACTION`, `SET NULL` …).

    `enforced`: the database checks new rows; `validated`: it has checked those that were there.
    """

    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferrable: bool = False
    deferred: bool = False
    enforced: bool = True
    validated: bool = True
    full: bool = False


@dataclass(frozen=True, slots=True)
class Unique:
    """Columns no two rows share, by a constraint or a unique index.

    `where` is the condition of a partial index. `expressions` are those parts that are no plain columns (`lower(email)`),
    `columns` then holds only the plain ones. `nulls_distinct` false: two nulls are the same value.
    """

    name: str
    columns: tuple[str, ...]
    constraint: bool = True
    where: str = ""
    expressions: tuple[str, ...] = ()
    nulls_distinct: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is not unique. Expressions are apart, as in `Unique`; `method` is btree, gin, fulltext, spatial …"""

    name: str
    columns: tuple[str, ...]
    expressions: tuple[str, ...] = ()
    where: str = ""
    method: str = "btree"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What happens on its own when rows come, change or go, as far as the body's text tells.

    `events` of INSERT, UPDATE, DELETE, TRUNCATE; `timing` BEFORE, AFTER or INSTEAD OF. `inserts`, `updates` and `deletes` are the
    `key`s of other tables whose rows the body makes, changes and removes; `sets` the columns of its own table that it sets,
    before (NEW.x := …) or after (UPDATE its own table). `understood` false: the body was not to be had, or it runs SQL that
    is put together at run time.
    """

    name: str
    events: tuple[str, ...]
    timing: str
    inserts: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    row: bool = True
    enabled: bool = True
    function: str = ""
    understood: bool = True

    @property
    def writes(self) -> tuple[str, ...]:
        """The `key`s of all other tables it writes to."""
        return tuple(sorted({*self.inserts, *self.updates, *self.deletes}))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rewrite rule of PostgreSQL: `instead` of the event it does something else where `where` holds.

    `writes` are the `key`s of the tables it writes to; `parsed` is `where`, read: the columns of the new row.
    COPY does not obey rules, INSERT does.
    """

    name: str
    event: str
    instead: bool
    where: str = ""
    writes: tuple[str, ...] = ()
    sql: str = ""
    parsed: ParsedCheck = NOTHING


@dataclass(frozen=True, slots=True)
class Partition:
    """Where a partition's rows lie, or how a partitioned table splits.

    On a partitioned table: `method` (range, list, hash, key …) and `by`, its columns (`expression` where it is none). On a
    partition: `bounds` is the SQL text of its bounds and `parsed` what its rows satisfy (low inclusive, high exclusive).
    `default`: the one for all other rows. MySQL's partitions are no tables: they are in `CatalogTable.partitions`.
    """

    name: str = ""
    method: str = ""
    by: tuple[str, ...] = ()
    expression: str = ""
    bounds: str = ""
    parsed: ParsedCheck = NOTHING
    default: bool = False


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table. `rows` is the server's estimate of how many there are, None when it has none.

    `inherits_from` are the `key`s of the tables a child or partition belongs to, `children` those that belong to it.
    `exclusions` are texts of exclusion constraints. `strict` and `rowid` are of SQLite.
    """

    name: str
    schema: str = ""
    kind: TableKind = "table"
    columns: tuple[CatalogColumn, ...] = ()
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    exclusions: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    comment: str = ""
    rows: int | None = None
    inherits_from: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    partition: Partition | None = None
    partitions: tuple[Partition, ...] = ()
    strict: bool = False
    rowid: bool = True

    @property
    def key(self) -> str:
        """What other tables call it: `name`, or `schema.name` outside the default schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> CatalogColumn:
        """The column of that name. Raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class EnumType:
    """A named type of a few values, in their order."""

    name: str
    values: tuple[str, ...]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A named type with conditions. Its checks call the value by the name `VALUE`."""

    name: str
    type: ColumnType
    nullable: bool = True
    default: str = ""
    checks: tuple[Check, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """What could not be read or kept: `line` of the DDL text (0 for a live database)."""

    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Catalog:
    """A database. `server` is its name and version (`PostgreSQL 16.4`, `MariaDB 10.11.6`; "" for DDL text)."""

    dialect: Dialect
    server: str = ""
    tables: tuple[CatalogTable, ...] = ()
    enums: tuple[EnumType, ...] = ()
    domains: tuple[Domain, ...] = ()
    warnings: tuple[Warned, ...] = ()

    def table(self, key: str) -> CatalogTable:
        """The table of that `key`. Raises `KeyError`."""
        for table in self.tables:
            if table.key == key:
                return table
        raise KeyError(key)

    def domain(self, name: str) -> Domain:
        """The domain of that name. Raises `KeyError`."""
        for domain in self.domains:
            if domain.name == name:
                return domain
        raise KeyError(name)


def introspect(target: str | Database, schemas: Sequence[str] = ()) -> Catalog:
    """The catalog of a checked URL or an open database; of `schemas` alone where given (PostgreSQL).

    Raises `DatabaseError`, TARGET_MISMATCH for a kind of database that has no tables.
    """
    if not isinstance(target, str):
        return _introspect(target, schemas)
    database = connect(target)
    try:
        return _introspect(database, schemas)
    finally:
        database.close()


def _introspect(database: Database | Target, schemas: Sequence[str]) -> Catalog:
    if not hasattr(database, "query"):
        raise DatabaseError("TARGET_MISMATCH", f"{database.dialect} has no tables to read a schema from")
    asked = cast("Database", database)
    match database.dialect:
        case "postgresql":
            from services.common.databases._catalog_postgresql import read as read_postgresql

            return read_postgresql(asked, schemas)
        case "mysql" | "mariadb":
            from services.common.databases._catalog_mysql import read as read_mysql

            return read_mysql(asked)
        case "sqlite":
            from services.common.databases._catalog_sqlite import read as read_sqlite

            return read_sqlite(asked)
    raise DatabaseError("TARGET_MISMATCH", f"no catalog can be read from {database.dialect}")


def read_ddl(text: str, dialect: Dialect | None = None) -> Catalog:
    """The catalog that the CREATE and ALTER statements of `text` describe; the dialect is guessed when not given.

    What cannot be read is a warning with its line, never an error.
    """
    from services.common.databases._catalog_ddl import read

    return read(text, dialect)


def ours(name: str) -> bool:
    """Whether a table is our own bookkeeping."""
    return name.startswith(OURS)
