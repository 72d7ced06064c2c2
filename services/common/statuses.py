"""Errors as gRPC statuses and back: the one place where they are turned into each other.

An error is a `google.rpc.Status` with exactly one `ErrorInfo` (reason = our code) and, with findings, one
`BadRequest`. What a field violation has no room for (line, column, suggestion) is in the info's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

import grpc
import orjson
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.common.errors import FieldError, MockcraftError

DOMAIN: Final = "mockcraft"
TRAILER: Final = "grpc-status-details-bin"
MAX_BYTES: Final = 6000
"""Peers refuse more than 8 KiB of trailers by default: findings beyond this are counted, not listed."""

_STATUS_OF_NUMBER: Final = {code.value[0]: code for code in grpc.StatusCode}


def to_status(error: MockcraftError) -> grpc.Status:
    """What `context.abort_with_status` takes."""
    return rpc_status.to_status(to_proto(error))


def to_proto(error: MockcraftError) -> status_pb2.Status:
    """The error as `google.rpc.Status`, with as many findings as fit."""
    findings = error.findings
    while True:
        status = _proto(error, findings)
        if status.ByteSize() <= MAX_BYTES or not findings:
            return status
        findings = findings[: len(findings) * 3 // 4]


def _proto(error: MockcraftError, findings: Sequence[FieldError]) -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason=error.code, domain=DOMAIN)
    if error.details:
        info.metadata["details"] = error.details
    if findings:
        info.metadata["places"] = orjson.dumps([[f.line, f.column, f.suggestion] for f in findings]).decode()
    if len(findings) < len(error.findings):
        info.metadata["findingsLeftOut"] = str(len(error.findings) - len(findings))
    packed = [_pack(info)]
    if findings:
        violations = [_violation(finding) for finding in findings]
        packed.append(_pack(error_details_pb2.BadRequest(field_violations=violations)))
    return status_pb2.Status(code=error.status.value[0], message=error.message, details=packed)


def _violation(finding: FieldError) -> error_details_pb2.BadRequest.FieldViolation:
    return error_details_pb2.BadRequest.FieldViolation(field=finding.path, description=finding.message, reason=finding.code)


def _pack(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


_OF_TARGET: Final = {
    "TARGET_UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
    "TARGET_BUSY": grpc.StatusCode.UNAVAILABLE,
    "STORAGE_UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
    "TARGET_NOT_FOUND": grpc.StatusCode.NOT_FOUND,
    "TARGET_NOT_ALLOWED": grpc.StatusCode.INVALID_ARGUMENT,
    "TARGET_INVALID": grpc.StatusCode.INVALID_ARGUMENT,
    "UNENCODABLE_VALUE": grpc.StatusCode.INVALID_ARGUMENT,
}
"""What databases and storages answer; every other code (a wrong password, a table that changed) is a state that refuses."""


def of_target(code: str, message: str) -> MockcraftError:
    """The error of a database, as a caller of a service gets it."""
    text = message[:1].upper() + message[1:]
    return MockcraftError(
        code, text if text.endswith(".") else f"{text}.", _OF_TARGET.get(code, grpc.StatusCode.FAILED_PRECONDITION)
    )


def from_rpc(error: grpc.aio.AioRpcError) -> MockcraftError:
    """The error a service answered with; one without our details gets its status's name as code."""
    trailers = dict(cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ()))
    raw = trailers.get(TRAILER, b"")
    told = from_proto(status_pb2.Status.FromString(raw if isinstance(raw, bytes) else raw.encode()))
    return told or MockcraftError(error.code().name, error.details() or "", error.code())


def left_out(error: grpc.aio.AioRpcError) -> int:
    """How many findings of a service's error its status had no room for."""
    trailers = dict(cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ()))
    raw, info = trailers.get(TRAILER, b""), error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(raw if isinstance(raw, bytes) else raw.encode()).details:
        detail.Unpack(info)
    return int(info.metadata.get("findingsLeftOut", "0"))


def from_proto(status: status_pb2.Status) -> MockcraftError | None:
    """The error of a status we made; None for others'."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    if not info.reason:
        return None
    code = _STATUS_OF_NUMBER.get(status.code, grpc.StatusCode.UNKNOWN)
    return MockcraftError(info.reason, status.message, code, info.metadata.get("details", ""), _findings(info, bad))


def _findings(info: error_details_pb2.ErrorInfo, bad: error_details_pb2.BadRequest) -> tuple[FieldError, ...]:
    violations = bad.field_violations
    places = orjson.loads(info.metadata["places"]) if "places" in info.metadata else [[0, 0, ""]] * len(violations)
    return tuple(
        FieldError(v.field, v.description, v.reason, line, column, suggestion)
        for v, (line, column, suggestion) in zip(violations, places, strict=False)
    )
