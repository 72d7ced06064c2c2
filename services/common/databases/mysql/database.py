"""A MySQL or MariaDB database as the loader drives it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
from pymysql import err

from runner.plan import Reference
from runner.types import Type
from services.common.databases import Broken, Counter, DatabaseError, StoredColumn, Suspension
from services.common.databases._hosts import Url
from services.common.databases._keys import span
from services.common.databases.mysql import copies, counters, references, stage
from services.common.databases.mysql.columns import BAD, WHOLE, Field, chosen, counts_bad, fields_of, shown
from services.common.databases.mysql.errors import serious, translated
from services.common.databases.mysql.rows import Rows, insert_statements, load_statement, load_text
from services.common.databases.mysql.script import quoted, statements
from services.common.databases.mysql.session import open_session
from services.common.databases.mysql.values import batch_of, blocks

_NO_LOCAL: Final = frozenset({1148, 3948, 4166, 2068})
"""LOAD DATA LOCAL is switched off, in the words of each server."""
_FETCHED: Final = 65_536
"""Rows handed out at once."""
CHECKS_OFF: Final = "SET SESSION foreign_key_checks = 0;\n"
CHECKS_ON: Final = "SET SESSION foreign_key_checks = 1;\n"


class MysqlDatabase:
    """One connection. How durable a commit is, is the server's setting (`innodb_flush_log_at_trx_commit`)."""

    dialect = "mysql"

    def __init__(self, url: Url) -> None:
        self._url = url
        self._session = open_session(url)
        self._inside = False

    def close(self) -> None:
        """Let go; an open transaction is undone."""
        self._session.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in it happens or nothing does; but a statement of DDL commits what came before it.

        What follows such a statement is again one transaction, until the next.
        """
        self._session.run("SET autocommit = 0")
        self._inside = True
        try:
            yield
            self._session.run("COMMIT")
        except BaseException:
            with contextlib.suppress(DatabaseError):
                self._session.run("ROLLBACK")
            raise
        finally:
            self._inside = False
            with contextlib.suppress(DatabaseError):
                self._session.run("SET autocommit = 1")

    @contextlib.contextmanager
    def _within(self) -> Iterator[None]:
        """The transaction that is open, or one of its own."""
        with contextlib.nullcontext() if self._inside else self.transaction():
            yield

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?`."""
        self._session.run(sql, params)

    def run_script(self, sql: str) -> None:
        """Several statements, each ended by `;` and a line break."""
        for statement in statements(sql):
            self._session.run(statement)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        return self._session.query(sql, params)

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it found to change."""
        return int(self._session.run(sql, params).affected_rows)

    def columns(self, table: str) -> tuple[StoredColumn, ...]:
        """The columns of a table that can be written; empty when there is no such table."""
        return tuple(field.stored for field in fields_of(self._session, table))

    def source(self, table: str) -> str:
        """What stands behind FROM to read a table."""
        return quoted(table)

    def insert(self, table: str, batch: pa.RecordBatch, types: Sequence[Type], key: Sequence[str] = ()) -> int:
        """Add the rows of a batch (logical types); the bytes that were sent.

        With `key`, rows that are there by those columns are overwritten.
        """
        rows = self._rows(table, batch, types)
        if not batch.num_rows:
            return 0
        with self._within():
            if not key:
                return self._fill(table, rows)
            with stage.staged(self._session, table, rows.fields) as place:
                sent = self._fill(place, rows)
                stage.merge(self._session, table, rows.fields, key)
            return sent

    def _rows(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> Rows:
        fields = chosen(fields_of(self._session, table), table, batch.schema.names)
        return Rows(batch, types, fields)

    def _fill(self, table: str, rows: Rows) -> int:
        """Add rows to a table, all of them as they are, or raise `DatabaseError`; the bytes that were sent."""
        counting = counts_bad(rows.expressions)
        if counting:
            self._session.run(f"SET {BAD} = 0")
        sent = self._load(table, rows) if self._session.local else None
        if sent is None:
            sent = self._insert_rows(table, rows)
        if counting and self._session.query(f"SELECT {BAD}")[0][0]:
            raise DatabaseError("TARGET_CONSTRAINT", f"a text for a spatial column of {table} is no geometry")
        return sent

    def _load(self, table: str, rows: Rows) -> int | None:
        """By LOAD DATA LOCAL; None when the server does not take it."""
        sent = 0

        def pieces() -> Iterator[pa.Buffer]:
            nonlocal sent
            for piece in load_text(rows):
                sent += piece.size
                yield piece

        with translated():
            try:
                result = self._session.wire.load(lambda name: load_statement(name, table, rows), pieces())
            except err.MySQLError as error:
                if sent or not error.args or error.args[0] not in _NO_LOCAL:
                    raise
                self._session.local = False
                return None
        self._judge(table, result, rows.batch.num_rows)
        return sent

    def _insert_rows(self, table: str, rows: Rows) -> int:
        """By INSERTs of many rows."""
        sent = done = 0
        with translated():
            for statement in insert_statements(table, rows, self._session.packet):
                result = self._session.wire.run(statement)
                self._judge(table, result, None)
                sent, done = sent + len(statement), done + int(result.affected_rows or 0)
        _all_in(table, done, rows.batch.num_rows)
        return sent

    def _judge(self, table: str, result: Any, expected: int | None) -> None:
        """Raise what a statement hid in its warnings and counts: LOAD DATA LOCAL skips and bends rows without an error."""
        if result.warning_count:
            error = serious(self._session.query("SHOW WARNINGS"))
            if error is not None:
                raise DatabaseError(error.code, f"{table}: {error}", error.retryable)
        if expected is not None:
            _all_in(table, int(result.affected_rows or 0), expected)

    def read(self, table: str, names: Sequence[str], types: Sequence[Type], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """All rows of a table, in no promised order, as logical arrays of these types, `rows` at a time.

        Outside a transaction it has a connection of its own; inside one nothing else may be asked before its end.
        """
        fields = chosen(fields_of(self._session, table), table, list(names))
        return self._batches(_selection(types, fields, quoted(table)), names, types, rows)

    def fetch(
        self, table: str, keys: pa.RecordBatch, key_types: Sequence[Type], names: Sequence[str], types: Sequence[Type]
    ) -> Iterator[pa.RecordBatch]:
        """Rows by their keys, or of the range that the keys lie in; streamed, to be read to its end."""
        fields = chosen(fields_of(self._session, table), table, list(names))
        rows = self._rows(table, keys, key_types)
        ends = span(keys) if rows.fields[0].kind in WHOLE else None
        with self._within():
            if ends:
                source = f"{quoted(table)} WHERE {quoted(rows.fields[0].name)} BETWEEN {ends[0]} AND {ends[1]}"
                yield from self._batches(_selection(types, fields, source), names, types, _FETCHED)
                return
            with stage.staged(self._session, table, rows.fields) as place:
                self._fill(place, rows)
                source = stage.met(table, rows.fields, fields)
                yield from self._batches(_selection(types, fields, source), names, types, _FETCHED)

    def kept(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> Iterator[pa.RecordBatch]:
        """The rows of a batch as the table would give them back; to be read to its end."""
        rows = self._rows(table, batch, types)
        with self._within(), stage.staged(self._session, table, rows.fields) as place:
            self._fill(place, rows)
            yield from self._batches(_selection(types, rows.fields, quoted(place)), batch.schema.names, types, _FETCHED)

    def _batches(self, sql: str, names: Sequence[str], types: Sequence[Type], rows: int) -> Iterator[pa.RecordBatch]:
        session = self._session if self._inside else open_session(self._url)
        stream = session.wire.rows(sql)
        with translated():
            try:
                for block in blocks(stream, rows):
                    yield batch_of(block, names, types)
            finally:
                if session is not self._session:
                    session.wire.drop()
                else:
                    for _ in stream:  # the rest must be taken before anything else can be said
                        pass

    def delete(self, table: str, keys: pa.RecordBatch, types: Sequence[Type]) -> int:
        """Delete a row that equals it (by the batch's columns) for each row of `keys`; how many there were."""
        rows = self._rows(table, keys, types)
        if not keys.num_rows:
            return 0
        with self._within(), stage.staged(self._session, table, rows.fields) as place:
            self._fill(place, rows)
            given = {n.lower() for n, a in zip(keys.schema.names, keys.columns, strict=True) if not a.null_count}
            if stage.unique(self._session, table, given):
                return stage.delete(self._session, table, rows.fields)
            return copies.delete(self._session, table, rows.fields)

    def empty(self, tables: Sequence[str]) -> None:
        """Delete all rows of these tables, and of no other; refused while rows of others refer to them.

        In a transaction by DELETE; outside one by TRUNCATE, which starts auto-increments anew.
        """
        references.refuse_referred(self._session, tables)
        before = self._session.query("SELECT @@SESSION.foreign_key_checks")[0][0]
        self._session.run(CHECKS_OFF)  # so that nothing cascades
        try:
            for table in tables:
                self._session.run(f"{'DELETE FROM' if self._inside else 'TRUNCATE TABLE'} {quoted(table)}")
        finally:
            with contextlib.suppress(DatabaseError):
                self._session.run(f"SET SESSION foreign_key_checks = {int(before)}")

    def suspension(self, table: str, reference: Reference) -> Suspension | None:
        """How the constraint behind a reference is suspended, for this session alone; None when there is none."""
        for key in references.foreign_keys(self._session):
            if not key.schema and key.table.lower() == table.lower() and _means(key, reference):
                return Suspension(table, key.name, CHECKS_OFF, CHECKS_ON)
        return None

    def broken_references(self, tables: Sequence[str] = ()) -> list[Broken]:
        """Every reference of the database that does not hold."""
        return references.broken(self._session)

    def move_counters(self, tables: Sequence[str]) -> list[Counter]:
        """Set the auto-increments of these tables past their largest keys (never back); where they are now.

        A table whose counter has to be moved is altered, which commits.
        """
        return counters.move(self._session, tables)


def _selection(types: Sequence[Type], fields: Sequence[Field], source: str) -> str:
    """SELECT of columns from what stands behind FROM."""
    selected = ", ".join(shown(type_, field) for type_, field in zip(types, fields, strict=True))
    return f"SELECT {selected} FROM {source}"  # noqa: S608 - quoted


def _all_in(table: str, done: int, expected: int) -> None:
    if done != expected:
        raise DatabaseError("TARGET_CONSTRAINT", f"{table}: the server took {done:,} of {expected:,} rows")


def _means(key: references.ForeignKey, reference: Reference) -> bool:
    if reference.constraint:
        return key.name.lower() == reference.constraint.lower()
    return [c.lower() for c in key.columns] == [c.lower() for c in reference.columns]
