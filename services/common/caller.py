"""Who asks, and how urgent it is: a short name of the client of the request that is being served, told from door to door.

The gateway names a caller by the fingerprint of its API key, or by its address where there are no keys; services trust
what the gateway says. Never a secret.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

METADATA: Final = "x-mockcraft-caller"
"""The gRPC metadata key."""

PRIORITY: Final = "x-mockcraft-priority"
"""The metadata key of the priority of jobs that a request starts."""

MOST_URGENT: Final = 100
LONGEST: Final = 128
_priority: ContextVar[int] = ContextVar("priority", default=0)
_caller: ContextVar[str] = ContextVar("caller", default="")


def caller() -> str:
    """The caller of the current request; "" when nobody said."""
    return _caller.get()


def set_caller(name: str) -> None:
    """Say who asks, for the rest of this request."""
    _caller.set(name[:LONGEST])


def priority() -> int:
    """The priority of jobs that the current request starts, -100..100; 0 when nobody said."""
    return _priority.get()


def parse_priority(text: str) -> int | None:
    """The number that a header says, None for what is no priority; 0 for no header."""
    try:
        number = int(text or "0")
    except ValueError:
        return None
    return number if -MOST_URGENT <= number <= MOST_URGENT else None


def set_priority(number: int) -> None:
    """Say how urgent the rest of this request is."""
    _priority.set(number)
