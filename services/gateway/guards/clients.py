"""Who is calling: the peer's address, or the one that trusted proxies report."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(trusted: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks as networks. Raises `ValueError` for what is neither."""
    return tuple(ip_network(each, strict=False) for each in trusted)


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The caller's address: the peer's, or, while it is a trusted proxy, the next one from the right of X-Forwarded-For."""
    client = peer or "local"
    hops = [hop.strip() for line in forwarded_for for hop in line.split(",")]
    while hops and _is_trusted(client, trusted):
        hop = hops.pop()
        if not _is_address(hop):
            break
        client = hop
    return client


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
