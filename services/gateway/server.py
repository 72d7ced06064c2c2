"""The gateway as a process: bind, serve until told to stop, let streams end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from services.common.server import cannot_listen, is_loopback, stop_signal
from services.common.settings import Settings
from services.common.settings_sources import SettingsError
from services.common.telemetry import setup_logging, setup_tracing
from services.gateway.app import build_app
from services.gateway.backends import Channels
from services.gateway.tracing import call_tracing

_STOP_SECONDS: Final = 8.0
_log = structlog.get_logger("gateway")


def addresses(settings: Settings) -> Mapping[str, str]:
    """Where each backend listens."""
    return {
        "generator": settings.generator_address,
        "seeder": settings.seeder_address,
        "backup": settings.backup_address,
        "schemas": settings.schemas_address,
        "datasets": settings.datasets_address,
    }


def refuse_open_bind(settings: Settings) -> None:
    """Raise `SettingsError` when others could call a gateway that asks for no key."""
    if not (is_loopback(settings.host) or settings.auth.api_keys or settings.insecure):
        raise SettingsError(
            f"{settings.host} is not a loopback address and no API keys are set; "
            "set auth.api_keys (MOCKCRAFT_AUTH__API_KEYS), or allow it with --insecure"
        )


class Gateway:
    """A running gateway. `url` is where it listens, once started; `more_metrics` are those of services in this process."""

    def __init__(self, settings: Settings, more_metrics: Sequence[CollectorRegistry] = ()) -> None:
        refuse_open_bind(settings)
        self._settings, self.url, self._more_metrics = settings, "", more_metrics
        self._channels: Channels | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; returns the URL. Raises `OSError` when the address cannot be had."""
        settings = self._settings
        tracing = setup_tracing(settings, "gateway")
        token = settings.grpc_token.get_secret_value()
        self._channels = Channels.open(addresses(settings), token, call_tracing() if tracing else ())
        app = build_app(settings, self._channels, tracing, self._more_metrics)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=_STOP_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, settings.host, settings.port).start()
        except OSError:
            raise cannot_listen(settings.host, settings.port, "--port") from None
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        _log.info("gateway listens", url=self.url)
        return self.url

    async def stop(self) -> None:
        """Take no new requests, end streams, let answers finish, close."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._channels is not None:
            await self._channels.close()


async def run_gateway(settings: Settings, listening: Callable[[str], None] | None = None) -> None:
    """Serve until a stop signal; `listening` is told the URL. Raises `SettingsError` and `OSError` when it cannot start."""
    setup_logging(settings, "gateway")
    stop, gateway = stop_signal(), Gateway(settings)
    try:
        url = await gateway.start()
        if listening is not None:
            listening(url)
        await stop.wait()
    finally:
        await gateway.stop()
