"""What the protos do not say: routes that carry bytes, and the shape of a problem."""

from __future__ import annotations

from typing import Any, Final

_Json = dict[str, Any]


def _text(description: str) -> _Json:
    return {"type": "string", "description": description}


FINDING: Final[_Json] = {
    "type": "object",
    "required": ["path", "line", "column", "code", "message", "suggestion"],
    "properties": {
        "path": _text("Where: `tables.users.columns.email`."),
        "line": {"type": "integer", "description": "From 1; 0 when there is no text."},
        "column": {"type": "integer", "description": "From 1; 0 when there is no text."},
        "code": _text("UPPER_SNAKE_CASE, stable."),
        "message": _text("A plain sentence."),
        "suggestion": _text("What to write instead; empty when there is no good guess."),
    },
}
PROBLEM: Final[_Json] = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["status", "title", "code", "message", "request_id"],
    "properties": {
        "status": {"type": "integer", "description": "The HTTP status."},
        "title": _text("Its usual phrase."),
        "code": _text("UPPER_SNAKE_CASE, stable."),
        "message": _text("What happened."),
        "details": _text("What to do; may be absent."),
        "findings": {"type": "array", "items": FINDING, "description": "What is wrong where; may be absent."},
        "request_id": _text("Names this request in the logs; also in `X-Request-ID`."),
    },
}
YAML_BODY: Final[_Json] = {
    "schema": {
        "type": "string",
        "description": "The schema document itself; the other fields go into the query (`set.users=10`).",
    }
}

_PROBLEM_ANSWER: Final[_Json] = {
    "description": "What went wrong.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ID: Final[_Json] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": _text("The job's id."),
    "description": "The job's id.",
}
_NAME: Final[_Json] = {"name": "name", "in": "path", "required": True, "schema": _text("The file's name.")}
_AFTER: Final[_Json] = {
    "name": "after",
    "in": "query",
    "schema": {"type": "integer", "format": "int64", "minimum": 0},
    "description": "Only events with a larger number.",
}
_RANGE: Final[_Json] = {"name": "Range", "in": "header", "schema": _text("`bytes=0-99`"), "description": "A part of the file."}


def _get(operation: str, tag: str, summary: str, parameters: list[_Json], answers: _Json) -> _Json:
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": summary,
            "description": f"{summary}.",
            "parameters": parameters,
            "responses": answers | {"default": _PROBLEM_ANSWER},
        }
    }


def _content(description: str, *media: str) -> _Json:
    return {"description": description, "content": {each: {"schema": {}} for each in media}}


EXTRA_PATHS: Final[dict[str, _Json]] = {
    "/api/v1/jobs/{id}/ws": _get(
        "WatchJobSocket",
        "Job",
        "The job's events over WebSocket, one a text frame, closed with 1000 after the last",
        [_ID, _AFTER],
        {"101": {"description": "The connection speaks WebSocket from here on."}},
    ),
    "/api/v1/jobs/{id}/artifacts/{name}": _get(
        "GetArtifact",
        "Job",
        "One finished file, or a part of it",
        [_ID, _NAME, _RANGE],
        {
            "200": _content("The file.", "application/octet-stream", "text/csv", "application/json", "*/*"),
            "206": _content("The part asked for.", "*/*"),
            "304": {"description": "The client has it already (`If-None-Match`)."},
            "416": {"description": "The range lies outside the file."},
        },
    ),
    "/api/v1/jobs/{id}/archive": _get(
        "GetArchive", "Job", "All finished files as one ZIP", [_ID], {"200": _content("The ZIP.", "application/zip")}
    ),
    "/api/v1/schema.json": _get(
        "GetSchemaSchema",
        "Generator",
        "The JSON Schema of schema documents, for editors",
        [],
        {"200": _content("The JSON Schema.", "application/schema+json")},
    ),
}
