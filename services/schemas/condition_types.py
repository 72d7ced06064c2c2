"""Conditions of CHECKs and the types of their columns: what is compared must be alike, as PostgreSQL demands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.schemas import defaults
from services.schemas.types import INTEGERS, TEXTS, DataType

Part = tuple[Any, ...]
"""A node of a condition: its kind, then what it is made of.

`("and", …)`, `("or", …)`, `("not", part)`, `("=" | "<>" | "<" | "<=" | ">" | ">=", left, right)`, `("in", part, (values…))`,
`("like", part, text)`, `("null", part)`, `("column", name)`, `("text", str)`, `("number", str)`, `("bool", bool)`, `("call",
name, (arguments…))`, `("+" | "-" | "*" | "%", left, right)`, `("neg", part)`.
"""

_Kinds = Mapping[str, DataType | None]
_NUMBERS: Final = frozenset({*INTEGERS, "DECIMAL", "REAL", "DOUBLE"})
_WRITTEN: Final = frozenset({"DATE", "TIME", "TIMESTAMP", "UUID", "ENUM"})
"""Types whose values a condition writes as texts."""

COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
_ARITHMETIC: Final = frozenset({"+", "-", "*", "%", "neg"})


class ConditionError(ValueError):
    """A condition that cannot be taken: the sentence says why."""


def typed(part: Part, kinds: _Kinds) -> Part:
    """The condition, its values spelled as their columns' types spell them. Raises `ConditionError`."""
    if part[0] in ("and", "or"):
        return (part[0], *(typed(item, kinds) for item in part[1:]))
    if part[0] == "not":
        return ("not", typed(part[1], kinds))
    if part[0] in COMPARISONS:
        left, right = _alike(part[1], part[2], kinds), _alike(part[2], part[1], kinds)
        return (part[0], left, right)
    if part[0] == "in":
        _family(part[1], kinds)
        return ("in", part[1], tuple(_alike(value, part[1], kinds) for value in part[2]))
    if part[0] == "like":
        _wanted(part[1], "text", kinds)
    return part


def _alike(part: Part, other: Part, kinds: _Kinds) -> Part:
    """The part, found to be comparable with the other, and a written value in its canonical spelling."""
    own, wanted = _family(part, kinds), _family(other, kinds)
    if not own or not wanted or own == wanted:
        return part
    if part[0] == "text" and wanted in _WRITTEN:
        return ("text", _value(part[1], other, kinds))
    if other[0] == "text" and own in _WRITTEN:
        return part
    raise ConditionError(f"compares {_words(own)} with {_words(wanted)}")


def _value(text: str, other: Part, kinds: _Kinds) -> str:
    kind = kinds.get(other[1]) if other[0] == "column" else None
    if kind is None:
        return text
    try:
        found = defaults.canonical(text, kind)
    except defaults.DefaultRefusedError as error:
        raise ConditionError(f"compares {other[1]} with a value that it cannot have: {error}") from error
    return text if found is None else found


def _words(family: str) -> str:
    return {"text": "a text", "number": "a number", "bool": "true or false"}.get(family, f"a value of the type {family}")


def _family(part: Part, kinds: _Kinds) -> str:
    """What kind of value it is: number, text, bool, or the name of a type; "" where that is not known."""
    if part[0] == "column":
        kind = kinds.get(part[1])
        return "" if kind is None else _of_type(kind, part[1])
    if part[0] == "call":
        return _CALLS[part[1]](part[2], kinds)
    if part[0] in _ARITHMETIC:
        for item in part[1:]:
            _wanted(item, "number", kinds)
        return "number"
    return str(part[0])


def _of_type(kind: DataType, name: str) -> str:
    if kind.name in _NUMBERS:
        return "number"
    if kind.name in TEXTS:
        return "text"
    if kind.name == "BOOLEAN":
        return "bool"
    if kind.name in _WRITTEN or kind.name == "TIMESTAMPTZ":
        return kind.name
    raise ConditionError(f"compares {name}, whose type {kind} databases do not compare alike")


def _wanted(part: Part, family: str, kinds: _Kinds) -> str:
    found = _family(part, kinds)
    if found and found != family:
        raise ConditionError(f"uses {_words(found)} where {_words(family)} is needed")
    return family


def _first(arguments: tuple[Part, ...], kinds: _Kinds) -> str:
    """COALESCE is of the kind of its arguments."""
    found = [_family(item, kinds) for item in arguments]
    if len({family for family in found if family}) > 1:
        raise ConditionError("has a COALESCE of values that are not alike")
    return found[0]


_Call = Callable[[tuple[Part, ...], _Kinds], str]


def _of_text(family: str) -> _Call:
    def read(arguments: tuple[Part, ...], kinds: _Kinds) -> str:
        _wanted(arguments[0], "text", kinds)
        return family

    return read


_CALLS: Final[Mapping[str, _Call]] = {
    "length": _of_text("number"), "lower": _of_text("text"), "upper": _of_text("text"), "trim": _of_text("text"),
    "abs": lambda arguments, kinds: _wanted(arguments[0], "number", kinds), "coalesce": _first,
}  # fmt: skip
