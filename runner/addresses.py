"""Which network addresses are this machine's own, and which no setting should lead to."""

from __future__ import annotations

import ipaddress
from typing import Final

_FOUR: Final = ipaddress.IPv4Network("127.0.0.0/8")
_SIX: Final = ipaddress.IPv6Address("::1")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parsed(text: str) -> Address | None:
    """The address that a text is, an IPv4-mapped one as IPv4; None for names and for addresses with a scope."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def is_loopback(text: str) -> bool:
    """127.0.0.0/8 and ::1, also when written as an IPv4-mapped address; nothing that merely leads to them."""
    address = parsed(text)
    return address == _SIX or (isinstance(address, ipaddress.IPv4Address) and address in _FOUR)


def is_special(text: str) -> bool:
    """Link-local (where clouds keep their credentials), multicast, unspecified, reserved, or no address at all."""
    address = parsed(text)
    if address is None or is_loopback(text):
        return address is None
    return address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved


def is_private(text: str) -> bool:
    """Of this machine or of a network of one's own, which the internet does not reach."""
    address = parsed(text)
    return address is not None and address.is_private and not is_special(text)
