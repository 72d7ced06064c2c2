"""Whether this process lives, and whether the services behind it answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import grpc
from aiohttp import web
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.keys import CHANNELS, REQUEST_ID, STOPPING, json_response

_SECONDS: Final = 2.0


async def live(_: web.Request) -> web.StreamResponse:
    """200 as long as the process answers."""
    return json_response({"status": "ok"})


async def ready(request: web.Request) -> web.StreamResponse:
    """200 when every service behind the gateway serves, else 503; says which."""
    states = await _states(request)
    fine = _fine(request, states)
    return json_response({"status": "ok" if fine else "unavailable", "services": states}, 200 if fine else 503)


async def status(request: web.Request) -> web.StreamResponse:
    """The same in one word, for existing clients: `{"status": "ok"}`."""
    fine = _fine(request, await _states(request))
    return json_response({"status": "ok" if fine else "unavailable"}, 200 if fine else 503)


def _fine(request: web.Request, states: Mapping[str, str]) -> bool:
    return set(states.values()) == {"SERVING"} and not request.app[STOPPING].is_set()


async def _states(request: web.Request) -> dict[str, str]:
    channels = request.app[CHANNELS]
    metadata = channels.metadata(request[REQUEST_ID])
    states = await asyncio.gather(*(_state(channel, metadata) for channel in channels.by_name.values()))
    return dict(zip(channels.by_name, states, strict=True))


async def _state(channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...]) -> str:
    check = health_pb2_grpc.HealthStub(channel).Check
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=_SECONDS, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
