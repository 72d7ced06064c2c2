"""The kinds of records: what each must hold, as JSON Schema, and which of its texts tell it from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from runner.datasets.spec import DatasetRequest

Schema = dict[str, Any]
Record = dict[str, Any]
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "pattern": r"\S"}


def _object(**properties: Schema) -> Schema:
    required = [name for name, schema in properties.items() if "default" not in schema]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_TURN: Final = _object(role={"enum": ["system", "user", "assistant"]}, content=_TEXT)
_MESSAGES: Final[Schema] = {"type": "array", "items": _TURN, "minItems": 2, "maxItems": 64}


@dataclass(frozen=True)
class Kind:
    """A kind of record. `lead` names the fields that make it a different question from others (empty: all of them)."""

    name: str
    description: str
    schema: Schema
    lead: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "instruction",
            "an instruction and the response to it",
            _object(instruction=_TEXT, input={"type": "string", "default": ""}, output=_TEXT),
            ("instruction", "input"),
        ),
        Kind(
            "qa",
            "a question, the context that answers it, and the answer",
            _object(question=_TEXT, context=_TEXT, answer=_TEXT),
            ("question", "context"),
        ),
        Kind("chat", "a conversation of several turns", _object(messages=_MESSAGES), ("messages",)),
        Kind("classification", "a text and its label", _object(text=_TEXT, label=_TEXT), ("text",)),
        Kind("summarization", "a document and its summary", _object(document=_TEXT, summary=_TEXT), ("document",)),
        Kind(
            "preference",
            "a prompt, the better response and the worse one",
            _object(prompt=_TEXT, chosen=_TEXT, rejected=_TEXT),
            ("prompt",),
        ),
        Kind("text", "a free text", _object(text=_TEXT), ("text",)),
        Kind("custom", "a record by a schema of the user", {"type": "object"}, ()),
    )
}


def schema_of(kind: str, request: DatasetRequest, label: str = "") -> Schema:
    """The JSON Schema of a kind's records (without metadata), of those with one label where that is given."""
    if kind == "custom":
        return request.record_schema or {"type": "object"}
    if kind == "classification" and request.labels:
        return _object(text=_TEXT, label={"enum": [label] if label else list(request.labels)})
    return KINDS[kind].schema


def fields_of(kind: str, request: DatasetRequest) -> tuple[str, ...]:
    """The names of a kind's fields, in order; of a custom kind those that its schema names."""
    return tuple(schema_of(kind, request).get("properties", {}))


def texts(value: Any) -> Iterator[str]:
    """The strings within a value, depth first; names of fields are none of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def lead(kind: str, record: Mapping[str, Any]) -> str:
    """What makes a record another question than others: no two of a dataset share it.

    Of chats the first turn of the user; of records by a user's schema the whole record.
    """
    if kind == "chat":
        return next((turn["content"] for turn in record["messages"] if turn["role"] == "user"), body(kind, record))
    if not KINDS[kind].lead:
        return body(kind, record)
    return "\n".join(str(record.get(field, "")) for field in KINDS[kind].lead)


def body(kind: str, record: Mapping[str, Any]) -> str:
    """All of a record's texts, a line each: what near-duplicates and lengths are judged by."""
    if kind == "custom":
        return "\n".join(texts(record)) or orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode()
    if kind == "chat":
        return "\n".join(turn["content"] for turn in record["messages"])
    return "\n".join(texts({name: value for name, value in record.items() if name != "label"}))
