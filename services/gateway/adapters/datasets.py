"""`POST /api/generate`, `/api/templates…` and `/api/domains…`: text datasets as existing clients know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.gateway.adapters.jobs import job_view
from services.gateway.bodies import read_json
from services.gateway.json_in import Filler
from services.gateway.json_out import to_json
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.rules import method_named
from services.gateway.transcoder import made, refuse, take_idempotency_key

_CREATE: Final = method_named("CreateDataset")
_ABOUT: Final = ("name", "description", "revision")
_LARGEST: Final = 1000


async def generate(request: web.Request) -> web.StreamResponse:
    """202 with the job that makes the dataset."""
    message: Any = GetMessageClass(_CREATE.input_type)()
    await _fill(request, message, message)
    take_idempotency_key(request, message)
    job = await request.app[CHANNELS].unary(_CREATE, message, request[REQUEST_ID])
    view = job_view(request, job)
    return json_response(view, 202, Location=f"/api/jobs/{view['id']}")


async def templates(request: web.Request) -> web.StreamResponse:
    """`{"templates": […]}`, each with the fields of a request beside its name."""
    answer = await _call(request, "ListDatasetTemplates")
    views = [flat_view(each) for each in answer.templates]
    return json_response({"templates": views, "count": len(views)})


async def template(request: web.Request) -> web.StreamResponse:
    """One ready-made domain."""
    return json_response(flat_view(await _call(request, "GetDatasetTemplate", id=request.match_info["id"])))


async def domains(request: web.Request) -> web.StreamResponse:
    """`{"domains": […]}` by name; `limit` (or `pageSize`) and `pageToken` are heeded, without them all are listed."""
    query = request.query
    message: Any = GetMessageClass(method_named("ListDomains").input_type)()
    filler = Filler(strict=False)
    size = query.get("limit") or query.get("pageSize") or _LARGEST
    filler.fill(message, {"page_size": size, "page_token": query.get("pageToken")})
    refuse(filler)
    message.page_size = min(message.page_size, _LARGEST)
    answer: Any = await request.app[CHANNELS].unary(method_named("ListDomains"), message, request[REQUEST_ID])
    views = [flat_view(each) for each in answer.domains]
    return json_response({"domains": views, "count": len(views), "nextPageToken": answer.next_page_token})


async def domain(request: web.Request) -> web.StreamResponse:
    """One saved domain."""
    return json_response(flat_view(await _call(request, "GetDomain", id=request.match_info["id"])))


async def create_domain(request: web.Request) -> web.StreamResponse:
    """201 with the saved domain. Without a `name` its `domain` is its name."""
    saved = await _save(request, "CreateDomain")
    return made(f"/api/domains/{saved.id}", flat_view(saved))


async def update_domain(request: web.Request) -> web.StreamResponse:
    """The domain as it is now."""
    return json_response(flat_view(await _save(request, "UpdateDomain", id=request.match_info["id"])))


async def delete_domain(request: web.Request) -> web.StreamResponse:
    """The domain as it was."""
    return json_response(flat_view(await _call(request, "DeleteDomain", id=request.match_info["id"])) | {"deleted": True})


def flat_view(message: Any) -> dict[str, Any]:
    """A domain with what its request says beside its name."""
    view: dict[str, Any] = to_json(message)
    request = view.pop("request", {})
    said = {field.camelcase_name for field, _ in message.request.ListFields()}
    return {"topics": [], **{name: value for name, value in request.items() if name in said}, **view}


async def _save(request: web.Request, name: str, **fields: Any) -> Any:
    method = method_named(name)
    message: Any = GetMessageClass(method.input_type)(**fields)
    values = await _fill(request, message.request, message)
    if name == "CreateDomain" and not message.name and isinstance(values.get("domain"), str):
        message.name = values["domain"]
    return await request.app[CHANNELS].unary(method, message, request[REQUEST_ID])


async def _fill(request: web.Request, message: Any, outer: Any) -> Mapping[str, Any]:
    """Fill a request for a dataset from the body, and what is said about it into `outer`; returns the body."""
    body = await read_json(request)
    values: dict[str, Any] = dict(body.value) if body else {}
    if values.get("targetCount") is None and "targetSize" in values:
        values["targetCount"] = values["targetSize"]
    filler = Filler(strict=False, body=body)
    filler.fill(message, {name: value for name, value in values.items() if name != "requestId"})
    if outer is not message:
        filler.fill(outer, {name: values[name] for name in _ABOUT if name in values})
    refuse(filler)
    return values


async def _call(request: web.Request, name: str, **fields: Any) -> Any:
    method = method_named(name)
    return await request.app[CHANNELS].unary(method, GetMessageClass(method.input_type)(**fields), request[REQUEST_ID])
