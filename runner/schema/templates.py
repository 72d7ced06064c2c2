"""`templates` and `extends`: tables and columns that begin as another does, written out before they are looked at.

What a template says stands first, in the order of the list, and what the table or column says itself counts
against it. A table's columns are put together by name; its checks, uniques and indexes add up. The values
of a column depend on its table and name alone, so they are what they would be had it been written out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from runner.schema import fields
from runner.schema.columns import KINDS
from runner.schema.document import Node, short
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.reading import MAX_NODES

EXTENDS: Final = "extends"
ADDED_UP: Final = ("check", "unique", "indexes")
MAX_CHAIN: Final = 30
MAX_BASES: Final = 20
Entries = dict[str, tuple[Node, Node]]


def expanded(root: Node, findings: Findings) -> Node:
    """The document with every `extends` written out and no templates left."""
    if root.kind != "map":
        return root
    section, tables = root.get("templates"), root.get("tables")
    templates = _Templates(section, findings)
    entries: Entries = {key.text: (key, value) for key, value in root.entries if key.text != "templates"}
    if tables is not None and tables.kind == "map":
        written = tuple((key, templates.table(value)) for key, value in tables.entries)
        entries["tables"] = (entries["tables"][0], replace(tables, entries=written))
    return replace(root, entries=tuple(entries.values()))


class _Templates:
    """The templates of a document, each written out once."""

    def __init__(self, section: Node | None, findings: Findings) -> None:
        self._findings = findings
        self._known: dict[str, Node] = {}
        self._written: dict[str, Node | None] = {}
        self._stack: list[str] = []
        self._size = 0
        if section is not None and (section.kind == "map" or (section.kind == "scalar" and section.value is None)):
            self._known = {key.text: value for key, value in section.entries}
            self._check()
        elif section is not None:
            fields.mapping(section, "templates", findings)

    def _check(self) -> None:
        for name, node in self._known.items():
            if node.kind == "list" or (node.kind == "scalar" and not isinstance(node.value, str)):
                message = f"a template is a table or a column as a mapping, or a generator's name, not {node.described}"
                self._findings.error(node, "TEMPLATE_INVALID", message)
                self._written[name] = None

    def table(self, node: Node) -> Node:
        """A table, or a template of tables, written out."""
        if node.kind != "map":
            return node
        layers = [*(base for base in self._bases(node, of_tables=True) if base is not None), node]
        found: Entries = {}
        for layer in layers:
            found |= {key.text: (key, value) for key, value in layer.entries if key.text != EXTENDS}
        for name in ADDED_UP:
            given = [value for layer in layers if (value := layer.get(name)) is not None]
            if len(given) > 1:
                items = tuple(i for value in given for i in (value.items if value.kind == "list" else (value,)))
                found[name] = (found[name][0], replace(given[-1], kind="list", value=None, items=items))
        if "columns" in found:
            found["columns"] = (found["columns"][0], self._columns(layers, found["columns"][1]))
        return self._counted(replace(node, entries=tuple(found.values())))

    def _columns(self, layers: list[Node], last: Node) -> Node:
        if last.kind != "map":
            return last
        columns: Entries = {}
        for section in (layer.get("columns") for layer in layers):
            if section is not None:
                columns |= {key.text: (key, value) for key, value in section.entries}
        written = tuple((key, self.column(value)) for key, value in columns.values())
        return self._counted(replace(last, entries=written))

    def column(self, node: Node) -> Node:
        """A column, or a template of columns, written out, and so the columns within it.

        One that extends what is not there keeps saying so: nothing more is said about it.
        """
        if node.kind != "map":
            return node
        found: Entries = {}
        bases = self._bases(node, of_tables=False)
        for layer in (*(base for base in bases if base is not None), node):
            found |= {key.text: (key, value) for key, value in _fields(layer)}
        if all(base is not None and base.get(EXTENDS) is None for base in bases):
            found.pop(EXTENDS, None)
        return self._counted(self._within(replace(node, entries=tuple(found.values()))))

    def _within(self, node: Node) -> Node:
        """The column with those inside it written out: answers of cases, members of objects, items of arrays."""
        if node.get("gen") is not None and node.get("else") is None:
            return node
        changed = {"else": self.column, "case": self._cases, "object": self._members, "array": self._items}
        entries = ((key, changed[key.text](value) if key.text in changed else value) for key, value in node.entries)
        return replace(node, entries=tuple(entries))

    def _cases(self, node: Node) -> Node:
        return replace(node, items=tuple(self._at(item, "then") for item in node.items))

    def _members(self, node: Node) -> Node:
        return replace(node, entries=tuple((key, self.column(value)) for key, value in node.entries))

    def _items(self, node: Node) -> Node:
        return self._at(node, "of")

    def _at(self, node: Node, name: str) -> Node:
        entries = ((key, self.column(value) if key.text == name else value) for key, value in node.entries)
        return replace(node, entries=tuple(entries))

    def _bases(self, node: Node, of_tables: bool) -> list[Node | None]:
        """The templates a table or column extends, written out; None for one that cannot be used."""
        asked = node.get(EXTENDS)
        names = fields.names(asked, "a template's name", self._findings) if asked is not None else ()
        for _, at in names[MAX_BASES : MAX_BASES + 1]:
            self._findings.error(at, "TEMPLATE_INVALID", f"at most {MAX_BASES} templates can be extended at once")
        return [self._template(name, at, of_tables) for name, at in names[:MAX_BASES]]

    def _template(self, name: str, at: Node, of_tables: bool) -> Node | None:
        if name not in self._known:
            near = did_you_mean(name, self._known)
            self._findings.error(at, "TEMPLATE_NOT_FOUND", f"there is no template {short(name)!r}", near)
            return None
        node = self._known[name]
        if (node.get("columns") is not None) != of_tables and not (of_tables and _plain(node)):
            is_, not_ = ("a column", "a table") if of_tables else ("a table", "a column")
            self._findings.error(at, "TEMPLATE_INVALID", f"the template {short(name)!r} makes {is_}, not {not_}")
            return None
        if len(self._stack) >= MAX_CHAIN and name not in self._stack and name not in self._written:
            message = f"templates extend each other at most {MAX_CHAIN} deep"
            self._findings.error(at, "TOO_DEEP", message)
            return None
        if name in self._stack:
            path = " → ".join([*self._stack, name][-5:])
            self._findings.error(at, "CYCLE", f"templates cannot extend each other in a circle: {path}")
            return None
        if name not in self._written:
            self._stack.append(name)
            self._written[name] = self.table(node) if of_tables else self.column(node)
            self._stack.pop()
        return self._written[name]

    def _counted(self, node: Node) -> Node:
        self._size += len(node.entries)
        if self._size > MAX_NODES:
            message = f"with its templates written out the document has more than {MAX_NODES:,} nodes"
            self._findings.error(node, "YAML_TOO_LARGE", message)
            raise Reported
        return node


def _plain(node: Node) -> bool:
    """Whether a mapping without columns is no column either: checks, keys or a locale for tables."""
    return node.kind == "map" and not any(node.get(kind) is not None for kind in KINDS)


def _fields(node: Node) -> tuple[tuple[Node, Node], ...]:
    """The fields of a column; a bare word is its generator."""
    return node.entries if node.kind == "map" else ((replace(node, value="gen", text="gen", plain=True), node),)
