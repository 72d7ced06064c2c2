"""Traces, when a collector is set: a span of each request, and its context sent along with each gRPC call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.problems import Handler
from services.gateway.routing import route_name


@web.middleware
async def spans(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A span named by the route. Without the query: it may hold a ticket."""
    from opentelemetry import propagate, trace

    route = route_name(request)
    attributes = {"http.request.method": request.method, "http.route": route, "url.path": request.path}
    tracer, context = trace.get_tracer("mockcraft.gateway"), propagate.extract(request.headers)
    name = f"{request.method} {route}"
    with tracer.start_as_current_span(name, context, trace.SpanKind.SERVER, attributes) as span:
        response = await handler(request)
        span.set_attribute("http.response.status_code", response.status)
        return response


def call_tracing() -> Sequence[Any]:
    """The interceptors that make a span of each gRPC call and send its context along."""
    from opentelemetry.instrumentation.grpc import aio_client_interceptors

    return tuple(aio_client_interceptors())  # type: ignore[no-untyped-call]
