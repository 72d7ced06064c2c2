"""The order in which tables are loaded: parents first. Circles are broken at a reference that may be null."""

from __future__ import annotations

from dataclasses import dataclass

from runner.schema.document import Node
from runner.schema.findings import Findings
from runner.schema.model import RefSpec, SchemaSpec, TableSpec


@dataclass(frozen=True)
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
    broken: set[Edge] = set()
    while True:
        order: dict[str, None] = {}
        circle = next((c for start in schema.tables if (c := _visit(start, schema, order, broken))), None)
        if circle is None:
            return list(order)
        weakest = next((edge for edge in circle if edge.optional), None)
        if weakest is None:
            path = " → ".join([circle[0].child, *(edge.parent for edge in circle)])
            named = next((edge for edge in circle if edge.name), None)
            hint = f"load: {{suspend: [{named.child}.{named.name}]}}" if named else ""
            findings.error(circle[-1].node, "CYCLE", f"tables cannot refer to each other in a circle: {path}", hint)
        broken.add(weakest or circle[-1])


def _visit(start: str, schema: SchemaSpec, order: dict[str, None], broken: set[Edge]) -> list[Edge] | None:
    """Depth first with a stack of its own, so that long chains of tables are no trouble. The first circle, if there is one."""
    open_: list[tuple[str, list[Edge]]] = [(start, _edges(schema.tables[start]))] if start not in order else []
    path, walked = [start], list[Edge]()
    while open_:
        name, left = open_[-1]
        if not left:
            open_.pop()
            path.pop()
            del walked[-1:]
            order[name] = None
            continue
        edge = left.pop(0)
        if edge in broken:
            continue
        if edge.parent in path:
            return [*walked[path.index(edge.parent) :], edge]
        if edge.parent in schema.tables and edge.parent not in order:
            open_.append((edge.parent, _edges(schema.tables[edge.parent])))
            path.append(edge.parent)
            walked.append(edge)
    return None
