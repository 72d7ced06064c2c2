"""Nested documents: `object` and `array` columns as JSON text, joined from the texts of their parts."""

from __future__ import annotations

from typing import Final

import orjson

from runner.ops import Call, Const, Join, JsonText, Op, Uniform
from runner.schema.document import Node
from runner.schema.fields import known_fields, mapping, whole
from runner.schema.findings import Findings
from runner.schema.terms import Term

MAX_ITEMS: Final = 64
DEFAULT_ITEMS: Final = (1, 3)


def items_of(node: Node, findings: Findings) -> tuple[Node, int, int] | None:
    """What an array is of, and how many items it has at least and at most."""
    if not mapping(node, "array", findings):
        return None
    known_fields(node, ("of", "min", "max"), "an array", findings)
    of = node.get("of")
    if of is None:
        findings.error(node, "MISSING_FIELD", "an array needs of: {array: {of: word, min: 1, max: 3}}")
    low = whole(node.get("min"), "min", findings, 0, MAX_ITEMS)
    high = whole(node.get("max"), "max", findings, 0, MAX_ITEMS)
    least = DEFAULT_ITEMS[0] if low is None else low
    most = max(least, DEFAULT_ITEMS[1]) if high is None else high
    if low is None and node.get("min") is None:
        least = min(least, most)
    if least > most:
        findings.error(node.get("min") or node, "NUMBER_INVALID", f"min {least} is more than max {most}")
        return None
    return (of, least, most) if of is not None else None


def object_of(members: list[tuple[str, Term]]) -> Op:
    """`{"name":value,…}` in the order of the members."""
    parts: list[str | Op] = []
    for number, (name, term) in enumerate(members):
        parts.append(f"{',' if number else '{'}{orjson.dumps(name).decode()}:")
        parts.append(JsonText(term.op, term.type))
    return Join((*parts, "}" if members else "{}"))


def count_of(items: int, least: int, key: int) -> Op:
    """How many items a row has: drawn evenly between `least` and all of them."""
    return Uniform(key, least, items) if least < items else Const(least)


def array_of(items: list[Term], least: int, key: int) -> Op:
    """`[a,b,…]` of the first so many items."""
    count = count_of(len(items), least, key)
    parts: list[str | Op] = ["["]
    for number, item in enumerate(items):
        written: tuple[str | Op, ...] = ("," if number else "", JsonText(item.op, item.type))
        if number < least:
            parts += [p for p in written if p]
            continue
        there = Call("greater", (count, Const(number)))
        parts.append(Call("if_else", (there, Join(tuple(p for p in written if p)), Const("", "string"))))
    return Join((*parts, "]"))
