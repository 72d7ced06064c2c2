"""JSON request bodies that remember where everything stands, so that errors can name line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, Final

import orjson

from services.common.errors import FieldError, invalid

Path = tuple[str | int, ...]
"""Where a value stands: keys and indexes from the outside in."""

MAX_SEARCHED: Final = 1024 * 1024
"""Longest body, in characters, whose errors are looked up: tens of milliseconds for fifty of them."""

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_SPACE: Final = re.compile(r"[ \t\r\n,:]*")
_DECODE: Final = JSONDecoder().raw_decode


def dotted(path: Path) -> str:
    """`outputs[0].options.pretty`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:80]}" for part in path)
    return text.removeprefix(".")


def steps(text: str) -> Path:
    """The path that `dotted` wrote, or the parts of a JSON pointer (RFC 6901)."""
    if text.startswith("/"):
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))
    return tuple(int(index) if index else name for index, name in _STEP.findall(text))


def pointer(path: Path) -> str:
    """`/outputs/0/options/pretty` (RFC 6901)."""
    return "".join("/" + str(part)[:200].replace("~", "~0").replace("/", "~1") for part in path)


class JsonText:
    """A JSON object as text and value.

    Raises `MockcraftError` (400 `JSON_INVALID`, `JSON_NOT_OBJECT`, `JSON_DUPLICATE_KEY`) with line and column.
    """

    def __init__(self, raw: bytes) -> None:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            self.value: Any = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise _complaint("JSON_INVALID", f"The body is not JSON: {error.msg}.", error.lineno, error.colno) from None
        self.text = raw.decode()
        if not isinstance(self.value, dict):
            raise _complaint("JSON_NOT_OBJECT", "The body must be a JSON object.", 1, 1)
        self._refuse_duplicates()

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the key or element at `path`; of the nearest thing around it when it is not there.

        (0, 0) when not even its first step is in the body, or the body is so large that looking would take long.
        """
        if len(self.text) > MAX_SEARCHED or (path and path[0] not in self.value):
            return 0, 0
        return self._line_column(self._find(path)[0])

    def source(self, path: Path) -> str:
        """The text of the value at `path`, moved to its own line and column by white space."""
        start = self._find(path)[1]
        line, column = self._line_column(start)
        return "\n" * (line - 1) + " " * (column - 1) + self.text[start : _end(self.text, start)]

    def _refuse_duplicates(self) -> None:
        seen: set[str | int] = set()
        for key, at, _ in _members(self.text, _skip(self.text, 0)):
            if key in seen:
                line, column = self._line_column(at)
                raise _complaint("JSON_DUPLICATE_KEY", f"`{key}` is given twice.", line, column, str(key))
            seen.add(key)

    def _find(self, path: Path) -> tuple[int, int]:
        """Offsets of the key (or element) and of its value."""
        key_at = value_at = _skip(self.text, 0)
        for part in path:
            found = next(((k, v) for name, k, v in _members(self.text, value_at) if str(name) == str(part)), None)
            if found is None:
                break
            key_at, value_at = found
        return key_at, value_at

    def _line_column(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)


def _complaint(code: str, message: str, line: int, column: int, path: str = "") -> Exception:
    return invalid(code, message, findings=[FieldError(path, message, code, line, column)])


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _end(text: str, at: int) -> int:
    try:
        return _DECODE(text, at)[1]
    except RecursionError:
        raise invalid("JSON_TOO_DEEP", "The body is nested too deeply.") from None


def _members(text: str, at: int) -> Iterator[tuple[str | int, int, int]]:
    """Key or index, offset of the key and offset of the value, of each member of the object or array at `at`."""
    if text[at] not in "{[":
        return
    is_object, index, at = text[at] == "{", 0, _skip(text, at + 1)
    while text[at] not in "}]":
        key, key_at = index, at
        name: str | int = key
        if is_object:
            name, at = _DECODE(text, at)
            at = _skip(text, at)
        yield name, key_at, at
        at, index = _skip(text, _end(text, at)), index + 1
