"""CREATE TABLE, CREATE INDEX and foreign keys of a plan in each dialect, by SQLAlchemy (imported on first use).

Statements end in `;` and a line break. All identifiers are quoted. Foreign keys whose parent columns are not a key
of the parent are left out, since no database takes them.
"""

from __future__ import annotations

from runner.formats.common.dialects import dialect_of
from runner.plan import Plan, TablePlan

__all__ = [
    "constraints_sql", "create_table_sql", "indexes_sql", "named_indexes", "named_references",
    "quote", "resume_sql", "suspend_sql",
]  # fmt: skip


def quote(name: str, dialect: str) -> str:
    """The identifier in quotes."""
    from runner.formats.ddl import names

    return names.quoted(name, dialect_of(dialect))


def create_table_sql(table: TablePlan, dialect: str, plan: Plan, late_uniques: bool = False) -> str:
    """CREATE TABLE with primary key, uniques, checks and comments; for SQLite, which cannot add them later, with foreign keys.

    Checks that the dialect cannot state stand before it as comments.

    With `late_uniques` the uniques, and in PostgreSQL the primary key, are left to `named_indexes`: loading is much faster
    without them.
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


def named_indexes(table: TablePlan, dialect: str, plan: Plan) -> list[tuple[str, str]]:
    """Name and statement (without `;`) of each index and unique index that is made when the rows are in."""
    from runner.formats.ddl import statements

    return statements.named_indexes(table, dialect_of(dialect), plan)


def named_references(table: TablePlan, dialect: str, plan: Plan) -> list[tuple[str, str]]:
    """Name and statement (without `;`) of each foreign key of a table; none for SQLite, which takes them in CREATE TABLE."""
    from runner.formats.ddl import statements

    return statements.named_references(table, dialect_of(dialect), plan)


def suspend_sql(table: TablePlan, dialect: str) -> str:
    """What suspends the constraints that the schema's `load` names, before the table's rows; "" when there are none."""
    from runner.formats.ddl import suspended

    return suspended.before(table, dialect_of(dialect))


def resume_sql(table: TablePlan, dialect: str, plan: Plan) -> str:
    """What ends that after the table's rows; `constraints_sql` adds what was dropped."""
    from runner.formats.ddl import suspended

    return suspended.after(table, plan, dialect_of(dialect))
