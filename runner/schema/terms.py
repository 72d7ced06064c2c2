"""Typed pieces of an expression, and how their types are brought together.

A term is an operation with its type. Constants stay constants through every conversion, so that
`2`, `0.5` and `'2024-01-01'` cost nothing per row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from runner.ops import Call, Const, Join, ListOf, Op, Rescale, Text, ToFloat
from runner.schema.bounds import Facts
from runner.schema.dates import parse_date, parse_datetime, parse_time
from runner.schema.syntax import ExprError
from runner.types import BIGINT, BOOL, FLOAT, INT, INTEGERS, STRING, TEXTS, Type, decimal

DAY: Final = 86_400
MAX_SCALE: Final = 18
NULL: Final = Type("text")


@dataclass(frozen=True)
class Term:
    """An operation, its type and where it stands. `span` is the unit in seconds of a length of time (-1: months)."""

    op: Op
    type: Type
    offset: int
    span: int = 0

    @property
    def null(self) -> bool:
        """Whether it is the constant null."""
        return isinstance(self.op, Const) and self.op.value is None

    @property
    def numeric(self) -> bool:
        """Whether it is a whole number, a decimal or a float."""
        return not self.span and (self.type.kind in INTEGERS or self.type.kind in ("decimal", "float"))

    @property
    def exact(self) -> bool:
        """Whether it is a whole number or a decimal."""
        return self.numeric and self.type.kind != "float"

    @property
    def text(self) -> bool:
        """Whether it is text of any kind."""
        return self.type.kind in TEXTS

    @property
    def digits(self) -> int:
        """Decimal digits after the point."""
        return self.type.digits

    @property
    def described(self) -> str:
        """Its type in words."""
        article = "an" if self.type.kind in ("int", "array") else "a"
        return "null" if self.null else "a length of time" if self.span else f"{article} {self.type}"


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: how its names are found and what is known of operations."""

    find: Callable[[tuple[str, ...], int], Term]
    facts: Callable[[Op], Facts]
    as_of: int


def wrong(at: Term, message: str, suggestion: str = "") -> ExprError:
    """A type that does not fit."""
    return ExprError(at.offset, message, "EXPR_TYPE", suggestion)


def number(value: int | Decimal, offset: int) -> Term:
    """A constant whole number or exact decimal."""
    if isinstance(value, int):
        return Term(Const(_held(value, offset)), INT if abs(value) < 2**31 else BIGINT, offset)
    scale = max(-int(value.as_tuple().exponent), 0)
    if scale > MAX_SCALE:
        raise ExprError(offset, f"at most {MAX_SCALE} digits can follow the point", "EXPR_OVERFLOW")
    digits = _held(int(value.scaleb(scale)), offset)
    return Term(Const(digits), decimal(max(len(str(abs(digits))), scale, 1), scale), offset)


def _held(value: int, offset: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ExprError(offset, "this number does not fit in 64 bits", "EXPR_OVERFLOW")
    return value


def string(text: str, offset: int) -> Term:
    """Constant text."""
    return Term(Const(text, "string"), STRING, offset)


def boolean(op: Op, offset: int) -> Term:
    """A truth value."""
    return Term(op, BOOL, offset)


def whole(op: Op, offset: int) -> Term:
    """A whole number."""
    return Term(op, BIGINT, offset)


def to_digits(term: Term, digits: int, scope: Scope) -> Term:
    """An exact number (or time) with `digits` decimal digits; more digits never lose anything."""
    if term.digits == digits:
        return term
    kept = decimal(min(precision(term) - term.digits + digits, MAX_SCALE), digits) if digits else BIGINT
    type_ = replace(term.type, precision=digits) if term.type.kind in ("time", "datetime") else kept
    return checked(replace(term, op=rescale(term.op, term.digits, digits), type=type_), scope)


def precision(term: Term) -> int:
    """Digits that hold every value of an exact number."""
    if isinstance(term.op, Const) and isinstance(term.op.value, int):
        return max(len(str(abs(term.op.value))), term.digits + 1)
    return {"int": 10, "bigint": 19}.get(term.type.kind, term.type.precision)


def rescale(op: Op, before: int, after: int) -> Op:
    """`Rescale`, done at once for constants (half away from zero)."""
    if before == after:
        return op
    if isinstance(op, Const):
        return op if op.value is None else Const(round_half_up(Decimal(op.value).scaleb(after - before)))
    return Rescale(op, before, after)


def round_half_up(value: Decimal) -> int:
    """The nearest whole number, half away from zero."""
    return int(value.to_integral_value(ROUND_HALF_UP))


def to_float(term: Term) -> Term:
    """A number as a float."""
    if term.type.kind == "float":
        return term
    if isinstance(term.op, Const):
        value = None if term.op.value is None else float(Decimal(term.op.value).scaleb(-term.digits))
        return Term(Const(value, "float"), FLOAT, term.offset)
    return Term(ToFloat(term.op, term.digits), FLOAT, term.offset)


def to_text(term: Term) -> Term:
    """Anything as people write it."""
    if term.text:
        return term
    if term.span:
        raise wrong(term, "a length of time cannot be written as text; take days_between or seconds_between")
    return Term(Text(term.op, term.type), STRING, term.offset)


def joined(terms: list[Term], offset: int) -> Term:
    """Texts one after another, constants and joins within joins laid flat."""
    parts: list[str | Op] = []
    for term in map(to_text, terms):
        if isinstance(term.op, Join):
            parts += term.op.parts
        elif isinstance(term.op, Const) and isinstance(term.op.value, str):
            parts.append(term.op.value)
        else:
            parts.append(term.op)
    return Term(Join(tuple(parts)), STRING, offset)


def checked(term: Term, scope: Scope) -> Term:
    """The term, unless it is proven that its whole numbers can leave 64 bits."""
    if term.type.kind != "float" and not scope.facts(term.op).fits:
        raise ExprError(term.offset, "this can grow past 64 bits; round it, or narrow its operands", "EXPR_OVERFLOW")
    return term


def constant_kind(of: Type) -> Literal["int", "float", "bool", "string"]:
    """What a `Const` of the type holds."""
    if of.kind in TEXTS:
        return "string"
    return of.kind if of.kind in ("float", "bool") else "int"


def null_of(type_: Type) -> Op:
    """Null as a value of the type."""
    return ListOf(Const(None), (), type_) if type_.kind == "array" else Const(None, constant_kind(type_))


_READERS: Final = {"date": lambda t, d: parse_date(t), "datetime": parse_datetime, "time": parse_time}


def as_type_of(term: Term, other: Type) -> Term:
    """Constants take the type of what they stand beside: text a date's, null any."""
    if term.null:
        return Term(null_of(other), other, term.offset)
    reader = _READERS.get(other.kind)
    if reader is None or not isinstance(term.op, Const) or not isinstance(term.op.value, str):
        return term
    try:
        return Term(Const(reader(term.op.value, other.digits)), other, term.offset)
    except (ValueError, OverflowError):
        message = f"{term.op.value!r} is not a {other.kind}"
        raise ExprError(term.offset, message, "DATE_INVALID", _EXAMPLES[other.kind]) from None


_EXAMPLES: Final = {"date": "2024-12-31", "datetime": "2024-12-31T23:59:59", "time": "23:59:59"}


def together(terms: list[Term], scope: Scope, at: int, purpose: str) -> list[Term]:
    """All terms in one common type. Raises `ExprError` when there is none."""
    lead = next((t for t in terms if not t.null and not isinstance(t.op, Const)), None)
    lead = lead or next((t for t in terms if not t.null), terms[0])
    terms = [as_type_of(t, lead.type) for t in terms]
    if any(t.type.kind == "array" for t in terms) and (purpose == "compared" or len({t.type for t in terms}) > 1):
        raise ExprError(at, f"{' and '.join(t.described for t in terms[:3])} cannot be {purpose}", "EXPR_TYPE")
    if any(t.span for t in terms):
        raise ExprError(at, f"lengths of time cannot be {purpose}; take days_between or seconds_between", "EXPR_TYPE")
    if all(t.numeric for t in terms):
        if any(t.type.kind == "float" for t in terms):
            return [to_float(t) for t in terms]
        return _same_kind([to_digits(t, max(u.digits for u in terms), scope) for t in terms])
    if all(t.text for t in terms):
        return [replace(t, type=lead.type if len({u.type for u in terms}) == 1 else STRING) for t in terms]
    if {t.type.kind for t in terms} <= {"date", "datetime"} and len({t.type for t in terms}) > 1:
        digits = max(t.digits for t in terms)
        return [to_digits(to_datetime(t, scope), digits, scope) for t in terms]
    kinds = {t.type.kind for t in terms}
    if len(kinds) == 1:
        return [to_digits(t, max(u.digits for u in terms), scope) for t in terms]
    raise ExprError(at, f"{' and '.join(t.described for t in terms[:3])} cannot be {purpose}", "EXPR_TYPE")


def _same_kind(terms: list[Term]) -> list[Term]:
    widest = max((t.type for t in terms), key=lambda t: (t.kind == "decimal", t.kind == "bigint", t.precision))
    return [replace(t, type=widest) for t in terms]


def to_datetime(term: Term, scope: Scope) -> Term:
    """A date as its midnight."""
    if term.type.kind == "datetime":
        return term
    return checked(Term(times(term.op, DAY), Type("datetime"), term.offset), scope)


def to_date(term: Term, scope: Scope) -> Term:
    """The day of a datetime."""
    if isinstance(term.op, Const) and isinstance(term.op.value, str):
        return as_type_of(term, Type("date"))
    if term.type.kind == "date":
        return term
    if term.type.kind != "datetime":
        raise wrong(term, f"a date or datetime is needed here, not {term.described}")
    return Term(Call("integer_divide", (term.op, Const(DAY * 10**term.digits))), Type("date"), term.offset)


def times(op: Op, factor: int) -> Op:
    """A whole number times a constant."""
    if factor == 1:
        return op
    if isinstance(op, Const) and isinstance(op.value, int):
        return Const(op.value * factor)
    return op if isinstance(op, Const) else Call("multiply", (op, Const(factor)))
