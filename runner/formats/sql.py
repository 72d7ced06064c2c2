"""SQL dumps: multi-row INSERTs, one file per table numbered in load order, then `constraints.sql` with the foreign keys.

Statements break at absolute row numbers (multiples of `rows_per_statement`). With `create_table` a file also makes
its table before the rows and its indexes after them. SQLite cannot add foreign keys later, so there they are part of
CREATE TABLE and no `constraints.sql` is made.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa

from runner.formats import ddl
from runner.formats.common.base import FileJob, OptionError, Piece
from runner.formats.common.dialects import dialect_of
from runner.formats.common.options import FILE_NAME, Option
from runner.formats.text.format import TextFormat, cells
from runner.formats.text.literals import LITERALS, Literals
from runner.pieces import I32, Part, Pool, gather, texts_of
from runner.plan import Plan, TablePlan
from runner.spec import Output

OPTIONS = (
    FILE_NAME,
    Option("create_table", "bool", False, "Begin each file with CREATE TABLE and end it with CREATE INDEX."),
    Option("rows_per_statement", "int", 500, "Rows of one INSERT; at most 1000 for sqlserver.", low=1, high=65_536),
    Option("transaction", "bool", True, "Load each file in one transaction."),
)
_SQLSERVER_MOST = 1_000


def create(plan: Plan, output: Output) -> Sql:
    """The format for the plan. Raises `OptionError`."""
    return Sql(plan, output)


class Sql(TextFormat):
    """Numbered `.sql` files in load order."""

    extension, content_type = "sql", "application/sql"

    def __init__(self, plan: Plan, output: Output) -> None:
        super().__init__(plan, output, OPTIONS)
        self.dialect = dialect_of(output.dialect)
        self.rows_per_statement: int = self.options["rows_per_statement"]
        if self.dialect == "sqlserver" and self.rows_per_statement > _SQLSERVER_MOST:
            raise OptionError("rows_per_statement", f"SQL Server takes at most {_SQLSERVER_MOST} rows in one INSERT.")

    @cached_property
    def literals(self) -> Literals:
        """The dialect's words."""
        return LITERALS[self.dialect]

    @cached_property
    def constraints(self) -> str:
        """The foreign keys."""
        return ddl.constraints_sql(self.plan, self.dialect)

    def files(self) -> tuple[FileJob, ...]:
        """One file per table in load order and one with the foreign keys, if there are any."""
        stem = self.stem(0, "constraints") + ("_constraints" if self.options["file_name"] else "")
        return (*super().files(), *([self.file(stem, None)] if self.constraints else ()))

    def stem(self, number: int, safe: str) -> str:
        """`001_users`, with as many digits as needed; `file_name` goes without number."""
        if self.options["file_name"] or not number:
            return super().stem(number, safe)
        return f"{number:0{max(3, len(str(len(self.plan.tables))))}d}_{safe}"

    def tail(self, file: FileJob) -> bytes:
        """The foreign keys."""
        return (self.literals.before + self.constraints + self.literals.after).encode()

    def header(self, table: TablePlan) -> bytes:
        """Session settings, CREATE TABLE if wanted, constraints suspended, BEGIN."""
        create = ddl.create_table_sql(table, self.dialect, self.plan) if self.options["create_table"] else ""
        suspend = ddl.suspend_sql(table, self.dialect) if self._suspends else ""
        begin = self._in_transaction(self.literals.begin)
        within = self.dialect in ("postgresql", "sqlserver")  # dropped with the rows or not at all
        return (self.literals.before + create + (begin + suspend if within else suspend + begin)).encode()

    @property
    def _suspends(self) -> bool:
        """Whether tables may have their foreign keys already: those made here get them at the end, but in SQLite."""
        return self.dialect == "sqlite" or not self.options["create_table"]

    def _in_transaction(self, words: str) -> str:
        return words if self.options["transaction"] else ""

    def footer(self, table: TablePlan) -> bytes:
        """COMMIT, CREATE INDEX if wanted, constraints no longer suspended."""
        indexes = ddl.indexes_sql(table, self.dialect, self.plan) if self.options["create_table"] else ""
        resume = ddl.resume_sql(table, self.dialect, self.plan) if self._suspends else ""
        return (self._in_transaction(self.literals.commit) + indexes + resume + self.literals.after).encode()

    def encode(self, table: TablePlan, batch: pa.RecordBatch, first_row: int, total_rows: int) -> list[Piece]:
        """The rows as tuples, with what opens and closes statements between them."""
        row: list[Part] = []
        for parts in cells(table, batch, self.literals.style):
            row += [b", ", *parts] if row else parts
        insert = self._insert(table)
        ends = [b"),\n(", b");\n" + insert, b"),\n", b");\n"]
        index = _ends(first_row, batch.num_rows, total_rows, self.rows_per_statement)
        first = b"(" if first_row % self.rows_per_statement else insert
        return [first, *gather([*row, Pool(texts_of(ends), index)], batch.num_rows)]

    def _insert(self, table: TablePlan) -> bytes:
        names = ", ".join(ddl.quote(c.name, self.dialect) for c in table.written)
        return f"INSERT INTO {ddl.quote(table.name, self.dialect)} ({names}) VALUES\n(".encode()


def _ends(first: int, n: int, total: int, size: int) -> I32:
    """What follows each row: 0 the next tuple, 1 the next statement; for the last row 2 a comma, 3 the statement's end."""
    index = np.zeros(n, np.int32)
    index[-(first + 1) % size :: size] = 1
    if n:
        index[-1] = 3 if index[-1] or first + n == total else 2
    return index
