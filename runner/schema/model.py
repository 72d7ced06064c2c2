"""A schema after its form is checked: names, fields and places, nothing resolved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

from runner.schema.document import Node
from runner.types import Type

HIDDEN_PREFIX = "__"
DEFAULT_AS_OF = "2025-01-01T00:00:00Z"
DEFAULT_LOCALE = "en_US"


Kind = Literal["gen", "value", "expr", "ref", "rollup", "running", "template", "case", "object", "array"]
"""What a column is made of."""


@dataclass(frozen=True)
class RefSpec:
    """One draw of a parent row: the columns of `parent` it copies, and how the row is picked.

    `name` is what the rest of the table calls it (`staff_id.hired_at`). `roots` rows at the beginning have
    no earlier one. A `suspended` one, called `constraint` in the database, is not checked while rows are loaded.
    """

    name: str
    parent: str
    targets: tuple[str, ...]
    columns: tuple[str, ...]
    node: Node
    pick: str | None = None  # uniform, zipf, earlier, sibling, sequential; None: not said
    zipf: str = "1"
    orphan: bool = False
    unique: bool = False
    null_rate: int = 0
    roots: int | None = None
    suspended: bool = False
    constraint: str = ""

    @property
    def place(self) -> Node:
        """Where a mistake of it is shown."""
        return self.node.get("ref") or self.node


@dataclass(frozen=True)
class ColumnSpec:
    """A column. `source` is the node of its generator name, constant, expression, reference, roll-up, …

    `cases` are what a column is made of under conditions, `otherwise` when none holds (None: null);
    `members` are the parts of an object by name, or the items of an array, of which there are `least` at least.
    """

    name: str
    node: Node
    key: Node
    kind: Kind
    source: Node
    locale: str
    params: Mapping[str, Node] = field(default_factory=dict)
    ref: RefSpec | None = None
    target: str = ""
    type: Type | None = None
    type_node: Node | None = None
    unique: bool = False
    nullable: bool | None = None
    null_rate: int = 0  # per billion
    group: str = ""
    cases: tuple[tuple[Node, ColumnSpec], ...] = ()
    otherwise: ColumnSpec | None = None
    members: tuple[tuple[str, ColumnSpec], ...] = ()
    least: int = 0
    description: str = ""

    @property
    def hidden(self) -> bool:
        """Whether it is computed but never written."""
        return self.name.startswith(HIDDEN_PREFIX)


@dataclass(frozen=True)
class PerSpec:
    """Children per parent row: count i with weight `weights[i]` is `counts[i]`."""

    parent: str
    node: Node
    counts: tuple[int, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class Partial:
    """Columns that are distinct among the rows of a condition; `node` is where they are named."""

    columns: tuple[str, ...]
    where: Node
    node: Node


@dataclass(frozen=True)
class JunctionSpec:
    """Pairs (or more) of rows of several parents: so many, or a share of all there are."""

    parents: tuple[str, ...]
    node: Node
    density: Fraction | None = None


@dataclass(frozen=True)
class EmbedSpec:
    """Rows that stand within those of the table `into`, as its member `name`, in the formats of documents."""

    node: Node
    into: str
    name: str


@dataclass(frozen=True)
class TableSpec:
    """A table with `rows`, `per`, or a junction (whose `rows` may be given)."""

    name: str
    node: Node
    key: Node
    columns: Mapping[str, ColumnSpec]
    rows: int | None = None
    per: PerSpec | None = None
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[tuple[str, ...], Node], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    junction: JunctionSpec | None = None
    check: tuple[Node, ...] = ()
    partial: tuple[Partial, ...] = ()
    embed: EmbedSpec | None = None
    description: str = ""

    @property
    def misread(self) -> bool:
        """Whether its `per` could not be read: that was told, and nothing is said of what does not follow from it."""
        return self.per is None and self.junction is None and self.node.get("per") is not None

    @property
    def distinct(self) -> tuple[tuple[str, ...], ...]:
        """The lists of columns that are made distinct, those of conditions too."""
        return (*(names for names, _ in self.unique), *(partial.columns for partial in self.partial))

    @cached_property
    def refs(self) -> Mapping[str, RefSpec]:
        """The draws of parent rows by name, in the order of the text."""
        return {c.ref.name: c.ref for c in self.columns.values() if c.ref}

    @cached_property
    def joined(self) -> tuple[RefSpec | None, ...]:
        """The references of a junction to its parents, in their order; None where there is none."""
        left, found = list(self.refs.values()), list[RefSpec | None]()
        for parent in self.junction.parents if self.junction else ():
            ref = next((r for r in left if r.parent == parent and not r.orphan), None)
            found.append(ref)
            left = [r for r in left if r is not ref]
        return tuple(found)

    @cached_property
    def junction_columns(self) -> tuple[str, ...]:
        """The columns in which a row of a junction differs from all others."""
        if len(self.joined) < 2 or None in self.joined:
            return ()
        return tuple(c for ref in self.joined if ref for c in ref.columns)


@dataclass(frozen=True)
class SchemaSpec:
    """The whole schema. `as_of` is seconds since 1970-01-01T00:00:00Z; `today` is an ISO date or ""."""

    seed: int
    as_of: int
    as_of_text: str
    locale: str
    today: str
    tables: Mapping[str, TableSpec]
