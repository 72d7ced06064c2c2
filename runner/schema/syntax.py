"""Expressions as text: tokens and a Pratt parser that makes a small tree. Nothing is ever evaluated by Python.

```
if(qty > 10, price * 0.9, price)        first_name + ' ' + last_name
status in ('paid', 'sent') and not is_null(parent.email)
```
Binding, loosest first: `or`, `and`, `not`, comparison (`= == != <> < <= > >=`, `in`, `is null`),
`+ -`, `* / // %`, unary `-`. Names may be written in backquotes when they are no plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 32

Binary = Literal["or", "and", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%"]


class ExprError(ValueError):
    """An expression that cannot be used; `offset` is where, in characters from its start."""

    def __init__(self, offset: int, message: str, code: str = "EXPR_SYNTAX", suggestion: str = "") -> None:
        super().__init__(message)
        self.offset, self.message, self.code, self.suggestion = offset, message, code, suggestion


@dataclass(frozen=True)
class Literally:
    """A constant: a whole number, an exact decimal, text, a boolean or null."""

    value: int | Decimal | str | bool | None
    offset: int
    depth: int = 1


@dataclass(frozen=True)
class Name:
    """A column (`qty`) or a column of a parent (`parent.signup_at`)."""

    parts: tuple[str, ...]
    offset: int
    depth: int = 1


@dataclass(frozen=True)
class Apply:
    """An operator or a function applied to arguments."""

    function: str
    args: tuple[Expr, ...]
    offset: int
    depth: int


Expr = Literally | Name | Apply


@dataclass(frozen=True)
class Token:
    """A piece of the text: number, text, name, operator or the end."""

    kind: Literal["number", "text", "name", "quoted", "op", "end"]
    text: str
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?|\.[0-9]+)
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<name>[^\W\d]\w*)
    |(?P<quoted>`[^`]+`)
    |(?P<op>//|==|!=|<>|<=|>=|&&|\|\||[-+*/%()<>=!,.\[\]])
    |(?P<end>$))""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """The tokens, an end token last. Raises `ExprError` at the first character that fits nothing."""
    found, at = list[Token](), 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if not match or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExprError(start, _strange(text[start : start + 1]), suggestion=_ELSEWHERE.get(text[start : start + 1], ""))
        kind = match.lastgroup
        found.append(Token(kind, match[kind], match.start(kind)))  # type: ignore[arg-type]  # group names are the kinds
        at = match.end()
    return found


def _strange(character: str) -> str:
    if character in "'\"`":
        return f"the quote {character} is never closed"
    return f"{character!r} means nothing here"


_BINDING: Final = {
    "or": 10, "||": 10, "and": 20, "&&": 20,
    "=": 40, "==": 40, "!=": 40, "<>": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "in": 40, "not": 40, "is": 40,
    "+": 50, "-": 50, "*": 60, "/": 60, "//": 60, "%": 60,
}  # fmt: skip
_SAME: Final = {"=": "==", "<>": "!=", "&&": "and", "!": "not"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_NOT, _UNARY = 30, 70


def parse(text: str) -> Expr:
    """The tree of an expression. Raises `ExprError` with the place and a plain sentence."""
    if len(text) > MAX_LENGTH:
        raise ExprError(0, f"an expression has at most {MAX_LENGTH:,} characters, this one has {len(text):,}")
    parser = _Parser(tokens(text))
    tree = parser.expression(0)
    if parser.here.kind != "end":
        raise ExprError(parser.here.offset, f"{parser.here.text!r} was not expected here", suggestion=_meant(parser.here, tree))
    return tree


_ELSEWHERE: Final = {
    "between": "between(x, low, high)", "like": "matches(text, pattern)", "ilike": "matches(lower(text), pattern)",
    "when": "if(condition, a, b)", "then": "if(condition, a, b)", "?": "if(condition, a, b)", "as": "text(x)",
    "^": "power(x, n)", "**": "power(x, n)", "=<": "<=", "=>": ">=",
}  # fmt: skip
"""What is written otherwise here, by the word or sign at which other languages cannot be followed any further."""


def _meant(token: Token, before: Expr) -> str:
    """What the text may have meant that stops making sense at a token, after an expression that does."""
    name = before.parts[-1] if isinstance(before, Name) else ""
    if token.kind == "text" and name:
        return "days(n)" if name.lower() == "interval" else f"{name}({token.text})"
    if token.text == "(" and name:
        return f"{name}({'.'.join(before.parts[:-1])})" if isinstance(before, Name) else ""
    return _ELSEWHERE.get(token.text.lower(), "")


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self._stream, self._at, self._open = stream, 0, 0

    @property
    def here(self) -> Token:
        return self._stream[self._at]

    def _next(self) -> Token:
        token = self.here
        self._at += 1
        return token

    def _skip(self, *words: str) -> bool:
        if self.here.kind in ("op", "name") and self.here.text.lower() in words:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            seen = "the end" if self.here.kind == "end" else repr(self.here.text)
            raise ExprError(
                self.here.offset, f"expected {word!r}, found {seen}", suggestion=_ELSEWHERE.get(self.here.text.lower(), "")
            )

    def expression(self, binding: int) -> Expr:
        self._open += 1
        if self._open > MAX_DEPTH:
            raise _too_deep(self.here.offset)
        left = self._prefix()
        while self.here.kind in ("op", "name") and _BINDING.get(self.here.text.lower(), 0) > binding:
            left = self._infix(left, self._next())
        self._open -= 1
        return left

    def _infix(self, left: Expr, operator: Token) -> Expr:
        word = operator.text.lower()
        if word == "is":
            negated = self._skip("not")
            self._expect("null")
            return _negate(_apply("is_null", operator, left), negated, operator)
        if word in ("not", "in"):
            if word == "not":
                self._expect("in")
            return _negate(self._members(left, operator), word == "not", operator)
        return _apply(_SAME.get(word, word), operator, left, self.expression(_BINDING[word]))

    def _members(self, left: Expr, operator: Token) -> Expr:
        closing = "]" if self.here.text == "[" else ")"
        self._expect("[" if closing == "]" else "(")
        members = self._list(closing)
        if not members:
            raise ExprError(operator.offset, "`in` needs at least one value")
        return _apply("in", operator, left, *members)

    def _list(self, closing: str) -> tuple[Expr, ...]:
        found = list[Expr]()
        while not self._skip(closing):
            if found:
                self._expect(",")
            found.append(self.expression(0))
        return tuple(found)

    def _prefix(self) -> Expr:
        token = self._next()
        word = token.text.lower()
        match token.kind:
            case "number":
                return Literally(_number(token.text), token.offset)
            case "text":
                return Literally(_unquote(token.text), token.offset)
            case "quoted":
                return self._name(token, token.text[1:-1])
            case "name" if word == "not":
                return _apply("not", token, self.expression(_NOT))
            case "name" if word in _WORDS and self.here.text not in (".", "("):
                return Literally(_WORDS[word], token.offset)
            case "name" if self._skip("("):
                return _apply(word, token, *self._list(")"))
            case "name" if word not in ("or", "and", "in", "is"):
                return self._name(token, token.text)
        return self._symbol(token)

    def _symbol(self, token: Token) -> Expr:
        match token.text:
            case "(":
                inner = self.expression(0)
                self._expect(")")
                return inner
            case "-" | "+":
                operand = self.expression(_UNARY)
                return operand if token.text == "+" else _apply("negate", token, operand)
            case "!":
                return _apply("not", token, self.expression(_UNARY))
        seen = "the end" if token.kind == "end" else repr(token.text)
        before = self._stream[self._at - 2].text if self._at > 1 else ""
        raise ExprError(token.offset, f"expected a value, found {seen}", suggestion=_ELSEWHERE.get(before + token.text, ""))

    def _name(self, first: Token, text: str) -> Name:
        parts = [text]
        while self._skip("."):
            part = self._next()
            if part.kind not in ("name", "quoted"):
                raise ExprError(part.offset, "expected a column's name after the dot")
            parts.append(part.text.strip("`"))
        return Name(tuple(parts), first.offset)


def _apply(function: str, at: Token, *args: Expr) -> Apply:
    depth = 1 + max((a.depth for a in args), default=0)
    if depth > MAX_DEPTH:
        raise _too_deep(at.offset)
    return Apply(function, args, at.offset, depth)


def _negate(tree: Expr, negated: bool, at: Token) -> Expr:
    return _apply("not", at, tree) if negated else tree


def _too_deep(offset: int) -> ExprError:
    hint = "split it with a hidden column (a name that begins with __)"
    return ExprError(offset, f"this expression nests deeper than {MAX_DEPTH} levels", suggestion=hint)


def _number(text: str) -> int | Decimal:
    plain = text.replace("_", "")
    return Decimal(plain) if "." in plain else int(plain)


_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


def _unquote(text: str) -> str:
    quote = text[0]
    pattern = re.compile(r"\\(.)|" + quote * 2, re.DOTALL)
    return pattern.sub(lambda m: _ESCAPES.get(m[1], m[1]) if m[1] else quote, text[1:-1])
