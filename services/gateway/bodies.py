"""Request bodies: what their media type says they are."""

from __future__ import annotations

from typing import Any, Final

import grpc
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.common.errors import MockcraftError, invalid
from services.gateway.json_text import JsonText
from services.gateway.keys import BODY

YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml", "text/plain")
_SCHEMA_KEYS: Final = frozenset({"mockcraft", "tables", "columns", "global_settings"})


def is_yaml(request: web.Request) -> bool:
    """Whether the body is YAML (or plain text, which is taken as YAML)."""
    return request.content_type in YAML_TYPES


def is_json(request: web.Request) -> bool:
    """Whether the body is JSON."""
    return request.content_type in ("application/json", "text/json") or request.content_type.endswith("+json")


def is_bare_schema(body: JsonText) -> bool:
    """Whether a JSON body is a schema itself, not a request that holds one."""
    return "schema" not in body.value and not _SCHEMA_KEYS.isdisjoint(body.value)


async def read_text(request: web.Request) -> str:
    """The body as text. Raises 400 `YAML_ENCODING`; the size limit raises 413 while reading."""
    try:
        return (await request.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid("YAML_ENCODING", f"The body is not UTF-8 text: byte {error.start} fits nothing.") from None


async def read_json(request: web.Request) -> JsonText | None:
    """The body as JSON; None when there is none. Raises 400 and 415."""
    raw = await request.read()
    if not raw:
        return None
    if not is_json(request):
        raise unsupported(request.content_type)
    request[BODY] = body = JsonText(raw)
    return body


async def read_upload(request: web.Request, *fields: str) -> tuple[str, str, dict[str, str]]:
    """The text of a file, its name ("": it has none) and the options beside it, the form's before the query's.

    It is the body itself, or of a form the first of these fields that is there.
    Raises 400 `YAML_ENCODING`, `FORM_INVALID`, `FILE_MISSING`.
    """
    if request.content_type != "multipart/form-data":
        return await read_text(request), "", dict(request.query)
    try:
        form = await request.post()
    except (ValueError, LookupError, HttpProcessingError) as error:
        raise invalid("FORM_INVALID", "The form cannot be read.", str(error)[:200]) from None
    options = {key: value for key, value in form.items() if isinstance(value, str)}
    for name in fields:
        field = form.get(name)
        if field is not None:
            options.pop(name, None)
            return _form_text(field), getattr(field, "filename", ""), dict(request.query) | options
    hint = f"Send it as the form's file `{fields[0]}`, or as the body."
    raise invalid("FILE_MISSING", f"The form has no field `{fields[0]}`.", hint)


def _form_text(field: Any) -> str:
    """The text of a form's field or file. Raises 400 `YAML_ENCODING`."""
    if isinstance(field, str):
        return field
    raw = field if isinstance(field, bytes | bytearray) else field.file.read()
    try:
        return bytes(raw).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid("YAML_ENCODING", f"The file is not UTF-8 text: byte {error.start} fits nothing.") from None


def unsupported(content_type: str) -> MockcraftError:
    """415: the body's media type is not one that is taken here."""
    return MockcraftError(
        "UNSUPPORTED_MEDIA_TYPE",
        f"A body of type `{content_type}` is not taken here.",
        grpc.StatusCode.INVALID_ARGUMENT,
        "Send `Content-Type: application/json`, or `application/yaml` where the body is a schema.",
    )


def query_values(request: web.Request) -> dict[str, Any]:
    """The query as field values: `a.b=x` is key `b` of map `a`; a key given more than once is a list."""
    values: dict[str, Any] = {}
    for key in dict.fromkeys(request.query):
        texts = request.query.getall(key)
        name, dot, entry = key.partition(".")
        if dot and entry:
            branch = values.setdefault(name, {})
            if isinstance(branch, dict):
                branch[entry] = texts[-1]
        else:
            values[key] = texts if len(texts) > 1 else texts[0]
    return values
