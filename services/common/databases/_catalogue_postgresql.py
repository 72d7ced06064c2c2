"""What a PostgreSQL database holds, object by object, as text that is equal for equal objects.

Objects of the system, of extensions (which are named; their version is the server's) and of other sessions are left
out. The texts name schemas when the search path is empty.
"""

# ruff: noqa: S608 - constants only
from __future__ import annotations

from typing import Final

SYSTEM: Final = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
"""A condition: the schema `n` is not the system's."""


def own(catalog: str, oid: str) -> str:
    """A condition: the object belongs to no extension."""
    return f"NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid} AND x.deptype = 'e')"


_CLASS: Final = f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {SYSTEM} AND {own('pg_class', 'c.oid')}"

TABLES: Final = f"SELECT n.nspname, c.relname {_CLASS} AND c.relkind = 'r' AND c.relpersistence <> 't' ORDER BY 1, 2"
"""Schema and name of the tables that hold rows themselves: partitions, not the partitioned."""

COUNTERS: Final = f"""
SELECT n.nspname, c.relname, s.seqincrement FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {SYSTEM} AND {own("pg_class", "c.oid")} AND c.relpersistence <> 't'"""
"""Schema, name and step of each sequence."""

ROLES: Final = """
SELECT rolname FROM pg_roles WHERE oid IN (
  SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass
    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION SELECT relowner FROM pg_class UNION SELECT proowner FROM pg_proc
  UNION SELECT nspowner FROM pg_namespace UNION SELECT typowner FROM pg_type) AND rolname !~ '^pg_' ORDER BY 1"""
"""Roles that own something here or were granted something."""

PLACES: Final = """
SELECT DISTINCT t.spcname FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE t.spcname !~ '^pg_' ORDER BY 1"""
"""Tablespaces, but for the usual one."""

NOT_COMPARED: Final = """
SELECT format('%s large objects', count(*)) FROM pg_largeobject_metadata HAVING count(*) > 0"""
"""What a dump holds beside all that is compared."""

_COLUMNS: Final = f"""
SELECT format('table %I.%I', n.nspname, c.relname), concat_ws(E'\\n',
  format('%s %s %s %s %s', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions),
  pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
  (SELECT string_agg(p.inhparent::regclass::text, ', ' ORDER BY p.inhseqno) FROM pg_inherits p WHERE p.inhrelid = c.oid),
  (SELECT string_agg(format('%s %s null=%s default=%s %s%s %s %s', a.attname, format_type(a.atttypid, a.atttypmod),
      NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, l.collname,
      col_description(c.oid, a.attnum)), E'\\n' ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  obj_description(c.oid, 'pg_class'))
{_CLASS} AND c.relkind IN ('r', 'p', 'f', 'c') AND c.relpersistence <> 't'"""

_CONSTRAINTS: Final = f"""
SELECT format('constraint %I.%I.%I', n.nspname, coalesce(c.relname, t.typname), k.conname),
  format('%s valid=%s', pg_get_constraintdef(k.oid), k.convalidated)
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
WHERE {SYSTEM} AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND {own("pg_class", "k.conrelid")} AND {own("pg_type", "k.contypid")}"""

_INDEXES: Final = f"""
SELECT format('index %I.%I', n.nspname, c.relname), pg_get_indexdef(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {SYSTEM} AND {own("pg_class", "t.oid")} AND (i.indisvalid OR t.relkind = 'p') AND i.indisready"""

_VIEWS: Final = f"""
SELECT format('view %I.%I', n.nspname, c.relname),
  format('%s %s %s %s', c.relkind, c.reloptions, c.relispopulated, pg_get_viewdef(c.oid))
{_CLASS} AND c.relkind IN ('v', 'm')"""

_SEQUENCES: Final = f"""
SELECT format('sequence %I.%I', n.nspname, c.relname), format('%s %s %s %s %s %s',
  format_type(s.seqtypid, NULL), s.seqstart, s.seqmin, s.seqmax, s.seqincrement, s.seqcycle)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {SYSTEM} AND {own("pg_class", "c.oid")} AND c.relpersistence <> 't'"""

_FUNCTIONS: Final = f"""
SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
  CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE (
    SELECT format('aggregate %s %s %s %s', g.aggtransfn, g.aggfinalfn, format_type(g.aggtranstype, NULL), g.agginitval)
    FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {SYSTEM} AND {own("pg_proc", "p.oid")}"""

_TRIGGERS: Final = f"""
SELECT format('trigger %I.%I.%I', n.nspname, c.relname, t.tgname), format('%s enabled=%s', pg_get_triggerdef(t.oid), t.tgenabled)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {SYSTEM} AND NOT t.tgisinternal AND {own("pg_class", "c.oid")}"""

_RULES: Final = f"""
SELECT format('rule %I.%I.%I', n.nspname, c.relname, r.rulename), format('%s enabled=%s', pg_get_ruledef(r.oid), r.ev_enabled)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {SYSTEM} AND r.rulename <> '_RETURN' AND {own("pg_class", "c.oid")}"""

_TYPES: Final = f"""
SELECT format('type %I.%I', n.nspname, t.typname), concat_ws(' ', t.typtype,
  (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
  (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid),
  CASE WHEN t.typtype = 'd'
    THEN format('%s %s null=%s', format_type(t.typbasetype, t.typtypmod), t.typdefault, NOT t.typnotnull) END)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {SYSTEM} AND {own("pg_type", "t.oid")} AND t.typtype IN ('d', 'e', 'r')"""

_POLICIES: Final = """
SELECT format('policy %I.%I.%I', schemaname, tablename, policyname),
  format('%s %s %s %s %s', permissive, roles, cmd, qual, with_check)
FROM pg_policies"""

_STATISTICS: Final = f"""
SELECT format('statistics %I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {SYSTEM} AND {own("pg_statistic_ext", "s.oid")}"""

_EVENT_TRIGGERS: Final = f"""
SELECT format('event trigger %I', evtname), format('%s %s %s enabled=%s', evtevent, evttags, evtfoid::regproc, evtenabled)
FROM pg_event_trigger e WHERE {own("pg_event_trigger", "e.oid")}"""

_EXTENSIONS: Final = "SELECT format('extension %I', extname), '' FROM pg_extension WHERE extname <> 'plpgsql'"
_SCHEMAS: Final = (
    f"SELECT format('schema %I', n.nspname), '' FROM pg_namespace n WHERE {SYSTEM} AND n.nspname <> 'public' "
    f"AND {own('pg_namespace', 'n.oid')}"
)
_LARGE: Final = "SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata HAVING count(*) > 0"


def _named(catalog: str) -> str:
    """Objects of which it is enough to say that they are there."""
    return f"""
SELECT o.type || ' ' || o.identity, '' FROM {catalog} c, LATERAL pg_identify_object('{catalog}'::regclass, c.oid, 0) o
WHERE c.oid >= 16384 AND {own(catalog, "c.oid")}"""


_NAMED: Final = tuple(
    _named(catalog)
    for catalog in (
        "pg_operator", "pg_opfamily", "pg_opclass", "pg_collation", "pg_conversion", "pg_cast", "pg_ts_config", "pg_ts_dict",
        "pg_ts_parser", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_language", "pg_publication",
    )
)  # fmt: skip

OBJECTS: Final = (
    _SCHEMAS, _EXTENSIONS, _TYPES, _SEQUENCES, _COLUMNS, _CONSTRAINTS, _INDEXES, _VIEWS, _FUNCTIONS, _TRIGGERS, _RULES, _POLICIES,
    _STATISTICS, _EVENT_TRIGGERS, _LARGE, *_NAMED,
)  # fmt: skip
"""Queries for the name and the text of each object."""
