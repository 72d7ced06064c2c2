"""Who owns a lease: a fresh name for each claim, telling which process of which machine made it.

A name is `boot.namespace/pid.started/nonce`. On Linux another process of the same machine and pid namespace can
see that an owner is surely dead, and need not wait for its lease to run out.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path


def new_owner() -> str:
    """A name no other claim has."""
    pid = os.getpid()
    return f"{machine()}/{pid}.{started(pid) or 0}/{secrets.token_hex(8)}"


def surely_dead(owner: str) -> bool:
    """Whether the process that made this name is known to be gone. False when in doubt."""
    made_on, _, rest = owner.partition("/")
    pid, _, began = rest.partition("/")[0].partition(".")
    if not machine() or made_on != machine() or not (pid.isdecimal() and began.isdecimal() and int(began)):
        return False
    return started(int(pid)) != int(began)


def started(pid: int) -> int | None:
    """When a living process began, in clock ticks since boot (Linux); None when there is none or it cannot be told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


@cache
def machine() -> str:
    """This boot of this machine and this pid namespace; empty where it cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""
