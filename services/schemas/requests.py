"""What requests to the registry ask for, from protobuf messages. Pure, but for who asks."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import structlog

from services.common.caller import caller
from services.common.errors import FieldError, invalid
from services.common.jobs.store import Request
from services.common.messages import seed_of
from services.schemas.answers import BackupRequest, ImportRequest, PreviewRequest, SeedRequest
from services.schemas.convert import schema_value
from services.schemas.resource import CHANGEABLE, Resource, parsed, read_resource
from services.schemas.store import Act, Query

NAMED: Final = ("key:", "cli:")
"""How callers begin that the audit log names; addresses are nobody's name."""
LONGEST_REQUEST_ID: Final = 256


def act() -> Act:
    """Who does something now, for the audit log."""
    who, bound = caller(), structlog.contextvars.get_contextvars()
    return Act(who if who.startswith(NAMED) else "anonymous", request_id=str(bound.get("request_id", "")))


def resource_of(request: Any, name_needed: bool = True) -> Resource:
    """The schema of a request, as JSON text or as a message. Raises INVALID_JSON."""
    value = parsed(request.document) if request.document else schema_value(request.schema)
    return read_resource(value, name_needed)


def database_wanted(request: Any, resource: Resource) -> bool:
    """Whether a database is to be created: as the request says, else as its document does, else yes."""
    if request.HasField("create_database"):
        return bool(request.create_database)
    return resource.create_database is not False


def fields_to_change(request: Any, resource: Resource) -> frozenset[str]:
    """What an update names: its mask, else the one in its document, else what is there. Raises VALIDATION_ERROR."""
    written = list(request.update_mask.paths) or [each.strip() for each in resource.mask.split(",") if each.strip()]
    if not written:
        return resource.given
    if written == ["*"]:
        return frozenset(CHANGEABLE)
    named = [_field(each) for each in written]
    wrong = [each for each in named if each not in CHANGEABLE]
    if wrong:
        text = f"There is no field {wrong[0][:80]} to change; there are {', '.join(CHANGEABLE)}."
        raise invalid("VALIDATION_ERROR", text, findings=[FieldError("updateMask", text, "VALIDATION_ERROR")])
    return frozenset(named)


def _field(path: str) -> str:
    """The JSON name of a field of the drawing, which may be named below `schema_definition`."""
    name = path.removeprefix("schema_definition.").removeprefix("schemaDefinition.")
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def query(request: Any) -> Query:
    """Which schemas to list. `limit`, or `page` alone, counts pages."""
    counted = bool(request.page or request.limit)
    size = request.limit or request.page_size
    page = request.page or (1 if counted and not request.page_token else 0)
    return Query(request.search, request.status, request.sort, size, request.page_token, page)


def source(request: Any, trusted: bool = False) -> ImportRequest:
    """What to make a schema of."""
    return ImportRequest(
        text=request.text,
        format=request.format,
        dialect=request.dialect,
        url=request.url,
        name=request.name,
        description=request.description,
        create_database=request.create_database,
        trusted=trusted,
    )


def preview(request: Any) -> PreviewRequest:
    """Which rows to show."""
    return PreviewRequest(request.table, request.rows, seed_of(request))


def seeding(request: Any) -> SeedRequest:
    """How a database is filled."""
    return SeedRequest(dict(request.rows), request.total_rows, seed_of(request), request.mode, request.request_id)


def backup(request: Any) -> BackupRequest:
    """How a database is backed up."""
    encrypt = request.encrypt if request.HasField("encrypt") else None
    return BackupRequest(request.storage, request.keep_last, request.keep_days, request.verify, encrypt, request.request_id)


def idempotency(request: Any) -> Request:
    """The request's own id, with a digest of all the rest. Raises REQUEST_ID_INVALID."""
    if not request.request_id:
        return Request()
    if len(request.request_id) > LONGEST_REQUEST_ID:
        raise invalid("REQUEST_ID_INVALID", f"A request id has at most {LONGEST_REQUEST_ID} characters.")
    digest = hashlib.blake2b(request.SerializeToString(deterministic=True), digest_size=16).hexdigest()
    return Request(request.request_id, digest, caller())
