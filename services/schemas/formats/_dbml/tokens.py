"""DBML text as tokens with their places. One pass, in linear time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, Literal

from services.schemas.formats._common import escaped

Kind = Literal["word", "name", "string", "expression", "number", "color", "symbol", "end"]

MAX_TOKENS: Final = 400_000
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\f\v]+)
    | (?P<newline>\n)
    | (?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/)
    | (?P<multiline>'''(?:[^'\\]|\\.|'(?!''))*+''')
    | (?P<string>'(?:[^'\\\n]|\\.)*+')
    | (?P<name>"(?:[^"\\\n]|\\.)*+")
    | (?P<expression>`[^`]*`)
    | (?P<color>\#[0-9A-Fa-f]{3,8}\b)
    | (?P<number>-?\d+(?:\.\d+)?(?![\w]))
    | (?P<word>\w+)
    | (?P<symbol><>|[{}()\[\]:,.<>~?-])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|\n|.)", re.DOTALL)
_MEANS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\x00", "\n": ""}


class DbmlError(Exception):
    """What cannot be read, with its place (from 1)."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Token:
    """A token: `text` is what it means (a quoted name without its quotes); `line` and `column` from 1."""

    kind: Kind
    text: str
    line: int
    column: int

    @property
    def identifier(self) -> bool:
        """Whether it can be a name; a number can begin one's life as a word."""
        return self.kind in ("word", "name") or (self.kind == "number" and self.text.isdigit())


def tokens(text: str) -> tuple[list[Token], list[str]]:
    """The tokens, an `end` behind them, and the comments. Raises `DbmlError` at what is none, and where there are too many."""
    found, comments, place, line, start = list[Token](), list[str](), 0, 1, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise DbmlError(f"{text[place]!r} cannot stand here, or a quote is not closed", line, place - start + 1)
        kind, said = match.lastgroup, match[0]
        if kind == "comment":
            comments.append(said)
        elif kind not in ("space", "newline"):
            found.append(Token(_kind(kind), _meaning(kind, said), line, place - start + 1))
            if len(found) > MAX_TOKENS:
                raise DbmlError(f"there are more than {MAX_TOKENS:,} words and signs", line, place - start + 1)
        if breaks := said.count("\n"):
            line, start = line + breaks, place + said.rindex("\n") + 1
        place = match.end()
    return [*found, Token("end", "", line, place - start + 1)], comments


def _kind(group: str | None) -> Kind:
    match group:
        case "multiline" | "string":
            return "string"
        case "name" | "expression" | "color" | "number" | "word":
            return group
    return "symbol"


def _meaning(kind: str | None, said: str) -> str:
    match kind:
        case "multiline":
            return _dedented(unescaped(said[3:-3]))
        case "string" | "name":
            return unescaped(said[1:-1])
        case "expression":
            return said[1:-1]
    return said


def _dedented(text: str) -> str:
    """A text of several lines without the space that all of them begin with, and without an empty first and last line."""
    lines = text.split("\n")
    if len(lines) == 1:
        return text
    depths = [len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()]
    depth = min(depths, default=0)
    inner = [lines[0], *(line[depth:] for line in lines[1:])]
    return "\n".join(inner[(not inner[0].strip()) : len(inner) - (not inner[-1].strip())])


def unescaped(text: str) -> str:
    """What backslashes stand for."""
    return _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _MEANS.get(m[1], m[1]), text)


def quoted(text: str, quote: str) -> str:
    """A text between quotes, on one line."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return quote + escaped(inner).replace(quote, f"\\{quote}") + quote


def name(text: str) -> str:
    """A name, quoted where it is no plain word."""
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) else quoted(text, '"')
