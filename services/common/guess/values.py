"""From what is known of a column to the ways it could be made: constraints first, then its name, its comment, its type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from services.common.databases.catalog import CatalogColumn, ColumnType, Scalar
from services.common.guess.asked import Asked
from services.common.guess.drafts import Body, Guess
from services.common.guess.facts import Facts
from services.common.guess.moments import moments
from services.common.guess.numbers import numbers, truth_share
from services.common.guess.texts import texts

_SHAPES: Final = {
    "linestring": "LINESTRING(0 0,1 1)",
    "polygon": "POLYGON((0 0,0 1,1 1,0 0))",
    "multipoint": "MULTIPOINT((0 0),(1 1))",
    "multilinestring": "MULTILINESTRING((0 0,1 1))",
    "multipolygon": "MULTIPOLYGON(((0 0,0 1,1 1,0 0)))",
    "geometrycollection": "GEOMETRYCOLLECTION(POINT(1 1))",
}
_NUMBERS: Final = ("int", "bigint", "decimal", "float")


def ladder(asked: Asked) -> list[Guess]:
    """Ways to make a column, the best first; empty when the language has none for its type."""
    choices = _choices(asked)
    if choices is not None:
        return [choices]
    kind = asked.type.kind
    if kind in _NUMBERS:
        return numbers(asked)
    if kind in ("date", "datetime", "time"):
        return moments(asked)
    if kind in ("string", "text"):
        return texts(asked)
    return _simple(asked)


def _choices(asked: Asked) -> Guess | None:
    """The members of an enum, or what a CHECK allows."""
    allowed, why = asked.facts.choices, asked.facts.said
    if asked.type.kind == "enum":
        named = f"enum {asked.type.named}" if asked.type.named else "the members of the enum"
        allowed, why = tuple(v for v in asked.type.values if allowed is None or v in allowed), why or named
    if allowed is None:
        return None
    kept = [v for v in (_literal(asked, value) for value in allowed) if v is not None and v not in asked.facts.refused]
    if not kept or asked.type.kind not in (*_NUMBERS, "string", "text", "enum", "bool", "date"):
        return None
    if asked.type.kind == "bool":
        share = 1.0 if kept == [True] else 0.0 if kept == [False] else 0.5
        return Guess({"gen": "bool", "probability": share}, why, own_type=True)
    body: Body = {"gen": "choice", "values": list(dict.fromkeys(kept))}
    return Guess({**body, "type": "date"} if asked.type.kind == "date" else body, why, own_type=True)


def _literal(asked: Asked, value: Scalar) -> Any:
    if asked.type.kind in _NUMBERS:
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return None
        return int(number) if number == number.to_integral_value() else number
    return value if isinstance(value, bool) and asked.type.kind == "bool" else str(value)


def _simple(asked: Asked) -> list[Guess]:
    """Kinds that have one way of being made."""
    match asked.type.kind:
        case "bool":
            share = truth_share(asked)
            body: Body = {"gen": "bool"} if share == 0.5 else {"gen": "bool", "probability": Decimal(str(share))}
            return [Guess(body, "from the type", own_type=True)]
        case "uuid":
            return [Guess({"gen": "uuid"}, "from the type", own_type=True)]
        case "json":
            return [_document(asked)]
        case "bytes":
            return _bytes(asked)
        case "array":
            return _array(asked)
        case "set":
            size = min(len(asked.type.values), 2)
            values = {"values": list(asked.type.values), "size": size, "separator": ","}
            return [Guess({"gen": "sample", **values}, "members of the set", own_type=True)] if size else []
        case "range":
            return _range(asked)
    return _foreign(asked)


def _document(asked: Asked) -> Guess:
    if asked.has("tags", "labels", "list", "items", "keywords"):
        return Guess({"array": {"of": {"gen": "word"}, "min": 1, "max": 3}}, "a list, from the name", own_type=True)
    inside: Body = {"note": {"gen": "word"}, "number": {"gen": "int", "min": 1, "max": 100}}
    return Guess({"object": inside}, "JSON, from the type: say what stands in it", own_type=True)


def _bytes(asked: Asked) -> list[Guess]:
    length = min(asked.type.length or 16, 32)
    template = "&" * length
    return [Guess({"gen": "pattern", "template": template}, "bytes, as hexadecimal digits", own_type=True)]


def _array(asked: Asked) -> list[Guess]:
    item = asked.type.item
    if item is None or item.kind in ("array", "range", "composite", "geometry"):
        return []
    if item.kind in ("string", "text"):
        item = replace(item, length=min(item.length or 12, 12))
    inner = replace(asked, column=CatalogColumn(asked.column.name, item), facts=Facts(), unique=False)
    made = ladder(inner)
    if not made or made[0].helpers:
        return []
    of = {k: v for k, v in made[0].body.items() if k not in ("group", "type")}
    written = str(item.type) if item.type is not None else "text"
    body: Body = {"array": {"of": of, "min": 1, "max": 3}, "type": f"array({written})"}
    return [Guess(body, made[0].why, own_type=True)]


def _range(asked: Asked) -> list[Guess]:
    item: ColumnType | None = asked.type.item
    hidden = f"__{asked.column.name}"
    spaced = 100 if asked.unique else 0
    match item.kind if item else "":
        case "int" | "bigint" | "decimal":
            helper: Body = {"gen": "sequence", "step": spaced} if spaced else {"gen": "int", "min": 1, "max": 1000}
            text = f"[{{`{hidden}`}},{{`{hidden}` + 10}})"
        case "date":
            helper = {"gen": "date"}
            text = f"[{{`{hidden}`}},{{`{hidden}` + days(7)}})"
        case "datetime":
            helper = {"gen": "datetime"}
            text = f"[{{`{hidden}`}},{{`{hidden}` + hours(2)}})"
        case _:
            return []
    return [Guess({"template": text}, "a range, from the type", own_type=True, helpers={hidden: helper})]


def _foreign(asked: Asked) -> list[Guess]:
    """Kinds of one database, written as the text that it reads."""
    native = asked.type.native.lower()
    bodies: dict[str, Body] = {
        "geometry": {"gen": "point_wkt"},
        "interval": {"gen": "duration"},
        "tsvector": {"gen": "words"},
        "xml": {"gen": "document.xml"},
        "bit": {"gen": "regex", "pattern": f"[01]{{{asked.type.length or 1}}}"},
        "network": {"gen": "mac" if "mac" in native else "cidr" if "cidr" in native else "ipv4"},
    }
    body = bodies.get(asked.type.kind)
    if body is None and asked.type.type is not None:
        body = {"gen": "word"}
    others: dict[str, Body] = {
        "money": {"gen": "decimal", "min": 1, "max": 1000, "scale": 2},
        "point": {"template": "(1,2)"},
        "hstore": {"template": '"key"=>"value"'},
        "ltree": {"gen": "word"},
        "oid": {"gen": "int", "min": 1, "max": 100000},
        "citext": {"gen": "word"},
    }
    if asked.type.kind == "geometry":
        body = {"value": _SHAPES[native]} if native in _SHAPES else body
    else:
        body = others.get(native, body)
    return [Guess(body, f"{native}, from the type", own_type=True)] if body else []
