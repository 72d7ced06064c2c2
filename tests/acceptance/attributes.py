"""Columns of random tables, one function a feature: each adds what it is named after to a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn


@dataclass
class Made:
    """A table of a schema in the making. `size` is about how many rows it has at most; `links` are references that hold."""

    name: str
    document: dict[str, Any]
    size: int
    key: tuple[str, ...] = ()
    parent: Made | None = None
    links: dict[str, Made] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Any]:
        """Its columns by name."""
        columns: dict[str, Any] = self.document.setdefault("columns", {})
        return columns


Add = Callable[[Draw, Made, list[Made]], None]


def _linked(draw: Draw, tables: list[Made]) -> tuple[Made, str]:
    """A table and the name of one of its references that are never null."""
    found = [(t, name) for t in tables for name in t.links if name not in ("turn", "back")]
    table, name = draw(st.sampled_from(found))
    return table, "parent" if table.parent and name == "of" and "per" in table.document else name


def nulls(draw: Draw, table: Made, tables: list[Made]) -> None:
    rate = draw(st.sampled_from([0.02, 0.25, 0.5, 0.95, 1]))
    table.columns["note"] = {"gen": "sentence", "null_rate": rate}
    table.columns["score"] = {"gen": "int", "min": 0, "max": 9, "null_rate": 0.4}


def unique(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["code"] = draw(st.sampled_from([
        {"gen": "pattern", "template": "??-####", "unique": True}, {"gen": "email", "unique": True},
        {"gen": "int", "min": 1, "max": 100_000, "unique": True},
        {"gen": "pattern", "template": "####", "unique": True, "null_rate": 0.3},
    ]))  # fmt: skip


def check(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["low"] = {"gen": "int", "min": 0, "max": 50}
    table.columns["high"] = {"gen": "int", "min": 0, "max": 60, **({"null_rate": 0.2} if draw(st.booleans()) else {})}
    rules = draw(st.sampled_from([["low <= high"], ["high - low >= 3", "low <> 7"], ["low < high or kind_of = 'x'"]]))
    table.columns["kind_of"] = {"gen": "choice", "values": ["x", "y", "z"]}
    table.document.setdefault("check", []).extend(rules)


def check_over_parent(draw: Draw, table: Made, tables: list[Made]) -> None:
    table, name = _linked(draw, tables)
    table.columns["limit"] = {"gen": "int", "min": -60, "max": 950}
    table.document.setdefault("check", []).append(f"limit >= {name}.n or {name}.n > 400")


def before(draw: Draw, table: Made, tables: list[Made]) -> None:
    table, name = _linked(draw, tables)
    table.columns["booked"] = {"gen": "date", "start": "2010-01-01", "before": f"{name}.day"}


def chain(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["opened_at"] = {"gen": "datetime", "start": "2020-02-28", "end": "2020-03-05"}
    table.columns["sent_at"] = {"gen": "datetime", "after": "opened_at", "end": "2021-01-01T00:00:00Z"}
    table.columns["due_at"] = {"gen": "datetime", "after": "sent_at", "end": "2022-01-01T12:00:00Z", "precision": "ms"}


def case(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["fare"] = {"case": [{"when": "n < 0", "then": 0}, {"when": {"kind": "a"}, "then": {"expr": "n * 2"}},
                                      {"when": "flag and n > 100", "then": 7}],
                             **({"else": {"gen": "int", "min": 2000, "max": 2009}} if draw(st.booleans()) else {})}  # fmt: skip


def when(draw: Draw, table: Made, tables: list[Made]) -> None:
    condition = draw(st.sampled_from([{"kind": "a"}, {"kind": ["a", "b"], "flag": True}, "n > 20"]))
    table.columns["extra"] = {"gen": "int", "min": 1, "max": 6, "when": condition}


def template(draw: Draw, table: Made, tables: list[Made]) -> None:
    text = draw(st.sampled_from(["{kind}-{n}", "{{{upper(kind)}}} {lpad(abs(n), 5, '0')}!", "{amount} on {day}"]))
    table.columns["label"] = {"template": text}


def expr(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["twice"] = {"expr": draw(st.sampled_from(EXPRESSIONS))}


EXPRESSIONS = (
    "n * 2 + 1", "amount * 3 - n", "if(flag, n, -n)", "day + days(abs(n) % 7)", "concat(kind, '/', n)",
    "year(day) * 100 + month(day)",
    "round(amount * 1.175, 1)", "coalesce(null, n)", "n in (1, 2, 3) or not flag", "days_between('2015-01-01', day)",
    "upper(substr(kind, 1, 1)) = 'A'", "length(concat(kind, kind)) + abs(n)",
)  # fmt: skip


def expr_over_parent(draw: Draw, table: Made, tables: list[Made]) -> None:
    table, name = _linked(draw, tables)
    table.columns["of_parent"] = {
        "expr": draw(st.sampled_from([f"{name}.n + n", f"concat({name}.kind, kind)", f"{name}.day + days(3)"]))
    }


def parents_parent(draw: Draw, table: Made, tables: list[Made]) -> None:
    deep = [t for t in tables if t.parent and t.parent.parent and "per" in t.document and "per" in t.parent.document]
    if deep:
        table = draw(st.sampled_from(deep))
        table.columns["far"] = {"expr": draw(st.sampled_from(["parent.parent.kind", "parent.parent.n - n", "of.parent.day"]))}


def hidden(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["__half"] = {"expr": "n * 5 - 3"}
    table.columns["seen"] = {"expr": "__half + 1"}
    table.columns["__secret"] = "word"


def nested_object(draw: Draw, table: Made, tables: list[Made]) -> None:
    inner = {"object": {"on": {"gen": "date", "start": "2020-01-01", "end": "2020-12-31"}}}
    level = {"gen": "int", "min": 1, "max": 4}
    table.columns["info"] = {"object": {"level": level, "of": {"expr": "n + 1"}, "tag": {"template": "<{kind}>"}, "inner": inner}}


def array(draw: Draw, table: Made, tables: list[Made]) -> None:
    least = draw(st.integers(0, 2))
    table.columns["marks"] = {"array": {"of": {"gen": "int", "min": 1, "max": 6}, "min": least, "max": least + 3}}
    table.columns["tags"] = {"array": {"of": {"object": {"k": {"expr": "kind"}}}, "min": 1, "max": 2}}


def typed(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["ratio"] = {"expr": "amount * 7", "type": "decimal(14,1)"}
    table.columns["short"] = {"expr": "concat(kind, '-', n, '-long')", "type": "string(4)"}
    table.columns["moment"] = {"expr": "day", "type": "datetime"}


def constants(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns.update({"seven": 7, "yes": True, "nothing": None, "word": {"value": "active"}, "half": 12.50})


def unique_where(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["seat"] = {"gen": "pattern", "template": "S-####", "unique_where": draw(st.sampled_from(["flag", "n > 0"]))}


def following(draw: Draw, table: Made, tables: list[Made]) -> None:
    """Columns that follow one another in the rows of one parent."""
    table = draw(st.sampled_from([t for t in tables if t.parent and "per" in t.document]))
    order = draw(st.sampled_from(["ascending", "strict"]))
    table.columns["since"] = {"gen": "datetime", "start": "2021-01-01", "end": "2021-12-31", "order": order}
    table.columns["so_far"] = {"running": "sum(n)"}
    table.columns["step"] = {"expr": "coalesce(previous.n, 0) + n"}
    moves = {"new": {"paid": 3, "lost": 1}, "paid": ["sent", "new"], "sent": "new", "lost": "new"}
    table.columns["state"] = {"gen": "status", "transitions": moves}


def typed_array(draw: Draw, table: Made, tables: list[Made]) -> None:
    items = {"of": {"gen": "int", "min": 1, "max": 6}, "min": 0, "max": 3}
    table.columns["list"] = {"array": items, "type": "array(int)"}


def skewed(draw: Draw, table: Made, tables: list[Made]) -> None:
    table.columns["income"] = {
        "gen": "decimal",
        "min": 3,
        "max": 200,
        "scale": 2,
        "dist": draw(st.sampled_from(["lognormal", "normal"])),
    }


ATTRIBUTES: Mapping[str, Add] = {
    "nulls": nulls, "unique": unique, "check": check, "check over parent": check_over_parent,
    "before": before, "date chain": chain,
    "case": case, "when": when, "template": template, "expr": expr, "expr over parent": expr_over_parent,
    "parent's parent": parents_parent, "hidden": hidden, "object": nested_object, "array": array, "typed": typed,
    "constants": constants,
    "unique where": unique_where, "following": following, "typed array": typed_array,
    "skewed": skewed, "after": lambda draw, table, tables: None,
}  # fmt: skip
