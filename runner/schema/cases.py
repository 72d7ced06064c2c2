"""Columns with conditions (`case`, `when`) and texts with other columns in them (`template`), as operations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from runner.ops import Call, Op
from runner.schema import terms
from runner.schema.document import Node, short
from runner.schema.expression import compile_expression, compile_tree
from runner.schema.operators import condition
from runner.schema.syntax import Apply, Expr, ExprError, Literally, Name
from runner.schema.terms import Scope, Term

MOST_VALUES: Final = 1_000
_HOLE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def template(text: str, scope: Scope) -> Term:
    """Text with an expression in each `{…}`; `{{` and `}}` are braces. Raises `ExprError`."""
    stray = re.search(r"[{}]", _HOLE.sub(lambda m: " " * len(m[0]), text))
    if stray:
        raise ExprError(stray.start(), f"the brace {stray[0]} stands alone; write {stray[0] * 2} for a brace")
    return terms.joined(list(_pieces(text, scope)), 0)


def _pieces(text: str, scope: Scope) -> Iterator[Term]:
    at = 0
    for hole in _HOLE.finditer(text):
        yield terms.string(text[at : hole.start()], at)
        at = hole.end()
        yield terms.string(hole[0][0], at) if hole[1] is None else _filled(hole[1], hole.start(1), scope)
    yield terms.string(text[at:], at)


def _filled(inner: str, offset: int, scope: Scope) -> Term:
    try:
        return terms.to_text(compile_expression(inner, scope))
    except ExprError as error:
        raise ExprError(offset + error.offset, error.message, error.code, error.suggestion) from None


def when(node: Node, scope: Scope) -> Op:
    """The condition of a `when`: an expression, or columns with the value or the values they have. Raises `ExprError`."""
    if node.kind != "map":
        if not isinstance(node.value, str):
            raise ExprError(0, f"when is a condition or a mapping of columns to values, not {node.described}", "TYPE_INVALID")
        return condition(compile_expression(node.text, scope))
    tests: list[Expr] = [_is(Name(tuple(key.text.split(".")), 0), value) for key, value in node.entries]
    if not tests:
        raise ExprError(0, "when names no column: when: {country: ID}", "MISSING_FIELD")
    tree = tests[0]
    for test in tests[1:]:
        tree = Apply("and", (tree, test), 0, tree.depth + 1)
    return condition(compile_tree(tree, scope))


def _is(name: Name, value: Node) -> Expr:
    if value.kind == "list":
        if len(value.items) > MOST_VALUES:
            raise ExprError(0, f"a column can be compared with at most {MOST_VALUES:,} values", "TOO_DEEP")
        return Apply("in", (name, *map(_literal, value.items)), 0, 2)
    if value.value is None:
        return Apply("is_null", (name,), 0, 2)
    return Apply("==", (name, _literal(value)), 0, 2)


def _literal(node: Node) -> Literally:
    if node.kind != "scalar":
        raise ExprError(0, f"a value is needed here, not {node.described}", "TYPE_INVALID")
    if isinstance(node.value, float):
        return Literally(Decimal(node.text.replace("_", "")), 0)
    if node.value is None or isinstance(node.value, str | int):
        return Literally(node.value, 0)
    raise ExprError(0, f"{short(node.text)!r} cannot be compared", "TYPE_INVALID")


def chosen(conditions: list[Op], answers: list[Term], scope: Scope) -> Term:
    """The answer of the first condition that holds, else the last one; null counts as false. Raises `ExprError`."""
    *found, last = terms.together(answers, scope, 0, "the answers of one case")
    op = last.op
    for test, answer in zip(reversed(conditions), reversed(found), strict=True):
        op = Call("if_else", (test, answer.op, op))
    return replace(last, op=op)
