"""Routes of the schema registry: revisions as entity tags, drawings as they were written, SQL and files as such."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import grpc
from aiohttp import hdrs, web
from google.protobuf.message_factory import GetMessageClass
from mockcraft.schemas.v1 import schemas_pb2 as pb

from services.common.errors import FieldError, MockcraftError, invalid
from services.common.statuses import from_rpc, left_out
from services.gateway import bodies
from services.gateway.artifacts import disposition
from services.gateway.backends import UNARY_SECONDS
from services.gateway.json_in import Filler
from services.gateway.json_out import to_json
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.problems import Handler
from services.gateway.ranges import matches
from services.gateway.rules import Rule, method_named
from services.gateway.transcoder import TICKET, answer_with, read_request, refuse, take_idempotency_key

SERVICE: Final = pb.DESCRIPTOR.services_by_name["SchemaService"]
CREATES: Final = ("CreateSchema", "ImportSchema")
"""Answered with 201 and a `Location`."""
SLOW: Final = (*CREATES, "CreateSchemaDatabase", "DeleteSchemaDatabase", "DeleteSchema", "GetSchemaDatabase", "PreviewSchema")
SLOW_SECONDS: Final = 600.0
"""Longest wait for an answer about a database."""
WHOLE: Final = ("CreateSchema", "ReplaceSchema")
"""Requests whose drawing is all there is to check."""

_TAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,17})"')
_CHECK: Final = method_named("CheckDrawing")
_IMPORT_TYPES: Final = {"application/sql": "sql", "application/x-sql": "sql", "text/x-sql": "sql"}
_IMPORT_TYPES_ANY: Final = ("text/plain", "application/octet-stream", "text/vnd.dbml", "text/x-dbml", "application/dbml")
_ENDINGS: Final = {"sql": "sql", "ddl": "sql", "json": "json", "yaml": "yaml", "yml": "yaml", "dbml": "dbml"}
_DRAWN: Final = frozenset({"tables", "foreignKeys", "schemaDefinition"})
_JSON_TYPES: Final = ("*/*", "application/*", "application/json")
_SQL_TYPES: Final = ("text/plain", "application/sql", "text/*", "application/x-sql", "text/x-sql")
_MOST_LOST: Final = 4096


def registry(rule: Rule) -> Handler:
    """The handler of a route of the registry."""

    async def handle(request: web.Request) -> web.StreamResponse:
        message = await _read(rule, request)
        seconds = SLOW_SECONDS if rule.method.name in SLOW else UNARY_SECONDS
        try:
            answer = await request.app[CHANNELS].unary(rule.method, message, request[REQUEST_ID], seconds)
        except grpc.aio.AioRpcError as error:
            raise await _complete(rule, request, message, error) from None
        return _answer(rule, request, answer)

    return handle


async def _read(rule: Rule, request: web.Request) -> Any:
    """The request message. Raises 400 with all findings."""
    if rule.body == "schema":
        message = await _drawn(rule, request)
    elif rule.method.name == "ImportSchema" and request.body_exists:
        message = await _imported(rule, request)
    else:
        message = await read_request(rule, request)
    _take_tag(request, message)
    return message


async def _drawn(rule: Rule, request: web.Request) -> Any:
    """A drawing goes on as the text it is, so that the registry finds all that is wrong in it; the rest is in the query."""
    message: Any = GetMessageClass(rule.method.input_type)()
    body = await bodies.read_json(request)
    message.document = body.text if body else "{}"
    filler = Filler()
    filler.fill(message, {key: value for key, value in bodies.query_values(request).items() if key != TICKET})
    filler.fill(message, {name: request.match_info[name] for name in rule.variables})
    take_idempotency_key(request, message)
    refuse(filler)
    return message


async def _imported(rule: Rule, request: web.Request) -> Any:
    """A request to import; a body that is an export itself is the file."""
    if not bodies.is_json(request):
        return await _uploaded(rule, request)
    body = await bodies.read_json(request)
    if body is None or _DRAWN.isdisjoint(body.value):
        return await read_request(rule, request)
    named = {key: body.value[key] for key in ("name", "description") if isinstance(body.value.get(key), str)}
    return _file_message(rule, request, body.text, "json", {**named, **request.query})


async def _uploaded(rule: Rule, request: web.Request) -> Any:
    """A file to import, as the body or of a form; what else is to be said is in the query or in the form."""
    kind = request.content_type
    if not (bodies.is_yaml(request) or kind in (*_IMPORT_TYPES, *_IMPORT_TYPES_ANY, "multipart/form-data")):
        raise bodies.unsupported(kind)
    text, name, options = await bodies.read_upload(request, "file")
    ending = _ENDINGS.get(name.rpartition(".")[2].lower(), "")
    return _file_message(rule, request, text, ending or _IMPORT_TYPES.get(kind, "yaml" if "yaml" in kind else ""), options)


def _file_message(rule: Rule, request: web.Request, text: str, looks: str, options: Mapping[str, str]) -> Any:
    message: Any = GetMessageClass(rule.method.input_type)()
    filler = Filler()
    filler.fill(message, {key: value for key, value in options.items() if key not in (TICKET, "text")})
    message.text, message.format = text, message.format or looks
    take_idempotency_key(request, message)
    refuse(filler)
    return message


def _take_tag(request: web.Request, message: Any) -> None:
    """Make If-Match the request's `revision`; `*` is any. Raises 400."""
    given = request.headers.get(hdrs.IF_MATCH, "").strip()
    if given in ("", "*") or "revision" not in message.DESCRIPTOR.fields_by_name:
        return
    found = _TAG.fullmatch(given)
    if found is None:
        text = 'If-Match must be the ETag of an answer, such as "3", or *.'
        raise invalid("VALIDATION_ERROR", text, findings=[FieldError("If-Match", text, "VALIDATION_ERROR")])
    message.revision = int(found[1])


async def _complete(rule: Rule, request: web.Request, message: Any, error: grpc.aio.AioRpcError) -> Exception:
    """The error with all its findings: those that a status has no room for are asked for again."""
    if rule.method.name not in WHOLE or not left_out(error):
        return error
    check = GetMessageClass(_CHECK.input_type)(document=message.document)
    found: Any = await request.app[CHANNELS].unary(_CHECK, check, request[REQUEST_ID])
    told = from_rpc(error)
    known = {(each.path, each.message) for each in told.findings}
    more = [FieldError(f.path, f.message, f.code, suggestion=f.suggestion) for f in found.findings]
    rest = [each for each in more if (each.path, each.message) not in known]
    return MockcraftError(told.code, told.message, told.status, told.details, (*told.findings, *rest))


def _answer(rule: Rule, request: web.Request, answer: Any) -> web.StreamResponse:
    name = rule.method.name
    if isinstance(answer, pb.ExportedSchema):
        return _file(answer)
    if isinstance(answer, pb.SchemaSql | pb.SchemaMigration) and wants_sql(request.headers.get(hdrs.ACCEPT, "")):
        kind = "application/sql" if "application/sql" in request.headers[hdrs.ACCEPT].lower() else "text/plain"
        return web.Response(text=answer.sql, content_type=kind, charset="utf-8")
    if not isinstance(answer, pb.Schema):
        return answer_with(request, answer, created=rule.creates_job)
    tag = f'"{answer.revision}"'
    if name == "GetSchema" and matches(request.headers.get(hdrs.IF_NONE_MATCH, ""), tag):
        return web.Response(status=304, headers={hdrs.ETAG: tag})
    if name in CREATES:
        return json_response(to_json(answer), 201, ETag=tag, Location=f"/api/v1/schemas/{answer.id}")
    return json_response(to_json(answer), ETag=tag)


def _file(answer: Any) -> web.Response:
    """A download; what its format cannot hold is in `X-Lost`, a JSON list in ASCII."""
    headers: dict[str, str] = {hdrs.CONTENT_DISPOSITION: disposition(answer.filename)}
    if answer.lost:
        headers["X-Lost"] = _ascii_list(list(answer.lost))
    return web.Response(text=answer.text, content_type=answer.media_type, charset="utf-8", headers=headers)


def _ascii_list(texts: list[str]) -> str:
    """As many of the texts as a header has room for."""
    while len(written := json.dumps(texts)) > _MOST_LOST:
        texts = texts[: len(texts) // 2]
    return written


def wants_sql(accept: str) -> bool:
    """Whether an Accept header prefers plain SQL to JSON."""
    weighed = [(_weight(each), each.partition(";")[0].strip().lower()) for each in accept.split(",")]
    for weight, kind in sorted(weighed, key=lambda each: -each[0]):
        if weight > 0 and kind in (*_JSON_TYPES, *_SQL_TYPES):
            return kind in _SQL_TYPES
    return False


def _weight(part: str) -> float:
    found = re.search(r";\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", part)
    return float(found[1]) if found else 1.0
