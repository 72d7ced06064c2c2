"""Conditions of SQL in the words of the schema language, where the two mean the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.common.guess.references import quoted

_SQLGLOT: Final = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite", "sqlserver": "tsql"}
_OPERATORS: Final[dict[type[exp.Expression], str]] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Mod: "%",
    exp.And: "and",
    exp.Or: "or",
}
_CALLS: Final[dict[type[exp.Expression], str]] = {
    exp.Length: "length",
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Abs: "abs",
    exp.Coalesce: "coalesce",
    exp.Trim: "trim",
}


class _ForeignError(Exception):
    """There is no word for this part."""


def translate(sql: str, dialect: str, columns: frozenset[str]) -> str:
    """The condition as an expression; "" where the language has no words for it. Whether its types fit, the planner says."""
    try:
        tree = sqlglot.parse_one(sql, read=_SQLGLOT.get(dialect, ""))
        return _say(cast("exp.Expression", tree), {name.lower(): name for name in columns})
    except (SqlglotError, _ForeignError, RecursionError):
        return ""


def columns_of(sql: str, dialect: str) -> tuple[str, ...]:
    """The columns that an expression reads."""
    try:
        tree = sqlglot.parse_one(sql, read=_SQLGLOT.get(dialect, ""))
    except SqlglotError:
        return ()
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def _say(tree: exp.Expression, columns: dict[str, str]) -> str:
    def inner(part: object) -> str:
        if not isinstance(part, exp.Expression):
            raise _ForeignError
        return _say(part, columns)

    operator = _OPERATORS.get(type(tree))
    if operator:
        return f"({inner(tree.left)} {operator} {inner(tree.right)})" if isinstance(tree, exp.Binary) else ""
    call = _CALLS.get(type(tree))
    if call:
        return f"{call}({', '.join(inner(part) for part in (tree.this, *tree.expressions))})"
    return _rest(tree, inner, columns)


def _rest(tree: exp.Expression, inner: Callable[[object], str], columns: dict[str, str]) -> str:
    match tree:
        case exp.Paren() | exp.Cast():
            return inner(tree.this)
        case exp.Not():
            return f"not ({inner(tree.this)})"
        case exp.Neg():
            return f"-{inner(tree.this)}"
        case exp.Is() if isinstance(tree.expression, exp.Null):
            return f"({inner(tree.this)} is null)"
        case exp.Between():
            return f"between({inner(tree.this)}, {inner(tree.args['low'])}, {inner(tree.args['high'])})"
        case exp.In() if tree.expressions:
            return f"({inner(tree.this)} in ({', '.join(inner(part) for part in tree.expressions)}))"
        case exp.Boolean() | exp.Null() | exp.Literal():
            return _constant(tree)
        case exp.Column() if tree.name.lower() in columns:
            return quoted(columns[tree.name.lower()])
    raise _ForeignError


def _constant(tree: exp.Boolean | exp.Null | exp.Literal) -> str:
    if isinstance(tree, exp.Null):
        return "null"
    if isinstance(tree, exp.Boolean):
        return "true" if tree.this else "false"
    if not tree.is_string:
        return str(tree.this)
    if "'" in tree.this or "\\" in tree.this:
        raise _ForeignError
    return f"'{tree.this}'"
