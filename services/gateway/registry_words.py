"""The schema registry's routes speak the registry's codes, and their findings' paths are JSON pointers (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.common.errors import FieldError
from services.gateway.json_text import pointer, steps

TWICE: Final = "JSON_DUPLICATE_KEY"
"""Found while a body is read."""
_PATHS: Final = re.compile(r"/api/v1/(schemas(/|$)|databases$|audit$)")
_CODES: Final = {
    **dict.fromkeys(("JSON_INVALID", TWICE, "JSON_TOO_DEEP", "YAML_ENCODING", "FORM_INVALID"), "INVALID_JSON"),
    **dict.fromkeys(
        ("JSON_NOT_OBJECT", "TYPE_INVALID", "OUT_OF_RANGE", "UNKNOWN_FIELD", "UNENCODABLE_VALUE"), "VALIDATION_ERROR"
    ),
    "FILE_MISSING": "MISSING_REQUIRED_FIELD",
    "INTERNAL": "INTERNAL_ERROR",
}


def is_registry(path: str) -> bool:
    """Whether an address is one of the registry's."""
    return _PATHS.match(path) is not None


def code_of(code: str) -> str:
    """What the registry calls an error."""
    return _CODES.get(code, code)


def findings_of(findings: Sequence[FieldError], from_body: bool) -> tuple[FieldError, ...]:
    """Findings in the registry's words; what is wrong in a body is pointed at, what is wrong in a query is named."""
    return tuple(replace(each, code=code_of(each.code), path=_path(each, from_body)) for each in findings)


def _path(finding: FieldError, from_body: bool) -> str:
    pointed = finding.path.startswith("/") or not (from_body or finding.code == TWICE)
    return finding.path if pointed else pointer(steps(finding.path))
