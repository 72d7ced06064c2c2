"""Errors that reach users: a stable code, a plain sentence, and in one place the statuses they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import grpc


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong in a request or schema, with its place (line and column from 1, 0 when unknown)."""

    path: str
    message: str
    code: str = ""
    line: int = 0
    column: int = 0
    suggestion: str = ""


class MockcraftError(Exception):
    """An error for the user: `code` is stable, `message` says what happened, `details` what to do.

    Raise it anywhere in a service; the interceptor turns it into a status with `ErrorInfo`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT,
        details: str = "",
        findings: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
        self.details, self.findings = details, tuple(findings)


def not_found(code: str, message: str, details: str = "") -> MockcraftError:
    """A thing that does not exist (404)."""
    return MockcraftError(code, message, grpc.StatusCode.NOT_FOUND, details)


def invalid(code: str, message: str, details: str = "", findings: Sequence[FieldError] = ()) -> MockcraftError:
    """A request that cannot be taken (400)."""
    return MockcraftError(code, message, grpc.StatusCode.INVALID_ARGUMENT, details, findings)


def refused(code: str, message: str, details: str = "") -> MockcraftError:
    """A move the state does not allow (409)."""
    return MockcraftError(code, message, grpc.StatusCode.FAILED_PRECONDITION, details)


def unprocessable(code: str, message: str, details: str = "") -> MockcraftError:
    """A well-formed request that contradicts an earlier one (422)."""
    return MockcraftError(code, message, grpc.StatusCode.ALREADY_EXISTS, details)


def gone(code: str, message: str, details: str = "") -> MockcraftError:
    """A thing that was kept for a while and is no more (410)."""
    return MockcraftError(code, message, grpc.StatusCode.OUT_OF_RANGE, details)


def exhausted(code: str, message: str, details: str = "") -> MockcraftError:
    """More than is allowed; it may be once others have ended (429)."""
    return MockcraftError(code, message, grpc.StatusCode.RESOURCE_EXHAUSTED, details)


def unavailable(code: str, message: str, details: str = "") -> MockcraftError:
    """Something this service needs does not answer; trying again may help (503)."""
    return MockcraftError(code, message, grpc.StatusCode.UNAVAILABLE, details)


HTTP_STATUS: Final[dict[grpc.StatusCode, int]] = {
    grpc.StatusCode.OK: 200,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DATA_LOSS: 500,
}
"""google/rpc/code.proto, with a refused state change as 409."""

HTTP_STATUS_OF_CODE: Final[dict[str, int]] = {
    "IDEMPOTENCY_KEY_REUSED": 422,
    "MODEL_UNAVAILABLE": 422,
    "DISK_QUOTA": 507,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "ENCODING_UNSUPPORTED": 415,
    "DATABASE_CREATION_FAILED": 502,
    "UPGRADE_REQUIRED": 426,
    "EVENTS_EXPIRED": 410,
    "ARTIFACT_EXPIRED": 410,
    "CHECKPOINT_EXPIRED": 410,
}
"""Codes whose HTTP status differs from their gRPC status's."""
