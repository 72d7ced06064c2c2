"""Counters for Prometheus, one registry for each application."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_VERBS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What is counted of requests: how many, how long, how many now."""

    def __init__(self, others: Sequence[CollectorRegistry] = ()) -> None:
        self.registry = CollectorRegistry()
        self._others = others
        labels = ("method", "route", "status")
        self._requests = Counter("mockcraft_http_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram("mockcraft_http_request_seconds", "Time to answer.", ("kind",), registry=self.registry)
        self._open = Gauge("mockcraft_http_requests_open", "Requests being answered.", ("kind",), registry=self.registry)

    def began(self, kind: str) -> None:
        """A request has come."""
        self._open.labels(kind).inc()

    def ended(self, method: str, route: str, kind: str, status: int, seconds: float) -> None:
        """It has been answered, or its client has left."""
        self._open.labels(kind).dec()
        self._requests.labels(method if method in _VERBS else "other", route, str(status)).inc()
        self._seconds.labels(kind).observe(seconds)

    def text(self) -> bytes:
        """All of it, with that of services in this process, in Prometheus' text format. They may ask databases: it blocks."""
        return b"".join(map(generate_latest, (self.registry, *self._others)))


METRICS: Final = web.AppKey("metrics", Metrics)


async def metrics(request: web.Request) -> web.StreamResponse:
    """`GET /metrics` in Prometheus' text format."""
    body = await asyncio.to_thread(request.app[METRICS].text)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
