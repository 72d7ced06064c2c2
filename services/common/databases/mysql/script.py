"""SQL text of MySQL cut at the signs that mean something: statements, placeholders, quotes, comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"""(?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)"""
    r"""|(?P<comment>--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<end>;)|(?P<place>\?)""",
    re.DOTALL,
)


def quoted(name: str) -> str:
    """An identifier that means itself, whatever it holds."""
    return "`" + name.replace("`", "``") + "`"


def quoted_list(names: Sequence[str]) -> str:
    """Identifiers with commas between them."""
    return ", ".join(map(quoted, names))


def text_literal(text: str) -> str:
    """A string literal, in a session whose backslashes escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def statements(script: str) -> Iterator[str]:
    """The statements of a script, without those that are comments only."""
    start = 0
    for token in _TOKEN.finditer(script):
        if token["end"]:
            if _says_something(script[start : token.start()]):
                yield script[start : token.start()].strip()
            start = token.end()
    if _says_something(script[start:]):
        yield script[start:].strip()


def _says_something(text: str) -> bool:
    """Whether there is more than comments; `/*!` comments are run."""
    bare = _TOKEN.sub(lambda token: "" if token["comment"] and not token["comment"].startswith("/*!") else token[0], text)
    return bool(bare.strip())


def bound(sql: str, params: Sequence[Any], literal: Callable[[Any], str]) -> str:
    """The statement with each `?` outside quotes and comments replaced by the literal of its value.

    Raises `ValueError` when there are more or fewer values than places.
    """
    values = iter(params)

    def place(token: re.Match[str]) -> str:
        return literal(next(values)) if token["place"] else token[0]

    try:
        text = _TOKEN.sub(place, sql)
    except StopIteration:
        raise ValueError("the statement has more places than values") from None
    if next(values, values) is not values:
        raise ValueError("the statement has fewer places than values")
    return text
