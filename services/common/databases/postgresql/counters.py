"""Sequences that fill columns: serial, identity, and any sequence that a column's default asks."""

from __future__ import annotations

from collections.abc import Iterator

from services.common.databases import Counter
from services.common.databases.postgresql.references import literal
from services.common.databases.postgresql.tables import Query, Table, quoted


def moved(query: Query, name: str, table: Table) -> Iterator[Counter]:
    """Each sequence of the table set past the column's last key, if it is not there yet."""
    for column, sequence, step, last in query(_SEQUENCES, (table.oid, table.oid, table.oid)):
        text, key = literal(sequence), "max" if step > 0 else "min"
        ahead = f"{'least' if step > 0 else 'greatest'}(k.key, {last})"
        beyond = f"k.key {'>=' if step > 0 else '<='} {_next(step)}"
        keys = f"(SELECT {key}({quoted(column)})::bigint AS key FROM {table.name}) AS k"  # noqa: S608 - quoted
        query(f"SELECT setval({text}::regclass, {ahead}) FROM {keys}, {sequence} AS s WHERE {beyond}")  # noqa: S608 - quoted
        yield Counter(name, column, int(query(f"SELECT {_next(step)} FROM {sequence} AS s")[0][0]))  # noqa: S608 - quoted


def _next(step: int) -> str:
    return f"CASE WHEN s.is_called THEN s.last_value::numeric + ({step}) ELSE s.last_value END"


_SEQUENCES = """
SELECT a.attname, format('%I.%I', n.nspname, c.relname), s.seqincrement,
    CASE WHEN s.seqincrement > 0 THEN s.seqmax ELSE s.seqmin END
FROM (
    SELECT d.refobjsubid AS attnum, d.objid AS sequence FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ? AND d.deptype = 'i'
      AND d.refobjsubid > 0
    UNION
    SELECT v.adnum, d.refobjid FROM pg_attrdef v
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = v.oid AND d.refclassid = 'pg_class'::regclass
    WHERE v.adrelid = ?
) AS used(attnum, sequence)
JOIN pg_class c ON c.oid = used.sequence AND c.relkind = 'S'
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN pg_attribute a ON a.attrelid = ? AND a.attnum = used.attnum
JOIN pg_type t ON t.oid = a.atttypid AND t.typcategory = 'N'
ORDER BY a.attnum"""
