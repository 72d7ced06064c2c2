"""One handler for every unary route: request message from path, query and body, one gRPC call, JSON back."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.common.errors import FieldError, invalid
from services.gateway import bodies
from services.gateway.json_in import SCHEMA, Filler
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.links import shown
from services.gateway.problems import Handler
from services.gateway.rules import Rule, field_named

REST_OF_QUERY: Final = {"GenerateValues": "parameters"}
"""Methods whose unknown query keys fill a map field."""

MADE: Final = {"CreateDomain": "id", "CreateDictionary": "name"}
"""Methods that keep something, answered with 201, and what names it."""

TICKET: Final = "ticket"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def unary(rule: Rule) -> Handler:
    """The handler of a route with one answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        message = await read_request(rule, request)
        answer = await request.app[CHANNELS].unary(rule.method, message, request[REQUEST_ID])
        if not rule.method.output_type.fields:
            return web.Response(status=204)
        if rule.method.name in MADE:
            return made(f"{rule.path}/{getattr(answer, MADE[rule.method.name])}", shown(request, answer))
        return answer_with(request, answer, created=rule.creates_job)

    return handle


def made(place: str, value: Any) -> web.Response:
    """201 for something that is kept from now on, with its `Location`."""
    return json_response(value, 201, Location=place)


def answer_with(request: web.Request, answer: Message, created: bool = False) -> web.Response:
    """The message as JSON; a created job as 202 with its `Location`."""
    value = shown(request, answer)
    if not created:
        return json_response(value)
    return json_response(value, 202, Location=f"/api/v1/jobs/{value['id']}")


async def read_request(rule: Rule, request: web.Request) -> Message:
    """The request message of a route. Raises 400 with all findings."""
    message: Message = GetMessageClass(rule.method.input_type)()
    query = {key: value for key, value in bodies.query_values(request).items() if key != TICKET}
    filler = await _fill_body(rule, request, message, query) if rule.body else Filler()
    known, rest = split_query(rule, query)
    filler.fill(message, known)
    if rest:
        filler.fill(message, {REST_OF_QUERY[rule.method.name]: rest})
    filler.fill(message, {name: request.match_info[name] for name in rule.variables})
    take_idempotency_key(request, message)
    refuse(filler)
    return message


def split_query(rule: Rule, query: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What sets fields of the request, and what goes into the map of `REST_OF_QUERY`."""
    if rule.method.name not in REST_OF_QUERY:
        return query, {}
    own = REST_OF_QUERY[rule.method.name]
    known = {key: value for key, value in query.items() if _is_field(rule, key) and key != own}
    return known, {key: value for key, value in query.items() if key not in known}


def _is_field(rule: Rule, key: str) -> bool:
    field = field_named(rule.method.input_type, key)
    return field is not None and field.name not in rule.variables


def refuse(filler: Filler) -> None:
    """Raise what a filler found, if anything, as one 400."""
    if not filler.findings:
        return
    first = filler.findings[0]
    more = f" ({len(filler.findings) - 1} more in `findings`)" if len(filler.findings) > 1 else ""
    message = f"`{first.path}`: {first.message}{more}" if first.path else f"{first.message}{more}"
    raise invalid(first.code, message, findings=filler.findings)


async def _fill_body(rule: Rule, request: web.Request, message: Message, query: dict[str, Any]) -> Filler:
    """Fill from the body. A body that is a schema itself leaves the other fields to the query."""
    if takes_schema(rule.method.input_type) and bodies.is_yaml(request):
        return _bare_schema(message, await bodies.read_text(request))
    body = await bodies.read_json(request)
    if body is not None and takes_schema(rule.method.input_type) and bodies.is_bare_schema(body):
        return _bare_schema(message, body.text)
    _refuse_query(query)
    filler = Filler(body=body)
    filler.fill(message, body.value if body else {})
    return filler


def _bare_schema(message: Any, text: str) -> Filler:
    message.schema.text = text
    return Filler()


def _refuse_query(query: dict[str, Any]) -> None:
    if query:
        findings = [FieldError(key, "Put this into the body.", "UNKNOWN_FIELD") for key in query]
        raise invalid("UNKNOWN_FIELD", f"The query key `{next(iter(query))}` is not taken here.", findings=findings)


def takes_schema(message: Descriptor) -> bool:
    """Whether a request holds a schema, which may then be the whole body."""
    field = message.fields_by_name.get("schema")
    return field is not None and field.message_type is not None and field.message_type.full_name == SCHEMA


def take_idempotency_key(request: web.Request, message: Any) -> None:
    """Make the Idempotency-Key header the request's `request_id`, where it has one. Raises 400."""
    key = request.headers.get("Idempotency-Key")
    if key is None or "request_id" not in message.DESCRIPTOR.fields_by_name:
        return
    if not _KEY.fullmatch(key):
        raise invalid("IDEMPOTENCY_KEY_INVALID", "The Idempotency-Key must be 1 to 255 printable ASCII characters.")
    if message.request_id not in ("", key):
        raise invalid("IDEMPOTENCY_KEY_INVALID", "The Idempotency-Key and `requestId` differ; send one of them.")
    message.request_id = key
