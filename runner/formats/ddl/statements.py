"""SQLAlchemy metadata of a plan and the statements compiled from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql, sqlite
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from runner.formats.common.dialects import Dialect
from runner.formats.ddl.types import sql_type
from runner.plan import Plan, Reference, TablePlan

_DIALECTS: Mapping[Dialect, Any] = {
    "postgresql": postgresql.dialect, "mysql": mysql.dialect, "sqlite": sqlite.dialect, "sqlserver": mssql.dialect,
}  # fmt: skip
_LONGEST_NAME = 60
_MYSQL_TABLE = {"mysql_default_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}  # unique byte for byte, not up to case
Columns = tuple[str, ...]


@cache
def _sqlalchemy_dialect(dialect: Dialect) -> Any:
    return _DIALECTS[dialect](paramstyle="named")  # other styles double every % in names


def quoted(name: str, dialect: Dialect) -> str:
    """The identifier in quotes."""
    return str(_sqlalchemy_dialect(dialect).identifier_preparer.quote_identifier(name))


def _compiled(statements: Iterable[ExecutableDDLElement], dialect: Dialect) -> str:
    compiled = (str(s.compile(dialect=_sqlalchemy_dialect(dialect))) for s in statements)
    return "".join("\n".join(line.rstrip() for line in text.strip().split("\n")) + ";\n" for text in compiled)


def create_table(table: TablePlan, dialect: Dialect, plan: Plan, late_uniques: bool) -> str:
    """See `runner.formats.ddl.create_table_sql`."""
    return _compiled([CreateTable(_metadata(plan, dialect, late_uniques).tables[table.name])], dialect)


def indexes(table: TablePlan, dialect: Dialect, plan: Plan, late_uniques: bool) -> str:
    """See `runner.formats.ddl.indexes_sql`."""
    made = sorted(_metadata(plan, dialect, late_uniques).tables[table.name].indexes, key=lambda i: str(i.name))
    return _compiled((CreateIndex(index) for index in made), dialect)


def constraints(plan: Plan, dialect: Dialect) -> str:
    """See `runner.formats.ddl.constraints_sql`."""
    if dialect == "sqlite":
        return ""
    metadata = _tables(plan, dialect)
    ordered = sorted(_references(plan), key=lambda found: _closes_cycle(plan, *found))
    return _compiled([AddConstraint(_foreign_key(metadata, table, reference)) for table, reference in ordered], dialect)


def _references(plan: Plan) -> Iterator[tuple[TablePlan, Reference]]:
    """Every foreign key that a database can hold, in load order."""
    for table in plan.tables:
        written = {c.name for c in table.written}
        for reference in table.references:
            if written.issuperset(reference.columns) and reference.parent_columns in _keys(plan.table(reference.parent)):
                yield table, reference


def _closes_cycle(plan: Plan, table: TablePlan, reference: Reference) -> bool:
    """Whether the parent is loaded after the child or is the child itself."""
    order = [t.name for t in plan.tables]
    return order.index(reference.parent) >= order.index(table.name)


def _keys(table: TablePlan) -> list[Columns]:
    """The primary key and then the other unique column groups that are written."""
    groups = [table.primary_key, *((c.name,) for c in table.columns if c.unique), *table.unique]
    written = {c.name for c in table.written}
    return [g for g in dict.fromkeys(groups) if g and written.issuperset(g)]


def _key_columns(plan: Plan, table: TablePlan) -> set[str]:
    """Columns that some key or index of the table is made of."""
    groups = [*_keys(table), *table.indexes, *(r.columns for r in table.references)]
    groups += [r.parent_columns for t in plan.tables for r in t.references if r.parent == table.name]
    return {name for group in groups for name in group}


@lru_cache(maxsize=16)
def _metadata(plan: Plan, dialect: Dialect, late_uniques: bool) -> sa.MetaData:
    metadata = _tables(plan, dialect, late_uniques)
    for table, reference in _references(plan) if dialect == "sqlite" else ():
        _foreign_key(metadata, table, reference, deferred=_closes_cycle(plan, table, reference))
    return metadata


def _tables(plan: Plan, dialect: Dialect, late_uniques: bool = False) -> sa.MetaData:
    """All tables without foreign keys."""
    metadata = sa.MetaData()
    for table in plan.tables:
        _table(metadata, plan, table, dialect, late_uniques)
    return metadata


def _table(metadata: sa.MetaData, plan: Plan, table: TablePlan, dialect: Dialect, late_uniques: bool) -> None:
    keyed = _key_columns(plan, table)
    columns = [
        sa.Column(_exact(c.name), sql_type(c.type, dialect, c.name in keyed), nullable=c.nullable, autoincrement=False)
        for c in table.written
    ]
    options: dict[str, Any] = dict(_MYSQL_TABLE) if dialect == "mysql" else {}
    made = sa.Table(_exact(table.name), metadata, *columns, **options)
    for group in _keys(table):
        if group == table.primary_key:
            made.append_constraint(sa.PrimaryKeyConstraint(*group))
        else:
            _unique(made, table, group, dialect, late_uniques)
    for group in table.indexes:
        sa.Index(_name("ix", table.name, group), *(made.c[name] for name in group))


def _unique(made: sa.Table, table: TablePlan, group: Columns, dialect: Dialect, late: bool) -> None:
    """A unique constraint, or an index when it comes late; SQL Server takes NULLs for equal, so there an index over the rest."""
    name = _name("uq", table.name, group)
    nullable = [made.c[n] for n in group if table.column(n).nullable]
    if dialect == "sqlserver" and nullable:
        sa.Index(name, *(made.c[n] for n in group), unique=True, mssql_where=sa.and_(*(c.is_not(None) for c in nullable)))
    elif late:
        sa.Index(name, *(made.c[n] for n in group), unique=True)
    else:
        made.append_constraint(sa.UniqueConstraint(*group, name=name))


def _foreign_key(
    metadata: sa.MetaData, table: TablePlan, reference: Reference, deferred: bool = False
) -> sa.ForeignKeyConstraint:
    """The constraint, appended to its table."""
    child, parent = metadata.tables[table.name], metadata.tables[reference.parent]
    constraint = sa.ForeignKeyConstraint(
        [child.c[name] for name in reference.columns],
        [parent.c[name] for name in reference.parent_columns],
        name=_name("fk", table.name, reference.columns),
        deferrable=deferred or None,
        initially="DEFERRED" if deferred else None,
    )
    child.append_constraint(constraint)
    return constraint


def _name(prefix: str, table: str, columns: Columns) -> sa.quoted_name:
    """A constraint's name; long ones are cut and end in a hash, since databases bound them."""
    name = "_".join((prefix, table, *columns))
    if len(name.encode()) > _LONGEST_NAME:
        digest = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
        name = f"{name.encode()[: _LONGEST_NAME - 13].decode(errors='ignore')}_{digest}"
    return _exact(name)


def _exact(name: str) -> sa.quoted_name:
    """A name that is always quoted."""
    return sa.quoted_name(name, True)
