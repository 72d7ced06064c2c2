"""Every error as `application/problem+json` (RFC 9457), made in this one place.

Services answer with a gRPC status and `google.rpc` details; guards and the transcoder raise `MockcraftError`;
aiohttp raises its own HTTP exceptions. None of them ever shows a stack trace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

import grpc
import structlog
from aiohttp import web

from services.common.errors import HTTP_STATUS, HTTP_STATUS_OF_CODE, FieldError, MockcraftError
from services.common.statuses import from_rpc
from services.gateway.json_text import JsonText, steps
from services.gateway.keys import BODY, REQUEST_ID, json_response
from services.gateway.registry_words import code_of, findings_of, is_registry
from services.gateway.rules import actions_beside

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger("gateway")
_TOO_LARGE: Final = "larger than max"
BUSY_SECONDS: Final = "5"
"""After how long to try again where a service has too much to do."""
_PLACED: Final = 50
"""So many findings get their places in a body; looking for more would take long."""
_LARGE_BODY: Final = 1 << 20
"""What gRPC finds too large is the request when its body is at least this large, else the answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as HTTP shows it."""

    status: int
    code: str
    message: str
    details: str = ""
    findings: tuple[FieldError, ...] = ()
    job: dict[str, Any] | None = None

    def as_json(self, request_id: str) -> dict[str, Any]:
        """The body of the answer."""
        shown: dict[str, Any] = {
            "status": self.status,
            "title": title(self.status),
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "findings": [finding_json(finding) for finding in self.findings],
            "request_id": request_id,
            "job": self.job,
        }
        return {key: value for key, value in shown.items() if value or key not in ("details", "findings", "job")}


class Refusal(MockcraftError):
    """An error of a guard, with headers for its answer (`Retry-After`, `WWW-Authenticate`)."""

    def __init__(self, code: str, message: str, status: grpc.StatusCode, details: str = "", **headers: str) -> None:
        super().__init__(code, message, status, details)
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}


class ExpiredLog(MockcraftError):
    """Events that are no longer kept; `job` is the job as it is now."""

    def __init__(self, told: MockcraftError, job: dict[str, Any]) -> None:
        super().__init__(told.code, told.message, told.status, told.details)
        self.job = job


INTERNAL: Final = Problem(500, "INTERNAL", "Something went wrong inside; the logs have it under this request id.")


def title(status: int) -> str:
    """The reason phrase of an HTTP status."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Client Closed Request"


def finding_json(finding: FieldError) -> dict[str, Any]:
    """`{path, line, column, code, message, suggestion}`."""
    return {name: getattr(finding, name) for name in ("path", "line", "column", "code", "message", "suggestion")}


def of_error(error: MockcraftError) -> Problem:
    """The problem an error of ours is."""
    status = HTTP_STATUS_OF_CODE.get(error.code, HTTP_STATUS[error.status])
    job = error.job if isinstance(error, ExpiredLog) else None
    return Problem(status, error.code, error.message, error.details, error.findings, job)


def of_rpc(error: grpc.aio.AioRpcError, large_body: bool = False) -> Problem:
    """The problem a service's error is; what went wrong inside a service stays there."""
    told = from_rpc(error)
    if told.code == error.code().name:  # not said by one of our services, but by gRPC
        return _unreachable(error, large_body)
    return of_error(told)


def _unreachable(error: grpc.aio.AioRpcError, large_body: bool) -> Problem:
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in (error.details() or ""):
        if large_body:
            return Problem(413, "BODY_TOO_LARGE", "The request is larger than the service takes.")
        return Problem(400, "ANSWER_TOO_LARGE", "This is more than one answer can hold: ask for fewer rows or values.")
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return Problem(503, "SERVICE_UNAVAILABLE", "The service behind the gateway does not answer; try again.")
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Problem(504, "DEADLINE_EXCEEDED", "The service behind the gateway took too long.")
    return INTERNAL


def of_http(error: web.HTTPException, path: str = "") -> Problem:
    """The problem an exception of aiohttp is, about a request to `path`."""
    actions, methods = actions_beside(path), error.headers.get("Allow", "").replace(",", ", ")
    ends = f" It can end in {_or(actions)}." if actions else ""
    code, message = {
        404: ("ROUTE_NOT_FOUND", f"There is nothing at this address.{ends}"),
        405: ("METHOD_NOT_ALLOWED", f"This address does not take this method; it takes {methods}.{ends}"),
        413: ("BODY_TOO_LARGE", "The body is larger than this server takes."),
    }.get(error.status, (title(error.status).upper().replace(" ", "_"), f"{error.reason}."))
    return Problem(error.status, code, message)


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def problem_response(request: web.Request, problem: Problem, headers: dict[str, str] | None = None) -> web.Response:
    """The answer that carries a problem. Adapter routes (outside `/api/v1`) say it as a plain `error`, too."""
    findings = problem.findings
    if is_registry(request.path):
        findings = findings_of(findings, from_body=request.get(BODY) is not None)
        problem = replace(problem, code=code_of(problem.code))
    body = replace(problem, findings=_placed(request, findings)).as_json(request.get(REQUEST_ID, ""))
    if request.path.startswith("/api/") and not request.path.startswith("/api/v1/"):
        body["error"] = problem.message
    response = json_response(body, problem.status, "application/problem+json")
    response.headers.update(headers or ({"Retry-After": BUSY_SECONDS} if problem.status in (429, 503) else {}))
    return response


def _placed(request: web.Request, findings: Sequence[FieldError]) -> tuple[FieldError, ...]:
    """Findings of a service about a JSON body get the line and column that only the gateway knows."""
    body = request.get(BODY)
    if body is None:
        return tuple(findings)
    return tuple(each if each.line or n >= _PLACED else _at(each, body) for n, each in enumerate(findings))


def _at(finding: FieldError, body: JsonText) -> FieldError:
    line, column = body.place(steps(finding.path))
    return replace(finding, line=line, column=column)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem."""
    try:
        return await handler(request)
    except MockcraftError as error:
        return problem_response(request, of_error(error), error.headers if isinstance(error, Refusal) else None)
    except grpc.aio.AioRpcError as error:
        problem = of_rpc(error, large_body=(request.content_length or 0) > _LARGE_BODY)
        if problem.status >= 500:
            _log.warning("service error", code=error.code().name, detail=error.details(), request_id=request.get(REQUEST_ID))
        return problem_response(request, problem)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem_response(request, of_http(error, request.path), allow)
    except ConnectionResetError:
        raise
    except Exception:
        _log.exception("unexpected error", request_id=request.get(REQUEST_ID))
        return problem_response(request, INTERNAL)
