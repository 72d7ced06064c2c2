"""`embed: {into: orders, as: items}`: rows that stand within their parent's in the formats of documents."""

from __future__ import annotations

from typing import Final

from runner.schema import fields
from runner.schema.document import Node, short
from runner.schema.findings import Findings, did_you_mean
from runner.schema.model import EmbedSpec, SchemaSpec, TableSpec

MAX_EMBEDDED: Final = 100_000
"""Rows that one document may hold, at all depths together."""


def read_embed(key: Node, node: Node | None, findings: Findings) -> EmbedSpec | None:
    """A table's `embed`; without `as` the member is named after the table."""
    if node is None or not fields.mapping(node, "embed", findings):
        return None
    fields.known_fields(node, ("into", "as"), "embed", findings)
    given, into = node.get("as"), node.get("into")
    name = fields.word(given, "the name of a member", findings) if given is not None else key.text
    parent = fields.word(into, "the parent table's name", findings) if into is not None else ""
    if into is None:
        findings.error(node, "MISSING_FIELD", "embed needs into: embed: {into: orders, as: items}")
    if not name or not parent or (given is not None and not fields.identifier(given, "column", findings)):
        return None
    return EmbedSpec(node, parent, name)


def embedded(schema: SchemaSpec, findings: Findings) -> dict[str, str]:
    """The member that holds the rows of each embedded table; what cannot be is reported."""
    found: dict[str, str] = {}
    taken: dict[tuple[str, str], str] = {}
    for table in schema.tables.values():
        if table.embed is None or not _fits(schema, table, table.embed, findings):
            continue
        place = (table.embed.into, table.embed.name)
        parent = schema.tables[table.embed.into]
        other = "a column" if table.embed.name in parent.columns else taken.get(place, "")
        if other:
            at = table.embed.node.get("as") or table.embed.node
            message = f"{parent.name} has {other} {short(table.embed.name)!r} already; give these rows another name"
            findings.error(at, "IDENTIFIER_DUPLICATE", message)
        taken[place] = "a member"
        found[table.name] = table.embed.name
    for table in schema.tables.values():
        _check_size(schema, table, found, findings)
    return found


def _fits(schema: SchemaSpec, table: TableSpec, embed: EmbedSpec, findings: Findings) -> bool:
    """Whether the rows are those of the parent, made by `per`."""
    at = embed.node.get("into") or embed.node
    if embed.into not in schema.tables:
        near = did_you_mean(embed.into, schema.tables)
        findings.error(at, "TABLE_NOT_FOUND", f"there is no table {short(embed.into)!r}", near)
        return False
    if table.misread:
        return False
    if table.per is None or table.per.parent != embed.into:
        message = f"rows are embedded in those they are made for, so {table.name!r} needs per: {{parent: {embed.into}, …}}"
        findings.error(at, "EMBED_INVALID", message, table.per.parent if table.per else "")
        return False
    return True


def _check_size(schema: SchemaSpec, table: TableSpec, found: dict[str, str], findings: Findings) -> None:
    if table.embed is None or table.name not in found:
        return
    most, at, steps = 1, table, 0
    while at.per is not None and at.name in found and steps <= len(schema.tables):
        most, at, steps = most * max(at.per.counts), schema.tables[at.per.parent], steps + 1
    if most > MAX_EMBEDDED:
        message = f"one row of {at.name} could hold {most:,} rows of {table.name}; at most {MAX_EMBEDDED:,} can be embedded"
        findings.error(table.embed.node, "EMBED_INVALID", message)
