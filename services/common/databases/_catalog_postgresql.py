"""The catalog of a PostgreSQL database (12 and newer), from `pg_catalog`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from services.common.databases import Database
from services.common.databases._checks import check_columns, parse_check
from services.common.databases._complete import complete
from services.common.databases._ddl_objects import (
    one,
    read_bounds,
    read_index,
    read_partitioning,
    read_rule,
    read_trigger,
    understood,
)
from services.common.databases._sqltext import Cursor
from services.common.databases._types import postgresql_type, unquoted_name
from services.common.databases.catalog import (
    Catalog,
    CatalogColumn,
    CatalogTable,
    Check,
    ColumnType,
    Domain,
    EnumType,
    ForeignKey,
    Identity,
    Index,
    Partition,
    Rule,
    TableKind,
    Trigger,
    Unique,
    Warned,
    ours,
)

# Schemas that are read: those named, else all that people made. Tables of extensions are left out.
_SCHEMAS: Final = """
    SELECT oid, nspname, nspname = current_schema() FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' ORDER BY 2"""
_TABLES: Final = """
    SELECT c.oid, c.relnamespace, c.relname, c.relkind::text, c.relispartition, c.reltuples::bigint,
           obj_description(c.oid, 'pg_class'), pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)
    FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname"""
_COLUMNS: Final = """
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text, a.attgenerated::text,
           pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum), l.collname,
           NOT coalesce(l.collisdeterministic, true), t.typname = 'citext', t.typtype::text,
           pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
    WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""
_CONSTRAINTS: Final = """
    SELECT o.conrelid, o.conname, o.contype::text, o.condeferrable, o.condeferred, o.convalidated, o.confrelid,
           o.confdeltype::text, o.confupdtype::text, o.confmatchtype::text,
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(o.conkey) WITH ORDINALITY k(num, n)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.num),
           (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(o.confkey) WITH ORDINALITY k(num, n)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.num),
           pg_get_expr(o.conbin, o.conrelid), pg_get_constraintdef(o.oid), o.conindid
    FROM pg_catalog.pg_constraint o WHERE o.conrelid <> 0 ORDER BY o.conrelid, o.conname"""
_INDEXES: Final = """
    SELECT i.indrelid, i.indexrelid, pg_get_indexdef(i.indexrelid)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indisvalid AND NOT i.indisprimary ORDER BY i.indrelid, c.relname"""
_TRIGGERS: Final = """
    SELECT t.tgrelid, pg_get_triggerdef(t.oid), t.tgenabled::text, p.proname, p.prosrc, l.lanname
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname"""
_RULES: Final = """
    SELECT r.ev_class, pg_get_ruledef(r.oid) FROM pg_catalog.pg_rewrite r
    WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' ORDER BY r.ev_class, r.rulename"""
_PARENTS: Final = "SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits ORDER BY inhrelid, inhseqno"
_ENUMS: Final = """
    SELECT format_type(t.oid, NULL), e.enumlabel, obj_description(t.oid, 'pg_type')
    FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid ORDER BY t.typname, e.enumsortorder"""
_DOMAINS: Final = """
    SELECT t.oid, format_type(t.oid, NULL), format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
           obj_description(t.oid, 'pg_type')
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY t.oid"""
_DOMAIN_CHECKS: Final = """
    SELECT o.contypid, o.conname, pg_get_constraintdef(o.oid) FROM pg_catalog.pg_constraint o
    WHERE o.contypid <> 0 AND o.contype = 'c' ORDER BY o.contypid, o.conname"""
_ACTIONS: Final = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_IDENTITIES: Final[dict[str, Identity]] = {"a": "always", "d": "by default"}

_Rows = Mapping[int, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class _Facts:
    """All rows of the questions, by table."""

    columns: _Rows
    constraints: _Rows
    indexes: _Rows
    triggers: _Rows
    rules: _Rows
    parents: Mapping[int, list[int]]
    names: Mapping[int, str]
    partition_keys: Mapping[int, Partition]
    enums: Mapping[str, EnumType]
    domains: Mapping[str, Domain]
    values: Mapping[str, tuple[str, ...]]
    bases: Mapping[str, ColumnType]

    def type(self, native: str) -> ColumnType:
        """A type by its name."""
        return postgresql_type(native, self.values, self.bases)


def read(database: Database, schemas: Sequence[str] = ()) -> Catalog:
    """Read it. Raises `DatabaseError`."""
    spaces = {oid: ("" if current else name) for oid, name, current in database.query(_SCHEMAS) if not schemas or name in schemas}
    tables = [row for row in database.query(_TABLES) if row[1] in spaces and not ours(row[2])]
    facts = _facts(database, tables, spaces)
    warnings: list[Warned] = []
    found = [_table(row, spaces[row[1]], facts, warnings) for row in tables]
    found.sort(key=lambda table: table.key)
    version = database.query("SHOW server_version")[0][0].split()[0]
    used = {column.type.named for table in found for column in table.columns}
    enums = tuple(enum for enum in facts.enums.values() if enum.name in used or not schemas)
    server = f"PostgreSQL {version}"
    return complete(Catalog("postgresql", server, tuple(found), enums, tuple(facts.domains.values()), tuple(warnings)))


def _facts(database: Database, tables: Sequence[Sequence[Any]], spaces: Mapping[int, str]) -> _Facts:
    names = {row[0]: (f"{spaces[row[1]]}.{row[2]}" if spaces[row[1]] else row[2]) for row in tables}
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in database.query(_PARENTS):
        parents[child].append(parent)
    keys = {row[0]: read_partitioning(_cursor(row[7])) for row in tables if row[7]}
    enums = _enums(database.query(_ENUMS))
    domains = _domains(database, enums)
    return _Facts(
        _grouped(database.query(_COLUMNS)),
        _grouped(database.query(_CONSTRAINTS)),
        _grouped(database.query(_INDEXES)),
        _grouped(database.query(_TRIGGERS)),
        _grouped(database.query(_RULES)),
        parents,
        names,
        keys,
        enums,
        domains,
        {name: enum.values for name, enum in enums.items()},
        {name: domain.type for name, domain in domains.items()},
    )


def _cursor(sql: str) -> Cursor:
    statement = one(sql, "postgresql")
    return Cursor(statement.tokens, statement.source)


def _grouped(rows: Sequence[tuple[Any, ...]]) -> _Rows:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _enums(rows: Sequence[tuple[Any, ...]]) -> dict[str, EnumType]:
    found: dict[str, EnumType] = {}
    for name, label, comment in rows:
        known = found.get(unquoted_name(name), EnumType(unquoted_name(name), (), comment or ""))
        found[known.name] = replace(known, values=(*known.values, label))
    return found


def _domains(database: Database, enums: Mapping[str, EnumType]) -> dict[str, Domain]:
    checks = _grouped(database.query(_DOMAIN_CHECKS))
    values = {name: enum.values for name, enum in enums.items()}
    found: dict[str, Domain] = {}
    for oid, name, base, required, default, comment in database.query(_DOMAINS):
        plain = unquoted_name(name)
        read_checks = tuple(_domain_check(plain, *row) for row in checks.get(oid, []))
        inner = found.get(unquoted_name(base))
        kept = read_checks if inner is None else (*(replace(c, domain=plain) for c in inner.checks), *read_checks)
        type_ = postgresql_type(base, values, {d.name: d.type for d in found.values()})
        found[plain] = Domain(plain, type_, not required, default or "", kept, comment or "")
    return found


def _domain_check(domain: str, name: str, definition: str) -> Check:
    sql = _condition(definition)
    return Check(name, sql, ("VALUE",), parse_check(sql, "postgresql", ("VALUE",)), domain=domain)


def _condition(definition: str) -> str:
    """`CHECK ((a > 0)) NOT VALID` without its words."""
    cursor = _cursor(definition)
    cursor.accept("CHECK")
    return cursor.text(cursor.group())


def _table(row: Sequence[Any], schema: str, facts: _Facts, warnings: list[Warned]) -> CatalogTable:
    oid, _, name, relkind, is_partition, rows, comment, _, bounds = row
    columns = tuple(_column(fact, facts) for fact in facts.columns.get(oid, []))
    table = CatalogTable(name, schema, _kind(relkind, is_partition, facts.parents.get(oid)), columns, comment=comment or "")
    partition = facts.partition_keys.get(oid)
    parents = facts.parents.get(oid, [])
    if bounds:
        by = facts.partition_keys[parents[0]].by if parents and parents[0] in facts.partition_keys else ()
        found = read_bounds(_cursor(bounds), name, by)
        partition = (
            replace(found, method=partition.method, by=partition.by, expression=partition.expression) if partition else found
        )
    table = replace(
        table,
        rows=rows if rows >= 0 else None,
        inherits_from=tuple(facts.names[p] for p in parents if p in facts.names),
        partition=partition,
        triggers=tuple(_trigger(fact, warnings) for fact in facts.triggers.get(oid, [])),
        rules=tuple(_rule(fact[0]) for fact in facts.rules.get(oid, [])),
    )
    return _with_indexes(_with_constraints(table, facts.constraints.get(oid, []), facts), facts, oid)


def _kind(relkind: str, is_partition: bool, parents: Sequence[int] | None) -> TableKind:
    if is_partition:
        return "partition"
    if relkind == "p":
        return "partitioned"
    return "child" if parents else "table"


def _column(fact: Sequence[Any], facts: _Facts) -> CatalogColumn:
    name, native, required, identity, generated, default, comment, collation, folded, citext, typtype, sequence = fact
    type_ = facts.type(native)
    if typtype == "c":
        type_ = replace(type_, kind="composite", named=native)
    sql = default or ""
    kept = "" if generated or sql.upper().startswith("NULL") else sql
    return CatalogColumn(
        name,
        type_,
        not required,
        kept,
        sql if generated else "",
        generated == "s",
        _IDENTITIES.get(identity, ""),
        bool(identity) or "nextval(" in kept,
        sequence or "",
        collation or "",
        bool(folded or citext),
        comment or "",
    )


def _with_constraints(table: CatalogTable, rows: Sequence[Sequence[Any]], facts: _Facts) -> CatalogTable:
    primary: tuple[str, ...] = ()
    keys, checks, exclusions = [], [], []
    names = tuple(column.name for column in table.columns)
    for row in rows:
        name, kind, columns, expression, definition = row[0], row[1], tuple(row[9] or ()), row[11], row[12]
        if kind == "p":
            primary = columns
        elif kind == "f":
            keys.append(_key(row, facts))
        elif kind == "c":
            sql = expression or _condition(definition)
            enforced = "NOT ENFORCED" not in definition
            checks.append(
                Check(name, sql, check_columns(sql, "postgresql", names), parse_check(sql, "postgresql", names), enforced)
            )
        elif kind == "x":
            exclusions.append(definition)
    return replace(table, primary_key=primary, foreign_keys=tuple(keys), checks=tuple(checks), exclusions=tuple(exclusions))


def _key(row: Sequence[Any], facts: _Facts) -> ForeignKey:
    name, _, deferrable, deferred, validated, parent, on_delete, on_update, match, columns, parents, _, definition, _ = row
    return ForeignKey(
        name,
        tuple(columns),
        facts.names.get(parent, ""),
        tuple(parents),
        _ACTIONS[on_delete],
        _ACTIONS[on_update],
        deferrable,
        deferred,
        "NOT ENFORCED" not in definition,
        validated,
        match == "f",
    )


def _with_indexes(table: CatalogTable, facts: _Facts, oid: int) -> CatalogTable:
    """Unique constraints are unique indexes of the same name; exclusion constraints have indexes too, which say no more."""
    constraints = {row[13]: row[1] for row in facts.constraints.get(oid, [])}
    uniques: list[Unique] = []
    indexes: list[Index] = []
    for index_oid, definition in facts.indexes.get(oid, []):
        cursor = _cursor(definition)
        cursor.accept("CREATE")
        _, index = read_index(cursor, "postgresql")
        if isinstance(index, Unique):
            uniques.append(replace(index, constraint=constraints.get(index_oid) == "u"))
        elif constraints.get(index_oid) != "x":
            indexes.append(index)
    return replace(table, uniques=tuple(uniques), indexes=tuple(indexes))


def _trigger(fact: Sequence[Any], warnings: list[Warned]) -> Trigger:
    definition, enabled, function, source, language = fact
    cursor = _cursor(definition)
    cursor.until("TRIGGER")
    cursor.accept("TRIGGER")
    written = read_trigger(cursor, "postgresql")
    bodies = {function: source} if language in ("plpgsql", "sql") else {}
    trigger = replace(understood(written, "postgresql", bodies), enabled=enabled != "D", function=function)
    if not trigger.understood:
        warnings.append(
            Warned(f"what the trigger {trigger.name} of {written.table} does is not known: its function is {function}")
        )
    return trigger


def _rule(definition: str) -> Rule:
    cursor = _cursor(definition)
    cursor.until("RULE")
    cursor.accept("RULE")
    return read_rule(cursor)[1]
