"""What the OpenAPI document says of the registry's routes beyond their protos: entity tags, SQL as text, files."""

from __future__ import annotations

from typing import Any, Final

from services.gateway.registry import CREATES, SERVICE
from services.gateway.rules import Rule

_Json = dict[str, Any]
_TEXT: Final[_Json] = {"schema": {"type": "string"}}
_TAG: Final[_Json] = {"schema": {"type": "string"}, "description": "The revision, for `If-Match`."}
_LOCATION: Final[_Json] = {"schema": {"type": "string"}, "description": "Where the schema is."}
_SQL: Final = ("GetSchemaSql", "GetSchemaMigration")
_EXPORTS: Final = ("application/json", "application/yaml", "application/sql", "text/plain", "*/*")
_UPLOADS: Final = ("text/plain", "application/yaml")
"""Also application/sql and text/vnd.dbml, which say what the text is."""
_FORM: Final[_Json] = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary", "description": "The file; other fields beside it."}},
    }
}


def said_of(rule: Rule, operation: _Json) -> _Json:
    """The operation, completed where it is one of the registry's."""
    if rule.method.containing_service is not SERVICE:
        return operation
    return operation | {"parameters": [*operation["parameters"], *_headers(rule)], "responses": _responses(rule, operation)}


def uploads(rule: Rule) -> _Json:
    """Bodies of other media types than JSON."""
    if rule.method.name != "ImportSchema":
        return {}
    return dict.fromkeys(_UPLOADS, _TEXT) | {"multipart/form-data": _FORM}


def _headers(rule: Rule) -> list[_Json]:
    found = []
    if "revision" in rule.method.input_type.fields_by_name:
        found.append(("If-Match", "The ETag of the revision that is to be changed, or `*`; 409 when it is another by now."))
    if rule.method.name == "GetSchema":
        found.append(("If-None-Match", "The ETag of the revision that is there already."))
    return [{"name": name, "in": "header", "description": text, "schema": {"type": "string"}} for name, text in found]


def _responses(rule: Rule, operation: _Json) -> _Json:
    responses, name = dict(operation["responses"]), rule.method.name
    if name in CREATES:
        responses["201"] = responses.pop("200") | {"description": "Stored.", "headers": {"ETag": _TAG, "Location": _LOCATION}}
    elif rule.method.output_type.name == "Schema":
        responses["200"] = responses["200"] | {"headers": {"ETag": _TAG}}
    if name == "GetSchema":
        responses["304"] = {"description": "The client has it already (`If-None-Match`)."}
    if name in _SQL:
        content = responses["200"]["content"] | dict.fromkeys(("text/plain", "application/sql"), _TEXT)
        responses["200"] = responses["200"] | {"content": content}
    if name == "ExportSchema":
        responses["200"] = {"description": "The file, a download.", "content": {each: {"schema": {}} for each in _EXPORTS}}
    return responses
