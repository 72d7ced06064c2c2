"""The operators of expressions: what each does to which types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Final

from runner.ops import Call, Const, Op
from runner.schema import terms
from runner.schema.syntax import ExprError
from runner.schema.terms import DAY, MAX_SCALE, Scope, Term, checked, together, whole, wrong
from runner.types import BIGINT, BOOL, FLOAT, Type, decimal

Operator = Callable[[list[Term], int, Scope], Term]


def _numbers(args: list[Term], what: str) -> list[Term]:
    """The arguments, all numbers (null is one). Raises `ExprError`."""
    found = [terms.as_type_of(a, BIGINT) if a.null else a for a in args]
    for term in found:
        if not term.numeric:
            hint = "a text can be joined with +" if term.text and what == "add" else ""
            raise wrong(term, f"a number is needed here, not {term.described}", hint)
    return found


def _simple(function: str, args: list[Term], at: int, scope: Scope) -> Term:
    """add and subtract: both sides on the same number of digits."""
    left, right = together(_numbers(args, function), scope, at, f"{function}ed")
    op = Call(function, (left.op, right.op))
    type_ = left.type if left.type.kind != "decimal" else decimal(min(left.type.precision + 1, MAX_SCALE), left.digits)
    return checked(Term(op, BIGINT if left.exact and not left.digits else type_, at), scope)


def add(args: list[Term], at: int, scope: Scope) -> Term:
    """Numbers added, texts joined, a length of time added to a date."""
    left, right = args
    if left.text and right.text and not (left.null or right.null):
        return terms.joined(args, at)
    if right.span or left.span:
        return _shift(left, right, "add", at, scope) if right.span else _shift(right, left, "add", at, scope)
    if left.type.kind == "date" and right.exact:
        return _shift(left, replace(right, span=DAY), "add", at, scope)
    if left.text != right.text and (left.text or right.text) and not (left.null or right.null):
        raise ExprError(at, f"{left.described} and {right.described} cannot be added", "EXPR_TYPE", "concat(a, b)")
    return _simple("add", args, at, scope)


def subtract(args: list[Term], at: int, scope: Scope) -> Term:
    """Numbers subtracted, a length of time taken from a date, days between two dates."""
    left, right = terms.as_type_of(args[0], args[1].type), terms.as_type_of(args[1], args[0].type)
    if right.span:
        return _shift(left, right, "subtract", at, scope)
    if left.type.kind == right.type.kind == "date":
        return whole(Call("subtract", (left.op, right.op)), at)
    if left.type.kind == "date" and right.exact:
        return _shift(left, replace(right, span=DAY), "subtract", at, scope)
    if left.type.kind in ("date", "datetime") and right.type.kind in ("date", "datetime"):
        raise ExprError(at, "say in which unit: days_between(a, b), hours_between(a, b) or seconds_between(a, b)", "EXPR_TYPE")
    return _simple("subtract", [left, right], at, scope)


def _shift(moment: Term, span: Term, function: str, at: int, scope: Scope) -> Term:
    """A date or datetime moved by a length of time."""
    if moment.span:
        raise wrong(moment, "a length of time is added to a date or datetime, not to another length")
    if isinstance(moment.op, Const) and isinstance(moment.op.value, str):
        moment = terms.as_type_of(moment, Type("datetime" if span.span % DAY and span.span > 0 else "date"))
    if moment.type.kind not in ("date", "datetime"):
        raise wrong(moment, f"a length of time is added to a date or datetime, not to {moment.described}")
    if span.span < 0:
        return _shift_months(moment, span, function, at)
    if moment.type.kind == "date" and span.span % DAY:
        moment = terms.to_datetime(moment, scope)
    unit = span.span // DAY if moment.type.kind == "date" else span.span * 10**moment.digits
    return checked(Term(Call(function, (moment.op, terms.times(span.op, unit))), moment.type, at), scope)


def _shift_months(moment: Term, span: Term, function: str, at: int) -> Term:
    months = span.op if function == "add" else terms.times(span.op, -1)
    if moment.type.kind == "date":
        return Term(Call("add_months", (moment.op, months)), moment.type, at)
    day = Const(DAY * 10**moment.digits)
    days: Op = Call("add_months", (Call("integer_divide", (moment.op, day)), months))
    rest: Op = Call("modulo", (moment.op, day))
    return Term(Call("add", (Call("multiply", (days, day)), rest)), moment.type, at)


def multiply(args: list[Term], at: int, scope: Scope) -> Term:
    """Exact for whole numbers and decimals: the digits after the point add up."""
    left, right = _numbers(args, "multiply")
    if "float" in (left.type.kind, right.type.kind):
        return Term(Call("multiply", (terms.to_float(left).op, terms.to_float(right).op)), FLOAT, at)
    scale = left.digits + right.digits
    if scale > MAX_SCALE:
        raise ExprError(at, f"the product would have {scale} digits after the point; at most {MAX_SCALE} can be exact",
                        "EXPR_OVERFLOW", "round(a, 2) * b")  # fmt: skip
    precision = min(terms.precision(left) + terms.precision(right), MAX_SCALE)
    type_ = decimal(precision, scale) if scale else BIGINT
    return checked(Term(Call("multiply", (left.op, right.op)), type_, at), scope)


def divide(args: list[Term], at: int, scope: Scope) -> Term:
    """True division in floats; null where the divisor is zero."""
    left, right = map(terms.to_float, _numbers(args, "divide"))
    return Term(Call("divide", (left.op, right.op)), FLOAT, at)


def floor_divide(args: list[Term], at: int, scope: Scope) -> Term:
    """Division rounded down to a whole number; null where the divisor is zero."""
    left, right = together(_numbers(args, "divide"), scope, at, "divided")
    if left.type.kind == "float":
        quotient = Call("floor", (Call("divide", (left.op, right.op)),))
        return Term(quotient, FLOAT, at)
    return whole(Call("integer_divide", (left.op, right.op)), at)


def modulo(args: list[Term], at: int, scope: Scope) -> Term:
    """What a division rounded down leaves over; null where the divisor is zero."""
    left, right = together(_numbers(args, "divide"), scope, at, "divided")
    if left.type.kind == "float":
        raise ExprError(at, "the remainder of floats is not exact; use whole numbers or decimals", "EXPR_TYPE")
    return Term(Call("modulo", (left.op, right.op)), left.type, at)


def negate(args: list[Term], at: int, scope: Scope) -> Term:
    """The other sign."""
    term = args[0]
    if term.span:
        return replace(term, op=terms.times(term.op, -1), offset=at)
    (term,) = _numbers(args, "negate")
    if isinstance(term.op, Const) and isinstance(term.op.value, int):
        return replace(term, op=Const(-term.op.value), offset=at)
    return checked(replace(term, op=Call("negate", (term.op,)), offset=at), scope)


_COMPARISONS: Final = {
    "==": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
}  # fmt: skip


def _compare(function: str) -> Operator:
    def compare(args: list[Term], at: int, scope: Scope) -> Term:
        left, right = together(args, scope, at, "compared")
        if left.type.kind == "bool" and "equal" not in (function, function.removeprefix("not_")):
            raise ExprError(at, "conditions have no order; compare them with == or !=", "EXPR_TYPE")
        return terms.boolean(Call(function, (left.op, right.op)), at)

    return compare


def _truth(args: list[Term]) -> list[Op]:
    found = [terms.as_type_of(a, BOOL) for a in args]
    for term in found:
        if term.type.kind != "bool":
            raise wrong(term, f"a condition is needed here, not {term.described}")
    return [t.op for t in found]


def logic(function: str) -> Operator:
    """`and`, `or`, `not` over conditions, with three values as in SQL."""

    def combine(args: list[Term], at: int, scope: Scope) -> Term:
        ops = _truth(args)
        if function == "not":
            return terms.boolean(Call("not", (ops[0],)), at)
        return terms.boolean(reduce(lambda a, b: Call(function, (a, b)), ops), at)

    return combine


def either(args: list[Term], at: int, scope: Scope) -> Term:
    """`||`, which is `or`; where it was meant to join texts it says so."""
    if any(a.text for a in args):
        raise ExprError(at, "|| is or, and joins no texts", "EXPR_TYPE", "concat(a, b)")
    return logic("or")(args, at, scope)


def members(args: list[Term], at: int, scope: Scope) -> Term:
    """Whether the first equals one of the others."""
    equal = _compare("equal")
    found = [equal([args[0], value], value.offset, scope) for value in args[1:]]
    return logic("or")(found, at, scope)


def condition(term: Term) -> Op:
    """The operation of a condition. Raises `ExprError` for anything else."""
    return _truth([term])[0]


OPERATORS: Final[Mapping[str, Operator]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "//": floor_divide, "%": modulo, "negate": negate,
    "and": logic("and"), "or": logic("or"), "||": either, "not": logic("not"), "in": members,
    **{sign: _compare(function) for sign, function in _COMPARISONS.items()},
}  # fmt: skip
