"""The plan of a schema whose form is right: row counts, order of tables, columns, keys."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from runner.draws import derive_key
from runner.layout import total_children
from runner.plan import ColumnPlan, Layout, Plan, Reference, TablePlan
from runner.schema import distinct, junctions
from runner.schema.checks import checked
from runner.schema.document import Node, short
from runner.schema.embedding import embedded
from runner.schema.feasibility import Feasible, feasible
from runner.schema.fields import MAX_ROWS
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.load_order import load_order
from runner.schema.model import HIDDEN_PREFIX, ColumnSpec, RefSpec, SchemaSpec, TableSpec
from runner.schema.resolve import Resolver
from runner.schema.resolved import Resolved


def assemble(schema: SchemaSpec, findings: Findings) -> tuple[Plan | None, tuple[Feasible, ...]]:
    """The plan, None when there is an error among the findings, and what its unique columns need and have."""
    order = load_order(schema, findings)
    rows = {name: _rows(schema, name, findings, ()) for name in schema.tables}
    resolver = Resolver(schema, rows, findings)
    embeds = embedded(schema, findings)
    made = [_table(schema, schema.tables[name], rows[name], resolver, findings) for name in order]
    tables = [replace(table, embed=embeds.get(table.name, "")) for table in made if table]
    if findings.failed:
        return None, ()
    plan = Plan(schema.seed, schema.as_of_text, schema.locale, tuple(tables))
    return plan, tuple(f for t in tables for f in feasible(schema.tables[t.name], t.rows, resolver))


def _rows(schema: SchemaSpec, name: str, findings: Findings, above: tuple[str, ...]) -> int:
    """The exact number of rows of a table; 1 stands for one that cannot be known."""
    table = schema.tables[name]
    if table.junction is not None:
        return _junction_rows(schema, table, findings, above)
    if table.per is None:
        return 1 if table.rows is None else table.rows
    if table.per.parent not in schema.tables:
        near = did_you_mean(table.per.parent, schema.tables)
        at = table.per.node.get("parent") or table.per.node
        findings.error(at, "TABLE_NOT_FOUND", f"there is no table {short(table.per.parent)!r}", near)
        return 1
    if name in above or len(above) > 100:
        return 1
    layout = _layout_of(table, schema.seed)
    parents = _rows(schema, table.per.parent, findings, (*above, name))
    assert layout is not None
    if parents > MAX_ROWS:  # said of the parent
        return 1
    total = total_children(layout, parents)
    if total > MAX_ROWS:
        message = f"{short(name)!r} would have {total:,} rows; at most {MAX_ROWS:,} are possible"
        findings.error(table.per.node, "ROWS_INVALID", message)
    return total


def _layout_of(table: TableSpec, seed: int) -> Layout | None:
    """The plan's layout of a table made by `per`."""
    if table.per is None:
        return None
    return Layout(derive_key(seed, table.name, "$layout", "per"), table.per.parent, table.per.counts, table.per.weights)


def _junction_rows(schema: SchemaSpec, table: TableSpec, findings: Findings, above: tuple[str, ...]) -> int:
    assert table.junction is not None
    if table.name in above or len(above) > 100 or not junctions.check_parents(schema, table, findings):
        return 1
    parents = [_rows(schema, parent, findings, (*above, table.name)) for parent in table.junction.parents]
    return junctions.count(schema, table, parents, findings)


def _table(schema: SchemaSpec, table: TableSpec, rows: int, resolver: Resolver, findings: Findings) -> TablePlan | None:
    columns = [c for c in (_column(table, spec, resolver, findings) for spec in table.columns.values()) if c]
    _check_keys(schema, table, resolver, findings)
    references = tuple(
        Reference(ref.columns, ref.parent, ref.targets, ref.suspended, ref.constraint)
        for ref in table.refs.values()
        if _is_foreign_key(schema, table, ref, findings)
    )
    singles = [(c.name,) for c in columns if c.unique and not c.hidden and (c.name,) != table.primary_key]
    several = [names for names, _ in table.unique if len(names) > 1]
    if table.junction_columns != table.primary_key and not any(c.startswith(HIDDEN_PREFIX) for c in table.junction_columns):
        several += [table.junction_columns] if table.junction_columns else []
    made, conditions = checked(table, columns, resolver)
    return TablePlan(
        table.name, rows, made, table.primary_key, tuple(dict.fromkeys([*singles, *several])),
        table.indexes, references, _layout_of(table, schema.seed), conditions, description=table.description,
        partial=tuple(dict.fromkeys(p.columns for p in table.partial)),
    )  # fmt: skip


def _column(table: TableSpec, spec: ColumnSpec, resolver: Resolver, findings: Findings) -> ColumnPlan | None:
    try:
        found = resolver.resolve(table.name, spec.name)
        nullable = _nullable(table, spec, found, findings)
    except Reported:
        return None
    return ColumnPlan(
        spec.name, found.type, found.op, nullable, spec.hidden, distinct.wanted(table, spec, True), found.generator,
        found.version, spec.description,
    )  # fmt: skip


def _nullable(table: TableSpec, spec: ColumnSpec, found: Resolved, findings: Findings) -> bool:
    """Whether the column may hold null; refuses nulls where the schema or a key forbids them."""
    may_be_null = found.facts.nullable
    if may_be_null and (spec.nullable is False or spec.name in table.primary_key):
        at = spec.node.key("nullable") if spec.nullable is False else spec.node.get("null_rate") or spec.source
        why = "is part of the primary key" if spec.nullable is not False else "says nullable: false"
        because = "has a null_rate" if spec.null_rate else "can come out null"
        if spec.ref and spec.ref.parent == table.name:
            because = "refers to an earlier row, and the first row has none"
        raise findings.fail(at, "NULLABLE_CONFLICT", f"{table.name}.{spec.name} {why}, but it {because}")
    return may_be_null or bool(spec.nullable)


def _check_keys(schema: SchemaSpec, table: TableSpec, resolver: Resolver, findings: Findings) -> None:
    joined = table.junction_columns
    if table.junction and len(joined) > 1 and (problem := resolver.combined(table).problems.get(joined)):
        findings.error(table.junction.node, *problem)
        return
    key_node = table.node.get("primary_key") or table.key
    lists = [(table.primary_key, key_node, "primary_key"), *((names, node, "unique") for names, node in table.unique)]
    for partial in table.partial:
        lists.append((partial.columns, partial.node, "unique_where"))
        with suppress(Reported):
            resolver.condition(table, partial.where)
    for names, node, what in lists:
        if _known_columns(table, names, node, what, findings) and len(names) > 1:
            _check_several(schema, table, names, node, resolver, findings)
    indexes = table.node.get("indexes")
    for index in table.indexes:
        _known_columns(table, index, indexes or table.key, "indexes", findings)


def _known_columns(table: TableSpec, names: tuple[str, ...], node: Node, what: str, findings: Findings) -> bool:
    written = table.node.get("columns")
    if not names and not node.items and what != "primary_key":
        findings.error(node, "KEY_INVALID", f"{what} holds a list that names no column")
        return False
    for name in names:
        if names.count(name) > 1:
            findings.error(_item(node, name), "KEY_INVALID", f"{what} names {short(name)!r} twice in one list")
            return False
        if name not in table.columns:
            if written is None or name not in written.names:
                message = f"{what} names {short(name)!r}, but {table.name!r} has no such column"
                findings.error(_item(node, name), "COLUMN_NOT_FOUND", message, did_you_mean(name, table.columns))
            return False
        if table.columns[name].hidden:
            findings.error(_item(node, name), "KEY_INVALID", f"{what} names {name!r}, which is hidden and never written")
            return False
    return True


def _item(node: Node, name: str) -> Node:
    """Where a name stands in a list, or in a list of lists."""
    for item in node.items:
        found = _item(item, name)
        if found.kind == "scalar" and found.text == name:
            return found
    return node


def _check_several(
    schema: SchemaSpec, table: TableSpec, names: tuple[str, ...], node: Node, resolver: Resolver, findings: Findings
) -> None:
    try:
        combined = resolver.combined(table)
        if names in combined.distinct or distinct.implied(names, table, schema.tables, resolver.is_unique):
            return
    except Reported:
        return
    findings.error(node, *combined.problems[names])


def _is_foreign_key(schema: SchemaSpec, table: TableSpec, ref: RefSpec, findings: Findings) -> bool:
    parent = schema.tables.get(ref.parent)
    if parent is None or ref.orphan or any(table.columns[c].hidden for c in ref.columns if c in table.columns):
        return False
    hidden = any(t.startswith(HIDDEN_PREFIX) for t in ref.targets)
    keys = [set(parent.primary_key), *(set(names) for names, _ in parent.unique)]
    keys += [{c.name} for c in parent.columns.values() if c.unique]
    if set(ref.targets) in keys and not hidden:
        return True
    if all(t in parent.columns for t in ref.targets):
        message = f"{parent.name}.{', '.join(ref.targets)} is no written key of {parent.name}, so no foreign key is written"
        findings.warning(ref.node.get("ref") or ref.node, "REF_NOT_KEY", message)
    return False
