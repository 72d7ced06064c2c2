"""Foreign keys that are suspended while rows are loaded into tables that have them already.

PostgreSQL and SQL Server drop the constraint and add it again at the end, which checks every row. MySQL switches the
session's checks off, and at the end counts rows that refer to nothing before it adds the constraint where it is
missing; SQLite switches them off and lists such rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.formats.common.dialects import Dialect
from runner.formats.ddl.names import constraint_name, quoted
from runner.plan import Plan, Reference, TablePlan

_MYSQL_OFF = "SET @mockcraft_checks = @@SESSION.foreign_key_checks;\nSET SESSION foreign_key_checks = 0;\n"
_MYSQL_ON = "SET SESSION foreign_key_checks = @mockcraft_checks;\n"
_SQLITE_OFF = "PRAGMA foreign_keys = OFF;\n"
_SQLITE_CHECK = "PRAGMA foreign_key_check;\n"


def suspended(table: TablePlan) -> tuple[Reference, ...]:
    """The table's references that are suspended for the load."""
    return tuple(r for r in table.references if r.suspended)


def name_of(table: TablePlan, reference: Reference) -> str:
    """The constraint's name: the one the schema says, else made from the table and its columns."""
    return reference.constraint or str(constraint_name("fk", table.name, reference.columns))


def before(table: TablePlan, dialect: Dialect) -> str:
    """What suspends the table's constraints, before its rows."""
    references = suspended(table)
    if not references:
        return ""
    match dialect:
        case "mysql":
            return _MYSQL_OFF
        case "sqlite":
            return _SQLITE_OFF
    return "".join(_drop(table, reference, dialect) for reference in references)


def _drop(table: TablePlan, reference: Reference, dialect: Dialect) -> str:
    name = name_of(table, reference)
    statement = f"ALTER TABLE {quoted(table.name, dialect)} DROP CONSTRAINT "
    if dialect == "postgresql":
        return f"{statement}IF EXISTS {quoted(name, dialect)};\n"
    there = quoted(name, dialect).replace("'", "''")
    return f"IF OBJECT_ID(N'{there}', N'F') IS NOT NULL {statement}{quoted(name, dialect)};\n"


def after(table: TablePlan, plan: Plan, dialect: Dialect) -> str:
    """What ends the suspension, after the table's rows."""
    if dialect == "mysql" and suspended(table):
        return _MYSQL_ON
    if dialect == "sqlite" and table is plan.tables[-1] and any(suspended(t) for t in plan.tables):
        return _SQLITE_CHECK
    return ""


def added_in_mysql(table: TablePlan, reference: Reference, statement: str) -> str:
    """A constraint that may be there already: its rows are checked, and it is added where it is missing."""
    name, child, parent = name_of(table, reference), quoted(table.name, "mysql"), quoted(reference.parent, "mysql")
    pairs = list(zip(reference.columns, reference.parent_columns, strict=True))
    on = " AND ".join(f"c.{quoted(a, 'mysql')} = p.{quoted(b, 'mysql')}" for a, b in pairs)
    given = " AND ".join(f"c.{quoted(a, 'mysql')} IS NOT NULL" for a, _ in pairs)
    missing = f"{given} AND p.{quoted(pairs[0][1], 'mysql')} IS NULL"
    there = (  # both names are literals
        "(SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()"  # noqa: S608
        f" AND TABLE_NAME = {_text(table.name)} AND CONSTRAINT_NAME = {_text(name)})"
    )
    lines: Iterable[str] = (
        f"SET @mockcraft_broken = (SELECT COUNT(*) FROM {child} AS c LEFT JOIN {parent} AS p ON {on} WHERE {missing})",  # noqa: S608 - quoted
        "SET @mockcraft_broken = (SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS two WHERE @mockcraft_broken > 0)",
        f"SET @mockcraft_add = IF({there} > 0, 'DO 0', {_text(statement)})",
        "PREPARE mockcraft_add FROM @mockcraft_add",
        "EXECUTE mockcraft_add",
        "DEALLOCATE PREPARE mockcraft_add",
    )
    return "".join(f"{line};\n" for line in lines)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
