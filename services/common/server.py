"""A gRPC server as every service runs it: interceptors, health, reflection, logs and traces, and a graceful stop."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog
from grpc_health.v1 import _async as aio_health
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from runner.platform import stop_signals
from services.common.errors import MockcraftError
from services.common.interceptors import interceptors
from services.common.settings import Settings
from services.common.settings_sources import SettingsError
from services.common.telemetry import setup_logging, setup_tracing

logger = structlog.get_logger("server")

MAX_MESSAGE: Final = 64 * 1024 * 1024
OPTIONS: Final = (
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.so_reuseport", 0),
)
STREAM_GRACE: Final = 1.0
"""Streams that are open when the server stops get this long; their clients come back and go on where they were."""


@dataclass(frozen=True, slots=True)
class Servicer:
    """A servicer, the function that adds it to a server, and the full name of its gRPC service."""

    servicer: Any
    add: Callable[[Any, grpc.aio.Server], None]
    name: str


class GrpcServer:
    """A server that listens from `start` to `stop`. `address` is `host:port`, once started."""

    def __init__(self, servicers: Sequence[Servicer], settings: Settings, tracing: bool = False) -> None:
        refuse_open_bind(settings)
        token = settings.grpc_token.get_secret_value()
        self._server = grpc.aio.server(interceptors=interceptors(token, tracing), options=OPTIONS)
        self._health = aio_health.HealthServicer()
        self._names = [servicer.name for servicer in servicers]
        self._settings = settings
        self.address = ""
        for each in servicers:
            each.add(each.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)

    async def start(self, or_any_port: bool = False) -> str:
        """Listen; answers the address. Raises `OSError` when it cannot be had, unless any port of the host will do."""
        host, wanted = self._settings.grpc_host, self._settings.grpc_port
        shown = f"[{host}]" if ":" in host else host
        try:
            port = self._server.add_insecure_port(f"{shown}:{wanted}")
        except RuntimeError:
            if not or_any_port:
                raise cannot_listen(host, wanted, "--grpc-port") from None
            port = self._server.add_insecure_port(f"{shown}:0")
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self.address = f"{shown}:{port}"
        logger.info("service listens", address=self.address, services=self._names)
        return self.address

    async def stop(self, grace: float = STREAM_GRACE) -> None:
        """Say that no more is taken, let calls end for so long, then cut them off."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace)


class CannotListenError(OSError):
    """An address that a server cannot have."""


def cannot_listen(host: str, port: int, option: str) -> CannotListenError:
    """The error of a server that cannot have its address, with the reason that the system gives."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            reason = "it was taken a moment ago"
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
    return CannotListenError(f"cannot listen on {host}, port {port}: {reason}; choose another port with {option} (0: a free one)")


def refuse_open_bind(settings: Settings) -> None:
    """Raise `SettingsError` when others could call a service that asks for no token."""
    if not (is_loopback(settings.grpc_host) or settings.grpc_token.get_secret_value() or settings.insecure):
        raise SettingsError(
            f"{settings.grpc_host} is not a loopback address and no token is set; "
            "set grpc_token (MOCKCRAFT_GRPC_TOKEN), or allow it with --insecure"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


async def serve(
    servicers: Sequence[Servicer],
    settings: Settings,
    service: str,
    *,
    start: Callable[[], Awaitable[object]] | None = None,
    stop: Callable[[], Awaitable[object]] | None = None,
    listening: Callable[[str], None] | None = None,
) -> None:
    """Run a service process: logs and traces, `start`, listen, and on a stop signal end within ten seconds.

    `start` and `stop` open and close what the service needs; `listening` is told the address.
    Raises `SettingsError`, `OSError` or `MockcraftError` when it cannot start.
    """
    setup_logging(settings, service)
    server = GrpcServer(servicers, settings, setup_tracing(settings, service))
    asked = stop_signal()
    try:
        if start is not None:
            await start()
        address = await server.start()
        if listening is not None:
            listening(address)
        await asked.wait()
        logger.info("service stops")
    finally:
        ending: list[Awaitable[object]] = [server.stop()] + ([stop()] if stop is not None else [])
        await asyncio.gather(*ending)


def stop_signal() -> asyncio.Event:
    """Set by the first signal that asks the process to stop."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in stop_signals():
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    return asked


def run_service(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """The exit status of a service's `main`: 2 for settings that cannot be taken, 1 when it cannot start or work."""
    try:
        asyncio.run(main())
    except SettingsError as error:
        _tell("SETTINGS_INVALID", str(error))
        return 2
    except MockcraftError as error:
        _tell(error.code, error.message, error.details)
    except CannotListenError as error:
        _tell("ADDRESS_UNAVAILABLE", str(error))
    except OSError as error:
        _tell_of_file(error)
    except RuntimeError as error:
        _tell("SERVICE_FAILED", f"the service cannot run: {error}")
    else:
        return 0
    return 1


def _tell(code: str, message: str, hint: str = "") -> None:
    """Say why the service does not run, as the command line says what is wrong."""
    sys.stderr.write(f"mockcraft: {code} {message}\n" + (f"  {hint}\n" if hint else ""))


def _tell_of_file(error: OSError) -> None:
    """Say which file or folder cannot be used, where the system names one."""
    if error.filename is None:
        _tell("SERVICE_FAILED", f"the service cannot run: {error.strerror or error}")
        return
    hint = "The data folder is chosen with --data-dir, data_dir in the settings or MOCKCRAFT_DATA_DIR; it has to be writable."
    _tell("FILE_UNUSABLE", f"the service cannot run: {os.fsdecode(error.filename)}: {error.strerror}", hint)
