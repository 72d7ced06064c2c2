"""The statements that loading needs in each SQL dialect: DDL of a plan, and questions to the catalogues."""

from __future__ import annotations

from typing import Final

from runner.formats.ddl import create_table_sql, named_indexes, named_references, quote
from runner.plan import Plan, TablePlan
from services.common.databases import Database

MADE: Final = {
    "mysql": """SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
        UNION SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ?""",
    "postgresql": """SELECT i.relname FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
        WHERE x.indrelid = to_regclass(quote_ident(?))
        UNION SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(quote_ident(?))""",
    "sqlite": "SELECT name FROM pragma_index_list(?) WHERE ? <> ''",
}
"""Names of the indexes and constraints of a table, which is given twice."""
ELSEWHERE: Final = {"postgresql": "SELECT to_regclass(quote_ident(?)) IS NULL"}
"""Whether a table that is there lies in a schema that is named with it."""


def made(database: Database, table: str) -> set[str]:
    """Names of the indexes and constraints of a table, in lower case."""
    return {str(name).lower() for (name,) in database.query(MADE[database.dialect], (table, table))}


class Statements:
    """The DDL of a plan for one database."""

    def __init__(self, plan: Plan, dialect: str) -> None:
        self._plan, self.dialect = plan, dialect

    def create_table(self, table: TablePlan, mode: str) -> str:
        """CREATE TABLE, a script. What must be unique follows when the rows are in, unless rows are looked for by it."""
        late = mode != "upsert" or self.dialect == "sqlite"
        return create_table_sql(table, self.dialect, self._plan, late_uniques=late)

    def drop_tables(self) -> list[str]:
        """What drops the plan's tables, children first; keys between them do not matter."""
        names = [quote(t.name, self.dialect) for t in reversed(self._plan.tables)]
        if self.dialect == "sqlite":
            return [f"DROP TABLE IF EXISTS {name}" for name in names]
        drop = f"DROP TABLE IF EXISTS {', '.join(names)}"
        off, on = ("SET SESSION foreign_key_checks = 0", "SET SESSION foreign_key_checks = 1")
        return [off, drop, on] if self.dialect == "mysql" else [drop]

    def indexes(self, table: TablePlan) -> list[tuple[str, str]]:
        """Name and statement of each index, uniques too, that is made when the rows are in."""
        return named_indexes(table, self.dialect, self._plan)

    def references(self, table: TablePlan) -> list[tuple[str, str]]:
        """Name and statement of each foreign key that is added when the rows and indexes are in."""
        return named_references(table, self.dialect, self._plan)
