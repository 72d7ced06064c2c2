"""What a target holds of our loads: the table `_mockcraft_checkpoints`, written in the transaction of each block.

One row a load, table and lane says which block comes next. A row belongs to the job and attempt that
claimed it last; a write of an older one changes no row and is undone with its block, and so is one from another row
than the lane is at. A claim waits for commits that are under way: a server goes on with one when the connection that
asked for it is gone. The load's own row, the one without a table, is `created` when everything is prepared: until
then no block is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from services.common.databases import Database, DatabaseError, Entry, Mark, StaleAttemptError

TABLE: Final = "_mockcraft_checkpoints"
OLD: Final = "_mockcraft_checkpoints_1"
COLUMNS: Final = (
    "job, table_name, lane, block, next_row, rows_before, created, indexed, bytes, seconds, owner, attempt"  # in this order
)
CREATE: Final = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
    job VARCHAR(64) NOT NULL, table_name VARCHAR(255) NOT NULL, lane BIGINT NOT NULL,
    block BIGINT NOT NULL, next_row BIGINT NOT NULL, rows_before BIGINT NOT NULL,
    created BIGINT NOT NULL, indexed BIGINT NOT NULL, bytes BIGINT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
    owner VARCHAR(64) NOT NULL, attempt BIGINT NOT NULL,
    PRIMARY KEY (job, table_name, lane))"""
TAILS: Final = {"mysql": " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"}
"""What follows CREATE TABLE: names are compared byte for byte, in transactions."""
SELECT: Final = f"""SELECT table_name, lane, block, next_row, rows_before, created, indexed, bytes, seconds
    FROM {TABLE} WHERE job = ?"""  # noqa: S608
WAIT: Final = f"SELECT lane FROM {TABLE} WHERE job = ? ORDER BY table_name, lane FOR UPDATE"  # noqa: S608
"""Waits for transactions that hold rows of the load, in an order, so that two of them never wait for each other."""
OWNERS: Final = f"SELECT DISTINCT owner, attempt FROM {TABLE} WHERE job = ?"  # noqa: S608
CLAIM: Final = f"""UPDATE {TABLE} SET owner = ?, attempt = ?
    WHERE job = ? AND (owner < ? OR (owner = ? AND attempt < ?))"""  # noqa: S608
INSERT: Final = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
ADVANCE: Final = f"""UPDATE {TABLE} SET block = ?, next_row = ?, created = ?, indexed = ?, bytes = ?, seconds = ?, rows_before = ?
    WHERE job = ? AND table_name = ? AND lane = ? AND owner = ? AND attempt = ?"""  # noqa: S608
FROM_ROW: Final = " AND next_row = ?"
HELD: Final = f"SELECT 1 FROM {TABLE} WHERE job = ? AND table_name = ? AND lane = ? AND owner = ? AND attempt = ?"  # noqa: S608
FORGET: Final = f"DELETE FROM {TABLE} WHERE job = ?"  # noqa: S608
Entries = dict[tuple[str, int], Entry]


def whole(database: Database) -> AbstractContextManager[None]:
    """A transaction round several steps, where DDL takes part in it; MySQL's ends it."""
    return nullcontext() if database.dialect == "mysql" else database.transaction()


def stepwise(database: Database) -> AbstractContextManager[None]:
    """A transaction round one of those steps, where `whole` is none."""
    return database.transaction() if database.dialect == "mysql" else nullcontext()


def ensure(database: Database) -> None:
    """The table is there, in this version's form. Outside of a transaction: DDL ends it in MySQL."""
    columns = {c.name.lower() for c in database.columns(TABLE)}
    if columns and "lane" not in columns:
        _upgrade(database)
    elif not columns:
        database.execute(CREATE + TAILS.get(database.dialect, ""))


def _upgrade(database: Database) -> None:
    """The table as version 0.1 made it, in SQLite files only: every table had one lane."""
    with database.transaction():
        database.execute(f"ALTER TABLE {TABLE} RENAME TO {OLD}")
        database.execute(CREATE)
        old = COLUMNS.replace("lane", "0").replace("created", "CASE table_name WHEN '' THEN 1 ELSE created END")
        database.execute(f"INSERT INTO {TABLE} ({COLUMNS}) SELECT {old} FROM {OLD}")  # noqa: S608
        database.execute(f"DROP TABLE {OLD}")


class Ledger:
    """The checkpoints of one load, as one attempt of one job writes them. Every call belongs in a transaction."""

    def __init__(self, database: Database, mark: Mark) -> None:
        self._database, self._mark = database, mark

    def claim(self) -> Entries:
        """Take over what earlier attempts left, by table and lane; empty at the first one. Job ids sort by age.

        Blocks whose commit is under way are waited for. Raises `StaleAttemptError` when a younger job or attempt has it.
        """
        load, owner, attempt = self._mark.load, self._mark.owner, self._mark.attempt
        if self._database.dialect != "sqlite":  # there one transaction at a time writes
            self._database.query(WAIT, (load,))
        self._database.update(CLAIM, (owner, attempt, load, owner, owner, attempt))
        owners = self._database.query(OWNERS, (load,))
        if any((str(o), int(a)) != (owner, attempt) for o, a in owners):
            raise StaleAttemptError
        return self.read()

    def read(self) -> Entries:
        """All entries of the load."""
        entries = (_entry(row) for row in self._database.query(SELECT, (self._mark.load,)))
        return {(e.table, e.lane): e for e in entries}

    def begin(self, entry: Entry) -> None:
        """Store a first entry. Raises `DatabaseError` (TARGET_BUSY) when another attempt just did."""
        mark = self._mark
        values = (
            mark.load, entry.table, entry.lane, entry.block, entry.next_row, entry.rows_before, entry.created, entry.indexed,
            entry.bytes, entry.seconds, mark.owner, mark.attempt,
        )  # fmt: skip
        try:
            self._database.execute(INSERT, values)
        except DatabaseError as error:
            if error.code != "TARGET_CONFLICT":
                raise
            raise DatabaseError("TARGET_BUSY", "another attempt began the same load at this moment", True) from error

    def advance(self, entry: Entry, before: int | None) -> None:
        """Store how far a lane is, whose next row is `before` until then; None where it may be any.

        Raises `StaleAttemptError`, and `DatabaseError` (TARGET_BUSY) when this attempt has brought the lane elsewhere.
        """
        mark = self._mark
        which = (mark.load, entry.table, entry.lane, mark.owner, mark.attempt)
        values = (
            entry.block, entry.next_row, entry.created, entry.indexed, entry.bytes, entry.seconds, entry.rows_before, *which,
        )  # fmt: skip
        guarded, at = (ADVANCE, ()) if before is None else (ADVANCE + FROM_ROW, (before,))
        if self._database.update(guarded, (*values, *at)) == 1:
            return
        if self._database.query(HELD, which):
            raise DatabaseError("TARGET_BUSY", "another connection of this attempt went on with the load", True)
        raise StaleAttemptError

    def forget(self) -> None:
        """Drop the checkpoints of the load."""
        self._database.execute(FORGET, (self._mark.load,))


def _entry(row: tuple[Any, ...]) -> Entry:
    table, *numbers, seconds = row
    lane, block, next_row, rows_before, created, indexed, sent = (int(n) for n in numbers)
    return Entry(str(table), lane, block, next_row, rows_before, created, indexed, sent, float(seconds))
