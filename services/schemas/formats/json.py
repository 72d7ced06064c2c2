"""The registry's own JSON; exact."""

from __future__ import annotations

import json
from typing import Any, Final

from services.schemas.codec import definition_json
from services.schemas.drawing import Definition
from services.schemas.formats._common import Imported, accepted
from services.schemas.resource import parsed

MEDIA_TYPE: Final = "application/json"
EXTENSION: Final = "json"


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The text; nothing is lost."""
    return json.dumps({"name": name, **definition_json(definition)}, ensure_ascii=False, indent=2) + "\n", ()


def read(text: str, dialect: str) -> Imported:
    """The definition of a JSON text. Raises `MockcraftError`."""
    value: Any = parsed(text.removeprefix("\ufeff"))
    name = value.get("name") if isinstance(value, dict) else ""
    return accepted(value, name=name if isinstance(name, str) else "")


def looks(text: str) -> bool:
    """Whether a text is likely to be JSON."""
    return text.removeprefix("\ufeff").lstrip()[:1] in ("{", "[")
