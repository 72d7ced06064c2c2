"""CHECK conditions of drawings: parsed into a small tree of known parts, and written from it for each database.

A drawing's condition is SQL in the standard's quoting ("names", 'texts'). What is not one of the parts below (a
subquery, a function that databases do not share, a second statement) is refused; nothing is passed on as it came. The
tree is normalised, so that `qty BETWEEN 1 AND 5` and PostgreSQL's `((qty >= 1) AND (qty <= 5))` are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from runner.formats.ddl.names import quoted
from services.common.databases._checks import SQLGLOT
from services.schemas.condition_types import ConditionError, Part, typed
from services.schemas.drawing import Dialect
from services.schemas.types import DataType, literal

__all__ = ["ConditionError", "Names", "Part", "columns", "joined", "negated", "parse", "plain", "sql"]

_DEEPEST: Final = 40
_LONGEST: Final = 4_000


@dataclass(frozen=True)
class Names:
    """The columns that a condition may name, with their types (None where that is not known)."""

    kinds: Mapping[str, DataType | None]

    def spelled(self, name: str, exact: bool) -> str:
        """The column's own spelling. Raises `ConditionError`."""
        if name in self.kinds:
            return name
        near = [known for known in self.kinds if known.casefold() == name.casefold()]
        if not near or exact:
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConditionError(f"names the column {name[:80]}, which the table does not have{hint}")
        return near[0]

    def is_boolean(self, part: Part) -> bool:
        """Whether it is a BOOLEAN column."""
        kind = self.kinds.get(part[1]) if part[0] == "column" else None
        return kind is not None and kind.name == "BOOLEAN"


def parse(text: str, names: Names, dialect: Dialect | None = None) -> Part:
    """The tree of a condition: a drawing's, or one as a database of the dialect writes it. Raises `ConditionError`."""
    if not text.strip():
        raise ConditionError("is empty")
    if len(text) > _LONGEST:
        raise ConditionError(f"is longer than {_LONGEST:,} characters")
    try:
        found = sqlglot.parse(text, dialect=SQLGLOT[dialect or "postgresql"])
    except (SqlglotError, ValueError, RecursionError) as error:
        raise ConditionError("cannot be read as SQL") from error
    if len(found) != 1 or found[0] is None:
        raise ConditionError("is more than one expression")
    if any(node.comments for node in found[0].walk()):
        raise ConditionError("holds a comment")
    part = _Reader(names, dialect is None).read(found[0], 0)
    if not _is_condition(part, names):
        raise ConditionError("is no condition: it is neither true nor false")
    return typed(_truth(part, names), names.kinds)


def _is_condition(part: Part, names: Names) -> bool:
    if part[0] in ("and", "or", "not", "in", "like", "null", "bool", *_SIGNS.values()):
        return True
    return names.is_boolean(part)


_SIGNS: Final[Mapping[type[exp.Expression], str]] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_ARITHMETIC: Final[Mapping[type[exp.Expression], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Mod: "%"}
_CALLS: Final[Mapping[type[exp.Expression], str]] = {
    exp.Length: "length", exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim", exp.Abs: "abs", exp.Coalesce: "coalesce",
}  # fmt: skip
_LENGTHS: Final = frozenset({"CHARACTER_LENGTH", "CHAR_LENGTH", "LEN"})
_TYPES_OF_NUMBERS: Final = frozenset(
    {"INT", "BIGINT", "SMALLINT", "DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "BIGDECIMAL", "NUMERIC"}
)


class _Reader:
    """Reads sqlglot's tree into ours."""

    def __init__(self, names: Names, own: bool) -> None:
        self._names, self._own = names, own

    def read(self, node: Any, depth: int) -> Part:
        if depth > _DEEPEST * 8:
            raise ConditionError("is nested too deeply")
        for kinds, make in self._KINDS:
            if isinstance(node, kinds):
                return make(self, node, depth + 1)
        raise ConditionError(f"holds {_shown(node)}, which not all databases have")

    def _paren(self, node: Any, depth: int) -> Part:
        return self.read(node.this, depth)

    def _joined(self, node: Any, depth: int) -> Part:
        kind = "and" if isinstance(node, exp.And) else "or"
        parts: list[Part] = []
        stack = [node.expression, node.this]
        while stack:  # long chains nest to the left as deep as they are long
            item = stack.pop()
            while isinstance(item, exp.Paren):
                item = item.this
            if type(item) is type(node):
                stack += [item.expression, item.this]
            else:
                parts.append(_truth(self.read(item, depth), self._names))
        return joined(kind, parts)

    def _not(self, node: Any, depth: int) -> Part:
        return negated(_truth(self.read(node.this, depth), self._names))

    def _compared(self, node: Any, depth: int) -> Part:
        sign = _SIGNS[type(node)]
        listed = _listed(node.expression)
        if listed is not None and sign in ("=", "<>"):
            part = _among(self.read(node.this, depth), [self.read(item, depth) for item in listed])
            return part if sign == "=" else negated(part)
        left, right = self.read(node.this, depth), self.read(node.expression, depth)
        left, right = self._alike(left, right), self._alike(right, left)
        if left[0] in ("and", "or", "not", "in", "like", "null") or right[0] in ("and", "or", "not", "in", "like", "null"):
            raise ConditionError("compares a condition with something; join conditions by AND, OR and NOT")
        return (sign, left, right)

    def _alike(self, part: Part, other: Part) -> Part:
        """MySQL and SQLite write true and false as numbers."""
        truth = self._names.is_boolean(other) and part[0] == "number" and part[1] in ("0", "1")
        return ("bool", part[1] == "1") if truth else part

    def _in(self, node: Any, depth: int) -> Part:
        if not node.expressions or node.args.get("query") or node.args.get("unnest"):
            raise ConditionError("holds an IN without a list of values")
        this = self.read(node.this, depth)
        return _among(this, [self._alike(self.read(item, depth), this) for item in node.expressions])

    def _between(self, node: Any, depth: int) -> Part:
        this = self.read(node.this, depth)
        low, high = self.read(node.args["low"], depth), self.read(node.args["high"], depth)
        return ("and", (">=", this, low), ("<=", this, high))

    def _like(self, node: Any, depth: int) -> Part:
        this, pattern = self.read(node.this, depth), self.read(node.expression, depth)
        if pattern[0] != "text" or "\\" in pattern[1]:
            raise ConditionError("holds a LIKE whose pattern is no plain text")
        part = ("like", this, pattern)
        return ("not", part) if node.args.get("negate") else part

    def _is(self, node: Any, depth: int) -> Part:
        this, value = self.read(node.this, depth), node.expression
        no = bool(node.args.get("negate"))
        if not isinstance(value, exp.Null):
            raise ConditionError("holds an IS other than IS NULL and IS NOT NULL")
        return ("not", ("null", this)) if no else ("null", this)

    def _column(self, node: Any, _: int) -> Part:
        if node.args.get("table") or not isinstance(node.this, exp.Identifier):
            raise ConditionError("names a column of a table; say the column alone")
        return ("column", self._names.spelled(node.this.name, bool(node.this.args.get("quoted"))))

    def _literal(self, node: Any, _: int) -> Part:
        text = str(node.this)
        if not node.is_string:
            return ("number", _number(text))
        if any(ord(c) == 0 or 0xD800 <= ord(c) < 0xE000 for c in text):
            raise ConditionError("holds characters that databases do not take")
        return ("text", text)

    def _negative(self, node: Any, depth: int) -> Part:
        inner = self.read(node.this, depth)
        return ("number", _number(f"-{inner[1]}")) if inner[0] == "number" else ("neg", inner)

    def _cast(self, node: Any, depth: int) -> Part:
        """Databases write the casts that they do on their own; a drawing's condition has none."""
        if self._own:
            raise ConditionError("holds a cast")
        inner = self.read(node.this, depth)
        kind = node.to.this.name if isinstance(node.to, exp.DataType) else ""
        if inner[0] == "text" and kind in _TYPES_OF_NUMBERS:
            return ("number", _number(inner[1]))
        if inner[0] == "text" and kind == "BOOLEAN":
            return ("bool", inner[1].lower().startswith("t"))
        return inner

    def _calculated(self, node: Any, depth: int) -> Part:
        return (_ARITHMETIC[type(node)], self.read(node.this, depth), self.read(node.expression, depth))

    def _call(self, node: Any, depth: int) -> Part:
        extra = {key: value for key, value in node.args.items() if value and key not in ("this", "expressions")}
        if any(value is not True and value != "BOTH" for value in extra.values()):
            raise ConditionError(f"holds {_shown(node)}, which not all databases have")
        arguments = (self.read(node.this, depth), *(self.read(item, depth) for item in node.expressions))
        return ("call", _CALLS[type(node)], arguments)

    def _named_call(self, node: Any, depth: int) -> Part:
        if str(node.this).upper() not in _LENGTHS or len(node.expressions) != 1:
            raise ConditionError(f"calls {str(node.this)[:40]}, which not all databases have")
        return ("call", "length", (self.read(node.expressions[0], depth),))

    def _introduced(self, node: Any, depth: int) -> Part:
        return self.read(node.expression, depth)

    _KINDS: Final[Sequence[tuple[Any, Callable[[_Reader, Any, int], Part]]]] = (
        (exp.Paren, _paren),
        ((exp.And, exp.Or), _joined),
        (exp.Not, _not),
        (tuple(_SIGNS), _compared),
        (exp.In, _in),
        (exp.Between, _between),
        (exp.Like, _like),
        (exp.Is, _is),
        (exp.Column, _column),
        (exp.Literal, _literal),
        (exp.National, lambda _self, node, _depth: ("text", str(node.this))),
        (exp.Boolean, lambda _self, node, _depth: ("bool", bool(node.this))),
        (exp.Neg, _negative),
        (exp.Cast, _cast),
        (tuple(_ARITHMETIC), _calculated),
        (tuple(_CALLS), _call),
        (exp.Anonymous, _named_call),
        (exp.Introducer, _introduced),
    )


def _shown(node: Any) -> str:
    return type(node).__name__.upper() if isinstance(node, exp.Expression) else "something"


def _number(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ConditionError(f"holds the number {text[:40]}, which cannot be read") from None
    if not value.is_finite() or abs(value.adjusted()) > _DEEPEST:
        raise ConditionError(f"holds the number {text[:40]}, which is too large or too small")
    written = f"{value:f}"
    return "0" if value == 0 else written.rstrip("0").rstrip(".") if "." in written else written


def _truth(part: Part, names: Names) -> Part:
    """A BOOLEAN column by itself is the column compared with true."""
    if names.is_boolean(part):
        return ("=", part, ("bool", True))
    if not _is_condition(part, names):
        raise ConditionError("joins something that is neither true nor false")
    return part


def _among(this: Part, values: list[Part]) -> Part:
    if any(value[0] not in ("text", "number", "bool") for value in values):
        raise ConditionError("holds an IN with something other than values")
    return ("=", this, values[0]) if len(values) == 1 else ("in", this, tuple(values))


def _listed(node: Any) -> list[Any] | None:
    """The items of PostgreSQL's `ANY (ARRAY[…])` and `ALL (ARRAY[…])`."""
    node = _unwrapped(node)
    if isinstance(node, exp.Any):
        inner = _unwrapped(node.this)
    elif isinstance(node, exp.Anonymous) and str(node.this).upper() == "ALL" and node.expressions:
        inner = _unwrapped(node.expressions[0])
    else:
        return None
    if not isinstance(inner, exp.Array):
        raise ConditionError("holds ANY or ALL of something other than a list")
    return list(inner.expressions)


def _unwrapped(node: Any) -> Any:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def joined(kind: str, parts: Sequence[Part]) -> Part:
    """Parts joined by AND or OR, those that are joined so themselves taken apart."""
    flat: list[Part] = []
    for part in parts:
        flat += part[1:] if part[0] == kind else [part]
    return (kind, *flat)


def negated(part: Part) -> Part:
    """The opposite, NOT pushed inwards as far as it goes (null stays null)."""
    if part[0] in _OPPOSITE:
        return (_OPPOSITE[part[0]], *part[1:])
    if part[0] in ("and", "or"):
        return joined("or" if part[0] == "and" else "and", [negated(item) for item in part[1:]])
    if part[0] == "not":
        return tuple(part[1])
    return ("bool", not part[1]) if part[0] == "bool" else ("not", part)


# --- writing ------------------------------------------------------------------------------------------------------------

_LENGTH_CALLS: Final[Mapping[Dialect, str]] = {
    "postgresql": "char_length", "mysql": "char_length", "sqlite": "length", "sqlserver": "LEN",
}  # fmt: skip


def sql(part: Part, dialect: Dialect) -> str:
    """The tree as SQL of the dialect."""
    kind = part[0]
    if kind in ("and", "or"):
        return f" {kind.upper()} ".join(_wrapped(item, dialect) for item in part[1:])
    if kind == "not":
        if part[1][0] == "null":
            return f"{_operand(part[1][1], dialect)} IS NOT NULL"
        return f"NOT ({sql(part[1], dialect)})"
    write = _WRITERS.get(kind)
    return f"{_operand(part[1], dialect)} {kind.upper()} {_operand(part[2], dialect)}" if write is None else write(part, dialect)


def _wrapped(part: Part, dialect: Dialect) -> str:
    text = sql(part, dialect)
    return f"({text})" if part[0] in ("and", "or") else text


def _operand(part: Part, dialect: Dialect) -> str:
    text = sql(part, dialect)
    return text if part[0] in ("column", "text", "number", "bool", "call") else f"({text})"


def _truth_word(part: Part, dialect: Dialect) -> str:
    if dialect == "postgresql":
        return "TRUE" if part[1] else "FALSE"
    return "1" if part[1] else "0"


def _call_sql(part: Part, dialect: Dialect) -> str:
    name = _LENGTH_CALLS[dialect] if part[1] == "length" else part[1]
    return f"{name}({', '.join(sql(item, dialect) for item in part[2])})"


_WRITERS: Final[Mapping[str, Callable[[Part, Dialect], str]]] = {
    "column": lambda part, dialect: quoted(part[1], dialect),
    "text": lambda part, dialect: literal(part[1], dialect),
    "number": lambda part, _: str(part[1]),
    "bool": _truth_word,
    "neg": lambda part, dialect: f"-({sql(part[1], dialect)})",
    "null": lambda part, dialect: f"{_operand(part[1], dialect)} IS NULL",
    "in": lambda part, dialect: f"{_operand(part[1], dialect)} IN ({', '.join(sql(v, dialect) for v in part[2])})",
    "call": _call_sql,
}


def plain(part: Part) -> str:
    """The tree as a drawing writes it."""
    return sql(part, "postgresql")


def columns(part: Part) -> frozenset[str]:
    """The columns that a condition names."""
    if part[0] == "column":
        return frozenset({str(part[1])})
    inner = [item for item in part[1:] if isinstance(item, tuple)]
    found = [columns(item) for item in inner if item and isinstance(item[0], str)]
    found += [columns(each) for item in inner if item and isinstance(item[0], tuple) for each in item]
    return frozenset().union(*found)
