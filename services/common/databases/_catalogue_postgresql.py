"""What a PostgreSQL database holds, object by object, as text that is equal for equal objects.

Objects of the system, of extensions (which are named with their version) and of other sessions are left out.
"""

# ruff: noqa: S608 - constants only
from __future__ import annotations

from typing import Final

_SYSTEM: Final = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _own(catalog: str, oid: str) -> str:
    """A condition: the object belongs to no extension."""
    return f"NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid} AND x.deptype = 'e')"


_CLASS: Final = f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_SYSTEM} AND {_own('pg_class', 'c.oid')}"

TABLES: Final = f"SELECT n.nspname, c.relname {_CLASS} AND c.relkind = 'r' AND c.relpersistence <> 't' ORDER BY 1, 2"
"""Schema and name of the tables that hold rows themselves: partitions, not the partitioned."""

COUNTERS: Final = (
    "SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value + increment_by, start_value) FROM pg_sequences"
)
"""Sequences and the value each gives next."""

_COLUMNS: Final = f"""
SELECT format('table %s.%s', n.nspname, c.relname), concat_ws(E'\\n',
  format('%s %s %s', c.relkind, c.relpersistence, c.relrowsecurity),
  pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
  (SELECT string_agg(p.inhparent::regclass::text, ', ' ORDER BY p.inhseqno) FROM pg_inherits p WHERE p.inhrelid = c.oid),
  (SELECT string_agg(format('%s %s null=%s default=%s %s%s %s', a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, col_description(c.oid, a.attnum)), E'\\n' ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  obj_description(c.oid, 'pg_class'))
{_CLASS} AND c.relkind IN ('r', 'p', 'f')"""

_CONSTRAINTS: Final = f"""
SELECT format('constraint %s.%s.%s', n.nspname, coalesce(c.relname, t.typname), k.conname),
  format('%s valid=%s', pg_get_constraintdef(k.oid), k.convalidated)
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
WHERE {_SYSTEM} AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND {_own("pg_class", "k.conrelid")}"""

_INDEXES: Final = f"""
SELECT format('index %s.%s', n.nspname, c.relname), pg_get_indexdef(c.oid) {_CLASS} AND c.relkind IN ('i', 'I')
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND NOT {_own("pg_class", "i.indrelid")})"""

_VIEWS: Final = f"""
SELECT format('view %s.%s', n.nspname, c.relname), c.relkind::text || pg_get_viewdef(c.oid)
{_CLASS} AND c.relkind IN ('v', 'm')"""

_SEQUENCES: Final = """
SELECT format('sequence %s.%s', schemaname, sequencename),
  format('%s %s %s %s %s %s', data_type, start_value, min_value, max_value, increment_by, cycle) FROM pg_sequences"""

_FUNCTIONS: Final = f"""
SELECT format('function %s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
  CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_SYSTEM} AND {_own("pg_proc", "p.oid")}"""

_TRIGGERS: Final = f"""
SELECT format('trigger %s.%s.%s', n.nspname, c.relname, t.tgname), format('%s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_SYSTEM} AND NOT t.tgisinternal AND {_own("pg_class", "c.oid")}"""

_RULES: Final = f"""
SELECT format('rule %s.%s.%s', n.nspname, c.relname, r.rulename), pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_SYSTEM} AND r.rulename <> '_RETURN' AND {_own("pg_class", "c.oid")}"""

_TYPES: Final = f"""
SELECT format('type %s.%s', n.nspname, t.typname), concat_ws(' ', t.typtype,
  (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
  CASE WHEN t.typtype = 'd'
    THEN format('%s %s null=%s', format_type(t.typbasetype, t.typtypmod), t.typdefault, NOT t.typnotnull) END)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_SYSTEM} AND {_own("pg_type", "t.oid")} AND t.typtype IN ('d', 'e', 'r')"""

_POLICIES: Final = """
SELECT format('policy %s.%s.%s', schemaname, tablename, policyname), format('%s %s %s %s', permissive, cmd, qual, with_check)
FROM pg_policies"""

_EXTENSIONS: Final = "SELECT 'extension ' || extname, extversion FROM pg_extension WHERE extname <> 'plpgsql'"
_SCHEMAS: Final = f"SELECT 'schema ' || n.nspname, '' FROM pg_namespace n WHERE {_SYSTEM} AND n.nspname <> 'public'"

OBJECTS: Final = (
    _SCHEMAS, _EXTENSIONS, _TYPES, _SEQUENCES, _COLUMNS, _CONSTRAINTS, _INDEXES, _VIEWS, _FUNCTIONS, _TRIGGERS, _RULES, _POLICIES,
)  # fmt: skip
"""Queries for the name and the text of each object."""
