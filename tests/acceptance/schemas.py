"""Random valid schemas as plain documents: 5 to 12 tables with relations, uniques, nulls, roll-ups, checks and documents.

`documents()` draws which features a schema has and then builds tables that have them. A document is what a user would
write; nothing here knows how the engine works, only which wishes can be fulfilled (a unique of fewer rows than values).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from hypothesis import strategies as st

from tests.acceptance.attributes import ATTRIBUTES, Draw, Made

COUNTS = ("per fixed", "per uniform", "per listed", "per poisson", "per geometric", "per zipf")
JOINED = ("junction by density", "junction by rows")
LINKS = (
    "composite reference",
    "earlier",
    "circle",
    "optional reference",
    "zipf",
    "sequential",
    "orphan",
    "several parents",
    "sibling",
)
ROLLUPS = ("sum", "count", "min", "max", "avg", "any", "first", "last", "roll-up of grandchildren", "roll-up read by a child")
OPTIONAL = (*COUNTS, *JOINED, *LINKS, *ROLLUPS, "composite key", "unique together", "options", *ATTRIBUTES)
NAMES = ("users", "shops", "orders", "lines", "visits", "staff", "parts", "events", "order", "Группы", "two words", "notes")
MOST_ROWS = 2_500


@dataclass
class Builder:
    """A schema in the making. `wanted` are the features it must have."""

    draw: Draw
    wanted: set[str]
    made: list[Made] = field(default_factory=list)
    options: dict[str, int] = field(default_factory=dict)
    suspended: list[str] = field(default_factory=list)

    def number(self, low: int, high: int) -> int:
        """A whole number in a range."""
        return self.draw(st.integers(low, high))

    def pick(self, items: list[Made]) -> Made:
        """One of some tables."""
        return self.draw(st.sampled_from(items))

    def name(self) -> str:
        """The next table's name."""
        return NAMES[len(self.made)]

    # -- tables -----------------------------------------------------------------------------------

    def root(self) -> Made:
        """A table with rows of its own."""
        rows = self.number(20, 90)
        table = Made(self.name(), {}, rows)
        table.document["rows"] = rows
        if "options" in self.wanted:
            self.options[f"n{len(self.options)}"] = rows
            table.document["rows"] = f"${{n{len(self.options) - 1}}}"
        self.own_key(table)
        return self.finish(table)

    def own_key(self, table: Made) -> None:
        """A key of one column: a sequence, a UUID or a text."""
        kinds = [
            {"gen": "sequence", "start": self.number(-5, 1000), "step": self.number(1, 7)}, "sequence", "uuid",
            {"gen": "pattern", "template": "K-####", "unique": True}, {"gen": "sequence", "prefix": "N", "width": 6},
        ]  # fmt: skip
        table.document.setdefault("columns", {})["id"] = self.draw(st.sampled_from(kinds))
        table.key = ("id",)

    def child(self, parent: Made, count: Any, most: float) -> Made:
        """A table made by `per`, with a key of its own or of its parent's and an ordinal."""
        table = Made(self.name(), {"per": {"parent": parent.name, "count": count}, "columns": {}}, int(parent.size * most) + 1)
        table.parent = parent
        if len(parent.key) == 1 and "composite key" in self.wanted and not any(len(t.key) > 1 for t in self.made):
            table.document["primary_key"] = ["of", "nr"]
            table.columns.update({"of": {"ref": f"{parent.name}.{parent.key[0]}"}, "nr": "ordinal"})
            table.key = ("of", "nr")
        else:
            self.own_key(table)
            table.columns["of"] = self.reference(parent)
            if self.draw(st.booleans()):
                table.columns["nr"] = "ordinal"
        table.links["of"] = parent
        return self.finish(table)

    def reference(self, parent: Made, **more: Any) -> dict[str, Any]:
        """A reference to a table's key, of one column or several."""
        targets = [f"{parent.name}.{column}" for column in parent.key]
        return {"ref": targets if len(targets) > 1 else targets[0], **more}

    def junction(self, by: str) -> Made:
        """Pairs (or triples) of rows of tables with small keys."""
        parents = [self.pick(self.small()), self.pick(self.small())]
        pairs = parents[0].size * parents[1].size
        table = Made(self.name(), {"per": {"parents": [p.name for p in parents]}, "columns": {}}, 0)
        if by == "junction by density":
            table.document["per"]["density"] = self.draw(st.sampled_from([0.01, 0.05, 0.1, 0.125]))
            table.size = int(pairs * table.document["per"]["density"]) + 1
        else:
            table.size = self.number(1, min(pairs, 400))
            table.document["per"]["rows"] = table.size
        for name, parent in zip(("left", "right"), parents, strict=True):
            table.columns[name] = self.reference(parent)
            table.links[name] = parent
        table.key = ("left", "right") if all(len(p.key) == 1 for p in parents) else ()
        return self.finish(table)

    def small(self) -> list[Made]:
        """Tables of known and moderate size."""
        return [t for t in self.made if "rows" in t.document]

    def finish(self, table: Made) -> Made:
        """Columns that every table has: a number, an amount, a kind, a day, a truth."""
        columns, low = table.columns, self.number(-50, 50)
        columns["n"] = {"gen": "int", "min": low, "max": low + self.number(5, 900)}
        columns["amount"] = {
            "gen": "decimal",
            "min": -5,
            "max": self.number(10, 900),
            "scale": self.draw(st.sampled_from([2, 2, 0, 4])),
        }
        columns["kind"] = {
            "gen": "choice",
            "values": self.draw(st.sampled_from([{"a": 8, "b": 1, "c": 0}, ["a", "b"], {"b": 0.5, "a": 2.5}])),
        }
        columns["flag"] = {"gen": "bool", "probability": self.draw(st.sampled_from([0.1, 0.5, 0.9]))}
        columns["day"] = self.day(table)
        self.made.append(table)
        return table

    def day(self, table: Made) -> dict[str, Any]:
        """A day, not before the parent's where there is one."""
        if table.parent and "after" in self.wanted:
            return {
                "gen": "date",
                "after": "parent.day" if table.document.get("per", {}).get("parent") else "of.day",
                "end": "2024-12-31",
            }
        return {"gen": "date", "start": "2015-01-01", "end": "2019-06-30"}

    # -- links between tables ----------------------------------------------------------------------

    def link(self, feature: str) -> None:
        """A reference of a kind, in a table that can have it."""
        later = self.made[1:]
        match feature:
            case "earlier":
                table = self.pick([t for t in self.made if t.key == ("id",)])
                table.columns["above"] = self.reference(table, pick="earlier", **self.rate())
            case "sibling":
                made = [t for t in self.made if t.key == ("id",) and t.parent and "per" in t.document]
                if made:
                    table = self.pick(made)
                    table.columns["beside"] = self.reference(table, pick="sibling", **self.rate())
            case "circle":
                a, b = self.made[0], self.made[1]
                held = self.draw(st.booleans())
                self.suspended += [f"{a.name}.turn"] if held else []
                a.columns["turn"] = self.reference(b, **({} if held else {"null_rate": self.draw(st.sampled_from([0.1, 0.5]))}))
                b.columns["back"] = self.reference(a)
                a.links["turn"] = b
                b.links["back"] = a
            case "optional reference":
                self.to_earlier(self.pick(later), "maybe", null_rate=self.draw(st.sampled_from([0.05, 0.4, 0.9])))
            case "zipf":
                self.to_earlier(self.pick(later), "liked", pick=self.draw(st.sampled_from(["zipf", "zipf(0.8)", "zipf(1.5)"])))
            case "sequential":
                self.to_earlier(self.pick(later), "turned", pick="sequential")
            case "orphan":
                self.pick(later).columns["lost"] = {"ref": f"{self.made[0].name}.{self.made[0].key[0]}", "mode": "orphan"}

    def rate(self) -> dict[str, float]:
        """A null rate, or none."""
        return {"null_rate": 0.3} if self.draw(st.booleans()) else {}

    def to_earlier(self, table: Made, name: str, **how: Any) -> None:
        """A reference to a table that stands above."""
        before = [t for t in self.made[: self.made.index(table)] if t.key]
        parent = self.pick(before)
        table.columns[name] = self.reference(parent, **how)
        if "null_rate" not in how:
            table.links[name] = parent

    def several(self) -> None:
        """A table with two parents of its own rows, distinct together where that is wanted."""
        table = Made(self.name(), {"rows": self.number(30, 200), "columns": {}}, 200)
        self.own_key(table)
        keyed = [t for t in self.made if t.key]
        table.links = {"of": self.pick(keyed), "to": self.pick(keyed)}
        for name, parent in table.links.items():
            table.columns[name] = self.reference(parent)
        if "composite reference" in self.wanted:
            parts = [t for t in self.made if len(t.key) > 1]
            if parts:
                table.columns["part"] = self.reference(parts[0], **self.rate())
        self.finish(table)

    def together(self) -> None:
        """A table whose rows are distinct in several columns together."""
        parent = self.pick([t for t in self.small() if t.size >= 20])
        table = Made(self.name(), {"rows": self.number(20, 60), "columns": {}}, 60)
        self.own_key(table)
        table.columns["of"] = self.reference(parent)
        table.links["of"] = parent
        table.columns["slot"] = {"gen": "int", "min": 1, "max": self.number(3, 40)}
        names = [f"of_{c}" for c in parent.key] if len(parent.key) > 1 else ["of"]
        table.document["unique"] = [[*names, "slot"]]
        self.finish(table)

    # -- roll-ups -----------------------------------------------------------------------------------

    def roll_up(self, feature: str) -> None:
        """A column of a parent over its children's rows."""
        parents = [t for t in self.made if any(c.parent is t and "per" in c.document for c in self.made)]
        if not parents:
            return
        parent = self.pick(parents)
        child = self.pick([c for c in self.made if c.parent is parent and "per" in c.document])
        if feature == "roll-up of grandchildren":
            deep = [(c.parent, g) for c in self.made for g in self.made if c.parent and g.parent is c and "per" in g.document]
            if deep:
                top, last = self.draw(st.sampled_from(deep))
                top.columns["deep"] = {"rollup": f"sum({last.name}.n)"}
        elif feature == "roll-up read by a child":
            parent.columns.setdefault("times", {"rollup": f"count({child.name})"})
            child.columns["share"] = {"expr": "parent.times * 10 + n"}
        else:
            column = {"sum": self.draw(st.sampled_from(["n", "amount"])), "count": "", "any": "flag"}.get(feature, "")
            column = column or {"min": "day", "max": "amount", "avg": "amount", "first": "kind", "last": "day"}.get(feature, "")
            parent.columns[f"r_{feature}"] = {"rollup": f"{feature}({child.name}{'.' if column else ''}{column})"}

    # -- all ----------------------------------------------------------------------------------------

    def count(self, feature: str) -> tuple[Any, float]:
        """A `count` of a kind and its mean, about."""
        low = self.number(0, 2)
        match feature:
            case "per fixed":
                return low + 1, low + 1
            case "per listed":
                return self.draw(st.sampled_from([({0: 50, 1: 30, 4: 20}, 1.1), ({1: 1, 2: 3}, 1.75), ({2: 5, 3: 0}, 2.0)]))
            case "per poisson":
                return {"dist": "poisson", "mean": self.draw(st.sampled_from([0.7, 2, 3.5])), "max": 9}, 3.5
            case "per zipf":
                return {"dist": "zipf", "s": self.draw(st.sampled_from([0.7, 1.5])), "min": low, "max": low + 6}, low + 3
            case "per geometric":
                return {"dist": "geometric", "mean": low + 1.5, "min": low}, low + 1.5
        return {"min": low, "max": low + self.number(1, 4)}, low + 2.0

    def build(self) -> dict[str, Any]:
        """The whole document."""
        for _ in range(self.number(2, 3)):
            self.root()
        chained = [c for c in COUNTS if c in self.wanted] or ["per uniform"]
        for feature in chained[:6]:
            count, mean = self.count(feature)
            deep = [t for t in self.made if t.parent] if {"parent's parent", "roll-up of grandchildren"} & self.wanted else []
            self.child(self.pick([t for t in deep or self.made if t.size * mean < MOST_ROWS / 3] or self.made[:2]), count, mean)
        for feature in JOINED:
            if feature in self.wanted and len(self.made) < len(NAMES) - 2:
                self.junction(feature)
        if "several parents" in self.wanted or "composite reference" in self.wanted:
            self.several()
        if "unique together" in self.wanted and len(self.made) < len(NAMES):
            self.together()
        for _ in range(max(self.number(5, len(NAMES)) - len(self.made), 0)):
            self.root()
        for feature in LINKS:
            if feature in self.wanted:
                self.link(feature)
        for feature in ROLLUPS:
            if feature in self.wanted:
                self.roll_up(feature)
        for feature, add in ATTRIBUTES.items():
            if feature in self.wanted:
                add(self.draw, self.pick(self.made), self.made)
        head: dict[str, Any] = {"mockcraft": 1, "seed": self.number(0, 2**31), "options": self.options}
        head |= {"load": {"suspend": self.suspended}} if self.suspended else {}
        return head | {"tables": {t.name: t.document for t in self.made}}


@st.composite
def documents(draw: Draw) -> dict[str, Any]:
    """A valid schema as a document; each optional feature is wished for in two of three, whatever Hypothesis prefers to draw."""
    digest = blake2b(draw(st.binary(min_size=8, max_size=8)), digest_size=len(OPTIONAL)).digest()
    return Builder(draw, {feature for feature, byte in zip(OPTIONAL, digest, strict=True) if byte % 3}).build()
