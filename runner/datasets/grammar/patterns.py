"""The grammar file: roles with their sentence patterns, and the forms that records of a kind take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

_FILE = Path(__file__).with_name("patterns.yaml")
_SLOT = re.compile(r"\{([A-Za-z_]+)(\d?)(?:\.([a-z]+))?\}")

Form = Mapping[str, tuple[str, ...]]
"""The fields of a record, each with the roles of its sentences."""


class Slot(NamedTuple):
    """A place to fill: a list, which of several different entries of it (1..9), a field of the entry, with a capital or not."""

    name: str
    turn: int
    field: str
    capital: bool


class Pattern(NamedTuple):
    """A sentence: constant texts, one more than slots, and the slots between them."""

    texts: tuple[str, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Grammar:
    """Patterns by role, forms by kind of record, and general lists of words."""

    roles: Mapping[str, tuple[Pattern, ...]]
    kinds: Mapping[str, tuple[Form, ...]]
    lists: Mapping[str, tuple[str, ...]]


def parse(text: str) -> Pattern:
    """`{Actor}`, `{action2}` and `{case.cause}` are slots; a capital asks for one."""
    texts, slots, at = [], [], 0
    for found in _SLOT.finditer(text):
        texts.append(text[at : found.start()])
        name, turn, field = found.groups()
        slots.append(Slot(name[0].lower() + name[1:], int(turn or 1), field or "", name[0].isupper()))
        at = found.end()
    return Pattern((*texts, text[at:]), tuple(slots))


@cache
def grammar() -> Grammar:
    """The grammar, read once."""
    read = yaml.load(_FILE.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # safe, in C where there is one
    return Grammar(
        {name: tuple(parse(text) for text in patterns) for name, patterns in read["roles"].items()},
        {kind: tuple(_form(form) for form in forms) for kind, forms in read["kinds"].items()},
        {name: tuple(words) for name, words in read["lists"].items()},
    )


def _form(form: Mapping[str, str]) -> Form:
    return {field: tuple((roles or "").split()) for field, roles in form.items()}
