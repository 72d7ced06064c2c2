"""Read the condition of a CHECK (a domain, a partition, a rule) into a neutral form, by sqlglot.

Databases keep conditions in their own words: PostgreSQL writes `status IN ('a', 'b')` as
`(status)::text = ANY ((ARRAY['a'::character varying, …])::text[])`, MySQL adds character sets, SQL Server brackets. What
comes out is the same for all; parts that are not understood stay as texts and spoil nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.common.databases._forms import NOTHING, Bounds, Choices, Comparison, ParsedCheck, Pattern, Scalar

SQLGLOT: Final = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite", "sqlserver": "tsql"}
"""What sqlglot calls our dialects."""

_TEXTS: Final = frozenset(
    {"TEXT", "VARCHAR", "BPCHAR", "CHAR", "NVARCHAR", "NCHAR", "NAME", "DECIMAL", "BIGINT", "INT", "DOUBLE"}
)
"""Types a column may be cast to without changing how it compares with a literal."""

_Operator = type[exp.Binary]
_MIRRORED: Final[dict[_Operator, _Operator]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
}
_SIGNS: Final[dict[_Operator, Literal["<", "<=", "=", "<>"]]] = {exp.LT: "<", exp.LTE: "<=", exp.EQ: "=", exp.NEQ: "<>"}
_LENGTHS: Final = frozenset({"CHARACTER_LENGTH", "CHAR_LENGTH", "LENGTH", "LEN"})
_JSON_TESTS: Final = frozenset({"JSON_VALID", "ISJSON"})


class _UnreadError(Exception):
    """This part is none of the forms."""


@dataclass(frozen=True)
class _Length:
    """The number of characters of a column."""

    column: str


@dataclass(frozen=True)
class _Place:
    """Where `needle` first is in a column's text, from 1."""

    column: str
    needle: str


@dataclass(frozen=True)
class _Column:
    name: str
    change: str = ""


_Operand = _Length | _Place | _Column | Scalar


def parse_check(sql: str, dialect: str, columns: Sequence[str] = ()) -> ParsedCheck:
    """What the condition `sql` says. `columns` are the table's: names in the condition are given their spelling."""
    tree = _tree(sql, dialect)
    return ParsedCheck(unparsed=(sql.strip(),)) if tree is None else _Reader(dialect, columns).all_of(tree)


def check_columns(sql: str, dialect: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Those of the table's columns that a condition names, in the table's order."""
    tree = _tree(sql, dialect)
    if tree is None:
        named = {word.casefold() for word in re.findall(r"\w+", sql)}
    else:
        named = {column.name.casefold() for column in tree.find_all(exp.Column)}
    return tuple(name for name in columns if name.casefold() in named)


def rename(parsed: ParsedCheck, old: str, new: str) -> ParsedCheck:
    """The same said of another column (a domain's VALUE is the column)."""

    def renamed(item: Any) -> Any:
        if isinstance(item, str):
            return new if item == old else item
        if isinstance(item, ParsedCheck):
            return rename(item, old, new)
        if isinstance(item, tuple):
            return tuple(map(renamed, item))
        names = {f.name: renamed(getattr(item, f.name)) for f in fields(item) if f.name in ("column", "left", "right")}
        return type(item)(**{f.name: getattr(item, f.name) for f in fields(item)} | names)

    lists = {f.name: renamed(getattr(parsed, f.name)) for f in fields(parsed) if f.name != "unparsed"}
    texts = tuple(re.sub(rf"\b{re.escape(old)}\b", new, text) for text in parsed.unparsed)
    return ParsedCheck(**lists, unparsed=texts)


def both(*parts: ParsedCheck) -> ParsedCheck:
    """All of it together."""
    return ParsedCheck(**{f.name: tuple(x for part in parts for x in getattr(part, f.name)) for f in fields(ParsedCheck)})


def _tree(sql: str, dialect: str) -> exp.Expression | None:
    try:
        tree = sqlglot.parse_one(sql, dialect=SQLGLOT[dialect])
    except (SqlglotError, ValueError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Expression) and not isinstance(tree, exp.Command) else None


class _Reader:
    """Reads conditions over these columns."""

    def __init__(self, dialect: str, columns: Sequence[str]) -> None:
        self._dialect = dialect
        self._names = {name.casefold(): name for name in columns}

    def all_of(self, node: exp.Expression) -> ParsedCheck:
        node = _bare(node)
        if isinstance(node, exp.And):
            return both(self.all_of(node.this), self.all_of(node.expression))
        try:
            return self._one(node)
        except (_UnreadError, InvalidOperation):
            return ParsedCheck(unparsed=(node.sql(dialect=SQLGLOT[self._dialect]),))

    def _one(self, node: exp.Expression) -> ParsedCheck:
        if isinstance(node, exp.Not):
            return self._not(_bare(node.this))
        if isinstance(node, exp.Boolean) and node.this:
            return NOTHING
        if isinstance(node, exp.Is):
            return self._is(node)
        for kinds, read in self._FORMS:
            if isinstance(node, kinds):
                return read(self, node)
        if _called(node) in _JSON_TESTS:
            return ParsedCheck(json=(self._column(node.expressions[0]).name,))
        column = self._column(node)
        return ParsedCheck(choices=(Choices(column.name, (True,)),))

    def _not(self, node: exp.Expression) -> ParsedCheck:
        if isinstance(node, exp.Is):
            return self._is(node, negated=True)
        if isinstance(node, exp.Column):
            return ParsedCheck(choices=(Choices(self._column(node).name, (False,)),))
        if isinstance(node, exp.In | exp.EQ | exp.Like | exp.ILike | exp.RegexpLike | exp.RegexpILike | exp.Glob | exp.SimilarTo):
            said = self._one(node)
            if len(said.choices) + len(said.patterns) == 1 and said == ParsedCheck(choices=said.choices, patterns=said.patterns):
                return ParsedCheck(
                    choices=tuple(Choices(c.column, c.values, not c.negated) for c in said.choices),
                    patterns=tuple(Pattern(p.column, p.pattern, p.form, p.ignore_case, not p.negated) for p in said.patterns),
                )
        raise _UnreadError

    def _is(self, node: exp.Expression, negated: bool = False) -> ParsedCheck:
        name, value = self._column(node.this).name, _bare(node.expression)
        negated ^= bool(node.args.get("negate"))
        if isinstance(value, exp.Null):
            return ParsedCheck(not_null=(name,)) if negated else ParsedCheck(null=(name,))
        if isinstance(value, exp.Boolean) and not negated:
            return ParsedCheck(choices=(Choices(name, (bool(value.this),)),), not_null=(name,))
        raise _UnreadError

    def _between(self, node: exp.Expression) -> ParsedCheck:
        low = self._compared(exp.GTE, node.this, node.args["low"])
        return both(low, self._compared(exp.LTE, node.this, node.args["high"]))

    def _in(self, node: exp.Expression) -> ParsedCheck:
        column = self._column(node.this)
        if column.change or not node.expressions:
            raise _UnreadError
        return ParsedCheck(choices=(Choices(column.name, tuple(self._scalar(e) for e in node.expressions)),))

    def _or(self, node: exp.Expression) -> ParsedCheck:
        parts = list(_disjuncts(node))
        nulls = {part: said.null[0] for part in parts if (said := self.all_of(part)).null and said == ParsedCheck(null=said.null)}
        read = [self.all_of(part) for part in parts if part not in nulls]
        names = {column for said in read for column in concerned(said)}
        if any(said.unparsed for said in read):
            raise _UnreadError
        if nulls and (names - set(nulls.values()) or any(said.not_null or said.null for said in read)):
            return ParsedCheck(alternatives=(tuple(self.all_of(part) for part in parts),))
        if len(read) == 1:
            return read[0]
        return _choices(read) or ParsedCheck(alternatives=(tuple(read),))

    def _comparison(self, node: exp.Expression) -> ParsedCheck:
        assert isinstance(node, exp.Binary)
        return self._compared(type(node), node.this, node.expression)

    def _compared(self, operator: _Operator, this: exp.Expression, other: exp.Expression) -> ParsedCheck:
        listed = _listed(other)
        if listed is not None and operator in (exp.EQ, exp.NEQ):
            values = tuple(self._scalar(e) for e in listed)
            return ParsedCheck(choices=(Choices(self._column(this).name, values, operator is exp.NEQ),))
        if _called(_bare(this)) in _JSON_TESTS:
            return self.all_of(this)
        left, right = self._operand(this), self._operand(other)
        if isinstance(left, _Column) and isinstance(right, _Column):
            return _columns_compared(operator, left, right)
        if not isinstance(left, _Column | _Length | _Place):
            left, right, operator = right, left, _MIRRORED[operator]
        if isinstance(right, _Column | _Length | _Place):
            raise _UnreadError
        return _limited(operator, left, right)

    def _pattern(self, node: exp.Expression) -> ParsedCheck:
        column, text = self._column(node.this), self._scalar(node.expression)
        if column.change or not isinstance(text, str) or node.args.get("escape"):
            raise _UnreadError
        form: Literal["like", "glob", "regex"] = (
            "like" if isinstance(node, exp.Like | exp.ILike) else "glob" if isinstance(node, exp.Glob) else "regex"
        )
        text = f"^(?:{_similar(text)})$" if isinstance(node, exp.SimilarTo) else text
        ignore = isinstance(node, exp.ILike | exp.RegexpILike)
        return ParsedCheck(patterns=(Pattern(column.name, text, form, ignore, bool(node.args.get("negate"))),))

    _FORMS: Final[tuple[tuple[Any, Callable[[_Reader, exp.Expression], ParsedCheck]], ...]] = (
        (exp.Between, _between),
        (exp.In, _in),
        (exp.Or, _or),
        ((exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ), _comparison),
        ((exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike, exp.Glob, exp.SimilarTo), _pattern),
    )

    def _operand(self, node: exp.Expression) -> _Operand:
        node = _bare(node)
        if isinstance(node, exp.Length) or _called(node) in _LENGTHS:
            inner = node.this if isinstance(node, exp.Length) else node.expressions[0]
            return _Length(self._column(_bare(inner).this if isinstance(_bare(inner), exp.Trim) else inner).name)
        if isinstance(node, exp.StrPosition):
            return self._place(node)
        if isinstance(node, exp.Lower | exp.Upper | exp.Trim):
            return _Column(self._column(node.this).name, type(node).__name__)
        return self._column(node) if self._is_column(node) else self._scalar(node)

    def _place(self, node: exp.Expression) -> _Operand:
        """`position('@' in email)`; PostgreSQL keeps it with the two the other way round."""
        text, needle = node.this, node.args["substr"]
        if not self._is_column(text):
            text, needle = needle, text
        found = self._scalar(needle)
        if not isinstance(found, str) or node.args.get("position"):
            raise _UnreadError
        return _Place(self._column(text).name, found)

    def _is_column(self, node: exp.Expression) -> bool:
        node = _bare(node)
        while isinstance(node, exp.Cast):
            node = _bare(node.this)
        return isinstance(node, exp.Column) and not self._quoted_text(node)

    def _quoted_text(self, node: exp.Column) -> bool:
        """SQLite takes "x" for a text where no column has that name."""
        known = not self._names or node.name.casefold() in self._names
        return self._dialect == "sqlite" and bool(node.this.args.get("quoted")) and not known

    def _column(self, node: exp.Expression) -> _Column:
        node = _bare(node)
        while isinstance(node, exp.Cast) and node.to.this.name in _TEXTS:
            node = _bare(node.this)
        if not isinstance(node, exp.Column) or self._quoted_text(node):
            raise _UnreadError
        return _Column(self._names.get(node.name.casefold(), node.name))

    def _scalar(self, node: exp.Expression) -> Scalar:
        node = _bare(node)
        if isinstance(node, exp.Cast):
            return self._scalar(node.this)
        if isinstance(node, exp.Introducer):
            return self._scalar(node.expression)
        if isinstance(node, exp.National):
            return str(node.this)
        if isinstance(node, exp.Neg):
            value = self._scalar(node.this)
            if isinstance(value, bool | str):
                raise _UnreadError
            return -value
        if isinstance(node, exp.Boolean):
            return bool(node.this)
        if isinstance(node, exp.Column) and self._quoted_text(node):
            return node.name
        if not isinstance(node, exp.Literal):
            raise _UnreadError
        return str(node.this) if node.is_string else _number(node.this)


def _number(text: str) -> Scalar:
    number = Decimal(text)
    return int(number) if re.fullmatch(r"\d+", text) else number


def _bare(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _called(node: exp.Expression) -> str:
    """The name of a function that sqlglot does not know."""
    return str(node.this).upper() if isinstance(node, exp.Anonymous) else ""


def _disjuncts(node: exp.Expression) -> Sequence[exp.Expression]:
    node = _bare(node)
    return [*_disjuncts(node.this), *_disjuncts(node.expression)] if isinstance(node, exp.Or) else [node]


def _listed(node: exp.Expression) -> list[exp.Expression] | None:
    """The items of `ANY (ARRAY[…])`, `ALL (ARRAY[…])` and `ANY ('{a,b}'::text[])`."""
    node = _bare(node)
    if not isinstance(node, exp.Any) and _called(node) != "ALL":
        return None
    inner = _bare(node.this if isinstance(node, exp.Any) else node.expressions[0])
    while isinstance(inner, exp.Cast):
        inner = _bare(inner.this)
    if isinstance(inner, exp.Array):
        return list(inner.expressions)
    if isinstance(inner, exp.Literal) and re.fullmatch(r"\{[^\"\\{}]*\}", inner.name):
        return [exp.Literal.string(item.strip()) for item in inner.name[1:-1].split(",")]
    raise _UnreadError


def concerned(said: ParsedCheck) -> set[str]:
    """The columns that something is said of."""
    single: tuple[Bounds | Choices | Pattern, ...] = (*said.bounds, *said.choices, *said.patterns)
    found = {part.column for part in single}
    found |= {name for c in said.comparisons for name in (c.left, c.right)}
    inner = {name for group in said.alternatives for part in group for name in concerned(part)}
    return found | inner | {*said.not_null, *said.null, *said.json}


def _choices(read: Sequence[ParsedCheck]) -> ParsedCheck | None:
    """An OR chain of equalities of one column is a list of choices."""
    only = all(said == ParsedCheck(choices=said.choices) and len(said.choices) == 1 for said in read)
    if not only or len({said.choices[0].column for said in read}) != 1 or any(said.choices[0].negated for said in read):
        return None
    return ParsedCheck(choices=(Choices(read[0].choices[0].column, tuple(v for said in read for v in said.choices[0].values)),))


def _columns_compared(operator: _Operator, left: _Column, right: _Column) -> ParsedCheck:
    changes = {left.change, right.change} - {""}
    if left.name == right.name and operator is exp.EQ and changes in ({"Lower"}, {"Upper"}):
        refused = "A-Z" if changes == {"Lower"} else "a-z"
        return ParsedCheck(patterns=(Pattern(left.name, f"^[^{refused}]*$", "regex"),))
    if changes:
        raise _UnreadError
    if operator in (exp.GT, exp.GTE):
        left, right, operator = right, left, _MIRRORED[operator]
    return ParsedCheck(comparisons=(Comparison(left.name, _SIGNS[operator], right.name),))


def _limited(operator: _Operator, left: _Operand, value: Scalar) -> ParsedCheck:
    if isinstance(left, _Place):
        return _holds(operator, left, value)
    if not isinstance(left, _Column | _Length):
        raise _UnreadError
    if isinstance(left, _Column) and operator in (exp.EQ, exp.NEQ):
        if left.change == "Trim" and operator is exp.NEQ and value == "":
            return ParsedCheck(bounds=(Bounds(left.name, 1, of="length"),))
        if left.change:
            raise _UnreadError
        return ParsedCheck(choices=(Choices(left.name, (value,), operator is exp.NEQ),))
    if operator is exp.NEQ:
        raise _UnreadError
    if isinstance(left, _Column) and left.change:
        raise _UnreadError
    name = left.column if isinstance(left, _Length) else left.name
    of: Literal["value", "length"] = "length" if isinstance(left, _Length) else "value"
    opened = operator in (exp.GT, exp.LT)
    low = value if operator in (exp.GT, exp.GTE, exp.EQ) else None
    high = value if operator in (exp.LT, exp.LTE, exp.EQ) else None
    bounds = Bounds(name, low, high, opened and low is not None, opened and high is not None, of)
    return ParsedCheck(bounds=(bounds,))


def _holds(operator: _Operator, place: _Place, value: Scalar) -> ParsedCheck:
    """`position('@' in email) > 1` is LIKE '_%@%'."""
    least = value if operator is exp.GTE else value + 1 if operator is exp.GT and isinstance(value, int) else None
    if not isinstance(least, int) or least < 1 or re.search(r"[%_\\]", place.needle):
        raise _UnreadError
    return ParsedCheck(patterns=(Pattern(place.column, f"{'_' * (least - 1)}%{place.needle}%", "like"),))


def _similar(text: str) -> str:
    """SIMILAR TO as a regular expression."""
    return text.replace("%", ".*").replace("_", ".")
