"""Where a model's server may be: its URL taken apart and held to the allowed hosts, without touching the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from runner.addresses import is_loopback, is_private, is_special, parsed
from runner.datasets.models import ModelError
from runner.datasets.spec import ModelSettings

_LOCAL: Final = frozenset({"localhost"})
_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?", re.ASCII)


def unavailable(message: str) -> ModelError:
    """A model that cannot be had; the message says what to install or set."""
    return ModelError("MODEL_UNAVAILABLE", message, fatal=True)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url` is where requests go. A `listed` host was allowed by name; any other must lead to this machine alone."""

    url: str
    host: str
    port: int
    secure: bool
    listed: bool

    @property
    def shown(self) -> str:
        """The host and port for events and manifests."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def takes(self, address: str) -> bool:
        """Whether the host may have this address."""
        return is_loopback(address) or (self.listed and not is_special(address))

    def hides(self, addresses: Sequence[str]) -> bool:
        """Whether a key can be sent there without being read on the way: by TLS, or within one's own networks."""
        return self.secure or all(is_private(address) for address in addresses)


def read_endpoint(settings: ModelSettings, path: str) -> Endpoint:
    """The endpoint of the settings, with `path` behind it. Raises `ModelError` (`MODEL_UNAVAILABLE`), saying what to set."""
    if not settings.endpoint:
        raise unavailable("No endpoint is set for `openai:` models: set datasets.openai_url, such as http://127.0.0.1:8000/v1.")
    try:
        parts = urlsplit(settings.endpoint)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise unavailable("datasets.openai_url is not a URL such as http://127.0.0.1:8000/v1.") from None
    if parts.scheme not in ("http", "https") or not (parsed(host) or _NAME.fullmatch(host)):
        raise unavailable("datasets.openai_url is not a URL such as http://127.0.0.1:8000/v1.")
    if parts.username is not None or parts.query or parts.fragment or re.search(r"[\x00-\x20\x7f]", settings.endpoint):
        raise unavailable(
            "datasets.openai_url holds more than scheme, host, port and path; a key belongs in datasets.openai_key."
        )
    secure = parts.scheme == "https"
    number = port if port is not None else (443 if secure else 80)
    listed = _listed(host, number, settings.allowed_hosts)
    if not (listed or host in _LOCAL or is_loopback(host)):
        raise unavailable(f"The host {host} is not among the allowed ones: add it to datasets.allowed_hosts.")
    found = Endpoint("", host, number, secure, listed)
    if parsed(host) and not found.takes(host):
        raise unavailable(f"The address {host} is of a kind that is never called.")
    return Endpoint(f"{parts.scheme}://{found.shown}{parts.path.rstrip('/')}{path}", host, number, secure, listed)


def _listed(host: str, port: int, allowed: Sequence[str]) -> bool:
    """Whether a host stands in the list, alone or with its port. Names of this machine are no names of others."""
    names = {entry.strip().lower().rstrip(".") for entry in allowed}
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return host not in _LOCAL and not is_loopback(host) and bool({host, f"[{host}]", place} & names)
