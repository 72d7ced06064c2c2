"""What an update makes of a stored schema. Pure; what is wrong is raised, all of it at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from services.common.errors import invalid, refused
from services.schemas.checking import check
from services.schemas.creating import hosted
from services.schemas.drawing import Definition, Dialect, Drawing, Finding
from services.schemas.hosting.names import derived
from services.schemas.resource import Resource, refusal
from services.schemas.store import Changes, Record

DRAWN: Final = ("tables", "foreignKeys")
DEFINED: Final = (*DRAWN, "version", "exportedAt")


def refuse_findings(resource: Resource, drawing: Drawing | None, dialect: Dialect | None = None) -> None:
    """Raise all that is wrong with the form of a request and with a drawing (None: with no drawing).

    With a `dialect` also what that database alone refuses.
    """
    found = resource.with_meaning(check(drawing, dialect)) if drawing is not None else resource.findings
    if found:
        raise refusal(found)


def replaced(before: Record, resource: Resource) -> Changes:
    """All of a schema anew; what is absent is emptied."""
    refuse_findings(resource, resource.definition.drawing)
    changes: Changes = {"name": resource.name, "description": resource.description, "definition": resource.definition}
    return changes | _renamed(before, resource.database_name)


def patched(before: Record, resource: Resource, fields: Collection[str]) -> Changes:
    """The named fields (those of `resource.CHANGEABLE`) anew; the others stay."""
    refuse_findings(resource, None)
    changes: Changes = {}
    if "name" in fields:
        changes["name"] = _needed(resource)
    if "description" in fields:
        changes["description"] = resource.description
    if "databaseName" in fields:
        changes |= _renamed(before, resource.database_name)
    if any(name in fields for name in DEFINED):
        changes["definition"] = _merged(before, resource, fields)
    return changes


def _merged(before: Record, resource: Resource, fields: Collection[str]) -> Definition:
    new, old = resource.definition, before.definition
    if before.damaged and "tables" not in fields:
        text = "What is stored of this schema cannot be read any more: only a whole drawing can take its place."
        raise invalid("VALIDATION_ERROR", text, "Send `tables` and `foreignKeys`.")
    drawing = Drawing(
        new.drawing.tables if "tables" in fields else old.drawing.tables,
        new.drawing.foreign_keys if "foreignKeys" in fields else old.drawing.foreign_keys,
    )
    if any(name in fields for name in DRAWN):
        refuse_findings(resource, drawing)
    return replace(
        old,
        drawing=drawing,
        version=new.version if "version" in fields else old.version,
        exported_at=new.exported_at if "exportedAt" in fields else old.exported_at,
    )


def _needed(resource: Resource) -> str:
    if not resource.name.strip():
        raise refusal([Finding("/name", "MISSING_REQUIRED_FIELD", "A schema has a name.")])
    return resource.name


def _renamed(before: Record, wanted: str) -> Changes:
    """Another name for the database, where there is none yet."""
    if not wanted or wanted == before.database_name:
        return {}
    if before.status == "creating" or hosted(before).live is not None:
        message = f"The database {before.database_name} is there; it keeps its name."
        raise refused("DATABASE_EXISTS", message, f"Drop it first: DELETE /api/v1/schemas/{before.id}/database.")
    return {"database_name": derived(wanted, ())}
