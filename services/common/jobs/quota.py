"""How much of the disk jobs may take, and which of those that run has to go when that is too much."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

from services.common.errors import MockcraftError, exhausted
from services.common.jobs.model import JobError
from services.common.storage.local import LocalStorage

CODE: Final = "DISK_QUOTA"
LOOK_SECONDS: Final = 60.0
"""How often the folders of jobs that have ended are added up."""


class Quota:
    """`limit` is in bytes, 0 for none. What is told between two looks is as of the last one."""

    def __init__(self, storage: LocalStorage, limit: int) -> None:
        self._storage, self._limit = storage, limit
        self._resting: dict[str, int] = {}
        self._running: set[str] = set()
        self._looked_at = -LOOK_SECONDS
        self.used = 0

    def began(self, job_id: str) -> None:
        """A job is worked on: when it is not any more, it is looked at anew."""
        self._running.add(job_id)

    def look(self, running: Collection[str]) -> str:
        """Add up what jobs take; the running job to end, the one that takes most, when that is too much ("": none)."""
        if not self._limit:
            return ""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS or self.used > self._limit:
            self._resting, self._looked_at = dict(self._storage.sizes()), now
        for job_id in self._running - set(running):
            self._resting[job_id] = self._storage.size(job_id)
        self._running = set(running)
        taken = {job_id: self._storage.size(job_id) for job_id in running}
        self.used = sum(taken.values()) + sum(size for job_id, size in self._resting.items() if job_id not in taken)
        largest = max(taken, key=lambda job_id: taken[job_id], default="")
        return largest if self.used > self._limit and taken.get(largest) else ""

    def full(self) -> MockcraftError | None:
        """DISK_QUOTA when no new job may begin."""
        if not self._limit or self.used < self._limit:
            return None
        return exhausted(CODE, self._message(), "Files of ended jobs go when they expire; fetch them, or raise the quota.")

    def _message(self) -> str:
        return f"Jobs take {self.used:,} of {self._limit:,} bytes of disk that they may take (disk_quota_bytes)."

    def refusal(self) -> JobError:
        """Why a running job is ended."""
        return JobError(CODE, f"{self._message()} Make room and resume.")
