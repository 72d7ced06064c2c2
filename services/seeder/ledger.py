"""What a target holds of our loads: the table `_mockcraft_checkpoints`, written in the transaction of each block.

One row a load and table says which block comes next. A row belongs to the job and attempt that
claimed it last; a write of an older one changes no row and is undone with its block.
"""

from __future__ import annotations

from services.common.databases import Database, Entry, StaleAttemptError

TABLE = "_mockcraft_checkpoints"
CREATE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
    job TEXT NOT NULL, table_name TEXT NOT NULL,
    block INTEGER NOT NULL, next_row INTEGER NOT NULL, rows_before INTEGER NOT NULL,
    created INTEGER NOT NULL, indexed INTEGER NOT NULL, bytes INTEGER NOT NULL, seconds REAL NOT NULL,
    owner TEXT NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (job, table_name))"""
SELECT = f"SELECT table_name, block, next_row, rows_before, created, indexed, bytes, seconds FROM {TABLE} WHERE job = ?"  # noqa: S608
OWNERS = f"SELECT max(owner), max(attempt) FROM {TABLE} WHERE job = ? AND owner = (SELECT max(owner) FROM {TABLE} WHERE job = ?)"  # noqa: S608
CLAIM = f"UPDATE {TABLE} SET owner = ?, attempt = ? WHERE job = ?"  # noqa: S608
INSERT = f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
ADVANCE = f"""UPDATE {TABLE} SET block = ?, next_row = ?, indexed = ?, bytes = ?, seconds = ?
    WHERE job = ? AND table_name = ? AND owner = ? AND attempt = ?"""  # noqa: S608


class Ledger:
    """The checkpoints of one load, as one attempt of one job writes them. Every call belongs in a transaction."""

    def __init__(self, database: Database, load: str, owner: str, attempt: int) -> None:
        self._database, self._load, self._owner, self._attempt = database, load, owner, attempt

    def claim(self) -> dict[str, Entry]:
        """Take over what earlier attempts left; empty at the first one. Job ids sort by age.

        Raises `StaleAttemptError` when a younger job or attempt has it.
        """
        self._database.execute(CREATE)
        owner, attempt = self._database.query(OWNERS, (self._load, self._load))[0]
        if owner is not None and (owner, attempt) > (self._owner, self._attempt):
            raise StaleAttemptError
        self._database.execute(CLAIM, (self._owner, self._attempt, self._load))
        return {row[0]: Entry(*row) for row in self._database.query(SELECT, (self._load,))}

    def begin(self, entry: Entry) -> None:
        """Store a table's first entry."""
        self._database.execute(
            INSERT,
            (
                self._load, entry.table, entry.block, entry.next_row, entry.rows_before, entry.created, entry.indexed,
                entry.bytes, entry.seconds, self._owner, self._attempt,
            ),
        )  # fmt: skip

    def advance(self, entry: Entry) -> None:
        """Store how far a table is now. Raises `StaleAttemptError`."""
        params = (
            entry.block,
            entry.next_row,
            entry.indexed,
            entry.bytes,
            entry.seconds,
            self._load,
            entry.table,
            self._owner,
            self._attempt,
        )
        if self._database.update(ADVANCE, params) != 1:
            raise StaleAttemptError
