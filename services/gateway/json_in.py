"""JSON and query values into request messages, by the message's descriptor; all complaints at once."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from rapidfuzz import process

from services.common.errors import FieldError
from services.gateway.json_text import JsonText, Path, dotted
from services.gateway.rules import field_named

SCHEMA: Final = "mockcraft.generator.v1.Schema"
MAX_FINDINGS: Final = 50
MAX_DEPTH: Final = 30
"""Deepest nesting of free values; protobuf refuses more than 100 messages within each other, three to a level."""

_INTEGER_BITS: Final = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64),
}
_FLOATS: Final = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class _Wrong(ValueError):
    """A value that its field cannot hold: the sentence, and the code when it is not `TYPE_INVALID`."""

    def __init__(self, message: str, code: str = "TYPE_INVALID") -> None:
        super().__init__(message)
        self.code = code


class Filler:
    """Fills one request. `strict` refuses unknown fields; `findings` collects what is wrong.

    `body` gives places to findings and the source text to schemas; None when values come from a query.
    `written` gives the names of a route's own query keys by field, for findings.
    """

    def __init__(
        self, strict: bool = True, body: JsonText | None = None, written: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.strict, self.body, self._written = strict, body, written
        self.findings: list[FieldError] = []

    def fill(self, message: Any, values: Mapping[str, Any], path: Path = ()) -> None:
        """Set the fields named by `values` (lowerCamelCase or snake_case); null leaves a field unset."""
        for name, value in values.items():
            field = field_named(message.DESCRIPTOR, name)
            if field is None:
                self._unknown(message.DESCRIPTOR, name, (*path, name))
            elif value is not None:
                self.set(message, field, value, (*path, name))

    def set(self, message: Message, field: FieldDescriptor, value: Any, path: Path) -> None:
        """Set one field, or note why it cannot be."""
        with self._noting(path):
            if _is_map(field):
                self._set_map(getattr(message, field.name), field, value, path)
            elif field.is_repeated:
                self._set_list(getattr(message, field.name), field, value, path)
            elif field.message_type is not None:
                self._set_message(getattr(message, field.name), value, path)
                getattr(message, field.name).SetInParent()
            else:
                setattr(message, field.name, scalar(field, value))

    def note(self, path: Path, message: str, code: str, suggestion: str = "") -> None:
        """Remember a complaint with its place; beyond `MAX_FINDINGS` they are dropped."""
        if len(self.findings) < MAX_FINDINGS:
            path = (self._written.get(str(path[0]), path[0]), *path[1:]) if path else path
            line, column = self.body.place(path) if self.body else (0, 0)
            self.findings.append(FieldError(dotted(path), message, code, line, column, suggestion))

    def _unknown(self, descriptor: Descriptor, name: str, path: Path) -> None:
        if self.strict and len(self.findings) < MAX_FINDINGS:
            close = closest(name, (field.camelcase_name for field in descriptor.fields))
            self.note(path, f"There is no field `{name[:80]}`.{did_you_mean(close)}", "UNKNOWN_FIELD", close)

    def _set_map(self, target: Any, field: Any, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise _Wrong(f"Expected an object, not {_kind(value)}.")
        item = field.message_type.fields_by_name["value"]
        for key, entry in value.items():
            place = (*path, key)
            with self._noting(place):
                if item.message_type is not None:
                    self._set_message(target[key], entry, place)
                else:
                    target[key] = scalar(item, _plain_text(item, entry))

    def _set_list(self, target: Any, field: FieldDescriptor, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            raise _Wrong(f"Expected a list, not {_kind(value)}.")
        for index, entry in enumerate(value):
            place = (*path, index)
            with self._noting(place):
                if field.message_type is not None:
                    self._set_message(target.add(), entry, place)
                else:
                    target.append(scalar(field, entry))

    @contextmanager
    def _noting(self, path: Path) -> Iterator[None]:
        try:
            yield
        except _Wrong as wrong:
            self.note(path, str(wrong), wrong.code)

    def _set_message(self, target: Message, value: Any, path: Path) -> None:
        special = _SPECIAL.get(target.DESCRIPTOR.full_name)
        if target.DESCRIPTOR.full_name == SCHEMA:
            self._set_schema(target, value, path)
        elif special is not None:
            special(target, value)
        elif isinstance(value, dict):
            self.fill(target, value, path)
        else:
            raise _Wrong(f"Expected an object, not {_kind(value)}.")

    def _set_schema(self, target: Any, value: Any, path: Path) -> None:
        """A schema is text (YAML or JSON) or an object; an object is sent as its text, so that findings keep their lines."""
        if isinstance(value, dict) and value.keys() <= {"text", "document"} and len(value) == 1:
            (form,) = value
            value, path = value[form], (*path, form)
        if isinstance(value, str):
            target.text = scalar(target.DESCRIPTOR.fields_by_name["text"], value)
        elif isinstance(value, dict) and self.body is not None:
            target.text = self.body.source(path)
        else:
            raise _Wrong(f"Expected a schema as an object or as text, not {_kind(value)}.")


def scalar(field: FieldDescriptor, value: Any) -> Any:
    """`value` as the Python value of a scalar field. Raises `_Wrong`, a `ValueError`."""
    if field.cpp_type in _INTEGER_BITS:
        return _integer(value, *_INTEGER_BITS[field.cpp_type])
    if field.cpp_type in _FLOATS:
        return _float(value)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _bool(value)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _enum(field, value)
    return _bytes(value) if field.type == FieldDescriptor.TYPE_BYTES else _string(value)


def _integer(value: Any, low: int, stop: int) -> int:
    try:
        number = int(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or (isinstance(value, float) and number != value):
        raise _Wrong(f"Expected a whole number, not {_kind(value)}.")
    if not low <= number < stop:
        raise _Wrong(f"{number} is outside {low} to {stop - 1}.", "OUT_OF_RANGE")
    return number


def _float(value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _Wrong(f"Expected a finite number, not {_kind(value)}.")
    return number


def _bool(value: Any) -> bool:
    truth = value if isinstance(value, bool) else _TRUTH.get(value.lower()) if isinstance(value, str) else None
    if truth is None:
        raise _Wrong(f"Expected true or false, not {_kind(value)}.")
    return truth


def _enum(field: Any, value: Any) -> int:
    names = {each.name: int(each.number) for each in field.enum_type.values if not each.name.endswith("_UNSPECIFIED")}
    number = names.get(value.upper()) if isinstance(value, str) else None
    if number is None:
        raise _Wrong(f"Expected one of {', '.join(names)}.")
    return number


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"Expected text, not {_kind(value)}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Wrong("The text holds half of a surrogate pair.", "UNENCODABLE_VALUE") from None
    return value


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_string(value), validate=True)
    except binascii.Error:
        raise _Wrong("Expected base64.") from None


def _plain_text(field: FieldDescriptor, value: Any) -> Any:
    """In a map of texts, numbers and booleans are taken as their text: `{"rows": {"users": 1000}}`."""
    if field.type != FieldDescriptor.TYPE_STRING or not isinstance(value, int | float):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set_value(target: struct_pb2.Value | struct_pb2.Struct | struct_pb2.ListValue, value: Any) -> None:
    if depth(value) > MAX_DEPTH:
        raise _Wrong(f"Nested deeper than {MAX_DEPTH} levels.", "JSON_TOO_DEEP")
    try:
        json_format.ParseDict(value, target)
    except (json_format.ParseError, ValueError, TypeError):
        raise _Wrong(f"{_kind(value).capitalize()} cannot be taken here.") from None


def _set_time(target: Any, value: Any) -> None:
    try:
        target.FromJsonString(_string(value))
    except (ValueError, AttributeError):
        raise _Wrong("Expected a time such as 2025-01-31T12:00:00Z.") from None


def _set_mask(target: Any, value: Any) -> None:
    try:
        target.FromJsonString(_string(value))
    except ValueError:
        raise _Wrong("Expected names of fields with commas between them, such as name,tables.") from None


_SPECIAL: Final[Mapping[str, Callable[[Any, Any], None]]] = {
    "google.protobuf.Value": _set_value,
    "google.protobuf.Struct": _set_value,
    "google.protobuf.ListValue": _set_value,
    "google.protobuf.Timestamp": _set_time,
    "google.protobuf.FieldMask": _set_mask,
}


def depth(value: Any) -> int:
    """Levels of lists and objects within each other; 0 for a scalar."""
    levels, layer = 0, [value]
    while layer := [each for each in layer if isinstance(each, dict | list)]:
        levels, layer = levels + 1, [item for each in layer for item in _items(each)]
    return levels


def _items(value: dict[str, Any] | list[Any]) -> Sequence[Any]:
    return tuple(value.values()) if isinstance(value, dict) else value


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value[:40]}`"
    return {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}.get(type(value), f"{value!s:.40}")


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` was probably meant to be; empty when none is near."""
    best = process.extractOne(name, list(known), score_cutoff=60, processor=str.lower)
    return str(best[0]) if best else ""


def did_you_mean(name: str) -> str:
    """` Did you mean `x`?`, or nothing."""
    return f" Did you mean `{name}`?" if name else ""
