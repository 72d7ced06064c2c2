"""Schemas as cached bytes: JSON that is read back as the same record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import orjson

from services.schemas.codec import definition_from, definition_json
from services.schemas.store import Record

_PLAIN: Final = ("id", "name", "description", "database_name", "status", "revision", "stamp", "damaged", "error")
_TIMES: Final = ("created_at", "updated_at", "deleted_at", "exported_at")


def written(record: Record) -> bytes:
    """The record; equal records give equal bytes."""
    value: dict[str, Any] = {key: getattr(record, key) for key in _PLAIN}
    value |= {key: moment.isoformat() if (moment := getattr(record, key)) else None for key in _TIMES}
    return orjson.dumps({**value, "hosting": record.hosting, "definition": definition_json(record.definition)})


def read(data: bytes) -> Record:
    """What `written` wrote."""
    value = orjson.loads(data)
    definition, _ = definition_from(value["definition"])
    times: dict[str, Any] = {key: datetime.fromisoformat(value[key]) if value[key] else None for key in _TIMES}
    return Record(**{key: value[key] for key in _PLAIN}, **times, hosting=value["hosting"], definition=definition)
