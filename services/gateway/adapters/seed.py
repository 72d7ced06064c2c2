"""`POST /api/seed`: a schema as the body or as a file of a form, options beside it; starts a generation job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.gateway.adapters.jobs import job_view
from services.gateway.bodies import read_upload
from services.gateway.json_in import Filler
from services.gateway.keys import CHANNELS, REQUEST_ID, json_response
from services.gateway.rules import method_named
from services.gateway.transcoder import refuse, take_idempotency_key

_CREATE: Final = method_named("CreateGeneration")
_SCHEMA_FIELDS: Final = ("file", "config", "schema")
_NOTHING: Final = ("", "null", "undefined")
_OUTPUT: Final = ("output", "outputs", "format", "outputFormat")
_OF_OUTPUT: Final = frozenset({"compression", "compress"})


async def seed(request: web.Request) -> web.StreamResponse:
    """202 with the job's id in all its spellings and `status: queued`."""
    text, _, options = await read_upload(request, *_SCHEMA_FIELDS)
    message: Any = GetMessageClass(_CREATE.input_type)()
    message.schema.text = text
    filler = Filler(strict=False)
    filler.fill(message, request_values(options))
    refuse(filler)
    take_idempotency_key(request, message)
    job = await request.app[CHANNELS].unary(_CREATE, message, request[REQUEST_ID])
    view = job_view(request, job)
    return json_response(view, 202, Location=f"/api/jobs/{view['id']}")


def request_values(options: Mapping[str, str]) -> dict[str, Any]:
    """Fields of the request from options such as `output=csv,sql`, `dialect=mysql`, `rows.users=10`, `set.scale=2`.

    Without any about the output the service decides: CSV, or what a build config asks for.
    """
    given = {key: value for key, value in options.items() if value not in _NOTHING}
    formats = next((given[key] for key in _OUTPUT if key in given), "csv" if given.keys() & _OF_OUTPUT else "")
    values: dict[str, Any] = {key: given[key] for key in ("seed", "workers") if key in given}
    values["outputs"] = [_output(name.strip().lower(), given) for name in formats.split(",") if name.strip()]
    for field in ("rows", "set"):
        values[field] = {key[len(field) + 1 :]: value for key, value in given.items() if key.startswith(f"{field}.")}
    return values


def _output(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    output: dict[str, Any] = {"format": name, "options": {}}
    compression = given.get("compression") or given.get("compress")
    if compression and name != "parquet":
        output["compression"] = compression.lower()
    if "dialect" in given and name == "sql":
        output["dialect"] = given["dialect"]
    if "pretty" in given and name == "json":
        output["options"]["pretty"] = given["pretty"].lower() in ("true", "1", "yes", "on")
    return output
