"""Errors to gRPC statuses and back."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from services.common.errors import (
    HTTP_STATUS,
    FieldError,
    MockcraftError,
    gone,
    invalid,
    not_found,
    refused,
    unavailable,
    unprocessable,
)
from services.common.statuses import MAX_BYTES, from_proto, to_proto, to_status


def same(a: MockcraftError, b: MockcraftError | None) -> bool:
    fields = ("code", "message", "status", "details", "findings")
    return b is not None and all(getattr(a, name) == getattr(b, name) for name in fields)


FINDINGS = (
    FieldError("tables.users", "Unknown field `rosw`.", "UNKNOWN_FIELD", 3, 5, "rows"),
    FieldError("seed", "Too big.", "TOO_BIG"),
)


@pytest.mark.parametrize(
    "error",
    [
        invalid("SCHEMA_INVALID", "The schema is invalid.", "See the findings.", FINDINGS),
        not_found("JOB_NOT_FOUND", "There is no such job."),
        refused("INVALID_STATE", "No.", "Look first."),
        unprocessable("IDEMPOTENCY_KEY_REUSED", "Used."),
        gone("EVENTS_EXPIRED", "Gone."),
        unavailable("STORE_UNAVAILABLE", "Down."),
    ],
)
def test_an_error_survives_the_way(error: MockcraftError) -> None:
    proto = to_proto(error)
    assert same(error, from_proto(proto))
    assert sum(detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) for detail in proto.details) == 1
    assert to_status(error).code is error.status


def test_findings_are_field_violations() -> None:
    bad = error_details_pb2.BadRequest()
    assert to_proto(invalid("X", "x", findings=FINDINGS)).details[1].Unpack(bad)
    assert [(v.field, v.reason) for v in bad.field_violations] == [("tables.users", "UNKNOWN_FIELD"), ("seed", "TOO_BIG")]


def test_more_findings_than_fit_in_a_trailer_are_counted() -> None:
    many = [FieldError(f"tables.t{i}.columns.c", "This is wrong, and here is a sentence.", "WRONG", i, 1) for i in range(500)]
    proto = to_proto(invalid("SCHEMA_INVALID", "The schema is invalid.", findings=many))
    assert proto.ByteSize() <= MAX_BYTES
    back, info = from_proto(proto), error_details_pb2.ErrorInfo()
    proto.details[0].Unpack(info)
    assert back is not None and back.findings == tuple(many[: len(back.findings)]) and len(back.findings) > 10
    assert int(info.metadata["findingsLeftOut"]) == 500 - len(back.findings)


def test_a_status_of_somebody_else_has_no_error_of_ours() -> None:
    assert from_proto(status_pb2.Status(code=5, message="nope")) is None


def test_every_status_has_an_http_status() -> None:
    assert set(HTTP_STATUS) == set(grpc.StatusCode)
