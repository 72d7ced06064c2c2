"""The functions of expressions. Each is a row of data and a few lines that turn arguments into operations.

`ENGINE` lists the functions of the engine that plans may call, with the physical kinds they take and
give (I int64, F float64, T text, B boolean, X any one kind, `*` any number more).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from runner.ops import Call, Const, Op, ToInteger
from runner.schema import terms
from runner.schema.operators import condition, modulo
from runner.schema.syntax import ExprError
from runner.schema.terms import MAX_SCALE, Scope, Term, checked, together, whole, wrong
from runner.types import BIGINT, FLOAT, decimal

ENGINE: Final[Mapping[str, str]] = {
    "add": "II I|FF F", "subtract": "II I|FF F", "multiply": "II I|FF F", "divide": "FF F",
    "integer_divide": "II I", "share": "III I", "modulo": "II I", "negate": "I I|F F", "absolute": "I I|F F",
    "floor": "F F", "ceil": "F F", "sqrt": "F F", "minimum": "I* I|F* F", "maximum": "I* I|F* F",
    "equal": "XX B", "not_equal": "XX B", "less": "XX B", "less_equal": "XX B", "greater": "XX B", "greater_equal": "XX B",
    "and": "BB B", "or": "BB B", "not": "B B", "if_else": "BXX X", "choose": "IX* X", "coalesce": "X* X", "is_null": "X B",
    "title": "T T", "repeat": "TI T", "position": "TT I", "split": "TTI T", "matches": "TT B", "regex_replace": "TTT T",
    "lower": "T T", "upper": "T T", "trim": "T T", "reverse": "T T", "length": "T I", "substring": "TII T",
    "replace": "TTT T", "contains": "TT B", "starts_with": "TT B", "ends_with": "TT B",
    "pad_left": "TIT T", "pad_right": "TIT T", "parse_int": "T I", "slug": "T T", "luhn": "I I",
    "year": "I I", "month": "I I", "day": "I I", "quarter": "I I", "weekday": "I I", "week": "I I", "day_of_year": "I I",
    "add_months": "II I",
}  # fmt: skip

Compile = Callable[[list[Term], int, Scope], Term]


@dataclass(frozen=True)
class Function:
    """A function of the expression language: how it is written, how many arguments it takes, what it makes."""

    usage: str
    description: str
    least: int
    most: int
    compile: Compile


def round_(args: list[Term], at: int, scope: Scope) -> Term:
    """Half away from zero, to `digits` digits after the point; the answer is exact."""
    digits = constant(args[1], "the number of digits", 0, MAX_SCALE) if len(args) > 1 else 0
    term = numeric(args[0])
    type_ = decimal(MAX_SCALE, digits) if digits else BIGINT
    if term.type.kind == "float":
        op: Op = ToInteger(term.op, digits)
        return Term(op, type_, at)
    if term.digits <= digits:
        return term
    return Term(terms.rescale(term.op, term.digits, digits), type_, at)


def _to_whole(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        term = numeric(args[0])
        if term.type.kind == "float":
            return whole(ToInteger(Call(function, (term.op,)), 0), at)
        if not term.digits:
            return term
        unit = Const(10**term.digits)
        if function == "floor":
            return whole(Call("integer_divide", (term.op, unit)), at)
        return whole(Call("negate", (Call("integer_divide", (Call("negate", (term.op,)), unit)),)), at)

    return compile_


def absolute(args: list[Term], at: int, scope: Scope) -> Term:
    """The number without its sign."""
    term = numeric(args[0])
    return checked(replace(term, op=Call("absolute", (term.op,)), offset=at), scope)


def _extreme(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        found = together(args, scope, at, "compared")
        if found[0].text or found[0].type.kind == "bool":
            raise wrong(found[0], f"numbers, dates or times are needed here, not {found[0].described}")
        return replace(found[0], op=Call(function, tuple(t.op for t in found)), offset=at)

    return compile_


def square_root(args: list[Term], at: int, scope: Scope) -> Term:
    """The square root as a float; null below zero."""
    return Term(Call("sqrt", (terms.to_float(numeric(args[0])).op,)), FLOAT, at)


def choose(args: list[Term], at: int, scope: Scope) -> Term:
    """`if(condition, a, b)`: a null condition counts as false."""
    yes, no = together(args[1:], scope, at, "the two answers of one if")
    return replace(yes, op=Call("if_else", (condition(args[0]), yes.op, no.op)), offset=at)


def coalesce(args: list[Term], at: int, scope: Scope) -> Term:
    """The first that is not null."""
    found = together(args, scope, at, "alternatives of one another")
    return replace(found[0], op=Call("coalesce", tuple(t.op for t in found)), offset=at)


def is_null(args: list[Term], at: int, scope: Scope) -> Term:
    """Whether it is null; never null itself."""
    return terms.boolean(Call("is_null", (args[0].op,)), at)


def between(args: list[Term], at: int, scope: Scope) -> Term:
    """Both ends included."""
    value, low, high = together(args, scope, at, "compared")
    return terms.boolean(Call("and", (Call("less_equal", (low.op, value.op)), Call("less_equal", (value.op, high.op)))), at)


def to_integer(args: list[Term], at: int, scope: Scope) -> Term:
    """A number rounded, digits in text read, true as 1 and false as 0."""
    term = args[0]
    if term.text:
        return whole(Call("parse_int", (term.op,)), at)
    if term.type.kind == "bool":
        return whole(Call("if_else", (term.op, Const(1), Const(0))), at)
    return round_([term], at, scope)


def to_float(args: list[Term], at: int, scope: Scope) -> Term:
    """A number as a float."""
    return terms.to_float(numeric(args[0]))


def numeric(term: Term) -> Term:
    """The term if it is a number. Raises `ExprError`."""
    term = terms.as_type_of(term, BIGINT) if term.null else term
    if not term.numeric:
        raise wrong(term, f"a number is needed here, not {term.described}")
    return term


def constant(term: Term, what: str, low: int, high: int) -> int:
    """A constant whole number in [low, high]. Raises `ExprError`."""
    value = term.op.value if isinstance(term.op, Const) and term.type.kind in ("int", "bigint") else None
    if not isinstance(value, int) or not low <= value <= high:
        raise wrong(term, f"{what} is a constant whole number from {low} to {high}")
    return value


def describe(functions: Mapping[str, Function]) -> list[tuple[str, str]]:
    """How each function is written and what it does."""
    return [(f.usage, f.description) for f in functions.values()]


def call(name: str, functions: Mapping[str, Function], args: list[Term], at: int, scope: Scope, near: str) -> Term:
    """Apply a function by name. Raises `ExprError` for an unknown one or a wrong number of arguments."""
    function = functions.get(name)
    if function is None:
        raise ExprError(at, f"there is no function {name!r}", "EXPR_FUNCTION", near)
    if not function.least <= len(args) <= function.most:
        raise ExprError(at, f"{name} is written {function.usage}, not with {len(args)} arguments", "EXPR_TYPE", function.usage)
    return function.compile(args, at, scope)


MANY: Final = 64

NUMBERS: Final[Mapping[str, Function]] = {
    "round": Function("round(x, digits)", "x rounded half away from zero; digits default to 0", 1, 2, round_),
    "floor": Function("floor(x)", "the largest whole number not above x", 1, 1, _to_whole("floor")),
    "ceil": Function("ceil(x)", "the smallest whole number not below x", 1, 1, _to_whole("ceil")),
    "abs": Function("abs(x)", "x without its sign", 1, 1, absolute),
    "min": Function("min(a, b, …)", "the smallest; null if one is null", 2, MANY, _extreme("minimum")),
    "max": Function("max(a, b, …)", "the largest; null if one is null", 2, MANY, _extreme("maximum")),
    "mod": Function("mod(a, b)", "what a // b leaves over, with the sign of b; null where b is 0", 2, 2, modulo),
    "sqrt": Function("sqrt(x)", "the square root as a float; null below 0", 1, 1, square_root),
    "int": Function("int(x)", "a number rounded, digits in text read, true as 1", 1, 1, to_integer),
    "float": Function("float(x)", "a number as a float", 1, 1, to_float),
    "if": Function("if(condition, a, b)", "a where the condition holds, else b", 3, 3, choose),
    "coalesce": Function("coalesce(a, b, …)", "the first that is not null", 2, MANY, coalesce),
    "is_null": Function("is_null(x)", "whether x is null", 1, 1, is_null),
    "between": Function("between(x, low, high)", "whether low <= x <= high", 3, 3, between),
}
