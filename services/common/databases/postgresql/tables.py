"""Tables as the server's catalog has them: how they are found by name, and what their columns really are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.common.databases import DatabaseError

Query = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class PgType:
    """A type without its domains: `receive` is the function that reads its binary form. `item` is that of an array's items."""

    oid: int
    receive: str
    item: PgType | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `always` says that its identity is GENERATED ALWAYS; `required`, that no default or trigger fills it."""

    name: str
    declared: str
    required: bool
    always: bool
    type: PgType


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its oid, how SQL names it, how SQL reads its own rows (no inheritance children), its kind, its columns."""

    oid: int
    name: str
    source: str
    kind: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name, or the only one that differs in case."""
        alike = [c for c in self.columns if c.name.lower() == name.lower()]
        return next((c for c in alike if c.name == name), alike[0] if len(alike) == 1 else None)


def quoted(name: str) -> str:
    """An identifier that means itself, whatever it holds."""
    if "\0" in name:
        raise DatabaseError("IDENTIFIER_INVALID", "PostgreSQL takes no names with the character U+0000")
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Quoted names between commas."""
    return ", ".join(map(quoted, names))


def find(query: Query, name: str) -> Table | None:
    """The table of that name on the search path, else `schema.table`; None when there is no such table."""
    cuts = [at for at, letter in enumerate(name) if letter == "." and 0 < at < len(name) - 1]
    others = [f"{quoted(name[:at])}.{quoted(name[at + 1 :])}" for at in cuts]
    rows = query(_FIND, (quoted(name), others))
    if not rows:
        return None
    oid, schema, own, kind = rows[0]
    qualified = f"{quoted(schema)}.{quoted(own)}"
    columns = tuple(_column(*row) for row in query(_COLUMNS, (oid, oid)))
    return Table(oid, qualified, qualified if kind == "p" else f"ONLY {qualified}", kind, columns)


def known(query: Query, name: str) -> Table:
    """The same. Raises `DatabaseError` when there is no such table."""
    table = find(query, name)
    if table is None:
        raise DatabaseError("TARGET_MISMATCH", f"the table {name} is gone")
    return table


def matched(table: Table, name: str, names: Sequence[str]) -> list[Column]:
    """The columns of these names. Raises `DatabaseError` naming those that are gone."""
    found = [table.column(n) for n in names]
    lost = [n for n, column in zip(names, found, strict=True) if column is None]
    if lost:
        raise DatabaseError("TARGET_MISMATCH", f"the table {name} has no column {', '.join(lost)} any more")
    return [column for column in found if column]


def _column(name: str, declared: str, required: bool, always: bool, oid: int, receive: str, item: int, reads: str) -> Column:
    kind = PgType(oid, receive, PgType(item, reads) if receive == "array_recv" else None)
    return Column(name, declared, required, always, kind)


_FIND = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = coalesce(to_regclass(?::text), (
    SELECT to_regclass(o) FROM unnest(?::text[]) AS o WHERE to_regclass(o) IS NOT NULL LIMIT 1))
  AND c.relkind IN ('r', 'p', 'f')"""

_COLUMNS = """
WITH RECURSIVE base(attnum, oid, required, defaulted) AS (
    SELECT a.attnum, a.atttypid, a.attnotnull, a.atthasdef OR a.attidentity <> ''
    FROM pg_attribute a WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    UNION ALL
    SELECT b.attnum, t.typbasetype, b.required OR t.typnotnull, b.defaulted OR t.typdefault IS NOT NULL
    FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd'
), item(oid, base) AS (
    SELECT DISTINCT t.typelem, t.typelem FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typcategory = 'A'
    UNION ALL
    SELECT i.oid, t.typbasetype FROM item i JOIN pg_type t ON t.oid = i.base WHERE t.typtype = 'd'
)
SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.required AND NOT b.defaulted AND NOT EXISTS (
        SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid  -- BEFORE INSERT FOR EACH ROW, and speaks of the column
        WHERE g.tgrelid = a.attrelid AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype::int & 7 = 7
        AND strpos(lower(p.prosrc || ' ' || encode(g.tgargs, 'escape')), lower(a.attname)) > 0), a.attidentity = 'a',
    t.oid::bigint, r.proname, t.typelem::bigint,
    (SELECT p.proname FROM item i JOIN pg_type e ON e.oid = i.base JOIN pg_proc p ON p.oid = e.typreceive
     WHERE i.oid = t.typelem AND e.typtype <> 'd')
FROM base b JOIN pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
JOIN pg_attribute a ON a.attrelid = ? AND a.attnum = b.attnum
LEFT JOIN pg_proc r ON r.oid = t.typreceive
ORDER BY a.attnum"""
