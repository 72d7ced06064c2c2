"""Repair of what a load made: just the damaged rows are made again, missing ones inserted, changed ones overwritten.

Tables come in load order, so that what rows refer to is there before them. A part of the rows and the checkpoint are one
transaction. All is compared before, which says where to work, and afterwards. A repair that was killed begins by comparing.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final

import pyarrow as pa

from runner.plan import TablePlan
from services.common.databases import DatabaseError, Target
from services.seeder.check import GONE, Check
from services.seeder.damage import Damage, documents
from services.seeder.mending import Mending, MendTarget, rows_at

DETAILED: Final = 5
"""Tables whose damage before the repair is told in detail."""


class Repair(Check):
    """Compares, puts right, compares again. `run` once; it raises what goes wrong."""

    def run(self) -> None:
        """Do it, or with `dry_run` only say what would be done."""
        self._begin()
        before = self.look()
        done = Counter(inserted=0, overwritten=0)
        damaged = {name: d for name, d in before.items() if not d.equal}
        told = {"dryRun": self.spec.dry_run, "repaired": done}
        if self.spec.dry_run or not damaged:
            done.update(inserted=self._sum(damaged, "missing"), overwritten=self._sum(damaged, "changed"))
            if not self.spec.dry_run:
                self._steadily(self._end_earlier)
            self.conclude(before, **told)
            return
        self._refuse(damaged)
        self._mend(damaged, done)
        self.conclude(self.look(), **told, before=documents(damaged)[:DETAILED])

    def _sum(self, damaged: dict[str, Damage], what: str) -> int:
        return sum(int(getattr(d, what)) for d in damaged.values())

    def _refuse(self, damaged: dict[str, Damage]) -> None:
        """What cannot be put right row by row."""
        for name, damage in damaged.items():
            if damage.compared != "rows":
                how = "load it anew" if damage.problem == GONE else "without a primary key its rows cannot be found"
                raise DatabaseError(
                    "REPAIR_REFUSED", f"{name}: {damage.problem or 'rows are missing'}; {how}. Nothing was changed"
                )

    def _mend(self, damaged: dict[str, Damage], done: Counter[str]) -> None:
        self.missing = frozenset(name for name, d in damaged.items() if d.missing)
        self._steadily(partial(self._take_over, names=list(damaged)))
        self.writing = True
        for table in self.tables:
            if table.name in damaged:
                self._mend_table(table, damaged[table.name], done)
        self._steadily(self._end)
        self.writing = False

    def _take_over(self, target: Target, names: list[str]) -> None:
        assert isinstance(target, MendTarget)
        target.begin(self.spec.load, None, self.missing)
        target.take_over(self.mark, names)

    def _mend_table(self, table: TablePlan, damage: Damage, done: Counter[str]) -> None:
        """Twice where rows need unique values that others hold: those are put aside first."""
        self.account.say_phase(table.name, "repairing")
        for final in (False, True):
            self._aside = False
            for at in self.ranges(table):
                start, stop = max(at.start, damage.from_row), min(at.stop, damage.to_row)
                self.over(table, start, stop, partial(self._mend_part, table, done, final))
            if not self._aside:
                return

    def _mend_part(
        self, table: TablePlan, done: Counter[str], final: bool, target: MendTarget, part: pa.RecordBatch, row: int
    ) -> None:
        found = self.difference(target, table, part)
        if not len(found.damaged):
            return
        changed = found.changed
        rows = Mending(rows_at(part, found.missing), rows_at(part, changed), changed + row, row + part.num_rows)
        try:
            target.mend(self.mark, table, rows)
        except DatabaseError as error:
            if final or error.code != "TARGET_CONFLICT":
                raise
            target.put_aside(self.mark, table, rows)
            self._aside = True
            return
        done["inserted"] += rows.missing.num_rows
        done["overwritten"] += rows.changed.num_rows

    def _end_earlier(self, target: Target) -> None:
        """An attempt before this one may have left checkpoints, and constraints that are off."""
        assert isinstance(target, MendTarget)
        if target.began(self.mark):
            target.take_over(self.mark, ())
            self._end(target)

    def _end(self, target: Target) -> None:
        """Constraints come back, the repair's checkpoints go."""
        assert isinstance(target, MendTarget)
        try:
            target.restore(self.mark)
        except DatabaseError as error:
            if error.code not in ("TARGET_CONSTRAINT", "TARGET_CONFLICT"):
                raise
            raise DatabaseError("CONSTRAINTS_BROKEN", f"rows are repaired, but others break a constraint: {error}") from error
        target.forget(self.mark.load)

    def give_up(self) -> None:
        """Put back what was taken off. Never raises."""
        if self.writing or self.missing:
            super(Check, self).give_up()
