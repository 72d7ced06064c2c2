"""CREATE TABLE, CREATE INDEX and foreign keys of a plan in each dialect, by SQLAlchemy (imported on first use).

Statements end in `;` and a line break. All identifiers are quoted. Foreign keys whose parent columns are not a key
of the parent are left out, since no database takes them.
"""

from __future__ import annotations

from runner.formats.common.dialects import dialect_of
from runner.plan import Plan, TablePlan

__all__ = ["constraints_sql", "create_table_sql", "indexes_sql", "quote"]


def quote(name: str, dialect: str) -> str:
    """The identifier in quotes."""
    from runner.formats.ddl import statements

    return statements.quoted(name, dialect_of(dialect))


def create_table_sql(table: TablePlan, dialect: str, plan: Plan, late_uniques: bool = False) -> str:
    """CREATE TABLE with primary key and uniques; for SQLite, which cannot add them later, with foreign keys.

    With `late_uniques` the uniques are left to `indexes_sql`: loading is much faster without them.
    """
    from runner.formats.ddl import statements

    return statements.create_table(table, dialect_of(dialect), plan, late_uniques)


def indexes_sql(table: TablePlan, dialect: str, plan: Plan, late_uniques: bool = False) -> str:
    """CREATE INDEX for each index, to be run after the rows are in; "" when there are none.

    With `late_uniques` a unique index for each unique too.
    """
    from runner.formats.ddl import statements

    return statements.indexes(table, dialect_of(dialect), plan, late_uniques)


def constraints_sql(plan: Plan, dialect: str) -> str:
    """ALTER TABLE ... ADD CONSTRAINT for each foreign key, those that close a cycle last; "" when there are none."""
    from runner.formats.ddl import statements

    return statements.constraints(plan, dialect_of(dialect))
