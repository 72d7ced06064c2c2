"""Putting back what a load took off and could not put back itself: one that died, or that was paused and then cancelled."""

from __future__ import annotations

from services.common.databases import Mark
from services.seeder.load import Load
from services.seeder.sql import SqlTarget


class Restore(Load):
    """Puts back what a load took off, without looking at the rows. `run` once; it raises what goes wrong."""

    def run(self) -> None:
        """Put it back, if it is off, and say what is to be said of it."""
        self.say("start", {"attempt": self.spec.attempt, "resumeFrom": None, "total": 0})
        back: list[str] = []
        self._steadily(lambda _: back.extend(self._put_back()))
        self.say("complete", {"artifacts": [], "target": self.spec.target, "restored": back})

    def _put_back(self) -> list[str]:
        target = self._main.target
        if not isinstance(target, SqlTarget):
            return []
        names, warnings = target.put_back(Mark(self.spec.load, self.spec.job_id, self.spec.attempt))
        self._warn(warnings)
        return names
