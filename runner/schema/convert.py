"""From the type a column's values have to the type the schema asks for, or a sentence why that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import orjson

from runner.ops import Call, Const, Digits, Op, Pattern, Rescale, Scalar, Text, ToFloat, ToInteger, Values
from runner.schema.bounds import Facts
from runner.schema.dates import parse_date, parse_datetime, parse_time
from runner.schema.terms import DAY, MAX_SCALE, constant_kind, null_of, round_half_up, times
from runner.types import BIGINT, INTEGERS, TEXTS, Type

_INT_RANGE: Final = 2**31
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ConvertError(ValueError):
    """A conversion that cannot be; `suggestion` is a type that would do."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


def convert(op: Op, have: Type, want: Type) -> Op:
    """The operation in another type. Raises `ConvertError`."""
    if want.digits > MAX_SCALE:
        raise ConvertError(f"at most {MAX_SCALE} digits can follow the point, not {want.digits}", f"decimal(38,{MAX_SCALE})")
    if (have.kind == want.kind and have.item == want.item) or (have.kind in INTEGERS and want.kind in INTEGERS):
        return Rescale(op, have.digits, want.digits) if have.digits != want.digits else op
    if isinstance(op, Const) and op.value is None:
        return null_of(want)
    if "array" in (have.kind, want.kind):
        return _of_array(op, have, want)
    if have.kind in TEXTS:
        return _from_text(op, have, want)
    if want.kind in ("string", "text"):
        return Text(op, have)
    step = _STEPS.get((_family(have), _family(want)))
    if step is None:
        raise ConvertError(f"values of type {have} cannot become {want}", str(have))
    return step(op, have, want)


def _of_array(op: Op, have: Type, want: Type) -> Op:
    """An array as JSON; nothing else becomes an array, or what an array can be."""
    if want.kind in ("json", "string", "text"):
        return Text(op, have)
    if have.kind == want.kind:
        raise ConvertError(f"values of type {have} cannot become {want}", str(have))
    made = "array: {of: …}" if want.kind == "array" else "its items"
    raise ConvertError(f"values of type {have} cannot become {want}; an array is made by {made}", str(have))


def _family(type_: Type) -> str:
    return "exact" if type_.kind in INTEGERS or type_.kind == "decimal" else type_.kind


_STEPS: Final[dict[tuple[str, str], Callable[[Op, Type, Type], Op]]] = {
    ("exact", "exact"): lambda op, have, want: Rescale(op, have.digits, want.digits) if have.digits != want.digits else op,
    ("exact", "float"): lambda op, have, want: ToFloat(op, have.digits),
    ("float", "exact"): lambda op, have, want: ToInteger(op, want.digits),
    ("bool", "exact"): lambda op, have, want: Call("if_else", (op, Const(10**want.digits), Const(0))),
    ("exact", "bool"): lambda op, have, want: Call("not_equal", (op, Const(0))),
    ("date", "datetime"): lambda op, have, want: times(op, DAY * 10**want.digits),
    ("datetime", "date"): lambda op, have, want: Call("integer_divide", (op, Const(DAY * 10**have.digits))),
    ("datetime", "time"): lambda op, have, want: _time_of_day(op, have, want),
}


def _time_of_day(op: Op, have: Type, want: Type) -> Op:
    clock: Op = Call("modulo", (op, Const(DAY * 10**have.digits)))
    if have.digits > want.digits:
        return Call("integer_divide", (clock, Const(10 ** (have.digits - want.digits))))
    return times(clock, 10 ** (want.digits - have.digits))


def _from_text(op: Op, have: Type, want: Type) -> Op:
    if want.kind in ("string", "text"):
        return op
    if isinstance(op, Const | Values):
        return _constants(op, want)
    if want.kind in INTEGERS and only_digits(op):
        return Call("parse_int", (op,))
    raise ConvertError(f"values of type {have} cannot become {want}", str(have))


def only_digits(op: Op) -> bool:
    """Whether text is proven to be 1 to 18 digits on every row."""
    match op:
        case Pattern(alphabets):
            return 1 <= len(alphabets) <= 18 and all(a.isascii() and a.isdigit() for a in alphabets)
        case Digits(blank_zero=False):
            return True
    return False


def _constants(op: Const | Values, want: Type) -> Op:
    """Constant text read as another type, once."""
    given = (op.value,) if isinstance(op, Const) else op.values
    read = tuple(None if v is None else _read(str(v), want) for v in given)
    return Const(read[0], constant_kind(want)) if isinstance(op, Const) else Values(read, op.of)


def _read(text: str, want: Type) -> Scalar:
    try:
        return _READERS[want.kind](text, want)
    except (ValueError, KeyError, ArithmeticError):
        raise ConvertError(f"{text[:60]!r} is not a {want}") from None


def _exact(text: str, want: Type) -> int:
    return round_half_up(Decimal(text).scaleb(want.digits))


def _fit(pattern: Callable[[str], object]) -> Callable[[str, Type], Scalar]:
    def read(text: str, want: Type) -> Scalar:
        if not pattern(text):
            raise ValueError(text)
        return text

    return read


_READERS: Final[dict[str, Callable[[str, Type], Scalar]]] = {
    "int": _exact,
    "bigint": _exact,
    "decimal": _exact,
    "float": lambda text, want: float(text),
    "bool": lambda text, want: {"true": True, "false": False}[text.lower()],
    "date": lambda text, want: parse_date(text),
    "datetime": lambda text, want: parse_datetime(text, want.digits),
    "time": lambda text, want: parse_time(text, want.digits),
    "uuid": _fit(_UUID.fullmatch),
    "json": _fit(lambda text: (orjson.loads(text),)),
}


def lossy(have: Type, want: Type) -> bool:
    """Whether two different values can become one."""
    if have.kind in TEXTS or want.kind in TEXTS or have.kind == want.kind == "float":
        return False
    return want.digits < have.digits or (have.kind, want.kind) in _LOSSY or want.kind in ("bool", "time")


_LOSSY: Final = {("datetime", "date"), ("float", "int"), ("float", "bigint"), ("float", "decimal"), ("bigint", "float")}


def fit(op: Op, want: Type, facts: Facts, unique: bool) -> Op:
    """The operation with values that fit the type: text cut to its length, numbers proven. Raises `ConvertError`."""
    if want.kind == "string" and want.length is not None:
        if facts.length is not None and facts.length <= want.length:
            return op
        if unique:
            longest = f"{facts.length} characters" if facts.length else "any length"
            raise ConvertError(f"the values have up to {longest}; cut to {want.length} they would not stay unique", "text")
        return Call("substring", (op, Const(0), Const(want.length)))
    check_range(want, facts)
    return op


def check_range(want: Type, facts: Facts) -> None:
    """Refuse numbers that are known to leave their type. Raises `ConvertError`."""
    if not facts.fits:
        raise ConvertError(f"with {want.digits} digits after the point the values do not fit in 64 bits")
    limit = {"int": _INT_RANGE, "bigint": 2**63, "decimal": 10**want.precision}.get(want.kind)
    for end in (facts.low, facts.high):
        if limit is not None and end is not None and abs(end) >= limit and end != -limit:
            shown = f"{end:,}" if not want.digits else f"{end / 10**want.digits:,.{want.digits}f}"
            raise ConvertError(f"values up to {shown} do not fit {want}", "bigint" if want.kind == "int" else "")


def inferred(have: Type, facts: Facts) -> Type:
    """The type of values that were given none: whole numbers beyond 32 bits are bigint. Raises `ConvertError`."""
    if have.kind not in INTEGERS:
        check_range(have, facts)
        return have
    ends = [n for n in (facts.low, facts.high) if n is not None]
    if have.kind == "int" and any(not -_INT_RANGE <= n < _INT_RANGE for n in ends):
        return BIGINT
    return have


def narrowed(have: Type, facts: Facts) -> Type:
    """The type of a whole number that an expression made: int where it is proven to fit 32 bits."""
    proven = facts.low is not None and facts.high is not None and -_INT_RANGE <= facts.low <= facts.high < _INT_RANGE
    return Type("int") if have.kind == "bigint" and proven else have
