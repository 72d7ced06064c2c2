"""Expressions: text to a typed operation, checked to the end before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from runner.ops import Const, Op
from runner.schema import terms
from runner.schema.composed_functions import COMPOSED, ELSEWHERE
from runner.schema.date_functions import DATES
from runner.schema.facts import operands
from runner.schema.findings import did_you_mean
from runner.schema.functions import NUMBERS, Function, call
from runner.schema.operators import OPERATORS
from runner.schema.syntax import Apply, Expr, ExprError, Literally, Name, parse
from runner.schema.terms import NULL, Scope, Term
from runner.schema.text_functions import TEXTS
from runner.types import DATETIME

MAX_OPERATIONS: Final = 2_000
MAX_STACKED: Final = 80

FUNCTIONS: Final[Mapping[str, Function]] = {**NUMBERS, **TEXTS, **DATES, **COMPOSED}
"""Every function of the language, by name."""


def compile_expression(text: str, scope: Scope) -> Term:
    """The typed operation of an expression. Raises `ExprError`."""
    term = _compile(parse(text), scope)
    if term.span:
        raise terms.wrong(term, "a length of time cannot be stored; take days_between or seconds_between")
    return term


def compile_tree(tree: Expr, scope: Scope) -> Term:
    """The typed operation of an expression that is a tree already. Raises `ExprError`."""
    return _compile(tree, scope)


def _compile(tree: Expr, scope: Scope) -> Term:
    match tree:
        case Literally():
            return _constant(tree)
        case Name(parts=parts, offset=offset):
            return scope.find(parts, offset)
        case Apply(function=function, offset=offset):
            args = [_compile(a, scope) for a in tree.args]
            return _small(_apply(function, args, offset, scope))


def _constant(tree: Literally) -> Term:
    match tree.value:
        case None:
            return Term(Const(None, "string"), NULL, tree.offset)
        case bool() as truth:
            return terms.boolean(Const(truth, "bool"), tree.offset)
        case str() as text:
            return terms.string(text, tree.offset)
        case int() | Decimal() as value:
            return terms.number(value, tree.offset)


def _apply(function: str, args: list[Term], at: int, scope: Scope) -> Term:
    operator = OPERATORS.get(function)
    if operator:
        return operator(args, at, scope)
    if function == "is_null" and args and args[0].null:
        return terms.boolean(Const(True, "bool"), at)
    near = ELSEWHERE.get(function.lower()) or did_you_mean(function, FUNCTIONS)
    return call(function, FUNCTIONS, args, at, scope, near)


def as_of(scope: Scope, offset: int) -> Term:
    """The moment that is "now"."""
    return Term(Const(scope.as_of), DATETIME, offset)


def _small(term: Term) -> Term:
    """The term, unless its operations are more, or stand deeper, than a plan should hold."""
    size, depth = _measure(term.op, {})
    if size > MAX_OPERATIONS or depth > MAX_STACKED:
        hint = "compute parts of it in hidden columns (names that begin with __)"
        raise ExprError(term.offset, f"this expression comes to {size:,} operations, {depth} deep; too many", suggestion=hint)
    return term


def _measure(op: Op, seen: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Operations in the tree, shared ones counted each time, and how deep they stand; each is visited once."""
    if id(op) not in seen:
        parts = [_measure(o, seen) for o in operands(op)]
        seen[id(op)] = 1 + sum(p[0] for p in parts), 1 + max((p[1] for p in parts), default=0)
    return seen[id(op)]
