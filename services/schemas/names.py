"""Names of tables and columns that all four databases can hold, and the names that are made for what has none."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

LONGEST: Final = 63
"""Bytes (UTF-8) of a name: PostgreSQL's limit, the narrowest (MySQL has 64 characters, SQL Server 128)."""

_LARGEST: Final = 0xFFFF
_OURS: Final = "_mockcraft_"


def fault(name: str, what: str = "column") -> str:
    """Why this cannot be the name of a table, column … (`what`), as a plain sentence; "" when it can."""
    if not name.strip():
        return f"The name of a {what} is empty."
    for found, sentence in _FAULTS:
        if found(name):
            return f"The name of the {what} {sentence}."
    return _table_fault(name) if what == "table" else ""


def label_fault(name: str, what: str) -> str:
    """The same of the name of a key, index or check, which may be empty, and is shortened where it is too long."""
    faults = (f"The name of the {what} {sentence}." for found, sentence in _FAULTS[:-1] if found(name))
    return next(faults, "") if name else ""


_FAULTS: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (lambda name: any(unicodedata.category(c) in ("Cc", "Cs") for c in name), "holds control characters"),
    (lambda name: any(ord(c) > _LARGEST for c in name), "holds characters beyond U+FFFF, which MySQL does not take"),
    (lambda name: name != name.strip(), "begins or ends with spaces"),
    (lambda name: len(name.encode()) > LONGEST, f"is longer than {LONGEST} bytes, the most that PostgreSQL takes"),
)


def _table_fault(name: str) -> str:
    if name.casefold().startswith("sqlite_"):
        return "Names of tables that begin with sqlite_ belong to SQLite."
    if name.casefold().startswith(_OURS):
        return f"Names of tables that begin with {_OURS} belong to MockCraft."
    return "A table whose name begins with # is temporary in SQL Server." if name.startswith("#") else ""


def folded(name: str) -> str:
    """What two names have in common that some database takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def shortened(*parts: str) -> str:
    """The parts joined by `_`; where that is too long, cut and ended by a hash of all of it."""
    name = "_".join(parts)
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=5).hexdigest()
    return f"{name.encode()[: LONGEST - 11].decode(errors='ignore')}_{digest}"


class Names:
    """Names given once in a database: asked for one that is taken (but for case), it gives another, the same every time."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {folded(name) for name in taken}

    def free(self, *parts: str) -> str:
        """The parts as a name that is not taken, and is from now on."""
        name, number = shortened(*parts), 2
        while folded(name) in self._taken:
            name, number = shortened(*parts, str(number)), number + 1
        self._taken.add(folded(name))
        return name


def enum_check(table: str, column: str) -> str:
    """The CHECK by which databases without ENUM hold a column to its values; known again by its name."""
    return shortened("enum", table, column)
