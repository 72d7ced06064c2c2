"""One server over HTTP, and nothing else: no redirects, no proxies, no cookies, checked addresses, capped bodies."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from runner.addresses import parsed
from runner.datasets.models import ModelError
from runner.datasets.models._endpoint import Endpoint
from runner.datasets.spec import ModelSettings

_PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Refused(OSError):
    """An address that may not be called."""


class _Resolver(AbstractResolver):
    """Finds the addresses of one host, and lets through only those that may be called: these are what is connected to."""

    def __init__(self, endpoint: Endpoint, with_key: bool) -> None:
        self._endpoint, self._with_key = endpoint, with_key

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = list(dict.fromkeys((kind, str(place[0])) for kind, _, _, _, place in found))
        texts = [address for _, address in addresses]
        if host != self._endpoint.host or not all(self._endpoint.takes(address) for address in texts):
            raise _Refused("address")
        if self._with_key and not self._endpoint.hides(texts):
            raise _Refused("key")
        flags = socket.AI_NUMERICHOST
        return [ResolveResult(hostname=host, host=text, port=port, family=kind, proto=0, flags=flags) for kind, text in addresses]

    async def close(self) -> None:
        """Nothing is kept."""


class Connection:
    """Posts JSON to one endpoint. Made inside a running event loop."""

    def __init__(self, endpoint: Endpoint, settings: ModelSettings, key: str) -> None:
        self._endpoint, self._most = endpoint, settings.max_body_bytes
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
            if parsed(endpoint.host) and not endpoint.hides([endpoint.host]):
                raise _plain_key(endpoint)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=_Resolver(endpoint, bool(key)), limit=0, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds, connect=settings.connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()

    async def post(self, body: bytes) -> Reply:
        """The answer, whatever its status. Raises `ModelError` when there is none, or none that may be read."""
        try:
            async with self._session.post(
                self._endpoint.url, data=body, headers=self._headers, allow_redirects=False
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, headers, await self._read(response))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._fault(error) from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise malformed("is compressed, though it was asked not to be")
        body = bytearray()
        async for piece in response.content.iter_chunked(_PIECE):
            body += piece
            if len(body) > self._most:
                message = f"The model's answer is larger than {self._most} bytes (datasets.max_body_bytes)."
                raise ModelError("MODEL_ANSWER_TOO_LARGE", message)
        return bytes(body)

    def _fault(self, error: Exception) -> ModelError:
        """What a failed request becomes; nothing of the exception's text goes on."""
        cause = getattr(error, "os_error", error)
        if isinstance(cause, _Refused):
            return _plain_key(self._endpoint) if cause.args == ("key",) else self._refused_address()
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return ModelError("MODEL_REFUSED", f"The TLS certificate of {self._endpoint.shown} cannot be verified.", fatal=True)
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
            return ModelError("MODEL_UNREACHABLE", f"No connection to {self._endpoint.shown}.", retryable=True)
        if isinstance(error, TimeoutError):
            return ModelError("MODEL_TIMEOUT", "The model did not answer in time (datasets.timeout_seconds).", retryable=True)
        return ModelError("MODEL_DISCONNECTED", f"{self._endpoint.shown} cut the connection.", retryable=True)

    def _refused_address(self) -> ModelError:
        message = f"The host {self._endpoint.host} leads to an address that may not be called."
        return ModelError("MODEL_UNAVAILABLE", message, fatal=True)


def malformed(what: str) -> ModelError:
    """An answer that cannot be read, though the server calls it a success."""
    return ModelError("MODEL_MALFORMED", f"The model's answer {what}.", retryable=True)


def _plain_key(endpoint: Endpoint) -> ModelError:
    message = f"The key would go to {endpoint.host} unencrypted: use https:// in datasets.openai_url."
    return ModelError("MODEL_UNAVAILABLE", message, fatal=True)
