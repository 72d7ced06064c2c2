"""Messages as JSON: lowerCamelCase, 64-bit whole numbers as numbers, zero values printed, unset messages left out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from mockcraft.generator.v1.generator_pb2 import Generator

COLUMN_GENERATOR: Final = "mockcraft.schemas.v1.ColumnGenerator"
_EXACT: Final = 2**53
_KEPT: Final = Generator.DESCRIPTOR.full_name


def to_json(message: Any) -> Any:
    """The JSON value of a message (an object, or what its well-known type stands for)."""
    name = message.DESCRIPTOR.full_name
    if name == _KEPT:
        return _kept(message.SerializeToString(deterministic=True))
    return _SPECIAL[name](message) if name in _SPECIAL else _object(message)


@lru_cache(maxsize=4096)
def _kept(data: bytes) -> Any:
    """The JSON of a generator: lists of all of them are asked for often and stay the same. Not to be changed by callers."""
    return _object(Generator.FromString(data))


def _object(message: Any) -> dict[str, Any]:
    shape = _shape(message.DESCRIPTOR)
    shown = {
        part.shown: part.write(getattr(message, part.name))
        for part in shape.parts
        if not part.has_presence or message.HasField(part.name)
    }
    return _ordered_rows(shown) if shape.holds_rows else shown


class _Part(NamedTuple):
    """A field: its names in the message and in JSON, and how its value is written."""

    name: str
    shown: str
    has_presence: bool
    write: Callable[[Any], Any]


class _Shape(NamedTuple):
    """How messages of a type are written; asking their descriptors each time costs more than writing them."""

    parts: tuple[_Part, ...]
    holds_rows: bool


@cache
def _shape(message: Descriptor) -> _Shape:
    parts = (_Part(field.name, field.camelcase_name, field.has_presence, _writer(field)) for field in message.fields)
    return _Shape(tuple(parts), _holds_rows(message))


def _holds_rows(message: Descriptor) -> bool:
    rows = message.fields_by_name.get("rows")
    free = rows is not None and rows.message_type is not None and rows.message_type.full_name == "google.protobuf.Struct"
    return free and "columns" in message.fields_by_name


def _ordered_rows(shown: dict[str, Any]) -> dict[str, Any]:
    """Free objects have no order: rows take that of their columns."""
    places = {name: place for place, name in enumerate(shown["columns"])}
    rows = [dict(sorted(row.items(), key=lambda item: places.get(item[0], len(places)))) for row in shown["rows"]]
    return shown | {"rows": rows}


def _writer(field: FieldDescriptor) -> Callable[[Any], Any]:
    if not field.is_repeated:
        return _single(field)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        item = _single(field.message_type.fields_by_name["value"])
        return lambda value: {str(key): item(value[key]) for key in sorted(value)}
    each = _single(field)
    return list if each is _same else lambda value: list(map(each, value))


def _single(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.message_type is not None:
        return to_json
    if field.enum_type is not None:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda value: names.get(value, value)
    return _base64 if field.type == FieldDescriptor.TYPE_BYTES else _same


def _same(value: Any) -> Any:
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _value(message: Any) -> Any:
    kind = message.WhichOneof("kind")
    if kind == "struct_value":
        return _struct(message.struct_value)
    if kind == "list_value":
        return [_value(each) for each in message.list_value.values]
    if kind == "number_value":
        return _number(message.number_value)
    return None if kind in (None, "null_value") else getattr(message, kind)


def _number(value: float) -> int | float:
    """Free values hold doubles; whole ones are printed as whole numbers."""
    return int(value) if abs(value) <= _EXACT and value.is_integer() else value


def _struct(message: Any) -> dict[str, Any]:
    return {key: _value(message.fields[key]) for key in sorted(message.fields)}


def _timestamp(message: Any) -> str:
    whole = datetime.fromtimestamp(message.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{message.nanos // 1_000_000:03d}Z"


def _generator(message: Any) -> Any:
    """A generator's name, or the object that its text holds."""
    return orjson.loads(message.text) if message.text.startswith("{") else message.text


_SPECIAL: Final[Mapping[str, Callable[[Any], Any]]] = {
    "google.protobuf.Value": _value,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": lambda message: [_value(each) for each in message.values],
    "google.protobuf.Timestamp": _timestamp,
    COLUMN_GENERATOR: _generator,
}
