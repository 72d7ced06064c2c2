"""`/api/generate/{type}` and `/api/generators`."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.gateway.bodies import query_values
from services.gateway.json_in import Filler
from services.gateway.json_out import to_json
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.rules import method_named
from services.gateway.transcoder import refuse

_GENERATE: Final = method_named("GenerateValues")
_GET: Final = method_named("GetGenerator")
_LIST: Final = method_named("ListGenerators")
_OWN: Final = ("count", "seed", "locale")
_SHOWN: Final = ("name", "category", "description", "example", "parameters")
_NOTHING: Final = ("", "null", "undefined")


async def generate(request: web.Request) -> web.StreamResponse:
    """`{"type", "value"}`, or `"values"` when `count` is more than one. Query keys the generator does not know are ignored."""
    asked = request.match_info["type"]
    query = {key: value for key, value in query_values(request).items() if value not in _NOTHING}
    own: dict[str, Any] = {key: query[key] for key in _OWN if key in query}
    known = await _parameters(request, asked)
    parameters = {key: value for key, value in query.items() if key not in _OWN and (known is None or key in known)}
    answer = await _call(request, _GENERATE, {"type": asked, **own, "parameters": parameters})
    values = to_json(answer)["values"]
    return json_response({"type": asked} | ({"values": values} if len(values) > 1 else {"value": values[0] if values else None}))


async def _parameters(request: web.Request, asked: str) -> set[str] | None:
    """The names of a generator's parameters; None when it takes any (Faker's providers)."""
    if asked.lower().startswith("faker."):
        return None
    return {parameter.name for parameter in (await _call(request, _GET, {"type": asked})).parameters}


async def generators(request: web.Request) -> web.StreamResponse:
    """The catalogue, all of it or one category."""
    query = {key: request.query[key] for key in ("category", "search") if request.query.get(key, "") not in _NOTHING}
    answer = to_json(await _call(request, _LIST, query))
    listed = [{key: each.get(key) for key in _SHOWN} for each in answer["generators"]]
    return json_response({"generators": listed, "categories": answer["categories"], "count": len(listed)})


async def _call(request: web.Request, method: Any, values: dict[str, Any]) -> Any:
    message = GetMessageClass(method.input_type)()
    filler = Filler(strict=False)
    filler.fill(message, values)
    refuse(filler)
    return await request.app[CHANNELS].unary(method, message, request[REQUEST_ID])
