"""SQLAlchemy metadata of a plan and the statements compiled from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, SetColumnComment, SetTableComment
from sqlalchemy.sql.ddl import ExecutableDDLElement

from runner.formats.common.dialects import Dialect
from runner.formats.ddl.checks import check_sql
from runner.formats.ddl.names import constraint_name, exact, sqlalchemy_dialect
from runner.formats.ddl.suspended import added_in_mysql, name_of
from runner.formats.ddl.types import sql_type
from runner.plan import Plan, Reference, TablePlan

_LONGEST_COMMENT = 1_000  # characters; MySQL takes 1,024
_MYSQL_TABLE = {"mysql_default_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}  # unique byte for byte, not up to case
Columns = tuple[str, ...]


def _compiled(statements: Iterable[ExecutableDDLElement], dialect: Dialect) -> str:
    compiled = (str(s.compile(dialect=sqlalchemy_dialect(dialect))) for s in statements)
    return "".join("\n".join(line.rstrip() for line in text.strip().split("\n")) + ";\n" for text in compiled)


def create_table(table: TablePlan, dialect: Dialect, plan: Plan, late_uniques: bool) -> str:
    """See `runner.formats.ddl.create_table_sql`."""
    made = _metadata(plan, dialect, late_uniques).tables[table.name]
    text = _compiled([CreateTable(made)], dialect)
    if dialect == "sqlite":
        text = _commented(text, table)
    left_out = [check for check in table.checks if check_sql(check, table, dialect) is None]
    notes = "".join(f"-- CHECK left out: {_line(check.text)}\n" for check in left_out)
    return notes + text + (_compiled(_comments(made), dialect) if dialect in ("postgresql", "sqlserver") else "")


def _comments(made: sa.Table) -> Iterator[ExecutableDDLElement]:
    """Comments that are statements of their own; in MySQL they are part of CREATE TABLE."""
    if made.comment:
        yield SetTableComment(made)
    yield from (SetColumnComment(column) for column in made.columns if column.comment)


def _commented(text: str, table: TablePlan) -> str:
    """SQLite has no comments, but keeps those within the statement beside the table."""
    lines = [_line(table.description)] if table.description else []
    lines += [f"{_line(c.name)}: {_line(c.description)}" for c in table.written if c.description]
    first, opening, rest = text.partition("(\n")
    return first + opening + "".join(f"\t-- {line}\n" for line in lines) + rest


def _line(text: str) -> str:
    """Text on one line of a comment."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_COMMENT]


def indexes(table: TablePlan, dialect: Dialect, plan: Plan, late_uniques: bool) -> str:
    """See `runner.formats.ddl.indexes_sql`."""
    made = sorted(_metadata(plan, dialect, late_uniques).tables[table.name].indexes, key=lambda i: str(i.name))
    return _compiled((CreateIndex(index) for index in made), dialect)


def named_indexes(table: TablePlan, dialect: Dialect, plan: Plan) -> list[tuple[str, str]]:
    """See `runner.formats.ddl.named_indexes`."""
    tables = _metadata(plan, dialect, True).tables
    made = sorted(tables[table.name].indexes, key=lambda i: str(i.name))
    found = [(str(index.name), _bare([CreateIndex(index)], dialect)) for index in made]
    if dialect != "postgresql" or not table.primary_key:
        return found
    key = _tables(plan, dialect).tables[table.name].primary_key
    key.name = constraint_name("pk", table.name, ())
    return [(str(key.name), _bare([AddConstraint(key)], dialect)), *found]


def named_references(table: TablePlan, dialect: Dialect, plan: Plan) -> list[tuple[str, str]]:
    """See `runner.formats.ddl.named_references`."""
    if dialect == "sqlite":
        return []
    metadata = _tables(plan, dialect)
    own = [r for t, r in _references(plan) if t is table]
    return [(name_of(table, r), _bare([AddConstraint(_foreign_key(metadata, table, r))], dialect)) for r in own]


def _bare(statements: Iterable[ExecutableDDLElement], dialect: Dialect) -> str:
    return _compiled(statements, dialect).removesuffix(";\n")


def constraints(plan: Plan, dialect: Dialect) -> str:
    """See `runner.formats.ddl.constraints_sql`."""
    if dialect == "sqlite":
        return ""
    metadata = _tables(plan, dialect)
    ordered = sorted(_references(plan), key=lambda found: _closes_cycle(plan, *found))
    added = ((t, r, _compiled([AddConstraint(_foreign_key(metadata, t, r))], dialect)) for t, r in ordered)
    return "".join(
        added_in_mysql(t, r, text.removesuffix(";\n")) if dialect == "mysql" and r.suspended else text for t, r, text in added
    )


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
        sa.Column(
            exact(c.name), sql_type(c.type, dialect, c.name in keyed), nullable=c.nullable, autoincrement=False,
            comment=_line(c.description) or None,
        )
        for c in table.written
    ]  # fmt: skip
    options: dict[str, Any] = dict(_MYSQL_TABLE) if dialect == "mysql" else {}
    made = sa.Table(exact(table.name), metadata, *columns, comment=_line(table.description) or None, **options)
    for group in _keys(table):
        if group == table.primary_key and late_uniques and dialect == "postgresql":
            continue
        if group == table.primary_key:
            made.append_constraint(sa.PrimaryKeyConstraint(*group))
        else:
            _unique(made, table, group, dialect, late_uniques)
    for number, check in enumerate(table.checks, start=1):
        condition = check_sql(check, table, dialect)
        if condition is not None:
            name = constraint_name("ck", table.name, (str(number),))
            made.append_constraint(sa.CheckConstraint(sa.literal_column(condition), name=name))
    for group in table.indexes:
        sa.Index(constraint_name("ix", table.name, group), *(made.c[name] for name in group))


def _unique(made: sa.Table, table: TablePlan, group: Columns, dialect: Dialect, late: bool) -> None:
    """A unique constraint, or an index when it comes late; SQL Server takes NULLs for equal, so there an index over the rest."""
    name = constraint_name("uq", table.name, group)
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
        name=exact(name_of(table, reference)),
        deferrable=deferred or None,
        initially="DEFERRED" if deferred else None,
    )
    child.append_constraint(constraint)
    return constraint
