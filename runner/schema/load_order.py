"""The order in which tables are loaded: parents first. Circles are broken at a reference that may be null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.schema.document import Node
from runner.schema.findings import Findings
from runner.schema.model import RefSpec, SchemaSpec, TableSpec


@dataclass(frozen=True, eq=False)
class Edge:
    """A table that refers to another one. `optional`: through a reference that may be null, or must not hold at all.

    `name` is the reference's own, "" for `per`.
    """

    child: str
    parent: str
    node: Node
    optional: bool = False
    name: str = ""


def _edges(table: TableSpec) -> list[Edge]:
    found = [Edge(table.name, table.per.parent, table.per.node)] if table.per else []
    return found + [
        Edge(table.name, ref.parent, ref.node.get("ref") or ref.node, _optional(table, ref), ref.name)
        for ref in table.refs.values()
        if ref.parent != table.name
    ]


def _optional(table: TableSpec, ref: RefSpec) -> bool:
    free = ref.orphan or ref.suspended or ref.null_rate > 0
    return free or any(bool(table.columns[c].nullable) for c in ref.columns if c in table.columns)


def load_order(schema: SchemaSpec, findings: Findings) -> list[str]:
    """Parents before children, otherwise as written; circles without an optional reference are reported.

    Where a circle is broken the child stands before its parent; its keys are known all the same, and foreign keys
    are declared when all tables are filled.
    """
    edges = {name: _edges(table) for name, table in schema.tables.items()}
    order: dict[str, None] = {}
    for start in schema.tables:
        while circle := _visit(start, edges, order):  # what is in order already has no part in the circle
            if findings.full:
                return list(schema.tables)
            broken = next((edge for edge in circle if edge.optional), None) or _reported(circle, findings)
            edges[broken.child].remove(broken)
    return list(order)


def _reported(circle: list[Edge], findings: Findings) -> Edge:
    """The last edge of a circle that nothing breaks, with what could."""
    path = " → ".join([circle[0].child, *(edge.parent for edge in circle)])
    named = next((edge for edge in circle if edge.name), None)
    hint = f"load: {{suspend: [{named.child}.{named.name}]}}" if named else ""
    findings.error(circle[-1].node, "CYCLE", f"tables cannot refer to each other in a circle: {path}", hint)
    return circle[-1]


def _visit(start: str, edges: Mapping[str, list[Edge]], order: dict[str, None]) -> list[Edge] | None:
    """Depth first with a stack of its own, so that long chains of tables are no trouble. The first circle, if there is one."""
    if start in order:
        return None
    open_, path, walked = [(start, iter(edges[start]))], [start], list[Edge]()
    while open_:
        name, left = open_[-1]
        edge = next(left, None)
        if edge is None:
            open_.pop()
            path.pop()
            del walked[-1:]
            order[name] = None
        elif edge.parent in path:
            return [*walked[path.index(edge.parent) :], edge]
        elif edge.parent in edges and edge.parent not in order:
            open_.append((edge.parent, iter(edges[edge.parent])))
            path.append(edge.parent)
            walked.append(edge)
    return None
