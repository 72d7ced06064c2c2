"""`unique_where`: columns that are distinct among the rows of a condition; they are made distinct on every row."""

from __future__ import annotations

from collections.abc import Mapping

from runner.schema import fields
from runner.schema.document import Node
from runner.schema.findings import Findings
from runner.schema.model import ColumnSpec, Partial


def read_partial(node: Node | None, columns: Mapping[str, ColumnSpec], findings: Findings) -> tuple[Partial, ...]:
    """The conditional sets of a table and of its columns."""
    found = [p for item in _items(node) if (p := _set(item, findings))]
    for spec in columns.values():
        where = spec.node.get("unique_where") if spec.node.kind == "map" else None
        if where is not None and (condition := _condition(where, findings)):
            found.append(Partial((spec.name,), condition, where))
    return tuple(found)


def _items(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if node.kind == "list" else (node,)


def _set(node: Node, findings: Findings) -> Partial | None:
    if not fields.mapping(node, "unique_where", findings):
        return None
    fields.known_fields(node, ("columns", "where"), "unique_where", findings)
    for name in ("columns", "where"):
        if node.get(name) is None:
            findings.error(node, "MISSING_FIELD", f"unique_where needs {name}: {{columns: [email], where: active}}")
    columns, where = node.get("columns"), node.get("where")
    if columns is None or where is None:
        return None
    names = tuple(name for name, _ in fields.names(columns, "a column's name", findings))
    condition = _condition(where, findings)
    return Partial(names, condition, columns) if names and condition else None


def _condition(node: Node, findings: Findings) -> Node | None:
    if isinstance(node.value, str) and node.text.strip():
        return node
    findings.error(node, "TYPE_INVALID", f"unique_where asks for a condition such as 'active', not {node.described}")
    return None
