"""Foreign keys of the database: which there are, which do not hold, which stand in the way of emptying tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from services.common.databases import Broken, DatabaseError
from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import Session

_SQL = (
    "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,"
    " REFERENCED_COLUMN_NAME, DATABASE() FROM information_schema.KEY_COLUMN_USAGE"
    " WHERE REFERENCED_TABLE_NAME IS NOT NULL AND (TABLE_SCHEMA = DATABASE() OR REFERENCED_TABLE_SCHEMA = DATABASE())"
    " ORDER BY CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"
)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` of `table` refer to `parent_columns` of `parent`; schemas are those of other databases, else ""."""

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    parent_schema: str
    parent: str
    parent_columns: tuple[str, ...]

    @property
    def child_sql(self) -> str:
        """The table, quoted."""
        return _place(self.schema, self.table)

    @property
    def given(self) -> str:
        """The condition that a row of the table `c` refers to something."""
        return " AND ".join(f"c.{quoted(name)} IS NOT NULL" for name in self.columns)

    def broken_sql(self) -> str:
        """How many rows refer to nothing."""
        same = " AND ".join(f"p.{quoted(b)} = c.{quoted(a)}" for a, b in zip(self.columns, self.parent_columns, strict=True))
        parent = _place(self.parent_schema, self.parent)
        missing = f"NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {same})"  # noqa: S608 - quoted
        return f"SELECT COUNT(*) FROM {self.child_sql} AS c WHERE {self.given} AND {missing}"  # noqa: S608 - quoted


def _place(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}" if schema else quoted(table)


def foreign_keys(session: Session) -> list[ForeignKey]:
    """Those of this database's tables and those of others that refer to them."""
    rows = session.query(_SQL)
    return [_foreign_key([*group]) for _, group in groupby(rows, key=lambda row: row[:3])]


def _foreign_key(rows: list[tuple[str, ...]]) -> ForeignKey:
    schema, table, name, _, parent_schema, parent, _, here = rows[0]
    return ForeignKey(
        name,
        "" if schema == here else schema,
        table,
        tuple(row[3] for row in rows),
        "" if parent_schema == here else parent_schema,
        parent,
        tuple(row[6] for row in rows),
    )


def broken(session: Session) -> list[Broken]:
    """References of this database that do not hold, by table and parent."""
    found: dict[tuple[str, str], int] = {}
    for key in foreign_keys(session):
        if not key.schema:
            rows = int(session.query(key.broken_sql())[0][0])
            found[key.table, key.parent] = found.get((key.table, key.parent), 0) + rows
    return [Broken(table, parent, rows) for (table, parent), rows in sorted(found.items()) if rows]


def refuse_referred(session: Session, tables: Sequence[str]) -> None:
    """Raise `DatabaseError` when a row of any other table refers to one of these tables."""
    ours = {name.lower() for name in tables}
    for key in foreign_keys(session):
        inside = not key.schema and key.table.lower() in ours
        if key.parent_schema or key.parent.lower() not in ours or inside:
            continue
        sql = f"SELECT 1 FROM {key.child_sql} AS c WHERE {key.given} LIMIT 1"  # noqa: S608 - quoted
        if session.query(sql):
            child = f"{key.schema}.{key.table}" if key.schema else key.table
            message = f"{key.parent} cannot be emptied: rows of {child} refer to it, and {child} is not in the schema"
            raise DatabaseError("TARGET_CONFLICT", message)
