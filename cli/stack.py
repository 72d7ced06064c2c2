"""Everything on one machine: gateway, generator and its supervisor in this process, jobs in child processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from services.common.server import GrpcServer, stop_signal
from services.common.settings import Settings
from services.common.telemetry import setup_logging, setup_tracing
from services.gateway.server import Gateway, refuse_open_bind
from services.generator.server import Parts


async def run_stack(settings: Settings, listening: Callable[[str, str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then end within ten seconds; running jobs checkpoint and wait.

    `listening` is told the gateway's URL and the generator's `host:port`. The generator takes a free port
    when the default one is taken; nobody asked for that one.
    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    refuse_open_bind(settings)
    setup_logging(settings, "server")
    asked = stop_signal()
    parts = Parts(settings)
    grpc_server = GrpcServer(parts.servicers, settings, setup_tracing(settings, "server"))
    gateway: Gateway | None = None
    try:
        await parts.start()
        address = await grpc_server.start(or_any_port=settings.origin["grpc_port"] == "default")
        gateway = Gateway(settings.model_copy(update={"generator_address": address}))
        listening(await gateway.start(), address)
        await asked.wait()
    finally:
        stops = [parts.stop(), grpc_server.stop()]
        await asyncio.gather(*stops, *([gateway.stop()] if gateway else []))


def stack_settings(settings: Settings) -> Settings:
    """With a free port asked for the gateway, the generator takes a free one too, unless it was told which."""
    if settings.port == 0 and settings.origin["grpc_port"] == "default":
        return settings.model_copy(update={"grpc_port": 0})
    return settings
