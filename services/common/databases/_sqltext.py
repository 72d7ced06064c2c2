"""SQL text cut into statements and tokens, as far as reading DDL needs it: quotes, comments and nesting of each dialect.

A file of DDL holds what no SQL parser takes: DELIMITER and GO lines, COPY data, psql's backslash commands, MySQL's
conditional comments, procedures. Here they are cut apart; every token knows its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["word", "name", "text", "number", "sign"]


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is what it means: a word in capitals, a quoted name or text without its quotes, else the text itself.

    `name` is the identifier that it is: as written, but PostgreSQL takes unquoted ones in small letters.
    """

    kind: Kind
    raw: str
    value: str
    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its tokens, and the line it begins at (from 1)."""

    tokens: tuple[Token, ...]
    line: int
    source: str

    @property
    def text(self) -> str:
        """As it was written."""
        return between(self.source, self.tokens)


def between(source: str, tokens: Sequence[Token]) -> str:
    """What stands from the first to the last of these tokens."""
    return source[tokens[0].start : tokens[-1].end] if tokens else ""


_SPACE: Final = r"\s+|--[^\n]*|/\*(?!M?!).*?(?:\*/|\Z)"
_QUOTED: Final = {
    "postgresql": r"""(?P<text>[eE]'(?:[^'\\]|''|\\.)*'|[bBxXnN]?'(?:[^']|'')*'|(?P<dollar>\$\w*\$).*?(?P=dollar))"""
    r"""|(?P<name>"(?:[^"]|"")*")""",
    "mysql": r"""(?P<text>[nNbBxX]?'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")|(?P<name>`(?:[^`]|``)*`)""",
    "sqlite": r"""(?P<text>[xX]?'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])""",
    "sqlserver": r"""(?P<text>[nN]?'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\])""",
}
_REST: Final = (
    r"(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[^\W\d][\w$#]*|[@#][\w@#$]+)"
    r"|(?P<sign>::|:=|<=|>=|<>|!=|\|\||->>|->|.)"
)


def _pattern(dialect: str) -> re.Pattern[str]:
    marks = r"|\#[^\n]*|/\*M?!\d*|\*/" if dialect == "mysql" else ""
    return re.compile(f"(?P<space>{_SPACE}{marks})|{_QUOTED[dialect]}|{_REST}", re.DOTALL)


_PATTERNS: Final = {dialect: _pattern(dialect) for dialect in _QUOTED}


def tokens(text: str, dialect: str, start: int = 0) -> Iterator[Token]:
    """The tokens of a text from `start` on, without comments."""
    pattern = _PATTERNS[dialect]
    while match := pattern.match(text, start):
        start = match.end()
        kind = match.lastgroup if match.lastgroup != "dollar" else "text"
        if kind != "space":
            raw, value = match[0], _value(kind, match[0], dialect)
            name = value if kind != "word" else raw.lower() if dialect == "postgresql" else raw
            yield Token(kind, raw, value, match.start(), start, name)  # type: ignore[arg-type]


def _value(kind: str | None, raw: str, dialect: str) -> str:
    if kind == "word":
        return raw.upper()
    if kind == "name":
        close = "]" if raw[0] == "[" else raw[0]
        return raw[1:-1].replace(close * 2, close)
    return unquoted(raw, dialect) if kind == "text" else raw


def unquoted(raw: str, dialect: str) -> str:
    """What a text literal says."""
    if raw.startswith("$"):
        return re.sub(r"\A\$\w*\$|\$\w*\$\Z", "", raw)
    escapes = dialect == "mysql" or raw[0] in "eE"
    quote = raw[-1]
    inner = raw[raw.index(quote) + 1 : -1].replace(quote * 2, quote)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}.get(m[1], m[1]), inner) if escapes else inner


_ROUTINES: Final = re.compile(r"CREATE (?:.*?)\b(TRIGGER|PROCEDURE|PROC|FUNCTION|EVENT|PACKAGE)\b", re.DOTALL)
_LOOPS: Final = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})
_BATCH_HEADS: Final = frozenset(
    "CREATE ALTER INSERT SET USE EXEC EXECUTE DROP PRINT IF GRANT BEGIN COMMIT DECLARE UPDATE DELETE GO".split()
)


def statements(text: str, dialect: str) -> Iterator[Statement]:
    """The statements of a text, without their terminators. Data of COPY and commands of command-line tools are left out."""
    position = 0
    delimiter = ";"
    while position < len(text):
        if command := _command(text, position, dialect):
            delimiter = command[1] or delimiter
            position = command[0]
            continue
        found, position = _statement(text, position, dialect, delimiter)
        if found:
            yield Statement(tuple(found), text.count("\n", 0, found[0].start) + 1, text)
            if dialect == "postgresql" and found[0].value == "COPY" and found[-1].value == "STDIN":
                end = re.compile(r"^\\\.\s*$", re.MULTILINE).search(text, position)
                position = end.end() if end else len(text)


def _command(text: str, position: int, dialect: str) -> tuple[int, str] | None:
    """A line of a command-line tool where a statement could begin: the place behind it, and the delimiter it sets."""
    gap = re.compile(rf"(?:{_SPACE})*", re.DOTALL).match(text, position)
    assert gap is not None
    line = {
        "mysql": r"(?i:DELIMITER)[ \t]+(\S+)[^\n]*",
        "postgresql": r"\\[^\n]*",
        "sqlite": r"\.[a-z][^\n]*",
        "sqlserver": r"(?i:GO)\b[^\n]*",
    }
    found = re.compile(line[dialect]).match(text, gap.end())
    if found is None:
        return None
    return found.end(), (found[1] if found.re.groups else "")


def _statement(text: str, position: int, dialect: str, delimiter: str) -> tuple[list[Token], int]:
    """The tokens up to the delimiter, and the place behind it."""
    found: list[Token] = []
    nesting = _Nesting(dialect, delimiter)
    for token in tokens(text, dialect, position):
        if not nesting.open and text.startswith(delimiter, token.start):
            return found, token.start + len(delimiter)
        if dialect == "sqlserver" and found and _starts_batch(text, token, found, nesting):
            return found, token.start
        nesting.take(token, found)
        found.append(token)
    return found, len(text)


def _starts_batch(text: str, token: Token, found: list[Token], nesting: _Nesting) -> bool:
    if token.kind != "word" or text[text.rfind("\n", 0, token.start) + 1 : token.start].strip():
        return False
    if token.value == "GO":
        return True
    return token.value in _BATCH_HEADS and not nesting.routine and nesting.depth == 0 and found[-1].value not in ("ON", "AS")


class _Nesting:
    """Whether a `;` ends the statement: not between parentheses, nor in the BEGIN … END of a trigger or procedure."""

    def __init__(self, dialect: str, delimiter: str) -> None:
        self._dialect, self._compound = dialect, delimiter == ";"
        self.routine, self.depth, self._blocks = False, 0, 0

    @property
    def open(self) -> bool:
        """Whether a terminator ends nothing here."""
        if not self._compound:
            return False
        if self.routine and self._dialect == "sqlserver":
            return True
        return self.depth > 0 or self._blocks > 0

    def take(self, token: Token, found: list[Token]) -> None:
        if token.kind == "sign":
            self.depth = max(0, self.depth + {"(": 1, ")": -1}.get(token.raw, 0))
        if token.kind != "word" or not self._compound:
            return
        if len(found) < 8 and not self.routine:
            self.routine = bool(_ROUTINES.match(" ".join(t.value for t in [*found, token])))
        if self.routine and (found[-1].value if found else "") != ".":
            self._count(token.value, found[-1].value if found else "")

    def _count(self, word: str, before: str) -> None:
        if word == "BEGIN" or (word == "CASE" and before != "END"):
            self._blocks += 1
        elif word == "END":
            self._blocks = max(0, self._blocks - 1)
        elif word in _LOOPS and before == "END":
            self._blocks += 1


class Cursor:
    """Reads a run of tokens."""

    def __init__(self, items: Sequence[Token], source: str) -> None:
        self._items, self._at, self.source = items, 0, source

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._items)

    def peek(self, ahead: int = 0) -> str:
        """The value of the token to come; "" at the end and for quoted names and texts."""
        place = self._at + ahead
        token = self._items[place] if place < len(self._items) else None
        return token.value if token is not None and token.kind in ("word", "sign", "number") else ""

    def token(self) -> Token:
        """The token to come, taken. Raises `ValueError` at the end."""
        if self.done:
            raise ValueError("the statement ends too early")
        self._at += 1
        return self._items[self._at - 1]

    def accept(self, *words: str) -> bool:
        """Take these words if they come."""
        if any(self.peek(n) != word for n, word in enumerate(words)):
            return False
        self._at += len(words)
        return True

    def name(self) -> str:
        """An identifier. Raises `ValueError`."""
        token = self.token()
        if token.kind not in ("word", "name", "text"):
            raise ValueError(f"a name was expected, not {token.raw}")
        return token.name

    def qualified(self) -> tuple[str, ...]:
        """An identifier with what stands before its dots."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        return tuple(parts)

    def group(self) -> list[Token]:
        """The tokens within the parentheses to come. Raises `ValueError`."""
        if not self.accept("("):
            raise ValueError("an opening parenthesis was expected")
        start, depth = self._at, 1
        while depth:
            token = self.token()
            depth += {"(": 1, ")": -1}.get(token.raw, 0) if token.kind == "sign" else 0
        return list(self._items[start : self._at - 1])

    def item(self) -> list[Token]:
        """The token to come, or the parentheses with all that is in them."""
        start = self._at
        if self.peek() == "(":
            self.group()
        else:
            self.token()
        return list(self._items[start : self._at])

    def rest(self) -> list[Token]:
        """All that is left."""
        found = list(self._items[self._at :])
        self._at = len(self._items)
        return found

    def until(self, *words: str) -> list[Token]:
        """The tokens before the first of these words outside parentheses."""
        start, depth = self._at, 0
        while not self.done and (depth or self.peek() not in words):
            token = self.token()
            depth += {"(": 1, ")": -1}.get(token.raw, 0) if token.kind == "sign" else 0
        return list(self._items[start : self._at])

    def text(self, found: Sequence[Token]) -> str:
        """Tokens as they were written."""
        return between(self.source, found)


def parted(items: Sequence[Token]) -> list[list[Token]]:
    """Tokens between the commas outside parentheses (and brackets)."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in items:
        if token.kind == "sign":
            depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(token.raw, 0)
            if token.raw == "," and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return [part for part in parts if part]
