"""Schemas as callers of a service send them: what may come with one, and its check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from runner.plan import Plan
from runner.schema import Access, Checked, Finding, check
from services.common.errors import FieldError, MockcraftError, invalid

SLOW_WORDS = ("faker", "plugin", "\\x", "\\u")
DICTIONARY_WORDS = ("dictionary", "\\x", "\\u")


@dataclass(frozen=True, slots=True)
class SchemaRequest:
    """A schema (text, or a document as an object), option values, row counts and seed that override it, what it may reach."""

    source: str | Mapping[str, Any]
    set: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    access: Access = field(default_factory=Access)

    @property
    def asked(self) -> list[Any]:
        """What tells one request from another, as JSON-safe values."""
        return [_document(self.source), self.set, self.rows, self.seed]


def _document(source: str | Mapping[str, Any]) -> Any:
    """What a schema in JSON holds, however it is spaced; other texts as they are."""
    if not isinstance(source, str):
        return source
    try:
        return orjson.loads(source)
    except orjson.JSONDecodeError:
        return source


def checked(request: SchemaRequest) -> Checked:
    """Check a schema; `today` in it is the present day (UTC). Never raises for bad input."""
    today = datetime.now(UTC).date()
    return check(request.source, options=request.set, rows=request.rows, seed=request.seed, today=today, access=request.access)


def plan_of(request: SchemaRequest) -> Plan:
    """The plan of a valid schema. Raises SCHEMA_INVALID, or the YAML_* code of a document that cannot be read."""
    result = checked(request)
    if result.plan is None:
        raise schema_error(result.findings)
    return result.plan


def schema_error(findings: Sequence[Finding]) -> MockcraftError:
    """The error of an invalid schema, with all that was found."""
    errors = [f for f in findings if f.severity == "error"]
    places = [FieldError(f.path, f.message, f.code, f.line, f.column, f.suggestion) for f in errors]
    code = next((f.code for f in errors if f.code.startswith("YAML_")), "SCHEMA_INVALID")
    first = f"{errors[0].path}: {errors[0].message}" if errors and errors[0].path else errors[0].message if errors else ""
    return invalid(code, "The schema is invalid.", first, places)


def may_be_slow(request: SchemaRequest) -> bool:
    """Whether the schema may name a Python generator; true also for what only may hide one (escapes in texts)."""
    return _holds(request, SLOW_WORDS)


def may_be_of_dictionaries(request: SchemaRequest) -> bool:
    """Whether the schema may draw from dictionaries, which come and go."""
    return _holds(request, DICTIONARY_WORDS)


def _holds(request: SchemaRequest, words: tuple[str, ...]) -> bool:
    source = request.source if isinstance(request.source, str) else orjson.dumps(request.source, default=str).decode()
    texts = [source, *request.set.values()]
    return any(word in text.casefold() for text in texts for word in words)
