"""What surrounds every RPC, as one visible list: see `interceptors`.

Each is a function `around(call, handler)`, an async context manager entered for the time of the call.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import grpc
import structlog
from google.protobuf.message import DecodeError

from services.common.caller import METADATA, MOST_URGENT, PRIORITY, parse_priority, set_caller, set_priority
from services.common.errors import MockcraftError, invalid
from services.common.statuses import to_status
from services.common.telemetry import is_leaving

logger = structlog.get_logger("rpc")

REQUEST_ID: Final = "x-request-id"
_GOOD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_OPEN: Final = ("/grpc.health.v1.Health/",)
_QUIET: Final = ("/grpc.health.v1.Health/", "/grpc.reflection.")


@dataclass(frozen=True, slots=True)
class Call:
    """An RPC under way."""

    method: str
    context: grpc.aio.ServicerContext[Any, Any]

    def metadata(self, key: str) -> str:
        """A text of the invocation's metadata; empty when absent."""
        for name, value in self.context.invocation_metadata() or ():
            if name == key:
                return value if isinstance(value, str) else value.decode(errors="replace")
        return ""


if TYPE_CHECKING:
    Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    Interceptor = grpc.aio.ServerInterceptor

Around = Callable[[Call], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def request_id(call: Call) -> AsyncIterator[None]:
    """Take over the caller's request id, or make one; every log line of the call carries it."""
    given = call.metadata(REQUEST_ID)
    structlog.contextvars.bind_contextvars(request_id=given if _GOOD_ID.fullmatch(given) else secrets.token_hex(8))
    yield  # nothing to take back: a call has a task, and so a context, of its own


@asynccontextmanager
async def who_asks(call: Call) -> AsyncIterator[None]:
    """Take over whom the gateway names as the caller, and how urgent it is."""
    set_caller(call.metadata(METADATA))
    urgent = parse_priority(call.metadata(PRIORITY))
    if urgent is None:
        raise invalid("PRIORITY_INVALID", f"A priority is a whole number from -{MOST_URGENT} to {MOST_URGENT}.")
    set_priority(urgent)
    yield


@asynccontextmanager
async def access_log(call: Call) -> AsyncIterator[None]:
    """One line for each call: method, status, seconds. Health checks are not worth one."""
    began = time.perf_counter()
    try:
        yield
    finally:
        if not call.method.startswith(_QUIET):
            logger.info("call", method=call.method, status=_status(call), seconds=round(time.perf_counter() - began, 4))


def _status(call: Call) -> str:
    code: object = call.context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return next((each.name for each in grpc.StatusCode if each.value[0] == code), "OK")


@asynccontextmanager
async def errors(call: Call) -> AsyncIterator[None]:
    """Errors of ours become statuses with their reason; what nobody foresaw is logged, and says nothing outside."""
    try:
        yield
    except MockcraftError as error:
        await _abort(call, error)
    except (grpc.aio.AbortError, asyncio.CancelledError, GeneratorExit):
        raise
    except Exception as error:
        if is_leaving(error):
            logger.debug("the client has left", method=call.method)
            raise
        logger.exception("unexpected error", method=call.method)
        await _abort(call, unexpected())


def unexpected() -> MockcraftError:
    """What a caller is told of an error nobody foresaw."""
    message = "Something went wrong inside; the logs have it under this request id."
    return MockcraftError("INTERNAL", message, grpc.StatusCode.INTERNAL)


async def _abort(call: Call, error: MockcraftError) -> None:
    status = to_status(error)
    await call.context.abort(status.code, status.details, status.trailing_metadata)


def shared_token(token: str) -> Around:
    """Only callers with the shared token (`authorization: Bearer …`) pass; health checks always do."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        given = call.metadata("authorization")
        if not call.method.startswith(_OPEN) and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise MockcraftError("UNAUTHENTICATED", "This service needs the shared token.", grpc.StatusCode.UNAUTHENTICATED)
        yield

    return around


class Surround(Interceptor):
    """Enters all surroundings for the time of each call, the first outermost, for calls that answer once and for those that
    stream. Bytes that are no message are answered with INVALID_ARGUMENT, where gRPC would say UNKNOWN.
    """

    def __init__(self, arounds: Sequence[Around]) -> None:
        self._arounds = arounds

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """The handler with the surroundings put round it."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        if not handler.request_streaming and handler.request_deserializer is not None:
            handler = handler._replace(request_deserializer=_reader(handler.request_deserializer))
        return (_streaming if handler.response_streaming else _unary)(handler, str(handler_call_details.method), self._around)

    @asynccontextmanager
    async def _around(self, call: Call) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for around in self._arounds:
                await stack.enter_async_context(around(call))
            yield


def _unary(handler: Any, method: str, around: Around) -> Any:
    inner = handler.stream_unary if handler.request_streaming else handler.unary_unary
    make = grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler

    async def call(request: Any, context: Any) -> Any:
        async with around(Call(method, context)):
            refuse_unreadable(request)
            answer = inner(request, context)
            return await answer if asyncio.iscoroutine(answer) else answer

    return make(call, handler.request_deserializer, handler.response_serializer)


def _streaming(handler: Any, method: str, around: Around) -> Any:
    inner = handler.stream_stream if handler.request_streaming else handler.unary_stream
    make = grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler

    async def call(request: Any, context: Any) -> AsyncIterator[Any]:
        async with around(Call(method, context)):
            refuse_unreadable(request)
            async for answer in inner(request, context):
                yield answer

    return make(call, handler.request_deserializer, handler.response_serializer)


class Unreadable:
    """Stands for a request that is no message of its type."""


def _reader(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def attempt(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError:
            return Unreadable()

    return attempt


def refuse_unreadable(request: Any) -> None:
    """Raise REQUEST_UNREADABLE for what could not be read."""
    if isinstance(request, Unreadable):
        raise invalid("REQUEST_UNREADABLE", "The request is not a message of the type that this method takes.")


def interceptors(token: str = "", tracing: bool = False) -> Sequence[Interceptor]:
    """All of them, outermost first."""
    arounds: list[Around] = [request_id, access_log, errors, who_asks]
    if token:
        arounds.append(shared_token(token))
    return [*_tracing(tracing), Surround(arounds)]


def _tracing(on: bool) -> Sequence[Interceptor]:
    if not on:
        return ()
    from opentelemetry.instrumentation.grpc import aio_server_interceptor

    return (aio_server_interceptor(),)  # type: ignore[no-untyped-call]
