"""Constraints (indexes, triggers) that are off while rows are loaded: recorded in the target until they are back.

A record is written in the transaction that takes the thing off and deleted in the one that puts it back. Where DDL
ends transactions (MySQL) it is written before and deleted after, and what is there already is not made twice. So
whatever kills this process, the next attempt, or the next job on the same target, knows what is missing.

A load that is alive holds a lock of the database's sessions, so nobody else puts back what it has taken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from runner.failpoints import failpoint
from services.common.databases import Database, DatabaseError, Suspension
from services.seeder.ledger import TAILS, stepwise, whole
from services.seeder.statements import made

TABLE: Final = "_mockcraft_suspended"
CREATE: Final = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
    job VARCHAR(64) NOT NULL, number BIGINT NOT NULL, table_name TEXT NOT NULL, name TEXT NOT NULL,
    off TEXT NOT NULL, back TEXT NOT NULL,
    PRIMARY KEY (job, number))"""
SELECT: Final = f"SELECT job, number, table_name, name, off, back FROM {TABLE} ORDER BY job, number"  # noqa: S608
INSERT: Final = f"INSERT INTO {TABLE} (job, number, table_name, name, off, back) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
DELETE: Final = f"DELETE FROM {TABLE} WHERE job = ? AND number = ?"  # noqa: S608
SESSION: Final = "SET "
CHECKS_OFF: Final = "SET SESSION foreign_key_checks = 0"
CHECKS_ON: Final = "SET SESSION foreign_key_checks = 1"
KEY: Final = "pg_catalog.hashtextextended('mockcraft load ' || ?, 0)"
HOLD: Final = {
    "postgresql": f"SELECT pg_catalog.pg_advisory_lock_shared({KEY})",
    "mysql": "SELECT GET_LOCK(CONCAT('mockcraft ', MD5(?)), 0)",
}
"""Every connection of a load holds its lock; MySQL's has one holder, the load's first connection."""
SEIZE: Final = {
    "postgresql": f"SELECT pg_catalog.pg_try_advisory_lock({KEY})",
    "mysql": "SELECT GET_LOCK(CONCAT('mockcraft ', MD5(?)), 0)",
}
RELEASE: Final = {
    "postgresql": f"SELECT pg_catalog.pg_advisory_unlock({KEY})",
    "mysql": "SELECT RELEASE_LOCK(CONCAT('mockcraft ', MD5(?)))",
}
UNPROVEN: Final = "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND NOT convalidated"
HOW_TO_MEND: Final = {
    "postgresql": "rows break it; it holds for new rows only: mend or clean them, then ALTER TABLE … VALIDATE CONSTRAINT",
    "mysql": "rows break it; it holds for new rows only: mend or clean them, then drop it and add it again",
}


@dataclass(frozen=True, slots=True)
class Record:
    """Something that is off, which load took it off, and how it comes back."""

    load: str
    number: int
    what: Suspension


class Suspensions:
    """What loads have taken off in one database."""

    def __init__(self, database: Database) -> None:
        self._database, self._held = database, set[str]()

    def _hold(self, load: str) -> None:
        """Say that the load is alive, as long as this connection is. Waits for whoever puts back what it took off."""
        if load not in self._held and self._database.dialect in HOLD:
            self._database.query(HOLD[self._database.dialect], (load,))
            self._held.add(load)

    @contextmanager
    def seized(self, load: str) -> Iterator[bool]:
        """Whether no process works on the load, and none begins to meanwhile."""
        dialect = self._database.dialect
        free = dialect not in SEIZE or bool(self._database.query(SEIZE[dialect], (load,))[0][0])
        try:
            yield free
        finally:
            if free and dialect in RELEASE:
                self._database.query(RELEASE[dialect], (load,))

    def records(self) -> list[Record]:
        """All that is off, oldest first."""
        if not self._database.columns(TABLE):
            return []
        return [
            Record(str(load), int(number), Suspension(str(table), str(name), str(off), str(back)))
            for load, number, table, name, off, back in self._database.query(SELECT)
        ]

    def take_off(self, load: str, wanted: Iterable[Suspension]) -> None:
        """Take things off for a load. What it has taken off already stays so; what a kill left undone is done.

        Switches of the session last only as long as this connection and are not recorded.
        """
        asked = list(wanted)
        for suspension in asked:
            if suspension.before.startswith(SESSION):
                self._database.run_script(suspension.before)
        lasting = [s for s in asked if not s.before.startswith(SESSION)]
        if lasting:
            self._hold(load)
        if lasting and not self._database.columns(TABLE):
            self._database.execute(CREATE + TAILS.get(self._database.dialect, ""))
        known = [r for r in self.records() if r.load == load] if lasting else []
        with whole(self._database):
            for record in known:
                self._off(record.what, again=True)
            done = {(r.what.table, r.what.constraint) for r in known}
            for number, suspension in enumerate(lasting, start=1 + max((r.number for r in known), default=0)):
                if (suspension.table, suspension.constraint) not in done:
                    self._record(load, number, suspension)
                    self._off(suspension)

    def _record(self, load: str, number: int, it: Suspension) -> None:
        with stepwise(self._database):
            self._database.execute(INSERT, (load, number, it.table, it.constraint, it.before, it.after))
        failpoint("loader.suspended")

    def _off(self, it: Suspension, again: bool = False) -> None:
        """MySQL may have been killed between record and statement; elsewhere they are one."""
        if it.before and (not again or (self._database.dialect == "mysql" and self._there(it))):
            self._database.run_script(it.before)

    def put_back(self, record: Record) -> None:
        """Make it as it was. Raises `DatabaseError` (TARGET_CONSTRAINT, TARGET_CONFLICT) when rows break it."""
        with whole(self._database):
            if self._database.dialect != "mysql" or not self._there(record.what):
                self._database.run_script(record.what.after)
            failpoint("loader.restored")
            with stepwise(self._database):
                self._database.execute(DELETE, (record.load, record.number))

    def force_back(self, record: Record) -> str:
        """Make it as it was, for new rows at least; a warning when rows break it. Raises `DatabaseError`."""
        try:
            self.put_back(record)
            return ""
        except DatabaseError as error:
            if error.retryable or error.code not in ("TARGET_CONSTRAINT", "TARGET_CONFLICT"):
                raise
        return self.unproven_back(record)

    def unproven_back(self, record: Record) -> str:
        """Put it back without looking at the rows that are there; what to say of it."""
        it, dialect = record.what, self._database.dialect
        if "FOREIGN KEY" not in it.after.upper() and "CHECK" not in it.after.upper():
            self.put_back(record)
            return ""
        if dialect == "mysql":
            self._database.execute(CHECKS_OFF)
            try:
                self.put_back(record)
            finally:
                self._database.execute(CHECKS_ON)
        else:
            added, end, comment = it.after.partition(";\n")
            after = added if added.rstrip().endswith("NOT VALID") else f"{added} NOT VALID"
            self.put_back(Record(record.load, record.number, replace(it, after=after + end + comment)))
        return f"{it.constraint} of {it.table} is back, but {HOW_TO_MEND.get(dialect, 'rows break it')}"

    def prove(self, it: Suspension) -> str:
        """Have PostgreSQL look at the rows of a constraint that is back for new rows only; what to say where they break it."""
        table = _altered(it.before)
        if not table or (it.constraint,) not in self._database.query(UNPROVEN, (table,)):
            return ""
        try:
            self._database.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted(it.constraint)}")
        except DatabaseError as error:
            if error.code not in ("TARGET_CONSTRAINT", "TARGET_CONFLICT"):
                raise
            return f"{it.constraint} of {it.table} is back, but {HOW_TO_MEND['postgresql']}"
        return ""

    def _there(self, it: Suspension) -> bool:
        return bool(it.constraint) and set(it.constraint.lower().split(", ")) <= made(self._database, it.table)


def quoted(name: str) -> str:
    """A name in PostgreSQL's SQL."""
    return '"' + name.replace('"', '""') + '"'


def _altered(statement: str) -> str:
    """The table that a statement drops a constraint of, as it names it; "" for others."""
    found = re.fullmatch(r"ALTER TABLE (.+) DROP CONSTRAINT .+;\n", statement, re.DOTALL)
    return found[1] if found else ""
