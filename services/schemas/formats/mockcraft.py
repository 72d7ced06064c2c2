"""The generator's own language: a schema document that fills the drawing's database. Written only."""

from __future__ import annotations

from typing import Final, cast

from services.schemas.checking import check
from services.schemas.drawing import Definition, Dialect
from services.schemas.filling import document
from services.schemas.resource import refusal

MEDIA_TYPE: Final = "application/yaml"
EXTENSION: Final = "mockcraft.yaml"


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The document and what it cannot do; 10,000 rows in all. Raises `MockcraftError` for a drawing that cannot be filled."""
    if findings := check(definition.drawing):
        raise refusal(findings)
    filled = document(definition.drawing, cast("Dialect", dialect), {}, 0, name=name)
    return filled.text, filled.notes
