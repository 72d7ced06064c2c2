"""`POST /api/seed`: a schema as the body or as a file of a form, options beside it; starts a generation job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from google.protobuf.message_factory import GetMessageClass

from services.common.errors import invalid
from services.gateway.adapters.jobs import job_view
from services.gateway.bodies import read_text
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
    text, options = await _read(request)
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


async def _read(request: web.Request) -> tuple[str, dict[str, str]]:
    """The schema's text and the options of form and query, the form's before the query's."""
    if request.content_type != "multipart/form-data":
        return await read_text(request), dict(request.query)
    try:
        form = await request.post()
    except ValueError as error:
        raise invalid("FORM_INVALID", "The form cannot be read.", str(error)) from None
    options = {key: value for key, value in form.items() if isinstance(value, str)}
    for name in _SCHEMA_FIELDS:
        field = form.get(name)
        if field is not None:
            options.pop(name, None)
            return _text(field), dict(request.query) | options
    raise invalid("FILE_MISSING", "The form has no field `file`.", "Send the schema as the form's file `file`, or as the body.")


def _text(field: Any) -> str:
    """The text of a form's field or file. Raises 400 `YAML_ENCODING`."""
    if isinstance(field, str):
        return field
    raw = field if isinstance(field, bytes | bytearray) else field.file.read()
    try:
        return bytes(raw).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid("YAML_ENCODING", f"The file is not UTF-8 text: byte {error.start} fits nothing.") from None
