"""Who is at work in a database where nothing but a record can say so: a process on a machine, told again and again.

What a killed process left is known by its record: its process is gone, or it has said nothing for too long.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self

from services.common.databases import DatabaseError
from services.common.databases._dump_sqlite import _running

LEASE_SECONDS: Final = 600
"""After so long a silence a process on another machine counts as gone."""
RENEWAL_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """A process that works; `token` tells its claims apart."""

    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def to_json(self) -> dict[str, Any]:
        """As records hold it."""
        return {"host": self.host, "pid": self.pid, "token": self.token}

    @classmethod
    def read(cls, record: Any) -> Self:
        """From a record; one that cannot be read is of nobody."""
        found = record if isinstance(record, dict) else {}
        return cls(str(found.get("host", "")), int(found.get("pid", 0)), str(found.get("token", "")))

    def gone(self, silence: float) -> bool:
        """Whether its process ended, after so many seconds without a word of it."""
        return silence > LEASE_SECONDS or (self.host == socket.gethostname() and not _running(str(self.pid)))


@contextlib.contextmanager
def renewed(renew: Callable[[], None]) -> Iterator[None]:
    """`renew` called from a thread now and then, for the time of the block."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(RENEWAL_SECONDS):
            with contextlib.suppress(DatabaseError):  # the work itself meets what is wrong
                renew()

    thread = threading.Thread(target=run, name="claim", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
