"""What became of each answer, in the order in which it was decided: a SQLite file in the job's work folder.

It is the whole state of a job: accepted records and counted rejections, one row a verdict. A batch of verdicts is one
transaction, which is the job's checkpoint; the files are made of the accepted records when there are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from runner.datasets.answers import connect
from runner.datasets.records import Record

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS verdicts (
      place INTEGER PRIMARY KEY, number INTEGER NOT NULL, try INTEGER NOT NULL, reason TEXT NOT NULL, record BLOB,
      answers INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS verdicts_of ON verdicts (number, try)",
)
_PENDING: Final = """SELECT number, try + 1 FROM verdicts AS last WHERE reason != '' AND NOT EXISTS
  (SELECT 1 FROM verdicts AS next WHERE next.number = last.number AND next.try = last.try + 1) ORDER BY place"""
_TOTALS: Final = """SELECT count(*), coalesce(sum(reason = ''), 0), coalesce(sum(try = 0), 0), coalesce(sum(answers), 0),
  coalesce(sum(answers > 1), 0), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) FROM verdicts"""


@dataclass(frozen=True)
class Verdict:
    """What became of a record number's try: its record, or the reason why not; and the answers that took."""

    number: int
    attempt: int
    reason: str
    record: Record | None
    answers: int
    prompt_tokens: int
    completion_tokens: int

    @property
    def accepted(self) -> bool:
        """Whether the record is in."""
        return not self.reason


@dataclass(frozen=True)
class Totals:
    """Sums over a journal. `fresh` counts record numbers that had their first try; `repaired` tries asked twice."""

    verdicts: int
    accepted: int
    fresh: int
    answers: int
    repaired: int
    prompt_tokens: int
    completion_tokens: int


class Journal:
    """One job's journal."""

    def __init__(self, path: Path, digest: str) -> None:
        """Opens it; one of other work (another digest) is begun anew. Raises `sqlite3.Error` or `OSError`."""
        self._db = connect(path)
        for table in _TABLES:
            self._db.execute(table)
        if self._meta("work") != digest:
            self._db.execute("DELETE FROM verdicts")
            self._db.execute("DELETE FROM meta")
            self._note("work", digest)

    def append(self, verdicts: Sequence[Verdict], seconds: float, spent: tuple[int, int]) -> None:
        """Make a batch of verdicts durable; how long the job took so far, and the prompt and answer tokens it spent."""
        rows = [_row(verdict) for verdict in verdicts]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO verdicts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._note("seconds", repr(seconds))
        self._note("spent", f"{spent[0]} {spent[1]}")
        self._db.execute("COMMIT")

    def totals(self) -> Totals:
        """Sums over all verdicts."""
        return Totals(*self._db.execute(_TOTALS).fetchone())

    def reasons(self) -> dict[str, int]:
        """Rejections by reason, most frequent first."""
        query = "SELECT reason, count(*) FROM verdicts WHERE reason != '' GROUP BY reason ORDER BY 2 DESC, 1"
        return dict(self._db.execute(query).fetchall())

    def pending(self, tries: int) -> list[tuple[int, int]]:
        """Record numbers that were rejected, with the try that is next, in the order of their rejection; of at most

        `tries` tries.
        """
        return [(number, attempt) for number, attempt in self._db.execute(_PENDING) if attempt < tries]

    def last(self, count: int) -> list[bool]:
        """Whether each of the last verdicts was a rejection, oldest first."""
        rows = self._db.execute("SELECT reason != '' FROM verdicts ORDER BY place DESC LIMIT ?", (count,)).fetchall()
        return [bool(rejected) for (rejected,) in reversed(rows)]

    def accepted(self) -> Iterator[tuple[int, Record]]:
        """Accepted records with their numbers, in the order of the numbers."""
        for number, record in self._db.execute("SELECT number, record FROM verdicts WHERE reason = '' ORDER BY number"):
            yield number, orjson.loads(record)

    @property
    def seconds(self) -> float:
        """How long the job took so far, over all attempts."""
        return float(self._meta("seconds") or 0)

    @property
    def spent(self) -> tuple[int, int]:
        """Prompt and answer tokens that all attempts spent, on answers that came to nothing too."""
        prompt, completion = (self._meta("spent") or "0 0").split()
        return int(prompt), int(completion)

    @property
    def label(self) -> dict[str, Any]:
        """What the model says of itself; empty until it was opened."""
        found: dict[str, Any] = orjson.loads(self._meta("label") or "{}")
        return found

    @label.setter
    def label(self, label: Mapping[str, Any]) -> None:
        self._note("label", orjson.dumps(dict(label)).decode())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _meta(self, name: str) -> str:
        row: Any = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def _note(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _row(v: Verdict) -> tuple[Any, ...]:
    record = None if v.record is None else orjson.dumps(v.record)
    return (v.number, v.attempt, v.reason, record, v.answers, v.prompt_tokens, v.completion_tokens)
