"""The gateway's application: every route and every guard, in one list each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry

from services.common.settings import Settings
from services.gateway import health, openapi
from services.gateway.adapters import catalogue, datasets, jobs, seed
from services.gateway.archive import archive
from services.gateway.artifacts import artifact
from services.gateway.backends import Channels
from services.gateway.feeds import FEEDS, Feeds
from services.gateway.guards.clients import networks
from services.gateway.guards.encodings import encodings
from services.gateway.guards.hosts import hosts
from services.gateway.guards.keys import api_keys
from services.gateway.guards.observe import TRUSTED, observe, on_prepare
from services.gateway.guards.origins import origins
from services.gateway.guards.rates import RATES, Rates, rates
from services.gateway.guards.tickets import Tickets
from services.gateway.keys import CHANNELS, SETTINGS, STOPPING
from services.gateway.links import TICKETS
from services.gateway.metrics import METRICS, Metrics, metrics
from services.gateway.problems import Handler, problems
from services.gateway.registry import SERVICE as REGISTRY
from services.gateway.registry import registry
from services.gateway.routing import KINDS, Kind, add_route, kind_of_rule
from services.gateway.rules import Rule, rules
from services.gateway.sockets import socket
from services.gateway.streams import events
from services.gateway.tracing import spans
from services.gateway.transcoder import unary

GUARDS = (observe, problems, hosts, origins, rates, api_keys, encodings)
"""Outermost first."""

ROUTES: tuple[tuple[str, str, Handler, Kind], ...] = (
    ("GET", "/api/v1/jobs/{id}/ws", socket, Kind.STREAM),
    ("GET", "/api/v1/jobs/{id}/artifacts/{name}", artifact, Kind.DOWNLOAD),
    ("GET", "/api/v1/jobs/{id}/archive", archive, Kind.DOWNLOAD),
    ("GET", "/api/v1/openapi.json", openapi.document, Kind.READ),
    ("GET", "/api/v1/schema.json", openapi.schema_document, Kind.READ),
    ("GET", "/", openapi.front, Kind.READ),
    ("GET", "/docs", openapi.page, Kind.READ),
    ("GET", "/metrics", metrics, Kind.READ),
    ("GET", "/health/live", health.live, Kind.OPEN),
    ("GET", "/health/ready", health.ready, Kind.OPEN),
    ("GET", "/api/health", health.status, Kind.OPEN),
    ("GET", "/api/generate/{type}", catalogue.generate, Kind.COMPUTE),
    ("GET", "/api/generators", catalogue.generators, Kind.READ),
    ("POST", "/api/seed", seed.seed, Kind.CREATE),
    ("POST", "/api/generate", datasets.generate, Kind.CREATE),
    ("GET", "/api/templates", datasets.templates, Kind.READ),
    ("GET", "/api/templates/{id}", datasets.template, Kind.READ),
    ("POST", "/api/domains", datasets.create_domain, Kind.CREATE),
    ("GET", "/api/domains", datasets.domains, Kind.READ),
    ("GET", "/api/domains/{id}", datasets.domain, Kind.READ),
    ("PUT", "/api/domains/{id}", datasets.update_domain, Kind.STEER),
    ("DELETE", "/api/domains/{id}", datasets.delete_domain, Kind.STEER),
    ("GET", "/api/jobs", jobs.jobs, Kind.READ),
    ("GET", "/api/jobs/{id}", jobs.job, Kind.READ),
    ("POST", "/api/jobs/{id}/stop", jobs.steer("CancelJob"), Kind.STEER),
    ("POST", "/api/jobs/{id}/pause", jobs.steer("PauseJob"), Kind.STEER),
    ("POST", "/api/jobs/{id}/resume", jobs.steer("ResumeJob"), Kind.STEER),
    ("GET", "/api/download/{id}", jobs.download, Kind.DOWNLOAD),
    ("GET", "/api/downloads/{id}/{name}", jobs.download_file, Kind.DOWNLOAD),
)
"""What the protos do not declare: streams of bytes, documents, health, and the routes of existing clients."""


def build_app(
    settings: Settings, channels: Channels, tracing: bool = False, more_metrics: Sequence[CollectorRegistry] = ()
) -> web.Application:
    """The application. It does not own the channels. `more_metrics` are those of services in this process.

    Raises `ValueError` for trusted proxies that are no addresses."""
    around = (spans, *GUARDS) if tracing else GUARDS
    app = web.Application(middlewares=around, client_max_size=settings.body_limit)
    app[SETTINGS], app[CHANNELS], app[STOPPING] = settings, channels, asyncio.Event()
    app[TICKETS] = Tickets([key.get_secret_value() for key in settings.auth.api_keys], settings.auth.ticket_seconds)
    app[TRUSTED], app[RATES], app[METRICS], app[KINDS] = (
        networks(settings.trusted_proxies),
        Rates(settings),
        Metrics(more_metrics),
        {},
    )
    app[FEEDS] = Feeds()
    for rule in rules():
        add_route(app, rule.verb, rule.pattern, _handler(rule), kind_of_rule(rule))
    for verb, path, handler, kind in ROUTES:
        add_route(app, verb, path, handler, kind)
    app.on_response_prepare.append(on_prepare)
    app.on_shutdown.append(_stop_streams)
    app.on_cleanup.append(_let_go)
    return app


def _handler(rule: Rule) -> Handler:
    if rule.method.server_streaming:
        return events
    return registry(rule) if rule.method.containing_service is REGISTRY else unary(rule)


async def _stop_streams(app: web.Application) -> None:
    app[STOPPING].set()


async def _let_go(app: web.Application) -> None:
    app[FEEDS].close()
    await app[RATES].close()
