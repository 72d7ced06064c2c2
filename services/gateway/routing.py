"""Routes and what they are: each has a kind, which decides its rate limit and whether it needs a key."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from aiohttp import web

from services.gateway.problems import Handler
from services.gateway.rules import Rule


class Kind(StrEnum):
    """What a route does. The names are those of the rate limits in the settings; `open` has no limit and needs no key."""

    OPEN = "open"
    READ = "read"
    CREATE = "create"
    STEER = "steer"
    COMPUTE = "compute"
    STREAM = "stream"
    DOWNLOAD = "download"


KINDS: Final = web.AppKey("kinds", dict[tuple[str, str], Kind])
_COMPUTE: Final = ("GenerateValues", "GetRows", "PreviewSchema")
_MAKES: Final = ("CreateSchema", "ImportSchema", "CreateSchemaDatabase", "CreateDomain", "CreateDictionary")
_WRITES: Final = ("PUT", "PATCH", "DELETE")


def add_route(app: web.Application, verb: str, path: str, handler: Handler, kind: Kind) -> None:
    """Register a route with its kind. A GET is a HEAD too, except for streams."""
    verbs = (verb, "HEAD") if verb == "GET" and kind is not Kind.STREAM else (verb,)
    for each in verbs:
        route = app.router.add_route(each, path, handler)
        if route.resource is not None:
            app[KINDS][each, route.resource.canonical] = kind


def kind_of(request: web.Request) -> Kind:
    """The kind of the route a request goes to; an address that is none counts as a read."""
    return request.app[KINDS].get((request.method, route_name(request)), Kind.READ)


def route_name(request: web.Request) -> str:
    """The path of the route with its variables, or `unmatched`."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def kind_of_rule(rule: Rule) -> Kind:
    """What a route of the protos does."""
    if rule.creates_job or rule.method.name in _MAKES:
        return Kind.CREATE
    if rule.method.server_streaming:
        return Kind.STREAM
    if rule.verb in _WRITES or (rule.method.containing_service.name == "JobService" and rule.verb == "POST"):
        return Kind.STEER
    return Kind.COMPUTE if rule.verb == "POST" or rule.method.name in _COMPUTE else Kind.READ
