"""Which features of the language a schema uses, seen in its document alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.acceptance.reading import Document, Link, Table, read

Column = Mapping[str, Any]


def _count(kind: str) -> Callable[[Table], bool]:
    def test(table: Table) -> bool:
        count = table.per.get("count")
        if not isinstance(count, Mapping):
            return kind == "fixed" and count is not None
        listed = all(str(k).isdecimal() for k in count)
        return kind == ("listed" if listed else count.get("dist", "uniform"))

    return test


def _rollup(function: str) -> Callable[[Column], bool]:
    return lambda column: str(column.get("rollup", "")).startswith(f"{function}(")


TABLES: Final[Mapping[str, Callable[[Table], bool]]] = {
    **{f"per {kind}": _count(kind) for kind in ("fixed", "uniform", "listed", "poisson", "geometric", "zipf")},
    "several parents": lambda t: len([k for k in t.links.values() if not k.orphan and "null_rate" not in k.fields]) > 1,
    "junction by density": lambda t: "density" in t.per,
    "junction by rows": lambda t: "parents" in t.per and "rows" in t.per,
    "composite key": lambda t: len(t.key) > 1 and "parents" not in t.per,
    "unique together": lambda t: any(len(u) > 1 for u in t.uniques),
    "check": lambda t: bool(t.checks),
    "check over a parent": lambda t: any("." in rule for rule in t.checks),
    "options": lambda t: False,
}  # fmt: skip
LINKS: Final[Mapping[str, Callable[[Table, Link], bool]]] = {
    "composite reference": lambda t, k: len(k.columns) > 1,
    "earlier": lambda t, k: k.fields.get("pick") == "earlier",
    "optional reference": lambda t, k: k.fields.get("null_rate", 0) > 0,
    "zipf": lambda t, k: str(k.fields.get("pick")).startswith("zipf"),
    "sequential": lambda t, k: k.fields.get("pick") == "sequential",
    "sibling": lambda t, k: k.fields.get("pick") == "sibling",
    "orphan": lambda t, k: k.orphan,
}  # fmt: skip
COLUMNS: Final[Mapping[str, Callable[[Column], bool]]] = {
    **{function: _rollup(function) for function in ("sum", "count", "min", "max", "avg", "any", "first", "last")},
    "nulls": lambda c: "gen" in c and c.get("null_rate", 0) > 0,
    "unique": lambda c: c.get("unique") is True,
    "after": lambda c: "after" in c,
    "before": lambda c: "before" in c,
    "date over a parent": lambda c: "." in str(c.get("after", c.get("before", ""))),
    "date chain": lambda c: c.get("after") == "sent_at",
    "case": lambda c: "case" in c,
    "when": lambda c: "when" in c,
    "template": lambda c: "template" in c and "gen" not in c,
    "expr": lambda c: "expr" in c,
    "expr over a parent": lambda c: "." in str(c.get("expr", "")).replace("0.", "").replace("1.", ""),
    "parent's parent": lambda c: any(w in str(c.get("expr", "")) for w in ("parent.parent.", "of.parent.")),
    "object": lambda c: "object" in c,
    "array": lambda c: "array" in c,
    "typed": lambda c: "type" in c and "array" not in c,
    "typed array": lambda c: "type" in c and "array" in c,
    "unique where": lambda c: "unique_where" in c,
    "order": lambda c: "order" in c,
    "running": lambda c: "running" in c,
    "previous": lambda c: "previous." in str(c.get("expr", "")),
    "status": lambda c: c.get("gen") == "status",
}  # fmt: skip


def features(schema: Mapping[str, Any]) -> set[str]:
    """The names of the features that a schema uses."""
    document = read(schema)
    found = {name for name, test in TABLES.items() if any(map(test, document.tables.values()))}
    for table in document.tables.values():
        found |= {name for name, test in LINKS.items() if any(test(table, link) for link in table.links.values())}
        found |= {name for name, test in COLUMNS.items() if any(map(test, table.columns.values()))}
        found |= {"hidden"} if any(name.startswith("__") for name in table.columns) else set()
        found |= {"deep roll-up"} if any(_deep(table, c, document) for c in table.columns.values()) else set()
    return (
        found
        | ({"circle"} if _circle(document) else set())
        | ({"options"} if schema.get("options") else set())
        | ({"suspended"} if schema.get("load") else set())
    )


NAMES: Final = (*TABLES, *LINKS, *COLUMNS, "hidden", "deep roll-up", "circle", "suspended")
"""Every feature that is counted."""


def _deep(table: Table, column: Column, document: Document) -> bool:
    of = str(column.get("rollup", "")).partition("(")[2].rstrip(")")
    child = document.tables.get(of) or document.tables.get(of.rpartition(".")[0])
    return child is not None and child.per.get("parent") != table.name


def _circle(document: Document) -> bool:
    """Whether two tables refer to each other, directly."""
    edges = {
        (t.name, k.parent) for t in document.tables.values() for k in t.links.values() if not k.orphan and t.name != k.parent
    }
    return any((b, a) in edges for a, b in edges)
