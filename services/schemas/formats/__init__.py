"""Formats that drawings are written in and read from. The folder is the registry: each module here is a format of its name.

A format module has `MEDIA_TYPE`, `EXTENSION` and `write(definition, name, dialect) -> (text, lost)`; one that can be
read also has `read(text, dialect) -> Imported` and `looks(text)`, whether a text is likely to be of it. Names that
begin with an underscore are helpers.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import Final, cast

from runner.schema.findings import did_you_mean
from services.common.errors import MockcraftError, invalid
from services.schemas.drawing import DIALECTS, Definition, Dialect
from services.schemas.formats._common import Exported, Imported

__all__ = ["MAX_TEXT", "Exported", "Imported", "dialect_of", "export", "format_names", "read", "readable_names"]

MAX_TEXT: Final = 4 * 1024 * 1024
"""The most bytes of a text that is read."""
_GUESSED: Final = ("json", "yaml", "dbml", "sql")
"""Formats by how surely they tell themselves from the others."""
_OTHER_NAMES: Final[dict[str, str]] = {"yml": "yaml", "ddl": "sql", "mmd": "mermaid"}
_OTHER_DIALECTS: Final[dict[str, Dialect]] = {
    "postgres": "postgresql", "mariadb": "mysql", "sqlite3": "sqlite", "mssql": "sqlserver", "tsql": "sqlserver",
}  # fmt: skip


@cache
def format_names() -> tuple[str, ...]:
    """The known formats in alphabetical order."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


@cache
def readable_names() -> tuple[str, ...]:
    """Those of them that can be read."""
    return tuple(name for name in format_names() if hasattr(_module(name), "read"))


def export(definition: Definition, name: str, format: str, dialect: str = "") -> Exported:
    """A definition as text; `name` is the schema's. Raises VALIDATION_ERROR for an unknown format or dialect."""
    module = _module(_known("format", _OTHER_NAMES.get(format.lower(), format.lower()), format_names()))
    text, lost = module.write(definition, name, dialect_of(dialect))
    return Exported(text, cast("str", module.MEDIA_TYPE), f"{_file_name(name)}.{module.EXTENSION}", lost)


def read(text: str, format: str = "", dialect: str = "") -> Imported:
    """The definition that a text holds; format and dialect are guessed when they are not given.

    Raises VALIDATION_ERROR, INVALID_JSON, a YAML_* code or MISSING_REQUIRED_FIELD, with all findings.
    """
    if len(text.encode(errors="replace")) > MAX_TEXT:
        raise MockcraftError("BODY_TOO_LARGE", f"The text has more than {MAX_TEXT:,} bytes.", details="Import fewer tables.")
    if not text.strip():
        raise invalid("VALIDATION_ERROR", "The text is empty.")
    known = _known("format", _OTHER_NAMES.get(format.lower(), format.lower()), readable_names()) if format else guessed(text)
    return cast("Imported", _module(known).read(text, dialect_of(dialect) if dialect else ""))


def guessed(text: str) -> str:
    """The format a text is likely to be of. Raises VALIDATION_ERROR where it is like none."""
    found = next((name for name in _GUESSED if _module(name).looks(text)), "")
    if not found:
        raise invalid("VALIDATION_ERROR", f"The text is of none of the formats {', '.join(readable_names())}.", "Say `format`.")
    return found


def dialect_of(name: str) -> Dialect:
    """The dialect of any of its names; postgresql when empty. Raises VALIDATION_ERROR."""
    folded = name.lower() or DIALECTS[0]
    return _OTHER_DIALECTS.get(folded) or cast("Dialect", _known("dialect", folded, DIALECTS))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def _known(what: str, name: str, names: tuple[str, ...]) -> str:
    if name in names:
        return name
    guess = did_you_mean(name, names)
    raise invalid(
        "VALIDATION_ERROR",
        f"There is no {what} {name[:60]!r}; there are {', '.join(names)}.",
        f"Did you mean {guess!r}?" if guess else "",
    )


def _file_name(name: str) -> str:
    """A name without what files cannot be called."""
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_")[:100] or "schema"
