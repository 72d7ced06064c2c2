"""Foreign keys: how one is taken off for a load, and the rows whose reference finds nothing."""

from __future__ import annotations

from collections.abc import Sequence

from runner.plan import Reference
from services.common.databases import Broken, Suspension
from services.common.databases.postgresql.tables import Query, Table, quoted


def suspension(query: Query, name: str, table: Table, parent: Table, reference: Reference) -> Suspension | None:
    """The constraint of that name, else the one over these columns; None when there is none."""
    pairs = sorted(zip(reference.columns, reference.parent_columns, strict=True))
    for constraint, definition, comment, columns, parents in query(_KEYS, (table.oid, parent.oid)):
        if constraint == reference.constraint if reference.constraint else sorted(zip(columns, parents, strict=True)) == pairs:
            alter = f"ALTER TABLE {table.name}"
            added = f"{alter} ADD CONSTRAINT {quoted(constraint)} {definition};\n"
            if comment is not None:
                added += f"COMMENT ON CONSTRAINT {quoted(constraint)} ON {table.name} IS {literal(comment)};\n"
            return Suspension(name, constraint, f"{alter} DROP CONSTRAINT {quoted(constraint)};\n", added)
    return None


def literal(text: str) -> str:
    """A text in SQL, standard-conforming strings on."""
    return "'" + text.replace("'", "''") + "'"


def broken(query: Query, oids: Sequence[int] = ()) -> list[Broken]:
    """The references of the search path's tables and of these that do not hold, by table and parent. Looks at every row."""
    found: dict[tuple[str, str], int] = {}
    for child, parent, child_source, parent_source, columns, parents, match in query(_ALL, (list(oids),)):
        rows = query(_missing(child_source, parent_source, columns, parents, full=match == "f"))[0][0]
        if rows:
            found[child, parent] = found.get((child, parent), 0) + rows
    return [Broken(child, parent, rows) for (child, parent), rows in sorted(found.items())]


def _missing(child: str, parent: str, columns: list[str], parents: list[str], full: bool) -> str:
    """How many rows refer to nothing: a null in the reference makes it hold, but with MATCH FULL only when all are null."""
    on = " AND ".join(f"p.{quoted(b)} = c.{quoted(a)}" for a, b in zip(columns, parents, strict=True))
    nulls = [f"c.{quoted(a)} IS NULL" for a in columns]
    given = f"NOT ({(' AND ' if full else ' OR ').join(nulls)})"
    return f"SELECT count(*) FROM {child} AS c WHERE {given} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {on})"  # noqa: S608 - quoted


_NAMES = """ARRAY(SELECT a.attname::text FROM unnest(f.{keys}) WITH ORDINALITY AS k(n, i)
          JOIN pg_attribute a ON a.attrelid = f.{table} AND a.attnum = k.n ORDER BY k.i)"""
_COLUMNS = f"{_NAMES.format(keys='conkey', table='conrelid')}, {_NAMES.format(keys='confkey', table='confrelid')}"

_KEYS = f"""
SELECT f.conname, pg_get_constraintdef(f.oid), obj_description(f.oid, 'pg_constraint'), {_COLUMNS}
FROM pg_constraint f WHERE f.contype = 'f' AND f.conparentid = 0 AND f.conrelid = ? AND f.confrelid = ? ORDER BY f.conname"""  # noqa: S608

_SOURCE = "CASE {c}.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', {n}.nspname, {c}.relname)"
_SHOWN = "CASE WHEN pg_table_is_visible({c}.oid) THEN {c}.relname::text ELSE {n}.nspname || '.' || {c}.relname END"
_ALL = f"""
SELECT {_SHOWN.format(c="c", n="cn")}, {_SHOWN.format(c="p", n="pn")},
    {_SOURCE.format(c="c", n="cn")}, {_SOURCE.format(c="p", n="pn")}, {_COLUMNS}, f.confmatchtype::text
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0 AND (cn.nspname = ANY (current_schemas(false)) OR c.oid = ANY (?::oid[]))
ORDER BY f.oid"""  # noqa: S608
