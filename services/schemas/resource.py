"""A schema as callers write it: its own fields and its drawing, read from JSON with all that is wrong in it at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from services.common.errors import FieldError, MockcraftError, invalid
from services.schemas.codec import RESOURCE, UNDER, base, definition_from, merged
from services.schemas.drawing import Definition, Finding
from services.schemas.fields import INVALID, Notes, Object

NAME, DESCRIPTION, DATABASE_NAME = 255, 4_000, 255
"""The most characters of a text."""
BESIDE: Final = (*RESOURCE, "warnings", "updateMask")
CHANGEABLE: Final = ("name", "description", "databaseName", "version", "tables", "foreignKeys", "exportedAt")
"""What an update may name."""
MALFORMED: Final = "INVALID_JSON"


@dataclass(frozen=True, slots=True)
class Resource:
    """A schema as written. `given` are the fields of `CHANGEABLE` that were there; `at` is where the drawing stands (a
    JSON pointer, `/schemaDefinition` or nothing); `findings` is all that is wrong with its form."""

    name: str
    description: str
    database_name: str
    create_database: bool | None
    definition: Definition
    given: frozenset[str]
    mask: str = ""
    at: str = ""
    findings: tuple[Finding, ...] = ()

    def with_meaning(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """All findings, those of the form and those that checking the drawing gave, as pointers into what was written."""
        return merged(self.findings, found, self.at)


def read_resource(value: Any, name_needed: bool = True) -> Resource:
    """The schema that a JSON value says. Never raises."""
    definition, found = definition_from(value, BESIDE)
    notes = Notes()
    top = Object(value, "", notes, value if isinstance(value, Mapping) else ())
    name = top.needed("name", NAME) if name_needed and top.whole else top.text("name", NAME)
    return Resource(
        name=name,
        description=top.text("description", DESCRIPTION),
        database_name=top.text("databaseName", DATABASE_NAME),
        create_database=top.flag("createDatabase") if top.has("createDatabase") else None,
        definition=definition,
        given=_given(value),
        mask=top.text("updateMask", DESCRIPTION),
        at=base(value),
        findings=_once((*notes.found, *found)),
    )


def _once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


def _given(value: Any) -> frozenset[str]:
    """Fields that are there and not null, wherever the drawing stands."""
    if not isinstance(value, Mapping):
        return frozenset()
    under = value.get(UNDER)
    named = {key for part in (value, under if isinstance(under, Mapping) else {}) for key in part if part[key] is not None}
    return frozenset(named.intersection(CHANGEABLE))


def parsed(text: str) -> Any:
    """The value of JSON text. Raises INVALID_JSON with line and column."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        finding = FieldError("", f"This is not JSON: {error.msg}.", MALFORMED, error.lineno, error.colno)
        raise invalid(MALFORMED, finding.message, findings=[finding]) from None


def refusal(findings: Sequence[Finding]) -> MockcraftError:
    """What a caller is told of findings, all at once; its code is that of the first one."""
    first, more = findings[0], len(findings) - 1
    message = f"{first.pointer}: {first.message}" if first.pointer else first.message
    return invalid(
        first.code or INVALID,
        f"{message} ({more} more in `findings`)" if more else message,
        findings=[FieldError(each.pointer, each.message, each.code, suggestion=each.suggestion) for each in findings],
    )
