"""OpenAPI 3.1 of the canonical routes, made from the descriptors and the protos' comments; and the page that shows it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any, Final

import orjson
from aiohttp import web
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from runner.schema.json_schema import json_schema
from services.common.caller import MOST_URGENT
from services.gateway.docs_page import STYLE, render
from services.gateway.json_in import SCHEMA
from services.gateway.json_out import COLUMN_GENERATOR
from services.gateway.keys import json_response
from services.gateway.openapi_extra import EXTRA_PATHS, PROBLEM, YAML_BODY
from services.gateway.openapi_registry import said_of, uploads
from services.gateway.rules import Rule, rules
from services.gateway.transcoder import REST_OF_QUERY, takes_schema

_Json = dict[str, Any]
_INTEGERS: Final = {
    FieldDescriptor.CPPTYPE_INT32: "int32",
    FieldDescriptor.CPPTYPE_INT64: "int64",
    FieldDescriptor.CPPTYPE_UINT32: "int32",
    FieldDescriptor.CPPTYPE_UINT64: "int64",
}
_FREE: Final[dict[str, _Json]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Value": {},
    "google.protobuf.FieldMask": {"type": "string"},
    COLUMN_GENERATOR: {"type": ["object", "string"]},
    SCHEMA: {
        "description": "A schema document as an object, or as YAML or JSON text.",
        "type": ["object", "string"],
        "examples": [{"tables": {"users": {"rows": 10, "columns": {"id": "sequence", "name": "full_name"}}}}],
    },
}
_EXAMPLES: Final = {"type": "first_name", "table": "users"}
_QUERY_NAMES: Final = {"WatchJob": {"afterSequence": "after"}}
_LINKS: Final = {
    "eventsUrl": "Where its events are (SSE or NDJSON).",
    "socketUrl": "Where its events are (WebSocket).",
    "archiveUrl": "Where all its files are, as a ZIP, once it has succeeded.",
}


async def document(_: web.Request) -> web.StreamResponse:
    """`GET /api/v1/openapi.json`."""
    return json_response(openapi())


async def schema_document(_: web.Request) -> web.StreamResponse:
    """`GET /api/v1/schema.json`: the JSON Schema of schema documents, for editors."""
    body = orjson.dumps(json_schema())
    return web.Response(body=body, content_type="application/schema+json")


async def front(_: web.Request) -> web.StreamResponse:
    """`GET /`: people who type the address find the page."""
    raise web.HTTPFound("/docs")


async def page(_: web.Request) -> web.StreamResponse:
    """`GET /docs`: the same for people, in one page without scripts."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'"
    return web.Response(text=render(openapi()), content_type="text/html", headers={"Content-Security-Policy": policy})


@cache
def comments() -> dict[str, str]:
    """The protos' comments by full name."""
    found: dict[str, str] = orjson.loads(resources.files("mockcraft").joinpath("comments.json").read_bytes())
    return found


@cache
def openapi() -> _Json:
    """The document."""
    paths: dict[str, _Json] = {}
    schemas: dict[str, _Json] = {"Problem": PROBLEM}
    for rule in rules():
        paths.setdefault(rule.path, {})[rule.verb.lower()] = _operation(rule, schemas)
    for path, operations in EXTRA_PATHS.items():
        paths.setdefault(path, {}).update(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MockCraft", "version": "1", "description": "Describe your data once; get any amount of it."},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def _operation(rule: Rule, schemas: dict[str, _Json]) -> _Json:
    method = rule.method
    text = comments().get(method.full_name, "")
    operation: _Json = {
        "operationId": method.name,
        "tags": [method.containing_service.name.removesuffix("Service")],
        "summary": text.split(". ")[0].rstrip("."),
        "description": text,
        "parameters": _parameters(rule, schemas),
        "responses": {_status(rule): _answer(rule, schemas), "default": problem_answer()},
    }
    if rule.body:
        operation["requestBody"] = _body(rule, schemas)
    return said_of(rule, operation)


def _parameters(rule: Rule, schemas: dict[str, _Json]) -> list[_Json]:
    fields = rule.method.input_type.fields
    found = [_path_parameter(field) for field in fields if field.name in rule.variables]
    if rule.body != "*":
        rest = REST_OF_QUERY.get(rule.method.name)
        elsewhere = (*rule.variables, rest, *((rule.body, "document", "request_id") if rule.body else ()))
        found += [_query_parameter(rule, each, schemas) for each in fields if each.name not in elsewhere]
        found += [_rest_parameter(rule, rest)] if rest else []
    if "request_id" in rule.method.input_type.fields_by_name:
        text = "The same key and body name the same job for 24 hours."
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema})
    if rule.creates_job:
        text = "Jobs with a higher priority begin first; 0 unless told otherwise."
        schema = {"type": "integer", "minimum": -MOST_URGENT, "maximum": MOST_URGENT}
        found.append({"name": "X-Priority", "in": "header", "description": text, "schema": schema})
    return found


def _path_parameter(field: FieldDescriptor) -> _Json:
    schema: _Json = {"type": "string", "minLength": 1}
    example = {"example": _EXAMPLES[field.name]} if field.name in _EXAMPLES else {}
    return {"name": field.name, "in": "path", "required": True, "description": _comment(field), "schema": schema} | example


def _query_parameter(rule: Rule, field: FieldDescriptor, schemas: dict[str, _Json]) -> _Json:
    name = _QUERY_NAMES.get(rule.method.name, {}).get(field.camelcase_name, field.camelcase_name)
    return {"name": name, "in": "query", "description": _comment(field), "schema": _type(field, schemas)}


def _rest_parameter(rule: Rule, name: str) -> _Json:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    field = rule.method.input_type.fields_by_name[name]
    return {"name": name, "in": "query", "style": "form", "explode": True, "description": _comment(field), "schema": schema}


def _body(rule: Rule, schemas: dict[str, _Json]) -> _Json:
    if rule.body == "*":
        shown = _reference(rule.method.input_type, schemas, without=rule.variables)
    else:
        shown = _type(rule.method.input_type.fields_by_name[rule.body], schemas, given=True)
    content: _Json = {"application/json": {"schema": shown}}
    if takes_schema(rule.method.input_type):
        content["application/yaml"] = YAML_BODY
    return {"required": takes_schema(rule.method.input_type) or rule.body != "*", "content": content | uploads(rule)}


def _status(rule: Rule) -> str:
    return "202" if rule.creates_job else "200" if rule.method.output_type.fields else "204"


def _answer(rule: Rule, schemas: dict[str, _Json]) -> _Json:
    if not rule.method.output_type.fields:
        return {"description": "Done."}
    reference = _reference(rule.method.output_type, schemas)
    if rule.method.server_streaming:
        media = ("text/event-stream", "application/x-ndjson")
        return {"description": "One event after the other.", "content": {each: {"schema": reference} for each in media}}
    answer: _Json = {"description": "Done.", "content": {"application/json": {"schema": reference}}}
    if rule.creates_job:
        location = {"schema": {"type": "string"}, "description": "Where the job is."}
        answer |= {"description": "The job, pending.", "headers": {"Location": location}}
    return answer


def problem_answer() -> _Json:
    """What every error is answered with."""
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": "What went wrong.", "content": {"application/problem+json": {"schema": reference}}}


def _reference(message: Descriptor, schemas: dict[str, _Json], without: tuple[str, ...] = (), given: bool = False) -> _Json:
    """Where the component of a message is; one that is `given` in a body is another than the one in answers."""
    if message.full_name in _FREE:
        return _FREE[message.full_name]
    name = f"{message.name}Input" if given else message.name
    if name not in schemas:
        schemas[name] = {}  # a message may hold itself
        schemas[name] = _object(message, schemas, without, given)
    return {"$ref": f"#/components/schemas/{name}"}


def _object(message: Descriptor, schemas: dict[str, _Json], without: tuple[str, ...], given: bool) -> _Json:
    is_request = message.name.endswith("Request") or message.name == "Output"
    fields = [field for field in message.fields if field.name not in without]
    properties = {field.camelcase_name: _type(field, schemas, given) | {"description": _comment(field)} for field in fields}
    if given:
        return {"type": "object", "description": comments().get(message.full_name, ""), "properties": properties}
    if message.name == "Job":
        properties |= {name: {"type": "string", "description": text} for name, text in _LINKS.items()}
    shown: _Json = {"type": "object", "description": comments().get(message.full_name, ""), "properties": properties}
    if is_request:
        return shown | {"additionalProperties": False} | ({"required": ["schema"]} if takes_schema(message) else {})
    return shown | {"required": [field.camelcase_name for field in fields if not field.has_presence]}


def _type(field: FieldDescriptor, schemas: dict[str, _Json], given: bool = False) -> _Json:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _single(field.message_type.fields_by_name["value"], schemas)}
    single = _single(field, schemas, given)
    return {"type": "array", "items": single} if field.is_repeated else single


def _single(field: FieldDescriptor, schemas: dict[str, _Json], given: bool = False) -> _Json:
    if field.message_type is not None:
        return _reference(field.message_type, schemas, given=given)
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.cpp_type in _INTEGERS:
        return {"type": "integer", "format": _INTEGERS[field.cpp_type]}
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return {"type": "number"}
    return {"type": "boolean"} if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else {"type": "string"}


def _enum(enum: EnumDescriptor) -> _Json:
    names = [value.name for value in enum.values if not value.name.endswith("_UNSPECIFIED")]
    lines = [f"{name}: {comments().get(f'{enum.full_name}.{name}', '')}" for name in names]
    return {"type": "string", "enum": names, "description": " ".join(lines)}


def _comment(field: FieldDescriptor) -> str:
    return comments().get(field.full_name, "")
