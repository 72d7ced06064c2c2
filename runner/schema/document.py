"""A document as nodes that know their place.

Scalars follow YAML 1.2's core schema: only `true` and `false` are booleans, dates stay text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

MAX_DIGITS: Final = 40

Value = str | int | float | bool | None
Trail = tuple[Any, str]
"""A path as a chain: (the trail above or None, the last step). Shared by siblings, so that long keys cost nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A piece of the document: a mapping, a list or a scalar, with its path and place (from 1; 0: no text).

    `file` is the included file it stands in, "" for the schema itself; `secret` names the variable of the environment
    that its value came from, which no message may show.
    """

    kind: Literal["map", "list", "scalar"]
    trail: Trail | None = None
    line: int = 0
    column: int = 0
    value: Value = None
    text: str = ""
    plain: bool = True
    items: tuple[Node, ...] = ()
    entries: tuple[tuple[Node, Node], ...] = ()
    file: str = ""
    secret: str = ""

    @property
    def path(self) -> str:
        """Where it is, such as `tables.users.columns.email` or `tables.users.unique[0]`."""
        steps, trail = list[str](), self.trail
        while trail:
            steps.append(trail[1])
            trail = trail[0]
        return "".join(reversed(steps)).removeprefix(".")

    def get(self, name: str) -> Node | None:
        """The value under a key of a mapping."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key(self, name: str) -> Node:
        """Where a key of a mapping stands; the mapping itself when it has no such key."""
        return next((replace(key, trail=value.trail) for key, value in self.entries if key.text == name), self)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of a mapping, as text."""
        return tuple(key.text for key, _ in self.entries)

    def python(self) -> Any:
        """As plain Python values."""
        if self.kind == "map":
            return {key.value: value.python() for key, value in self.entries}
        return [item.python() for item in self.items] if self.kind == "list" else self.value

    @property
    def described(self) -> str:
        """What it is, for messages."""
        if self.kind != "scalar":
            return "a mapping" if self.kind == "map" else "a list"
        match self.value:
            case None:
                return "null"
            case bool():
                return "a boolean"
            case int() | float():
                return f"the number {self.text}"
        return f"the text {short(self.text)!r}"

    def scalar(self, text: str) -> Node:
        """The same place with another plain scalar."""
        return replace(self, kind="scalar", value=resolve(text), text=text, items=(), entries=())


def short(text: str, limit: int = 60) -> str:
    """Text for a message: at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


_INT = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> Value:
    """A plain scalar's value by YAML 1.2's core schema (`1_000` is a number too)."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text) if len(text) <= MAX_DIGITS else math.inf
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def step(trail: Trail | None, name: str | int) -> Trail:
    """One step further: a key, or an index of a list."""
    if isinstance(name, int):
        return trail, f"[{name}]"
    shown = short(name, 80)
    return trail, f".{shown if shown.isprintable() else shown.encode('unicode_escape').decode()}"
