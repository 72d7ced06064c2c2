"""Who asks: a short name of the client of the request that is being served, told from door to door.

The gateway names a caller by the fingerprint of its API key, or by its address where there are no keys; services trust
what the gateway says. Never a secret.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

METADATA: Final = "x-mockcraft-caller"
"""The gRPC metadata key."""

LONGEST: Final = 128
_caller: ContextVar[str] = ContextVar("caller", default="")


def caller() -> str:
    """The caller of the current request; "" when nobody said."""
    return _caller.get()


def set_caller(name: str) -> None:
    """Say who asks, for the rest of this request."""
    _caller.set(name[:LONGEST])
