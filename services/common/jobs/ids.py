"""Job ids: the kind's prefix, then 48 bits of milliseconds and 80 random bits in Crockford's base 32 (as in ULID), lower case.

Ids of one kind sort by time of creation; those made in one millisecond by one process keep their order.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Final

PREFIXES: Final[Mapping[str, str]] = {
    "generation": "gen",
    "seeding": "seed",
    "backup": "backup",
    "restore": "restore",
    "verification": "verify",
    "dataset": "data",
    "build": "build",
    "project": "project",
}
"""Prefix of each kind of job."""

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ID: Final = re.compile(rf"({'|'.join(PREFIXES.values())})_[{_ALPHABET}]{{26}}")
_lock = threading.Lock()
_last = 0


def new_job_id(kind: str) -> str:
    """A fresh id for a job of that kind. Raises `KeyError` for an unknown kind."""
    return f"{PREFIXES[kind]}_{_base32(_next_number())}"


def kind_of(job_id: str) -> str | None:
    """The kind an id carries, or None when it is malformed."""
    match = _ID.fullmatch(job_id)
    if match is None:
        return None
    return next(kind for kind, prefix in PREFIXES.items() if prefix == match[1])


def _next_number() -> int:
    global _last
    with _lock:
        fresh = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        _last = fresh if fresh >> 80 > _last >> 80 else _last + 1
        return _last


def _base32(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
