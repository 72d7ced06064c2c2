"""What requests and answers of several services share as messages: schemas, free values, findings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Value
from mockcraft.generator.v1 import generator_pb2 as pb

from runner.schema import Finding
from services.common.errors import FieldError, invalid
from services.common.schemas import SchemaRequest


def seed_of(request: Any) -> int | None:
    """The seed of a request, None when it is unset."""
    return request.seed if request.HasField("seed") else None


def plain_value(value: Value) -> Any:
    """A JSON value as Python; whole numbers as `int`."""
    return _whole(MessageToDict(value))


def _whole(value: Any) -> Any:
    """`MessageToDict` gives every number as a float: whole ones become integers again."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def plain_values(values: Mapping[str, Value]) -> dict[str, Any]:
    """A map of JSON values as Python."""
    return {name: plain_value(value) for name, value in values.items()}


def schema_source(schema: pb.Schema) -> str | Mapping[str, Any]:
    """The schema's text or document. Raises SCHEMA_MISSING."""
    match schema.WhichOneof("form"):
        case "text":
            return schema.text
        case "document":
            document: dict[str, Any] = _whole(MessageToDict(schema.document))
            return document
    finding = FieldError("schema", "is needed, as text or as a document", "SCHEMA_MISSING")
    raise invalid("SCHEMA_MISSING", "There is no schema in the request.", findings=[finding])


def schema_request(request: Any) -> SchemaRequest:
    """The schema of a request with its overrides (`set`, `rows`, `seed`). Raises SCHEMA_MISSING."""
    return SchemaRequest(schema_source(request.schema), dict(request.set), dict(request.rows), seed_of(request))


def findings_messages(findings: Iterable[Finding]) -> list[pb.Finding]:
    """Findings in order."""
    return [
        pb.Finding(
            path=f.path,
            line=f.line,
            column=f.column,
            code=f.code,
            message=f.message,
            suggestion=f.suggestion,
            severity=pb.Finding.ERROR if f.severity == "error" else pb.Finding.WARNING,
        )
        for f in findings
    ]


def enum_name(enum: Any, number: int) -> str:
    """The name of an enum's value; empty when unset. A number that is no value stays a number, to be refused as such."""
    return str(enum.Name(number) if number in enum.values() else number) if number else ""
