"""Signed tickets: they open the files and streams of one job for a few minutes, for clients that cannot send a key.

`<expiry>.<signature>`: seconds since 1970 and the first 128 bits of HMAC-SHA256 over job id and expiry, under a key
made from the API keys, so that every gateway with the same keys takes the same tickets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence


class Tickets:
    """Makes and checks tickets. Without API keys there are none: everything is open anyway."""

    def __init__(self, api_keys: Sequence[str], seconds: int) -> None:
        self._secret = hashlib.sha256(b"mockcraft ticket\0" + "\0".join(sorted(api_keys)).encode()).digest() if api_keys else b""
        self._seconds = seconds

    def sign(self, path: str, job_id: str) -> str:
        """`path` with a fresh ticket for this job, or as it is when no keys are set."""
        if not self._secret:
            return path
        expiry = int(time.time()) + self._seconds
        return f"{path}{'&' if '?' in path else '?'}ticket={expiry}.{self._signature(job_id, expiry)}"

    def opens(self, ticket: str, job_id: str) -> bool:
        """Whether the ticket is one of ours, for this job, and not too old."""
        expiry, _, signature = ticket.partition(".")
        if not self._secret or not expiry.isascii() or not expiry.isdigit() or len(expiry) > 12:
            return False
        right = hmac.compare_digest(signature.encode(), self._signature(job_id, int(expiry)).encode())
        return right and time.time() <= int(expiry)

    def _signature(self, job_id: str, expiry: int) -> str:
        digest = hmac.digest(self._secret, f"{job_id}\0{expiry}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
