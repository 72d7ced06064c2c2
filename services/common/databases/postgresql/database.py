"""An open PostgreSQL database: the port of the loader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, groupby
from typing import Any

import pyarrow as pa

from runner.plan import Reference
from runner.types import Type
from services.common.databases import Broken, Counter, StoredColumn, Suspension
from services.common.databases._hosts import Url
from services.common.databases._keys import span
from services.common.databases.postgresql import binary, counters, emptying, reading, references, texts
from services.common.databases.postgresql.notbinary import NotBinary
from services.common.databases.postgresql.session import Session
from services.common.databases.postgresql.tables import Column, PgType, Table, find, known, listed, matched, quoted

_SLICE = 32_768  # rows rendered at once
_FETCHED = 65_536  # rows handed out at once
_STAGE = 'pg_temp."_mockcraft_rows"'
_WHOLE = frozenset({"int2recv", "int4recv", "int8recv"})
_UNORDERED = frozenset(
    {"json_recv", "xml_recv", "point_recv", "box_recv", "path_recv", "poly_recv", "line_recv", "lseg_recv", "circle_recv"}
)
"""Types without equality: compared as text."""


class PostgresDatabase:
    """One connection to a PostgreSQL database. Commits are durable as the server is set."""

    dialect = "postgresql"

    def __init__(self, url: Url) -> None:
        self.session = Session(url)

    def close(self) -> None:
        """Let go; a transaction that is open is undone."""
        self.session.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Everything in it happens, durably, or nothing does."""
        return self.session.transaction()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, placeholders `?` (when there are parameters)."""
        self.session.execute(sql, params)

    def run_script(self, sql: str) -> None:
        """Several statements, each ended by `;` and a line break; outside of a transaction they are one."""
        if sql.strip():
            self.session.execute(sql)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        return self.session.query(sql, params)

    def update(self, sql: str, params: Sequence[Any] = ()) -> int:
        """One statement; how many rows it changed."""
        return self.session.update(sql, params)

    def columns(self, table: str) -> tuple[StoredColumn, ...]:
        """The columns of a table that can be written; empty when there is no such table."""
        found = find(self.query, table)
        return tuple(StoredColumn(c.name, c.declared, c.required) for c in found.columns) if found else ()

    def source(self, table: str) -> str:
        """What stands behind FROM to read a table's own rows: `ONLY` keeps the rows of inheritance children out."""
        return known(self.query, table).source

    def insert(self, table: str, batch: pa.RecordBatch, types: Sequence[Type], key: Sequence[str] = ()) -> int:
        """Add the rows of a batch (logical types) by COPY; the bytes that were sent.

        With `key`, rows that are there by those columns are overwritten, an identity GENERATED ALWAYS excepted.
        """
        found = known(self.query, table)
        columns = matched(found, table, batch.schema.names)
        if not key:
            return self._copy(found.name, columns, batch, types)
        keys = matched(found, table, key)
        with self.session.within():
            sent = self._stage(found, columns, batch, types)
            self.execute(_upsert_sql(found, columns, keys))
            self.execute(f"DROP TABLE {_STAGE}")
        return sent

    def _copy(self, name: str, columns: Sequence[Column], batch: pa.RecordBatch, types: Sequence[Type]) -> int:
        """COPY of a batch: a slice is rendered while the server works on the one before it."""
        to, target = [c.type for c in columns], f"{name} ({listed(c.name for c in columns)})"
        slices = (_rendered(batch.slice(at, _SLICE), types, to) for at in range(0, batch.num_rows, _SLICE))
        sent = 0
        with self.session.within():
            for as_binary, some in groupby(slices, key=lambda one: one[0]):
                pieces = chain.from_iterable(buffers for _, buffers in some)
                if as_binary:
                    pieces = chain((binary.HEADER,), pieces, (binary.TRAILER,))
                options = "FORMAT binary" if as_binary else "FORMAT text, ENCODING 'UTF8'"
                sent += self.session.copy_in(f"COPY {target} FROM STDIN ({options})", pieces)
        return sent

    def _stage(self, table: Table, columns: Sequence[Column], batch: pa.RecordBatch, types: Sequence[Type]) -> int:
        """The rows in a temporary table with the columns' types and no constraints."""
        places = listed(c.name for c in columns)
        self.execute(f"CREATE TEMPORARY TABLE {_STAGE} ON COMMIT DROP AS SELECT {places} FROM {table.name} WITH NO DATA")  # noqa: S608
        sent = self._copy(_STAGE, columns, batch, types)
        self.execute(f"ANALYZE {_STAGE}")
        return sent

    def read(self, table: str, names: Sequence[str], types: Sequence[Type], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """All rows of a table, in no promised order, as logical arrays of these types, `rows` at a time at most.

        Streamed: until it is read to its end or closed, nothing else may be asked of this connection. Text of a
        jsonb column comes back as the server writes it: members in its own order, blanks after `:` and `,`.
        """
        found = known(self.query, table)
        return reading.batches(self.session, found.source, matched(found, table, names), types, names, rows)

    def fetch(
        self, table: str, keys: pa.RecordBatch, key_types: Sequence[Type], names: Sequence[str], types: Sequence[Type]
    ) -> Iterator[pa.RecordBatch]:
        """Rows by their keys, or of the range that the keys lie in; streamed, to be read to its end."""
        found = known(self.query, table)
        columns, by = matched(found, table, names), matched(found, table, keys.schema.names)
        ends = span(keys) if by[0].type.receive in _WHOLE else None
        if ends:
            within = f"{found.source} WHERE {quoted(by[0].name)} BETWEEN {ends[0]} AND {ends[1]}"
            yield from reading.batches(self.session, within, columns, types, names, _FETCHED)
            return
        same = " AND ".join(_same(by, [False] * len(by)))
        with self.session.within():
            self._stage(found, by, keys, key_types)
            source = f"{found.source} AS t WHERE EXISTS (SELECT FROM {_STAGE} AS k WHERE {same})"
            yield from reading.batches(self.session, source, columns, types, names, _FETCHED)
            self.execute(f"DROP TABLE {_STAGE}")

    def kept(self, table: str, batch: pa.RecordBatch, types: Sequence[Type]) -> Iterator[pa.RecordBatch]:
        """The rows of a batch as the table would give them back; to be read to its end."""
        found = known(self.query, table)
        columns = matched(found, table, batch.schema.names)
        with self.session.within():
            self._stage(found, columns, batch, types)
            yield from reading.batches(self.session, _STAGE, columns, types, batch.schema.names, _FETCHED)
            self.execute(f"DROP TABLE {_STAGE}")

    def delete(self, table: str, keys: pa.RecordBatch, types: Sequence[Type]) -> int:
        """Delete a row that equals it (by the batch's columns, nulls alike) for each row of `keys`; how many there were."""
        found = known(self.query, table)
        columns = matched(found, table, keys.schema.names)
        nulls = [bool(array.null_count) for array in keys.columns]
        given = [c.name for c, null in zip(columns, nulls, strict=True) if not null]
        unique = self.query(_UNIQUE, (found.oid, given))[0][0]
        with self.session.within():
            self._stage(found, columns, keys, types)
            rows = self.update(_delete_sql(found, columns, _same(columns, nulls), unique))
            self.execute(f"DROP TABLE {_STAGE}")
        return rows

    def empty(self, tables: Sequence[str]) -> None:
        """Delete all rows of these tables, and of no other: by one TRUNCATE, or row by row where others refer to them."""
        with self.session.within():
            emptying.empty(self.session, [known(self.query, name) for name in tables])

    def suspension(self, table: str, reference: Reference) -> Suspension | None:
        """How the constraint behind a reference is suspended: dropped, and added again as it was; None when there is none."""
        found, parent = find(self.query, table), find(self.query, reference.parent)
        return references.suspension(self.query, table, found, parent, reference) if found and parent else None

    def broken_references(self, tables: Sequence[str] = ()) -> list[Broken]:
        """Every reference of the search path's tables, and of these, that does not hold, NOT VALID ones too."""
        found = (find(self.query, name) for name in tables)
        return references.broken(self.query, [table.oid for table in found if table])

    def move_counters(self, tables: Sequence[str]) -> list[Counter]:
        """Set the sequences that fill columns of these tables past their largest keys (never back); where they are now."""
        return [c for name in tables for c in counters.moved(self.query, name, known(self.query, name))]


_UNIQUE = """
SELECT EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = ? AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    AND (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = i.indrelid
         AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])) <@ ?::text[])"""
"""Whether a unique index lies within these columns."""


def _rendered(batch: pa.RecordBatch, types: Sequence[Type], to: Sequence[PgType]) -> tuple[bool, Sequence[Any]]:
    """The rows for a COPY, and whether they are binary."""
    try:
        return True, binary.rendered(batch.columns, types, to, batch.num_rows)
    except NotBinary:
        return False, texts.rendered(batch.columns, types, to, batch.num_rows)


def _same(columns: Sequence[Column], nulls: Sequence[bool]) -> list[str]:
    """Conditions that a row equals a key, nulls alike; at least one of them is an equality that can be hashed."""
    conditions = []
    for column, null in zip(columns, nulls, strict=True):
        cast = "::text" if column.type.receive in _UNORDERED else ""
        mine, theirs = (f"{side}.{quoted(column.name)}{cast}" for side in "tk")
        equal = f"{mine} = {theirs}"
        conditions.append(f"({equal} OR ({mine} IS NULL AND {theirs} IS NULL))" if null else equal)
    if all(nulls):
        name = quoted(columns[0].name)
        conditions.append(f"coalesce(t.{name}::text, '') = coalesce(k.{name}::text, '')")
    return conditions


def _delete_sql(table: Table, columns: Sequence[Column], same: Sequence[str], unique: bool) -> str:
    """DELETE of the staged rows: where equal rows may be there, as many copies as are staged, the last ones."""
    where = " AND ".join(same)
    if unique:
        return f"DELETE FROM {table.source} AS t USING {_STAGE} AS k WHERE {where}"  # noqa: S608 - quoted
    names = [f"{quoted(c.name)}{'::text' if c.type.receive in _UNORDERED else ''}" for c in columns]
    chosen = ", ".join(f"{by} AS {quoted(c.name)}" for by, c in zip(names, columns, strict=True))
    numbers = "count(*) AS _mockcraft_copies, row_number() OVER () AS _mockcraft_key"
    keys = f"SELECT {chosen}, {numbers} FROM {_STAGE} AS s GROUP BY {', '.join(names)}"  # noqa: S608 - quoted
    numbered = (
        "SELECT t.tableoid AS part, t.ctid AS place, k._mockcraft_copies AS copies,"  # noqa: S608 - quoted
        " row_number() OVER (PARTITION BY k._mockcraft_key ORDER BY t.tableoid, t.ctid DESC) AS nth"
        f" FROM {table.source} AS t JOIN ({keys}) AS k ON {where}"
    )
    return (
        f"DELETE FROM {table.source} AS t USING ({numbered}) AS d"  # noqa: S608 - quoted
        " WHERE t.ctid = d.place AND t.tableoid = d.part AND d.nth <= d.copies"
    )


def _upsert_sql(table: Table, columns: Sequence[Column], key: Sequence[Column]) -> str:
    """INSERT of the staged rows that overwrites the rows with the same key."""
    names, others = listed(c.name for c in columns), [c for c in columns if c not in key and not c.always]
    assignments = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in others)
    action = f"DO UPDATE SET {assignments}" if others else "DO NOTHING"
    return (
        f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {_STAGE}"  # noqa: S608 - quoted
        f" ON CONFLICT ({listed(c.name for c in key)}) {action}"
    )
