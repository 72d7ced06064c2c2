"""JSON as the store keeps it: definitions and small documents, as text on their way in and out.

Generators are kept as JSON texts within a definition: PostgreSQL's JSONB puts the keys of objects in an order of its own, and
the order of a generator's choices is part of what it makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from services.common.redaction import MASK, redact
from services.schemas.codec import definition_from, definition_json
from services.schemas.drawing import Definition, Finding
from services.schemas.store.errors import unreadable, unstorable

_GENERATOR: Final = "generator"
_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)?|pwd|token|ticket|secret|credential|authorization|(api|access|private)[-_]?key", re.I
)


def encoded(definition: Definition) -> str:
    """What is stored of a definition.

    Raises `MockcraftError` VALIDATION_ERROR for what PostgreSQL cannot hold, and for what could not be read again.
    """
    document = definition_json(definition)
    _, findings = _read(document)
    if findings:
        raise unreadable(findings)
    for column in _columns(document):
        column[_GENERATOR] = dumped(column[_GENERATOR], "generator")
    return dumped(document, "tables")


def decoded(raw: str | bytes | None) -> tuple[Definition, bool]:
    """The definition that is stored, and whether it is damaged: then it is empty. Never raises."""
    try:
        document = orjson.loads(raw or "null")
        for column in _columns(document):
            if isinstance(column[_GENERATOR], str) and column[_GENERATOR].startswith("{"):
                column[_GENERATOR] = orjson.loads(column[_GENERATOR])
        definition, findings = _read(document)
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return Definition(), True
    return (Definition(), True) if findings else (definition, False)


def _read(document: Any) -> tuple[Definition, tuple[Finding, ...]]:
    """The definition of a document; findings only where something of it was not understood.

    What an older program took and this one would refuse, but reads whole, is no damage.
    """
    definition, findings = definition_from(document, ())
    return (definition, ()) if findings and definition_json(definition) == document else (definition, findings)


def _columns(document: Any) -> Iterator[dict[str, Any]]:
    """The columns that name a generator."""
    for table in document["tables"]:
        yield from (column for column in table["columns"] if column.get(_GENERATOR) is not None)


def dumped(value: Any, field: str) -> str:
    """A JSON value as text. Raises `MockcraftError` VALIDATION_ERROR naming the field for what cannot be kept."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError):
        raise unstorable(field, "holds a value that JSON and UTF-8 cannot express") from None
    if "\\u0000" in text and "\0" in _texts(value):
        raise unstorable(field, "holds the character U+0000, which databases do not keep")
    return text


def _texts(value: Any) -> str:
    """Every text and key in a JSON value, one after another."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "".join(f"{key}{_texts(item)}" for key, item in value.items())
    return "".join(map(_texts, value)) if isinstance(value, list | tuple) else ""


def loaded(raw: str) -> dict[str, Any]:
    """A small document; {} where it is damaged."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def without_secrets(value: Any) -> Any:
    """A JSON value whose secrets are masked: by the names of keys, and by their looks in texts."""
    if isinstance(value, Mapping):
        return {str(key): MASK if _SECRET.search(str(key)) and item else without_secrets(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return redact(value) if isinstance(value, str) else value


def storable(field: str, text: str, most: int | None = None) -> str:
    """The text. Raises `MockcraftError` VALIDATION_ERROR when it is too long or no database keeps it."""
    if "\0" in text or not _is_utf8(text):
        raise unstorable(field, "holds a character that databases do not keep")
    if most is not None and len(text) > most:
        raise unstorable(field, f"has {len(text):,} characters; {most} are the most")
    return text


def findable(text: str) -> bool:
    """Whether any stored text could be equal to this or hold it."""
    return "\0" not in text and _is_utf8(text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
