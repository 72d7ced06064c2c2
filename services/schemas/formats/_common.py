"""What every format of drawings gives and needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from services.schemas.codec import definition_from
from services.schemas.drawing import Definition
from services.schemas.fields import short
from services.schemas.resource import refusal

MOST: Final = 500
"""Warnings that are told one by one."""
LONGEST: Final = 300
"""Characters of a warning."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A drawing as text. `lost` says what the format cannot hold."""

    text: str
    media_type: str
    filename: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A drawing from text; `warnings` say what was there and has no place in it, `name` what the text calls it."""

    definition: Definition
    warnings: tuple[str, ...] = ()
    name: str = ""


def accepted(value: Any, warnings: tuple[str, ...] = (), name: str = "") -> Imported:
    """The definition of a JSON value. Raises `MockcraftError` with all that is wrong."""
    definition, findings = definition_from(value)
    if findings:
        raise refusal(findings)
    return Imported(definition, _bounded(warnings), name)


def _bounded(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """So many, and so long, as people read."""
    shown = tuple(short(warning, LONGEST) for warning in warnings[:MOST])
    return (*shown, f"and {len(warnings) - MOST:,} more") if len(warnings) > MOST else shown


def escaped(text: str) -> str:
    """A JSON text whose characters that end lines for somebody are written out."""
    return re.sub(r"[\x7f-\x9f\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", text)
