"""What a schema document says, for the checker: tables, columns, references. Knows the language page, not the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Link:
    """A reference: its name, the columns it writes, the table and the columns it points to, and its fields."""

    name: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]
    fields: Mapping[str, Any]
    own: bool = False

    @property
    def orphan(self) -> bool:
        """Whether it must lead nowhere."""
        return bool(self.fields.get("mode") == "orphan")


@dataclass(frozen=True)
class Table:
    """A table of the document; `columns` are those that generate, by name, shorthands written out."""

    name: str
    document: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def per(self) -> Mapping[str, Any]:
        """The `per` of the table, or nothing."""
        per: Mapping[str, Any] = self.document.get("per", {})
        return per

    @cached_property
    def links(self) -> dict[str, Link]:
        """The references by name."""
        found: dict[str, Link] = {}
        for name, column in self.columns.items():
            if "ref" in column:
                listed = column["ref"] if isinstance(column["ref"], list) else [column["ref"]]
                pairs = [target.rpartition(".") for target in listed]
                targets = tuple(target for _, _, target in pairs)
                several = tuple(f"{name}_{t}" for t in targets) if isinstance(column["ref"], list) else (name,)
                columns = tuple(column.get("as", several))
                parent = pairs[0][0]
                own = parent == self.per.get("parent") and "pick" not in column and not any(k.own for k in found.values())
                found[name] = Link(name, columns, parent, targets, column, own)
        return found

    @property
    def written(self) -> list[str]:
        """The columns of the files, in order."""
        return [c for n in self.columns if not n.startswith("__") for c in (self.links[n].columns if n in self.links else (n,))]

    @property
    def own(self) -> Link | None:
        """The reference to the row's own parent."""
        return next((link for link in self.links.values() if link.own), None)

    def siblings(self, a: str, b: str) -> str:
        """That two rows have the same parent, as the end of a condition; nothing for a table without `per`."""
        return "".join(f' AND {a}."{c}" = {b}."{c}"' for c in (self.own.columns if self.own else ()))

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key: as given, else `id`, else what a junction joins."""
        if "primary_key" in self.document:
            given = self.document["primary_key"]
            return tuple([given] if isinstance(given, str) else given)
        if "id" in self.columns:
            return ("id",)
        return tuple(c for link in self.joined for c in link.columns)

    @property
    def joined(self) -> list[Link]:
        """The references of a table of combinations to the tables that it combines."""
        left, found = list(self.links.values()), list[Link]()
        for parent in self.per.get("parents", ()):
            link = next(link for link in left if link.parent == parent and not link.orphan)
            found.append(link)
            left.remove(link)
        return found

    @property
    def uniques(self) -> list[tuple[str, ...]]:
        """Columns that are distinct, alone or together."""
        alone = [link.columns if (link := self.links.get(n)) else (n,) for n, c in self.columns.items() if c.get("unique")]
        together = [tuple([u] if isinstance(u, str) else u) for u in self.document.get("unique", ())]
        return [*alone, *together]

    @property
    def checks(self) -> list[str]:
        """The conditions."""
        given = self.document.get("check", [])
        return [given] if isinstance(given, str) else list(given)

    def link_of(self, name: str) -> Link:
        """What a name before a dot stands for: a reference, or `parent`."""
        if name in self.links:
            return self.links[name]
        if name == "parent" and (self.own or len(self.links) == 1):
            return self.own or next(iter(self.links.values()))
        raise KeyError(f"{self.name}: {name}")


@dataclass(frozen=True)
class Document:
    """A whole schema."""

    tables: Mapping[str, Table]

    def children(self, parent: str) -> list[Table]:
        """The tables made per row of a table."""
        return [t for t in self.tables.values() if t.per.get("parent") == parent]


def read(document: Mapping[str, Any]) -> Document:
    """The tables of a document, options filled in."""
    options = document.get("options", {})
    return Document(
        {name: Table(name, _filled(body, options), _columns(body, options)) for name, body in document["tables"].items()}
    )


def _filled(value: Any, options: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return options[value[2:-1]]
    if isinstance(value, Mapping):
        return {k: _filled(v, options) for k, v in value.items()}
    return [_filled(v, options) for v in value] if isinstance(value, list) else value


def _columns(body: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: column(_filled(value, options)) for name, value in body["columns"].items()}


def column(value: Any) -> Mapping[str, Any]:
    """A column with its shorthand written out."""
    if isinstance(value, str):
        return {"gen": value}
    return value if isinstance(value, Mapping) else {"value": value}
