"""`load: {suspend: [staff.shop_id]}`: references that databases do not check while rows are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.schema import fields
from runner.schema.document import Node, short
from runner.schema.findings import Findings, did_you_mean
from runner.schema.model import RefSpec, TableSpec

FIELDS = ("suspend",)


def with_load(node: Node | None, tables: Mapping[str, TableSpec], findings: Findings) -> dict[str, TableSpec]:
    """The tables with what `load` says of their references."""
    found = dict(tables)
    if node is None or not fields.mapping(node, "load", findings):
        return found
    fields.known_fields(node, FIELDS, "load", findings)
    asked = node.get("suspend")
    for item in asked.items if asked and asked.kind == "list" else (asked,) if asked else ():
        _suspend(item, found, findings)
    return found


def _suspend(item: Node, tables: dict[str, TableSpec], findings: Findings) -> None:
    """`staff.shop_id`, or `{reference: staff.shop_id, constraint: fk_staff_shop}` where the database calls it so."""
    at, constraint = item, ""
    if item.kind == "map":
        fields.known_fields(item, ("reference", "constraint"), "a suspended reference", findings)
        named = item.get("constraint")
        constraint = fields.word(named, "a constraint's name", findings) or "" if named is not None else ""
        if named is not None and constraint and not fields.identifier(named, "constraint", findings):
            return
        at = item.get("reference") or item
    text = fields.word(at, "a reference such as staff.shop_id", findings)
    table, ref = _found(text, at, tables, findings) if text else (None, None)
    if table is None or ref is None:
        return
    if ref.orphan:
        findings.error(at, "LOAD_INVALID", f"{short(at.text)!r} makes broken references and is no constraint")
        return
    new = replace(ref, suspended=True, constraint=constraint)
    columns = {name: replace(c, ref=new) if c.ref is ref else c for name, c in table.columns.items()}
    tables[table.name] = replace(table, columns=columns)


def _found(
    text: str, at: Node, tables: Mapping[str, TableSpec], findings: Findings
) -> tuple[TableSpec, RefSpec] | tuple[None, None]:
    """The table and its reference of that name."""
    known = {f"{table.name}.{name}": (table, ref) for table in tables.values() for name, ref in table.refs.items()}
    known |= {f"{t.name}.{column}": (t, ref) for t, ref in known.values() for column in ref.columns}
    if text not in known:
        name, _, column = text.rpartition(".")
        message = f"there is no reference {short(text)!r}; write the table and its reference, such as staff.shop_id"
        if name in tables and column in tables[name].columns:
            message = f"{short(text)!r} is no reference to another table, so there is no constraint to suspend"
        findings.error(at, "LOAD_INVALID", message, did_you_mean(text, known))
        return None, None
    return known[text]
