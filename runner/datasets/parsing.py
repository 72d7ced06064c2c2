"""Records out of what models write: the JSON found in it, its small slips put right, checked against its schema.

Put right: code fences and prose around the object, commas before a closing bracket, line breaks within strings, closing
brackets that are missing at the very end, fields that the schema of a ready-made kind does not know. Never put right: a
text cut off in the middle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson
import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from runner.datasets.outputs.layout import schema_of as columns_of
from runner.datasets.outputs.layout import table_of
from runner.datasets.records import Record, Schema, schema_of
from runner.datasets.spec import DatasetRequest
from runner.formats.common.base import UnencodableValue

_FENCE: Final = re.compile(r"```[a-zA-Z0-9]*\s*\n?(.*?)(?:```|\Z)", re.S)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_TOKEN: Final = re.compile(_STRING + r'|[{}\[\]"]', re.S)
_SPLIT: Final = re.compile(f"({_STRING})", re.S)
_COMMA: Final = re.compile(r",(\s*[}\]])")
_CLOSERS: Final = {"{": "}", "[": "]"}
_DEEPEST: Final = 64


@dataclass(frozen=True)
class Parsed:
    """A record, or why there is none: `reason` is counted, `problem` is told to the model. Never both."""

    record: Record | None = None
    reason: str = ""
    problem: str = ""


class Reader:
    """Reads the records of one request; its validators are made once."""

    def __init__(self, request: DatasetRequest) -> None:
        """Raises `ValueError` when the user's record schema is none."""
        self._schemas: dict[str, Schema] = {kind: schema_of(kind, request) for kind in request.kinds}
        self._columns = columns_of(request.kinds, request.record_schema, metadata=False)
        self._validators: dict[str, Draft202012Validator] = {kind: validator(schema) for kind, schema in self._schemas.items()}

    def read(self, text: str, kind: str, finish_reason: str = "stop", label: str = "") -> Parsed:
        """The record of that kind in a model's answer, with that label where one is asked for."""
        if not text.strip():
            return Parsed(reason="empty", problem="it was empty")
        try:
            value = found_json(text, cut=finish_reason == "length")
        except _Truncated:
            return Parsed(reason="truncated", problem="it was cut off before the end; keep the texts shorter")
        except ValueError as error:
            value = self._plain(text, kind, finish_reason)
            if value is None:
                return Parsed(reason="malformed_json", problem=f"it was no valid JSON object ({error})")
        parsed = self._checked(_cleaned(value), kind)
        if label and parsed.record is not None and parsed.record.get("label", label) != label:
            return Parsed(reason="wrong_schema", problem=f"label: it must be {label!r}, and the text must deserve it")
        return parsed

    def _plain(self, text: str, kind: str, finish_reason: str) -> Record | None:
        """Prose where a free text was asked for is that text."""
        prose = kind == "text" and finish_reason == "stop" and not set("{}[]`") & set(text)
        return {"text": text} if prose else None

    def _checked(self, value: Any, kind: str) -> Parsed:
        record = self._trimmed(value, kind)
        if not _encodable(record):
            return Parsed(
                reason="malformed_json", problem="it held characters that are no Unicode text, or numbers beyond 64 bits"
            )
        try:
            wrong = best_match(self._validators[kind].iter_errors(record))
        except RecursionError:
            return Parsed(reason="wrong_schema", problem="it was nested too deep")
        if wrong is not None:
            return Parsed(reason="wrong_schema", problem=_sentence(wrong))
        try:
            table_of([record], self._columns)
        except UnencodableValue as error:
            return Parsed(reason="wrong_schema", problem=f"it cannot be stored: {error}")
        return Parsed(record=record)

    def _trimmed(self, value: Any, kind: str) -> Any:
        """Without what the model added of its own, and in the order of the schema; a list of one is that one."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        known = self._schemas[kind].get("properties", {})
        if kind == "custom" or not isinstance(value, dict):
            return value
        return {
            name: value.get(name, about.get("default")) for name, about in known.items() if name in value or "default" in about
        }


class _Truncated(ValueError):
    """The text ends within a string or before a value."""


def validator(schema: Schema) -> Draft202012Validator:
    """A validator that fetches nothing and whose patterns take linear time.

    Raises `ValueError`, saying where, for a schema that is none.
    """
    try:
        Draft202012Validator.check_schema(schema)
        resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
        _check_parts(schema, resolver)
    except (SchemaError, re2.error, Unresolvable, RecursionError) as error:
        where = getattr(error, "json_path", "$")
        said = getattr(error, "message", str(error))
        raise ValueError(f"recordSchema is no JSON Schema: {where}: {said}") from None
    made: Draft202012Validator = _Linear(schema, registry=Registry())
    return made


def _pattern(checker: Any, pattern: str, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield ValidationError(f"{instance[:60]!r} does not match {pattern!r}")


_Linear: Final = extend(Draft202012Validator, {"pattern": _pattern})


def _check_parts(schema: Any, resolver: Any) -> None:
    """Raises `re2.error` for patterns that cannot be, `Unresolvable` for references that lead nowhere or elsewhere."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            raise re2.error("patternProperties are not supported; name the properties")
        if isinstance(schema.get("pattern"), str):
            re2.compile(schema["pattern"])
        if isinstance(schema.get("$ref"), str):
            resolver.lookup(schema["$ref"])
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _check_parts(part, resolver)


def found_json(text: str, *, cut: bool = False) -> Any:
    """The object or list in a text; `cut` says that the text was cut off, so that nothing may be missing at the end.

    Raises `ValueError`; `_Truncated` where it has no end.
    """
    whole = text.strip()
    candidates = [whole, *(found.strip() for found in _FENCE.findall(whole))]
    for candidate in candidates:
        if candidate[:1] in ("{", "["):
            try:
                return _loads(candidate)
            except ValueError:
                continue
    return _loads(_mended(_extent(whole, cut)))


def _loads(text: str) -> Any:
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict | list):
        raise ValueError("no object")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _extent(text: str, cut: bool) -> str:
    """From the first opening bracket to the one that closes it, missing closing ones at the end added."""
    start = min((at for at in (text.find("{"), text.find('["'), text.find("[{")) if at >= 0), default=-1)
    if start < 0:
        raise ValueError("there is no object in it")
    awaited: list[str] = []
    for found in _TOKEN.finditer(text, start):
        mark = found.group()
        if mark == '"':
            raise _Truncated("a text in it has no end")
        if mark in _CLOSERS:
            awaited.append(_CLOSERS[mark])
        elif mark in "}]" and awaited.pop() != mark:
            raise ValueError("its brackets do not match")
        if not awaited:
            return text[start : found.end()]
        if len(awaited) > _DEEPEST:
            raise ValueError("nested too deep")
    return _closed(text[start:], awaited, cut)


def _closed(text: str, awaited: list[str], cut: bool) -> str:
    kept = text.rstrip().removesuffix("```").rstrip()
    if cut or kept[-1] in ":,{[":
        raise _Truncated("it has no end")
    return kept + "".join(reversed(awaited))


def _mended(text: str) -> str:
    """Without commas before closing brackets, outside strings."""
    return "".join(piece if at % 2 else _COMMA.sub(r"\1", piece) for at, piece in enumerate(_SPLIT.split(text)))


def _cleaned(value: Any) -> Any:
    """Texts without control characters and blanks around them."""
    if isinstance(value, str):
        return _CONTROL.sub("", value).strip()
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _encodable(value: Any) -> bool:
    """Whether it is Unicode and its whole numbers fit 64 bits."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def _sentence(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    return f"{where or 'the object'}: {error.message[:300]}"
